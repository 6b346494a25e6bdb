//! Fuzzes the reading of gzip streams and zip archives.
#![no_main]

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::packed(data));
