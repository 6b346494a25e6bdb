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
use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    dictionary::Dictionary,
    harvest::{Harvest, InvoiceKey, OpenAccount, Position},
    parquet_out::KindNumber,
    tally::{Sum, SumTooLarge},
};

/// How many texts make a kind; its tags are one more.
const TEXTS: usize = 15;
/// Part of each digest: another number is needed when what is hashed below, or in `row_code`, changes.
const VERSION: u8 = 2;

type Key = [u32; TEXTS + 1];

/// The kinds of the rows since they were last forgotten.
pub(crate) struct Kinds {
    dictionaries: Vec<Dictionary>,
    places: HashMap<Key, usize>,
    kinds: Vec<Kind>,
    last: Option<(Key, usize)>,
    texts: HashSet<Arc<str>>,
    /// Whether the period is known for rows that have none.
    has_default_period: bool,
}

/// Rows that are one line item but for amounts, dates and resource.
pub(crate) struct Kind {
    /// The same for the detail.
    pub(crate) number: KindNumber,
    /// The hash of what they share.
    pub(crate) seed: u128,
    sum: Sum,
    digest: Digest,
    last_line: u64,
    bucket: usize,
    invoice: usize,
    total: usize,
    slice: (Provider, Period),
    account: (Provider, Arc<str>),
    account_name: String,
}

impl Kinds {
    /// No kinds yet.
    pub(crate) fn new(has_default_period: bool) -> Self {
        Self {
            dictionaries: (0..TEXTS).map(|_| Dictionary::default()).collect(),
            places: HashMap::new(),
            kinds: Vec::new(),
            last: None,
            texts: HashSet::new(),
            has_default_period,
        }
    }

    /// The key of a row; `tags` is the number of what billing reads from its tags.
    pub(crate) fn key(&mut self, raw: &RawLine<'_>, tags: u32) -> Key {
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
        let mut key = [tags; TEXTS + 1];
        for ((number, dictionary), text) in key.iter_mut().zip(&mut self.dictionaries).zip(texts) {
            *number = dictionary.number(text);
        }
        key
    }

    /// The place of a key's kind, if it was met before.
    pub(crate) fn find(&mut self, key: &Key) -> Option<usize> {
        if let Some((last, place)) = &self.last
            && last == key
        {
            return Some(*place);
        }
        let place = *self.places.get(key)?;
        self.last = Some((*key, place));
        Some(place)
    }

    /// A kind at a place.
    pub(crate) fn get(&self, place: usize) -> &Kind {
        &self.kinds[place]
    }

    /// Adds the kind of a row that was understood.
    pub(crate) fn add(
        &mut self,
        key: Key,
        item: &LineItem<'_>,
        at: Position,
        number: KindNumber,
        harvest: &mut Harvest,
    ) -> usize {
        let account = (item.provider.clone(), self.shared(&item.account_key));
        let seen = OpenAccount { id: (at, item.account_id.to_owned()), name: None };
        harvest.add_account(account.clone(), seen);
        let invoice = InvoiceKey {
            provider: item.provider.clone(),
            period: item.period,
            id: self.shared(item.raw.invoice_id.trim()),
            issuer: self.shared(item.raw.invoice_issuer.trim()),
            currency: item.currency.clone(),
        };
        let bucket = self.bucket_key(item);
        self.kinds.push(Kind {
            number,
            seed: seed(item),
            sum: Sum::default(),
            digest: Digest::default(),
            last_line: at.line,
            bucket: harvest.buckets.place(bucket),
            invoice: harvest.invoices.place(invoice),
            total: harvest.totals.place(item.currency.clone()),
            slice: (item.provider.clone(), item.period),
            account,
            account_name: item.account_name.to_owned(),
        });
        let place = self.kinds.len() - 1;
        self.places.insert(key, place);
        self.last = Some((key, place));
        place
    }

    /// Adds a row to its kind, and beside it to the total of its currency.
    pub(crate) fn count(
        &mut self,
        place: usize,
        line: u64,
        billed: Fixed,
        effective: Option<Fixed>,
        content: u128,
        harvest: &mut Harvest,
    ) -> Result<(), SumTooLarge> {
        let kind = &mut self.kinds[place];
        harvest.totals.sum(kind.total).add(billed, None)?;
        kind.sum.add(billed, effective)?;
        kind.digest.add(content);
        kind.last_line = line;
        Ok(())
    }

    /// Gives the sums of all kinds of a file to the harvest, and forgets the kinds. Tells the line where a sum became
    /// too large.
    pub(crate) fn yield_to(&mut self, harvest: &mut Harvest, file: usize) -> Result<(), u64> {
        for kind in self.kinds.drain(..).filter(|kind| kind.sum.rows > 0) {
            let too_large = |SumTooLarge| kind.last_line;
            harvest.buckets.sum(kind.bucket).add_all(&kind.sum).map_err(too_large)?;
            harvest.invoices.sum(kind.invoice).add_all(&kind.sum).map_err(too_large)?;
            harvest.add_slice(file, kind.slice, kind.sum.rows, kind.digest);
            if !kind.account_name.is_empty() {
                let at = Position { file, line: kind.last_line };
                let seen = OpenAccount {
                    id: (Position { file: usize::MAX, line: 0 }, String::new()),
                    name: Some((at, kind.account_name)),
                };
                harvest.add_account(kind.account, seen);
            }
        }
        self.places.clear();
        self.last = None;
        if self.texts.len() > 100_000 {
            self.texts.clear();
        }
        Ok(())
    }

    /// Whether there are so many texts that they should be forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.dictionaries.iter().any(Dictionary::is_full)
    }

    /// Forgets all texts; the kinds must have been given to the harvest.
    pub(crate) fn forget(&mut self) {
        self.dictionaries.iter_mut().for_each(Dictionary::forget);
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
/// the row's tags as the provider wrote them are hashed with the row. Invoice ids are no content: providers fill them in
/// later.
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
    ] {
        // With its length before it, so that `ab,c` and `a,bc` differ.
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    xxh3_128(&bytes)
}
