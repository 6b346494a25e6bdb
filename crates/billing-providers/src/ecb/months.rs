//! One rate per month and pair of currencies, derived from the days' euro rates.

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{Currency, Decimal, Period, books::RateMethod, rounding::pin_rate};

use super::{
    Series,
    days::{self, Day},
};

/// A month's rate: one unit of `from` is `rate` units of the asked currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MonthRate {
    /// The currency it is for.
    pub from: Currency,
    /// The month.
    pub period: Period,
    /// The rate, rounded once.
    pub rate: Decimal,
    /// The first day that it is made of.
    pub first: Day,
    /// The last day that it is made of.
    pub last: Day,
    /// How many days it is made of.
    pub days: usize,
}

/// Why a month, or a currency in a month, gets no rate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unpinned {
    /// The month's last day is not there yet.
    Running {
        /// The month.
        period: Period,
        /// The last day that is there.
        until: Day,
    },
    /// A day that should be there is not.
    Incomplete {
        /// The month.
        period: Period,
        /// The first day that is missing.
        missing: Day,
    },
    /// A currency has no rate on one of the days.
    Gap {
        /// The currency.
        currency: Currency,
        /// The month.
        period: Period,
    },
}

impl Unpinned {
    /// The month.
    pub fn period(&self) -> Period {
        match self {
            Self::Running { period, .. } | Self::Incomplete { period, .. } | Self::Gap { period, .. } => {
                *period
            }
        }
    }
}

/// What a series yields for one currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MonthRates {
    /// The rates, by month and currency.
    pub rates: Vec<MonthRate>,
    /// What has none, and why.
    pub unpinned: BTreeSet<Unpinned>,
}

/// The rates of all complete months of a series into `to`, over the euro. The average of a cross rate is the quotient of
/// the two sums of the days' euro rates, so that it is rounded once (rule R9).
pub fn month_rates(series: &Series, to: &Currency, method: RateMethod) -> MonthRates {
    let mut found = MonthRates::default();
    let mut months: BTreeMap<Period, Vec<Day>> = BTreeMap::new();
    for day in series.days.keys() {
        months.entry(day.month).or_default().push(*day);
    }
    let newest = series.days.keys().next_back().copied();
    for (period, there) in months {
        let expected: Vec<Day> = match method {
            RateMethod::Average => days::with_rates(period).collect(),
            RateMethod::LastDay => days::with_rates(period).last().into_iter().collect(),
        };
        let missing = expected.iter().find(|day| !there.contains(day));
        let running = newest.filter(|newest| newest.month == period && expected.last() > Some(newest));
        match (running, missing) {
            (Some(until), _) => found.unpinned.insert(Unpinned::Running { period, until }),
            (None, Some(missing)) => {
                found.unpinned.insert(Unpinned::Incomplete { period, missing: *missing })
            }
            (None, None) => {
                of_month(series, to, &expected, &mut found);
                true
            }
        };
    }
    found
}

fn of_month(series: &Series, to: &Currency, days: &[Day], found: &mut MonthRates) {
    let (Some(first), Some(last)) = (days.first().copied(), days.last().copied()) else { return };
    let period = first.month;
    let of_days = || days.iter().filter_map(|day| series.days.get(day));
    let euro = Currency::parse("EUR");
    // A euro is one euro on each day.
    let own = |currency: &Currency| Some(currency) == euro.as_ref();
    let sum = |currency: &Currency| -> Option<Decimal> {
        of_days()
            .map(|rates| if own(currency) { Some(Decimal::one()) } else { rates.get(currency).cloned() })
            .sum()
    };
    let Some(of_to) = sum(to) else {
        found.unpinned.insert(Unpinned::Gap { currency: to.clone(), period });
        return;
    };
    let known: BTreeSet<&Currency> = of_days().flat_map(BTreeMap::keys).chain(&euro).collect();
    for from in known.into_iter().filter(|from| *from != to) {
        match sum(from).and_then(|of_from| pin_rate(&of_to, &of_from)) {
            Some(rate) => {
                let from = from.clone();
                found.rates.push(MonthRate { from, period, rate, first, last, days: days.len() });
            }
            None => {
                found.unpinned.insert(Unpinned::Gap { currency: from.clone(), period });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days of April 2026 with USD 1.1 and CHF 0.9, and another rate on the last one.
    fn april() -> String {
        let mut text = "Date,USD,CHF,ISK,\n".to_owned();
        for day in days::with_rates("2026-04".parse().unwrap()) {
            let (usd, chf) = if day.day == 30 { ("1.3", "0.95") } else { ("1.1", "0.9") };
            let isk = if day.day == 15 { "N/A" } else { "140" };
            text.push_str(&format!("{day},{usd},{chf},{isk},\n"));
        }
        text
    }

    fn rates(text: &str, to: &str, method: RateMethod) -> (Vec<String>, Vec<Unpinned>) {
        let series = Series::read(text.as_bytes()).unwrap();
        let found = month_rates(&series, &Currency::parse(to).unwrap(), method);
        let shown =
            found.rates.iter().map(|rate| format!("{} {} {}", rate.period, rate.from, rate.rate)).collect();
        (shown, found.unpinned.into_iter().collect())
    }

    #[test]
    fn an_average_is_the_quotient_of_two_sums_rounded_once() {
        // CHF (19 × 0.9 + 0.95) / 20 = 0.9025; USD (19 × 1.1 + 1.3) / 20 = 1.11; 0.9025 / 1.11 = 0.813063063063…
        let (shown, unpinned) = rates(&april(), "CHF", RateMethod::Average);
        assert_eq!(shown, ["2026-04 EUR 0.9025", "2026-04 USD 0.813063063063"]);
        let gap =
            Unpinned::Gap { currency: Currency::parse("ISK").unwrap(), period: "2026-04".parse().unwrap() };
        assert_eq!(unpinned, [gap]);
        let (shown, _) = rates(&april(), "EUR", RateMethod::Average);
        assert_eq!(shown, ["2026-04 CHF 1.108033240997", "2026-04 USD 0.900900900901"]);
    }

    #[test]
    fn the_last_day_counts_alone_where_it_is_asked_for() {
        let (shown, unpinned) = rates(&april(), "CHF", RateMethod::LastDay);
        assert_eq!(shown, ["2026-04 EUR 0.95", "2026-04 ISK 0.006785714286", "2026-04 USD 0.730769230769"]);
        assert_eq!(unpinned, []);
    }

    #[test]
    fn a_month_that_is_not_whole_gets_no_rate() {
        let without = |day: &str| -> String {
            april().lines().filter(|line| !line.starts_with(day)).map(|l| format!("{l}\n")).collect()
        };
        let until = Day::parse("2026-04-29").unwrap();
        let period = until.month;
        for method in [RateMethod::Average, RateMethod::LastDay] {
            let (shown, unpinned) = rates(&without("2026-04-30"), "CHF", method);
            assert_eq!((shown.len(), unpinned), (0, vec![Unpinned::Running { period, until }]));
        }
        let (shown, unpinned) = rates(&without("2026-04-01"), "CHF", RateMethod::Average);
        let missing = Day::parse("2026-04-01").unwrap();
        assert_eq!((shown.len(), unpinned), (0, vec![Unpinned::Incomplete { period, missing }]));
        assert_eq!(rates(&without("2026-04-01"), "CHF", RateMethod::LastDay).0.len(), 3);
    }

    #[test]
    fn a_currency_that_the_bank_does_not_list_gets_no_rates() {
        let (shown, unpinned) = rates(&april(), "XXX", RateMethod::Average);
        assert!(shown.is_empty() && matches!(unpinned.as_slice(), [Unpinned::Gap { .. }]), "{unpinned:?}");
    }
}
