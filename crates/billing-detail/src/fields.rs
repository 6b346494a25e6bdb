//! The fields of a block's records: only those that are wanted, where they stand in the text.

use crate::{blocks::Block, structure::CHUNK};

/// Which fields a table's records have, and which of them are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// How many fields each record has.
    pub(crate) fields: usize,
    /// The places of those that are wanted.
    pub(crate) wanted: Vec<usize>,
    /// The longest record, in bytes.
    pub(crate) bytes_max: usize,
}

/// Finds fields. Its memory is used for one block after the other.
#[derive(Default)]
pub(crate) struct Fields {
    /// Where each field of the block ends.
    ends: Vec<u32>,
    /// Fields with doubled quotes, whose text is put behind the block's: which they are, and where that is.
    unescaped: Vec<(usize, (usize, usize))>,
    spans: Vec<(usize, usize)>,
}

/// The records of a block.
pub(crate) struct Rows<'b> {
    layout: &'b Layout,
    text: &'b str,
    inner_lines: &'b [u32],
    has_quotes: bool,
    ends: &'b [u32],
    unescaped: &'b [(usize, (usize, usize))],
    spans: &'b mut Vec<(usize, usize)>,
    at: usize,
    line: u64,
}

/// A record, as far as it is wanted.
pub(crate) struct FoundRow<'r> {
    /// The line on which it starts.
    pub(crate) line: u64,
    /// All of it as it stands in the file, with the end of its line.
    pub(crate) record: &'r str,
    /// The text in which its fields stand.
    pub(crate) text: &'r str,
    /// Where each wanted field starts and ends.
    pub(crate) spans: &'r [(usize, usize)],
}

impl Fields {
    /// The rows of a block; `None` when one of its records is not plainly a row of this table.
    pub(crate) fn rows<'b>(&'b mut self, block: &'b mut Block, layout: &'b Layout) -> Option<Rows<'b>> {
        let structure = &block.structure;
        let end = structure.end;
        // A table of one column has records that cannot be told from empty lines.
        if structure.has_bare_returns || layout.fields < 2 || !self.find_ends(block, layout) {
            return None;
        }
        block.bytes.truncate(end);
        if memchr::memchr(0, &block.bytes).is_some() {
            return None;
        }
        self.unescaped.clear();
        if structure.has_escapes {
            self.unescape(&mut block.bytes, layout);
        }
        let text = simdutf8::basic::from_utf8(&block.bytes).ok()?;
        Some(Rows {
            layout,
            text,
            inner_lines: &block.structure.inner_lines,
            has_quotes: block.structure.has_quotes,
            ends: &self.ends,
            unescaped: &self.unescaped,
            spans: &mut self.spans,
            at: 0,
            line: block.line,
        })
    }

    /// Finds the end of each field; false where a record has more or fewer than the headings, or is too long.
    fn find_ends(&mut self, block: &Block, layout: &Layout) -> bool {
        let structure = &block.structure;
        let chunks = structure.end.div_ceil(CHUNK);
        let masks = &structure.separators[..chunks];
        // Behind the last record there are separators only in its own chunk.
        let count: usize = masks.iter().map(|mask| mask.count_ones() as usize).sum();
        let fields = structure.records * layout.fields;
        if count < fields || count > fields + CHUNK {
            return false;
        }
        self.ends.clear();
        self.ends.resize(count + CHUNK, 0);
        let mut found = 0;
        for (chunk, mask) in masks.iter().enumerate() {
            let Some(ends) = self.ends[found..].first_chunk_mut::<CHUNK>() else { return false };
            found += write_bits(ends, (chunk * CHUNK) as u32, *mask);
        }
        self.ends.truncate(fields);
        let mut start = 0;
        self.ends.chunks_exact(layout.fields).all(|record| {
            let end = record[layout.fields - 1] as usize;
            let length = end - start;
            start = end + 1;
            block.bytes[end] == b'\n' && length < layout.bytes_max
        })
    }

    /// Puts the texts of wanted fields with doubled quotes behind the block's text.
    fn unescape(&mut self, bytes: &mut Vec<u8>, layout: &Layout) {
        for record in 0..self.ends.len() / layout.fields {
            for place in &layout.wanted {
                let field = record * layout.fields + place;
                let (start, end) = span(bytes, &self.ends, field, place + 1 == layout.fields);
                if bytes[start] != b'"' || memchr::memchr(b'"', &bytes[start + 1..end - 1]).is_none() {
                    continue;
                }
                let begin = bytes.len();
                let mut at = start + 1;
                while at < end - 1 {
                    let byte = bytes[at];
                    bytes.push(byte);
                    at += if byte == b'"' { 2 } else { 1 };
                }
                self.unescaped.push((field, (begin, bytes.len())));
            }
        }
    }
}

/// Writes where the bits of a mask stand; tells how many there are.
fn write_bits(places: &mut [u32; CHUNK], base: u32, mut mask: u64) -> usize {
    let count = mask.count_ones() as usize;
    let mut at = 0;
    while mask != 0 {
        // Four at a time, the last ones perhaps for nothing: that is quicker than asking for each.
        for next in 0..4 {
            places[(at + next) % CHUNK] = base + (mask.trailing_zeros() % 64);
            mask &= mask.wrapping_sub(1);
        }
        at += 4;
    }
    count
}

/// Where a field starts and ends, with its quotes and without the line's end.
fn span(bytes: &[u8], ends: &[u32], field: usize, is_last: bool) -> (usize, usize) {
    let start = if field == 0 { 0 } else { ends[field - 1] as usize + 1 };
    let end = ends[field] as usize;
    let returned = is_last && end > start && bytes[end - 1] == b'\r';
    (start, end - usize::from(returned))
}

impl Rows<'_> {
    /// The next row.
    pub(crate) fn next(&mut self) -> Option<FoundRow<'_>> {
        let fields = self.layout.fields;
        let first = self.at * fields;
        if first >= self.ends.len() {
            return None;
        }
        let bytes = self.text.as_bytes();
        self.spans.clear();
        for place in &self.layout.wanted {
            let field = first + place;
            let (mut start, mut end) = span(bytes, self.ends, field, place + 1 == fields);
            if self.has_quotes && start < end && bytes[start] == b'"' {
                (start, end) = (start + 1, end - 1);
                // They were found in the same order.
                if let Some(((known, place), rest)) = self.unescaped.split_first()
                    && *known == field
                {
                    (start, end) = *place;
                    self.unescaped = rest;
                }
            }
            self.spans.push((start, end));
        }
        let start = if first == 0 { 0 } else { self.ends[first - 1] as usize + 1 };
        let line = self.line;
        self.at += 1;
        self.line += 1;
        let end = self.ends[first + fields - 1];
        let inner = self.inner_lines.iter().take_while(|at| **at < end).count();
        self.inner_lines = &self.inner_lines[inner..];
        self.line += inner as u64;
        let record = &self.text[start..=end as usize];
        Some(FoundRow { line, record, text: self.text, spans: self.spans })
    }
}
