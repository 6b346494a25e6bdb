//! Steps 5 and 6: where a line comes from, and where all cost went.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use billing_core::{
    Period,
    books::Books,
    flow::conserve::{self, Reconciliation},
    ids::{DocumentId, Target},
    invoice::{Invoice, Line, LineRef, Source},
};
use billing_detail::{DetailRow, RowFilter};
use billing_store::{
    catalog,
    documents::{self, CostFilter},
    invoices, rates,
};

use crate::app::App;

/// Most of the provider's rows that are shown for one source.
const ROWS_MAX: usize = 10_000;

/// A line with all that stands behind it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Its invoice.
    pub invoice: Invoice,
    /// The line.
    pub line: Line,
    /// The names of documents.
    pub documents: HashMap<DocumentId, String>,
    /// The provider's own rows of each source, where they were asked for.
    pub rows: Option<Vec<Vec<DetailRow>>>,
}

/// Where a line comes from.
///
/// # Errors
/// When there is no such line, or the provider's rows cannot be read.
pub fn explain(app: &mut App, at: LineRef, with_rows: bool) -> Result<Explanation> {
    let invoice = super::invoices::find(app, at.invoice)?;
    let line = invoice.content.lines.iter().find(|line| line.line == at.line).cloned();
    let count = invoice.content.lines.len();
    let line = line.ok_or_else(|| {
        let lines = if count == 1 { "line 1 only".to_owned() } else { format!("lines 1 to {count}") };
        anyhow!(
            "invoice {0} has no line {1}, it has {lines}: see cloud-billing invoice show {0}",
            at.invoice,
            at.line
        )
    })?;
    let versions = app.ledger.read(documents::versions)?;
    let names = versions.iter().map(|version| (version.document, version.document_name())).collect();
    let rows = match with_rows {
        true => Some(line.all_sources().map(|source| rows_of(app, source, &line)).collect::<Result<_>>()?),
        false => None,
    };
    Ok(Explanation { invoice, line, documents: names, rows })
}

fn rows_of(app: &mut App, source: &Source, line: &Line) -> Result<Vec<DetailRow>> {
    let key = &source.key;
    let tag = |tag: &Option<std::sync::Arc<str>>| Some(tag.as_deref().map(str::to_owned));
    let filter = RowFilter {
        provider: Some(key.provider.clone()),
        account_key: Some(key.account_key.to_string()),
        period: Some(line.period),
        service_name: Some(key.service_name.to_string()),
        cost_center_tag: tag(&key.cost_center_tag),
        component_tag: tag(&key.component_tag),
        currency: Some(key.currency.clone()),
        ..RowFilter::default()
    };
    let folders = app.ledger.read(|tx| documents::folders(tx, key.document, source.version))?;
    let mut rows = Vec::new();
    for folder in folders {
        let room = ROWS_MAX - rows.len().min(ROWS_MAX);
        rows.extend(app.detail.lookup(&folder, &filter, room)?);
    }
    Ok(rows)
}

/// Where all cost went, of all periods or of one.
///
/// # Errors
/// When the ledger cannot be read.
pub fn reconcile(app: &mut App, period: Option<Period>) -> Result<Vec<Reconciliation>> {
    let run = app.bill_run(&Target::ManagedCloudServices, Period::BEGINNING, None);
    let (books, received) = app.ledger.read(|tx| {
        let live = invoices::live(tx, None)?;
        let live = live.into_iter().filter(|live| matches!(live.target, Target::Accounts(_))).collect();
        let costs = documents::costs_in_force(tx, CostFilter::All)?;
        let books = Books::new(catalog::load(tx)?, costs, live, rates::load(tx)?);
        anyhow::Ok((books, documents::received(tx)?))
    })?;
    let rows = conserve::reconcile(&run, &books, &received);
    Ok(rows.into_iter().filter(|row| period.is_none_or(|period| row.period == period)).collect())
}
