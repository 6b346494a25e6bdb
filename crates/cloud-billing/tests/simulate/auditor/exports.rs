//! The files: what they say, that they never change, and that a void one is taken back.

use billing_core::{
    Money,
    ids::Target,
    invoice::{Invoice, InvoiceState},
};

use super::{Auditor, same};
use crate::world::Books;

/// A row of a `sap` file: name, cost centre, product number, amount in hundredths.
type ExportRow = (String, String, String, i128);

impl Auditor {
    pub(super) fn exports(&mut self, books: &Books) -> Result<(), String> {
        for invoice in &books.invoices {
            let place = format!("files of invoice {}", invoice.number);
            let stored = |kind: &str| {
                let of = |export: &&billing_store::invoices::ExportRecord| {
                    export.invoice == invoice.number && export.kind == kind
                };
                books.exports.iter().find(of)
            };
            let (export, void) = (stored("export"), stored("void"));
            if invoice.state == InvoiceState::Draft {
                same(&place, &(export.is_some(), void.is_some()), &(false, false))?;
                continue;
            }
            let export = export.ok_or_else(|| format!("{place}: there is none"))?;
            same(&place, &Some(&export.content), &books.rendered.get(&invoice.number.0))?;
            self.check_rows(&place, invoice, &export.content)?;
            same(
                &format!("{place}: the void one"),
                &void.is_some(),
                &(invoice.state == InvoiceState::Void && !export.content.is_empty()),
            )?;
            if let Some(void) = void {
                let mut negated = read(&export.content)?;
                negated.iter_mut().for_each(|row| row.3 = -row.3);
                same(&format!("{place}: the void one"), &read(&void.content)?, &negated)?;
                self.count("void file");
            }
            // Without rows there is no file to write, and none to take back.
            let written = Some(export).filter(|export| !export.content.is_empty());
            for file in [written, void].into_iter().flatten() {
                let key = (invoice.number.0, file.kind.clone());
                let first = self.files.entry(key).or_insert_with(|| file.content.clone());
                same(&format!("{place}: bytes"), &file.content, first)?;
                let suffix = if file.kind == "void" { "-void" } else { "" };
                let name = format!("{}-{}{suffix}.csv", invoice.content.target, invoice.number);
                same(&format!("{place}: {name}"), &books.files.get(&name), &Some(&file.content))?;
            }
        }
        self.newest_files(books)
    }

    /// `<TARGET>.csv` is the file of the newest invoice of its target that has rows.
    fn newest_files(&mut self, books: &Books) -> Result<(), String> {
        let mut targets: Vec<&Target> =
            books.invoices.iter().map(|invoice| &invoice.content.target).collect();
        targets.sort();
        targets.dedup();
        for target in targets {
            let issued = |invoice: &&Invoice| {
                let is_empty = invoice.content.lines.iter().all(|line| line.exported.is_zero());
                invoice.content.target == *target && invoice.state != InvoiceState::Draft && !is_empty
            };
            let Some(newest) = books.invoices.iter().rfind(issued) else { continue };
            let name = format!("{target}.csv");
            let expected = books.rendered.get(&newest.number.0);
            same(&name, &books.files.get(&name), &expected)?;
        }
        Ok(())
    }

    /// The rows are the lines that export something, in order, and add up to the invoice.
    fn check_rows(&mut self, place: &str, invoice: &Invoice, content: &str) -> Result<(), String> {
        let rows = read(content)?;
        let exported = invoice.content.lines.iter().filter(|line| !line.exported.is_zero());
        let expected: Vec<ExportRow> = exported
            .zip(1..)
            .map(|(line, at)| {
                let mark = if line.alternative { "(AlternativeCostCenter)" } else { "" };
                let name = format!("{}{mark}_{at}", line.name);
                let numbers = (line.cost_center.clone(), line.product_number.clone());
                (name, numbers.0, numbers.1, line.exported.hundredths())
            })
            .collect();
        same(place, &rows, &expected)?;
        let sum = rows.iter().map(|row| row.3).sum();
        same(&format!("{place}: sum"), &Money::from_hundredths(sum), &invoice.content.amount())?;
        let net = *self.netted.entry(invoice.number.0).or_insert(self.settings.net);
        if !net {
            let differs = invoice.content.lines.iter().any(|line| line.exported != line.amount);
            same(&format!("{place}: what is exported differs from the amount"), &differs, &false)?;
        } else if rows.iter().any(|row| row.3 < 0) {
            // Only what is taken back from or given to a component's owner may be negative.
            let negative = invoice.content.lines.iter().filter(|line| line.exported.hundredths() < 0);
            let mut others =
                negative.filter(|line| !matches!(line.subject, billing_core::invoice::Subject::Recovery(_)));
            same(&format!("{place}: negative rows"), &others.next().is_some(), &false)?;
        }
        self.count("export");
        Ok(())
    }
}

/// Reads a `sap` file. The simulator's names hold nothing that has to be quoted.
fn read(content: &str) -> Result<Vec<ExportRow>, String> {
    if !content.is_empty() && !content.ends_with("\r\n") {
        return Err(format!("a file that ends in the middle of a row: {content}"));
    }
    content.split_terminator("\r\n").map(row).collect()
}

fn row(line: &str) -> Result<ExportRow, String> {
    let fields: Vec<&str> = line.split(';').collect();
    let [name, cost_center, "", product_number, amount, ""] = fields[..] else {
        return Err(format!("a row of another layout: {line}"));
    };
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let written_well = matches!(part.len(), 0 | 2) && part != "00" && !amount.ends_with('.');
    let digits = if part.is_empty() { format!("{whole}00") } else { format!("{whole}{part}") };
    let hundredths: i128 = digits.parse().map_err(|_| format!("an amount that is none: {line}"))?;
    if !written_well || hundredths == 0 {
        return Err(format!("an amount that should not be written so: {line}"));
    }
    Ok((name.to_owned(), cost_center.to_owned(), product_number.to_owned(), hundredths))
}
