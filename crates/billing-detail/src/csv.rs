//! Records of comma-separated text, with the line on which each starts.
//!
//! Streams; holds one record, and no record that is longer than its limit. Quotes are read as spreadsheets write
//! them, and with leniency: a quote in the middle of an unquoted field stands for itself.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader};

/// Most fields of a record. Beyond it the text is no table, and the list of its fields would take more memory than
/// its text.
const FIELDS_MAX: usize = 65_536;

/// Cuts a stream into records.
pub(crate) struct Records<R> {
    input: R,
    core: Reader,
    /// The line on which the next byte stands.
    line: u64,
    /// Whether the last byte was a carriage return, whose line feed may follow.
    after_return: bool,
    started: bool,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    spans: Vec<(usize, usize)>,
    bytes_max: usize,
}

/// A record: its fields one behind the other, and where each stands.
#[derive(Clone, Copy)]
pub(crate) struct Record<'r> {
    /// The line on which it starts, from 1.
    pub(crate) line: u64,
    /// The fields' bytes, without commas and quotes.
    pub(crate) bytes: &'r [u8],
    /// Where each field starts and ends.
    pub(crate) spans: &'r [(usize, usize)],
}

/// Why no further record can be read.
#[derive(Debug)]
pub(crate) enum RecordError {
    /// The record that starts on this line is longer than the limit.
    TooLong(u64),
    /// The record that starts on this line has too many fields.
    TooManyFields(u64),
    /// The text ends inside a quoted field of the record that starts on this line.
    UnclosedQuote(u64),
    /// The stream fails, this line being the last one reached.
    Io(u64, io::Error),
}

impl<'r> Record<'r> {
    /// The text, if each field is UTF-8.
    pub(crate) fn text(&self) -> Option<&'r str> {
        let text = std::str::from_utf8(self.bytes).ok()?;
        // Two halves of a letter in two fields make valid text only together.
        (text.is_ascii() || self.spans.iter().all(|(_, end)| text.is_char_boundary(*end))).then_some(text)
    }
}

impl<R: BufRead> Records<R> {
    /// Reads records of at most `bytes_max` bytes. A byte-order mark before the first one is left out.
    pub(crate) fn new(input: R, bytes_max: usize) -> Self {
        Self {
            input,
            core: Reader::new(),
            line: 1,
            after_return: false,
            started: false,
            bytes: vec![0; 4096.min(bytes_max.max(1))],
            ends: vec![0; 64],
            spans: Vec::new(),
            bytes_max: bytes_max.max(1),
        }
    }

    /// Reads on in the middle of a text, at a record's start on this line.
    pub(crate) fn resume(input: R, line: u64, bytes_max: usize) -> Self {
        let mut records = Self { line, started: true, ..Self::new(input, bytes_max) };
        // It leaves out a byte-order mark at what it takes for the start of the text, unless something came before.
        records.core.read_record(b"\n", &mut records.bytes, &mut records.ends);
        records
    }

    /// What is not read yet, at the next record's start, and the line on which that is.
    pub(crate) fn rest(mut self) -> Result<(R, u64), RecordError> {
        self.skip_line_ends()?;
        Ok((self.input, self.line))
    }

    /// The next record; empty lines are none.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        if !self.started {
            self.started = true;
            self.skip_byte_order_mark()?;
        }
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let line = self.line;
        let (mut length, mut fields) = (0, 0);
        loop {
            let (ended, input) = match self.input.fill_buf() {
                // One more line end than there is: it ends the last record, unless that is inside quotes.
                Ok([]) => (true, &b"\n"[..]),
                Ok(input) => (false, input),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(RecordError::Io(self.line, error)),
            };
            let (result, read, written, ends) =
                self.core.read_record(input, &mut self.bytes[length..], &mut self.ends[fields..]);
            length += written;
            fields += ends;
            if !ended {
                let returned = read > 0 && input[read - 1] == b'\r';
                self.line += memchr::memchr_iter(b'\n', &input[..read]).count() as u64;
                self.input.consume(read);
                self.after_return = returned && matches!(result, ReadRecordResult::Record);
            }
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::InputEmpty if ended => return Err(RecordError::UnclosedQuote(line)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() >= self.bytes_max => {
                    return Err(RecordError::TooLong(line));
                }
                ReadRecordResult::OutputFull => {
                    self.bytes.resize((self.bytes.len() * 2).min(self.bytes_max), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() >= FIELDS_MAX => {
                    return Err(RecordError::TooManyFields(line));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::End => return Ok(None),
            }
        }
        let mut start = 0;
        self.spans.clear();
        self.spans.extend(self.ends[..fields].iter().map(|end| (std::mem::replace(&mut start, *end), *end)));
        Ok(Some(Record { line, bytes: &self.bytes[..length], spans: &self.spans }))
    }

    /// `EF BB BF`; the buffer of a stream holds at least the first three bytes of a text that has as many.
    fn skip_byte_order_mark(&mut self) -> Result<(), RecordError> {
        let input = self.input.fill_buf().map_err(|error| RecordError::Io(1, error))?;
        if input.starts_with(b"\xEF\xBB\xBF") {
            self.input.consume(3);
        }
        Ok(())
    }

    /// Goes to the first byte of the next record; false at the end of the text.
    fn skip_line_ends(&mut self) -> Result<bool, RecordError> {
        loop {
            let first = match self.input.fill_buf() {
                Ok([]) => return Ok(false),
                Ok(input) => input[0],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(RecordError::Io(self.line, error)),
            };
            // A carriage return without line feed also ends a line.
            if first == b'\n' || self.after_return {
                self.line += 1;
            }
            self.after_return = first == b'\r';
            if first != b'\n' && first != b'\r' {
                return Ok(true);
            }
            self.input.consume(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], buffer: usize) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(io::BufReader::with_capacity(buffer, text), 1 << 20);
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            let text = record.text().unwrap();
            all.push((
                record.line,
                record.spans.iter().map(|(start, end)| text[*start..*end].to_owned()).collect(),
            ));
        }
        all
    }

    fn check(text: &str, expected: &[(u64, &[&str])]) {
        for buffer in [3, 4, 7, 64, 4096] {
            let records = read(text.as_bytes(), buffer);
            let records: Vec<(u64, Vec<&str>)> = records
                .iter()
                .map(|(line, fields)| (*line, fields.iter().map(String::as_str).collect()))
                .collect();
            let expected: Vec<(u64, Vec<&str>)> =
                expected.iter().map(|(line, fields)| (*line, fields.to_vec())).collect();
            assert_eq!(records, expected, "{text:?} in pieces of {buffer}");
        }
    }

    #[test]
    fn records_know_their_line() {
        check("a,b\n1,2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
        check("a,b\r\n\r\n1,2\r\n3,4", &[(1, &["a", "b"]), (3, &["1", "2"]), (4, &["3", "4"])]);
        check("a\rb\r\rc", &[(1, &["a"]), (2, &["b"]), (4, &["c"])]);
        check("\n\n\"x\ny\",2\n3,\"\"\n", &[(3, &["x\ny", "2"]), (5, &["3", ""])]);
        check("\u{feff}a,\"b \"\"c\"\"\"\n", &[(1, &["a", "b \"c\""])]);
        check("5\" disk,1\n,\n", &[(1, &["5\" disk", "1"]), (2, &["", ""])]);
        check("", &[]);
        check("\r\n\n", &[]);
        check("\"ends in quotes\"", &[(1, &["ends in quotes"])]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_an_error_at_its_record() {
        let mut records = Records::new(&b"a,b\n1,\"2\n3,4\n"[..], 1 << 20);
        assert_eq!(records.next().unwrap().unwrap().line, 1);
        assert!(matches!(records.next(), Err(RecordError::UnclosedQuote(2))));
    }

    #[test]
    fn an_endless_line_does_not_fill_the_memory() {
        let endless = io::BufReader::new(io::repeat(b'x'));
        let mut records = Records::new(endless, 100_000);
        assert!(matches!(records.next(), Err(RecordError::TooLong(1))));
        assert_eq!(records.bytes.len(), 100_000);
        let mut records = Records::new(io::BufReader::new(io::repeat(b',')), 1 << 24);
        assert!(matches!(records.next(), Err(RecordError::TooManyFields(1))));
    }

    #[test]
    fn a_record_of_exactly_the_limit_is_taken() {
        let text = format!("{}\n", "x".repeat(5000));
        assert!(Records::new(text.as_bytes(), 5001).next().unwrap().is_some());
        assert!(matches!(Records::new(text.as_bytes(), 4999).next(), Err(RecordError::TooLong(1))));
    }

    #[test]
    fn reading_goes_on_where_it_stopped() {
        for (text, line) in [("a\r\n\nb,c", 3), ("a\rb,c", 2), ("a\nb,c", 2)] {
            let mut records = Records::new(text.as_bytes(), 100);
            records.next().unwrap().unwrap();
            let (rest, found) = records.rest().unwrap();
            assert_eq!((rest, found), (&b"b,c"[..], line), "{text:?}");
            let mut records = Records::resume(rest, found, 100);
            let record = records.next().unwrap().unwrap();
            assert_eq!((record.line, record.text()), (line, Some("bc")));
        }
    }

    #[test]
    fn half_a_letter_per_field_is_no_text() {
        let mut records = Records::new(&b"\xC3,\xA4\n"[..], 100);
        assert_eq!(records.next().unwrap().unwrap().text(), None);
    }
}
