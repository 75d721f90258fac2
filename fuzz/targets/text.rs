#![no_main]
#![allow(dead_code)]

#[path = "../../tests/common/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|input: &str| properties::text_gives_a_sound_extraction(input));
