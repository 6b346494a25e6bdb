//! Finds the provider's own line items again, for explaining an amount.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch,
    cast::AsArray,
    types::{Decimal128Type, Int64Type},
};
use arrow_schema::{ArrowError, DataType};
use billing_core::{Decimal, Period, bucket::BucketKey, ids::Provider, money::Currency};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter as ParquetFilter},
    },
    file::reader::ChunkReader,
};

use crate::{error::DetailError, remote::RemoteFile};

/// Which line items are wanted. What is `None` does not matter; a tag that is `Some(None)` must be absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowFilter {
    /// The provider.
    pub provider: Option<Provider>,
    /// The account id in the provider's normal form.
    pub account_key: Option<String>,
    /// The billing period.
    pub period: Option<Period>,
    /// FOCUS `ChargeCategory`.
    pub charge_category: Option<String>,
    /// FOCUS `ServiceCategory`.
    pub service_category: Option<String>,
    /// FOCUS `ServiceName`.
    pub service_name: Option<String>,
    /// FOCUS `RegionId`.
    pub region: Option<String>,
    /// The term of a reservation or commitment.
    pub commitment_term: Option<String>,
    /// The value of the cost-centre tag.
    pub cost_center_tag: Option<Option<String>>,
    /// The value of the component tag.
    pub component_tag: Option<Option<String>>,
    /// The value of the service tag.
    pub service_tag: Option<Option<String>>,
    /// The currency of the costs.
    pub currency: Option<Currency>,
}

impl RowFilter {
    /// The line items of a bucket, exactly.
    pub fn of_bucket(key: &BucketKey) -> Self {
        let tag = |tag: &Option<std::sync::Arc<str>>| Some(tag.as_deref().map(str::to_owned));
        Self {
            provider: Some(key.provider.clone()),
            account_key: Some(key.account_key.to_string()),
            period: Some(key.period),
            charge_category: Some(key.charge_category.to_string()),
            service_category: Some(key.service_category.to_string()),
            service_name: Some(key.service_name.to_string()),
            region: Some(key.region.to_string()),
            commitment_term: Some(key.commitment_term.to_string()),
            cost_center_tag: tag(&key.cost_center_tag),
            component_tag: tag(&key.component_tag),
            service_tag: tag(&key.service_tag),
            currency: Some(key.currency.clone()),
        }
    }

    /// The columns that matter and the text each must have; an absent text is an empty one.
    fn wanted(&self) -> Vec<(&'static str, String)> {
        let tag = |tag: &Option<Option<String>>| tag.as_ref().map(|tag| tag.clone().unwrap_or_default());
        [
            ("ProviderName", self.provider.as_ref().map(|provider| provider.as_str().to_owned())),
            ("SubAccountId", self.account_key.clone()),
            ("BillingPeriodStart", self.period.map(|period| period.to_string())),
            ("ChargeCategory", self.charge_category.clone()),
            ("ServiceCategory", self.service_category.clone()),
            ("ServiceName", self.service_name.clone()),
            ("RegionId", self.region.clone()),
            ("x_CommitmentTerm", self.commitment_term.clone()),
            ("x_CostCenterTag", tag(&self.cost_center_tag)),
            ("x_ComponentTag", tag(&self.component_tag)),
            ("x_ServiceTag", tag(&self.service_tag)),
            ("BillingCurrency", self.currency.as_ref().map(|currency| currency.as_str().to_owned())),
        ]
        .into_iter()
        .filter_map(|(column, text)| text.map(|text| (column, text)))
        .collect()
    }
}

/// A line item as it was imported: the FOCUS name and the text of each column, `x_File` and `x_Line` with them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DetailRow(pub Vec<(String, String)>);

impl DetailRow {
    /// The text of a column; empty where there is none.
    pub fn get(&self, column: &str) -> &str {
        self.0.iter().find(|(name, _)| name == column).map_or("", |(_, text)| text.as_str())
    }
}

/// A file of detail.
pub(crate) enum Part {
    Local(PathBuf),
    Remote(RemoteFile),
}

impl Part {
    fn place(&self) -> String {
        match self {
            Self::Local(path) => path.display().to_string(),
            Self::Remote(file) => file.address(),
        }
    }
}

/// The files of a folder of this machine.
pub(crate) fn local_parts(folder: &Path) -> Result<Vec<Part>, DetailError> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>()
    });
    let mut parts = entries.map_err(|error| DetailError::store_io(folder, "listing the folder", &error))?;
    parts.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    parts.sort();
    Ok(parts.into_iter().map(Part::Local).collect())
}

/// The rows of these files that fit, at most `limit`.
pub(crate) fn rows(parts: &[Part], filter: &RowFilter, limit: usize) -> Result<Vec<DetailRow>, DetailError> {
    let wanted = filter.wanted();
    let mut found = Vec::new();
    for part in parts {
        match part {
            Part::Local(path) => {
                let file = File::open(path)
                    .map_err(|error| DetailError::store_io(path, "opening the file", &error))?;
                read_part(part, file, &wanted, limit, &mut found)?;
            }
            Part::Remote(file) => read_part(part, file.clone(), &wanted, limit, &mut found)?,
        }
    }
    // Each part has its rows in order; the parts were written beside each other.
    found.sort_by_cached_key(|row| (row.get("x_File").to_owned(), row.get("x_Line").parse().unwrap_or(0u64)));
    found.truncate(limit);
    Ok(found)
}

/// That a file of detail cannot be read.
pub(crate) fn damaged(part: &Part, error: &dyn std::fmt::Display) -> DetailError {
    let problem = format!("the detail is damaged ({error}); restore the file from the backup");
    DetailError::store(part.place(), problem)
}

fn read_part<F: ChunkReader + 'static>(
    part: &Part,
    file: F,
    wanted: &[(&'static str, String)],
    limit: usize,
    found: &mut Vec<DetailRow>,
) -> Result<(), DetailError> {
    let damaged = |error: &dyn std::fmt::Display| damaged(part, error);
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    let builder = only(builder, wanted);
    let reader = builder.with_limit(limit).build().map_err(|error| damaged(&error))?;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        found.extend((0..batch.num_rows()).map(|row| detail_row(&batch, row)));
    }
    Ok(())
}

/// Has only rows with the wanted texts read: of the others no more than the columns of these texts.
pub(crate) fn only<F: ChunkReader + 'static>(
    builder: ParquetRecordBatchReaderBuilder<F>,
    wanted: &[(&'static str, String)],
) -> ParquetRecordBatchReaderBuilder<F> {
    if wanted.is_empty() {
        return builder;
    }
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted.iter().map(|(column, _)| *column));
    let wanted = wanted.to_vec();
    let predicate = ArrowPredicateFn::new(mask, move |batch| matches(&batch, &wanted));
    builder.with_row_filter(ParquetFilter::new(vec![Box::new(predicate)]))
}

/// Which rows have the wanted texts.
fn matches(batch: &RecordBatch, wanted: &[(&'static str, String)]) -> Result<BooleanArray, ArrowError> {
    let mut fits = vec![true; batch.num_rows()];
    for (column, text) in wanted {
        let values = batch
            .column_by_name(column)
            .and_then(|values| values.as_string_opt::<i32>())
            .ok_or_else(|| ArrowError::SchemaError(format!("the column {column} is missing")))?;
        for (fits, value) in fits.iter_mut().zip(values.iter()) {
            *fits &= value.unwrap_or("") == text;
        }
    }
    Ok(BooleanArray::from(fits))
}

fn detail_row(batch: &RecordBatch, row: usize) -> DetailRow {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let mut row =
        DetailRow(columns.map(|(field, values)| (field.name().clone(), cell(values, row))).collect());
    // The text is kept only where it is not what the decimal shows.
    let billed = row.get("BilledCost").to_owned();
    for (_, text) in row.0.iter_mut().filter(|(name, text)| name == "x_BilledCostText" && text.is_empty()) {
        text.clone_from(&billed);
    }
    row
}

/// A value as text.
fn cell(values: &ArrayRef, row: usize) -> String {
    if values.is_null(row) {
        return String::new();
    }
    match values.data_type() {
        DataType::Decimal128(_, scale) => {
            let units = values.as_primitive::<Decimal128Type>().value(row);
            Decimal::new(units, u32::from(scale.unsigned_abs())).to_string()
        }
        DataType::Int64 => values.as_primitive::<Int64Type>().value(row).to_string(),
        _ => values.as_string_opt::<i32>().map_or(String::new(), |texts| texts.value(row).to_owned()),
    }
}
