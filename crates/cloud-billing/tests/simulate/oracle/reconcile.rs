//! Where a provider's cost stands: invoiced, unallocated, held or open (R13).

use std::collections::BTreeMap;

use billing_core::{Decimal, Period};

use super::{Oracle, Sources};
use crate::{auditor::Delivered, history::Broken};

/// A row of `reconcile`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reconciled {
    /// What the versions in force add up to.
    pub provider_total: Decimal,
    /// What live lines have of it, at cost.
    pub invoiced: Decimal,
    /// What has no customer.
    pub unallocated: Decimal,
    /// What has no valid cost centre or no rate.
    pub held: Decimal,
    /// What nobody billed yet.
    pub open: Decimal,
    /// What was rejected.
    pub rejected: Decimal,
}

impl Reconciled {
    /// Whether all of it is nothing.
    pub fn is_zero(&self) -> bool {
        let Self { provider_total, invoiced, unallocated, held, open, rejected } = self;
        [provider_total, invoiced, unallocated, held, open, rejected].iter().all(|amount| amount.is_zero())
    }
}

/// By provider, document period and currency.
pub type Books = BTreeMap<(String, Period, String), Reconciled>;

impl Oracle {
    /// Where all cost stands; rows of nothing are left out.
    pub fn reconcile(&self) -> Books {
        let mut books = Books::new();
        let rows = self.documents.iter().flat_map(|document| {
            document.files.iter().flatten().flatten().map(move |row| (document.period, row))
        });
        for (period, row) in rows {
            let key = (row.provider.clone(), period, row.currency.clone());
            let book = books.entry(key).or_default();
            match row.broken {
                Some(Broken::Cost) => {}
                Some(Broken::Period) => {
                    book.rejected += &row.amount();
                    book.provider_total += &row.amount();
                }
                None => book.provider_total += &row.amount(),
            }
        }
        for (provider, id) in self.accounts.keys() {
            for period in self.periods_of(provider, id) {
                let found = self.account_period(provider, id, period);
                let mut add = |sources: &Sources, field: fn(&mut Reconciled) -> &mut Decimal| {
                    for ((document, currency), cost) in sources {
                        let key = (provider.clone(), self.documents[*document].period, currency.clone());
                        *field(books.entry(key).or_default()) += cost;
                    }
                };
                add(&found.unallocated, |row| &mut row.unallocated);
                add(&found.held, |row| &mut row.held);
                for group in found.groups.values() {
                    add(&group.remainder(), |row| &mut row.open);
                    group.live.iter().for_each(|line| add(&line.sources, |row| &mut row.invoiced));
                }
            }
        }
        books.retain(|_, row| !row.is_zero());
        books
    }

    /// What the documents in force add up to, by name and currency, with their rows.
    pub fn delivered(&self) -> Delivered {
        let mut delivered = Delivered::new();
        for (at, row) in self.facts() {
            let document = &self.documents[at];
            let of_document = delivered.entry(format!("{}/{}", document.job, document.period)).or_default();
            let (sum, rows) = of_document.entry(row.currency.clone()).or_default();
            *sum += &row.amount();
            *rows += 1;
        }
        delivered
    }
}
