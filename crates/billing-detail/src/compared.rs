//! Line items of the detail as far as they are compared with each other: what makes a row what it is, read back from the
//! columns and hashed so that the same row of another export is the same.

use std::{borrow::Cow, fs::File};

use arrow_array::{Array, RecordBatch, cast::AsArray, types::Decimal128Type};
use billing_core::{Fixed, tags};
use hashbrown::HashMap;
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::reader::ChunkReader,
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

use crate::{
    canonical::{Canonical, bytes, day},
    error::DetailError,
    lookup::{Part, damaged, only},
};

/// The texts of a row that are compared; the first ones say of which day of which account it is.
const TEXTS: [&str; 14] = [
    "ProviderName",
    "SubAccountId",
    "BillingPeriodStart",
    "BillingCurrency",
    "ChargePeriodStart",
    "ChargeCategory",
    "ServiceName",
    "SkuId",
    "RegionId",
    "Tags",
    "ResourceId",
    "ChargeDescription",
    "PricingQuantity",
    "x_BilledCostText",
];
/// How many of them say what a row is of, whatever tags and resource it has and however it is described.
const OF_CHARGE: usize = 9;
/// The places of some of them.
const PERIOD: usize = 2;
const CURRENCY: usize = 3;
const START: usize = 4;
const TAGS: usize = 9;
const RESOURCE: usize = 10;
const COST_TEXT: usize = 13;
const COST: &str = "BilledCost";
const FILE: &str = "x_File";

/// Most texts of tags whose hash is remembered.
const REMEMBERED_MAX: usize = 16_384;

/// Line items of some parts: of all of them, or those of one file.
#[derive(Clone, Copy)]
pub(crate) struct LineItems<'p> {
    /// Where they are.
    pub(crate) parts: &'p [Part],
    /// The only file whose line items are meant.
    pub(crate) file: Option<&'p str>,
}

/// A row as far as it is compared.
pub(crate) struct Compared<'b> {
    texts: [&'b str; TEXTS.len()],
    hashes: [u128; TEXTS.len()],
    /// Its exact billed cost.
    pub(crate) cost: Fixed,
}

impl Compared<'_> {
    /// A row of these first texts.
    #[cfg(test)]
    pub(crate) fn of_texts<'t>(first: &[&'t str], cost: Fixed) -> Compared<'t> {
        let mut texts = [""; TEXTS.len()];
        texts[..first.len()].copy_from_slice(first);
        Compared { texts, hashes: texts.map(|text| Canonical::Text.hash(text)), cost }
    }

    /// The same for rows that say the same, however they are written: another export of the same days may write times,
    /// numbers, tags and the case of resources in another way. The billing period does not count: where the format has none,
    /// it is what somebody said.
    pub(crate) fn hash(&self) -> u128 {
        let mut hashes = self.hashes;
        hashes[PERIOD] = 0;
        xxh3_128(bytes_of(&hashes).as_flattened())
    }

    /// The same for rows of one account and day.
    pub(crate) fn account_day(&self) -> u64 {
        let account = bytes_of(&self.hashes);
        xxh3_64_with_seed(self.day().as_bytes(), xxh3_64(account[..START].as_flattened()))
    }

    /// The same for rows of one charge: of an account, a time, a service, an SKU and a region.
    pub(crate) fn charge(&self) -> u64 {
        xxh3_64(bytes_of(&self.hashes)[..OF_CHARGE].as_flattened())
    }

    /// The hashes of its tags and its resource; nothing where it has none.
    pub(crate) fn names(&self) -> [Option<u64>; 2] {
        [TAGS, RESOURCE].map(|place| (!self.texts[place].is_empty()).then_some(self.hashes[place] as u64))
    }

    /// The provider, account, period and currency.
    pub(crate) fn of(&self) -> [&str; 4] {
        let [provider, account, period, currency, ..] = self.texts;
        [provider, account, period, currency]
    }

    /// The currency of its cost.
    pub(crate) fn currency(&self) -> &str {
        self.texts[CURRENCY]
    }

    /// The day of its time.
    pub(crate) fn day(&self) -> Cow<'_, str> {
        day(self.texts[START])
    }
}

fn bytes_of(hashes: &[u128; TEXTS.len()]) -> [[u8; 16]; TEXTS.len()] {
    hashes.map(u128::to_le_bytes)
}

/// Shows each of these line items.
pub(crate) fn each(items: LineItems<'_>, look: &mut dyn FnMut(&Compared<'_>)) -> Result<(), DetailError> {
    let mut reading = Reading { file: items.file, tags: HashMap::new(), look };
    for part in items.parts {
        match part {
            Part::Local(path) => {
                let file = File::open(path)
                    .map_err(|error| DetailError::store_io(path, "opening the file", &error))?;
                reading.part(part, file)?;
            }
            Part::Remote(file) => reading.part(part, file.clone())?,
        }
    }
    Ok(())
}

struct Reading<'r> {
    file: Option<&'r str>,
    /// The hashes of tags, which take longest to make.
    tags: HashMap<String, u128>,
    look: &'r mut dyn FnMut(&Compared<'_>),
}

impl Reading<'_> {
    fn part<F: ChunkReader + 'static>(&mut self, part: &Part, file: F) -> Result<(), DetailError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(part, &error))?;
        let wanted: Vec<_> = self.file.iter().map(|file| (FILE, (*file).to_owned())).collect();
        let builder = only(builder, &wanted);
        let mask = ProjectionMask::columns(builder.parquet_schema(), TEXTS.into_iter().chain([COST]));
        let reader = builder.with_projection(mask).build().map_err(|error| damaged(part, &error))?;
        for batch in reader {
            let batch = batch.map_err(|error| damaged(part, &error))?;
            self.batch(&batch).ok_or_else(|| damaged(part, &"a column is missing"))?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Option<()> {
        let mut columns = Vec::with_capacity(TEXTS.len());
        for name in TEXTS {
            columns.push(batch.column_by_name(name)?.as_string_opt::<i32>()?);
        }
        let costs = batch.column_by_name(COST)?.as_primitive_opt::<Decimal128Type>()?;
        for row in 0..batch.num_rows() {
            let mut texts = [""; TEXTS.len()];
            for (text, column) in texts.iter_mut().zip(&columns) {
                *text = if column.is_null(row) { "" } else { column.value(row) };
            }
            let cost = if costs.is_valid(row) { costs.value(row) } else { 0 };
            // The text is there where the decimal is not all of the number.
            let cost = Fixed::parse(texts[COST_TEXT].as_bytes()).unwrap_or(Fixed::of_units(cost));
            let mut hashes = [0; TEXTS.len()];
            for ((hash, text), name) in hashes.iter_mut().zip(texts).zip(TEXTS) {
                *hash = self.hash(name, text, cost);
            }
            (self.look)(&Compared { texts, hashes, cost });
        }
        Some(())
    }

    fn hash(&mut self, name: &str, text: &str, cost: Fixed) -> u128 {
        match name {
            "ChargePeriodStart" => Canonical::Time.hash(text),
            "PricingQuantity" => Canonical::Number.hash(text),
            // Where it is missing, the decimal beside it is all of the number.
            "x_BilledCostText" if text.is_empty() => xxh3_128(&bytes(cost)),
            "x_BilledCostText" => Canonical::Number.hash(text),
            "Tags" if !text.is_empty() => self.hash_of_tags(text),
            "ResourceId" => Canonical::Text.hash(&text.to_ascii_lowercase()),
            _ => Canonical::Text.hash(text),
        }
    }

    fn hash_of_tags(&mut self, text: &str) -> u128 {
        if let Some(known) = self.tags.get(text) {
            return *known;
        }
        let hash = Canonical::Text.hash(&tags::comparable(text));
        if self.tags.len() < REMEMBERED_MAX {
            self.tags.insert(text.to_owned(), hash);
        }
        hash
    }
}
