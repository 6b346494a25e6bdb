//! The tags of rows: made, read once for each text, and known by number.

use std::borrow::Cow;

use billing_core::{
    line_item::RawLine,
    tags::{self, LineTags, TagNames, TagsError},
};
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

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
    pub(crate) fn take_from(&mut self, raw: &mut RawLine<'_>) {
        if let Cow::Owned(tags) = &raw.tags {
            self.text.push_str(tags);
            raw.tags = Cow::Borrowed("");
        }
        self.ends.push(self.text.len());
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
    /// What was read from each text that has a number.
    known: Vec<Option<TagsRead>>,
    /// What was read lately from texts that have none.
    lately: HashMap<u64, (String, TagsRead)>,
    sets: HashMap<LineTags, u32>,
}

/// What was read from a text of tags.
#[derive(Clone, Copy, Default)]
pub(crate) struct TagsRead {
    /// The number of what billing reads.
    pub(crate) set: u32,
    /// Whether the text cannot be read, so that there is nothing.
    pub(crate) is_unreadable: bool,
}

/// Most texts without numbers that are remembered, by the last bits of their hash.
const LATELY_MAX: u64 = 8_192;

impl Tags {
    /// Reads tags of these names.
    pub(crate) fn new(names: TagNames) -> Self {
        Self { names, known: Vec::new(), lately: HashMap::new(), sets: HashMap::new() }
    }

    /// Reads the tags of a row that was looked at, or knows them.
    pub(crate) fn of(&mut self, looked: &Looked, row: usize, text: &str) -> TagsRead {
        let Some(place) = looked.number(row).map(|number| number as usize) else {
            return self.lately_of(looked.hashes[row], text);
        };
        if let Some(Some(known)) = self.known.get(place) {
            return *known;
        }
        let read = self.read(text);
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        self.known[place] = Some(read);
        read
    }

    fn lately_of(&mut self, hash: u128, text: &str) -> TagsRead {
        let place = hash as u64 % LATELY_MAX;
        match self.lately.get(&place) {
            Some((known, read)) if known == text => *read,
            _ => {
                let read = self.read(text);
                self.lately.insert(place, (text.to_owned(), read));
                read
            }
        }
    }

    fn read(&mut self, text: &str) -> TagsRead {
        let tags = LineTags::parse(text, &self.names);
        let is_unreadable = tags.is_err();
        let next = self.sets.len() as u32;
        let set = *self.sets.entry(tags.unwrap_or_default()).or_insert(next);
        TagsRead { set, is_unreadable }
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

/// The hashes of tags by which rows of several files are compared: the same however a report writes their names.
#[derive(Default)]
pub(crate) struct ComparedTags {
    /// Of each text that has a number.
    known: Vec<Option<u64>>,
}

impl ComparedTags {
    /// The hash of the tags of a row that was looked at.
    pub(crate) fn of(&mut self, looked: &Looked, row: usize, text: &str) -> u64 {
        let hash = || xxh3_64(tags::comparable(text).as_bytes());
        let Some(place) = looked.number(row).map(|number| number as usize) else { return hash() };
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        *self.known[place].get_or_insert_with(hash)
    }

    /// Forgets the numbers of texts.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}
