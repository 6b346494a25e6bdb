//! Compares what is imported row by row: its files with each other, and all of it with what is in force, where they may
//! have the same line items.

use std::collections::BTreeSet;

use anyhow::Result;
use billing_core::{
    document::Content,
    flow::admit::{self, Alike, DayAgain, FileAgain, InForce},
};
use billing_detail::{DetailStore, Of};
use billing_store::{Transaction, documents};

use crate::app::App;

/// Most pairs of files that are compared.
const PAIRS_MAX: usize = 32;

/// Compares the files that looked, while they were read, as if they had the same line items. Tells what they have alike.
///
/// # Errors
/// When one is mostly another one again, or when the detail cannot be read.
pub(super) fn files(
    app: &App,
    content: &Content,
    folder: &str,
    suspects: &[(String, String)],
) -> Result<Vec<(String, Alike)>> {
    // What has all line items again need not be read.
    admit::admit_files(content)?;
    let mut alike = Vec::new();
    for (first, second) in suspects.iter().take(PAIRS_MAX) {
        let found = app.detail.file_again(folder, first, second)?;
        let pair = FileAgain { first: first.clone(), second: second.clone(), found };
        let found = admit::admit_pair(&pair)?;
        alike.extend(found.map(|found| (format!("{} and {}", pair.first, pair.second), found)));
    }
    if suspects.len() > PAIRS_MAX {
        alike.push((format!("{} more pairs of files", suspects.len() - PAIRS_MAX), Alike::NotCompared));
    }
    Ok(alike)
}

/// What is compared with what is in force.
pub(super) struct Scope<'n> {
    pub(super) content: &'n Content,
    /// Its detail.
    pub(super) folder: &'n str,
    pub(super) job: &'n str,
    /// Whether it adds to the job's document.
    pub(super) add: bool,
    /// Whether its format tells no period, so that the same rows may be in force under another one.
    pub(super) has_assigned_periods: bool,
}

impl Scope<'_> {
    /// Compares an addition with the document that it adds to, and anything else with the other documents of its job, where
    /// they have the same accounts and periods.
    pub(super) fn compare(
        &self,
        tx: &mut Transaction<'_>,
        detail: &DetailStore,
        own: Option<&mut InForce>,
        others: &mut [InForce],
    ) -> Result<()> {
        let own_folders = match &own {
            Some(own) => documents::folders(tx, own.document, own.version)?,
            None => Vec::new(),
        };
        if self.add {
            if let Some(own) = own.filter(|own| !admit::common_accounts(self.content, own).is_empty()) {
                own.rows_again = detail.rows_again(&own_folders, self.folder)?;
            }
            return Ok(());
        }
        for other in others {
            let mut days = Vec::new();
            for of in self.worth_comparing(own.as_deref(), other) {
                let known = documents::folders(tx, other.document, other.version)?;
                let again = detail.days_again(&known, &[self.folder.to_owned()], &of)?;
                // What the version in force has of the other document was accepted with it.
                let accepted = if again.is_empty() {
                    Vec::new()
                } else {
                    detail.days_again(&known, &own_folders, &of)?
                };
                let is_new = |day: &DayAgain| !accepted.iter().any(|known| known.covers(day));
                let is_due =
                    |day: &DayAgain| day.period.is_some() || admit::is_of_a_period(day, self.content, other);
                days.extend(again.into_iter().filter(|day| is_new(day) && is_due(day)));
            }
            other.days_again = days;
        }
        Ok(())
    }

    /// The line items that a document may have too: of the accounts that both have in the job's other documents, and in those
    /// of other jobs beside which the version in force was accepted. A second bill of any other is refused anyway.
    fn worth_comparing(&self, own: Option<&InForce>, other: &InForce) -> Vec<Of> {
        let mut common = admit::common_accounts(self.content, other);
        if other.job != self.job {
            common.retain(|key| own.is_some_and(|own| own.account_periods.contains_key(key)));
        }
        let of_other_periods = match self.has_assigned_periods {
            true => admit::accounts_of_other_periods(self.content, other),
            false => BTreeSet::new(),
        };
        // Those are compared whatever their period.
        common.retain(|(provider, account, _)| {
            !of_other_periods.contains(&(provider.clone(), account.clone()))
        });
        let all = [Of::Periods(common), Of::Accounts(of_other_periods)];
        all.into_iter().filter(|of| !of.is_empty()).collect()
    }
}
