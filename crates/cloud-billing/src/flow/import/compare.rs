//! Compares what is imported row by row: its files with each other, and all of it with what is in force, where they may
//! have the same line items.

use anyhow::Result;
use billing_core::{
    document::Content,
    flow::admit::{self, FileAgain, InForce, Span},
};
use billing_detail::DetailStore;
use billing_store::{Transaction, documents};

use crate::app::App;

/// Compares the files that looked, while they were read, as if they had the same line items. Tells what they have alike.
///
/// # Errors
/// When one is mostly another one again, or when the detail cannot be read.
pub(super) fn files(
    app: &App,
    content: &Content,
    folder: &str,
    suspects: Vec<(String, String)>,
) -> Result<Vec<(String, Span)>> {
    // What has all line items again need not be read.
    admit::admit_files(content)?;
    let mut alike = Vec::new();
    for (first, second) in suspects {
        let found = app.detail.file_again(folder, &first, &second)?;
        let pair = FileAgain { first, second, found };
        let span = admit::admit_pair(&pair)?;
        alike.extend(span.map(|span| (format!("{} and {}", pair.first, pair.second), span)));
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
        if let Some(own) = own.filter(|_| self.add)
            && !admit::common_accounts(self.content, own).is_empty()
        {
            let folders = documents::folders(tx, own.document, own.version)?;
            own.rows_again = detail.rows_again(&folders, self.folder)?;
        }
        for other in others.iter_mut().filter(|other| other.job == self.job && !self.add) {
            let common = admit::common_accounts(self.content, other);
            if !common.is_empty() {
                let folders = documents::folders(tx, other.document, other.version)?;
                other.days_again = detail.days_again(&folders, self.folder, &common)?;
            }
        }
        Ok(())
    }
}
