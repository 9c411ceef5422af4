//! See `purser_encryption::fuzzing::chain`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::chain(data));
