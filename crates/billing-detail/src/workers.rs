//! Threads that read blocks of a table beside each other, and the order that comes out of it all the same.
//!
//! There are as many as processors, and the one that cuts the blocks is one of them: where the others have enough to do,
//! it reads a block itself. One thread more would take turns with them.
//!
//! Pieces are numbered as they are cut. Which thread reads which piece does not matter for what is brought in (see
//! `harvest`); of several errors the one counts that stands first in the files.

use std::{
    num::NonZero,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread::{self, Scope, ScopedJoinHandle},
};

use billing_core::{Period, ports::RowReader, tags::TagNames};

use crate::{
    blocks::Block,
    csv::{Record, Records},
    cutout::Cutout,
    dictionary::TOGETHER,
    error::DetailError,
    fields::{Fields, Layout},
    harvest::Harvest,
    parquet_in::Batch,
    row::{FileOf, Rows},
    table::{Headings, record_error},
};

/// A table whose rows are being read.
pub(crate) struct Table {
    /// The number of its file in the import.
    pub(crate) number: usize,
    /// The name of its file.
    pub(crate) name: Arc<str>,
    /// Whether others are imported with it.
    pub(crate) is_one_of_several: bool,
    /// Its headings.
    pub(crate) headings: Headings,
    /// What reads its rows. Workers fork it.
    pub(crate) reader: Mutex<Box<dyn RowReader>>,
    /// Where its fields are.
    pub(crate) layout: Layout,
}

/// Something to read.
pub(crate) enum Piece {
    /// Plain text.
    Block(Block),
    /// Records that were cut one by one.
    Records(Cutout),
    /// Rows of a Parquet file.
    Batch(Batch),
}

/// What a worker is given.
struct Job {
    /// Its place in the order of all.
    number: u64,
    table: Arc<Table>,
    piece: Piece,
}

/// What must be known to take rows.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'p> {
    /// Where the detail goes.
    pub(crate) folder: &'p Path,
    /// The tags that billing reads.
    pub(crate) tag_names: &'p TagNames,
    /// The period of rows that have none.
    pub(crate) default_period: Option<Period>,
    /// Most rejected rows.
    pub(crate) rejections_max: usize,
}

/// What the workers share.
#[derive(Default)]
pub(crate) struct Shared {
    /// The number of the next part file.
    parts: AtomicUsize,
    rows: AtomicU64,
    rejected: AtomicUsize,
    /// The first piece that cannot be taken, counted from 1, and why; 0 while there is none.
    failed: AtomicU64,
    /// With the number of its file.
    failure: Mutex<Option<(usize, DetailError)>>,
}

/// The workers.
pub(crate) struct Workers<'scope> {
    jobs: Option<SyncSender<Job>>,
    queue: Arc<Mutex<Receiver<Job>>>,
    blocks: Receiver<Block>,
    /// What this thread does.
    own: Worker<'scope>,
    threads: Vec<ScopedJoinHandle<'scope, Result<Harvest, DetailError>>>,
    next: u64,
}

impl<'scope> Workers<'scope> {
    /// Starts a thread for each processor but that of this thread.
    pub(crate) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        plan: Plan<'scope>,
        shared: &'scope Shared,
    ) -> Self {
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let (jobs, queue) = sync_channel(6 * count);
        let (used, blocks) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let threads = (1..count)
            .map(|_| {
                let (queue, used) = (queue.clone(), used.clone());
                scope.spawn(move || Worker::new(plan, shared, used).run(&queue))
            })
            .collect();
        Self { jobs: Some(jobs), queue, blocks, own: Worker::new(plan, shared, used), threads, next: 1 }
    }

    /// Memory for the next block.
    pub(crate) fn spare_block(&self) -> Block {
        self.blocks.try_recv().unwrap_or_default()
    }

    /// Hands a piece to the next worker that is free. Reads the oldest that waits where too many wait.
    pub(crate) fn hand(&mut self, table: &Arc<Table>, piece: Piece) {
        let mut job = Job { number: self.next, table: table.clone(), piece };
        self.next += 1;
        let Some(jobs) = self.jobs.as_ref().filter(|_| !self.threads.is_empty()) else {
            // With one processor nobody else is there.
            return self.own.take(job);
        };
        while let Err(error) = jobs.try_send(job) {
            let (TrySendError::Full(left) | TrySendError::Disconnected(left)) = error;
            job = left;
            match self.oldest() {
                Some(oldest) => self.own.take(oldest),
                None => thread::yield_now(),
            }
        }
    }

    /// The job that waits the longest. There is none while another thread is getting it.
    fn oldest(&self) -> Option<Job> {
        self.queue.try_lock().ok()?.try_recv().ok()
    }

    /// Waits until everything is read.
    pub(crate) fn finish(mut self) -> Result<Harvest, DetailError> {
        drop(self.jobs.take());
        while let Some(job) = self.oldest() {
            self.own.take(job);
        }
        let mut all = Harvest::default();
        all.merge(self.own.finish()?)?;
        for thread in self.threads {
            let harvest = thread
                .join()
                .map_err(|_| DetailError::Internal("a thread that read rows ended early".to_owned()))?;
            all.merge(harvest?)?;
        }
        Ok(all)
    }
}

impl Shared {
    /// Rows that were read so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Whether a piece could not be taken.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire) != 0
    }

    /// Why the first piece that could not be taken could not, and the number of its file.
    pub(crate) fn failure(&self) -> Option<(usize, DetailError)> {
        lock(&self.failure).take()
    }

    /// Rows that were rejected so far.
    pub(crate) fn rejected(&self) -> usize {
        self.rejected.load(Ordering::Relaxed)
    }

    fn fail(&self, number: u64, file: usize, error: DetailError) {
        let mut failure = lock(&self.failure);
        let failed = self.failed.load(Ordering::Acquire);
        if failed == 0 || number < failed {
            self.failed.store(number, Ordering::Release);
            *failure = Some((file, error));
        }
    }
}

/// What a panicking thread left is of no more use, but nothing is decided by it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that reads pieces.
struct Worker<'w> {
    rows: Rows<'w>,
    fields: Fields,
    table: Option<OpenTable>,
    shared: &'w Shared,
    /// Where blocks go whose memory can be used again.
    used: Sender<Block>,
    rejections_max: usize,
}

/// A table with a worker's own reader.
struct OpenTable {
    table: Arc<Table>,
    reader: Box<dyn RowReader>,
}

impl<'w> Worker<'w> {
    fn new(plan: Plan<'w>, shared: &'w Shared, used: Sender<Block>) -> Self {
        Self {
            rows: Rows::new(
                plan.folder,
                &shared.parts,
                plan.tag_names,
                plan.default_period,
                plan.rejections_max,
            ),
            fields: Fields::default(),
            table: None,
            shared,
            used,
            rejections_max: plan.rejections_max,
        }
    }

    fn run(mut self, queue: &Mutex<Receiver<Job>>) -> Result<Harvest, DetailError> {
        loop {
            let Ok(job) = lock(queue).recv() else { break };
            self.take(job);
        }
        self.finish()
    }

    fn take(&mut self, Job { number, table, piece }: Job) {
        let failed = self.shared.failed.load(Ordering::Acquire);
        // What stands behind an error is of no more interest. Nor is it when there are too many rejections: the first of
        // them is in a piece that somebody has already taken.
        if (failed != 0 && failed < number) || self.shared.rejected() > self.rejections_max {
            return;
        }
        let file = table.number;
        if let Err(error) = self.piece(table, piece) {
            self.shared.fail(number, file, error);
        }
    }

    fn finish(self) -> Result<Harvest, DetailError> {
        if self.shared.has_failed() { Ok(Harvest::default()) } else { self.rows.finish() }
    }

    fn piece(&mut self, table: Arc<Table>, piece: Piece) -> Result<(), DetailError> {
        let (rows, rejected) = (self.rows.count(), self.rows.rejected());
        let mut open = match self.table.take() {
            Some(open) if Arc::ptr_eq(&open.table, &table) => open,
            _ => {
                let reader = lock(&table.reader).fork();
                OpenTable { table, reader }
            }
        };
        self.rows.start_file(open.table.number, &open.table.name, open.table.is_one_of_several)?;
        match piece {
            Piece::Block(mut block) => {
                self.block(&mut open, &mut block)?;
                if block.is_small() {
                    let _ = self.used.send(block);
                }
            }
            Piece::Records(cutout) => self.records(&mut open, &cutout)?,
            Piece::Batch(batch) => self.batch(&mut open, &batch)?,
        }
        self.table = Some(open);
        self.rows.settle()?;
        self.shared.rows.fetch_add(self.rows.count() - rows, Ordering::Relaxed);
        self.shared.rejected.fetch_add(self.rows.rejected() - rejected, Ordering::Relaxed);
        Ok(())
    }

    fn records(&mut self, open: &mut OpenTable, cutout: &Cutout) -> Result<(), DetailError> {
        for record in cutout.iter() {
            take_record(&mut self.rows, open, &record)?;
        }
        Ok(())
    }

    fn batch(&mut self, open: &mut OpenTable, batch: &Batch) -> Result<(), DetailError> {
        let OpenTable { table, reader } = open;
        let file = FileOf { number: table.number, name: &table.name, may_have_nul: true };
        let columns = batch.texts();
        let (mut lines, mut fields) = (Vec::with_capacity(TOGETHER), Vec::new());
        for first in (0..batch.len()).step_by(TOGETHER) {
            let rows = first..batch.len().min(first + TOGETHER);
            lines.clear();
            lines.extend(rows.clone().map(|row| batch.line(row)));
            fields.clear();
            fields.resize(rows.len() * columns.len(), "");
            for (place, column) in columns.iter().enumerate() {
                column.lend(rows.clone(), &mut fields, place);
            }
            let bytes = |fields: &[&str]| fields.iter().map(|field| field.len()).sum::<usize>();
            let may_be_long = bytes(&fields) > table.layout.bytes_max;
            for (fields, line) in fields.chunks_exact(columns.len()).zip(&lines).filter(|_| may_be_long) {
                if bytes(fields) > table.layout.bytes_max {
                    let most = table.layout.bytes_max >> 20;
                    let problem =
                        format!("the row is longer than {most} MiB; import the provider's own export");
                    return Err(DetailError::at_line(&table.name, *line, problem));
                }
            }
            self.rows.take(file, &lines, &mut **reader, &fields)?;
        }
        Ok(())
    }

    /// Reads a block quickly if all of it is plain, else record by record.
    fn block(&mut self, open: &mut OpenTable, block: &mut Block) -> Result<(), DetailError> {
        let table = open.table.clone();
        let Some(mut found) = self.fields.rows(block, &table.layout) else {
            return take_records(&mut self.rows, open, block.text(), block.line);
        };
        let file = FileOf { number: table.number, name: &table.name, may_have_nul: false };
        let (mut lines, mut fields) = (Vec::with_capacity(TOGETHER), Vec::new());
        loop {
            let before = fields.len();
            let row = found.next(&mut fields);
            if let Some(row) = &row {
                if table.headings.may_repeat_in(&fields[before..], &table.layout.wanted) {
                    fields.truncate(before);
                    take_records(&mut self.rows, open, row.record.as_bytes(), row.line)?;
                    continue;
                }
                lines.push(row.line);
            }
            if row.is_none() || lines.len() == TOGETHER {
                self.rows.take(file, &lines, &mut *open.reader, &fields)?;
                lines.clear();
                fields.clear();
            }
            if row.is_none() {
                return Ok(());
            }
        }
    }
}

/// Takes the records of a text that starts on this line, one by one.
fn take_records(
    rows: &mut Rows<'_>,
    open: &mut OpenTable,
    text: &[u8],
    line: u64,
) -> Result<(), DetailError> {
    let table = open.table.clone();
    let bytes_max = table.layout.bytes_max;
    let mut records = Records::resume(text, line, bytes_max);
    while let Some(record) = records.next().map_err(|error| record_error(&table.name, error, bytes_max))? {
        take_record(rows, open, &record)?;
    }
    Ok(())
}

/// Takes a record that was cut by itself.
fn take_record(rows: &mut Rows<'_>, open: &mut OpenTable, record: &Record<'_>) -> Result<(), DetailError> {
    let OpenTable { table, reader } = open;
    let file = FileOf { number: table.number, name: &table.name, may_have_nul: false };
    match table.headings.row_text(record) {
        Ok(text) => {
            let field = |place: &usize| {
                let (start, end) = record.spans[*place];
                text.get(start..end).unwrap_or("")
            };
            let fields: Vec<&str> = table.layout.wanted.iter().map(field).collect();
            rows.take(file, &[record.line], &mut **reader, &fields)
        }
        Err(broken) => {
            rows.take_none(file, record.line, broken);
            Ok(())
        }
    }
}
