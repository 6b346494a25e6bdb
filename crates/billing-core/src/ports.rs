//! The only traits between crates: how the detail engine asks a provider's format to read a table.

use crate::line_item::{RawLine, Row};

/// A provider's table format. Implemented once per source in `billing-providers`, called by `billing-detail`.
pub trait TableFormat: Send + Sync {
    /// Reads a record as the table's headings.
    ///
    /// # Errors
    /// When it lacks columns without which no row can be taken: it is a line before the headings, or another table.
    fn headings(&self, record: Row<'_>) -> Result<Box<dyn RowReader>, MissingColumns>;

    /// What the table must have, for people: `BilledCost, BillingCurrency and BillingPeriodStart`.
    fn required(&self) -> &'static str;

    /// How many records may stand before the headings.
    fn preamble_max(&self) -> usize;
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
    /// The row's texts under their FOCUS names.
    fn read<'r>(&mut self, row: Row<'r>) -> RawLine<'r>;

    /// The heading in the file of a FOCUS column, for messages: `CostInBillingCurrency` for `BilledCost`.
    fn heading(&self, focus_column: &str) -> String;

    /// Called after the last row, with what the reader saw of the whole table.
    ///
    /// # Errors
    /// A sentence with cause and cure, when the table as a whole cannot be taken: numbers that can be read in two
    /// ways, for example.
    fn finish(&self) -> Result<(), String>;
}
