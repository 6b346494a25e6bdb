//! A provider's table in a stream of records: its headings, and which records below them are whole rows.

use std::io::BufRead;

use billing_core::{
    line_item::Row,
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    containers::read_error,
    csv::{Record, RecordError, Records},
    error::DetailError,
    fields::Layout,
};

/// The headings of a table.
pub(crate) struct Headings {
    text: String,
    spans: Vec<(usize, usize)>,
    /// Whether there is no line for them, because each row names its fields.
    are_named: bool,
}

/// Why a record is no row.
pub(crate) enum NoRow {
    /// Nothing stands there.
    Blank,
    /// It must be rejected: what stands there, and why.
    Broken(String, String),
}

impl Headings {
    /// The headings of a table that has no line for them, because each row names its fields.
    pub(crate) fn of_names(names: &[&str]) -> Self {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for name in names {
            let start = text.len();
            text.push_str(name);
            spans.push((start, text.len()));
        }
        Self { text, spans, are_named: true }
    }

    /// Fills `bytes` and `spans` with a malformed record of a table whose rows name their fields: the row as it stands in
    /// the file, and why it cannot be read.
    pub(crate) fn broken_row(row: &[u8], reason: &str, bytes: &mut Vec<u8>, spans: &mut Vec<(usize, usize)>) {
        let text = String::from_utf8_lossy(row);
        bytes.clear();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(reason.as_bytes());
        spans.clear();
        spans.extend([(0, text.len()), (text.len(), bytes.len())]);
    }

    /// What reads the rows below such headings.
    pub(crate) fn reader(
        &self,
        file: &str,
        format: &dyn TableFormat,
        tags: &TagNames,
    ) -> Result<Box<dyn RowReader>, DetailError> {
        let fields = fields(&self.text, &self.spans);
        format.headings(Row::new(&fields), tags).map_err(|missing| {
            let best = Some((1, missing));
            missing_error(file, best, format)
        })
    }
}

/// Finds the headings, which may stand below lines that only people read, and what reads the rows below them.
pub(crate) fn find_headings<R: BufRead>(
    file: &str,
    records: &mut Records<R>,
    format: &dyn TableFormat,
    tags: &TagNames,
    bytes_max: usize,
) -> Result<(Headings, Box<dyn RowReader>), DetailError> {
    let mut best: Option<(u64, MissingColumns)> = None;
    let mut separated: Option<(u64, char)> = None;
    for _ in 0..=format.preamble_max() {
        let Some(record) = next_record(file, records, bytes_max)? else { break };
        let text = record.text().filter(|text| memchr::memchr(0, text.as_bytes()).is_none());
        let Some(text) = text else {
            let problem = "this is not a text table in UTF-8; import the provider's CSV export, or save the file as \
                           UTF-8";
            return Err(DetailError::at_line(file, record.line, problem));
        };
        match format.headings(Row::new(&fields(text, record.spans)), tags) {
            Ok(reader) => {
                let (text, spans) = (text.to_owned(), record.spans.to_vec());
                return Ok((Headings { text, spans, are_named: false }, reader));
            }
            Err(MissingColumns { refused: Some(refused), .. }) => {
                return Err(DetailError::at_line(file, record.line, refused));
            }
            Err(missing) => {
                if separated.is_none() {
                    let has_headings = |names: &[&str]| format.headings(Row::new(names), tags).is_ok();
                    separated =
                        other_separator(&record, text, has_headings).map(|found| (record.line, found));
                }
                if best.as_ref().is_none_or(|(_, known)| known.found < missing.found) {
                    best = Some((record.line, missing));
                }
            }
        }
    }
    if let Some((line, separator)) = separated {
        let shown = if separator == '\t' { "tabs".to_owned() } else { format!("'{separator}'") };
        let problem = format!("the fields are separated by {shown}, expected ','; export it with commas");
        return Err(DetailError::at_line(file, line, problem));
    }
    Err(missing_error(file, best, format))
}

fn missing_error(file: &str, best: Option<(u64, MissingColumns)>, format: &dyn TableFormat) -> DetailError {
    let required = format.required();
    match best {
        Some((_, MissingColumns { refused: Some(refused), .. })) => DetailError::input(file, refused),
        None => DetailError::input(file, "there is no line with text in it; export it again"),
        Some((_, MissingColumns { found: 0, .. })) => {
            DetailError::input(file, format!("no line has the headings of this table; expected {required}"))
        }
        Some((line, MissingColumns { missing, .. })) => {
            let columns = if missing.len() == 1 { "column" } else { "columns" };
            let missing = missing.join(", ");
            let problem = format!("the headings lack the {columns} {missing}; expected {required}");
            DetailError::at_line(file, line, problem)
        }
    }
}

/// The character that would make headings of the record, if the commas are not what separates its fields.
fn other_separator(record: &Record<'_>, text: &str, has_headings: impl Fn(&[&str]) -> bool) -> Option<char> {
    let line = fields(text, record.spans).join(",");
    [';', '\t', '|'].into_iter().find(|separator| {
        let names: Vec<&str> = line.split(*separator).map(|name| name.trim().trim_matches('"')).collect();
        names.len() > 1 && has_headings(&names)
    })
}

/// The next record of a file.
pub(crate) fn next_record<'r, R: BufRead>(
    file: &str,
    records: &'r mut Records<R>,
    bytes_max: usize,
) -> Result<Option<Record<'r>>, DetailError> {
    records.next().map_err(|error| record_error(file, error, bytes_max))
}

/// The sentence for a file of which no further record can be read.
pub(crate) fn record_error(file: &str, error: RecordError, bytes_max: usize) -> DetailError {
    match error {
        RecordError::Io(line, error) => read_error(file, line, &error),
        RecordError::UnclosedQuote(line) => {
            let problem = "a quote that opens on this line is not closed before the end of the file; export it \
                           again";
            DetailError::at_line(file, line, problem)
        }
        RecordError::TooLong(line) => {
            let size = size(bytes_max);
            let problem = format!("the line is longer than {size}; look for a quote that is not closed");
            DetailError::at_line(file, line, problem)
        }
        RecordError::TooManyFields(line) => {
            let problem = "the line has more fields than any table; import the provider's CSV export";
            DetailError::at_line(file, line, problem)
        }
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        mebibytes if mebibytes >= 1 << 20 && mebibytes.is_multiple_of(1 << 20) => {
            format!("{} MiB", mebibytes >> 20)
        }
        bytes => format!("{bytes} bytes"),
    }
}

impl Headings {
    /// Which fields the rows have, and which are wanted. No record is longer than `bytes_max` bytes.
    pub(crate) fn layout(&self, wanted: &[usize], bytes_max: usize) -> Layout {
        Layout { fields: self.spans.len(), wanted: wanted.to_vec(), bytes_max }
    }

    /// Whether a row has the headings' own texts in all wanted fields: then it may be the headings once more.
    pub(crate) fn may_repeat_in(&self, fields: &[&str], wanted: &[usize]) -> bool {
        let heading =
            |place: &usize| self.spans.get(*place).and_then(|(start, end)| self.text.get(*start..*end));
        wanted
            .iter()
            .zip(fields)
            .all(|(place, field)| heading(place) == Some(field.trim_start_matches('\u{feff}')))
    }

    /// The record's text, if it is a whole row below these headings.
    pub(crate) fn row_text<'r>(&self, record: &Record<'r>) -> Result<&'r str, NoRow> {
        let Some(text) = record.text() else {
            let problem = "the row is not UTF-8 text; export the file as UTF-8";
            return Err(NoRow::Broken(
                String::from_utf8_lossy(record.bytes).into_owned(),
                problem.to_owned(),
            ));
        };
        if record.is_malformed && self.are_named {
            let field = |at: usize| record.spans.get(at).and_then(|(start, end)| text.get(*start..*end));
            let [row, reason] = [0, 1].map(|at| field(at).unwrap_or_default().to_owned());
            return Err(NoRow::Broken(row, reason));
        }
        if record.is_malformed {
            let problem = "a quote is closed in the middle of a field; write a quote inside a field as two quotes, \
                           or none";
            return Err(NoRow::Broken(text.to_owned(), problem.to_owned()));
        }
        if record.spans.len() != self.spans.len() {
            if record.spans.len() == 1 && text.trim().is_empty() {
                return Err(NoRow::Blank);
            }
            let (count, headings) = (record.spans.len(), self.spans.len());
            let noun = if count == 1 { "field" } else { "fields" };
            let problem = format!(
                "the row has {count} {noun}, the headings have {headings}; look for a comma or quote too many \
                 or too few"
            );
            return Err(NoRow::Broken(start_of(&fields(text, record.spans)), problem));
        }
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(NoRow::with_nul(&fields(text, record.spans)));
        }
        // Files that were put together keep the mark that each began with.
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        if bare.len() == self.text.len() && bare == self.text {
            let problem = "the headings are repeated: files were joined into one; remove this line";
            return Err(NoRow::Broken(start_of(&fields(text, record.spans)), problem.to_owned()));
        }
        Ok(text)
    }
}

/// The fields that stand at these places of a text.
fn fields<'t>(text: &'t str, spans: &[(usize, usize)]) -> Vec<&'t str> {
    spans.iter().map(|(start, end)| text.get(*start..*end).unwrap_or("")).collect()
}

impl NoRow {
    /// A row that has a NUL byte in it.
    pub(crate) fn with_nul(fields: &[&str]) -> Self {
        let problem = "the row has a NUL byte in it; export the file again";
        Self::Broken(start_of(fields), problem.to_owned())
    }
}

/// The start of a row, for showing.
fn start_of(fields: &[&str]) -> String {
    fields[..fields.len().min(20)].join(",")
}
