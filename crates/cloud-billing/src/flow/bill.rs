//! Step 3: owed − live becomes an invoice, in one transaction.

mod periods;
mod targets;

use std::path::PathBuf;

use anyhow::{Result, bail};
use billing_core::{
    Currency, Period,
    books::{BillRun, Books, CostInForce, Finding, Rates},
    catalog::Catalog,
    flow::{
        conserve::RejectedCost,
        invoice::{Outcome, make_invoice},
        statement::statement,
    },
    ids::{InvoiceNumber, MANAGED_CLOUD_SERVICES, Target},
    invoice::{Invoice, InvoiceState, LiveLine},
};
use billing_store::{
    StoreError, Transaction, audit, catalog,
    documents::{self, CostFilter},
    invoices::{self, ExportRecord},
    rates,
};

use self::periods::first_period;
use super::deliver;
use crate::{app::App, outputs::sap_csv};

pub use periods::first_open;
pub use targets::targets;

/// What a run does with the invoice it makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Issues it.
    Issue,
    /// Keeps it as the target's draft.
    Draft,
    /// Shows it and writes nothing.
    DryRun,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct BillReport {
    /// Whom it was for.
    pub target: Target,
    /// Up to which period.
    pub period: Period,
    /// The currency of the target's invoices.
    pub currency: Currency,
    /// The invoice, where there was something to invoice. A dry run's has the number it would get.
    pub invoice: Option<Invoice>,
    /// What could not be invoiced.
    pub findings: Vec<Finding>,
    /// Rejected rows of the target's provider up to the period that nobody waived.
    pub rejections: Vec<RejectedCost>,
    /// The catalog of the run, for names.
    pub catalog: Catalog,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Why a file could not be written; the invoice stands.
    pub undelivered: Option<String>,
}

impl BillReport {
    /// Writes all pending files. What cannot be written stays pending: the invoice stands all the same.
    fn deliver(&mut self, app: &mut App) {
        match deliver::write_exports(app) {
            Ok(files) => self.files = files,
            Err(error) => self.undelivered = Some(format!("{error:#}")),
        }
    }

    /// Whether a person has to do something (exit code 3).
    pub fn needs_a_person(&self) -> bool {
        !self.rejections.is_empty()
            || self.undelivered.is_some()
            || self.findings.iter().any(Finding::needs_a_person)
    }
}

/// Makes the invoice of a target up to a period.
///
/// # Errors
/// When the books cannot be read, the invoice does not add up, or cannot be stored. Nothing has changed then.
pub fn bill(app: &mut App, target: &Target, period: Period, mode: Mode) -> Result<BillReport> {
    if mode == Mode::Issue {
        deliver::check_export_dir(app)?;
    }
    let created = app.now();
    let settings = RunSettings::of(app, target, period);
    let mut report = match mode {
        Mode::DryRun => app.ledger.read(|tx| {
            let (mut report, outcome) = compute(tx, &settings)?;
            report.invoice = match outcome.invoice {
                Some(content) => {
                    let number = InvoiceNumber(invoices::last_number(tx)? + 1);
                    Some(Invoice { number, state: InvoiceState::Draft, created, content })
                }
                None => None,
            };
            anyhow::Ok(report)
        })?,
        Mode::Issue | Mode::Draft => app.ledger.write(|tx| store(tx, &settings, mode, &created))?,
    };
    if mode == Mode::Issue {
        report.deliver(app);
    }
    Ok(report)
}

/// What a run takes from the program before it looks at the ledger.
struct RunSettings {
    run: BillRun,
    save_csv: bool,
    entry: audit::AuditEntry,
}

impl RunSettings {
    fn of(app: &App, target: &Target, period: Period) -> Self {
        Self {
            run: app.bill_run(target, period, None),
            save_csv: app.settings.save_csv,
            entry: app.audit("bill", target.as_str(), &format!("up to {period}")),
        }
    }
}

fn compute(tx: &mut Transaction<'_>, settings: &RunSettings) -> Result<(BillReport, Outcome)> {
    let target = &settings.run.target;
    let live = invoices::live(tx, Some(target))?;
    let (outcome, catalog) = if live.is_empty() && owes_nothing(tx, target)? {
        (Outcome::default(), Catalog::default())
    } else {
        outcome(tx, settings, live)?
    };
    let report = BillReport {
        target: target.clone(),
        period: settings.run.period,
        currency: settings.run.currency.clone(),
        invoice: None,
        findings: outcome.findings.clone(),
        rejections: rejections(tx, target, settings.run.period)?,
        catalog,
        files: Vec::new(),
        undelivered: None,
    };
    Ok((report, outcome))
}

/// Whether there is nothing that a target could owe: no cost, no position, no service. Most runs for all targets are of
/// this kind, and need no master data.
fn owes_nothing(tx: &mut Transaction<'_>, target: &Target) -> Result<bool> {
    if catalog::has_dues(tx, target)? {
        return Ok(false);
    }
    Ok(match target {
        Target::Accounts(provider) => !documents::has_cost(tx, provider)?,
        Target::ManagedCloudServices => true,
    })
}

fn outcome(
    tx: &mut Transaction<'_>,
    settings: &RunSettings,
    live: Vec<LiveLine>,
) -> Result<(Outcome, Catalog)> {
    let target = &settings.run.target;
    let run = BillRun { first_period: first_period(tx, target)?, ..settings.run.clone() };
    let filter = match target {
        Target::Accounts(provider) => CostFilter::Provider(provider),
        Target::ManagedCloudServices => CostFilter::Components,
    };
    let costs = documents::costs_in_force(tx, filter)?;
    let is_foreign = |cost: &CostInForce| cost.key.currency != run.currency;
    let rates = if costs.iter().any(is_foreign) { rates::load(tx)? } else { Rates::default() };
    let books = Books::new(catalog::load(tx)?, costs, live, rates);
    if let Some(other) = books.live.iter().find(|live| live.currency != run.currency) {
        bail!(
            "invoice {} is in {}, CURRENCY is {}: a ledger has one currency, set CURRENCY={} or use another ledger",
            other.at.invoice,
            other.currency,
            run.currency,
            other.currency
        );
    }
    Ok((make_invoice(&run, &books)?, books.catalog))
}

fn store(tx: &mut Transaction<'_>, settings: &RunSettings, mode: Mode, created: &str) -> Result<BillReport> {
    let (mut report, outcome) = compute(tx, settings)?;
    if mode == Mode::Draft {
        delete_drafts(tx, &report.target)?;
    }
    let Some(content) = outcome.invoice else { return Ok(report) };
    let state = if mode == Mode::Draft { InvoiceState::Draft } else { InvoiceState::Issued };
    let number = invoices::insert(tx, &content, state, created)?;
    let invoice = Invoice { number, state, created: created.to_owned(), content };
    if mode == Mode::Issue {
        store_export(tx, &invoice, settings.save_csv)?;
    }
    let subject = format!("{} {number}", settings.entry.subject);
    let action = if mode == Mode::Draft { "draft".to_owned() } else { settings.entry.action.clone() };
    audit::record(tx, &audit::AuditEntry { subject, action, ..settings.entry.clone() })?;
    report.invoice = Some(invoice);
    Ok(report)
}

fn delete_drafts(tx: &mut Transaction<'_>, target: &Target) -> Result<(), StoreError> {
    for (number, of_target, _, state) in invoices::heads(tx)? {
        if of_target == *target && state == InvoiceState::Draft {
            invoices::delete_draft(tx, number)?;
        }
    }
    Ok(())
}

/// Stores the bytes of an invoice's export; they are written to a file after the commit.
fn store_export(tx: &mut Transaction<'_>, invoice: &Invoice, save: bool) -> Result<(), StoreError> {
    let statement = statement(invoice.number, &invoice.content);
    // An invoice whose credits are all carried on has no row to hand out.
    let state = if save && !statement.rows.is_empty() { "pending" } else { "kept" };
    let export = ExportRecord {
        invoice: invoice.number,
        kind: "export".to_owned(),
        format: "sap".to_owned(),
        content: sap_csv::render(&statement),
        state: state.to_owned(),
    };
    invoices::insert_export(tx, &export)
}

/// Issues a draft, if it still is what the books come to.
///
/// # Errors
/// When there is no such draft, or when it would look different today.
pub fn issue(app: &mut App, number: InvoiceNumber) -> Result<BillReport> {
    deliver::check_export_dir(app)?;
    let draft = super::invoices::find(app, number)?;
    if draft.state != InvoiceState::Draft {
        bail!("invoice {number} is {}: only a draft can be issued", draft.state.as_str());
    }
    let (target, period) = (draft.content.target.clone(), draft.content.period);
    let settings = RunSettings::of(app, &target, period);
    let mut report = app.ledger.write(|tx| {
        let (mut report, outcome) = compute(tx, &settings)?;
        let current = invoices::find(tx, number)?.filter(|invoice| invoice.state == InvoiceState::Draft);
        let same = current.is_some_and(|draft| outcome.invoice.as_ref() == Some(&draft.content));
        if !same {
            bail!(
                "draft {number} is no longer what the books come to: make it anew with bill {target} --draft"
            );
        }
        invoices::set_state(tx, number, InvoiceState::Issued)?;
        let invoice = Invoice { state: InvoiceState::Issued, ..draft.clone() };
        store_export(tx, &invoice, settings.save_csv)?;
        audit::record(
            tx,
            &audit::AuditEntry {
                action: "issue".to_owned(),
                subject: number.to_string(),
                ..settings.entry.clone()
            },
        )?;
        report.invoice = Some(invoice);
        Ok(report)
    })?;
    report.deliver(app);
    Ok(report)
}

/// The open rejections that concern a target up to a period.
fn rejections(
    tx: &mut Transaction<'_>,
    target: &Target,
    period: Period,
) -> Result<Vec<RejectedCost>, StoreError> {
    let concerns = |rejected: &RejectedCost| {
        !rejected.waived && rejected.period <= period && rejected.provider.as_str() == target.as_str()
    };
    if target.as_str() == MANAGED_CLOUD_SERVICES {
        return Ok(Vec::new());
    }
    Ok(documents::received(tx)?.rejections.into_iter().filter(concerns).collect())
}
