//! One pass over the files of an import: each row is understood, summed, hashed and written down, or rejected.

use std::{
    io::{BufRead, Cursor, Read},
    mem,
    sync::{Arc, Mutex},
    thread,
};

use billing_core::{
    Period,
    document::Content,
    ports::{RowReader, TableFormat},
    rejection::Rejection,
    tags::TagNames,
};
use parquet::file::reader::ChunkReader;

use crate::{
    blocks::{Blocks, Cut},
    containers::{Form, Meter, Source, each_table, read_error},
    csv::{Record, RecordError, Records},
    cutout::Cutout,
    error::DetailError,
    harvest::{Harvest, Position},
    inputs::Input,
    json::{self, FieldsError, JsonError, Objects, Pages},
    parquet_in::ParquetTable,
    store::{CompletedDetail, DetailWriter},
    table::{Headings, find_headings, next_record, record_error},
    workers::{Piece, Plan, Shared, Table, Workers, lock},
};

/// Bytes of records that are handed on at once, where they are cut one by one.
const CUTOUT_BYTES: usize = 1 << 20;

/// How to read the files of an import.
pub struct IngestOptions<'a> {
    /// The provider's table.
    pub format: &'a dyn TableFormat,
    /// The tags that billing reads.
    pub tag_names: TagNames,
    /// The period of rows whose format has none.
    pub default_period: Option<Period>,
    /// More rejected rows than this, and the files are refused: they are of another kind. 100,000 is usual.
    pub rejections_max: usize,
    /// The longest row, in bytes. 16 MiB is usual.
    pub record_bytes_max: usize,
    /// Is told how far the reading has come.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// How far the reading has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The file that is being read.
    pub file: String,
    /// Bytes read of it, as it lies on the disk.
    pub bytes_read: u64,
    /// Its size, where that is known.
    pub bytes_total: Option<u64>,
    /// Rows read so far, of all files, taken and rejected.
    pub rows: u64,
}

/// What the files brought.
#[derive(Debug)]
pub struct Ingested {
    /// Sums, rejections and digests, for the ledger.
    pub content: Content,
    /// The line items, complete on the disk.
    pub detail: CompletedDetail,
    /// What was left out of archives, because it is no part of a bill by its name.
    pub left_out: Vec<String>,
    /// Pairs of files that may have the same line items: worth comparing by [`crate::DetailStore::file_again`].
    pub suspects: Vec<(String, String)>,
    /// Whether there are rows whose period is not told by their format, but by whoever imports them or by their date.
    pub has_assigned_periods: bool,
}

/// Reads all files of an import in one pass and within bounded memory.
///
/// This thread reads and cuts the files; as many others as there are processors read rows. Each row ends in exactly one
/// place: a bucket or a rejection. Before this returns, the buckets are compared with totals that were counted row by row
/// beside them.
///
/// # Errors
/// When a file cannot be read to its end, is no table of this format, or the detail cannot be written. Then nothing is
/// left behind.
pub fn ingest(
    inputs: &[Input],
    options: IngestOptions<'_>,
    writer: DetailWriter,
) -> Result<Ingested, DetailError> {
    if inputs.is_empty() {
        return Err(DetailError::input("import", "no file is given; name one"));
    }
    let (folder, tag_names) = (writer.path(), options.tag_names.clone());
    let rejections_max = options.rejections_max;
    let plan = Plan {
        folder: &folder,
        tag_names: &tag_names,
        default_period: options.default_period,
        rejections_max,
    };
    let (shared, mut left_out) = (Shared::default(), Vec::new());
    let (mut harvest, names) = thread::scope(|scope| {
        let workers = Workers::start(scope, plan, &shared);
        let mut run =
            Run { options, shared: &shared, workers, tables: Vec::new(), progress: None, has_more: false };
        let mut read_one = |input: &Input| {
            each_table(input, &mut left_out, &mut |source| {
                run.has_more = inputs.len() > 1 || source.name != input.name();
                run.table(source)
            })
        };
        let read = inputs.iter().try_for_each(&mut read_one);
        run.finish(read)
    })?;
    let has_assigned_periods = harvest.has_assigned_periods;
    let suspects = mem::take(&mut harvest.suspects).pairs();
    let suspects =
        suspects.into_iter().map(|(one, other)| (names[one].to_string(), names[other].to_string()));
    let (suspects, content) = (suspects.collect(), harvest.into_content(&names)?);
    Ok(Ingested { content, detail: writer.complete()?, left_out, suspects, has_assigned_periods })
}

struct Run<'a, 'scope> {
    options: IngestOptions<'a>,
    shared: &'scope Shared,
    workers: Workers<'scope>,
    tables: Vec<OpenTable>,
    /// What was told last.
    progress: Option<Progress>,
    /// Whether the table that is opened next is one of several, as those of an archive may be.
    has_more: bool,
}

/// A table that is read, or was.
struct OpenTable {
    table: Arc<Table>,
    /// Whether it was read to its end.
    is_complete: bool,
    /// The pages of a list that it has.
    pages: Pages,
}

/// Refuses a list whose last page is not among the files.
fn check_pages(tables: &[OpenTable]) -> Result<(), DetailError> {
    let unfinished = |open: &OpenTable| Some((open.table.name.clone(), open.pages.unfinished?));
    match tables.iter().find_map(unfinished) {
        Some((name, line)) if !tables.iter().any(|open| open.pages.last) => {
            let problem = "this is the first page of a longer list, as its nextLink or NextToken says, and the last page is \
                           not among the files; save the other pages too, and import all of them together";
            Err(DetailError::at_line(&name, line, problem))
        }
        _ => Ok(()),
    }
}

impl Run<'_, '_> {
    fn table(&mut self, source: Source<'_>) -> Result<(), DetailError> {
        let (name, meter): (Arc<str>, Meter) = (source.name.into(), source.meter);
        match source.content {
            Form::Csv(text) => self.csv(name, text, &meter),
            Form::Json(text) => self.json(&name, text, &meter),
            Form::ParquetFile(file) => self.parquet(ParquetTable::open(&name, file)?, &name, &meter),
            Form::ParquetBytes(bytes) => self.parquet(ParquetTable::open(&name, bytes)?, &name, &meter),
        }
    }

    /// A table in comma-separated text.
    fn csv(&mut self, name: Arc<str>, text: impl BufRead, meter: &Meter) -> Result<(), DetailError> {
        let bytes_max = self.options.record_bytes_max;
        let mut records = Records::new(text, bytes_max);
        let (headings, reader) =
            find_headings(&name, &mut records, self.options.format, &self.options.tag_names, bytes_max)?;
        let (text, line) = records.rest().map_err(|error| record_error(&name, error, bytes_max))?;
        let table = self.open(name, headings, reader);
        let is_complete = self.blocks(&table, text, line, meter)?;
        self.tables[table.number].is_complete = is_complete;
        Ok(())
    }

    fn reader(&self, headings: &Headings, name: &str) -> Result<Box<dyn RowReader>, DetailError> {
        headings.reader(name, self.options.format, &self.options.tag_names)
    }

    fn open(&mut self, name: Arc<str>, headings: Headings, reader: Box<dyn RowReader>) -> Arc<Table> {
        let layout = headings.layout(reader.columns(), self.options.record_bytes_max);
        let number = self.tables.len();
        let is_one_of_several = self.has_more;
        let reader = Mutex::new(reader);
        let table = Arc::new(Table { number, name, is_one_of_several, headings, reader, layout });
        self.tables.push(OpenTable { table: table.clone(), is_complete: false, pages: Pages::default() });
        table
    }

    /// A table in JSON: each row names its fields.
    fn json(&mut self, name: &Arc<str>, text: impl BufRead, meter: &Meter) -> Result<(), DetailError> {
        let (paths, bytes_max) = (self.options.format.json_fields(), self.options.record_bytes_max);
        if paths.is_empty() {
            let problem = "this is JSON, which this importer does not read; import the provider's CSV export";
            return Err(DetailError::input(&**name, problem));
        }
        let headings = Headings::of_names(paths);
        let reader = self.reader(&headings, name)?;
        let table = self.open(name.clone(), headings, reader);
        let mut objects = Objects::new(text, bytes_max);
        let (mut cutout, mut bytes, mut spans) = (Cutout::default(), Vec::new(), Vec::new());
        while let Some((line, object)) = objects.next().map_err(|error| json_error(name, error, bytes_max))? {
            bytes.clear();
            spans.clear();
            let is_malformed = match json::fields(object, paths, &mut bytes, &mut spans) {
                Ok(()) => false,
                Err(FieldsError::NotJson) => {
                    return Err(json_error(name, JsonError::NotJson(line), bytes_max));
                }
                Err(FieldsError::Rejected(why)) => {
                    Headings::broken_row(object, why, &mut bytes, &mut spans);
                    true
                }
            };
            cutout.push(&Record { line, bytes: &bytes, spans: &spans, is_malformed });
            if cutout.size() >= CUTOUT_BYTES {
                if self.is_stopped() {
                    return Ok(());
                }
                self.workers.hand(&table, Piece::Records(mem::take(&mut cutout)));
                self.tell(name, meter);
            }
        }
        self.workers.hand(&table, Piece::Records(cutout));
        self.tables[table.number].is_complete = true;
        self.tables[table.number].pages = objects.pages();
        Ok(())
    }

    /// A table in Parquet.
    fn parquet<F: ChunkReader + 'static>(
        &mut self,
        file: ParquetTable<F>,
        name: &Arc<str>,
        meter: &Meter,
    ) -> Result<(), DetailError> {
        let all = file.headings();
        let wanted = self.reader(&Headings::of_names(&all), name)?.columns().to_vec();
        // The rows have these columns and no others.
        let names: Vec<&str> = wanted.iter().filter_map(|place| all.get(*place).copied()).collect();
        let headings = Headings::of_names(&names);
        let reader = self.reader(&headings, name)?;
        let mut batches = file.read(&wanted)?;
        let table = self.open(name.clone(), headings, reader);
        while let Some(batch) = batches.next()? {
            if self.is_stopped() {
                return Ok(());
            }
            self.workers.hand(&table, Piece::Batch(batch));
            self.tell(name, meter);
        }
        self.tables[table.number].is_complete = true;
        Ok(())
    }

    /// Hands on a text in blocks; false when the rest of it is of no interest.
    fn blocks(
        &mut self,
        table: &Arc<Table>,
        text: impl BufRead,
        line: u64,
        meter: &Meter,
    ) -> Result<bool, DetailError> {
        let bytes_max = self.options.record_bytes_max;
        let mut blocks = Blocks::new(text, line, bytes_max);
        loop {
            if self.is_stopped() {
                return Ok(false);
            }
            self.tell(&table.name, meter);
            let cut = blocks.next(self.workers.spare_block());
            match cut.map_err(|error| read_error(&table.name, blocks.line(), &error))? {
                Cut::Block(block) => self.workers.hand(table, Piece::Block(block)),
                Cut::Odd(bytes) => {
                    let line = blocks.line();
                    let rest = Cursor::new(bytes).chain(blocks.into_input());
                    return self.records(table, Records::resume(rest, line, bytes_max), meter);
                }
                Cut::End => return Ok(true),
            }
        }
    }

    /// Hands on a text record by record, because it cannot be cut into blocks.
    fn records(
        &mut self,
        table: &Arc<Table>,
        mut records: Records<impl BufRead>,
        meter: &Meter,
    ) -> Result<bool, DetailError> {
        let bytes_max = self.options.record_bytes_max;
        let mut cutout = Cutout::default();
        while let Some(record) = next_record(&table.name, &mut records, bytes_max)? {
            cutout.push(&record);
            if cutout.size() >= CUTOUT_BYTES {
                if self.is_stopped() {
                    return Ok(false);
                }
                self.workers.hand(table, Piece::Records(mem::take(&mut cutout)));
                self.tell(&table.name, meter);
            }
        }
        self.workers.hand(table, Piece::Records(cutout));
        Ok(true)
    }

    /// Whether reading on is of no use.
    fn is_stopped(&self) -> bool {
        self.shared.has_failed() || self.shared.rejected() > self.options.rejections_max
    }

    fn tell(&mut self, file: &str, meter: &Meter) {
        let progress = Progress {
            file: file.to_owned(),
            bytes_read: meter.read(),
            bytes_total: meter.total,
            rows: self.shared.rows(),
        };
        (self.options.progress)(progress.clone());
        self.progress = Some(progress);
    }

    /// Waits for the workers and puts together what they read, with the names of the files. `read` is how the reading of the files ended.
    fn finish(self, read: Result<(), DetailError>) -> Result<(Harvest, Vec<Arc<str>>), DetailError> {
        let harvest = self.workers.finish()?;
        if let Some(last) = self.progress {
            (self.options.progress)(Progress { rows: self.shared.rows(), ..last });
        }
        too_many_rejections(&harvest, self.options.rejections_max)?;
        // Of all errors the first one in the order of the files counts.
        let mut failure = self.shared.failure();
        for OpenTable { table, is_complete, .. } in &self.tables {
            if let Some((_, error)) = failure.take_if(|(file, _)| *file == table.number) {
                return Err(error);
            }
            if *is_complete {
                let finished = lock(&table.reader).finish();
                finished.map_err(|problem| DetailError::input(&*table.name, problem))?;
            }
        }
        read?;
        check_pages(&self.tables)?;
        let names: Vec<Arc<str>> = self.tables.iter().map(|open| open.table.name.clone()).collect();
        Ok((harvest, names))
    }
}

fn json_error(file: &str, error: JsonError, bytes_max: usize) -> DetailError {
    match error {
        JsonError::Io(line, error) => read_error(file, line, &error),
        JsonError::TooLong(line) => record_error(file, RecordError::TooLong(line), bytes_max),
        JsonError::Unfinished(line) => {
            DetailError::at_line(file, line, "the JSON that starts here has no end; download the file again")
        }
        JsonError::NoRow(line) => {
            let problem = "something stands here between the rows that is no row, which is an object in braces; \
                           import the file as the provider delivers it";
            DetailError::at_line(file, line, problem)
        }
        JsonError::NotJson(line) => {
            let problem = "this is no JSON, or no list of rows; import the file as the provider delivers it";
            DetailError::at_line(file, line, problem)
        }
    }
}

fn too_many_rejections(harvest: &Harvest, rejections_max: usize) -> Result<(), DetailError> {
    let first: Option<&(Position, Rejection)> = harvest.rejections.iter().min_by_key(|(at, _)| *at);
    match first {
        Some((_, first)) if harvest.rejections.len() > rejections_max => {
            let problem = format!(
                "more than {rejections_max} rows cannot be taken, this is the first: {}; check that the file is of \
                 this importer",
                first.reason
            );
            Err(DetailError::at_line(&first.file, first.line, problem))
        }
        _ => Ok(()),
    }
}
