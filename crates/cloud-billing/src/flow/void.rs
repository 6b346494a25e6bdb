//! Makes an invoice void, in one transaction: what it said is owed again.

use std::path::PathBuf;

use anyhow::{Result, bail};
use billing_core::{
    flow::statement::statement,
    ids::InvoiceNumber,
    invoice::{Invoice, InvoiceState},
};
use billing_store::{
    audit,
    invoices::{self, ExportRecord},
};

use super::{deliver, usage};
use crate::{app::App, outputs::sap_csv};

/// What making an invoice void came to.
#[derive(Clone, Debug)]
pub struct VoidReport {
    /// The invoice.
    pub invoice: Invoice,
    /// Whether it was void before.
    pub was_void: bool,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Why a file could not be written; the invoice is void.
    pub undelivered: Option<String>,
}

/// Makes an invoice void: what it said is owed again. One that has left the house gets its cancellation.
///
/// # Errors
/// When there is no such invoice.
pub fn void(app: &mut App, number: InvoiceNumber, why: &str) -> Result<VoidReport> {
    if why.trim().is_empty() {
        return Err(usage("a void needs a reason: --why WHY"));
    }
    super::invoices::find(app, number)?;
    if app.ledger.read(|tx| invoices::exports(tx, Some(number)))?.iter().any(|export| export.state != "kept")
    {
        deliver::check_export_dir(app)?;
    }
    let moment = app.now();
    let entry = app.audit("invoice void", &number.to_string(), why);
    let (invoice, was_void) = app.ledger.write(|tx| {
        let Some(invoice) = invoices::find(tx, number)? else { bail!("there is no invoice {number}") };
        if invoice.state == InvoiceState::Void {
            return Ok((invoice, true));
        }
        if invoice.state == InvoiceState::Draft {
            // A draft never counted: as a void invoice it would look like the target's first one.
            invoices::delete_draft(tx, number)?;
            audit::record(tx, &entry)?;
            return Ok((invoice, false));
        }
        let exported = invoices::exports(tx, Some(number))?;
        if exported.iter().any(|export| export.kind == "export" && export.state != "kept") {
            let cancellation = statement(number, &invoice.content).cancellation();
            let export = ExportRecord {
                invoice: number,
                kind: "void".to_owned(),
                format: "sap".to_owned(),
                content: sap_csv::render(&cancellation),
                state: "pending".to_owned(),
            };
            invoices::insert_export(tx, &export)?;
        }
        invoices::void(tx, number, why, &moment)?;
        audit::record(tx, &entry)?;
        Ok((Invoice { state: InvoiceState::Void, ..invoice }, false))
    })?;
    let (files, undelivered) = match deliver::write_exports(app) {
        Ok(files) => (files, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    Ok(VoidReport { invoice, was_void, files, undelivered })
}
