//! Cuts a stream of comma-separated text into blocks of whole records, so that several threads can read it.
//!
//! A block ends behind a line feed outside quotes; `structure` says where that is. When it cannot say, because of a
//! quote that stands where none can be or a record that is too long, the rest of the text stays in one piece.

use std::io::{self, Read};

use crate::structure::Structure;

/// How much text is read at a time: what a core keeps close to it.
const BLOCK_BYTES: usize = 1 << 19;
/// A buffer that has grown beyond this is not used again.
const BUFFER_BYTES_MAX: usize = 4 * BLOCK_BYTES;

/// Whole records, one behind the other.
#[derive(Default, Debug)]
pub(crate) struct Block {
    /// Their text. What is behind [`Structure::end`] is none of theirs.
    pub(crate) bytes: Vec<u8>,
    /// Where fields and records end.
    pub(crate) structure: Structure,
    /// The line on which the first record starts.
    pub(crate) line: u64,
}

impl Block {
    /// The text of the records.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.structure.end]
    }

    /// Whether the memory is worth keeping for another block.
    pub(crate) fn is_small(&self) -> bool {
        self.bytes.capacity() <= BUFFER_BYTES_MAX
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Cut {
    /// Whole records.
    Block(Block),
    /// Text that must be read record by record, to the end of the stream and with what is left in it.
    Odd(Vec<u8>),
    /// Nothing.
    End,
}

/// Cuts a stream.
pub(crate) struct Blocks<R> {
    input: R,
    /// The line on which the next record starts.
    line: u64,
    /// The start of the next block, read with the one before.
    carried: Vec<u8>,
    bytes_max: usize,
    block_bytes: usize,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// Cuts the text that starts on this line with a record. A record of more than `bytes_max` bytes is odd.
    pub(crate) fn new(input: R, line: u64, bytes_max: usize) -> Self {
        Self { input, line, carried: Vec::new(), bytes_max, block_bytes: BLOCK_BYTES, ended: false }
    }

    /// The same in smaller blocks.
    #[cfg(test)]
    pub(crate) fn of(self, block_bytes: usize) -> Self {
        Self { block_bytes, ..self }
    }

    /// The line on which the next record starts.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// What is left of the stream.
    pub(crate) fn into_input(self) -> R {
        self.input
    }

    /// The next piece, in the memory of an old block.
    ///
    /// # Errors
    /// What the stream tells; [`Blocks::line`] is then the last line that was reached.
    pub(crate) fn next(&mut self, old: Block) -> io::Result<Cut> {
        let mut block = Block { line: self.line, ..old };
        // What the old block has left is written over: clearing it, to fill it with zeros again, would take time.
        let mut length = self.carried.len();
        block.bytes.resize(block.bytes.len().max(length), 0);
        block.bytes[..length].copy_from_slice(&self.carried);
        self.carried.clear();
        let mut wanted = self.block_bytes.max(length + 1);
        loop {
            if let Err(error) = self.fill(&mut block.bytes, length, wanted) {
                self.line += line_ends(&block.bytes);
                return Err(error);
            }
            if block.bytes.is_empty() {
                return Ok(Cut::End);
            }
            block.structure.scan(&block.bytes);
            if block.structure.end > 0 {
                break;
            }
            if block.structure.is_odd || self.ended || block.bytes.len() > self.bytes_max {
                return Ok(Cut::Odd(block.bytes));
            }
            length = block.bytes.len();
            wanted = length * 2;
        }
        self.finish(&mut block);
        Ok(Cut::Block(block))
    }

    /// Reads behind the first bytes until there are as many as wanted. The last line is given its end, if it has none.
    fn fill(&mut self, bytes: &mut Vec<u8>, mut length: usize, wanted: usize) -> io::Result<()> {
        bytes.resize(wanted, 0);
        let read = loop {
            if self.ended || length == bytes.len() {
                break Ok(());
            }
            match self.input.read(&mut bytes[length..]) {
                Ok(0) => self.ended = true,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        bytes.truncate(length);
        if self.ended && bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        read
    }

    /// Takes what is behind the last whole record over to the next block, and counts the lines.
    fn finish(&mut self, block: &mut Block) {
        let structure = &mut block.structure;
        self.carried.extend_from_slice(&block.bytes[structure.end..]);
        let inner = structure.inner_lines.partition_point(|at| (*at as usize) < structure.end);
        structure.inner_lines.truncate(inner);
        self.line += match structure.has_bare_returns {
            true => line_ends(&block.bytes[..structure.end]),
            false => (structure.records + inner) as u64,
        };
    }
}

/// How many lines end in a text that starts outside quotes. A carriage return ends a line outside quotes only.
fn line_ends(text: &[u8]) -> u64 {
    let (mut count, mut inside, mut returned) = (0, false, false);
    for byte in text {
        count += u64::from(*byte == b'\n' || returned);
        returned = *byte == b'\r' && !inside;
        inside ^= *byte == b'"';
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a text, with the line of each, and whether the last one is odd.
    fn pieces(text: &[u8], block_bytes: usize) -> (Vec<(u64, Vec<u8>)>, bool) {
        let mut blocks = Blocks::new(text, 1, 1 << 16).of(block_bytes);
        let (mut pieces, mut old) = (Vec::new(), Block::default());
        loop {
            match blocks.next(old).unwrap() {
                Cut::Block(block) => {
                    pieces.push((block.line, block.text().to_vec()));
                    old = block;
                }
                Cut::Odd(bytes) => {
                    pieces.push((blocks.line(), bytes));
                    return (pieces, true);
                }
                Cut::End => return (pieces, false),
            }
        }
    }

    #[test]
    fn blocks_are_whole_records() {
        let text = b"a,\"1\n2\"\nb,\"\"\n\nc,d";
        for size in 1..30 {
            let (pieces, odd) = pieces(text, size);
            let joined: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            assert_eq!((&joined[..joined.len() - 1], odd), (&text[..], false), "{size}");
            let mut line = 1;
            for (found, bytes) in &pieces {
                assert_eq!(*found, line, "{size}");
                assert!(bytes.ends_with(b"\n"));
                line += line_ends(bytes);
            }
        }
        assert_eq!(pieces(b"", 10), (vec![], false));
    }

    #[test]
    fn the_rest_stays_in_one_piece_where_quotes_cannot_be_trusted() {
        let text = b"a,b\nc,d\n5\" disk,e\nf,g\n";
        let (found, odd) = pieces(text, 100);
        assert!(odd);
        assert_eq!(found, [(1, b"a,b\nc,d\n".to_vec()), (3, b"5\" disk,e\nf,g\n".to_vec())]);
        let (found, odd) = pieces(b"a,b\nc,\"d\n", 100);
        assert!(odd);
        assert_eq!(found[1], (2, b"c,\"d\n".to_vec()));
    }

    #[test]
    fn a_record_that_does_not_end_is_odd() {
        let mut blocks = Blocks::new(io::repeat(b'x'), 1, 5_000_000);
        let Cut::Odd(bytes) = blocks.next(Block::default()).unwrap() else { unreachable!() };
        assert!((5_000_001..10_000_001).contains(&bytes.len()));
    }

    #[test]
    fn lines_end_with_returns_too() {
        assert_eq!(line_ends(b"a\r\nb\rc\n\"d\re\nf\"\n"), 5);
    }
}
