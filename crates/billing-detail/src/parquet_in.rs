//! Tables in Parquet files, as providers deliver them: only the columns that are read are unpacked, and each value
//! becomes the text that the same table has as CSV or JSON. Amounts typed `double` become their shortest decimal form.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, FieldRef, Fields, Schema, SchemaRef};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
            ParquetRecordBatchReaderBuilder,
        },
    },
    errors::ParquetError,
    file::{metadata::ParquetMetaData, reader::ChunkReader},
};

use crate::{cells::Texts, error::DetailError};

/// Rows that are unpacked at once.
const BATCH_ROWS: usize = 4096;
/// Bytes of a text that is long, on average over a row group.
const LONG_TEXT: i64 = 64 << 10;
/// Most bytes of long texts in a row group.
const LONG_TEXTS_MAX: i64 = 32 << 20;
/// Most columns, those within columns counted.
const COLUMNS_MAX: usize = 65_536;

/// A Parquet file whose headings are known.
pub(crate) struct ParquetTable<F: ChunkReader + 'static> {
    name: Arc<str>,
    builder: ParquetRecordBatchReaderBuilder<F>,
    columns: Vec<Column>,
}

/// A column of the table: one of the file, or a field within one that has fields.
#[derive(Clone, Debug)]
struct Column {
    /// Its names, with points between them.
    heading: String,
    /// Its place among the file's columns, then among the fields of each.
    path: Vec<usize>,
}

/// How the batches of a table are read.
pub(crate) struct ColumnPlan {
    /// The paths in a batch to the columns that are read, in their order.
    read: Vec<Vec<usize>>,
}

/// Rows of a Parquet file, unpacked but not yet texts.
pub(crate) struct Batch {
    plan: Arc<ColumnPlan>,
    rows: RecordBatch,
    /// The number of the first of them, from 1.
    first: u64,
}

impl<F: ChunkReader + 'static> ParquetTable<F> {
    /// Opens a file.
    pub(crate) fn open(name: &Arc<str>, file: F) -> Result<Self, DetailError> {
        let builder = guarded(name, || {
            // What a writer noted about its own types would make dates and texts others than the file has.
            let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            let plain = ArrowReaderMetadata::load(&file, options.clone())?;
            let schema = Schema::new(lent(plain.schema().fields()));
            let options = options.with_schema(Arc::new(schema));
            let metadata = ArrowReaderMetadata::try_new(plain.metadata().clone(), options)?;
            Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata))
        })?;
        let mut columns = Vec::new();
        name_columns(builder.schema().fields(), "", &[], &mut columns);
        if columns.len() > COLUMNS_MAX {
            let problem = "the file has more columns than any table; import the provider's export";
            return Err(DetailError::input(&**name, problem));
        }
        Ok(Self { name: name.clone(), builder, columns })
    }

    /// The names of its columns; those within a column with a point between the names.
    pub(crate) fn headings(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.heading.as_str()).collect()
    }

    /// Reads these of its columns, in this order, batch by batch.
    pub(crate) fn read(self, wanted: &[usize]) -> Result<Batches, DetailError> {
        let Self { name, builder, columns } = self;
        let wanted_columns = || wanted.iter().filter_map(|place| columns.get(*place));
        let mut roots: Vec<usize> = wanted_columns().map(|column| column.path[0]).collect();
        roots.sort_unstable();
        roots.dedup();
        let read = wanted_columns()
            .map(|column| {
                let mut path = column.path.clone();
                path[0] = roots.binary_search(&path[0]).unwrap_or_default();
                path
            })
            .collect();
        let plan = Arc::new(ColumnPlan { read });
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        check_sizes(&name, builder.metadata(), &mask)?;
        let reader = guarded(&name, || builder.with_projection(mask).with_batch_size(BATCH_ROWS).build())?;
        check_types(&name, &reader)?;
        Ok(Batches { name, reader, plan, next: 1 })
    }
}

/// The batches of a file, one after the other.
pub(crate) struct Batches {
    name: Arc<str>,
    reader: ParquetRecordBatchReader,
    plan: Arc<ColumnPlan>,
    next: u64,
}

impl Batches {
    /// The next batch.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, DetailError> {
        let (name, reader) = (&self.name, &mut self.reader);
        let rows = guarded(name, || reader.next().transpose().map_err(ParquetError::from))?;
        Ok(rows.map(|rows| {
            let first = self.next;
            self.next += rows.num_rows() as u64;
            Batch { plan: self.plan.clone(), rows, first }
        }))
    }
}

impl Batch {
    /// The texts of the columns that are read.
    pub(crate) fn texts(&self) -> Vec<Texts<'_>> {
        self.plan.read.iter().map(|path| Texts::at(&self.rows, path)).collect()
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// The number of a row in its file.
    pub(crate) fn line(&self, row: usize) -> u64 {
        self.first + row as u64
    }
}

/// The fields with texts as they lie in the file's pages: a text that repeats is then in memory once.
fn lent(fields: &Fields) -> Fields {
    let lent = |field: &FieldRef| {
        let kind = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Struct(fields) => DataType::Struct(self::lent(fields)),
            _ => return field.clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(kind))
    };
    fields.iter().map(lent).collect()
}

fn name_columns(fields: &Fields, before: &str, path: &[usize], columns: &mut Vec<Column>) {
    for (place, field) in fields.iter().enumerate() {
        let heading = match before {
            "" => field.name().clone(),
            before => format!("{before}.{}", field.name()),
        };
        let path = [path, &[place]].concat();
        match field.data_type() {
            DataType::Struct(fields) => name_columns(fields, &heading, &path, columns),
            _ => columns.push(Column { heading, path }),
        }
    }
}

/// Whether all columns that are read have types that a table of costs can have.
fn check_types(name: &Arc<str>, reader: &ParquetRecordBatchReader) -> Result<(), DetailError> {
    use arrow_array::RecordBatchReader as _;
    let schema: SchemaRef = reader.schema();
    match schema.fields().iter().find(|field| !crate::cells::can_be_read(field.data_type())) {
        None => Ok(()),
        Some(field) => {
            let (column, kind) = (field.name(), field.data_type());
            let problem = format!(
                "the column {column} is of a type that is not read ({kind}); export it as text or number"
            );
            Err(DetailError::input(&**name, problem))
        }
    }
}

/// Whether a row group can be read within bounded memory: pages of long texts are unpacked as a whole.
fn check_sizes(name: &Arc<str>, file: &ParquetMetaData, mask: &ProjectionMask) -> Result<(), DetailError> {
    for group in file.row_groups() {
        let rows = group.num_rows().max(1);
        let columns = group.columns().iter().enumerate().filter(|(place, _)| mask.leaf_included(*place));
        let sizes = columns.map(|(_, column)| column.uncompressed_size());
        let long: i64 = sizes.filter(|size| size / rows > LONG_TEXT).sum();
        if long > LONG_TEXTS_MAX {
            let problem = format!(
                "its rows have texts of more than {} KB and take {} MB together; import the provider's own export",
                LONG_TEXT >> 10,
                long >> 20
            );
            return Err(DetailError::input(&**name, problem));
        }
    }
    Ok(())
}

fn damaged(name: &Arc<str>, error: &dyn std::fmt::Display) -> DetailError {
    let error = error.to_string();
    let problem = match error.split_once("Disabled feature at compile time: ") {
        Some((_, packing)) => {
            format!(
                "the Parquet file is packed with {packing}, which is not read; export it with zstd, snappy or gzip"
            )
        }
        None => format!("the Parquet file is damaged ({error}); download it again"),
    };
    DetailError::input(&**name, problem)
}

thread_local! {
    /// Whether a panic of this thread is caught.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Makes a program's panic hook silent about panics that become an error of the file: the Parquet reader panics on some
/// damaged files. All others go to the hook that is there.
pub fn silence_caught_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        if !IS_GUARDED.get() {
            usual(told);
        }
    }));
}

/// Runs a step of the Parquet reader.
fn guarded<T>(name: &Arc<str>, step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, DetailError> {
    IS_GUARDED.set(true);
    let done = catch_unwind(AssertUnwindSafe(step));
    IS_GUARDED.set(false);
    match done {
        Ok(done) => done.map_err(|error| damaged(name, &error)),
        Err(_) => Err(damaged(name, &"it contradicts itself where its pages are described")),
    }
}
