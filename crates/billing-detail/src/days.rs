//! Compares the days of two documents row by row: which line items of the one stand in the other again.
//!
//! Reads only the columns that make a row what it is. Of the newer document the rows of the wanted accounts and periods
//! are kept as hashes; the older one streams past them.

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{
    Fixed, Period,
    flow::admit::{AccountPeriod, DayAgain},
    ids::Provider,
    money::{Cost, Currency},
};
use hashbrown::HashMap;

use crate::{
    compared::{Compared, LineItems, each},
    error::DetailError,
};

/// What was found of a day.
#[derive(Default)]
struct Found {
    known_rows: u64,
    rows: u64,
    cost: Fixed,
}

/// The account, period, currency and day of a row.
fn of_day(row: &Compared<'_>) -> [String; 5] {
    let [provider, account, period, currency] = row.of().map(str::to_owned);
    [provider, account, period, currency, row.day().into_owned()]
}

/// The days that have line items of `known` in `new` again.
pub(crate) fn again(
    known: LineItems<'_>,
    new: LineItems<'_>,
    of: &BTreeSet<AccountPeriod>,
) -> Result<Vec<DayAgain>, DetailError> {
    let wanted: BTreeSet<[String; 3]> = of
        .iter()
        .map(|(provider, account, period)| {
            [provider.as_str().to_owned(), account.clone(), period.to_string()]
        })
        .collect();
    let mut rows: HashMap<u128, u64> = HashMap::new();
    let mut days: BTreeMap<[String; 5], Found> = BTreeMap::new();
    each(new, &mut |row| {
        let of_day = of_day(row);
        if wanted.contains(&of_day[..3]) {
            *rows.entry(row.hash()).or_default() += 1;
            days.entry(of_day).or_default();
        }
    })?;
    each(known, &mut |row| {
        let Some(found) = days.get_mut(&of_day(row)) else { return };
        found.known_rows += 1;
        if let Some(left) = rows.get_mut(&row.hash()).filter(|left| **left > 0) {
            *left -= 1;
            found.rows += 1;
            found.cost = found.cost.plus(row.cost);
        }
    })?;
    Ok(days.into_iter().filter(|(_, found)| found.rows > 0).filter_map(told).collect())
}

/// The finding, where its texts can be read back.
fn told(([provider, _, period, currency, day], found): ([String; 5], Found)) -> Option<DayAgain> {
    Some(DayAgain {
        provider: Provider::named(&provider),
        period: period.parse::<Period>().ok()?,
        day,
        known_rows: found.known_rows,
        rows: found.rows,
        cost: Cost::new(found.cost.into(), Currency::parse(&currency)?),
    })
}
