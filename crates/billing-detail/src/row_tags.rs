//! The tags of rows: made, read once for each text, and known by number.

use std::borrow::Cow;

use billing_core::{
    line_item::RawLine,
    tags::{LineTags, TagNames, TagsError},
};
use hashbrown::HashMap;

use crate::own_text::Looked;

/// The tags that were made for rows which are taken together, one behind the other: memory that each row had for itself
/// is free again before the next row needs it.
#[derive(Default)]
pub(crate) struct MadeTags {
    text: String,
    ends: Vec<usize>,
}

/// Most bytes of memory that are kept for the tags of the next rows.
const KEPT_BYTES_MAX: usize = 1 << 20;

impl MadeTags {
    /// Forgets the tags of the rows before, and gives back memory that few rows need.
    pub(crate) fn clear(&mut self) {
        if self.text.capacity() > KEPT_BYTES_MAX {
            self.text = String::new();
        }
        self.text.clear();
        self.ends.clear();
    }

    /// Takes what was made for the next row.
    pub(crate) fn taken_from<'r>(&mut self, mut raw: RawLine<'r>) -> RawLine<'r> {
        if let Cow::Owned(tags) = &raw.tags {
            self.text.push_str(tags);
            raw.tags = Cow::Borrowed("");
        }
        self.ends.push(self.text.len());
        raw
    }

    /// The tags of a row.
    pub(crate) fn get<'t>(&'t self, row: usize, raw: &'t RawLine<'_>) -> &'t str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        let made = &self.text[start..self.ends[row]];
        if made.is_empty() { &raw.tags } else { made }
    }
}

/// What billing reads from tags, by number.
pub(crate) struct Tags {
    names: TagNames,
    /// The number of what was read from each text that has a number.
    known: Vec<Option<u32>>,
    /// What was read lately from texts that have none.
    lately: HashMap<u64, (String, u32)>,
    sets: HashMap<LineTags, u32>,
    /// Whether any text could not be read.
    pub(crate) have_errors: bool,
}

/// Most texts without numbers that are remembered, by the last bits of their hash.
const LATELY_MAX: u64 = 8_192;

impl Tags {
    /// Reads tags of these names.
    pub(crate) fn new(names: TagNames) -> Self {
        Self { names, known: Vec::new(), lately: HashMap::new(), sets: HashMap::new(), have_errors: false }
    }

    /// The number of what billing reads from the tags of a row that was looked at.
    pub(crate) fn number(&mut self, looked: &Looked, row: usize, text: &str) -> u32 {
        let Some(place) = looked.number(row).map(|number| number as usize) else {
            return self.number_lately(looked.hashes[row], text);
        };
        if let Some(Some(known)) = self.known.get(place) {
            return *known;
        }
        let number = self.read(text);
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        self.known[place] = Some(number);
        number
    }

    fn number_lately(&mut self, hash: u128, text: &str) -> u32 {
        let place = hash as u64 % LATELY_MAX;
        match self.lately.get(&place) {
            Some((known, number)) if known == text => *number,
            _ => {
                let number = self.read(text);
                self.lately.insert(place, (text.to_owned(), number));
                number
            }
        }
    }

    fn read(&mut self, text: &str) -> u32 {
        let tags = LineTags::parse(text, &self.names).unwrap_or_else(|_| {
            self.have_errors = true;
            LineTags::default()
        });
        let next = self.sets.len() as u32;
        *self.sets.entry(tags).or_insert(next)
    }

    /// Why a text cannot be read, if it cannot.
    pub(crate) fn error(&self, text: &str) -> Option<TagsError> {
        LineTags::parse(text, &self.names).err()
    }

    /// Forgets all sets, and with them what was read.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.lately.clear();
        self.sets.clear();
    }
}
