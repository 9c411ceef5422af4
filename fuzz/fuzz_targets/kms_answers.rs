//! See `purser_kms::fuzzing::answers`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_kms::fuzzing::answers(data));
