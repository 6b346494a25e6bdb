//! A column of texts of the rows themselves: numbered as long as they repeat, else written as they are.

use parquet::errors::ParquetError;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    canonical::Canonical,
    chunk::{Chunk, Press},
    dictionary::{Dictionary, EMPTY, TOGETHER},
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
    numbers: Vec<u32>,
    present: Vec<u32>,
    values: Vec<u8>,
}

/// What is found when the texts of some rows are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Looked {
    /// The hash of each row's text; 0 where it is no content.
    pub(crate) hashes: [u128; TOGETHER],
    /// The number of each row's text, if texts have numbers here.
    pub(crate) numbers: Option<[u32; TOGETHER]>,
}

impl Looked {
    /// Nothing was looked at.
    pub(crate) const NOTHING: Self = Self { hashes: [0; TOGETHER], numbers: None };

    /// The number of a row's text, if texts have numbers here.
    pub(crate) fn number(&self, row: usize) -> Option<u32> {
        self.numbers.as_ref().map(|numbers| numbers[row])
    }
}

impl OwnText {
    /// A column whose texts are compared in this way.
    pub(crate) fn new(canonical: Canonical) -> Self {
        Self {
            canonical,
            is_plain: false,
            dictionary: Dictionary::default(),
            hashes: vec![canonical.hash("")],
            numbers: Vec::new(),
            present: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Looks at the texts of some rows, up to [`TOGETHER`].
    pub(crate) fn look(&mut self, texts: &[&str], looked: &mut Looked) {
        looked.numbers = None;
        // The hash that counts for the content finds the number of a text as well.
        if self.is_plain || self.canonical == Canonical::Text {
            for (hash, text) in looked.hashes.iter_mut().zip(texts) {
                *hash = self.canonical.hash(text);
            }
        }
        if self.is_plain {
            return;
        }
        let (mut bytes, mut hashes, mut numbers) = ([&[][..]; TOGETHER], [0; TOGETHER], [EMPTY; TOGETHER]);
        for (row, text) in texts.iter().enumerate() {
            bytes[row] = text.as_bytes();
            let is_hashed = self.canonical == Canonical::Text;
            hashes[row] = if is_hashed { looked.hashes[row] as u64 } else { xxh3_64(text.as_bytes()) };
        }
        self.dictionary.numbers(&bytes[..texts.len()], &hashes, &mut numbers);
        if self.canonical != Canonical::Text {
            for number in self.hashes.len()..self.dictionary.len() {
                let text = str::from_utf8(self.dictionary.text(number as u32)).unwrap_or_default();
                self.hashes.push(self.canonical.hash(text));
            }
            looked.hashes = numbers.map(|number| self.hashes[number as usize]);
        }
        looked.numbers = Some(numbers);
    }

    /// Whether a NUL byte may be in any of these texts, which were looked at.
    pub(crate) fn may_have_nul(&self, texts: &[&str]) -> bool {
        match self.is_plain {
            true => texts.iter().any(|text| memchr::memchr(0, text.as_bytes()).is_some()),
            false => self.dictionary.has_nul(),
        }
    }

    /// Adds the text of a row that was looked at, with the number that it has.
    pub(crate) fn push(&mut self, text: &str, number: Option<u32>) {
        if let Some(number) = number {
            return self.numbers.push(number);
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
        chunk.put_numbers(press, &self.numbers, &self.dictionary)?;
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
