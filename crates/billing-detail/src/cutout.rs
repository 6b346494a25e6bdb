//! Records that were cut one by one, on their way to the thread that reads them.

use crate::csv::Record;

/// Records, one behind the other.
#[derive(Default)]
pub(crate) struct Cutout {
    /// Their fields, without commas and quotes.
    bytes: Vec<u8>,
    /// Where each field starts and ends.
    spans: Vec<(usize, usize)>,
    records: Vec<CutRecord>,
}

/// A record of a [`Cutout`]: its line, and where its bytes and its spans end.
struct CutRecord {
    line: u64,
    bytes_end: usize,
    spans_end: usize,
    is_malformed: bool,
}

impl Cutout {
    /// Adds a record.
    pub(crate) fn push(&mut self, record: &Record<'_>) {
        self.bytes.extend_from_slice(record.bytes);
        self.spans.extend_from_slice(record.spans);
        self.records.push(CutRecord {
            line: record.line,
            bytes_end: self.bytes.len(),
            spans_end: self.spans.len(),
            is_malformed: record.is_malformed,
        });
    }

    /// Bytes of memory that the records take.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.spans) + size_of_val(&*self.records)
    }

    /// The records, as they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let (mut byte, mut span) = (0, 0);
        self.records.iter().map(move |record| Record {
            line: record.line,
            bytes: &self.bytes[std::mem::replace(&mut byte, record.bytes_end)..record.bytes_end],
            spans: &self.spans[std::mem::replace(&mut span, record.spans_end)..record.spans_end],
            is_malformed: record.is_malformed,
        })
    }
}
