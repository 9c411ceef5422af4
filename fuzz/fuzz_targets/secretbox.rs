//! See `purser_encryption::fuzzing::secretbox`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::secretbox(data));
