//! A small table format and short ways to import texts.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::PathBuf;

use billing_core::{
    document::Content,
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};
use billing_detail::{DetailError, DetailStore, IngestOptions, Ingested, Input, ingest};
use tempfile::TempDir;

/// Columns `account,period,service,cost,currency,tags`, in any order; a line may stand before them.
pub struct Plain;

const COLUMNS: [&str; 6] = ["account", "period", "service", "cost", "currency", "tags"];

/// Which fields of a row are which, and which columns of the table they are.
#[derive(Clone)]
struct PlainReader([Option<usize>; 6], Vec<usize>);

impl TableFormat for Plain {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let places =
            COLUMNS.map(|name| (0..record.len()).find(|at| record.get(*at).eq_ignore_ascii_case(name)));
        let missing: Vec<String> = COLUMNS
            .iter()
            .zip(places)
            .filter(|(name, place)| place.is_none() && **name != "tags")
            .map(|(name, _)| (*name).to_owned())
            .collect();
        if missing.is_empty() {
            let read: Vec<usize> = places.into_iter().flatten().collect();
            let fields = places.map(|place| read.iter().position(|known| Some(*known) == place));
            return Ok(Box::new(PlainReader(fields, read)));
        }
        Err(MissingColumns { found: 5 - missing.len(), missing, refused: None })
    }

    fn required(&self) -> &'static str {
        "account, period, service, cost and currency"
    }

    fn preamble_max(&self) -> usize {
        1
    }
}

impl RowReader for PlainReader {
    fn columns(&self) -> &[usize] {
        &self.1
    }

    fn fork(&self) -> Box<dyn RowReader> {
        Box::new(self.clone())
    }

    fn read<'r>(&mut self, row: Row<'r>) -> RawLine<'r> {
        let [account, period, service, cost, currency, tags] = self.0.map(|place| row.get_optional(place));
        RawLine {
            provider_name: "AWS",
            sub_account_id: account,
            sub_account_name: account,
            billing_period_start: period,
            service_name: service,
            billed_cost: cost.into(),
            billing_currency: currency,
            tags: tags.into(),
            ..RawLine::default()
        }
    }

    fn heading(&self, focus_column: &str) -> String {
        match focus_column {
            "BilledCost" => "cost",
            "BillingPeriodStart" => "period",
            "BillingCurrency" => "currency",
            "Tags" => "tags",
            other => other,
        }
        .to_owned()
    }

    fn finish(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A place for detail that goes away with the test.
pub struct Place {
    pub root: TempDir,
    pub store: DetailStore,
}

pub fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let store = DetailStore::open(&format!("file:{}", root.path().join("detail").display())).unwrap();
    Place { root, store }
}

impl Place {
    /// Imports inputs.
    pub fn ingest(&self, inputs: &[Input]) -> Result<Ingested, DetailError> {
        self.ingest_within(inputs, 100_000, 16 << 20)
    }

    /// Imports inputs within given limits.
    pub fn ingest_within(
        &self,
        inputs: &[Input],
        rejections_max: usize,
        record_bytes_max: usize,
    ) -> Result<Ingested, DetailError> {
        let options = IngestOptions {
            format: &Plain,
            tag_names: TagNames::default(),
            default_period: None,
            rejections_max,
            record_bytes_max,
            progress: &mut |_| {},
        };
        ingest(inputs, options, self.store.begin()?)
    }

    /// Folders of imports that are on the disk.
    pub fn folders(&self) -> usize {
        std::fs::read_dir(self.root.path().join("detail")).map_or(0, Iterator::count)
    }

    /// A file with some content.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Input {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        Input::file(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }
}

/// An input that is no file.
pub fn text(name: &str, text: impl AsRef<[u8]>) -> Input {
    Input::Bytes { name: name.to_owned(), bytes: text.as_ref().into() }
}

/// Imports inputs and forgets the detail.
pub fn content(inputs: &[Input]) -> Content {
    place().ingest(inputs).unwrap().content
}

/// Text in a gzip stream.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
