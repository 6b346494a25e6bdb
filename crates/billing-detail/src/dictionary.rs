//! Texts by number: what repeats from row to row is compared, hashed and written down once.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// The number of the empty text.
pub(crate) const EMPTY: u32 = 0;
/// Most texts before it is time to forget them.
const TEXTS_MAX: usize = 60_000;
/// Most bytes of texts before it is time to forget them, where nothing else is said.
const BYTES_MAX: usize = 2 << 20;

/// Texts and their numbers.
pub(crate) struct Dictionary {
    /// All texts, one behind the other.
    texts: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    slots: HashTable<Slot>,
    /// The number that was asked for last: rows of one kind stand together.
    last: u32,
    bytes_max: usize,
}

/// What is looked at to find a text: all of it together, because memory far apart takes longer to read than the texts
/// take to compare.
struct Slot {
    hash: u32,
    number: u32,
    start: u32,
    length: u32,
}

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
        Self { texts: Vec::new(), ends: vec![0], slots: HashTable::new(), last: EMPTY, bytes_max }
    }

    /// The number of a text; the same for the same text until everything is forgotten.
    #[inline]
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        if self.is_last(text) { self.last } else { self.number_of(text, xxh3_64(text)) }
    }

    /// Whether a text is the one that was asked for last.
    #[inline]
    pub(crate) fn is_last(&self, text: &[u8]) -> bool {
        self.text(self.last) == text
    }

    /// The number of a text with this hash. All texts of a dictionary must be hashed in the same way.
    #[inline]
    pub(crate) fn number_of(&mut self, text: &[u8], hash: u64) -> u32 {
        if text.is_empty() {
            self.last = EMPTY;
            return EMPTY;
        }
        let hash = hash as u32;
        let known = self.slots.find(spread(hash), |slot| {
            let start = slot.start as usize;
            slot.hash == hash
                && slot.length as usize == text.len()
                && self.texts.get(start..start + text.len()) == Some(text)
        });
        self.last = match known {
            Some(slot) => slot.number,
            None => self.add(text, hash),
        };
        self.last
    }

    fn add(&mut self, text: &[u8], hash: u32) -> u32 {
        let number = self.ends.len() as u32;
        let slot = Slot { hash, number, start: self.texts.len() as u32, length: text.len() as u32 };
        self.texts.extend_from_slice(text);
        self.ends.push(self.texts.len());
        self.slots.insert_unique(spread(hash), slot, |slot| spread(slot.hash));
        number
    }

    /// The text of a number.
    #[inline]
    pub(crate) fn text(&self, number: u32) -> &[u8] {
        let place = number as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.texts[start..self.ends[place]]
    }

    /// How many texts there are; the empty one always is.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the texts take so much memory that they should be forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.len() > TEXTS_MAX || self.texts.len() > self.bytes_max
    }

    /// Forgets everything, and gives back memory that few texts do not need.
    pub(crate) fn forget(&mut self) {
        if self.is_full() {
            self.texts = Vec::new();
        }
        self.texts.clear();
        self.ends.clear();
        self.slots.clear();
        self.ends.push(0);
        self.last = EMPTY;
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
