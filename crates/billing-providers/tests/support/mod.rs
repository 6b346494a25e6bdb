//! Short ways to import what the tests have.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use billing_core::{Decimal, Period, document::Content, tags::TagNames};
use billing_detail::{DetailError, DetailStore, IngestOptions, Input, ingest};
use billing_providers::Importer;

/// Imports inputs with an importer; the detail is removed again.
pub fn import(importer: &Importer, inputs: &[Input], period: Option<Period>) -> Result<Content, DetailError> {
    let root = tempfile::tempdir().unwrap();
    let store = DetailStore::open(root.path().to_str().unwrap()).unwrap();
    let options = IngestOptions {
        format: importer.format,
        tag_names: TagNames::default(),
        default_period: period,
        rejections_max: 100_000,
        record_bytes_max: 16 << 20,
        progress: &mut |_| {},
    };
    let imported = ingest(inputs, options, store.begin()?)?;
    let folder = root.path().join(imported.detail.folder());
    drop(imported.detail);
    assert!(!folder.exists());
    Ok(imported.content)
}

/// Imports one text.
pub fn import_text(importer: &Importer, name: &str, text: &[u8]) -> Result<Content, DetailError> {
    import(importer, &[Input::Bytes { name: name.to_owned(), bytes: text.into() }], None)
}

/// The folder with an importer's test documents.
pub fn testdata(importer: &Importer) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(importer.name)
}

/// A test document of an importer.
pub fn document(importer: &Importer, name: &str) -> Vec<u8> {
    fs::read(testdata(importer).join(name)).unwrap()
}

/// What the `.total` beside a document says of it: rows, rejected rows, then each currency's sum.
pub fn summary(content: &Content) -> String {
    let mut text = format!("rows {}\nrejected {}\n", content.rows(), content.rejections.len());
    for (currency, sum) in content.totals.iter() {
        text.push_str(&format!("{currency} {sum}\n"));
    }
    text
}

/// Text in a gzip stream.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Cuts a text into rows and fields, quote by quote.
pub fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    for letter in text.trim_start_matches('\u{feff}').chars() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}

/// How many rows, and the sum of a column.
pub fn naive(text: &str, column: &str) -> (usize, String) {
    let rows = cells(text);
    let at = rows[0].iter().position(|heading| heading == column).unwrap();
    let sum: Decimal = rows[1..].iter().map(|row| row[at].parse::<Decimal>().unwrap()).sum();
    (rows.len() - 1, sum.to_string())
}
