//! See `purser_types::fuzzing::transcode`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| purser_types::fuzzing::transcode(data));
