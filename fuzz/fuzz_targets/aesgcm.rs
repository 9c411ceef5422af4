//! See `purser_encryption::fuzzing::aesgcm`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::aesgcm(data));
