//! Imports: which content is taken, refused, or already there (R14, R15).

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{Decimal, Period};

use super::{Component, Document, Oracle, Timeline, Use};
use crate::history::{Broken, ComponentTerms, Import, Row, SERVICES};

/// What an import should come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A new version is in force.
    Imported,
    /// The content is in force already.
    AlreadyImported,
    /// Refused for another reason.
    Refused,
    /// The rules do not decide it; whatever the program does is taken over.
    Open,
}

/// Rows by provider and billing period, in one order, with ids in one spelling: what content is compared by.
type Slices<'r> = BTreeMap<(&'r str, Period), Vec<Row>>;

fn slices<'r>(files: impl IntoIterator<Item = &'r Vec<Row>>) -> Slices<'r> {
    let mut slices = Slices::new();
    for row in files.into_iter().flatten().filter(|row| row.broken.is_none()) {
        let row_in_one_spelling = Row { account_written: row.account.clone(), ..row.clone() };
        slices.entry((&row.provider, row.period)).or_default().push(row_in_one_spelling);
    }
    slices.values_mut().for_each(|rows| rows.sort());
    slices
}

/// What a document is known by: all of it, and each of its files.
fn pieces(files: &[Vec<Row>]) -> Vec<Slices<'_>> {
    std::iter::once(slices(files)).chain(files.iter().map(|file| slices([file]))).collect()
}

fn accounts(files: &[Vec<Row>]) -> BTreeSet<(&str, &str)> {
    taken(files).map(|row| (&*row.provider, &*row.account)).collect()
}

fn providers(files: &[Vec<Row>]) -> BTreeSet<&str> {
    taken(files).map(|row| &*row.provider).collect()
}

/// The rows that can be read.
fn taken(files: &[Vec<Row>]) -> impl Iterator<Item = &Row> {
    files.iter().flatten().filter(|row| row.broken.is_none())
}

fn row_count(files: &[Vec<Row>]) -> usize {
    taken(files).count()
}

/// What makes rows look the same.
fn look(row: &Row) -> [&String; 4] {
    [&row.account, &row.currency, &row.cost, &row.sku]
}

/// Whether two files, or an addition and what it is added to, have several rows so much alike that they may be refused as
/// the same.
fn rows_come_twice(import: &Import, current: Option<&Vec<Vec<Row>>>) -> bool {
    let alike = |one: &[Row], other: &[Row]| {
        one.iter().filter(|row| other.iter().any(|other| look(row) == look(other))).count() > 1
    };
    let files = &import.files;
    let mut pairs =
        files.iter().enumerate().flat_map(|(at, one)| files[at + 1..].iter().map(move |other| (one, other)));
    let added = current.filter(|_| import.add);
    pairs.any(|(one, other)| alike(one, other) || alike(other, one))
        || added.is_some_and(|known| {
            alike(&files.concat(), &known.concat()) || alike(&known.concat(), &files.concat())
        })
}

fn has_rejections(files: &[Vec<Row>]) -> bool {
    files.iter().flatten().any(|row| row.broken.is_some())
}

impl Oracle {
    /// The document's period: the newest of the rows taken; where none is, of those that can be read so far.
    fn period_of(import: &Import) -> Option<Period> {
        let told = import.files.iter().flatten().filter(|row| row.broken == Some(Broken::Cost));
        let newest = taken(&import.files).map(|row| row.period).max();
        import.period.or(newest).or_else(|| told.map(|row| row.period).max())
    }

    /// What an import should come to. Changes nothing.
    pub fn import(&self, import: &Import) -> Outcome {
        let Some(period) = Self::period_of(import) else { return Outcome::Refused };
        let current = self
            .documents
            .iter()
            .find(|document| document.job == import.job && document.period == period)
            .and_then(|document| document.files.as_ref());
        if rows_come_twice(import, current) {
            return Outcome::Open;
        }
        if row_count(&import.files) == 0 {
            return match current {
                _ if import.replace => Outcome::Imported,
                Some(files) if row_count(files) > 0 && !import.add => Outcome::Refused,
                _ => Outcome::Open,
            };
        }
        if !import.replace
            && let Some(outcome) = self.known(import)
        {
            return outcome;
        }
        if !import.add {
            match self.is_a_second_bill(import, current) {
                Some(true) => return Outcome::Refused,
                None => return Outcome::Open,
                // Beside what was accepted, rows of the other document may be refused.
                Some(false) if current.is_some() && self.has_rows_of_others(import) => return Outcome::Open,
                Some(false) => {}
            }
        }
        if let Some(files) = current
            && !import.replace
            && !import.add
        {
            let fewer = |new: usize, old: usize| new * 2 < old;
            let all = |files: &[Vec<Row>]| files.iter().flatten().count();
            let few = fewer(row_count(&import.files), row_count(files));
            if few != fewer(all(&import.files), all(files)) {
                return Outcome::Open;
            }
            if few
                || fewer(accounts(&import.files).len(), accounts(files).len())
                || !providers(files).is_subset(&providers(&import.files))
            {
                return Outcome::Refused;
            }
        }
        Outcome::Imported
    }

    /// Whether content is in force already: all of it, a part of a document, or a mixture that nobody would bring.
    fn known(&self, import: &Import) -> Option<Outcome> {
        let is_own = |d: &&Document| d.job == import.job && Some(d.period) == Self::period_of(import);
        let new = slices(&import.files);
        let old: Vec<(bool, &Vec<Vec<Row>>)> = self
            .documents
            .iter()
            .filter_map(|document| Some((is_own(&document), document.files.as_ref()?)))
            .collect();
        let is_part = |content: &Slices<'_>, of: &Slices<'_>| {
            content.iter().all(|(key, rows)| of.get(key) == Some(rows))
        };
        let has_file = |files: &[Vec<Row>], file: &Vec<Row>| {
            files.iter().any(|known| is_part(&slices([file]), &slices([known])))
        };
        // Where rejections are open, the same content is taken again: it may have been repaired.
        let open = old.iter().find(|(_, files)| has_rejections(files));
        let same =
            |(own, files): &(bool, &Vec<Vec<Row>>)| *own && has_rejections(files) && slices(*files) == new;
        if old.iter().any(same) && !import.add {
            return None;
        }
        let whole = old.iter().any(|(_, files)| is_part(&new, &slices(*files)));
        let by_file = old.iter().any(|(_, files)| import.files.iter().all(|file| has_file(files, file)));
        if whole || by_file {
            return Some(if open.is_some() { Outcome::Open } else { Outcome::AlreadyImported });
        }
        // Something of it is in force: in pieces of one document, in another one, or it would be added a second time.
        let is_piece = |key: &(&str, Period), rows: &Vec<Row>, files: &[Vec<Row>]| {
            pieces(files).iter().any(|of| of.get(key) == Some(rows))
        };
        let parts = pieces(&import.files);
        let of_all = new.iter().all(|(key, rows)| old.iter().any(|(_, files)| is_piece(key, rows, files)));
        let mut others = old.iter().filter(|(own, _)| !own || import.add);
        let elsewhere =
            others.any(|(_, files)| parts.iter().flatten().any(|(key, rows)| is_piece(key, rows, files)));
        (of_all || elsewhere).then_some(Outcome::Open)
    }

    /// Whether another job has a full bill of one of the accounts in one of its periods. Of ids that were joined only
    /// later it is not said.
    /// What the document has already was accepted with it.
    fn is_a_second_bill(&self, import: &Import, current: Option<&Vec<Vec<Row>>>) -> Option<bool> {
        let written = |row: &Row| (row.provider.clone(), row.account.clone(), row.period);
        let joined = |row: &Row| {
            let account = self.account_of(&row.provider, &row.account).cloned();
            (account.unwrap_or_else(|| (row.provider.clone(), row.account.clone())), row.period)
        };
        let own: Vec<&Row> = current.into_iter().flat_map(|files| taken(files)).collect();
        let mut new: BTreeSet<_> = taken(&import.files).map(written).collect();
        let mut new_joined: BTreeSet<_> = taken(&import.files).map(joined).collect();
        new.retain(|key| !own.iter().any(|row| written(row) == *key));
        new_joined.retain(|key| !own.iter().any(|row| joined(row) == *key));
        let others = || {
            let others = self.documents.iter().filter(|document| document.job != import.job);
            others.flat_map(|document| document.files.iter().flat_map(|files| taken(files)))
        };
        let as_written = others().any(|row| new.contains(&written(row)));
        let as_joined = others().any(|row| new_joined.contains(&joined(row)));
        (as_written == as_joined).then_some(as_written)
    }

    /// Whether a row looks like one of another document.
    fn has_rows_of_others(&self, import: &Import) -> bool {
        let others = self.documents.iter().filter(|document| document.job != import.job);
        let mut rows = others.flat_map(|document| document.files.iter().flat_map(|files| taken(files)));
        rows.any(|other| taken(&import.files).any(|row| look(row) == look(other)))
    }

    /// Puts an import in force.
    pub fn take(&mut self, import: &Import) {
        let Some(period) = Self::period_of(import) else { return };
        let known = self.documents.iter_mut().find(|d| d.job == import.job && d.period == period);
        match known {
            Some(document) => match &mut document.files {
                Some(files) if import.add => files.extend(import.files.iter().cloned()),
                files => *files = Some(import.files.clone()),
            },
            None => self.documents.push(Document {
                job: import.job.clone(),
                period,
                files: Some(import.files.clone()),
            }),
        }
        for row in taken(&import.files) {
            let account = self.account_mut(&row.provider, &row.account);
            // The account goes by the name of its first id.
            if account.keys.first() == Some(&row.account) {
                account.name.clone_from(&row.name);
            }
        }
        self.take_tags(import);
    }

    /// A component that nobody knows is made; a service tag beside it makes the service and its use of it.
    fn take_tags(&mut self, import: &Import) {
        let mut tags: BTreeMap<(&String, Option<&String>), Period> = BTreeMap::new();
        for row in taken(&import.files) {
            if let Some(component) = &row.component {
                let first = tags.entry((component, row.service_tag.as_ref())).or_insert(row.period);
                *first = row.period.min(*first);
            }
        }
        let billed = self.invoices.iter().any(|invoice| !invoice.void && invoice.target == SERVICES);
        for ((name, service), period) in tags {
            if self.component(name).is_none() {
                let mut terms = Timeline::default();
                terms.set(Period::BEGINNING, ComponentTerms::of_import());
                self.components.push(Component { name: name.clone(), terms });
            }
            let Some(service) = service else { continue };
            let service = self.service_mut(service);
            if service.uses.iter().all(|used| used.component != *name) {
                let from = if billed { period } else { Period::BEGINNING };
                let mut terms = Timeline::default();
                terms.set(from, Some((Decimal::one(), false)));
                service.uses.push(Use { name: name.clone(), component: name.clone(), part: None, terms });
            }
        }
    }

    /// The documents in force, as `(job, period)`.
    pub fn in_force(&self) -> Vec<(String, Period)> {
        let in_force = self.documents.iter().filter(|document| document.files.is_some());
        in_force.map(|document| (document.job.clone(), document.period)).collect()
    }

    /// Takes a document out of force.
    pub fn withdraw(&mut self, job: &str, period: Period) {
        for document in self.documents.iter_mut().filter(|d| d.job == job && d.period == period) {
            document.files = None;
        }
    }
}
