//! Rows in a stream of JSON: lines of objects, an array of them, or pages of a provider's answers with the rows in
//! their `value` (Azure) or `Accounts` (AWS).
//!
//! Streams; holds one row, and no row that is longer than its limit. Numbers keep the text that the file has.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    io::{self, BufRead},
};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a page whose elements are the rows.
const PAGE_MEMBERS: [&[u8]; 2] = [b"value", b"Accounts"];
/// The members of a page that say where the next one is.
const NEXT_MEMBERS: [&str; 2] = ["nextLink", "NextToken"];

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
    /// The page without its rows, and the line on which it starts.
    page: (u64, Vec<u8>),
    /// How many brackets are open, those of the row among them.
    depth: usize,
    /// How many are open around a row.
    around: usize,
    state: State,
    /// The last whole string of the page itself: perhaps the name of a member.
    name: Vec<u8>,
    start: u64,
    pages: Pages,
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
    /// Something on this line stands between the rows, or after them, and is none.
    NoRow(u64),
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
            page: (1, Vec::new()),
            depth: 0,
            around: 0,
            state: State::Between,
            name: Vec::new(),
            start: 1,
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
        if self.depth > self.around {
            self.keep(byte)?;
        } else if self.around == REST_OF_PAGE {
            self.keep_of_page(byte)?;
        } else if !is_between(byte) {
            return self.around_rows(byte, line);
        }
        match (self.state, byte) {
            (State::Escape, _) => self.state = State::Text,
            (State::Text, b'\\') => self.state = State::Escape,
            (State::Text, b'"') => self.state = State::Between,
            (State::Text, _) if self.depth == 1 && self.name.len() < 64 => self.name.push(byte),
            (State::Text, _) => {}
            (State::Between, b'"') => {
                self.state = State::Text;
                self.name.clear();
            }
            (State::Between, b'{' | b'[') => return self.open_inner(byte, line),
            (State::Between, b'}' | b']') => return self.close(line),
            (State::Between, _) => {}
        }
        Ok(Step::More)
    }

    fn keep(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.object.len() >= self.bytes_max {
            return Err(JsonError::TooLong(self.start));
        }
        self.object.push(byte);
        Ok(())
    }

    fn keep_of_page(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.page.1.len() >= self.bytes_max {
            return Err(JsonError::TooLong(self.page.0));
        }
        self.page.1.push(byte);
        Ok(())
    }

    /// Takes a byte that stands between rows: only lists and rows begin there, and end.
    fn around_rows(&mut self, byte: u8, line: u64) -> Result<Step, JsonError> {
        match byte {
            b'{' => {
                self.depth += 1;
                self.start = line;
                self.object.clear();
                self.object.push(byte);
            }
            b'[' if self.depth == 0 => {
                self.depth = 1;
                self.around = 1;
                self.start = line;
            }
            b']' if self.around == 1 => {
                self.depth = 0;
                self.around = 0;
            }
            b']' if self.around == 2 => {
                self.depth = 1;
                self.around = REST_OF_PAGE;
                self.page.1.push(byte);
            }
            _ => return Err(JsonError::NoRow(line)),
        }
        Ok(Step::More)
    }

    /// Opens a bracket in a row or a page.
    fn open_inner(&mut self, byte: u8, line: u64) -> Result<Step, JsonError> {
        self.depth += 1;
        let is_list_of_page = byte == b'[' && self.depth == 2 && PAGE_MEMBERS.contains(&&*self.name);
        if is_list_of_page && self.around == REST_OF_PAGE {
            // Two lists in one page: nobody knows which holds the rows.
            return Err(JsonError::NoRow(line));
        }
        if is_list_of_page && self.around == 0 {
            // What was thought to be a row is a page.
            self.around = 2;
            self.page = (self.start, std::mem::take(&mut self.object));
        }
        Ok(Step::More)
    }

    /// Closes a bracket of a row or a page.
    fn close(&mut self, line: u64) -> Result<Step, JsonError> {
        self.depth -= 1;
        if self.depth == self.around {
            return Ok(Step::Row);
        }
        if self.depth == 0 && self.around == REST_OF_PAGE {
            self.around = 0;
            let (start, page) = std::mem::take(&mut self.page);
            let page: Members<'_> = serde_json::from_slice(&page).map_err(|_| JsonError::NotJson(start))?;
            let tells_next = |name: &&str| page.0.get(*name).is_some_and(|next| !is_nothing(next));
            if NEXT_MEMBERS.iter().any(tells_next) {
                self.pages.unfinished = self.pages.unfinished.or(Some(line));
            } else {
                self.pages.last = true;
            }
        }
        Ok(Step::More)
    }
}

/// More brackets than a file opens: nothing behind the rows of a page is a row.
const REST_OF_PAGE: usize = usize::MAX - 1;

/// Whether a member has no value, or an empty one.
fn is_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "\"\"")
}

/// Whether a byte may stand between rows: white space, a comma, or the mark before a text.
fn is_between(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF)
}

/// The members of an object, by name.
struct Members<'j>(BTreeMap<Cow<'j, str>, &'j RawValue>);

impl<'de: 'j, 'j> Deserialize<'de> for Members<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = BTreeMap<Cow<'de, str>, &'de RawValue>;

            fn expecting(&self, expected: &mut fmt::Formatter<'_>) -> fmt::Result {
                expected.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(Name(name)) = map.next_key()? {
                    if members.insert(name, map.next_value()?).is_some() {
                        return Err(serde::de::Error::custom(TWICE));
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Each).map(Self)
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

/// How an error begins that comes of two members with one name.
const TWICE: &str = "one name twice";

/// Why an object's fields cannot be had.
#[derive(Debug)]
pub(crate) enum FieldsError {
    /// It is no JSON.
    NotJson,
    /// It is, but must be rejected; the reason.
    Rejected(&'static str),
}

impl FieldsError {
    fn of(object: &[u8], error: &serde_json::Error) -> Self {
        if std::str::from_utf8(object).is_err() {
            return Self::Rejected("the row is not UTF-8 text; export the file as UTF-8");
        }
        match serde_json::from_slice::<IgnoredAny>(object) {
            Err(_) => Self::NotJson,
            Ok(_) if error.to_string().starts_with(TWICE) => Self::Rejected(
                "the row has two fields of one name, and nothing tells which holds; export it again",
            ),
            Ok(_) => {
                Self::Rejected("the row has half a letter in a text (a lone \\u surrogate); export it again")
            }
        }
    }
}

/// Appends the texts of an object's fields, in the order of their paths; for each, where it starts and ends.
///
/// # Errors
/// When the text is not an object, or one that must be rejected.
pub(crate) fn fields(
    object: &[u8],
    paths: &[&str],
    bytes: &mut Vec<u8>,
    spans: &mut Vec<(usize, usize)>,
) -> Result<(), FieldsError> {
    texts(object, paths, bytes, spans).map_err(|error| FieldsError::of(object, &error))
}

fn texts(
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
            None => members.0.get(*path).copied(),
            Some((parent, name)) => {
                if inner.as_ref().is_none_or(|(known, _)| *known != parent) {
                    inner = Some((parent, within(&members, parent)?));
                }
                inner.as_ref().and_then(|(_, members)| members.as_ref()?.0.get(name).copied())
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
    let mut value = names.next().and_then(|name| members.0.get(name).copied());
    for name in names {
        let Some(found) = object(value)? else { return Ok(None) };
        value = found.0.get(name).copied();
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
        for text in
            ["{\"a\":1}\nx", "{}\n]", "[\n[1]]", "[\n1,2]", "[\nnull]", "[{}\n,\"cost\":5,{}]", "[{}\n}"]
        {
            assert!(matches!(rows(text, 9), Err(JsonError::NoRow(2))), "{text}");
        }
        for text in ["{\"value\":[{}\n,1]}", "{\"value\":[{}]\n,\"Accounts\":[{}]}", "{\"value\":[]}\n7"] {
            assert!(matches!(rows(text, 9), Err(JsonError::NoRow(2))), "{text}");
        }
        for text in
            ["\n{\"value\":[{}] lost}", "\n{lost \"value\":[{}]}", "\n{\"value\":[{}],\"a\":1,\"a\":2}"]
        {
            assert!(matches!(rows(text, 9), Err(JsonError::NotJson(2))), "{text}");
        }
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
    }

    #[test]
    fn a_row_that_is_not_clear_is_told_from_one_that_is_no_json() {
        let failure =
            |object: &[u8]| fields(object, &["a", "b.c"], &mut Vec::new(), &mut Vec::new()).unwrap_err();
        assert!(matches!(failure(b"{\"a\": }"), FieldsError::NotJson));
        assert!(matches!(failure(b"{\"a\":1 lost}"), FieldsError::NotJson));
        for (object, reason) in [
            (&b"{\"a\":1,\"a\":1}"[..], "two fields of one name"),
            (b"{\"a\":1,\"\\u0061\":2}", "two fields of one name"),
            (b"{\"b\":{\"c\":1,\"c\":2}}", "two fields of one name"),
            (b"{\"a\":\"x\\ud800\"}", "lone \\u surrogate"),
            (b"{\"a\":\"\xFF\"}", "not UTF-8"),
        ] {
            let FieldsError::Rejected(told) = failure(object) else { panic!("{reason}") };
            assert!(told.contains(reason), "{told}");
        }
    }
}
