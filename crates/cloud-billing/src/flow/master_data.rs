//! Step 2: a catalog file names customers, factors, prices and uses.

use std::collections::HashSet;

use anyhow::{Result, bail};
use billing_core::{
    Period,
    apply::{self, Applied, ApplyOptions, CatalogFile},
    catalog::Catalog,
    ids::PositionId,
    invoice::Subject,
};
use billing_store::{StoreError, Transaction, audit, catalog, invoices};

use super::bill;
use crate::{app::App, catalog_file, config::Settings, samples};

/// How to apply a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ApplyRequest {
    /// Show the difference and change nothing.
    pub dry_run: bool,
    /// From which period the changes hold.
    pub from: Option<Period>,
    /// End what the file does not name.
    pub prune: bool,
}

/// Applies the text of a catalog file, all of it or nothing. `name` is the file's, for messages.
///
/// # Errors
/// All problems of the file, each with its line.
pub fn apply(app: &mut App, name: &str, text: &str, request: ApplyRequest) -> Result<Applied> {
    let file = catalog_file::parse(text).map_err(|problems| refused(name, &problems))?;
    if request.dry_run {
        return app
            .ledger
            .read(|tx| compute(tx, &app.settings, name, &file, request).map(|(_, applied)| applied));
    }
    let entry = app.audit("apply", name, "");
    let settings = &app.settings;
    app.ledger.write(|tx| {
        let (before, applied) = compute(tx, settings, name, &file, request)?;
        catalog::save(tx, &before, &applied.catalog)?;
        if !applied.changes.is_empty() {
            let detail =
                applied.changes.iter().map(|change| change.what.clone()).collect::<Vec<_>>().join(", ");
            audit::record(tx, &audit::AuditEntry { detail, ..entry })?;
        }
        Ok(applied)
    })
}

fn compute(
    tx: &mut Transaction<'_>,
    settings: &Settings,
    name: &str,
    file: &CatalogFile,
    request: ApplyRequest,
) -> Result<(Catalog, Applied)> {
    let before = catalog::load(tx)?;
    let options = ApplyOptions {
        from: request.from,
        prune: request.prune,
        currency: settings.currency.clone(),
        cost_centers: settings.cost_centers.clone(),
        first_open: bill::first_open(tx)?,
        last_position: invoices::last_position(tx)?,
        invoiced_positions: invoiced_positions(tx)?,
    };
    let applied = apply::apply(&before, file, &options).map_err(|problems| refused(name, &problems))?;
    Ok((before, applied))
}

fn invoiced_positions(tx: &mut Transaction<'_>) -> Result<HashSet<PositionId>, StoreError> {
    let position = |subject| match subject {
        Subject::Position(id) => Some(id),
        _ => None,
    };
    Ok(invoices::live(tx, None)?.into_iter().filter_map(|live| position(live.line.subject)).collect())
}

fn refused(name: &str, problems: &[apply::Remark]) -> anyhow::Error {
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("{name}:{}: {}", problem.line, problem.message)).collect();
    anyhow::anyhow!("{}\nnothing was applied", lines.join("\n"))
}

/// Gives the accounts of the project's sample their customers, in a ledger that has no customer yet.
///
/// # Errors
/// When the ledger cannot be changed.
pub fn seed_sample(app: &mut App) -> Result<()> {
    if !app.ledger.read(catalog::load)?.customers.is_empty() {
        return Ok(());
    }
    let text = samples::catalog_in(app.settings.currency.as_str());
    let applied = apply(app, "samples/catalog.yaml", &text, ApplyRequest::default())?;
    if applied.changes.is_empty() {
        bail!("the sample catalog changes nothing: this is a mistake of the program");
    }
    tracing::warn!(
        "Applied samples/catalog.yaml, since the ledger had no customer: the sample's accounts have theirs now"
    );
    Ok(())
}
