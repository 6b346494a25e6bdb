//! Imports: which content is taken, refused, or already there (R14, R15).

use std::collections::{BTreeMap, BTreeSet};

use billing_core::Period;

use super::{Document, Oracle};
use crate::history::{Import, Row};

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

/// Rows by provider and billing period, in one order.
type Slices<'r> = BTreeMap<(&'r str, Period), Vec<&'r Row>>;

fn slices<'r>(files: impl IntoIterator<Item = &'r Vec<Row>>) -> Slices<'r> {
    let mut slices = Slices::new();
    for row in files.into_iter().flatten() {
        slices.entry((&row.provider, row.period)).or_default().push(row);
    }
    slices.values_mut().for_each(|rows| rows.sort());
    slices
}

fn accounts<'r>(files: &'r [Vec<Row>]) -> BTreeSet<(&'r str, &'r str)> {
    files.iter().flatten().map(|row| (&*row.provider, &*row.account)).collect()
}

fn providers(files: &[Vec<Row>]) -> BTreeSet<&str> {
    files.iter().flatten().map(|row| &*row.provider).collect()
}

fn row_count(files: &[Vec<Row>]) -> usize {
    files.iter().map(Vec::len).sum()
}

impl Oracle {
    /// The document's period.
    fn period_of(import: &Import) -> Option<Period> {
        import.period.or_else(|| import.files.iter().flatten().map(|row| row.period).max())
    }

    /// What an import should come to. Changes nothing.
    pub fn import(&self, import: &Import) -> Outcome {
        let Some(period) = Self::period_of(import) else { return Outcome::Refused };
        let current = self
            .documents
            .iter()
            .find(|document| document.job == import.job && document.period == period)
            .and_then(|document| document.files.as_ref());
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
        if !import.add && self.is_a_second_bill(import) {
            return Outcome::Refused;
        }
        if let Some(files) = current
            && !import.replace
            && !import.add
        {
            let fewer = |new: usize, old: usize| new * 2 < old;
            if fewer(row_count(&import.files), row_count(files))
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
        let new = slices(&import.files);
        let in_force = || self.documents.iter().filter_map(|document| document.files.as_ref());
        let known_slice = |slice: (&(&str, Period), &Vec<&Row>)| {
            in_force().any(|files| slices(files).get(slice.0) == Some(slice.1))
        };
        let known_file = |file: &Vec<Row>| {
            let new = slices([file]);
            in_force().any(|files| files.iter().any(|known| slices([known]) == new))
        };
        if new.iter().all(known_slice) || import.files.iter().all(known_file) {
            let whole = in_force().any(|files| slices(files) == new);
            let part = in_force().any(|files| {
                let old = slices(files);
                new.iter().all(|(key, rows)| old.get(key) == Some(rows))
                    || import.files.iter().all(|file| files.iter().any(|f| slices([f]) == slices([file])))
            });
            return Some(if whole || part { Outcome::AlreadyImported } else { Outcome::Open });
        }
        // Something of it is in force in another document, or would be added a second time.
        let elsewhere = self.documents.iter().any(|document| {
            let own = document.job == import.job && Some(document.period) == Self::period_of(import);
            let Some(files) = document.files.as_ref().filter(|_| !own || import.add) else { return false };
            let old = slices(files);
            new.iter().any(|(key, rows)| old.get(key) == Some(rows))
                || import
                    .files
                    .iter()
                    .any(|f| !f.is_empty() && files.iter().any(|old| slices([old]) == slices([f])))
        });
        elsewhere.then_some(Outcome::Open)
    }

    /// Whether another job has a full bill of one of the accounts in one of its periods.
    fn is_a_second_bill(&self, import: &Import) -> bool {
        let key = |row: &Row| (row.provider.clone(), row.account.clone(), row.period);
        let new: BTreeSet<_> = import.files.iter().flatten().map(key).collect();
        self.documents
            .iter()
            .filter(|document| document.job != import.job)
            .flat_map(|document| document.files.iter().flatten().flatten())
            .any(|row| new.contains(&key(row)))
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
        for row in import.files.iter().flatten() {
            let account = self.accounts.entry((row.provider.clone(), row.account.clone())).or_default();
            account.name.clone_from(&row.name);
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
