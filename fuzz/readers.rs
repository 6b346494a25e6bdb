//! What the fuzz targets do with their bytes. Whatever stands in a file: it is read, or refused in a sentence; nothing
//! panics, and no promise of the program breaks. The committed corpora go through the same functions in each test run.
#![allow(dead_code, reason = "each fuzz target uses one of them")]
#![allow(clippy::unwrap_used, reason = "a finding is a panic")]

use std::sync::LazyLock;

use billing_core::{Currency, books::RateMethod, tags::TagNames};
use billing_detail::{DetailStore, IngestOptions, Input, ingest};
use billing_providers::{
    Importer, PROVIDERS,
    ecb::{Series, month_rates},
};

/// Small, so that limits are met within what a fuzzer writes.
const RECORD_BYTES_MAX: usize = 1 << 16;

static STORE: LazyLock<(tempfile::TempDir, DetailStore)> = LazyLock::new(|| {
    let root = tempfile::tempdir().unwrap();
    let store = DetailStore::open(root.path().to_str().unwrap()).unwrap();
    (root, store)
});

/// The first byte says which importer reads the rest.
fn importer(data: &[u8]) -> Option<(&'static Importer, &[u8])> {
    let (first, rest) = data.split_first()?;
    Some((&PROVIDERS[usize::from(*first) % PROVIDERS.len()], rest))
}

/// The fuzzer ends at each panic: but those that the program catches, in the Parquet reader, are none.
static CAUGHT_PANICS: LazyLock<()> = LazyLock::new(billing_detail::silence_caught_panics);

fn import(importer: &Importer, bytes: &[u8]) {
    let options = IngestOptions {
        format: importer.format,
        tag_names: TagNames::default(),
        default_period: None,
        rejections_max: 1_000,
        record_bytes_max: RECORD_BYTES_MAX,
        progress: &mut |_| {},
    };
    let input = Input::Bytes { name: "input".to_owned(), bytes: bytes.into() };
    match ingest(&[input], options, STORE.1.begin().unwrap()) {
        // `ingest` itself compares rows and sums.
        Ok(ingested) => assert_eq!(ingested.content.bucket_totals(), ingested.content.totals),
        Err(error) => assert!(!error.to_string().starts_with("internal error"), "{error}"),
    }
}

/// Comma-separated text.
pub fn csv(data: &[u8]) {
    if let Some((importer, text)) = importer(data) {
        import(importer, text);
    }
}

/// JSON: lines of objects, arrays, pages of answers.
pub fn json(data: &[u8]) {
    match importer(data) {
        Some((importer, text)) if !importer.format.json_fields().is_empty() => import(importer, text),
        _ => {}
    }
}

/// Parquet files.
pub fn parquet(data: &[u8]) {
    LazyLock::force(&CAUGHT_PANICS);
    match importer(data) {
        Some((importer, bytes)) if bytes.starts_with(b"PAR1") => import(importer, bytes),
        _ => {}
    }
}

/// Gzip streams and zip archives.
pub fn packed(data: &[u8]) {
    match importer(data) {
        Some((importer, bytes)) if bytes.starts_with(b"PK") || bytes.starts_with(&[0x1F, 0x8B]) => {
            import(importer, bytes);
        }
        _ => {}
    }
}

/// Manifests of what providers deliver.
pub fn manifest(data: &[u8]) {
    for delivery in PROVIDERS.iter().filter_map(|importer| importer.delivery) {
        for name in [
            "report/20261001-20261101/report-Manifest.json",
            "metadata/BILLING_PERIOD=2026-10/x-Manifest.json",
            "manifest.json",
        ] {
            drop(delivery.read(name, data));
        }
    }
}

/// Reference rates.
pub fn rates(data: &[u8]) {
    if let Ok(series) = Series::read(data) {
        let to = Currency::parse("CHF").unwrap();
        drop(month_rates(&series, &to, RateMethod::Average));
    }
}
