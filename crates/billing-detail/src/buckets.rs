//! Sums of line items by what billing looks at, and the totals counted beside them.

use std::{collections::HashSet, sync::Arc};

use billing_core::{
    Decimal, Fixed,
    bucket::{Bucket, BucketKey},
    line_item::LineItem,
    money::{Cost, Currency, Totals},
};
use hashbrown::HashTable;

use crate::row_code::{RowCode, hash};

/// A sum that does not fit into the numbers it is kept in.
#[derive(Debug)]
pub(crate) struct SumTooLarge;

/// The buckets of an import while it runs.
#[derive(Default)]
pub(crate) struct Buckets {
    places: HashTable<usize>,
    sums: Vec<Sum>,
    texts: HashSet<Arc<str>>,
}

struct Sum {
    code: Box<[u8]>,
    key: BucketKey,
    account: usize,
    rows: u64,
    billed: Fixed,
    effective: Fixed,
}

impl Buckets {
    /// Adds a line item to its bucket and tells which account the bucket belongs to; `account` is asked for that once
    /// for each bucket.
    pub(crate) fn add(
        &mut self,
        code: &RowCode,
        item: &LineItem<'_>,
        account: impl FnOnce() -> usize,
    ) -> Result<usize, SumTooLarge> {
        let hash_of = code.bucket_hash();
        let sums = &self.sums;
        let known = self.places.find(hash_of, |place| &*sums[*place].code == code.bucket_key()).copied();
        let place = match known {
            Some(place) => place,
            None => {
                let key = self.key(item);
                self.sums.push(Sum {
                    code: code.bucket_key().into(),
                    key,
                    account: account(),
                    rows: 0,
                    billed: Fixed::ZERO,
                    effective: Fixed::ZERO,
                });
                let place = self.sums.len() - 1;
                let sums = &self.sums;
                self.places.insert_unique(hash_of, place, |place| hash(&sums[*place].code));
                place
            }
        };
        let sum = &mut self.sums[place];
        sum.rows += 1;
        sum.billed = sum.billed.checked_add(item.billed_cost).ok_or(SumTooLarge)?;
        if let Some(effective) = item.effective_cost {
            sum.effective = sum.effective.checked_add(effective).ok_or(SumTooLarge)?;
        }
        Ok(sum.account)
    }

    fn key(&mut self, item: &LineItem<'_>) -> BucketKey {
        BucketKey {
            provider: item.provider.clone(),
            account_key: self.shared(&item.account_key),
            period: item.period,
            charge_category: self.shared(item.raw.charge_category),
            service_category: self.shared(item.raw.service_category),
            service_name: self.shared(item.raw.service_name),
            region: self.shared(item.raw.region),
            commitment_term: self.shared(item.raw.commitment_term),
            cost_center_tag: item.tags.cost_center.as_deref().map(|tag| self.shared(tag)),
            component_tag: item.tags.component.as_deref().map(|tag| self.shared(tag)),
            service_tag: item.tags.service.as_deref().map(|tag| self.shared(tag)),
            currency: item.currency.clone(),
        }
    }

    /// One copy of each text, however many buckets have it.
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text: Arc<str> = text.into();
        self.texts.insert(text.clone());
        text
    }

    /// The buckets, by key.
    pub(crate) fn finish(self) -> Vec<Bucket> {
        let mut buckets: Vec<Bucket> = self
            .sums
            .into_iter()
            .map(|sum| Bucket {
                key: sum.key,
                rows: sum.rows,
                billed_cost: sum.billed.into(),
                effective_cost: sum.effective.into(),
            })
            .collect();
        buckets.sort_by(|left, right| left.key.cmp(&right.key));
        buckets
    }
}

/// The sum of all billed costs by currency, counted row by row and without looking at any bucket.
#[derive(Default)]
pub(crate) struct RowTotals(Vec<(Currency, Fixed)>);

impl RowTotals {
    /// Adds a line item's billed cost.
    pub(crate) fn add(&mut self, item: &LineItem<'_>) -> Result<(), SumTooLarge> {
        match self.0.iter_mut().find(|(currency, _)| *currency == item.currency) {
            Some((_, sum)) => *sum = sum.checked_add(item.billed_cost).ok_or(SumTooLarge)?,
            None => self.0.push((item.currency.clone(), item.billed_cost)),
        }
        Ok(())
    }

    /// The sums.
    pub(crate) fn finish(self) -> Totals {
        let mut totals = Totals::default();
        for (currency, sum) in self.0 {
            totals.add(&Cost::new(Decimal::from(sum), currency));
        }
        totals
    }
}
