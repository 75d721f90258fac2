#![no_main]
#![allow(dead_code)]

#[path = "../../tests/common/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|input: &[u8]| properties::request_bytes_get_a_status(input));
