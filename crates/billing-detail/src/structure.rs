//! The structure of comma-separated text: where its fields and records end, found 64 bytes at a time.
//!
//! Quotes are counted: what stands between an odd and an even one is text, whatever is in it. That is right as long as
//! each quote opens a field, closes one or is doubled inside one. The first quote that does none of these ends what
//! can be known here; the rest of the text is for the careful reader in `csv`.

use wide::u8x16;

/// Bytes that are looked at together: one for each bit of a mask.
pub(crate) const CHUNK: usize = 64;

/// What a text that starts at a record's start looks like.
#[derive(Default, Debug)]
pub(crate) struct Structure {
    /// A bit for each byte: whether it is a comma or a line feed outside quotes.
    pub(crate) separators: Vec<u64>,
    /// How many records end.
    pub(crate) records: usize,
    /// Where the last of them ends, behind its line feed.
    pub(crate) end: usize,
    /// Where line feeds stand inside quotes.
    pub(crate) inner_lines: Vec<u32>,
    /// Whether there are quotes at all.
    pub(crate) has_quotes: bool,
    /// Whether there are doubled quotes.
    pub(crate) has_escapes: bool,
    /// Whether a carriage return stands outside quotes without a line feed behind it.
    pub(crate) has_bare_returns: bool,
    /// Whether a quote stands where none can be. What is behind `end` cannot be trusted then.
    pub(crate) is_odd: bool,
}

/// What the end of one chunk means for the next, as the lowest bit of a mask.
struct Carry {
    /// All bits, if the chunk starts inside quotes.
    inside: u64,
    /// A field may start.
    boundary: u64,
    /// The byte before was a closing quote.
    closed: u64,
    /// The byte before was a carriage return outside quotes.
    returned: u64,
}

/// The bytes of a chunk that matter.
struct Masks {
    quotes: u64,
    commas: u64,
    lines: u64,
    returns: u64,
}

impl Structure {
    /// Looks at a text from its start, which must be a record's.
    pub(crate) fn scan(&mut self, text: &[u8]) {
        self.reset();
        // Whether a line feed follows is not known yet.
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let mut carry = Carry { inside: 0, boundary: 1, closed: 0, returned: 0 };
        let (chunks, rest) = text.as_chunks::<CHUNK>();
        self.separators.reserve(chunks.len() + 1);
        for (at, chunk) in chunks.iter().enumerate() {
            if !self.chunk(at * CHUNK, &Masks::of(chunk), &mut carry) {
                return;
            }
        }
        if !rest.is_empty() {
            let mut last = [b' '; CHUNK];
            last[..rest.len()].copy_from_slice(rest);
            let mut masks = Masks::of(&last);
            // What is not there ends no quoted field wrongly.
            masks.commas |= !0 << rest.len();
            let before = self.separators.len();
            self.chunk(chunks.len() * CHUNK, &masks, &mut carry);
            if let Some(mask) = self.separators.get_mut(before) {
                *mask &= !(!0 << rest.len());
            }
        }
    }

    fn reset(&mut self) {
        let (mut separators, mut inner_lines) =
            (std::mem::take(&mut self.separators), std::mem::take(&mut self.inner_lines));
        separators.clear();
        inner_lines.clear();
        *self = Self { separators, inner_lines, ..Self::default() };
    }

    /// Takes the next chunk; false where a quote stands that cannot be.
    fn chunk(&mut self, base: usize, masks: &Masks, carry: &mut Carry) -> bool {
        let Masks { quotes, commas, lines, returns } = *masks;
        if quotes | carry.inside | carry.closed == 0 {
            self.take(base, commas | lines, lines);
            self.note_returns(returns, lines, carry);
            carry.boundary = (commas | lines | returns) >> 63;
            return true;
        }
        let inside = parity(quotes) ^ carry.inside;
        let (open, closed) = (quotes & inside, quotes & !inside);
        let ends = (commas | lines | returns) & !inside;
        let may_open = (ends | closed) << 1 | carry.boundary;
        let behind_closed = closed << 1 | carry.closed;
        self.has_quotes = true;
        self.has_escapes |= open & behind_closed != 0;
        let odd = (open & !may_open) | (behind_closed & !(commas | lines | returns | quotes));
        if odd != 0 {
            // The records that end before it are whole.
            let before = (1 << odd.trailing_zeros()) - 1;
            self.take(base, (commas | lines) & !inside & before, lines & !inside & before);
            self.note_inner(base, lines & inside & before);
            self.is_odd = true;
            self.note_returns(returns & !inside & before, lines, carry);
            return false;
        }
        self.take(base, (commas | lines) & !inside, lines & !inside);
        self.note_inner(base, lines & inside);
        self.note_returns(returns & !inside, lines, carry);
        carry.inside = 0u64.wrapping_sub(inside >> 63);
        carry.boundary = (ends | closed) >> 63;
        carry.closed = closed >> 63;
        true
    }

    fn take(&mut self, base: usize, separators: u64, records: u64) {
        self.separators.push(separators);
        if records != 0 {
            self.records += records.count_ones() as usize;
            self.end = base + CHUNK - records.leading_zeros() as usize;
        }
    }

    fn note_inner(&mut self, base: usize, mut lines: u64) {
        while lines != 0 {
            self.inner_lines.push(base as u32 + lines.trailing_zeros());
            lines &= lines - 1;
        }
    }

    fn note_returns(&mut self, returns: u64, lines: u64, carry: &mut Carry) {
        if returns | carry.returned != 0 {
            self.has_bare_returns |= (returns << 1 | carry.returned) & !lines != 0;
            carry.returned = returns >> 63;
        }
    }
}

impl Masks {
    fn of(chunk: &[u8; CHUNK]) -> Self {
        let (quote, comma) = (u8x16::splat(b'"'), u8x16::splat(b','));
        let (line, carriage) = (u8x16::splat(b'\n'), u8x16::splat(b'\r'));
        let mut masks = Self { quotes: 0, commas: 0, lines: 0, returns: 0 };
        let (lanes, _) = chunk.as_chunks::<16>();
        for (lane, bytes) in lanes.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let bits = |wanted: u8x16| u64::from(bytes.simd_eq(wanted).to_bitmask()) << (lane * 16);
            masks.quotes |= bits(quote);
            masks.commas |= bits(comma);
            masks.lines |= bits(line);
            masks.returns |= bits(carriage);
        }
        masks
    }
}

/// For each bit: whether the bits up to and with it are odd in number.
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Structure {
        let mut structure = Structure::default();
        structure.scan(text.as_bytes());
        structure
    }

    fn separators(structure: &Structure) -> Vec<usize> {
        let bit = |at: &usize| structure.separators[at / CHUNK] >> (at % CHUNK) & 1 == 1;
        (0..structure.separators.len() * CHUNK).filter(bit).collect()
    }

    #[test]
    fn separators_inside_quotes_are_text() {
        let structure = scan("a,\"b,\n\"\"c\"\r\n,\"\"\nrest");
        assert_eq!(separators(&structure), [1, 11, 12, 15]);
        assert_eq!((structure.records, structure.end), (2, 16));
        assert_eq!(structure.inner_lines, [5]);
        assert!(structure.has_quotes && structure.has_escapes && !structure.is_odd);
        assert!(!structure.has_bare_returns);
    }

    #[test]
    fn a_state_is_carried_from_chunk_to_chunk() {
        for filler in 0..140 {
            let text = format!("{}\n\"a,{}\n\",b\r\nc,d\n", "x".repeat(filler), "y".repeat(filler));
            let structure = scan(&text);
            assert_eq!((structure.records, structure.end), (3, text.len()), "{filler}");
            assert_eq!(structure.inner_lines.len(), 1);
            assert!(!structure.is_odd && !structure.has_bare_returns, "{filler}");
            let found = separators(&structure);
            assert_eq!(found.len(), 5, "{filler}: {found:?}");
        }
    }

    #[test]
    fn a_quote_that_cannot_be_ends_what_is_known() {
        for (filler, odd) in [(0, "a,5\" disk\n"), (3, "\"a\"b,c\n"), (60, "a,\"b\" ,c\n"), (126, "\"a\"x\n")]
        {
            let good = format!("{}\n", "g".repeat(filler));
            let structure = scan(&format!("{good}{odd}x,\"y\"\n"));
            assert!(structure.is_odd, "{odd}");
            assert_eq!((structure.end, structure.records), (good.len(), 1), "{odd}");
        }
        assert!(!scan("\"a\"").is_odd);
        assert!(!scan(&format!("\"{}\"", "a".repeat(62))).is_odd);
    }

    #[test]
    fn bare_returns_are_noticed() {
        assert!(scan("a\rb\n").has_bare_returns);
        assert!(scan(&format!("{}\rb\n", "a".repeat(63))).has_bare_returns);
        assert!(!scan(&format!("{}\r\nb\n", "a".repeat(63))).has_bare_returns);
        assert!(!scan("\"a\rb\"\r\n").has_bare_returns);
    }
}
