//! Writes line items as Parquet, page by page, within bounded memory.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use billing_core::Fixed;
use parquet::{
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
};

use crate::{
    chunk::{Chunk, Press},
    dictionary::{Dictionary, TOGETHER},
    error::DetailError,
    own_text::{Looked, OwnText},
    schema::{self, COLUMNS, Kind, OWN, SHARED},
};

/// Rows of a page.
const PAGE_ROWS: usize = 16_384;
/// Bytes of a page before it is compressed, over all columns.
const PAGE_BYTES: usize = 4 << 20;
/// Rows of a row group.
const GROUP_ROWS: usize = 262_144;
/// Bytes of a row group, while it is in memory.
const GROUP_BYTES: usize = 16 << 20;
/// Most kinds of line items whose texts are remembered.
const KINDS_MAX: usize = 60_000;

/// A Parquet file that is being written.
///
/// Texts have numbers, which are good until [`Part::settle`] says that they are forgotten.
pub(crate) struct Part {
    path: PathBuf,
    writer: SerializedFileWriter<Disk>,
    failure: Failure,
    press: Press,
    shared: Vec<Dictionary>,
    /// The numbers of the texts of each kind of line item.
    kinds: Vec<[u32; SHARED]>,
    own: Vec<OwnText>,
    /// The kind of each row of the page.
    rows: Vec<u32>,
    /// The numbers of the page's shared texts, column by column, while it is written.
    numbers: [Vec<u32>; SHARED],
    amounts: [Amounts; 2],
    lines: Vec<u8>,
    chunks: Vec<Chunk>,
    group_rows: usize,
}

/// The page of a column of amounts.
#[derive(Default)]
struct Amounts {
    present: Vec<u32>,
    values: Vec<u8>,
}

/// The texts of up to [`TOGETHER`] rows in each of the rows' own columns, in the order of [`COLUMNS`].
pub(crate) type OwnTexts<'t> = [[&'t str; TOGETHER]; OWN];

/// A kind of line item, by its shared texts.
pub(crate) type KindNumber = u32;

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
        let properties = WriterProperties::builder().set_created_by("cloud-billing".to_owned()).build();
        let writer = schema::parquet()
            .and_then(|schema| SerializedFileWriter::new(disk, schema, Arc::new(properties)))
            .map_err(|error| broken(&path, &failure, &error))?;
        let press = Press::new().map_err(|error| DetailError::Internal(error.to_string()))?;
        let own = COLUMNS.iter().filter_map(|(_, kind)| match kind {
            Kind::Own(canonical) => Some(OwnText::new(*canonical)),
            _ => None,
        });
        Ok(Self {
            path,
            writer,
            failure,
            press,
            shared: (0..SHARED).map(|_| Dictionary::default()).collect(),
            kinds: Vec::new(),
            own: own.collect(),
            rows: Vec::new(),
            numbers: Default::default(),
            amounts: Default::default(),
            lines: Vec::new(),
            chunks: COLUMNS.iter().map(|_| Chunk::default()).collect(),
            group_rows: 0,
        })
    }

    /// The number of a kind of line item with these texts, in the order of [`COLUMNS`].
    pub(crate) fn kind(&mut self, texts: &[&str; SHARED]) -> KindNumber {
        let mut numbers = [0; SHARED];
        for ((number, dictionary), text) in numbers.iter_mut().zip(&mut self.shared).zip(texts) {
            *number = dictionary.number(text.as_bytes());
        }
        self.kinds.push(numbers);
        (self.kinds.len() - 1) as KindNumber
    }

    /// Looks at the texts of some rows.
    pub(crate) fn look(&mut self, texts: &OwnTexts<'_>, rows: usize, looked: &mut [Looked; OWN]) {
        for ((column, texts), looked) in self.own.iter_mut().zip(texts).zip(looked) {
            column.look(&texts[..rows], looked);
        }
    }

    /// Whether a NUL byte may be in these rows, which were looked at last.
    pub(crate) fn may_have_nul(&self, texts: &OwnTexts<'_>, rows: usize) -> bool {
        self.own.iter().zip(texts).any(|(column, texts)| column.may_have_nul(&texts[..rows]))
    }

    /// Adds a row, one of those that were looked at last.
    pub(crate) fn add(
        &mut self,
        kind: KindNumber,
        (texts, looked, row): (&OwnTexts<'_>, &[Looked; OWN], usize),
        amounts: [Option<Fixed>; 2],
        line: u64,
    ) {
        self.rows.push(kind);
        for ((column, text), looked) in self.own.iter_mut().zip(texts).zip(looked) {
            column.push(text[row], looked.number(row));
        }
        for (column, amount) in self.amounts.iter_mut().zip(amounts) {
            column.present.push(u32::from(amount.is_some()));
            if let Some(amount) = amount {
                column.values.extend_from_slice(&amount.words().0.to_be_bytes());
            }
        }
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        self.lines.extend_from_slice(&line.to_le_bytes());
    }

    /// Hands on what is large enough. To be called after each block of rows; true when the numbers of all kinds and
    /// texts are forgotten.
    pub(crate) fn settle(&mut self) -> Result<bool, DetailError> {
        let crowded = self.own.iter().any(OwnText::is_full);
        let page_bytes: usize = self.own.iter().map(OwnText::bytes).sum();
        if self.rows.len() >= PAGE_ROWS || page_bytes >= PAGE_BYTES || crowded {
            self.end_page()?;
        }
        let full = self.kinds.len() > KINDS_MAX || self.shared.iter().any(Dictionary::is_full);
        let group_bytes: usize = self.chunks.iter().map(Chunk::bytes).sum();
        if full || self.group_rows >= GROUP_ROWS || group_bytes >= GROUP_BYTES {
            self.end_group()?;
        }
        if full {
            self.forget();
        }
        Ok(full)
    }

    /// Forgets all kinds, at the end of a file or when there are too many.
    pub(crate) fn forget_kinds(&mut self) -> Result<(), DetailError> {
        self.end_page()?;
        self.kinds.clear();
        Ok(())
    }

    fn forget(&mut self) {
        self.kinds.clear();
        self.shared.iter_mut().for_each(Dictionary::forget);
    }

    fn end_page(&mut self) -> Result<(), DetailError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let written = self.write_page();
        written.map_err(|error| broken(&self.path, &self.failure, &error))?;
        self.group_rows += self.rows.len();
        self.rows.clear();
        self.lines.clear();
        Ok(())
    }

    fn write_page(&mut self) -> Result<(), ParquetError> {
        let rows = self.rows.len();
        self.spread_kinds();
        let (mut shared, mut own) = (self.shared.iter().zip(&self.numbers), self.own.iter_mut());
        let mut amounts = self.amounts.iter_mut();
        for ((_, kind), chunk) in COLUMNS.iter().zip(&mut self.chunks) {
            let press = &mut self.press;
            match kind {
                Kind::Shared => {
                    let Some((dictionary, numbers)) = shared.next() else { continue };
                    chunk.put_numbers(press, numbers, dictionary)?;
                }
                Kind::Own(_) => {
                    let Some(column) = own.next() else { continue };
                    column.end_page(press, chunk, self.group_rows + rows)?;
                }
                Kind::Amount => {
                    let Some(column) = amounts.next() else { continue };
                    chunk.put_plain(press, Some(&column.present), &column.values, rows)?;
                    column.present.clear();
                    column.values.clear();
                }
                Kind::Line => chunk.put_plain(press, None, &self.lines, rows)?,
            }
        }
        Ok(())
    }

    /// Puts the numbers of each row's kind into their columns: all of a kind at once, since kinds lie far apart.
    fn spread_kinds(&mut self) {
        self.numbers.iter_mut().for_each(Vec::clear);
        for kind in &self.rows {
            for (column, number) in self.numbers.iter_mut().zip(self.kinds[*kind as usize]) {
                column.push(number);
            }
        }
    }

    fn end_group(&mut self) -> Result<(), DetailError> {
        self.end_page()?;
        if self.group_rows == 0 {
            return Ok(());
        }
        let written = self.write_group();
        written.map_err(|error| broken(&self.path, &self.failure, &error))?;
        self.group_rows = 0;
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let schema = self.writer.schema_descr().columns().to_vec();
        let mut group = self.writer.next_row_group()?;
        let (mut shared, mut own) = (self.shared.iter(), self.own.iter_mut());
        for (((_, kind), chunk), column) in COLUMNS.iter().zip(&mut self.chunks).zip(schema) {
            let press = &mut self.press;
            let (bytes, close) = match kind {
                Kind::Shared => chunk.finish(press, column, shared.next())?,
                Kind::Own(_) => {
                    let own = own.next();
                    let finished = chunk.finish(press, column, own.as_ref().map(|own| own.dictionary()))?;
                    own.into_iter().for_each(OwnText::end_group);
                    finished
                }
                Kind::Amount | Kind::Line => chunk.finish(press, column, None)?,
            };
            group.append_column(&bytes, close)?;
        }
        group.close().map(drop)
    }

    /// Writes the rest and waits until the disk has it.
    pub(crate) fn finish(mut self) -> Result<(), DetailError> {
        self.end_group()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_one_sentence() {
        let file = File::options().write(true).open("/dev/full");
        let Ok(file) = file else {
            println!("skipped: needs /dev/full");
            return;
        };
        let mut part = Part::write_to(file, PathBuf::from("detail/part-00000.parquet")).unwrap();
        let kind = part.kind(&["x"; SHARED]);
        let (texts, mut looked) = ([["y"; TOGETHER]; OWN], [Looked::NOTHING; OWN]);
        part.look(&texts, 1, &mut looked);
        part.add(kind, (&texts, &looked, 0), [Some(Fixed::ZERO), None], 2);
        assert_eq!(
            part.finish().unwrap_err().to_string(),
            "detail/part-00000.parquet: the disk is full; nothing was imported: free some space and run the \
             import again"
        );
    }
}
