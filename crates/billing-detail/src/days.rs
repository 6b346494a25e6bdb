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

/// Whose line items are compared.
#[derive(Clone, Debug)]
pub enum Of {
    /// Those of these accounts and periods, each with those of its period.
    Periods(BTreeSet<AccountPeriod>),
    /// Those of these accounts, whatever period they were put into.
    Accounts(BTreeSet<(Provider, String)>),
}

impl Of {
    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Periods(of) => of.is_empty(),
            Self::Accounts(of) => of.is_empty(),
        }
    }

    /// The provider, account, period and currency of a row, where it is one of them, with its day.
    fn day(&self, wanted: &BTreeSet<[String; 3]>, row: &Compared<'_>) -> Option<[String; 5]> {
        let [provider, account, period, currency] = row.of().map(str::to_owned);
        let period = if matches!(self, Self::Periods(_)) { period } else { String::new() };
        let of_day = [provider, account, period, currency, row.day().into_owned()];
        wanted.contains(&of_day[..3]).then_some(of_day)
    }

    fn wanted(&self) -> BTreeSet<[String; 3]> {
        let of = |provider: &Provider, account: &String, period: String| {
            [provider.as_str().to_owned(), account.clone(), period]
        };
        match self {
            Self::Periods(all) => all
                .iter()
                .map(|(provider, account, period)| of(provider, account, period.to_string()))
                .collect(),
            Self::Accounts(all) => {
                all.iter().map(|(provider, account)| of(provider, account, String::new())).collect()
            }
        }
    }
}

/// The days that have line items of `known` in `new` again.
pub(crate) fn again(known: LineItems<'_>, new: LineItems<'_>, of: &Of) -> Result<Vec<DayAgain>, DetailError> {
    let wanted = of.wanted();
    let mut rows: HashMap<u128, u64> = HashMap::new();
    let mut days: BTreeMap<[String; 5], Found> = BTreeMap::new();
    each(new, &mut |row| {
        if let Some(of_day) = of.day(&wanted, row) {
            *rows.entry(row.hash()).or_default() += 1;
            days.entry(of_day).or_default();
        }
    })?;
    each(known, &mut |row| {
        let Some(found) = of.day(&wanted, row).and_then(|of_day| days.get_mut(&of_day)) else { return };
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
fn told(([provider, account, period, currency, day], found): ([String; 5], Found)) -> Option<DayAgain> {
    Some(DayAgain {
        provider: Provider::named(&provider),
        account,
        period: period.parse::<Period>().ok(),
        day,
        known_rows: found.known_rows,
        rows: found.rows,
        cost: Cost::new(found.cost.into(), Currency::parse(&currency)?),
    })
}
