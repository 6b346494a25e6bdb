//! Exchange rates by hand: one pinned rate per month and pair.

use anyhow::{Result, bail};
use billing_core::{Currency, Decimal, Period};
use billing_store::{
    audit, invoices,
    rates::{self, RateRecord},
};

use crate::app::App;

/// Pins a rate. Lines that were issued at another one keep theirs, and so do corrections of them.
///
/// # Errors
/// When the rate is not above zero or too fine.
pub fn set(app: &mut App, from: Currency, to: Currency, period: Period, rate: Decimal) -> Result<RateRecord> {
    if from == to {
        bail!("{from} to {to} needs no rate: name two currencies");
    }
    if !rate.is_positive() {
        bail!("the rate is {rate}: write one above zero");
    }
    if rate.scale() > 12 {
        bail!("rate {rate} has more than 12 decimals: round it first");
    }
    let record = RateRecord { from, to, period, rate, origin: "by hand".to_owned() };
    let subject = format!("{} {} {}", record.from, record.to, record.period);
    let entry = app.audit("fx set", &subject, &record.rate.to_string());
    app.ledger.write(|tx| {
        rates::pin(tx, &record)?;
        audit::record(tx, &entry)
    })?;
    Ok(record)
}

/// Whether issued lines of a period were converted from a currency, so that they keep their rate.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_used(app: &mut App, record: &RateRecord) -> Result<bool> {
    let live = app.ledger.read(|tx| invoices::live(tx, None))?;
    Ok(live.iter().filter(|live| live.line.period == record.period).any(|live| {
        live.line.all_sources().any(|source| source.key.currency == record.from && source.rate.is_some())
    }))
}
