//! See `purser_encryption::fuzzing::encrypted_object`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_encryption::fuzzing::encrypted_object(data));
