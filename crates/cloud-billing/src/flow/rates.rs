//! Exchange rates: one pinned rate per month and pair, by hand or from the European Central Bank's reference rates.

mod source;

use std::collections::{BTreeSet, HashMap};

use anyhow::{Result, bail};
use billing_core::{Currency, Decimal, Period, books::RateMethod};
use billing_providers::ecb::{self, Day, MonthRate, Series, Unpinned};
use billing_store::{
    audit, invoices,
    rates::{self, RateRecord},
};

pub use source::RateSource;

use crate::app::App;

/// Where a rate that was set by hand comes from.
const BY_HAND: &str = "by hand";

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
    let record = RateRecord { from, to, period, rate, origin: BY_HAND.to_owned() };
    let subject = format!("{} {} {}", record.from, record.to, record.period);
    let entry = app.audit("fx set", &subject, &record.rate.to_string());
    app.ledger.write(|tx| {
        rates::pin(tx, std::slice::from_ref(&record))?;
        audit::record(tx, &entry)
    })?;
    Ok(record)
}

/// Whether issued lines of a rate's period were converted from its currency, so that they keep their rate.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_used<'r>(app: &mut App, records: impl IntoIterator<Item = &'r RateRecord>) -> Result<bool> {
    let mut records = records.into_iter().peekable();
    if records.peek().is_none() {
        return Ok(false);
    }
    let live = app.ledger.read(|tx| invoices::live(tx, None))?;
    let used: BTreeSet<(Period, &Currency)> = live
        .iter()
        .flat_map(|live| live.line.all_sources().map(|source| (live.line.period, source)))
        .filter(|(_, source)| source.rate.is_some())
        .map(|(period, source)| (period, &source.key.currency))
        .collect();
    Ok(records.any(|record| used.contains(&(record.period, &record.from))))
}

/// What to import of reference rates.
#[derive(Clone, Debug)]
pub struct RateRequest {
    /// Where they are.
    pub source: RateSource,
    /// The first month to pin; all of them when `None`.
    pub from: Option<Period>,
    /// Take the place of rates that were set by hand.
    pub replace: bool,
}

/// A rate that an import pinned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateChange {
    /// The rate as it is now.
    pub record: RateRecord,
    /// What it was before, where there was one.
    pub before: Option<Decimal>,
}

/// What an import of reference rates came to.
#[derive(Clone, Debug)]
pub struct RateReport {
    /// The first and the last day of the file.
    pub span: (Day, Day),
    /// The rates that are new or differ from those before.
    pub changes: Vec<RateChange>,
    /// How many were known.
    pub known: usize,
    /// Rates that were set by hand and stay, with what the file has instead.
    pub by_hand: Vec<(RateRecord, Decimal)>,
    /// Months and currencies without a rate.
    pub unpinned: BTreeSet<Unpinned>,
    /// Whether issued lines keep a rate that has changed.
    pub used: bool,
}

/// Pins the rates of all complete months of a file of reference rates into the invoices' currency. What is known stays,
/// and so does what was set by hand unless it is to be replaced.
///
/// # Errors
/// When the file cannot be had or read, or has no rates of the invoices' currency. Nothing has changed then.
pub fn import(app: &mut App, request: &RateRequest) -> Result<RateReport> {
    let (name, bytes) = request.source.read(&app.settings.remote)?;
    let series = Series::read(&bytes).map_err(|error| anyhow::anyhow!("{name} {error}"))?;
    let Some(span) = series.span() else { bail!("{name} {}", ecb::EcbError::Empty) };
    let (to, method) = (app.settings.currency.clone(), app.settings.rate_method);
    let found = ecb::month_rates(&series, &to, method);
    let wanted = |period: Period| request.from.is_none_or(|from| period >= from);
    let unpinned: BTreeSet<Unpinned> =
        found.unpinned.into_iter().filter(|unpinned| wanted(unpinned.period())).collect();
    let lacks = |unpinned: &Unpinned| matches!(unpinned, Unpinned::Gap { currency, .. } if *currency == to);
    if found.rates.is_empty() && unpinned.iter().any(lacks) {
        bail!(
            "{name} has no rates of {to}, the invoices' currency: set them by hand with cloud-billing fx set"
        );
    }
    let derived: Vec<RateRecord> = found
        .rates
        .iter()
        .filter(|rate| wanted(rate.period))
        .map(|rate| record(rate, &to, &name, method))
        .collect();
    let entry = app.audit("fx import", &name, &format!("{} to {}", span.0, span.1));
    let (changes, known, by_hand) = app.ledger.write(|tx| {
        let before = rates::list(tx)?;
        let compared = compare(derived, &before, request.replace);
        let records: Vec<RateRecord> = compared.0.iter().map(|change| change.record.clone()).collect();
        rates::pin(tx, &records)?;
        if !records.is_empty() {
            audit::record(tx, &entry)?;
        }
        anyhow::Ok(compared)
    })?;
    let replaced = changes.iter().filter(|change| change.before.is_some()).map(|change| &change.record);
    let used = is_used(app, replaced)?;
    Ok(RateReport { span, changes, known, by_hand, unpinned, used })
}

fn record(rate: &MonthRate, to: &Currency, name: &str, method: RateMethod) -> RateRecord {
    let days = match method {
        RateMethod::Average => format!("average of {} days {} to {}", rate.days, rate.first, rate.last),
        RateMethod::LastDay => format!("last day {}", rate.last),
    };
    let (from, to, period, rate) = (rate.from.clone(), to.clone(), rate.period, rate.rate.clone());
    RateRecord { from, to, period, rate, origin: format!("ECB reference rates over EUR, {days}, {name}") }
}

type Compared = (Vec<RateChange>, usize, Vec<(RateRecord, Decimal)>);

fn compare(derived: Vec<RateRecord>, before: &[RateRecord], replace: bool) -> Compared {
    let key = |record: &RateRecord| (record.from.clone(), record.to.clone(), record.period);
    let before: HashMap<_, &RateRecord> = before.iter().map(|record| (key(record), record)).collect();
    let (mut changes, mut known, mut by_hand) = (Vec::new(), 0, Vec::new());
    for record in derived {
        match before.get(&key(&record)) {
            Some(pinned) if pinned.rate == record.rate => known += 1,
            Some(pinned) if pinned.origin == BY_HAND && !replace => {
                by_hand.push(((*pinned).clone(), record.rate));
            }
            pinned => {
                let before = pinned.map(|pinned| pinned.rate.clone());
                changes.push(RateChange { record, before });
            }
        }
    }
    (changes, known, by_hand)
}
