//! One pass over the files of an import: each row is understood, summed, hashed and written down, or rejected.

use std::collections::BTreeMap;

use billing_core::{
    Period,
    document::{Content, Digest, FileContent, Slice},
    flow::normalise::{Normaliser, RowProblem},
    ids::Provider,
    line_item::{LineItem, Row},
    ports::{RowReader, TableFormat},
    rejection::{Rejection, Remark, excerpt},
    tags::{TagNames, TagsError},
};

use crate::{
    accounts::Accounts,
    buckets::{Buckets, RowTotals, SumTooLarge},
    containers::{Meter, Source, each_table},
    csv::{Record, Records},
    error::DetailError,
    inputs::Input,
    parquet_out::{Part, Place},
    row_code::RowCode,
    store::{CompletedDetail, DetailWriter},
    table::{NoRow, find_headings, next_record},
};

/// Most remarks that are kept; more of the same kind tell nobody anything.
const REMARKS_MAX: usize = 1_000;
/// After how many rows progress is told.
const PROGRESS_ROWS: u64 = 16_384;

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
}

/// Reads all files of an import in one pass and within bounded memory.
///
/// Each row ends in exactly one place: a bucket or a rejection. Before this returns, the buckets are compared with
/// totals that were counted row by row beside them.
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
    let mut run = Run {
        normaliser: Normaliser::new(options.tag_names.clone(), options.default_period),
        options,
        part: Part::create(&writer.path(), 0)?,
        content: Content::default(),
        code: RowCode::default(),
        buckets: Buckets::default(),
        totals: RowTotals::default(),
        accounts: Accounts::default(),
        rows: 0,
    };
    for input in inputs {
        each_table(input, &mut |source| run.table(source))?;
    }
    let content = run.finish()?;
    Ok(Ingested { content, detail: writer.complete()? })
}

struct Run<'a> {
    options: IngestOptions<'a>,
    normaliser: Normaliser,
    part: Part,
    content: Content,
    code: RowCode,
    buckets: Buckets,
    totals: RowTotals,
    accounts: Accounts,
    rows: u64,
}

/// A file while it is read.
struct FileRun<'f> {
    name: &'f str,
    rows: u64,
    rejected: u64,
    slices: Slices,
}

impl Run<'_> {
    fn table(&mut self, source: Source<'_>) -> Result<(), DetailError> {
        let (name, bytes_max) = (source.name, self.options.record_bytes_max);
        let mut records = Records::new(source.text, bytes_max);
        let mut headings = find_headings(name, &mut records, &self.options, bytes_max)?;
        let mut file = FileRun { name, rows: 0, rejected: 0, slices: Slices::default() };
        while let Some(record) = next_record(name, &mut records, bytes_max)? {
            match headings.row_text(&record) {
                Ok(text) => self.row(&mut file, &mut *headings.reader, &record, text)?,
                Err(NoRow::Blank) => continue,
                Err(NoRow::Broken(text, reason)) => {
                    self.reject(&mut file, &record, whole_row(&text, reason))?;
                }
            }
            self.rows += 1;
            if self.rows.is_multiple_of(PROGRESS_ROWS) {
                self.tell(name, &source.meter);
            }
        }
        headings.reader.finish().map_err(|problem| DetailError::input(name, problem))?;
        self.tell(name, &source.meter);
        self.content.files.push(FileContent {
            name: name.to_owned(),
            rows: file.rows,
            rejected: file.rejected,
            slices: file.slices.finish(),
        });
        Ok(())
    }

    fn tell(&mut self, file: &str, meter: &Meter) {
        (self.options.progress)(Progress {
            file: file.to_owned(),
            bytes_read: meter.read(),
            bytes_total: meter.total,
            rows: self.rows,
        });
    }

    fn row(
        &mut self,
        file: &mut FileRun<'_>,
        reader: &mut dyn RowReader,
        record: &Record<'_>,
        text: &str,
    ) -> Result<(), DetailError> {
        let spans: Vec<(usize, usize)> = reader.columns().iter().map(|place| record.spans[*place]).collect();
        let raw = reader.read(Row::new(text, &spans));
        match self.normaliser.line_item(raw) {
            Ok((item, tags_error)) => {
                if let Some(error) = tags_error {
                    self.remark(file.name, record.line, reader, &item.raw.tags, &error);
                }
                self.take(file, record.line, &item)
            }
            Err(problem) => self.reject(file, record, with_heading(*problem, reader)),
        }
    }

    fn take(&mut self, file: &mut FileRun<'_>, line: u64, item: &LineItem<'_>) -> Result<(), DetailError> {
        let too_large = |SumTooLarge| {
            let problem = format!(
                "with this row the {} costs add up to more than can be counted; look for an amount that cannot be",
                item.currency
            );
            DetailError::at_line(file.name, line, problem)
        };
        self.code.encode(item);
        self.totals.add(item).map_err(too_large)?;
        let accounts = &mut self.accounts;
        let account = self.buckets.add(&self.code, item, || accounts.place(item)).map_err(too_large)?;
        self.accounts.name(account, item.account_name);
        let slice = file.slices.slice(item);
        slice.rows += 1;
        slice.digest.add(self.code.content_hash());
        file.rows += 1;
        self.part.add(item, Place { file: file.name, line, period: &slice.period_text })
    }

    fn reject(
        &mut self,
        file: &mut FileRun<'_>,
        record: &Record<'_>,
        rejected: Rejected,
    ) -> Result<(), DetailError> {
        file.rejected += 1;
        if self.content.rejections.len() >= self.options.rejections_max {
            let first = self.content.rejections.first();
            let (name, line, reason) = first
                .map_or((file.name, record.line, rejected.problem.reason.as_str()), |first| {
                    (first.file.as_str(), first.line, first.reason.as_str())
                });
            let problem = format!(
                "more than {} rows cannot be taken, this is the first: {reason}; check that the file is of this \
                 importer",
                self.options.rejections_max
            );
            return Err(DetailError::at_line(name, line, problem));
        }
        let Rejected { heading, problem } = rejected;
        self.content.rejections.push(Rejection {
            file: file.name.to_owned(),
            line: record.line,
            column: heading,
            text: excerpt(&problem.text),
            reason: problem.reason,
            provider: problem.provider,
            period: problem.period,
            currency: problem.currency,
            cost: problem.cost,
        });
        Ok(())
    }

    fn remark(&mut self, file: &str, line: u64, reader: &dyn RowReader, text: &str, error: &TagsError) {
        if self.content.remarks.len() < REMARKS_MAX {
            self.content.remarks.push(Remark {
                file: file.to_owned(),
                line,
                column: reader.heading("Tags"),
                text: excerpt(text),
                reason: error.to_string(),
            });
        }
    }

    fn finish(mut self) -> Result<Content, DetailError> {
        self.part.finish()?;
        self.content.buckets = self.buckets.finish();
        self.content.accounts = self.accounts.finish();
        self.content.totals = self.totals.finish();
        let bucket_rows: u64 = self.content.buckets.iter().map(|bucket| bucket.rows).sum();
        let rejected = self.content.rejections.len() as u64;
        if self.content.bucket_totals() != self.content.totals || bucket_rows + rejected != self.rows {
            let problem = format!(
                "{} rows with {} were read, but {bucket_rows} rows with {} are in buckets and {rejected} rejected",
                self.rows,
                self.content.totals,
                self.content.bucket_totals()
            );
            return Err(DetailError::Internal(problem));
        }
        Ok(self.content)
    }
}

/// A row's problem and the file's own heading of the column at fault.
struct Rejected {
    heading: String,
    problem: RowProblem,
}

fn with_heading(problem: RowProblem, reader: &dyn RowReader) -> Rejected {
    Rejected { heading: reader.heading(problem.column), problem }
}

/// A problem of the row as a whole, of which no column can be trusted.
fn whole_row(text: &str, reason: String) -> Rejected {
    let (text, column) = (text.to_owned(), "");
    let problem =
        RowProblem { column, text, reason, provider: None, period: None, currency: None, cost: None };
    Rejected { heading: String::new(), problem }
}

/// The digests of a file by provider and period.
#[derive(Default)]
struct Slices {
    places: BTreeMap<(Provider, Period), usize>,
    slices: Vec<OpenSlice>,
    /// The slice of the row before: rows of one slice mostly stand together.
    last: usize,
}

struct OpenSlice {
    provider: Provider,
    period: Period,
    period_text: String,
    rows: u64,
    digest: Digest,
}

impl Slices {
    fn slice(&mut self, item: &LineItem<'_>) -> &mut OpenSlice {
        let is_last = |slice: &OpenSlice| slice.period == item.period && slice.provider == item.provider;
        if !self.slices.get(self.last).is_some_and(is_last) {
            let slices = &mut self.slices;
            self.last = *self.places.entry((item.provider.clone(), item.period)).or_insert_with(|| {
                slices.push(OpenSlice {
                    provider: item.provider.clone(),
                    period: item.period,
                    period_text: item.period.to_string(),
                    rows: 0,
                    digest: Digest::default(),
                });
                slices.len() - 1
            });
        }
        &mut self.slices[self.last]
    }

    fn finish(self) -> Vec<Slice> {
        let mut slices: Vec<Slice> = self
            .slices
            .into_iter()
            .map(|open| Slice {
                provider: open.provider,
                period: open.period,
                rows: open.rows,
                digest: open.digest,
            })
            .collect();
        slices.sort();
        slices
    }
}
