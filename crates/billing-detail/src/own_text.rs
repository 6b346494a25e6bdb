//! A column of texts of the rows themselves: numbered as long as they repeat, else written as they are.

use parquet::errors::ParquetError;

use crate::{
    canonical::Canonical,
    chunk::{Chunk, Press},
    dictionary::{Dictionary, EMPTY},
    pages::put_text,
};

/// A column whose texts are numbered may have this many before it matters how much they repeat: in the first pages of a
/// table most of them are new anyway.
const FEW: usize = 16_384;

/// The page of a column.
pub(crate) struct OwnText {
    canonical: Canonical,
    /// Whether the texts repeat so little that they are written as they are.
    is_plain: bool,
    dictionary: Dictionary,
    /// The hash of each text of the dictionary, where it takes longer to make than to find.
    hashes: Vec<u128>,
    /// The number and the hash of the text that was looked at last.
    last: u32,
    last_hash: u128,
    numbers: Vec<u32>,
    present: Vec<u32>,
    values: Vec<u8>,
}

impl OwnText {
    /// A column whose texts are compared in this way.
    pub(crate) fn new(canonical: Canonical) -> Self {
        Self {
            canonical,
            is_plain: false,
            dictionary: Dictionary::default(),
            hashes: vec![canonical.hash("")],
            last: EMPTY,
            last_hash: canonical.hash(""),
            numbers: Vec::new(),
            present: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Looks at a row's text and tells its hash.
    pub(crate) fn look(&mut self, text: &str) -> u128 {
        if self.is_plain {
            return self.canonical.hash(text);
        }
        if self.dictionary.is_last(text.as_bytes()) {
            return self.last_hash;
        }
        if self.canonical == Canonical::Text {
            // The hash that counts for the content finds the number as well.
            self.last_hash = self.canonical.hash(text);
            self.last = self.dictionary.number_of(text.as_bytes(), self.last_hash as u64);
            return self.last_hash;
        }
        self.last = self.dictionary.number(text.as_bytes());
        if self.hashes.len() < self.dictionary.len() {
            self.hashes.push(self.canonical.hash(text));
        }
        self.last_hash = self.hashes[self.last as usize];
        self.last_hash
    }

    /// The number of the text that was looked at last, if texts have numbers here.
    pub(crate) fn number(&self) -> Option<u32> {
        (!self.is_plain).then_some(self.last)
    }

    /// Adds the text that was looked at last.
    pub(crate) fn push(&mut self, text: &str) {
        if !self.is_plain {
            return self.numbers.push(self.last);
        }
        self.present.push(u32::from(!text.is_empty()));
        if !text.is_empty() {
            put_text(&mut self.values, text.as_bytes());
        }
    }

    /// Bytes that wait for the end of the page.
    pub(crate) fn bytes(&self) -> usize {
        self.values.len()
    }

    /// Whether there are too many texts for numbers.
    pub(crate) fn is_full(&self) -> bool {
        !self.is_plain && self.dictionary.is_full()
    }

    /// The texts of the numbers.
    pub(crate) fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Hands the page on. `rows` are those of the row group so far.
    pub(crate) fn end_page(
        &mut self,
        press: &mut Press,
        chunk: &mut Chunk,
        rows: usize,
    ) -> Result<(), ParquetError> {
        if self.is_plain {
            chunk.put_plain(press, Some(&self.present), &self.values, self.present.len())?;
            self.present.clear();
            self.values.clear();
            return Ok(());
        }
        chunk.put_numbers(press, self.numbers.iter().copied(), &self.dictionary)?;
        self.numbers.clear();
        let repeat_little = chunk.texts() > FEW && chunk.texts() > rows / 3;
        self.is_plain = repeat_little || self.dictionary.is_full();
        Ok(())
    }

    /// Forgets the texts of a row group that is written, where they are of no more use.
    pub(crate) fn end_group(&mut self) {
        if self.is_plain {
            // It writes its texts as they are from here on.
            self.dictionary.forget();
            self.hashes = Vec::new();
        }
    }
}
