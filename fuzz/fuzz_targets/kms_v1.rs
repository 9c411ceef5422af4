//! See `purser_encryption::fuzzing::kms_v1`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::kms_v1(data));
