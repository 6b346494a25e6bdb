//! The difference of two sets of sources: what a correction stands on.

use crate::{decimal::Decimal, invoice::Source};

/// `owed − live`: for each document, account, service and tag whose cost changed, the cost of the version in force
/// and, negated, what live lines have of earlier versions. What did not change is left out.
pub fn difference<'s>(
    owed: impl IntoIterator<Item = &'s Source>,
    live: impl IntoIterator<Item = &'s Source>,
) -> Vec<Source> {
    let mut terms: Vec<Term<'_>> = owed.into_iter().map(|source| Term { source, is_owed: true }).collect();
    terms.extend(live.into_iter().map(|source| Term { source, is_owed: false }));
    // A stable order: of several rates of one version the owed one is taken.
    terms.sort_by_key(|term| (&term.source.key, term.source.version));
    let mut sources = Vec::with_capacity(terms.len());
    for of_key in terms.chunk_by(|a, b| a.source.key == b.source.key) {
        let before = sources.len();
        let versions = of_key.chunk_by(|a, b| a.source.version == b.source.version);
        sources.extend(versions.filter_map(net).filter(|net| net.rows != 0 || costs(net)));
        let of_key: &[Source] = &sources[before..];
        let original_cost: Decimal = of_key.iter().map(|source| &source.original_cost).sum();
        let cost: Decimal = of_key.iter().map(|source| &source.cost).sum();
        if original_cost.is_zero() && cost.is_zero() {
            sources.truncate(before);
        }
    }
    sources
}

/// A source on one side of the difference.
struct Term<'s> {
    source: &'s Source,
    is_owed: bool,
}

impl Term<'_> {
    fn signed(&self) -> Source {
        if self.is_owed {
            return self.source.clone();
        }
        let Source { rows, original_cost, cost, .. } = self.source;
        Source { rows: -rows, original_cost: -original_cost, cost: -cost, ..self.source.clone() }
    }
}

/// The sum of sources with one key and version; `None` of none.
fn net(terms: &[Term<'_>]) -> Option<Source> {
    let mut signed = terms.iter().map(Term::signed);
    let first = signed.next()?;
    Some(signed.fold(first, |mut sum, source| {
        sum.rows += source.rows;
        sum.original_cost += &source.original_cost;
        sum.cost += &source.cost;
        sum.rate = sum.rate.or(source.rate);
        sum
    }))
}

fn costs(source: &Source) -> bool {
    !source.cost.is_zero() || !source.original_cost.is_zero()
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
