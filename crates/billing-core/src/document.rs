//! What one import brings: files, buckets, rejections, and the digests by which content is known again.

use crate::{
    bucket::Bucket,
    decimal::Decimal,
    ids::Provider,
    money::{Cost, Currency, Totals},
    period::Period,
    rejection::{Rejection, Remark},
};

/// The digest of a set of line items, independent of their order, of files and of compression: the sum of the
/// 128-bit hashes of the rows, modulo 2¹²⁸.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Digest(pub u128);

impl Digest {
    /// Adds a row's hash.
    pub fn add(&mut self, row: u128) {
        self.0 = self.0.wrapping_add(row);
    }

    /// 32 hexadecimal digits.
    pub fn to_hex(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Reads 32 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

/// The line items of one provider and billing period: the unit in which content is compared.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slice {
    /// The provider.
    pub provider: Provider,
    /// The billing period.
    pub period: Period,
    /// How many line items.
    pub rows: u64,
    /// Their digest.
    pub digest: Digest,
}

/// One file of an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileContent {
    /// Its name, as given; an entry of a zip file as `bill.zip/part1.csv`.
    pub name: String,
    /// Rows taken.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Its content by provider and period.
    pub slices: Vec<Slice>,
}

/// An account as a document names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenAccount {
    /// The provider.
    pub provider: Provider,
    /// The id in the provider's normal form.
    pub key: String,
    /// The id as written.
    pub id: String,
    /// The name on the last row that has one; empty where the provider tells none.
    pub name: String,
}

/// The line items of one invoice of a provider: what can be compared with the paper.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct InvoiceTotal {
    /// The provider.
    pub provider: Provider,
    /// The billing period.
    pub period: Period,
    /// The provider's invoice number; empty until the provider tells it.
    pub invoice_id: String,
    /// Who issued it; empty where the provider does not tell.
    pub issuer: String,
    /// The currency of the sum.
    pub currency: Currency,
    /// How many line items.
    pub rows: u64,
    /// The exact sum of their billed costs.
    pub billed_cost: Decimal,
}

impl InvoiceTotal {
    /// The totals with each invoice once, in order.
    pub fn joined(totals: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut all: Vec<Self> = totals.into_iter().collect();
        all.sort_by(|left, right| left.key().cmp(&right.key()));
        all.dedup_by(|next, kept| {
            let same = next.key() == kept.key();
            if same {
                kept.rows += next.rows;
                kept.billed_cost = &kept.billed_cost + &next.billed_cost;
            }
            same
        });
        all
    }

    fn key(&self) -> (&Provider, Period, &str, &str, &Currency) {
        (&self.provider, self.period, &self.issuer, &self.invoice_id, &self.currency)
    }
}

/// Everything one import brought in, before the ledger knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Content {
    /// The files, in the order in which they were read.
    pub files: Vec<FileContent>,
    /// The sums of all rows taken.
    pub buckets: Vec<Bucket>,
    /// The rows that could not be taken.
    pub rejections: Vec<Rejection>,
    /// What a person should know about rows that were taken.
    pub remarks: Vec<Remark>,
    /// The accounts named, each once.
    pub accounts: Vec<SeenAccount>,
    /// The exact sums of the billed cost, counted row by row beside the buckets.
    pub totals: Totals,
    /// The sums by the provider's own invoice, each once.
    pub invoices: Vec<InvoiceTotal>,
}

impl Content {
    /// Rows taken.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The content by provider and period, over all files.
    pub fn slices(&self) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        for slice in self.files.iter().flat_map(|file| &file.slices) {
            match slices.iter_mut().find(|s| s.provider == slice.provider && s.period == slice.period) {
                Some(known) => {
                    known.rows += slice.rows;
                    known.digest.add(slice.digest.0);
                }
                None => slices.push(slice.clone()),
            }
        }
        slices.sort();
        slices
    }

    /// The newest billing period among the rows taken; where none is, among those that could not be and tell theirs.
    pub fn newest_period(&self) -> Option<Period> {
        let taken = self.buckets.iter().map(|bucket| bucket.key.period).max();
        taken.or_else(|| self.rejections.iter().filter_map(|rejection| rejection.period).max())
    }

    /// The sums of the buckets: equal to [`Content::totals`], or rows were lost.
    pub fn bucket_totals(&self) -> Totals {
        let mut totals = Totals::default();
        for bucket in &self.buckets {
            totals.add(&Cost::new(bucket.billed_cost.clone(), bucket.key.currency.clone()));
        }
        totals
    }
}
