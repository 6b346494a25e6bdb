//! Records of comma-separated text, with the line on which each starts (RFC 4180).
//!
//! Streams; holds one record, and no record that is longer than its limit. A quote in the middle of an unquoted field
//! stands for itself. A quoted field whose closing quote has more text behind it is none: somebody wrote a lone quote,
//! and what follows up to the next one are rows of their own. Such a record ends with its first line.

use std::io::{self, BufRead, Read};

/// Most fields of a record. Beyond it the text is no table, and the list of its fields would take more memory than
/// its text.
const FIELDS_MAX: usize = 65_536;

/// Cuts a stream into records.
pub(crate) struct Records<R> {
    input: Input<R>,
    /// The line on which the next byte stands.
    line: u64,
    /// Whether the last byte was a carriage return, whose line feed may follow.
    after_return: bool,
    started: bool,
    bytes: Vec<u8>,
    spans: Vec<(usize, usize)>,
    bytes_max: usize,
    /// Where the record's first line ends, if that is inside quotes.
    first_line: Option<FirstLine>,
}

/// A text, of which some may be read again.
pub(crate) struct Input<R> {
    again: Vec<u8>,
    at: usize,
    text: R,
}

/// The end of the first line of a record that goes on behind it.
struct FirstLine {
    /// How many of the record's bytes are before it.
    length: usize,
    ends_in_return: bool,
    /// The text behind it, as far as it was read.
    behind: Vec<u8>,
}

/// Where in a record the reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A field starts.
    Start,
    /// In a field without quotes.
    Plain,
    /// In a quoted field.
    Quoted,
    /// Behind a quote in a quoted field: it closes the field, or another one follows.
    Closed,
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
    /// Whether text stands behind a closing quote. The record is then its first line, as one field.
    pub(crate) is_malformed: bool,
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

impl<R: BufRead> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.again.len() {
            // Large pieces need not go through the buffer.
            return self.text.read(buffer);
        }
        let read = (&self.again[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.again.len() { Ok(&self.again[self.at..]) } else { self.text.fill_buf() }
    }

    fn consume(&mut self, count: usize) {
        if self.at < self.again.len() { self.at += count } else { self.text.consume(count) }
    }
}

impl<R> Input<R> {
    /// Lets a text be read before what is left.
    fn put_back(&mut self, mut text: Vec<u8>) {
        text.extend_from_slice(&self.again[self.at..]);
        (self.again, self.at) = (text, 0);
    }
}

impl<R: BufRead> Records<R> {
    /// Reads records of at most `bytes_max` bytes. A byte-order mark before the first one is left out.
    pub(crate) fn new(text: R, bytes_max: usize) -> Self {
        Self {
            input: Input { again: Vec::new(), at: 0, text },
            line: 1,
            after_return: false,
            started: false,
            bytes: Vec::new(),
            spans: Vec::new(),
            bytes_max,
            first_line: None,
        }
    }

    /// Reads on in the middle of a text, at a record's start on this line.
    pub(crate) fn resume(text: R, line: u64, bytes_max: usize) -> Self {
        Self { line, started: true, ..Self::new(text, bytes_max) }
    }

    /// What is not read yet, at the next record's start, and the line on which that is.
    pub(crate) fn rest(mut self) -> Result<(Input<R>, u64), RecordError> {
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
        self.bytes.clear();
        self.spans.clear();
        self.first_line = None;
        let is_malformed = !self.fields(line)?;
        if is_malformed {
            self.end_with_first_line(line)?;
        }
        Ok(Some(Record { line, bytes: &self.bytes, spans: &self.spans, is_malformed }))
    }

    /// Reads the fields of the record that starts on this line, and the end of its last line; false where text stands
    /// behind a closing quote.
    fn fields(&mut self, line: u64) -> Result<bool, RecordError> {
        let (mut state, mut start) = (State::Start, 0);
        loop {
            let Some(input) = fill(&mut self.input, self.line)? else {
                if state == State::Quoted {
                    return Err(RecordError::UnclosedQuote(line));
                }
                self.spans.push((start, self.bytes.len()));
                return Ok(true);
            };
            // Where the run of text ends that is taken as it is.
            let end = match state {
                State::Start | State::Closed => Some(0),
                State::Plain => memchr::memchr3(b',', b'\n', b'\r', input),
                State::Quoted => memchr::memchr(b'"', input),
            };
            let (run, next) = (&input[..end.unwrap_or(input.len())], end.map(|end| input[end]));
            let is_doubled = (state, next) == (State::Closed, Some(b'"'));
            if run.len() + usize::from(is_doubled) > self.bytes_max - self.bytes.len() {
                return Err(RecordError::TooLong(line));
            }
            match &mut self.first_line {
                Some(FirstLine { behind, .. }) => behind.extend_from_slice(run),
                None if state == State::Quoted => self.first_line = FirstLine::in_run(run, self.bytes.len()),
                None => {}
            }
            self.line += memchr::memchr_iter(b'\n', run).count() as u64;
            self.bytes.extend_from_slice(run);
            let taken = run.len() + usize::from(next.is_some());
            let is_end = matches!(next, Some(b',' | b'\n' | b'\r'));
            match (state, next) {
                (_, None) => {}
                (State::Start, Some(b'"')) => state = State::Quoted,
                (State::Quoted, _) => state = State::Closed,
                (State::Closed, _) if is_doubled => {
                    state = State::Quoted;
                    self.bytes.push(b'"');
                }
                (State::Closed, _) if !is_end => return Ok(false),
                (State::Start, _) if !is_end => {
                    state = State::Plain;
                    continue;
                }
                _ => {
                    self.spans.push((start, self.bytes.len()));
                    (start, state) = (self.bytes.len(), State::Start);
                }
            }
            if let (Some(FirstLine { behind, .. }), Some(next)) = (&mut self.first_line, next) {
                behind.push(next);
            }
            self.input.consume(taken);
            if is_end && state == State::Start && next != Some(b',') {
                self.line += u64::from(next == Some(b'\n'));
                self.after_return = next == Some(b'\r');
                return Ok(true);
            }
            if self.spans.len() >= FIELDS_MAX {
                return Err(RecordError::TooManyFields(line));
            }
        }
    }

    /// Makes a record of the first line of what was read, and lets the lines behind it be read again.
    fn end_with_first_line(&mut self, line: u64) -> Result<(), RecordError> {
        match self.first_line.take() {
            Some(FirstLine { length, ends_in_return, behind }) => {
                self.bytes.truncate(length);
                self.input.put_back(behind);
                self.line = line + u64::from(!ends_in_return);
                self.after_return = ends_in_return;
            }
            None => {
                while let Some(input) = fill(&mut self.input, self.line)? {
                    let end = memchr::memchr2(b'\n', b'\r', input).unwrap_or(input.len());
                    let room = self.bytes_max - self.bytes.len();
                    self.bytes.extend_from_slice(&input[..end.min(room)]);
                    let has_end = end < input.len();
                    self.input.consume(end);
                    if has_end {
                        break;
                    }
                }
            }
        }
        self.spans.clear();
        self.spans.push((0, self.bytes.len()));
        Ok(())
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
            let Some(input) = fill(&mut self.input, self.line)? else { return Ok(false) };
            let first = input[0];
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

/// What can be read without waiting; nothing at the end of the text.
fn fill<R: BufRead>(input: &mut Input<R>, line: u64) -> Result<Option<&[u8]>, RecordError> {
    loop {
        match input.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(RecordError::Io(line, error)),
        }
    }
    // Asked again, because the loop above may not keep what it was lent.
    let input = input.fill_buf().map_err(|error| RecordError::Io(line, error))?;
    Ok((!input.is_empty()).then_some(input))
}

impl FirstLine {
    /// The first line end in a run of a quoted field; `length` is how many bytes the record had before it.
    fn in_run(run: &[u8], length: usize) -> Option<Self> {
        memchr::memchr2(b'\n', b'\r', run).map(|at| Self {
            length: length + at,
            ends_in_return: run[at] == b'\r',
            behind: run[at + 1..].to_vec(),
        })
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
    fn a_lone_quote_takes_no_other_row_with_it() {
        for end in ["\n", "\r\n"] {
            for (text, malformed) in [
                ("a,\"oops\nb,1\nc,\"oops\nd,\"2\n3\"\n", &[1, 3][..]),
                ("a,\"5 inch\nb,\"3\" disk\nc,\"d\"e\"\nd,2\n", &[1, 2, 3]),
                ("\"a\"b,\"\n\"\"\n\"c\nd\"\n", &[1]),
            ] {
                let text = text.replace('\n', end);
                for buffer in [3, 5, 64] {
                    let input = io::BufReader::with_capacity(buffer, text.as_bytes());
                    let mut records = Records::new(input, 1 << 20);
                    let mut found = Vec::new();
                    while let Some(record) = records.next().unwrap() {
                        assert_eq!(
                            record.is_malformed,
                            malformed.contains(&record.line),
                            "{text:?} {buffer}"
                        );
                        found.push(record.line);
                    }
                    let expected: &[u64] = if malformed.len() == 1 { &[1, 2, 3] } else { &[1, 2, 3, 4] };
                    assert_eq!(found, expected, "{text:?} {buffer}");
                }
            }
        }
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
        assert!(records.bytes.len() <= 100_000 && records.bytes.capacity() <= 200_000);
        let mut records = Records::new(io::BufReader::new(io::repeat(b'"')), 100_000);
        assert!(matches!(records.next(), Err(RecordError::TooLong(1))));
        assert!(records.bytes.len() <= 100_000 && records.bytes.capacity() <= 200_000);
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
            let rest = io::read_to_string(rest).unwrap();
            assert_eq!((&*rest, found), ("b,c", line), "{text:?}");
            let mut records = Records::resume(rest.as_bytes(), found, 100);
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
