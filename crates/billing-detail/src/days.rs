//! Compares the days of two documents row by row: which line items of the one stand in the other again.
//!
//! Reads only the columns that make a row what it is. Of the newer document the rows of the wanted accounts and periods
//! are kept as hashes; the older one streams past them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
};

use arrow_array::{Array, RecordBatch, cast::AsArray, types::Decimal128Type};
use billing_core::{
    Decimal, Period,
    flow::admit::{AccountPeriod, DayAgain},
    ids::Provider,
    money::{Cost, Currency},
};
use hashbrown::HashMap;
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::reader::ChunkReader,
};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    canonical::{Canonical, time},
    error::DetailError,
    lookup::{Part, damaged},
    schema::SCALE,
};

/// The texts of a row that are compared; the first ones say of which day of which account it is.
const TEXTS: [&str; 13] = [
    "ProviderName",
    "SubAccountId",
    "BillingPeriodStart",
    "BillingCurrency",
    "ChargePeriodStart",
    "ChargeCategory",
    "ChargeDescription",
    "ServiceName",
    "SkuId",
    "ResourceId",
    "PricingQuantity",
    "x_BilledCostText",
    "Tags",
];
const COST: &str = "BilledCost";

/// The day of a time: `2026-10-01` of `2026-10-01T00:00:00Z` and of `10/01/2026`.
fn day(start: &str) -> String {
    let start = time(start);
    start.get(..10).unwrap_or(&start).to_owned()
}

/// A row as far as it is compared.
struct Seen<'b> {
    texts: [&'b str; TEXTS.len()],
    /// In units of 18 digits after the point.
    cost: Option<i128>,
}

impl Seen<'_> {
    /// The same for rows that say the same, however they are written: another export of the same days may write times
    /// and numbers in another way.
    fn hash(&self) -> u128 {
        let mut bytes = [0; 16 * TEXTS.len()];
        for ((place, text), name) in bytes.chunks_exact_mut(16).zip(self.texts).zip(TEXTS) {
            let hash = match name {
                "ChargePeriodStart" => Canonical::Time.hash(text),
                "PricingQuantity" => Canonical::Number.hash(text),
                // Where it is missing, the decimal beside it is all of the number.
                "x_BilledCostText" if text.is_empty() => Canonical::Number.hash(&self.decimal().to_string()),
                "x_BilledCostText" => Canonical::Number.hash(text),
                _ => Canonical::Text.hash(text),
            };
            place.copy_from_slice(&hash.to_le_bytes());
        }
        xxh3_128(&bytes)
    }

    /// The billed cost as the column of decimals has it.
    fn decimal(&self) -> Decimal {
        Decimal::new(self.cost.unwrap_or_default(), SCALE.unsigned_abs())
    }

    /// The account, period, currency and day.
    fn of_day(&self) -> [String; 5] {
        let [provider, account, period, currency, start, ..] = self.texts;
        [provider.to_owned(), account.to_owned(), period.to_owned(), currency.to_owned(), day(start)]
    }
}

/// What was found of a day.
#[derive(Default)]
struct Found {
    known_rows: u64,
    rows: u64,
    cost: Decimal,
}

/// The days that have line items of `known` in `new` again.
pub(crate) fn again(
    known: &[Part],
    new: &[Part],
    of: &BTreeSet<AccountPeriod>,
) -> Result<Vec<DayAgain>, DetailError> {
    let wanted: BTreeSet<[String; 3]> = of
        .iter()
        .map(|(provider, account, period)| {
            [provider.as_str().to_owned(), account.clone(), period.to_string()]
        })
        .collect();
    let mut rows: HashMap<u128, u64> = HashMap::new();
    let mut days: BTreeMap<[String; 5], Found> = BTreeMap::new();
    each_row(new, &mut |row| {
        let of_day = row.of_day();
        if wanted.contains(&of_day[..3]) {
            *rows.entry(row.hash()).or_default() += 1;
            days.entry(of_day).or_default();
        }
    })?;
    each_row(known, &mut |row| {
        let Some(found) = days.get_mut(&row.of_day()) else { return };
        found.known_rows += 1;
        if let Some(left) = rows.get_mut(&row.hash()).filter(|left| **left > 0) {
            *left -= 1;
            found.rows += 1;
            found.cost = &found.cost + &row.decimal();
        }
    })?;
    Ok(days.into_iter().filter(|(_, found)| found.rows > 0).filter_map(told).collect())
}

/// The finding, where its texts can be read back.
fn told(([provider, _, period, currency, day], found): ([String; 5], Found)) -> Option<DayAgain> {
    Some(DayAgain {
        provider: Provider::named(&provider),
        period: period.parse::<Period>().ok()?,
        day,
        known_rows: found.known_rows,
        rows: found.rows,
        cost: Cost::new(found.cost, Currency::parse(&currency)?),
    })
}

fn each_row(parts: &[Part], look: &mut dyn FnMut(&Seen<'_>)) -> Result<(), DetailError> {
    for part in parts {
        match part {
            Part::Local(path) => {
                let file = File::open(path)
                    .map_err(|error| DetailError::store_io(path, "opening the file", &error))?;
                each_row_of(part, file, look)?;
            }
            Part::Remote(file) => each_row_of(part, file.clone(), look)?,
        }
    }
    Ok(())
}

fn each_row_of<F: ChunkReader + 'static>(
    part: &Part,
    file: F,
    look: &mut dyn FnMut(&Seen<'_>),
) -> Result<(), DetailError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(part, &error))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), TEXTS.into_iter().chain([COST]));
    let reader = builder.with_projection(mask).build().map_err(|error| damaged(part, &error))?;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(part, &error))?;
        rows_of(&batch, look).ok_or_else(|| damaged(part, &"a column is missing"))?;
    }
    Ok(())
}

fn rows_of(batch: &RecordBatch, look: &mut dyn FnMut(&Seen<'_>)) -> Option<()> {
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
        look(&Seen { texts, cost: costs.is_valid(row).then(|| costs.value(row)) });
    }
    Some(())
}
