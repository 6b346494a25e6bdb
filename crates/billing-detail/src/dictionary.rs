//! Texts by number: what repeats from row to row is compared, hashed and written down once.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// The number of the empty text.
pub(crate) const EMPTY: u32 = 0;
/// Most texts, and most bytes of texts, before it is time to forget them.
const TEXTS_MAX: usize = 60_000;
const BYTES_MAX: usize = 2 << 20;

/// Texts and their numbers.
pub(crate) struct Dictionary {
    /// All texts, one behind the other.
    texts: String,
    /// Where each ends.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    numbers: HashTable<u32>,
    /// The number that was asked for last: rows of one kind stand together.
    last: u32,
}

impl Default for Dictionary {
    fn default() -> Self {
        let mut dictionary = Self {
            texts: String::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            numbers: HashTable::new(),
            last: EMPTY,
        };
        dictionary.forget();
        dictionary
    }
}

impl Dictionary {
    /// The number of a text; the same for the same text until everything is forgotten.
    #[inline]
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if self.text(self.last) == text {
            return self.last;
        }
        let hash = xxh3_64(text.as_bytes());
        let known = self.numbers.find(hash, |number| {
            let place = *number as usize;
            self.hashes[place] == hash && self.text(*number) == text
        });
        self.last = match known {
            Some(number) => *number,
            None => self.add(text, hash),
        };
        self.last
    }

    fn add(&mut self, text: &str, hash: u64) -> u32 {
        let number = self.ends.len() as u32;
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.numbers.insert_unique(hash, number, |number| hashes[*number as usize]);
        number
    }

    /// The text of a number.
    #[inline]
    pub(crate) fn text(&self, number: u32) -> &str {
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
        self.len() > TEXTS_MAX || self.texts.len() > BYTES_MAX
    }

    /// Forgets everything, and gives back memory that few texts do not need.
    pub(crate) fn forget(&mut self) {
        if self.is_full() {
            self.texts = String::new();
        }
        self.texts.clear();
        self.ends.clear();
        self.hashes.clear();
        self.numbers.clear();
        self.last = self.add("", xxh3_64(b""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_until_it_is_forgotten() {
        let mut dictionary = Dictionary::default();
        let numbers = ["", "a", "b", "a", "", "bb"].map(|text| dictionary.number(text));
        assert_eq!(numbers, [EMPTY, 1, 2, 1, EMPTY, 3]);
        assert_eq!((dictionary.text(2), dictionary.text(3), dictionary.len()), ("b", "bb", 4));
        dictionary.forget();
        assert_eq!((dictionary.number("bb"), dictionary.number("")), (1, EMPTY));
    }

    #[test]
    fn it_tells_when_it_is_full() {
        let mut dictionary = Dictionary::default();
        for number in 0..70_000 {
            dictionary.number(&number.to_string());
        }
        assert!(dictionary.is_full());
        dictionary.forget();
        assert!(!dictionary.is_full());
    }
}
