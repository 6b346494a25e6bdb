//! Texts by number: what repeats from row to row is compared, hashed and written down once.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// The number of the empty text.
pub(crate) const EMPTY: u32 = 0;
/// Most texts before it is time to forget them.
const TEXTS_MAX: usize = 60_000;
/// Most bytes of texts before it is time to forget them, where nothing else is said.
const BYTES_MAX: usize = 2 << 20;
/// How many texts are looked up together at most.
pub(crate) const TOGETHER: usize = 32;

/// Texts and their numbers.
pub(crate) struct Dictionary {
    /// All texts, one behind the other, and before each its number and its length: what is far apart in memory takes
    /// longer to read than a text takes to compare.
    entries: Vec<u8>,
    /// Where the entry of each number starts.
    starts: Vec<u32>,
    slots: HashTable<Slot>,
    /// Whether a NUL byte is in any text.
    has_nul: bool,
    bytes_max: usize,
}

/// Where a text with a hash is.
struct Slot {
    hash: u32,
    start: u32,
}

/// Bytes before a text: its number and its length.
const HEAD: usize = 8;

/// A hash of which all bits count, wherever the table looks for them.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Default for Dictionary {
    fn default() -> Self {
        Self::of(BYTES_MAX)
    }
}

impl Dictionary {
    /// A dictionary of at most this many bytes of texts.
    pub(crate) fn of(bytes_max: usize) -> Self {
        // The empty text is known without looking.
        Self { entries: vec![0; HEAD], starts: vec![0], slots: HashTable::new(), has_nul: false, bytes_max }
    }

    /// The number of a text; the same for the same text until everything is forgotten.
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        self.number_of(text, xxh3_64(text))
    }

    /// The number of each of some texts with these hashes. All texts of a dictionary must be hashed in the same way.
    ///
    /// Each step is done for all of them before the next one: so the processor waits for their memory together.
    pub(crate) fn numbers(&mut self, texts: &[&[u8]], hashes: &[u64], numbers: &mut [u32]) {
        let mut starts = [0; TOGETHER];
        for ((start, text), hash) in starts.iter_mut().zip(texts).zip(hashes) {
            *start = if text.is_empty() { 0 } else { self.find(*hash as u32, |_| true).unwrap_or(0) };
        }
        let heads = starts.map(|start| self.head(start));
        let found = starts.iter().zip(heads).zip(texts).zip(hashes);
        for (number, (((start, (known, length)), text), hash)) in numbers.iter_mut().zip(found) {
            let is_it = length as usize == text.len() && self.text_at(*start, length) == *text;
            *number = if is_it { known } else { self.number_of(text, *hash) };
        }
    }

    fn number_of(&mut self, text: &[u8], hash: u64) -> u32 {
        if text.is_empty() {
            return EMPTY;
        }
        let hash = hash as u32;
        let is_it = |start| self.text_at(start, self.head(start).1) == text;
        match self.find(hash, is_it) {
            Some(start) => self.head(start).0,
            None => self.add(text, hash),
        }
    }

    /// Where the entry of a text with this hash starts, if there is one that fits.
    fn find(&self, hash: u32, fits: impl Fn(u32) -> bool) -> Option<u32> {
        let slot = self.slots.find(spread(hash), |slot| slot.hash == hash && fits(slot.start));
        slot.map(|slot| slot.start)
    }

    /// The number and the length of the text whose entry starts here.
    fn head(&self, start: u32) -> (u32, u32) {
        let start = start as usize;
        match self.entries[start..].first_chunk() {
            Some([a, b, c, d, e, f, g, h]) => {
                (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]))
            }
            None => (EMPTY, 0),
        }
    }

    fn text_at(&self, start: u32, length: u32) -> &[u8] {
        let begin = start as usize + HEAD;
        &self.entries[begin..begin + length as usize]
    }

    fn add(&mut self, text: &[u8], hash: u32) -> u32 {
        let (number, start) = (self.starts.len() as u32, self.entries.len() as u32);
        self.entries.extend_from_slice(&number.to_le_bytes());
        self.entries.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.entries.extend_from_slice(text);
        self.has_nul |= memchr::memchr(0, text).is_some();
        self.starts.push(start);
        self.slots.insert_unique(spread(hash), Slot { hash, start }, |slot| spread(slot.hash));
        number
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &[u8] {
        let start = self.starts[number as usize];
        self.text_at(start, self.head(start).1)
    }

    /// How many texts there are; the empty one always is.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether a NUL byte is in any text.
    pub(crate) fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// Whether the texts take so much memory that they should be forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.len() > TEXTS_MAX || self.entries.len() > self.bytes_max
    }

    /// Forgets everything, and gives back memory that few texts do not need.
    pub(crate) fn forget(&mut self) {
        if self.is_full() {
            self.entries = vec![0; HEAD];
        }
        self.entries.truncate(HEAD);
        self.starts.truncate(1);
        self.slots.clear();
        self.has_nul = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_until_it_is_forgotten() {
        let mut dictionary = Dictionary::default();
        let numbers = ["", "a", "b", "a", "", "bb"].map(|text| dictionary.number(text.as_bytes()));
        assert_eq!(numbers, [EMPTY, 1, 2, 1, EMPTY, 3]);
        assert_eq!((dictionary.text(2), dictionary.text(3), dictionary.len()), (&b"b"[..], &b"bb"[..], 4));
        dictionary.forget();
        assert_eq!((dictionary.number(b"bb"), dictionary.number(b"")), (1, EMPTY));
    }

    #[test]
    fn texts_looked_up_together_have_the_same_numbers() {
        let mut dictionary = Dictionary::default();
        let look = |dictionary: &mut Dictionary, texts: &[&str], hash: fn(&[u8]) -> u64| {
            let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
            let hashes: Vec<u64> = texts.iter().map(|text| hash(text)).collect();
            let mut numbers = vec![0; texts.len()];
            dictionary.numbers(&texts, &hashes, &mut numbers);
            numbers
        };
        assert_eq!(look(&mut dictionary, &["a", "", "b", "a", "ab"], xxh3_64), [1, EMPTY, 2, 1, 3]);
        assert_eq!(look(&mut dictionary, &["ab", "c", "", "c"], xxh3_64), [3, 4, EMPTY, 4]);
        // Texts of one hash are told apart.
        let mut dictionary = Dictionary::default();
        assert_eq!(look(&mut dictionary, &["a", "b", "a", "bb", ""], |_| 7), [1, 2, 1, 3, EMPTY]);
        assert_eq!(look(&mut dictionary, &["bb", "b", "a"], |_| 7), [3, 2, 1]);
    }

    #[test]
    fn it_tells_when_it_is_full() {
        let mut dictionary = Dictionary::default();
        for number in 0..70_000 {
            dictionary.number(number.to_string().as_bytes());
        }
        assert!(dictionary.is_full());
        dictionary.forget();
        assert!(!dictionary.is_full());
    }
}
