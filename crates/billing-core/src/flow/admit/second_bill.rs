//! Whether other rows are the same bill again: of an account and period that has its bill, or of the same total.

use std::collections::BTreeMap;

use super::{AccountPeriod, InForce, Refusal, account_periods};
use crate::{
    document::Content,
    ids::Provider,
    money::{Cost, Totals},
    period::Period,
};

/// Fewer rows than this are late rows, whatever they are a part of.
const LATE_ROWS_MAX: u64 = 10;

/// Refuses a second full bill of an account and period: from another job in any case, from the same job where it looks
/// like the other document again, imported under a wrong period. Late rows of the same job are no second bill: they
/// stay in the document that brought them.
pub(super) fn check_bills<'k>(
    content: &Content,
    own: Option<&InForce>,
    others: impl Iterator<Item = &'k InForce>,
    job: &str,
) -> Result<(), Refusal> {
    let new = account_periods(content);
    let totals = period_totals(content);
    for other in others {
        let mut common = new.iter().filter(|(key, _)| other.account_periods.contains_key(*key));
        if other.job != job {
            let is_accepted =
                |key: &AccountPeriod| own.is_some_and(|own| own.account_periods.contains_key(key));
            let Some(((provider, account, period), _)) = common.find(|(key, _)| !is_accepted(key)) else {
                continue;
            };
            let of = |totals: &BTreeMap<(Provider, Period), Totals>| {
                totals.get(&(provider.clone(), *period)).cloned().unwrap_or_default()
            };
            return Err(Refusal::SecondBill {
                known_total: of(&other.totals),
                total: of(&totals),
                provider: provider.clone(),
                account: account.clone(),
                period: *period,
                name: other.name.clone(),
            });
        }
        let common: BTreeMap<&AccountPeriod, u64> = common.map(|(key, rows)| (key, *rows)).collect();
        let rows: u64 = common.values().sum();
        let known: u64 = common.keys().filter_map(|key| other.account_periods.get(*key)).sum();
        if rows > LATE_ROWS_MAX
            && rows * 2 > content.rows()
            && rows * 2 >= known
            && let (Some((_, _, period)), Some(own_period)) = (common.keys().next(), other.period)
        {
            let (period, name) = (*period, other.name.clone());
            return Err(Refusal::SamePeriodAgain { period, name, own_period });
        }
    }
    Ok(())
}

/// Refuses what another document comes to, to the last digit: the month once as CSV and once as Parquet, or through
/// another importer whose accounts have other ids. Only totals finer than a hundredth tell that much; two fees of 10.00
/// are nothing unusual.
pub(super) fn check_totals(
    content: &Content,
    own: Option<&InForce>,
    others: &[InForce],
) -> Result<(), Refusal> {
    for ((provider, period), total) in period_totals(content) {
        if !total.iter().any(|(_, amount)| amount.scale() > 2) {
            continue;
        }
        let same = |other: &&InForce| other.totals.get(&(provider.clone(), period)) == Some(&total);
        let is_accepted = |other: &&InForce| {
            let is_common = |key: &&AccountPeriod| {
                (&key.0, key.2) == (&provider, period) && other.account_periods.contains_key(*key)
            };
            own.is_some_and(|own| own.account_periods.keys().any(|key| is_common(&key)))
        };
        if let Some(other) = others.iter().find(|other| same(other) && !is_accepted(other)) {
            let (name, version) = (other.name.clone(), other.version);
            return Err(Refusal::SameTotal { provider, period, total, name, version });
        }
    }
    Ok(())
}

/// The exact sums of the billed cost of content, by provider and period.
pub(super) fn period_totals(content: &Content) -> BTreeMap<(Provider, Period), Totals> {
    let mut totals: BTreeMap<(Provider, Period), Totals> = BTreeMap::new();
    for bucket in &content.buckets {
        let cost = Cost::new(bucket.billed_cost.clone(), bucket.key.currency.clone());
        totals.entry((bucket.key.provider.clone(), bucket.key.period)).or_default().add(&cost);
    }
    totals
}
