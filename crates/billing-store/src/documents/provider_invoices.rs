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

#[cfg(test)]
mod tests {
    use billing_core::{Currency, document::Content, ids::Provider};

    use super::*;
    use crate::{
        Database,
        db::Location,
        documents::{self, NewVersion},
    };

    fn total(invoice_id: &str, issuer: &str, billed_cost: &str) -> InvoiceTotal {
        InvoiceTotal {
            provider: Provider::named("AWS"),
            period: "2026-10".parse().unwrap(),
            invoice_id: invoice_id.to_owned(),
            issuer: issuer.to_owned(),
            currency: Currency::parse("USD").unwrap(),
            rows: 3,
            billed_cost: billed_cost.parse().unwrap(),
        }
    }

    #[test]
    fn the_totals_of_a_version_are_stored_with_it_and_listed_while_it_is_in_force() {
        let mut db = Database::open(&Location::SqliteMemory).unwrap();
        let first =
            vec![total("1", "AWS Europe", "12.50000000000000000001"), total("2", "AWS Marketplace", "-3")];
        let second = vec![total("", "AWS Europe", "0")];
        let mut ids = Vec::new();
        for invoices in [&first, &second] {
            let content = Content { invoices: invoices.clone(), ..Content::default() };
            let new = NewVersion {
                job: "aws",
                importer: "aws-cur",
                period: "2026-10".parse().unwrap(),
                folders: Vec::new(),
                content: &content,
                created: "2026-11-03T00:00:00Z",
            };
            ids.push(db.write(|tx| documents::insert(tx, &new)).unwrap().id);
        }
        let contents: Vec<Content> =
            ids.iter().map(|id| db.read(|tx| documents::content(tx, *id)).unwrap()).collect();
        assert_eq!((&contents[0].invoices, &contents[1].invoices), (&first, &second));
        let listed = db.read(provider_invoices).unwrap();
        let expected = ProviderInvoiceRecord {
            document: "aws/2026-10".to_owned(),
            version: 2,
            total: second[0].clone(),
        };
        assert_eq!(listed, [expected]);
    }
}
