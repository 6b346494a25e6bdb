//! Kinds of line items: rows with the same texts in the columns that billing looks at, understood once for all.
//!
//! What a row says beside its amounts, dates and resource repeats. So its texts become numbers, the numbers become a key,
//! and only the first row of a key goes through the normaliser. The others are added to what is known.

use std::sync::Arc;

use billing_core::{
    Fixed, Period,
    bucket::BucketKey,
    document::Digest,
    flow::normalise::present,
    ids::Provider,
    line_item::{LineItem, RawLine},
};
use hashbrown::HashSet;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{
    dictionary::{Dictionary, EMPTY, TOGETHER},
    harvest::{Harvest, InvoiceKey, OpenAccount, Position},
    parquet_out::KindNumber,
    suspects::account_hash,
    tally::{Sum, SumTooLarge},
};

/// How many texts make a kind; what billing reads from its tags is one more.
const TEXTS: usize = 15;
/// Bytes of a key before its texts: how long each is, the number of the tags, and whether there is no date.
const HEAD: usize = 4 * (TEXTS + 2);
/// Part of each digest: another number is needed when what is hashed below, or in `row::content_hash`, changes.
const VERSION: u8 = 3;
/// Most bytes of keys before it is time to forget them: some 40,000 kinds.
const KEY_BYTES_MAX: usize = 8 << 20;

/// The kinds of the rows since they were last forgotten.
pub(crate) struct Kinds {
    /// The keys of the rows that are looked at: of each its texts one behind the other, and before them how long each is.
    texts_of_keys: Vec<u8>,
    keys: Dictionary,
    /// The kind of each key, where a row with that key was understood.
    kinds: Vec<Option<Kind>>,
    sums: Vec<KindSum>,
    /// What is needed once only of each kind.
    origins: Vec<Origin>,
    texts: HashSet<Arc<str>>,
    /// Whether the period is known for rows that have none.
    has_default_period: bool,
}

/// Rows that are one line item but for amounts, dates and resource: what each of them needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// Where its sums are.
    pub(crate) place: usize,
    /// Its number in the detail.
    pub(crate) number: KindNumber,
    /// The hash of what its rows share.
    pub(crate) seed: u128,
    /// Where the total of its currency is.
    total: usize,
}

/// A row of a kind: what is counted of it.
pub(crate) struct Counted {
    pub(crate) kind: Kind,
    pub(crate) line: u64,
    pub(crate) billed: Fixed,
    pub(crate) effective: Option<Fixed>,
    /// The hash of its content.
    pub(crate) content: u128,
}

/// The sums of a kind's rows.
struct KindSum {
    sum: Sum,
    digest: Digest,
    last_line: u64,
}

/// Where the sums of a kind go, and whose they are.
struct Origin {
    bucket: usize,
    invoice: usize,
    slice: (Provider, Period),
    account: (Provider, Arc<str>),
    account_hash: u64,
    account_name: String,
}

impl Kinds {
    /// No kinds yet.
    pub(crate) fn new(has_default_period: bool) -> Self {
        Self {
            texts_of_keys: Vec::new(),
            keys: Dictionary::of(KEY_BYTES_MAX),
            kinds: Vec::new(),
            sums: Vec::new(),
            origins: Vec::new(),
            texts: HashSet::new(),
            has_default_period,
        }
    }

    /// The number of the key of each of some rows, up to [`TOGETHER`]. Beside each row is the number of what billing reads
    /// from its tags.
    pub(crate) fn look(&mut self, rows: &[RawLine<'_>], tags: &[u32]) -> [u32; TOGETHER] {
        self.texts_of_keys.clear();
        let mut ends = [0; TOGETHER];
        for ((raw, tags), end) in rows.iter().zip(tags).zip(&mut ends) {
            self.put_key(raw, *tags);
            *end = self.texts_of_keys.len();
        }
        let (mut keys, mut hashes, mut numbers) = ([&[][..]; TOGETHER], [0; TOGETHER], [EMPTY; TOGETHER]);
        let mut start = 0;
        for row in 0..rows.len() {
            keys[row] = &self.texts_of_keys[start..ends[row]];
            hashes[row] = xxh3_64(keys[row]);
            start = ends[row];
        }
        self.keys.numbers(&keys[..rows.len()], &hashes, &mut numbers);
        numbers
    }

    fn put_key(&mut self, raw: &RawLine<'_>, tags: u32) {
        // The date counts only where it makes the period.
        let dates_it = !self.has_default_period && present(raw.billing_period_start).is_none();
        let texts: [&str; TEXTS] = [
            raw.provider_name,
            raw.billing_account_id,
            raw.sub_account_id,
            raw.sub_account_name,
            raw.billing_period_start,
            raw.billing_period_end,
            if dates_it { raw.charge_period_start } else { "" },
            raw.charge_category,
            raw.service_category,
            raw.service_name,
            raw.region,
            raw.commitment_term,
            raw.billing_currency,
            raw.invoice_id,
            raw.invoice_issuer,
        ];
        let mut lengths = [[0; 4]; HEAD / 4];
        lengths[TEXTS] = tags.to_le_bytes();
        lengths[TEXTS + 1] = u32::from(raw.is_undated).to_le_bytes();
        for (length, text) in lengths.iter_mut().zip(texts) {
            *length = (text.len() as u32).to_le_bytes();
        }
        self.texts_of_keys.extend_from_slice(lengths.as_flattened());
        for text in texts {
            self.texts_of_keys.extend_from_slice(text.as_bytes());
        }
    }

    /// The kind with this key, where a row of it was understood before.
    pub(crate) fn find(&self, key: u32) -> Option<Kind> {
        self.kinds.get(key as usize).copied().flatten()
    }

    /// The hash of a kind's account and currency.
    pub(crate) fn account(&self, kind: Kind) -> u64 {
        self.origins[kind.place].account_hash
    }

    /// Whether the texts of a key have a NUL byte in them.
    pub(crate) fn has_nul(&self, key: u32) -> bool {
        memchr::memchr(0, &self.keys.text(key)[HEAD..]).is_some()
    }

    /// Adds the kind with this key, because a row of it was understood.
    pub(crate) fn add(
        &mut self,
        key: u32,
        item: &LineItem<'_>,
        at: Position,
        number: KindNumber,
        harvest: &mut Harvest,
    ) -> Kind {
        let of_account = (item.provider.clone(), self.shared(&item.account_key));
        let seen = OpenAccount { id: (at, item.account_id.to_owned()), name: None };
        harvest.add_account(of_account.clone(), seen);
        harvest.has_assigned_periods |= present(item.raw.billing_period_start).is_none();
        let invoice = InvoiceKey {
            provider: item.provider.clone(),
            period: item.period,
            id: self.shared(item.raw.invoice_id.trim()),
            issuer: self.shared(item.raw.invoice_issuer.trim()),
            currency: item.currency.clone(),
        };
        let bucket = self.bucket_key(item);
        let total = harvest.totals.place(item.currency.clone());
        let account = account_hash(item.provider.as_str(), &item.account_key, item.currency.as_str());
        let kind = Kind { place: self.sums.len(), number, seed: seed(item), total };
        self.sums.push(KindSum { sum: Sum::default(), digest: Digest::default(), last_line: at.line });
        self.origins.push(Origin {
            bucket: harvest.buckets.place(bucket),
            invoice: harvest.invoices.place(invoice),
            slice: (item.provider.clone(), item.period),
            account: of_account,
            account_hash: account,
            account_name: item.account_name.to_owned(),
        });
        self.kinds.resize(self.keys.len(), None);
        self.kinds[key as usize] = Some(kind);
        kind
    }

    /// Adds rows to their kinds, and beside them to the totals of their currencies. Tells the line where a sum became too
    /// large.
    pub(crate) fn count(&mut self, rows: &[Counted], harvest: &mut Harvest) -> Result<(), u64> {
        for row in rows {
            let too_large = |SumTooLarge| row.line;
            harvest.totals.sum(row.kind.total).add(row.billed, None).map_err(too_large)?;
            let kind = &mut self.sums[row.kind.place];
            kind.sum.add(row.billed, row.effective).map_err(too_large)?;
            kind.digest.add(row.content);
            kind.last_line = kind.last_line.max(row.line);
        }
        Ok(())
    }

    /// Gives the sums of all kinds of a file to the harvest, and forgets the kinds. Tells the line where a sum became
    /// too large.
    pub(crate) fn yield_to(&mut self, harvest: &mut Harvest, file: usize) -> Result<(), u64> {
        for (kind, origin) in self.sums.drain(..).zip(self.origins.drain(..)) {
            if kind.sum.rows == 0 {
                continue;
            }
            let too_large = |SumTooLarge| kind.last_line;
            harvest.buckets.sum(origin.bucket).add_all(&kind.sum).map_err(too_large)?;
            harvest.invoices.sum(origin.invoice).add_all(&kind.sum).map_err(too_large)?;
            harvest.add_slice(file, origin.slice, kind.sum.rows, kind.digest);
            if !origin.account_name.is_empty() {
                let at = Position { file, line: kind.last_line };
                let seen = OpenAccount {
                    id: (Position { file: usize::MAX, line: 0 }, String::new()),
                    name: Some((at, origin.account_name)),
                };
                harvest.add_account(origin.account, seen);
            }
        }
        self.kinds.clear();
        if self.texts.len() > 100_000 {
            self.texts.clear();
        }
        Ok(())
    }

    /// Whether there are so many texts that they should be forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.keys.is_full()
    }

    /// Forgets all texts; the kinds must have been given to the harvest.
    pub(crate) fn forget(&mut self) {
        self.keys.forget();
    }

    fn bucket_key(&mut self, item: &LineItem<'_>) -> BucketKey {
        BucketKey {
            provider: item.provider.clone(),
            account_key: self.shared(&item.account_key),
            period: item.period,
            charge_category: self.shared(item.raw.charge_category),
            service_category: self.shared(item.raw.service_category),
            service_name: self.shared(item.raw.service_name),
            region: self.shared(item.raw.region),
            commitment_term: self.shared(item.raw.commitment_term),
            cost_center_tag: item.tags.cost_center.clone(),
            component_tag: item.tags.component.clone(),
            service_tag: item.tags.service.clone(),
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
}

/// The hash of what the rows of a kind share as content. The tags of the bucket are not in it: they depend on settings;
/// the row's tags as the provider wrote them are hashed with the row.
fn seed(item: &LineItem<'_>) -> u128 {
    let raw = &item.raw;
    let mut bytes = vec![VERSION];
    let period = item.period.to_string();
    for text in [
        item.provider.as_str(),
        &item.account_key,
        &period,
        raw.charge_category,
        raw.service_category,
        raw.service_name,
        raw.region,
        raw.commitment_term,
        item.currency.as_str(),
        raw.invoice_id.trim(),
        raw.invoice_issuer.trim(),
    ] {
        // With its length before it, so that `ab,c` and `a,bc` differ.
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    xxh3_128(&bytes)
}
