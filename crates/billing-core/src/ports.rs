//! The only traits between crates: how the detail engine asks a provider's format to read a table, and how a folder or
//! bucket is asked which of its files are the bill.

use crate::{
    line_item::{RawLine, Row},
    period::Period,
    tags::TagNames,
};

/// A provider's table format. Implemented once per source in `billing-providers`, called by `billing-detail`.
pub trait TableFormat: Send + Sync {
    /// Reads a record as the table's headings. `tags` names the tags that billing reads, for tables that have a column
    /// for each tag.
    ///
    /// # Errors
    /// When it lacks columns without which no row can be taken: it is a line before the headings, or another table.
    fn headings(&self, record: Row<'_>, tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns>;

    /// What the table must have, for people: `BilledCost, BillingCurrency and BillingPeriodStart`.
    fn required(&self) -> &'static str;

    /// How many records may stand before the headings.
    fn preamble_max(&self) -> usize;

    /// The headings of the table where it comes as JSON: the path of each field in a row's object, with points between
    /// its names. Empty where the provider has no JSON form.
    fn json_fields(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Columns that a record would need to be a table's headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumns {
    /// Their names.
    pub missing: Vec<String>,
    /// How many needed columns it has.
    pub found: usize,
    /// Why the table is refused although it was recognised, where that is so: an amortised set, for example.
    pub refused: Option<String>,
}

/// Reads the rows below known headings.
pub trait RowReader: Send {
    /// The columns of the table that are looked at. A row that is read has these fields and no others, in this order.
    fn columns(&self) -> &[usize];

    /// The row's texts under their FOCUS names. `row` has the fields of [`RowReader::columns`].
    fn read<'r>(&mut self, row: Row<'r>) -> RawLine<'r>;

    /// The heading in the file of a FOCUS column, for messages: `CostInBillingCurrency` for `BilledCost`.
    fn heading(&self, focus_column: &str) -> String;

    /// A reader of other rows of the same table, for another thread. What the two see of the table, they see together.
    fn fork(&self) -> Box<dyn RowReader>;

    /// Called after the last row, with what the reader and its forks saw of the whole table.
    ///
    /// # Errors
    /// A sentence with cause and cure, when the table as a whole cannot be taken: numbers that can be read in two
    /// ways, for example.
    fn finish(&self) -> Result<(), String>;
}

/// How a provider lays out a bill in a folder or bucket: a manifest says which files are the bill.
pub trait Delivery: Send + Sync {
    /// Whether a file is a manifest, by its path below the folder, with `/` between names.
    fn is_manifest(&self, name: &str) -> bool;

    /// Where the manifest's path says it stands: the folder of its report or export, and the billing period. Nothing
    /// where the path does not tell, as in a folder that starts below them.
    fn place(&self, name: &str) -> Option<(String, Period)>;

    /// Whether the manifest nearest to the period's folder is a copy of the newest one, kept there by the provider. Where
    /// it is not, how deep a manifest lies tells nothing.
    fn keeps_newest_above(&self, name: &str) -> bool;

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is none, or one of another kind of document.
    fn read(&self, name: &str, bytes: &[u8]) -> Result<Manifest, NoManifest>;

    /// The setting that names one report where several are delivered to one place.
    fn report_setting(&self) -> Option<&'static str> {
        None
    }
}

/// Why a file is no manifest of the bill, in a sentence with cause and cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoManifest {
    /// It is the manifest of something else, which may stand beside the bill.
    OtherDocument(String),
    /// It cannot be read.
    Unreadable(String),
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The name of the report or export.
    pub report: String,
    /// The billing period.
    pub period: Period,
    /// Which writing of the period it is of: the provider's id of the assembly or run.
    pub assembly: String,
    /// When the provider wrote it, in a form whose order is that of time; empty where it does not tell.
    pub written: String,
    /// The files of the bill.
    pub files: Vec<ManifestFile>,
}

/// A file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    /// Its key in the bucket, as the manifest writes it.
    pub key: String,
    /// Its size in bytes, where the manifest tells it.
    pub bytes: Option<u64>,
    /// Its rows without headings, where the manifest tells them.
    pub rows: Option<u64>,
}
