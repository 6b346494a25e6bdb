//! The difference of two sets of sources: what a correction stands on.

use std::collections::BTreeMap;

use crate::{
    decimal::Decimal,
    invoice::{Source, SourceKey},
};

#[derive(Default, Clone)]
struct Net {
    rows: i64,
    original_cost: Decimal,
    cost: Decimal,
    rate: Option<Decimal>,
}

type ByVersion<'s> = BTreeMap<&'s SourceKey, BTreeMap<u32, Net>>;

/// `owed − live`: for each document, account, service and tag whose cost changed, the cost of the version in force
/// and, negated, what live lines have of earlier versions. What did not change is left out.
pub fn difference<'s>(
    owed: impl IntoIterator<Item = &'s Source>,
    live: impl IntoIterator<Item = &'s Source>,
) -> Vec<Source> {
    let mut net: ByVersion<'_> = BTreeMap::new();
    let mut totals: BTreeMap<&SourceKey, (Decimal, Decimal)> = BTreeMap::new();
    let owed = owed.into_iter().map(|source| (source, true));
    let live = live.into_iter().map(|source| (source, false));
    for (source, plus) in owed.chain(live) {
        let entry = net.entry(&source.key).or_default().entry(source.version).or_default();
        let total = totals.entry(&source.key).or_default();
        if plus {
            entry.rows += source.rows;
            entry.original_cost += &source.original_cost;
            entry.cost += &source.cost;
            total.0 += &source.original_cost;
            total.1 += &source.cost;
        } else {
            entry.rows -= source.rows;
            entry.original_cost -= &source.original_cost;
            entry.cost -= &source.cost;
            total.0 -= &source.original_cost;
            total.1 -= &source.cost;
        }
        entry.rate = entry.rate.take().or_else(|| source.rate.clone());
    }
    let changed = |key: &SourceKey| totals.get(key).is_some_and(|(a, b)| !a.is_zero() || !b.is_zero());
    let mut sources = Vec::new();
    for (key, versions) in net.into_iter().filter(|(key, _)| changed(key)) {
        for (version, net) in versions {
            if net.rows != 0 || !net.cost.is_zero() || !net.original_cost.is_zero() {
                let Net { rows, original_cost, cost, rate } = net;
                sources.push(Source { key: key.clone(), version, rows, original_cost, rate, cost });
            }
        }
    }
    sources
}

/// Sources × a multiplier, rows and versions as they are.
pub fn scaled(sources: &[Source], multiplier: &Decimal) -> Vec<Source> {
    if multiplier.is_zero() {
        return Vec::new();
    }
    sources
        .iter()
        .map(|source| Source {
            original_cost: &source.original_cost * multiplier,
            cost: &source.cost * multiplier,
            ..source.clone()
        })
        .collect()
}
