//! Fuzzes the reading of manifests of deliveries.
#![no_main]

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readers::manifest(data));
