//! Rows in a stream of JSON: lines of objects, an array of them, or pages of a provider's answers with the rows in
//! their `value` (Azure) or `Accounts` (AWS).
//!
//! Streams; holds one row, and no row that is longer than its limit. Numbers keep the text that the file has.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde_json::value::RawValue;

/// The members of a page whose elements are the rows.
const PAGE_MEMBERS: [&[u8]; 2] = [b"value", b"Accounts"];
/// The members of a page that say where the next one is.
const NEXT_MEMBERS: [&[u8]; 2] = [b"nextLink", b"NextToken"];

/// Cuts a stream into the objects that are rows.
pub(crate) struct Objects<R> {
    input: R,
    /// What was read of it, and how much of that was looked at.
    buffer: Vec<u8>,
    looked_at: usize,
    /// The line on which the next byte stands.
    line: u64,
    bytes_max: usize,
    object: Vec<u8>,
    /// How many brackets are open, those of the row among them.
    depth: usize,
    /// How many are open around a row.
    around: usize,
    state: State,
    /// The last whole string of the page itself: perhaps the name of a member.
    name: Vec<u8>,
    start: u64,
    next: Next,
    pages: Pages,
}

/// Where a page's word of the next one is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// Not told so far.
    Unknown,
    /// What comes is the value of its member.
    Value,
    /// It is told: there is a next page.
    Told,
}

/// The pages of a list that were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pages {
    /// The line on which the first page ends that says that there is a next one.
    pub(crate) unfinished: Option<u64>,
    /// Whether there was one that is the last.
    pub(crate) last: bool,
}

/// What the last byte was part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Between,
    Text,
    Escape,
}

/// Why no further row can be read.
#[derive(Debug)]
pub(crate) enum JsonError {
    /// The row that starts on this line is longer than the limit.
    TooLong(u64),
    /// The text ends inside what starts on this line.
    Unfinished(u64),
    /// Something on this line is no JSON, or no row.
    NotJson(u64),
    /// The stream fails, this line being the last one reached.
    Io(u64, io::Error),
}

/// What a byte completes.
enum Step {
    More,
    Row,
}

impl<R: BufRead> Objects<R> {
    /// Reads rows of at most `bytes_max` bytes.
    pub(crate) fn new(input: R, bytes_max: usize) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            looked_at: 0,
            line: 1,
            bytes_max,
            object: Vec::new(),
            depth: 0,
            around: 0,
            state: State::Between,
            name: Vec::new(),
            start: 1,
            next: Next::Unknown,
            pages: Pages::default(),
        }
    }

    /// The pages seen so far.
    pub(crate) fn pages(&self) -> Pages {
        self.pages
    }

    /// The next row's line and text.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &[u8])>, JsonError> {
        self.object.clear();
        loop {
            if self.looked_at == self.buffer.len() && !self.fill()? {
                return if self.depth == 0 { Ok(None) } else { Err(JsonError::Unfinished(self.start)) };
            }
            let byte = self.buffer[self.looked_at];
            self.looked_at += 1;
            let step = self.step(byte, self.line)?;
            self.line += u64::from(byte == b'\n');
            if let Step::Row = step {
                return Ok(Some((self.start, &self.object)));
            }
        }
    }

    /// Reads on; false at the end of the stream.
    fn fill(&mut self) -> Result<bool, JsonError> {
        self.buffer.clear();
        self.looked_at = 0;
        loop {
            match self.input.fill_buf() {
                Ok(input) => self.buffer.extend_from_slice(input),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(JsonError::Io(self.line, error)),
            }
            self.input.consume(self.buffer.len());
            return Ok(!self.buffer.is_empty());
        }
    }

    /// Takes a byte that stands on a line.
    fn step(&mut self, byte: u8, line: u64) -> Result<Step, JsonError> {
        let in_row = self.depth > self.around;
        if in_row {
            if self.object.len() >= self.bytes_max {
                return Err(JsonError::TooLong(self.start));
            }
            self.object.push(byte);
        }
        match (self.state, byte) {
            (State::Escape, _) => self.state = State::Text,
            (State::Text, b'\\') => self.state = State::Escape,
            (State::Text, b'"') => self.state = State::Between,
            (State::Text, _) if self.depth == 1 => {
                if self.next == Next::Value {
                    self.next = Next::Told;
                } else if self.name.len() < 64 {
                    self.name.push(byte);
                }
            }
            (State::Text, _) => {}
            (State::Between, b'"') if self.depth > 0 => {
                self.state = State::Text;
                self.name.clear();
            }
            (State::Between, b':') if self.depth == 1 && NEXT_MEMBERS.contains(&&*self.name) => {
                self.next = Next::Value;
            }
            (State::Between, b',') if self.depth == 1 && self.next == Next::Value => {
                self.next = Next::Unknown;
            }
            (State::Between, b'{' | b'[') => self.open(byte, line)?,
            (State::Between, b'}' | b']') => return self.close(line),
            (State::Between, _) if self.depth > 0 || is_between(byte) => {}
            (State::Between, _) => return Err(JsonError::NotJson(line)),
        }
        Ok(Step::More)
    }

    fn open(&mut self, byte: u8, line: u64) -> Result<(), JsonError> {
        self.depth += 1;
        if byte == b'{' && self.depth == self.around + 1 {
            self.start = line;
            self.object.clear();
            self.object.push(byte);
        } else if byte == b'[' && self.depth == 1 {
            // An array of rows.
            self.around = 1;
            self.start = line;
        } else if byte == b'[' && self.depth == 2 && PAGE_MEMBERS.contains(&&*self.name) && self.around == 0 {
            // What was thought to be a row is a page.
            self.around = 2;
            self.object.clear();
        } else if byte == b'[' && self.depth == self.around + 1 {
            return Err(JsonError::NotJson(line));
        }
        Ok(())
    }

    fn close(&mut self, line: u64) -> Result<Step, JsonError> {
        let Some(depth) = self.depth.checked_sub(1) else { return Err(JsonError::NotJson(line)) };
        let was_row = self.depth == self.around + 1;
        self.depth = depth;
        if depth == 0 {
            self.end_page(line);
        }
        if was_row && !self.object.is_empty() {
            return Ok(Step::Row);
        }
        match (depth, self.around) {
            (0, _) => self.around = 0,
            (1, 2) => self.around = REST_OF_PAGE,
            _ => {}
        }
        Ok(Step::More)
    }
}

impl<R> Objects<R> {
    /// Notes whether the page that ends on a line is the last one.
    fn end_page(&mut self, line: u64) {
        let has_next = std::mem::replace(&mut self.next, Next::Unknown) == Next::Told;
        if self.around != REST_OF_PAGE {
            return;
        }
        match has_next {
            true => self.pages.unfinished = self.pages.unfinished.or(Some(line)),
            false => self.pages.last = true,
        }
    }
}

/// More brackets than a file opens: nothing behind the rows of a page is a row.
const REST_OF_PAGE: usize = usize::MAX - 1;

/// Whether a byte may stand between rows: white space, a comma, or the mark before a text.
fn is_between(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF)
}

/// The members of an object, by name.
type Members<'j> = BTreeMap<Cow<'j, str>, &'j RawValue>;

/// Appends the texts of an object's fields, in the order of their paths; for each, where it starts and ends.
///
/// # Errors
/// When the text is not an object.
pub(crate) fn fields(
    object: &[u8],
    paths: &[&str],
    bytes: &mut Vec<u8>,
    spans: &mut Vec<(usize, usize)>,
) -> Result<(), serde_json::Error> {
    let members: Members<'_> = serde_json::from_slice(object)?;
    // Fields of one inner object mostly stand together in the list.
    let mut inner: Option<(&str, Option<Members<'_>>)> = None;
    for path in paths {
        let start = bytes.len();
        let value = match path.rsplit_once('.') {
            None => members.get(*path).copied(),
            Some((parent, name)) => {
                if inner.as_ref().is_none_or(|(known, _)| *known != parent) {
                    inner = Some((parent, within(&members, parent)?));
                }
                inner.as_ref().and_then(|(_, members)| members.as_ref()?.get(name).copied())
            }
        };
        if let Some(value) = value {
            put(value.get(), bytes)?;
        }
        spans.push((start, bytes.len()));
    }
    Ok(())
}

/// The members of the object at a path; nothing where there is none.
fn within<'j>(members: &Members<'j>, path: &str) -> Result<Option<Members<'j>>, serde_json::Error> {
    let mut names = path.split('.');
    let mut value = names.next().and_then(|name| members.get(name).copied());
    for name in names {
        let Some(found) = object(value)? else { return Ok(None) };
        value = found.get(name).copied();
    }
    object(value)
}

fn object(value: Option<&RawValue>) -> Result<Option<Members<'_>>, serde_json::Error> {
    match value.filter(|value| value.get().starts_with('{')) {
        Some(value) => serde_json::from_str(value.get()).map(Some),
        None => Ok(None),
    }
}

/// A value as text: a text by itself, nothing for null, and everything else as it is written, without white space.
fn put(value: &str, bytes: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value.as_bytes().first() {
        Some(b'"') => bytes.extend_from_slice(serde_json::from_str::<Cow<'_, str>>(value)?.as_bytes()),
        Some(b'{' | b'[') => compact(value, bytes),
        _ if value == "null" => {}
        _ => bytes.extend_from_slice(value.as_bytes()),
    }
    Ok(())
}

fn compact(value: &str, bytes: &mut Vec<u8>) {
    let (mut in_text, mut escaped) = (false, false);
    for byte in value.bytes() {
        if in_text || !byte.is_ascii_whitespace() {
            bytes.push(byte);
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, buffer: usize) -> Result<Vec<(u64, String)>, JsonError> {
        let mut objects = Objects::new(io::BufReader::with_capacity(buffer, text.as_bytes()), 1000);
        let mut all = Vec::new();
        while let Some((line, row)) = objects.next()? {
            all.push((line, String::from_utf8(row.to_vec()).unwrap()));
        }
        Ok(all)
    }

    fn check(text: &str, expected: &[(u64, &str)]) {
        for buffer in [1, 7, 4096] {
            let found = rows(text, buffer).unwrap();
            let found: Vec<(u64, &str)> = found.iter().map(|(line, row)| (*line, row.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn rows_stand_in_lines_arrays_and_pages() {
        check("{\"a\":1}\n\n{\"a\":{\"b\":[1,2]}}\n", &[(1, "{\"a\":1}"), (3, "{\"a\":{\"b\":[1,2]}}")]);
        check(
            "\u{feff}[ {\"a\":\"]}\"},\n{\"a\":\"\\\"}\"} ]",
            &[(1, "{\"a\":\"]}\"}"), (2, "{\"a\":\"\\\"}\"}")],
        );
        check(
            "{\"x\":{\"value\":[3]},\n\"value\": [\n{\"a\":1},{\"value\":[{}]}],\"next\":{\"a\":[{\"b\":1}]}}\n{\"value\":[{\"a\":9}]}",
            &[(3, "{\"a\":1}"), (3, "{\"value\":[{}]}"), (4, "{\"a\":9}")],
        );
        check("{\"Accounts\":[]}", &[]);
        check("", &[]);
    }

    #[test]
    fn a_page_tells_whether_it_is_the_last_one() {
        for (text, unfinished, last) in [
            (r#"{"value":[{"a":1}],"nextLink":"https://x"}"#, Some(1), false),
            ("{\"nextLink\" : \"https://x\",\n\"value\":[]}", Some(2), false),
            (r#"{"value":[{"nextLink":"x"}],"nextLink":null}"#, None, true),
            (r#"{"value":[],"nextLink":""}"#, None, true),
            (r#"{"nextLink":null,"value":[],"x":"y"}"#, None, true),
            (r#"{"Accounts":[{}],"NextToken":"t"}{"Accounts":[{}]}"#, Some(1), true),
            (r#"{"nextLink":"a row's own"}"#, None, false),
            (r#"[{"nextLink":"a row's own"}]"#, None, false),
        ] {
            let mut objects = Objects::new(text.as_bytes(), 1000);
            while objects.next().unwrap().is_some() {}
            assert_eq!(objects.pages(), Pages { unfinished, last }, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        assert!(matches!(rows("{\"a\":1}\n{\"a\":", 9), Err(JsonError::Unfinished(2))));
        assert!(matches!(rows("{\"a\":1}\nx", 9), Err(JsonError::NotJson(2))));
        assert!(matches!(rows("{}\n]", 9), Err(JsonError::NotJson(2))));
        assert!(matches!(rows("[[1]]", 9), Err(JsonError::NotJson(1))));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(2000));
        assert!(matches!(rows(&long, 9), Err(JsonError::TooLong(1))));
    }

    fn texts(object: &str, paths: &[&str]) -> Vec<String> {
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        fields(object.as_bytes(), paths, &mut bytes, &mut spans).unwrap();
        spans.iter().map(|(start, end)| String::from_utf8(bytes[*start..*end].to_vec()).unwrap()).collect()
    }

    #[test]
    fn fields_are_found_by_their_path_and_keep_their_text() {
        let object = r#"{"cost": 1.2300E-7, "project": {"id": "a\u00e9", "x": {"y": true}}, "labels": [ {"k": "a b"} ],
            "none": null}"#;
        assert_eq!(
            texts(
                object,
                &["cost", "project.id", "project.name", "project.x.y", "labels", "none", "gone.id"]
            ),
            ["1.2300E-7", "aé", "", "true", r#"[{"k":"a b"}]"#, "", ""]
        );
        let (mut bytes, mut spans) = (Vec::new(), Vec::new());
        assert!(fields(b"{\"a\": }", &["a"], &mut bytes, &mut spans).is_err());
    }
}
