//! Pinned exchange rates in the ledger.

use billing_core::{Currency, Decimal, Period, books::Rates};

use crate::{
    db::Transaction,
    error::StoreError,
    fields::{self, Texts},
};

/// A pinned rate with its origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateRecord {
    /// One unit of this currency …
    pub from: Currency,
    /// … in this one …
    pub to: Currency,
    /// … in this billing period …
    pub period: Period,
    /// … is so much.
    pub rate: Decimal,
    /// Where the rate comes from.
    pub origin: String,
}

/// All pinned rates.
///
/// # Errors
/// When the ledger cannot be read.
pub fn list(tx: &mut Transaction<'_>) -> Result<Vec<RateRecord>, StoreError> {
    let sql = "SELECT from_currency, to_currency, period, rate, origin FROM rates \
               ORDER BY period, from_currency, to_currency";
    let mut texts = Texts::default();
    tx.map(sql, &[], |row| {
        Ok(RateRecord {
            from: texts.currency(row, 0)?,
            to: texts.currency(row, 1)?,
            period: fields::period(row, 2)?,
            rate: fields::decimal(row, 3)?,
            origin: row.text(4)?.to_owned(),
        })
    })
}

/// The rates as billing looks them up.
///
/// # Errors
/// When the ledger cannot be read.
pub fn load(tx: &mut Transaction<'_>) -> Result<Rates, StoreError> {
    let mut rates = Rates::default();
    for record in list(tx)? {
        rates.pin(record.from, record.to, record.period, record.rate);
    }
    Ok(rates)
}

/// Pins rates, each in place of the one that was pinned before.
///
/// # Errors
/// When the ledger refuses it.
pub fn pin(tx: &mut Transaction<'_>, records: &[RateRecord]) -> Result<(), StoreError> {
    let pair = |record: &RateRecord| {
        vec![fields::text(&record.from), fields::text(&record.to), fields::text(&record.period)]
    };
    let sql = "DELETE FROM rates WHERE from_currency = ? AND to_currency = ? AND period = ?";
    tx.execute_each(sql, records.iter().map(pair))?;
    let sql = "INSERT INTO rates (from_currency, to_currency, period, rate, origin) VALUES (?, ?, ?, ?, ?)";
    let rows = records.iter().map(|record| {
        let mut row = pair(record);
        row.extend([fields::text(&record.rate), fields::borrowed(&record.origin)]);
        row
    });
    tx.execute_each(sql, rows)
}
