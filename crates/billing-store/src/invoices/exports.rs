//! The files of an invoice, byte for byte, and whether they have left the house.

use billing_core::ids::InvoiceNumber;

use crate::{db::Transaction, error::StoreError, fields};

/// A file made of an invoice, byte for byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportRecord {
    /// The invoice.
    pub invoice: InvoiceNumber,
    /// `export` or `void`.
    pub kind: String,
    /// The format: `sap`.
    pub format: String,
    /// The file's text.
    pub content: String,
    /// `pending` until it was written, then `written`; `kept` where it is not to be written.
    pub state: String,
}

/// Stores a file of an invoice.
///
/// # Errors
/// When the ledger refuses it.
pub fn insert_export(tx: &mut Transaction<'_>, export: &ExportRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO exports (invoice_number, kind, format, content, state) VALUES (?, ?, ?, ?, ?)";
    let texts = [&export.kind, &export.format, &export.content, &export.state].map(fields::text);
    let mut params = vec![export.invoice.0.into()];
    params.extend(texts);
    tx.execute(sql, &params).map(|_| ())
}

/// The stored files: of one invoice, or all that are pending.
///
/// # Errors
/// When the ledger cannot be read.
pub fn exports(
    tx: &mut Transaction<'_>,
    invoice: Option<InvoiceNumber>,
) -> Result<Vec<ExportRecord>, StoreError> {
    let columns = "SELECT invoice_number, kind, format, content, state FROM exports";
    let rows = match invoice {
        Some(number) => tx.query(
            &format!("{columns} WHERE invoice_number = ? ORDER BY kind, format"),
            &[number.0.into()],
        )?,
        None => tx.query(
            &format!("{columns} WHERE state = 'pending' ORDER BY invoice_number, kind, format"),
            &[],
        )?,
    };
    rows.iter()
        .map(|row| {
            Ok(ExportRecord {
                invoice: InvoiceNumber(row.int(0)?),
                kind: row.text(1)?.to_owned(),
                format: row.text(2)?.to_owned(),
                content: row.text(3)?.to_owned(),
                state: row.text(4)?.to_owned(),
            })
        })
        .collect()
}

/// Notes that a file was written.
///
/// # Errors
/// When the ledger refuses it.
pub fn export_written(tx: &mut Transaction<'_>, export: &ExportRecord) -> Result<(), StoreError> {
    let params = [export.invoice.0.into(), fields::text(&export.kind), fields::text(&export.format)];
    let sql = "UPDATE exports SET state = 'written' WHERE invoice_number = ? AND kind = ? AND format = ?";
    tx.execute(sql, &params).map(|_| ())
}
