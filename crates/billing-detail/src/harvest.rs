//! What was brought in: by one thread from its blocks, and by all of them together.
//!
//! Threads take blocks as they come, so that everything here is put together independently of who read what: sums add
//! up in any order, and where the first or the last row counts, its position is kept.

use std::{collections::BTreeMap, sync::Arc};

use billing_core::{
    Decimal, Period,
    bucket::{Bucket, BucketKey},
    document::{Content, Digest, FileContent, InvoiceTotal, SeenAccount, Slice},
    ids::Provider,
    money::{Cost, Currency, Totals},
    rejection::{Rejection, Remark},
};
use hashbrown::HashMap;

use crate::{
    error::DetailError,
    suspects::Suspects,
    tally::{Sum, SumTooLarge, Tally},
};

/// Most remarks that are kept; more of the same kind tell nobody anything.
pub(crate) const REMARKS_MAX: usize = 1_000;

/// Where a row stands: the number of its file, and its line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Position {
    /// The files of an import are numbered as they are read.
    pub(crate) file: usize,
    /// From 1.
    pub(crate) line: u64,
}

/// An invoice of a provider.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct InvoiceKey {
    /// The provider.
    pub(crate) provider: Provider,
    /// The billing period.
    pub(crate) period: Period,
    /// The provider's number of it.
    pub(crate) id: Arc<str>,
    /// Who issued it.
    pub(crate) issuer: Arc<str>,
    /// The currency of its costs.
    pub(crate) currency: Currency,
}

/// An account, with the rows that tell how it is written and called.
#[derive(Debug)]
pub(crate) struct OpenAccount {
    /// The id as the first row writes it.
    pub(crate) id: (Position, String),
    /// The name on the last row that has one.
    pub(crate) name: Option<(Position, String)>,
}

/// Line items of one provider and period in one file.
#[derive(Debug, Default)]
pub(crate) struct OpenSlice {
    rows: u64,
    digest: Digest,
}

/// Rows of a file.
#[derive(Debug, Default)]
struct OpenFile {
    rejected: u64,
    slices: BTreeMap<(Provider, Period), OpenSlice>,
}

/// Everything that was brought in.
#[derive(Debug, Default)]
pub(crate) struct Harvest {
    /// Rows looked at, taken and rejected.
    pub(crate) rows: u64,
    /// The sums by what billing looks at.
    pub(crate) buckets: Tally<BucketKey>,
    /// The sums by the provider's invoice.
    pub(crate) invoices: Tally<InvoiceKey>,
    /// The sums of everything, counted row by row beside the others.
    pub(crate) totals: Tally<Currency>,
    /// The accounts.
    pub(crate) accounts: HashMap<(Provider, Arc<str>), OpenAccount>,
    /// Rows that could not be taken.
    pub(crate) rejections: Vec<(Position, Rejection)>,
    /// What should be known of rows that were.
    pub(crate) remarks: Vec<(Position, Remark)>,
    /// Whether there are rows whose period is not told by their format, but by whoever imports them or by their date.
    pub(crate) has_assigned_periods: bool,
    /// What tells which files may have the same rows, where there are several.
    pub(crate) suspects: Suspects,
    files: BTreeMap<usize, OpenFile>,
}

impl Harvest {
    /// Adds line items to the digest of their file, provider and period.
    pub(crate) fn add_slice(&mut self, file: usize, of: (Provider, Period), rows: u64, digest: Digest) {
        let slice = self.files.entry(file).or_default().slices.entry(of).or_default();
        slice.rows += rows;
        slice.digest.add(digest.0);
    }

    /// Keeps how an account is written on its first row and called on its last.
    pub(crate) fn add_account(&mut self, key: (Provider, Arc<str>), seen: OpenAccount) {
        match self.accounts.get_mut(&key) {
            None => drop(self.accounts.insert(key, seen)),
            Some(known) => known.merge(seen),
        }
    }

    /// Adds a row that could not be taken.
    pub(crate) fn reject(&mut self, at: Position, rejection: Rejection) {
        self.files.entry(at.file).or_default().rejected += 1;
        self.rejections.push((at, rejection));
    }

    /// Adds what another thread brought in.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), DetailError> {
        let too_large = |currency: &Currency| {
            let problem = format!(
                "the {currency} costs add up to more than can be counted; look for an amount that cannot be"
            );
            DetailError::input("import", problem)
        };
        self.rows += other.rows;
        self.totals.merge(other.totals).map_err(|(currency, SumTooLarge)| too_large(&currency))?;
        self.buckets.merge(other.buckets).map_err(|(key, SumTooLarge)| too_large(&key.currency))?;
        self.invoices.merge(other.invoices).map_err(|(key, SumTooLarge)| too_large(&key.currency))?;
        for (key, seen) in other.accounts {
            self.add_account(key, seen);
        }
        self.rejections.extend(other.rejections);
        self.remarks.extend(other.remarks);
        self.suspects.merge(other.suspects);
        self.has_assigned_periods |= other.has_assigned_periods;
        for (number, file) in other.files {
            self.files.entry(number).or_default().rejected += file.rejected;
            for (of, slice) in file.slices {
                self.add_slice(number, of, slice.rows, slice.digest);
            }
        }
        Ok(())
    }

    /// The content of files with these names. Compares the buckets with the totals counted beside them.
    pub(crate) fn into_content(mut self, files: &[Arc<str>]) -> Result<Content, DetailError> {
        self.rejections.sort_by_key(|(at, _)| *at);
        self.remarks.sort_by_key(|(at, _)| *at);
        self.remarks.truncate(REMARKS_MAX);
        let content = Content {
            files: files.iter().enumerate().map(|(at, name)| file(name, self.files.remove(&at))).collect(),
            buckets: buckets(self.buckets),
            rejections: self.rejections.into_iter().map(|(_, rejection)| rejection).collect(),
            remarks: self.remarks.into_iter().map(|(_, remark)| remark).collect(),
            accounts: accounts(self.accounts),
            totals: totals(self.totals),
            invoices: invoices(self.invoices),
        };
        check(&content, self.rows)?;
        Ok(content)
    }
}

impl OpenAccount {
    fn merge(&mut self, other: Self) {
        if other.id.0 < self.id.0 {
            self.id = other.id;
        }
        let is_later = |name: &(Position, String)| self.name.as_ref().is_none_or(|known| known.0 < name.0);
        if other.name.as_ref().is_some_and(is_later) {
            self.name = other.name;
        }
    }
}

fn file(name: &Arc<str>, file: Option<OpenFile>) -> FileContent {
    let file = file.unwrap_or_default();
    let slices: Vec<Slice> = file
        .slices
        .into_iter()
        .map(|((provider, period), slice)| Slice { provider, period, rows: slice.rows, digest: slice.digest })
        .collect();
    let rows = slices.iter().map(|slice| slice.rows).sum();
    FileContent { name: name.to_string(), rows, rejected: file.rejected, slices }
}

fn buckets(tally: Tally<BucketKey>) -> Vec<Bucket> {
    let bucket = |(key, sum): (BucketKey, Sum)| Bucket {
        key,
        rows: sum.rows,
        billed_cost: sum.billed.into(),
        effective_cost: sum.effective.into(),
    };
    // Sums that were asked for but got no row, because their first row could not be added, are none.
    let mut buckets: Vec<Bucket> = tally.into_sums().filter(|(_, sum)| sum.rows > 0).map(bucket).collect();
    buckets.sort_by(|left, right| left.key.cmp(&right.key));
    buckets
}

fn accounts(accounts: HashMap<(Provider, Arc<str>), OpenAccount>) -> Vec<SeenAccount> {
    let mut seen: Vec<SeenAccount> = accounts
        .into_iter()
        .map(|((provider, key), account)| SeenAccount {
            provider,
            key: key.to_string(),
            id: account.id.1,
            name: account.name.map_or(String::new(), |(_, name)| name),
        })
        .collect();
    seen.sort_by(|left, right| (&left.provider, &left.key).cmp(&(&right.provider, &right.key)));
    seen
}

fn totals(tally: Tally<Currency>) -> Totals {
    let mut totals = Totals::default();
    for (currency, sum) in tally.into_sums().filter(|(_, sum)| sum.rows > 0) {
        totals.add(&Cost::new(Decimal::from(sum.billed), currency));
    }
    totals
}

fn invoices(tally: Tally<InvoiceKey>) -> Vec<InvoiceTotal> {
    InvoiceTotal::joined(tally.into_sums().filter(|(_, sum)| sum.rows > 0).map(|(key, sum)| InvoiceTotal {
        provider: key.provider,
        period: key.period,
        invoice_id: key.id.to_string(),
        issuer: key.issuer.to_string(),
        currency: key.currency,
        rows: sum.rows,
        billed_cost: sum.billed.into(),
    }))
}

fn check(content: &Content, rows: u64) -> Result<(), DetailError> {
    let bucket_rows: u64 = content.buckets.iter().map(|bucket| bucket.rows).sum();
    let rejected = content.rejections.len() as u64;
    if content.bucket_totals() == content.totals && bucket_rows + rejected == rows {
        return Ok(());
    }
    Err(DetailError::Internal(format!(
        "{rows} rows with {} were read, but {bucket_rows} rows with {} are in buckets and {rejected} rejected",
        content.totals,
        content.bucket_totals()
    )))
}
