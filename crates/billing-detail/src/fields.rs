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
    /// How many of them are of this block.
    count: usize,
    /// Fields with doubled quotes, whose text is put behind the block's: which they are, and where that is.
    unescaped: Vec<(usize, (usize, usize))>,
}

/// The records of a block.
pub(crate) struct Rows<'b> {
    layout: &'b Layout,
    text: &'b str,
    inner_lines: &'b [u32],
    has_quotes: bool,
    ends: &'b [u32],
    unescaped: &'b [(usize, (usize, usize))],
    at: usize,
    line: u64,
}

/// A record, as far as it is wanted.
pub(crate) struct FoundRow<'b> {
    /// The line on which it starts.
    pub(crate) line: u64,
    /// All of it as it stands in the file, with the end of its line.
    pub(crate) record: &'b str,
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
            ends: &self.ends[..self.count],
            unescaped: &self.unescaped,
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
        // What stands there from the block before is written over.
        if self.ends.len() < count + CHUNK {
            self.ends.resize(count + CHUNK, 0);
        }
        let mut found = 0;
        for (chunk, mask) in masks.iter().enumerate() {
            let Some(ends) = self.ends[found..].first_chunk_mut::<CHUNK>() else { return false };
            found += write_bits(ends, (chunk * CHUNK) as u32, *mask);
        }
        self.count = fields;
        let mut start = 0;
        self.ends[..fields].chunks_exact(layout.fields).all(|record| {
            let end = record[layout.fields - 1] as usize;
            let length = end - start;
            start = end + 1;
            block.bytes[end] == b'\n' && length < layout.bytes_max
        })
    }

    /// Puts the texts of wanted fields with doubled quotes behind the block's text.
    fn unescape(&mut self, bytes: &mut Vec<u8>, layout: &Layout) {
        for record in 0..self.count / layout.fields {
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

impl<'b> Rows<'b> {
    /// The next row; its wanted fields go behind those that are there.
    pub(crate) fn next(&mut self, found: &mut Vec<&'b str>) -> Option<FoundRow<'b>> {
        let fields = self.layout.fields;
        let first = self.at * fields;
        if first >= self.ends.len() {
            return None;
        }
        let bytes = self.text.as_bytes();
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
            found.push(self.text.get(start..end).unwrap_or(""));
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
        Some(FoundRow { line, record })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        blocks::{Blocks, Cut},
        csv::{RecordError, Records},
    };

    const BYTES_MAX: usize = 60;

    /// A record by its line and fields; an error by its line and kind.
    type Found = Vec<(u64, Vec<Vec<u8>>)>;

    /// Reads records one by one, as the careful reader does.
    fn read_carefully(mut records: Records<impl std::io::BufRead>, found: &mut Found) {
        loop {
            match records.next() {
                Ok(Some(record)) => {
                    let field = |(start, end): &(usize, usize)| record.bytes[*start..*end].to_vec();
                    found.push((record.line, record.spans.iter().map(field).collect()));
                }
                Ok(None) => return,
                Err(error) => {
                    let (line, kind) = match error {
                        RecordError::TooLong(line) => (line, "too long"),
                        RecordError::TooManyFields(line) => (line, "too many"),
                        RecordError::UnclosedQuote(line) => (line, "unclosed"),
                        RecordError::Io(line, _) => (line, "io"),
                    };
                    return found.push((line, vec![vec![0], kind.into()]));
                }
            }
        }
    }

    /// Reads in blocks; tells how many of them were plain.
    fn read_in_blocks(text: &[u8], columns: usize, block_bytes: usize) -> (Found, usize) {
        let wanted = (0..columns).collect();
        let layout = Layout { fields: columns, wanted, bytes_max: BYTES_MAX };
        let mut blocks = Blocks::new(text, 1, BYTES_MAX).of(block_bytes);
        let (mut found, mut plain, mut fields) = (Found::new(), 0, Fields::default());
        let mut old = Block::default();
        loop {
            match blocks.next(old).unwrap() {
                Cut::Block(mut block) => {
                    match fields.rows(&mut block, &layout) {
                        Some(mut rows) => {
                            plain += 1;
                            let mut fields = Vec::new();
                            while let Some(row) = rows.next(&mut fields) {
                                let fields = fields.drain(..).map(|field| field.as_bytes().into());
                                found.push((row.line, fields.collect()));
                                let mut again = Found::new();
                                let record = Records::resume(row.record.as_bytes(), row.line, BYTES_MAX);
                                read_carefully(record, &mut again);
                                assert_eq!(again.first(), found.last());
                            }
                        }
                        None => {
                            let records = Records::resume(block.text(), block.line, BYTES_MAX);
                            let errors = |found: &Found| found.iter().filter(|row| is_error(row)).count();
                            read_carefully(records, &mut found);
                            if errors(&found) > 0 {
                                return (found, plain);
                            }
                        }
                    }
                    old = block;
                }
                Cut::Odd(bytes) => {
                    let line = blocks.line();
                    let rest = Cursor::new(bytes).chain(blocks.into_input());
                    read_carefully(Records::resume(rest, line, BYTES_MAX), &mut found);
                    return (found, plain);
                }
                Cut::End => return (found, plain),
            }
        }
    }

    fn is_error((_, fields): &(u64, Vec<Vec<u8>>)) -> bool {
        fields.len() == 2 && fields[0] == [0] && ["too long", "unclosed"].map(Vec::from).contains(&fields[1])
    }

    fn check(text: &[u8], columns: usize, block_bytes: usize) -> usize {
        let mut expected = Found::new();
        read_carefully(Records::resume(text, 1, BYTES_MAX), &mut expected);
        let (found, plain) = read_in_blocks(text, columns, block_bytes);
        assert_eq!(found, expected, "{:?} in blocks of {block_bytes}", String::from_utf8_lossy(text));
        plain
    }

    #[test]
    fn plain_rows_are_read_quickly_and_others_alike() {
        assert_eq!(check(b"a,b\r\n\"c,\n\",\"d \"\"e\"\"\"\r\n,\n\"\",x", 2, 8), 2);
        for odd in ["\n", "a\n", "a,b,c\n", "a\rb,c\n", "\0,a\n", "\"a\"b,c\n", "5\" disk,a\n", "\"a,b\n"] {
            for size in [1, 7, 1000] {
                check(format!("a,b\n{odd}c,d\n\"e\",f\n").as_bytes(), 2, size);
            }
        }
        check(b"a,b\n\xC3,\xA4\nc,d\n", 2, 10);
        check(b"a,\"\xC3\"\"\xA4\"\nc,d\n", 2, 10);
        check(b"a\n\nb\n", 1, 10);
    }

    fn field() -> impl Strategy<Value = String> {
        prop_oneof![
            6 => "[a-c\u{e9}]{0,4}",
            2 => "[a-c,\n\r]{0,6}".prop_map(|text| format!("\"{text}\"")),
            1 => "[a-c,\"]{0,4}".prop_map(|text| format!("\"{}\"", text.replace('"', "\"\""))),
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let end = prop_oneof![6 => Just("\n"), 3 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")];
        let fields = prop_oneof![
            20 => proptest::collection::vec(field(), 3),
            1 => proptest::collection::vec(field(), 0..6),
            1 => "[a,\"\r\n \0\u{feff}]{0,12}".prop_map(|text| vec![text]),
            1 => "x{50,70}".prop_map(|text| vec![text, String::new(), String::new()]),
        ];
        (fields, end).prop_map(|(fields, end)| fields.join(",") + end)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn blocks_and_records_are_the_same(
            lines in proptest::collection::vec(line(), 0..20),
            block_bytes in 1usize..120,
            cut in proptest::option::weighted(0.1, 1usize..30),
        ) {
            let mut text = lines.concat().into_bytes();
            text.truncate(text.len().saturating_sub(cut.unwrap_or(0)));
            check(&text, 3, block_bytes);
        }
    }
}
