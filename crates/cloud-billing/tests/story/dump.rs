//! What a ledger holds after the story, as text: what people read of it, and all of it.

use std::{collections::BTreeMap, fs, path::Path};

use billing_core::invoice::{Invoice, Line, LineRef};
use billing_store::{audit, catalog, documents, invoices, rates};
use cloud_billing::{app::App, catalog_file, flow::look, outputs::json};

/// The invoices, as `expected.txt` writes them: a line is cost + markup + price + rounding = amount.
pub fn statement(app: &mut App) -> Vec<String> {
    let mut rows = Vec::new();
    for invoice in all(app) {
        let content = &invoice.content;
        let (target, period, state) = (&content.target, content.period, invoice.state.as_str());
        rows.push(format!(
            "{} {target} {period} {state} = {}",
            invoice.number,
            content.amount().to_decimal()
        ));
        rows.extend(content.lines.iter().map(|line| row(&invoice, line)));
    }
    rows
}

fn row(invoice: &Invoice, line: &Line) -> String {
    let (kind, alternative) = (line.kind.as_str(), if line.alternative { " alternative" } else { "" });
    let corrects =
        line.corrects.map(|at| format!(" corrects {}/{}", at.invoice, at.line)).unwrap_or_default();
    format!(
        "{}/{} {kind} {}, {} {}{alternative}, {}{corrects}: {} + {} + {} + {} = {}",
        invoice.number,
        line.line,
        line.name,
        line.customer_name,
        line.cost_center,
        line.period,
        line.cost,
        line.markup,
        line.price,
        line.rounding_difference(),
        line.amount.to_decimal(),
    )
}

/// Where all cost went, as `expected.txt` writes it.
pub fn reconciliation(app: &mut App) -> Vec<String> {
    let rows = look::reconcile(app, None).unwrap();
    let places = rows.iter().map(|row| {
        format!(
            "{} {} {}: {} = {} invoiced + {} unallocated + {} held + {} open + {} rejected + {}",
            row.provider,
            row.period,
            row.currency,
            row.provider_total,
            row.invoiced,
            row.unallocated,
            row.held,
            row.open,
            row.rejected_total,
            row.difference,
        )
    });
    places.collect()
}

/// All that the library tells of a ledger: invoices with lines, uses and sources down to the providers' rows, stored
/// exports, master data with its histories, versions with buckets, rejections, rates, the audit trail.
pub fn everything(app: &mut App) -> String {
    let catalog = app.ledger.read(catalog::load).unwrap();
    let mut parts = vec![statement(app).join("\n"), reconciliation(app).join("\n")];
    for invoice in all(app) {
        parts.push(format!("{:#}", json::invoice(&invoice)));
        parts.push(format!("{:#?}", invoice.content));
        for line in &invoice.content.lines {
            let at = LineRef { invoice: invoice.number, line: line.line };
            parts.push(format!("{:#}", json::explanation(&look::explain(app, at, true).unwrap())));
        }
        parts.push(format!(
            "{:#?}",
            app.ledger.read(|tx| invoices::exports(tx, Some(invoice.number))).unwrap()
        ));
    }
    parts.push(format!("{:#?}", app.ledger.read(invoices::list).unwrap()));
    parts.push(format!("{:#?}", app.ledger.read(|tx| invoices::live(tx, None)).unwrap()));
    parts.push(catalog_file::write(&catalog, &app.settings.currency));
    parts.push(format!("{catalog:#?}"));
    for version in app.ledger.read(documents::versions).unwrap() {
        parts.push(format!("{version:#?}"));
        parts.push(format!("{:#?}", app.ledger.read(|tx| documents::content(tx, version.id)).unwrap()));
    }
    parts.push(format!("{:#?}", app.ledger.read(documents::rejections).unwrap()));
    parts.push(format!("{:#?}", app.ledger.read(rates::list).unwrap()));
    parts.push(format!("{:#?}", app.ledger.read(audit::list).unwrap()));
    parts.join("\n\n")
}

fn all(app: &mut App) -> Vec<Invoice> {
    let heads = app.ledger.read(invoices::list).unwrap();
    let numbers = heads.into_iter().map(|head| head.number);
    numbers.map(|number| app.ledger.read(|tx| invoices::find(tx, number)).unwrap().unwrap()).collect()
}

/// The files of a folder, byte for byte.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// Fails with the first line in which two texts differ and what stands around it.
pub fn assert_same(what: &str, left: &str, right: &str) {
    if left == right {
        return;
    }
    let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    let at = (0..left.len().max(right.len())).find(|at| left.get(*at) != right.get(*at)).unwrap_or(0);
    let around = |lines: &[&str]| {
        lines.iter().skip(at.saturating_sub(5)).take(11).copied().collect::<Vec<_>>().join("\n")
    };
    panic!("{what} differ in line {}:\n{}\n--- and ---\n{}", at + 1, around(&left), around(&right));
}
