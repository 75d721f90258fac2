#![no_main]
#![allow(dead_code)]

#[path = "../../tests/common/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|input: &str| properties::tokenizer_agrees_with_the_reference(input));
