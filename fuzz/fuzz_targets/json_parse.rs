//! See `purser_types::fuzzing::json_parse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_types::fuzzing::json_parse(data));
