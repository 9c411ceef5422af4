//! See `purser_types::fuzzing::proto_decode`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_types::fuzzing::proto_decode(data));
