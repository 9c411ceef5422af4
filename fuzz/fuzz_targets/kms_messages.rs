//! See `purser_encryption::fuzzing::kms_messages`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::kms_messages(data));
