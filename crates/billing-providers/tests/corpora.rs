//! The committed corpora of the fuzz targets go through the same functions here, without a fuzzer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

#[path = "../../../fuzz/readers.rs"]
mod readers;

fn replay(target: &str, read: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        read(&text);
        // Broken off anywhere, too.
        (0..text.len()).step_by(97).for_each(|end| read(&text[..end]));
        files += 1;
    }
    assert!(files > 0, "{target} has no corpus");
}

#[test]
fn comma_separated_text() {
    replay("csv", readers::csv);
}

#[test]
fn json() {
    replay("json", readers::json);
}

#[test]
fn parquet() {
    replay("parquet", readers::parquet);
}

#[test]
fn packed_files() {
    replay("packed", readers::packed);
}

#[test]
fn manifests() {
    replay("manifest", readers::manifest);
}

#[test]
fn reference_rates() {
    replay("rates", readers::rates);
}
