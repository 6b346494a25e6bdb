//! Packings: a file, a gzip stream or the tables of a zip archive, each read as a stream of text.
//!
//! What a file is shows in its first bytes, whatever it is called.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek},
    path::Path,
    rc::Rc,
    sync::Arc,
};

use billing_core::file_name::{FileKind, kind_of, refusal};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use zip::{ZipArchive, result::ZipError};

use crate::{
    error::DetailError,
    inputs::{Input, unreadable},
};

/// The sentence for an archive whose compression is not known.
const UNSUPPORTED: &str =
    "the archive is packed in a way that is not supported; unpack it and import the files in it";
/// How much is read at a time.
const BUFFER_BYTES: usize = 1 << 16;
/// How many bytes are looked at to tell the packing, and whether the content is text at all.
const HEAD_BYTES: u64 = 4096;

/// A table's text, ready to be read.
pub(crate) struct Source<'s> {
    /// The file's name; `bill.zip/part1.csv` for a file in an archive.
    pub(crate) name: &'s str,
    /// What it holds.
    pub(crate) content: Form<'s>,
    /// How far the reading has come.
    pub(crate) meter: Meter,
}

/// A table's content.
pub(crate) enum Form<'s> {
    /// Comma-separated text.
    Csv(&'s mut dyn BufRead),
    /// JSON.
    Json(&'s mut dyn BufRead),
    /// A Parquet file on this machine.
    ParquetFile(File),
    /// A Parquet file in memory.
    ParquetBytes(Bytes),
}

/// Counts the bytes read of a file as it lies on the disk.
#[derive(Clone)]
pub(crate) struct Meter {
    read: Rc<Cell<u64>>,
    /// Its size, where that is known.
    pub(crate) total: Option<u64>,
}

impl Meter {
    fn new(total: Option<u64>) -> Self {
        Self { read: Rc::default(), total }
    }

    /// Bytes read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read.get()
    }
}

/// A reader whose bytes are counted.
struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.read.set(self.meter.read.get() + read as u64);
        Ok(read)
    }
}

/// Takes a table's text.
type Visit<'v> = &'v mut dyn FnMut(Source<'_>) -> Result<(), DetailError>;

/// What the first bytes say.
enum Packing {
    Empty,
    Text,
    Gzip,
    Zip,
    Parquet,
    Unsupported(&'static str),
}

fn packing(head: &[u8]) -> Packing {
    match head {
        [] => Packing::Empty,
        [0x1F, 0x8B, ..] => Packing::Gzip,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Packing::Zip,
        [b'P', b'A', b'R', b'1', ..] => Packing::Parquet,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            Packing::Unsupported("the text is UTF-16; save it as UTF-8 and import it again")
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [b'B', b'Z', b'h', b'1'..=b'9', ..] | [0xFD, b'7', b'z', b'X', ..] => {
            Packing::Unsupported("this kind of compression is not supported; pack it with gzip or zip")
        }
        _ if is_binary(head) => {
            Packing::Unsupported("this is not a text table in UTF-8; import the provider's CSV export")
        }
        _ => Packing::Text,
    }
}

/// Whether so many control characters cannot be text. A single one is a matter of its row.
fn is_binary(head: &[u8]) -> bool {
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\r' | b'\n');
    head.iter().filter(control).count() * 32 > head.len()
}

/// A stream whose first bytes were looked at and are read again. They stay in one piece, and an error that came
/// behind them comes there again, so that it is reported with the line on which it is met.
struct Peeked<R> {
    head: Cursor<Vec<u8>>,
    error: Option<io::Error>,
    rest: R,
}

impl<R: Read> Peeked<BufReader<R>> {
    fn new(name: &str, mut input: R) -> Result<Self, DetailError> {
        let mut head = Vec::new();
        let error = input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).err();
        match error {
            Some(error) if head.is_empty() => Err(read_error(name, 1, &error)),
            error => Ok(Self {
                head: Cursor::new(head),
                error,
                rest: BufReader::with_capacity(BUFFER_BYTES, input),
            }),
        }
    }
}

impl<R> Peeked<R> {
    fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    fn in_head(&self) -> bool {
        self.head.position() < self.head.get_ref().len() as u64
    }
}

impl<R: BufRead> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.in_head() && self.error.is_none() {
            // Large pieces need not go through the buffer.
            return self.rest.read(buffer);
        }
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Peeked<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.in_head() {
            return self.head.fill_buf();
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, bytes: usize) {
        match self.in_head() {
            true => self.head.consume(bytes),
            false => self.rest.consume(bytes),
        }
    }
}

/// Hands over each table of an input: one for a file, one for each in a zip archive, by name. Notes what is left out of
/// archives, because it is no part of a bill.
pub(crate) fn each_table(
    input: &Input,
    left_out: &mut Vec<String>,
    visit: Visit<'_>,
) -> Result<(), DetailError> {
    let name = input.name();
    match input {
        Input::Bytes { bytes, .. } => {
            let meter = Meter::new(Some(bytes.len() as u64));
            if let Packing::Parquet = packing(bytes) {
                let content = Form::ParquetBytes(Bytes::copy_from_slice(bytes));
                return visit(Source { name, content, meter });
            }
            let reopen = |_: Raw<Cursor<Arc<[u8]>>>| Ok(Cursor::new(bytes.clone()));
            unpack(name, Cursor::new(bytes.clone()), reopen, meter, left_out, visit)
        }
        Input::File { path, .. } => {
            let open = || File::open(path).map_err(|error| unreadable(path, &error));
            let file = open()?;
            let kind = file.metadata().map_err(|error| unreadable(path, &error))?;
            if kind.is_dir() {
                return Err(unreadable(path, &io::ErrorKind::IsADirectory.into()));
            }
            // The size of a pipe is known only at its end.
            let meter = Meter::new(kind.is_file().then_some(kind.len()));
            if kind.is_file() && is_parquet(path)? {
                return visit(Source { name, content: Form::ParquetFile(file), meter });
            }
            // A pipe has only one end, and no other beginning.
            let reopen = |raw: Raw<File>| if kind.is_file() { open() } else { copied(name, raw) };
            unpack(name, file, reopen, meter, left_out, visit)
        }
    }
}

fn is_parquet(path: &Path) -> Result<bool, DetailError> {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut head));
    read.map_err(|error| unreadable(path, &error))?;
    Ok(matches!(packing(&head), Packing::Parquet))
}

/// A file as it lies on the disk, whose first bytes were looked at.
type Raw<R> = Peeked<BufReader<Metered<R>>>;

fn unpack<R: Read, Z: Read + Seek>(
    name: &str,
    raw: R,
    reopen: impl FnOnce(Raw<R>) -> Result<Z, DetailError>,
    meter: Meter,
    left_out: &mut Vec<String>,
    visit: Visit<'_>,
) -> Result<(), DetailError> {
    let raw = Peeked::new(name, Metered { inner: raw, meter: meter.clone() })?;
    match packing(raw.head()) {
        Packing::Zip => unzip(name, reopen(raw)?, left_out, visit),
        // What comes through a pipe: files are known before.
        Packing::Parquet => visit(Source { name, content: Form::ParquetFile(copied(name, raw)?), meter }),
        _ => stream(name, raw, meter, visit),
    }
}

/// Text, or text in a gzip stream.
fn stream(
    name: &str,
    bytes: Peeked<impl BufRead>,
    meter: Meter,
    visit: Visit<'_>,
) -> Result<(), DetailError> {
    match packing(bytes.head()) {
        Packing::Gzip => {
            let text = Peeked::new(name, MultiGzDecoder::new(bytes))?;
            if let Packing::Gzip | Packing::Zip = packing(text.head()) {
                let problem = "the file is packed twice; unpack it once and import it again";
                return Err(DetailError::input(name, problem));
            }
            plain(name, text, meter, visit)
        }
        Packing::Zip => {
            let problem = "the archive holds another archive; unpack it and import the files in it";
            Err(DetailError::input(name, problem))
        }
        _ => plain(name, bytes, meter, visit),
    }
}

fn plain(
    name: &str,
    mut text: Peeked<impl BufRead>,
    meter: Meter,
    visit: Visit<'_>,
) -> Result<(), DetailError> {
    match packing(text.head()) {
        Packing::Empty => {
            let problem = "the file is empty, without even headings; export it again";
            Err(DetailError::input(name, problem))
        }
        Packing::Unsupported(problem) => Err(DetailError::input(name, problem)),
        // Its end is read first, so that it cannot come in a stream.
        Packing::Parquet => {
            let problem = "this Parquet file comes packed with gzip; unpack it and name the file itself";
            Err(DetailError::input(name, problem))
        }
        _ => {
            let is_json = is_json(text.head());
            let content = if is_json { Form::Json(&mut text) } else { Form::Csv(&mut text) };
            visit(Source { name, content, meter })
        }
    }
}

/// Whether a text starts like JSON.
fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    matches!(head.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The sentence for a stream that fails; `line` is the last one that was reached.
pub(crate) fn read_error(name: &str, line: u64, error: &io::Error) -> DetailError {
    let problem = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the compressed data ends here, before its end; download the file again".to_owned()
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            format!("the compressed data is damaged here ({error}); download the file again")
        }
        io::ErrorKind::IsADirectory => return unreadable(name.as_ref(), error),
        io::ErrorKind::Unsupported => UNSUPPORTED.to_owned(),
        _ => format!("the file cannot be read on ({error}); check the disk it is on"),
    };
    DetailError::at_line(name, line, problem)
}

fn unzip<Z: Read + Seek>(
    name: &str,
    file: Z,
    left_out: &mut Vec<String>,
    visit: Visit<'_>,
) -> Result<(), DetailError> {
    let mut archive = ZipArchive::new(file).map_err(|error| zip_error(name, error))?;
    for (entry, index) in tables(name, &archive, left_out)? {
        let name = format!("{name}/{entry}");
        let file = archive.by_index(index).map_err(|error| zip_error(&name, error))?;
        let meter = Meter::new(Some(file.size()));
        let entry = Peeked::new(&name, Metered { inner: file, meter: meter.clone() })?;
        match packing(entry.head()) {
            Packing::Parquet => {
                let content = Form::ParquetFile(copied(&name, entry)?);
                visit(Source { name: &name, content, meter })?;
            }
            _ => stream(&name, entry, meter, visit)?,
        }
    }
    Ok(())
}

/// The tables in an archive by their names, and their places in it.
fn tables<Z: Read + Seek>(
    name: &str,
    archive: &ZipArchive<Z>,
    left_out: &mut Vec<String>,
) -> Result<Vec<(String, usize)>, DetailError> {
    if archive.has_duplicate_names() {
        let problem = "two files in the archive have one name; unpack it and import the files in it";
        return Err(DetailError::input(name, problem));
    }
    let (mut tables, mut aside, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_spreadsheet = false;
    for index in 0..archive.len() {
        let Some(entry) = archive.name_for_index(index) else { continue };
        let entry = entry.map_err(|error| zip_error(name, error))?;
        is_spreadsheet |= entry.starts_with("xl/");
        match kind_of(&entry) {
            _ if entry.ends_with('/') => {}
            FileKind::Table => tables.push((entry.into_owned(), index)),
            FileKind::Aside => aside.push(format!("{name}/{entry}")),
            FileKind::Unread(cure) => unread.push((format!("{name}/{entry}"), cure)),
        }
    }
    if is_spreadsheet && tables.is_empty() {
        return Err(DetailError::input(name, "this is a spreadsheet; save it as CSV and import that"));
    }
    let or = "or unpack the archive and name the files that are the bill with -f";
    if let Some((file, problem)) = refusal(&unread, or) {
        return Err(DetailError::input(file, problem));
    }
    if tables.is_empty() {
        let problem = "the archive has no .csv file in it; name the archive that the export is in";
        return Err(DetailError::input(name, problem));
    }
    tables.sort();
    left_out.append(&mut aside);
    Ok(tables)
}

/// A file of its own for what is read from its end.
fn copied(name: &str, mut content: impl Read) -> Result<File, DetailError> {
    let failed = |error: io::Error| {
        let problem = format!("the file cannot be unpacked ({error}); set TMPDIR to a folder with space");
        DetailError::input(name, problem)
    };
    let mut file = tempfile::tempfile().map_err(failed)?;
    io::copy(&mut content, &mut file).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            read_error(name, 1, &error)
        }
        _ => failed(error),
    })?;
    file.rewind().map_err(failed)?;
    Ok(file)
}

fn zip_error(name: &str, error: ZipError) -> DetailError {
    let problem = match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            "the archive is encrypted; unpack it and import the files in it".to_owned()
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            UNSUPPORTED.to_owned()
        }
        ZipError::Io(error) if error.kind() == io::ErrorKind::Unsupported => UNSUPPORTED.to_owned(),
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return DetailError::input(
                name,
                format!("the archive cannot be read ({error}); check the disk it is on"),
            );
        }
        error => format!("the archive is damaged ({error}); download it again"),
    };
    DetailError::input(name, problem)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn texts(name: &str, bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
        let mut tables = Vec::new();
        let input = Input::Bytes { name: name.to_owned(), bytes: bytes.into() };
        let visited = each_table(&input, &mut Vec::new(), &mut |source| {
            let mut text = String::new();
            let (Form::Csv(content) | Form::Json(content)) = source.content else { unreachable!() };
            content.read_to_string(&mut text).map_err(|error| read_error(source.name, 1, &error))?;
            tables.push((source.name.to_owned(), text));
            Ok(())
        });
        visited.map(|()| tables).map_err(|error| error.to_string())
    }

    fn one(name: &str, text: &str) -> Result<Vec<(String, String)>, String> {
        Ok(vec![(name.to_owned(), text.to_owned())])
    }

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_first_bytes_tell_the_packing_not_the_name() {
        assert_eq!(texts("a.csv", b"x"), one("a.csv", "x"));
        assert_eq!(texts("a.csv", &gz(b"hello")), one("a.csv", "hello"));
        assert_eq!(texts("a.gz", b"hello"), one("a.gz", "hello"));
        let two = [gz(b"one,"), gz(b"two")].concat();
        assert_eq!(texts("a.gz", &two), one("a.gz", "one,two"));
    }

    #[test]
    fn an_archive_s_tables_come_by_name() {
        let bytes = zip(&[
            ("p/2.csv", b"b"),
            ("1.csv.gz", &gz(b"a")),
            ("manifest.json", b"{}"),
            ("__MACOSX/1.csv", b"?"),
        ]);
        let expected = vec![("z/1.csv.gz".to_owned(), "a".to_owned()), ("z/p/2.csv".to_owned(), "b".into())];
        assert_eq!(texts("z", &bytes), Ok(expected));
    }

    #[test]
    fn what_cannot_be_unpacked_says_why() {
        let check = |bytes: &[u8], message: &str| {
            assert_eq!(texts("f", bytes), Err(message.to_owned()));
        };
        check(b"", "f: the file is empty, without even headings; export it again");
        check(&gz(b""), "f: the file is empty, without even headings; export it again");
        check(
            &gz(b"PAR1....PAR1"),
            "f: this Parquet file comes packed with gzip; unpack it and name the file itself",
        );
        check(b"\xFF\xFEa\0", "f: the text is UTF-16; save it as UTF-8 and import it again");
        check(&gz(&gz(b"x")), "f: the file is packed twice; unpack it once and import it again");
        check(
            &zip(&[("readme.txt", b"x")]),
            "f: the archive has no .csv file in it; name the archive that the export is in",
        );
        check(&zip(&[("xl/workbook.xml", b"x")]), "f: this is a spreadsheet; save it as CSV and import that");
        check(
            &zip(&[("a.csv", b"x"), ("b.tsv", b"y"), ("c.csv.zst", b"z")]),
            "f/b.tsv: this may be a part of the bill, and such a file is not read (and 1 more such files); export it as \
             CSV, JSON lines or Parquet, or unpack the archive and name the files that are the bill with -f",
        );
        check(b"(\xB5/\xFD....", "f: this kind of compression is not supported; pack it with gzip or zip");
    }
}
