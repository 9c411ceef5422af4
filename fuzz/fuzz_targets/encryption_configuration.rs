//! See `purser_encryption::fuzzing::encryption_configuration`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::encryption_configuration(data));
