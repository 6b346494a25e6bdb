//! Writes line items as Parquet, in batches, within bounded memory.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{Decimal128Builder, Int64Builder, StringBuilder},
};
use arrow_schema::Schema;
use billing_core::{Fixed, line_item::LineItem};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
    schema::types::ColumnPath,
};

use crate::{
    error::DetailError,
    schema::{self, COLUMNS, Kind, PRECISION, SCALE},
};

/// Rows of a row group at most.
const GROUP_ROWS: usize = 262_144;
/// Bytes of a row group, while it is in memory, at most.
const GROUP_BYTES: usize = 64 << 20;
/// Rows that are handed on at once.
const BATCH_ROWS: usize = 8_192;
/// Bytes of text that are handed on at once.
const BATCH_BYTES: usize = 8 << 20;

/// A Parquet file that is being written.
pub(crate) struct Part {
    path: PathBuf,
    writer: ArrowWriter<Disk>,
    failure: Failure,
    schema: Arc<Schema>,
    batch: Batch,
}

/// The rows that are not handed on yet, column by column.
#[derive(Default)]
struct Batch {
    texts: Vec<StringBuilder>,
    amounts: Vec<Decimal128Builder>,
    lines: Int64Builder,
    rows: usize,
    bytes: usize,
}

/// The first error of the disk: the Parquet writer passes on its text only.
type Failure = Arc<Mutex<Option<io::Error>>>;

struct Disk {
    file: BufWriter<File>,
    failure: Failure,
}

impl Disk {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let copy = io::Error::new(error.kind(), error.to_string());
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            copy
        })
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.note(flushed)
    }
}

/// Where a row stands in the files.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    /// The file's name.
    pub(crate) file: &'p str,
    /// The line on which the row starts.
    pub(crate) line: u64,
    /// The row's billing period as text.
    pub(crate) period: &'p str,
}

impl Part {
    /// Starts a file in an import's folder.
    pub(crate) fn create(folder: &Path, number: usize) -> Result<Self, DetailError> {
        let path = folder.join(format!("part-{number:05}.parquet"));
        let file = File::create_new(&path)
            .map_err(|error| DetailError::store_io(&path, "making the file", &error))?;
        Self::write_to(file, path)
    }

    fn write_to(file: File, path: PathBuf) -> Result<Self, DetailError> {
        let failure = Failure::default();
        let disk = Disk { file: BufWriter::with_capacity(1 << 20, file), failure: failure.clone() };
        let schema = schema::arrow();
        let level = ZstdLevel::try_new(1).map_err(|error| DetailError::Internal(error.to_string()))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by("cloud-billing".to_owned());
        for (name, kind) in COLUMNS {
            let column = ColumnPath::from(*name);
            properties = properties.set_column_dictionary_enabled(column, *kind == Kind::Shared);
        }
        let writer = ArrowWriter::try_new(disk, schema.clone(), Some(properties.build()));
        let writer = writer.map_err(|error| broken(&path, &failure, &error))?;
        Ok(Self { path, writer, failure, schema, batch: Batch::new() })
    }

    /// Adds a line item.
    pub(crate) fn add(&mut self, item: &LineItem<'_>, place: Place<'_>) -> Result<(), DetailError> {
        self.batch.add(item, place);
        if self.batch.rows >= BATCH_ROWS || self.batch.bytes >= BATCH_BYTES {
            self.hand_on()?;
        }
        Ok(())
    }

    fn hand_on(&mut self) -> Result<(), DetailError> {
        let columns = self.batch.take();
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| DetailError::Internal(error.to_string()))?;
        let mut written = self.writer.write(&batch);
        if written.is_ok() && self.writer.in_progress_size() >= GROUP_BYTES {
            written = self.writer.flush();
        }
        written.map_err(|error| broken(&self.path, &self.failure, &error))
    }

    /// Writes the rest and waits until the disk has it.
    pub(crate) fn finish(mut self) -> Result<(), DetailError> {
        if self.batch.rows > 0 {
            self.hand_on()?;
        }
        let disk = self.writer.into_inner().map_err(|error| broken(&self.path, &self.failure, &error))?;
        disk.file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|error| DetailError::store_io(&self.path, "writing the file", &error))
    }
}

fn broken(path: &Path, failure: &Failure, error: &ParquetError) -> DetailError {
    match &*failure.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => DetailError::store_io(path, "writing the file", error),
        None => DetailError::Internal(error.to_string()),
    }
}

impl Batch {
    fn new() -> Self {
        let mut batch = Self::default();
        for (_, kind) in COLUMNS {
            match kind {
                Kind::Shared | Kind::Text => batch.texts.push(StringBuilder::new()),
                Kind::Amount => {
                    // The precision is within Arrow's limits, so that this cannot fail.
                    let builder = Decimal128Builder::new().with_precision_and_scale(PRECISION, SCALE as i8);
                    batch.amounts.push(builder.unwrap_or_default());
                }
                Kind::Line => {}
            }
        }
        batch
    }

    fn add(&mut self, item: &LineItem<'_>, place: Place<'_>) {
        let raw = &item.raw;
        // In the order of `COLUMNS`; a test compares.
        let texts: [&str; 26] = [
            item.provider.as_str(),
            &item.account_key,
            item.account_name,
            place.period,
            raw.charge_period_start,
            raw.charge_period_end,
            raw.charge_category,
            raw.charge_description,
            raw.service_category,
            raw.service_name,
            raw.region,
            raw.commitment_term,
            item.currency.as_str(),
            &raw.billed_cost,
            &raw.list_cost,
            &raw.quantity,
            raw.unit,
            raw.resource_id,
            raw.resource_name,
            raw.sku,
            raw.invoice_id,
            &raw.tags,
            item.tags.cost_center.as_deref().unwrap_or(""),
            item.tags.component.as_deref().unwrap_or(""),
            item.tags.service.as_deref().unwrap_or(""),
            place.file,
        ];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.append_option((!text.is_empty()).then_some(text));
            self.bytes += text.len();
        }
        let amounts = [Some(item.billed_cost), item.effective_cost];
        for (column, amount) in self.amounts.iter_mut().zip(amounts) {
            column.append_option(amount.map(units));
        }
        self.lines.append_value(i64::try_from(place.line).unwrap_or(i64::MAX));
        self.rows += 1;
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut texts = self.texts.iter_mut();
        let mut amounts = self.amounts.iter_mut();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (_, kind) in COLUMNS {
            let column: Option<ArrayRef> = match kind {
                Kind::Shared | Kind::Text => texts.next().map(|column| Arc::new(column.finish()) as ArrayRef),
                Kind::Amount => amounts.next().map(|column| Arc::new(column.finish()) as ArrayRef),
                Kind::Line => Some(Arc::new(self.lines.finish())),
            };
            columns.extend(column);
        }
        (self.rows, self.bytes) = (0, 0);
        columns
    }
}

/// An amount in units of its last kept digit.
fn units(amount: Fixed) -> i128 {
    amount.words().0
}

#[cfg(test)]
mod tests {
    use billing_core::{flow::normalise::Normaliser, line_item::RawLine, tags::TagNames};

    use super::*;

    fn raw() -> RawLine<'static> {
        RawLine {
            provider_name: "AWS",
            sub_account_id: "123456789012",
            billing_period_start: "2026-10-01",
            billing_currency: "USD",
            billed_cost: "1".into(),
            ..RawLine::default()
        }
    }

    #[test]
    fn a_full_disk_is_one_sentence() {
        let file = File::options().write(true).open("/dev/full");
        let Ok(file) = file else {
            println!("skipped: needs /dev/full");
            return;
        };
        let mut part = Part::write_to(file, PathBuf::from("detail/part-00000.parquet")).unwrap();
        let (item, _) = Normaliser::new(TagNames::default(), None).line_item(raw()).unwrap();
        part.add(&item, Place { file: "a.csv", line: 2, period: "2026-10" }).unwrap();
        assert_eq!(
            part.finish().unwrap_err().to_string(),
            "detail/part-00000.parquet: the disk is full; nothing was imported: free some space and run the \
             import again"
        );
    }

    #[test]
    fn each_column_has_a_builder() {
        let mut batch = Batch::new();
        assert_eq!((batch.texts.len(), batch.amounts.len()), (26, 2));
        assert_eq!(batch.take().len(), COLUMNS.len());
    }
}
