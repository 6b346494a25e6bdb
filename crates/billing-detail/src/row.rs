//! What becomes of a row: a bucket and a line of the detail, or a rejection.

use std::{
    mem,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use billing_core::{
    Fixed, Period,
    flow::normalise::{Normaliser, RowProblem, amount},
    line_item::{RawLine, Row},
    ports::RowReader,
    rejection::{Rejection, Remark, excerpt},
    tags::{TagNames, TagsError},
};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    canonical,
    dictionary::TOGETHER,
    error::DetailError,
    harvest::{Harvest, Position, REMARKS_MAX},
    kinds::{Counted, Kind, Kinds},
    own_text::Looked,
    parquet_out::{OwnTexts, Part},
    row_tags::{ComparedTags, MadeTags, Tags, TagsRead},
    row_texts::{own_texts, shared_texts},
    schema::{OWN, TAGS},
    table::NoRow,
};

/// The file whose rows are taken.
#[derive(Clone, Copy)]
pub(crate) struct FileOf<'f> {
    /// Its number in the import.
    pub(crate) number: usize,
    /// Its name.
    pub(crate) name: &'f str,
    /// Whether nobody has looked yet if there are NUL bytes in its rows.
    pub(crate) may_have_nul: bool,
}

/// A row of those that are taken together.
struct Found<'r> {
    row: Row<'r>,
    raw: &'r RawLine<'r>,
    /// The texts of the own columns of all of them.
    texts: &'r OwnTexts<'r>,
    /// Its place among them.
    at: usize,
    /// The number of the key of its kind, and the kind, if it was understood before.
    key: u32,
    kind: Option<Kind>,
    may_have_nul: bool,
    are_tags_unreadable: bool,
}

impl<'r> Found<'r> {
    /// The texts of its own columns.
    fn texts(&self) -> [&'r str; OWN] {
        self.texts.each_ref().map(|column| column[self.at])
    }

    /// Reads it once more, so that it is the reader's last row, whose headings the reader tells.
    fn read_again(&self, reader: &mut dyn RowReader) -> RawLine<'r> {
        reader.read(self.row)
    }
}

/// Takes rows: each worker has one of its own.
pub(crate) struct Rows<'w> {
    folder: &'w Path,
    /// The number of the next part file.
    parts: &'w AtomicUsize,
    part: Option<Part>,
    normaliser: Normaliser,
    kinds: Kinds,
    tags: Tags,
    made_tags: MadeTags,
    /// Where other files are imported too.
    compared_tags: Option<ComparedTags>,
    /// What was found when the rows were looked at that are taken now.
    looked: Box<[Looked; OWN]>,
    /// Those of them that are taken.
    counted: Vec<Counted>,
    file: Option<(usize, Arc<str>)>,
    harvest: Harvest,
    rejections_max: usize,
}

impl<'w> Rows<'w> {
    /// Takes rows into part files of this folder.
    pub(crate) fn new(
        folder: &'w Path,
        parts: &'w AtomicUsize,
        tag_names: &TagNames,
        default_period: Option<Period>,
        rejections_max: usize,
    ) -> Self {
        Self {
            folder,
            parts,
            part: None,
            normaliser: Normaliser::new(tag_names.clone(), default_period),
            kinds: Kinds::new(default_period.is_some()),
            tags: Tags::new(tag_names.clone()),
            made_tags: MadeTags::default(),
            compared_tags: None,
            looked: Box::new([Looked::NOTHING; OWN]),
            counted: Vec::new(),
            file: None,
            harvest: Harvest::default(),
            rejections_max,
        }
    }

    /// Says which file the next rows are of, and whether others are imported with it.
    pub(crate) fn start_file(
        &mut self,
        number: usize,
        name: &Arc<str>,
        is_one_of_several: bool,
    ) -> Result<(), DetailError> {
        self.compared_tags = is_one_of_several.then(|| self.compared_tags.take().unwrap_or_default());
        if self.file.as_ref().is_some_and(|(known, _)| *known == number) {
            return Ok(());
        }
        self.yield_kinds()?;
        self.file = Some((number, name.clone()));
        Ok(())
    }

    /// Takes rows of the file that was started last, up to [`TOGETHER`]: of each its line, and its fields behind those of
    /// the row before.
    pub(crate) fn take(
        &mut self,
        file: FileOf<'_>,
        lines: &[u64],
        reader: &mut dyn RowReader,
        fields: &[&str],
    ) -> Result<(), DetailError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.harvest.rows += lines.len() as u64;
        let part = match &mut self.part {
            Some(part) => part,
            none => {
                let number = self.parts.fetch_add(1, Ordering::Relaxed);
                none.insert(Part::create(self.folder, number)?)
            }
        };
        let rows = fields.chunks_exact((fields.len() / lines.len()).max(1)).map(Row::new);
        let mut tags = mem::take(&mut self.made_tags);
        tags.clear();
        let mut raws: Vec<RawLine<'_>> = Vec::with_capacity(lines.len());
        for row in rows.clone() {
            raws.push(reader.read(row));
            raws.last_mut().into_iter().for_each(|raw| tags.take_from(raw));
        }
        let mut texts: OwnTexts<'_> = [[""; TOGETHER]; OWN];
        for (row, raw) in raws.iter().enumerate() {
            for (column, text) in texts.iter_mut().zip(own_texts(raw, tags.get(row, raw))) {
                column[row] = text;
            }
        }
        part.look(&texts, raws.len(), &mut self.looked);
        let may_have_nul = file.may_have_nul && part.may_have_nul(&texts, raws.len());
        let mut read = [TagsRead::default(); TOGETHER];
        for (row, (read, text)) in read.iter_mut().zip(&texts[TAGS][..raws.len()]).enumerate() {
            *read = self.tags.of(&self.looked[TAGS], row, text);
        }
        let keys = self.kinds.look(&raws, &read.map(|read| read.set));
        // Each step is done for all of them before the next one: so the processor waits for their memory together.
        let kinds = keys.map(|key| self.kinds.find(key));
        self.counted.clear();
        for (at, ((raw, row), line)) in raws.iter().zip(rows).zip(lines).enumerate() {
            let (key, kind) = (keys[at], kinds[at]);
            let are_tags_unreadable = read[at].is_unreadable;
            let found = Found { row, raw, texts: &texts, at, key, kind, may_have_nul, are_tags_unreadable };
            self.take_one(file, *line, reader, &found);
        }
        self.kinds.count(&self.counted, &mut self.harvest).map_err(|line| {
            let raw = raws.iter().zip(lines).find(|(_, of_raw)| **of_raw == line);
            too_large(file.name, line, raw.map_or("", |(raw, _)| raw.billing_currency))
        })?;
        self.made_tags = tags;
        Ok(())
    }

    fn take_one(&mut self, file: FileOf<'_>, line: u64, reader: &mut dyn RowReader, found: &Found<'_>) {
        let Found { raw, .. } = found;
        let at = Position { file: file.number, line };
        let has_nul = |text: &str| memchr::memchr(0, text.as_bytes()).is_some();
        if found.may_have_nul && found.texts().into_iter().any(has_nul) {
            return self.reject_whole(at, file, NoRow::with_nul(&found.texts()));
        }
        let kind = found.kind.or_else(|| self.kinds.find(found.key));
        let kind = kind.or_else(|| self.kind_of(at, file, reader, found));
        let (Some(kind), Some(part)) = (kind, &mut self.part) else { return };
        let Some((billed, effective)) = amounts(raw) else {
            if let Err(problem) = self.normaliser.line_item(found.read_again(reader)) {
                self.reject(at, file, with_heading(*problem, reader));
            }
            return;
        };
        part.add(kind.number, (found.texts, &self.looked, found.at), [Some(billed), effective], line);
        let hash_with = |tags| content_hash(kind.seed, (billed, effective), &self.looked, found.at, tags);
        let content = hash_with(self.looked[TAGS].hashes[found.at]);
        self.counted.push(Counted { kind, line, billed, effective, content });
        if let Some(tags) = &mut self.compared_tags {
            let tags = tags.of(&self.looked[TAGS], found.at, found.texts[TAGS][found.at]);
            let compared = hash_with(tags.into()) as u64;
            self.harvest.suspects.mark(
                file.number,
                compared,
                (self.kinds.account(kind), raw.charge_period_start),
                billed,
            );
        }
        if found.are_tags_unreadable
            && let Some(error) = self.tags.error(found.texts[TAGS][found.at])
        {
            found.read_again(reader);
            self.remark(at, file, reader, found.texts[TAGS][found.at], &error);
        }
    }

    /// The kind of the first row that is like this one; nothing where the row cannot be taken.
    fn kind_of(
        &mut self,
        at: Position,
        file: FileOf<'_>,
        reader: &mut dyn RowReader,
        found: &Found<'_>,
    ) -> Option<Kind> {
        if file.may_have_nul && self.kinds.has_nul(found.key) {
            self.reject_whole(at, file, NoRow::with_nul(&found.texts()));
            return None;
        }
        match self.normaliser.line_item(found.read_again(reader)) {
            Ok((item, _)) => {
                let period = item.period.to_string();
                let number = self.part.as_mut()?.kind(&shared_texts(&item, &period, file.name));
                Some(self.kinds.add(found.key, &item, at, number, &mut self.harvest))
            }
            Err(problem) => {
                self.reject(at, file, with_heading(*problem, reader));
                None
            }
        }
    }

    /// Rejects a row that is none of the table's, if anything stands there.
    pub(crate) fn take_none(&mut self, file: FileOf<'_>, line: u64, why: NoRow) {
        if matches!(why, NoRow::Broken(..)) {
            self.harvest.rows += 1;
            self.reject_whole(Position { file: file.number, line }, file, why);
        }
    }

    fn reject_whole(&mut self, at: Position, file: FileOf<'_>, why: NoRow) {
        let NoRow::Broken(text, reason) = why else { return };
        let problem =
            RowProblem { column: "", text, reason, provider: None, period: None, currency: None, cost: None };
        self.reject(at, file, Rejected { heading: String::new(), problem });
    }

    /// To be called after each block of rows: keeps the memory within its bounds.
    pub(crate) fn settle(&mut self) -> Result<(), DetailError> {
        let forgotten = match &mut self.part {
            Some(part) => part.settle()?,
            None => false,
        };
        if forgotten || self.kinds.is_full() {
            self.yield_kinds()?;
            self.kinds.forget();
            self.tags.forget();
            self.compared_tags.as_mut().into_iter().for_each(ComparedTags::forget);
        }
        Ok(())
    }

    /// How many rows were looked at.
    pub(crate) fn count(&self) -> u64 {
        self.harvest.rows
    }

    /// How many rows were rejected.
    pub(crate) fn rejected(&self) -> usize {
        self.harvest.rejections.len()
    }

    /// Everything that was brought in, with the detail written.
    pub(crate) fn finish(mut self) -> Result<Harvest, DetailError> {
        self.yield_kinds()?;
        if let Some(part) = self.part {
            part.finish()?;
        }
        Ok(self.harvest)
    }

    fn yield_kinds(&mut self) -> Result<(), DetailError> {
        if let Some((number, name)) = &self.file {
            let yielded = self.kinds.yield_to(&mut self.harvest, *number);
            yielded.map_err(|line| too_large(name, line, ""))?;
        }
        match &mut self.part {
            Some(part) => part.forget_kinds(),
            None => Ok(()),
        }
    }

    fn reject(&mut self, at: Position, file: FileOf<'_>, rejected: Rejected) {
        if self.harvest.rejections.len() > self.rejections_max {
            // The import is refused already, for the first of them.
            return;
        }
        let Rejected { heading, problem } = rejected;
        let rejection = Rejection {
            file: file.name.to_owned(),
            line: at.line,
            column: heading,
            text: excerpt(&problem.text),
            reason: problem.reason,
            provider: problem.provider,
            period: problem.period,
            currency: problem.currency,
            cost: problem.cost,
        };
        self.harvest.reject(at, rejection);
    }

    fn remark(
        &mut self,
        at: Position,
        file: FileOf<'_>,
        reader: &dyn RowReader,
        text: &str,
        error: &TagsError,
    ) {
        if self.harvest.remarks.len() < REMARKS_MAX {
            let remark = Remark {
                file: file.name.to_owned(),
                line: at.line,
                column: reader.heading("Tags"),
                text: excerpt(text),
                reason: error.to_string(),
            };
            self.harvest.remarks.push((at, remark));
        }
    }
}

fn too_large(file: &str, line: u64, currency: &str) -> DetailError {
    let space = if currency.is_empty() { "" } else { " " };
    let problem = format!(
        "with this row the{space}{currency} costs add up to more than can be counted; look for an amount that cannot \
         be"
    );
    DetailError::at_line(file, line, problem)
}

/// The billed and the amortised cost; `None` where one cannot be read or the first is missing.
fn amounts(raw: &RawLine<'_>) -> Option<(Fixed, Option<Fixed>)> {
    let billed = amount(&raw.billed_cost)?.ok()?;
    let effective = match &raw.effective_cost {
        same if **same == *raw.billed_cost => Some(billed),
        other => amount(other).transpose().ok()?,
    };
    Some((billed, effective))
}

/// The hash of the content of a row, one of those that were looked at, with this hash of its tags.
fn content_hash(
    seed: u128,
    (billed, effective): (Fixed, Option<Fixed>),
    looked: &[Looked; OWN],
    row: usize,
    tags: u128,
) -> u128 {
    let mut bytes = [0; 16 * (5 + OWN)];
    bytes[..16].copy_from_slice(&seed.to_le_bytes());
    bytes[16..48].copy_from_slice(&canonical::bytes(billed));
    // A row without an amortised cost is not one that has a cost of 0.
    bytes[48..80].copy_from_slice(&effective.map_or([0xFF; 32], canonical::bytes));
    for (place, looked) in bytes[80..].chunks_exact_mut(16).zip(looked) {
        place.copy_from_slice(&looked.hashes[row].to_le_bytes());
    }
    bytes[80 + 16 * TAGS..][..16].copy_from_slice(&tags.to_le_bytes());
    xxh3_128(&bytes)
}

/// A row's problem and the file's own heading of the column at fault.
struct Rejected {
    heading: String,
    problem: RowProblem,
}

fn with_heading(problem: RowProblem, reader: &dyn RowReader) -> Rejected {
    Rejected { heading: reader.heading(problem.column), problem }
}
