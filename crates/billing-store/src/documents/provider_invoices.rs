//! The totals of a version by the provider's own invoices.

use billing_core::document::InvoiceTotal;

use crate::{
    db::{Row, Transaction},
    error::StoreError,
    fields::{self, Texts},
};

/// A total with the document version that it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderInvoiceRecord {
    /// The document's name.
    pub document: String,
    /// The document's version.
    pub version: u32,
    /// The provider's invoice and its sum.
    pub total: InvoiceTotal,
}

pub(super) fn insert(
    tx: &mut Transaction<'_>,
    version: i64,
    totals: &[InvoiceTotal],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO provider_invoices (version_id, place, provider, period, invoice_id, issuer, currency, \
               row_count, billed_cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let rows = totals.iter().zip(0i64..).map(|(total, place)| {
        vec![
            version.into(),
            place.into(),
            fields::borrowed(total.provider.as_str()),
            fields::text(&total.period),
            fields::borrowed(&total.invoice_id),
            fields::borrowed(&total.issuer),
            fields::borrowed(total.currency.as_str()),
            i64::try_from(total.rows).unwrap_or(i64::MAX).into(),
            fields::text(&total.billed_cost),
        ]
    });
    tx.execute_each(sql, rows)
}

/// The totals of a version.
pub(super) fn of_version(tx: &mut Transaction<'_>, version: i64) -> Result<Vec<InvoiceTotal>, StoreError> {
    let sql = "SELECT provider, period, invoice_id, issuer, currency, row_count, billed_cost FROM provider_invoices \
               WHERE version_id = ? ORDER BY place";
    let mut texts = Texts::default();
    tx.map(sql, &[version.into()], |row| total(row, 0, &mut texts))
}

/// The totals of all versions in force, by document.
///
/// # Errors
/// When the ledger cannot be read.
pub fn provider_invoices(tx: &mut Transaction<'_>) -> Result<Vec<ProviderInvoiceRecord>, StoreError> {
    let sql = "SELECT d.job, d.period, v.version, p.provider, p.period, p.invoice_id, p.issuer, p.currency, \
               p.row_count, p.billed_cost FROM provider_invoices p JOIN versions v ON v.id = p.version_id \
               JOIN documents d ON d.id = v.document_id WHERE v.in_force = 1 ORDER BY d.job, d.period, p.place";
    let mut texts = Texts::default();
    tx.map(sql, &[], |row| {
        Ok(ProviderInvoiceRecord {
            document: format!("{}/{}", row.text(0)?, row.text(1)?),
            version: fields::small(row, 2)?,
            total: total(row, 3, &mut texts)?,
        })
    })
}

/// A total whose columns begin at `first`.
fn total(row: &Row, first: usize, texts: &mut Texts) -> Result<InvoiceTotal, StoreError> {
    Ok(InvoiceTotal {
        provider: texts.provider(row, first)?,
        period: fields::period(row, first + 1)?,
        invoice_id: row.text(first + 2)?.to_owned(),
        issuer: row.text(first + 3)?.to_owned(),
        currency: texts.currency(row, first + 4)?,
        rows: fields::count(row, first + 5)?,
        billed_cost: fields::decimal(row, first + 6)?,
    })
}
