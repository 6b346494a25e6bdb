//! What a job delivers again: days that overlap, which are refused, and late rows, which are told.

use std::collections::{BTreeMap, BTreeSet};

use super::{AccountPeriod, InForce, Refusal, Span, account_periods, beside, second_bill::period_totals};
use crate::{
    document::Content,
    ids::Provider,
    money::{Cost, Totals},
    period::Period,
};

/// A day of an account of which line items that are in force come again, the same in every text and amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayAgain {
    /// The provider.
    pub provider: Provider,
    /// The account's id in normal form.
    pub account: String,
    /// The billing period, where rows of one period were compared.
    pub period: Option<Period>,
    /// The day, as the provider writes it.
    pub day: String,
    /// How many line items of the day are in force.
    pub known_rows: u64,
    /// How many of them come again.
    pub rows: u64,
    /// What those come to.
    pub cost: Cost,
}

impl DayAgain {
    /// Whether as much of the same day comes again here as there.
    pub fn covers(&self, other: &Self) -> bool {
        let day = |day: &Self| {
            let of = (day.provider.clone(), day.account.clone(), day.period, day.day.clone());
            (of, day.cost.currency.clone())
        };
        day(self) == day(other) && self.rows >= other.rows
    }
}

/// Rows of a provider's period that has cost of the same accounts, or the same kind of charges, in another document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Late {
    /// The provider.
    pub provider: Provider,
    /// The billing period.
    pub period: Period,
    /// What it comes to in the new content.
    pub total: Totals,
    /// The other document.
    pub name: String,
    /// What it comes to there.
    pub known_total: Totals,
}

/// The periods of content of which another document has the same accounts or the same kind of charges.
pub fn late(content: &Content, others: &[InForce]) -> Vec<Late> {
    let (totals, mut found) = (period_totals(content), Vec::new());
    let charges = beside(content);
    for other in others {
        let common = common_accounts(content, other);
        let mut periods: BTreeSet<(Provider, Period)> =
            common.into_iter().map(|(provider, _, period)| (provider, period)).collect();
        periods.extend(charges.common_periods(&other.beside));
        found.extend(periods.into_iter().map(|(provider, period)| {
            let of = |totals: &BTreeMap<(Provider, Period), Totals>| {
                totals.get(&(provider.clone(), period)).cloned().unwrap_or_default()
            };
            let (total, known_total, name) = (of(&totals), of(&other.totals), other.name.clone());
            Late { provider: provider.clone(), period, total, name, known_total }
        }));
    }
    found
}

/// The accounts and periods that both have cost of.
pub fn common_accounts(content: &Content, other: &InForce) -> BTreeSet<AccountPeriod> {
    let new = account_periods(content);
    new.into_keys().filter(|key| other.account_periods.contains_key(key)).collect()
}

/// Months between two periods at which a slip of the pen in one of them is still looked for.
const MONTHS_APART_MAX: u32 = 13;

/// The accounts of a document that may be the content again under another period, because its rows tell none: those that
/// have cost at most a year and a month away, or as many rows.
pub fn accounts_of_other_periods(content: &Content, other: &InForce) -> BTreeSet<(Provider, String)> {
    let mut found = BTreeSet::new();
    for ((provider, account, period), rows) in account_periods(content) {
        let is_near = |known: &Period| period.months_apart(*known) <= MONTHS_APART_MAX;
        let of = |key: &AccountPeriod| key.0 == provider && key.1 == account && key.2 != period;
        let mut known = other.account_periods.iter().filter(|(key, _)| of(key));
        if known.any(|((_, _, known), known_rows)| is_near(known) || *known_rows == rows) {
            found.insert((provider, account));
        }
    }
    found
}

/// Whether a day that comes again under another period is about one of an account's periods, in either document: what is
/// charged every month for one and the same day, on which a contract began, is not.
pub fn is_of_a_period(day: &DayAgain, content: &Content, other: &InForce) -> bool {
    let Some(month) = Period::of_date(&day.day) else { return true };
    let new = account_periods(content);
    let mut of = new.keys().chain(other.account_periods.keys());
    of.any(|(provider, account, period)| {
        *provider == day.provider && *account == day.account && month.months_apart(*period) <= 1
    })
}

/// Refuses the days of another document of the job again, as exports of overlapping days have them. A late correction is
/// another row; one that happens to be the same is not half of what is in force of its day.
pub(super) fn check_days(others: &[InForce]) -> Result<(), Refusal> {
    for other in others {
        let again = |day: &&DayAgain| day.rows * 2 >= day.known_rows && !day.cost.amount.is_zero();
        let days: Vec<&DayAgain> = other.days_again.iter().filter(again).collect();
        let (first, last) = (days.iter().min_by_key(|day| &day.day), days.iter().max_by_key(|day| &day.day));
        let (Some(first), Some(last)) = (first, last) else { continue };
        let mut total = Totals::default();
        for day in &days {
            total.add(&day.cost);
        }
        return Err(Refusal::DaysAgain {
            provider: first.provider.clone(),
            span: Box::new(Span {
                first: first.day.clone(),
                last: last.day.clone(),
                rows: days.iter().map(|day| day.rows).sum(),
                total,
                is_the_least: false,
            }),
            name: other.name.clone(),
            version: other.version,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn check(days: &[(&str, u64, u64, &str)], refused: bool) {
        let day = |(day, known_rows, rows, cost): &(&str, u64, u64, &str)| DayAgain {
            provider: Provider::named("Azure"),
            account: "a".to_owned(),
            period: "2026-09".parse().ok(),
            day: (*day).to_owned(),
            known_rows: *known_rows,
            rows: *rows,
            cost: Cost::new(cost.parse().unwrap(), Currency::parse("CHF").unwrap()),
        };
        let other = InForce { days_again: days.iter().map(day).collect(), ..InForce::default() };
        assert_eq!(check_days(&[other]).is_err(), refused, "{days:?}");
    }

    #[test]
    fn half_of_a_day_again_is_no_late_correction() {
        check(&[], false);
        check(&[("2026-09-30", 10, 10, "1.5")], true);
        check(&[("2026-09-29", 10, 1, "1.5"), ("2026-09-30", 10, 5, "-1.5")], true);
        check(&[("2026-09-30", 10, 4, "1.5")], false);
        check(&[("2026-09-30", 10, 10, "0")], false);
    }
}
