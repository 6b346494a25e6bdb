//! Looking up invoices.

use anyhow::{Result, anyhow};
use billing_core::{
    ids::InvoiceNumber,
    invoice::{Invoice, LineRef},
};
use billing_store::invoices;

use super::usage;
use crate::app::App;

/// One invoice.
///
/// # Errors
/// When there is none of this number.
pub fn find(app: &mut App, number: InvoiceNumber) -> Result<Invoice> {
    app.ledger
        .read(|tx| invoices::find(tx, number))?
        .ok_or_else(|| anyhow!("there is no invoice {number}: see the numbers with cloud-billing invoices"))
}

/// The number that a word means.
///
/// # Errors
/// When it is no number.
pub fn number(word: &str) -> Result<InvoiceNumber> {
    InvoiceNumber::parse(word)
        .ok_or_else(|| usage(format!("'{word}' is not an invoice number: write one like 000001")))
}

/// The line that a word means: `000001/2`.
///
/// # Errors
/// When it is none.
pub fn line_ref(word: &str) -> Result<LineRef> {
    let wrong = || usage(format!("'{word}' is not a line: write invoice and line, like 000001/2"));
    let (invoice, line) = word.split_once('/').ok_or_else(wrong)?;
    let line = line.parse().ok().filter(|line| *line > 0).ok_or_else(wrong)?;
    Ok(LineRef { invoice: InvoiceNumber::parse(invoice).ok_or_else(wrong)?, line })
}
