//! See `purser_encryption::fuzzing::key_file`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::key_file(data));
