//! An auditor from the outside: knows the rules that always hold, not how the program comes to its numbers. Looks at
//! the stored invoices, the live lines, the files and the reconciliation after every step.

mod exports;
mod groups;
mod lines;

use std::collections::BTreeMap;

use billing_core::{
    Decimal, Period,
    books::Finding,
    ids::DocumentId,
    invoice::{Invoice, InvoiceState},
};

use crate::{history::Settings, world::Books};

/// What the documents in force add up to by the rows that were written: document name → currency → sum and rows.
pub type Delivered = BTreeMap<String, BTreeMap<String, (Decimal, u64)>>;

/// What just happened, as far as the auditor must know.
#[derive(Clone, Debug, Default)]
pub struct Happened {
    /// A bill run of this target up to this period issued an invoice or found nothing, and what it found.
    pub billed: Option<(String, Period, Vec<Finding>)>,
}

/// The auditor and what it remembers.
pub struct Auditor {
    settings: Settings,
    /// Invoices as they were when they were first seen.
    seen: BTreeMap<i64, Invoice>,
    /// For each void invoice: the first number that was not given yet when it was voided.
    voided_before: BTreeMap<i64, i64>,
    /// Whether credits were netted when an invoice was issued.
    netted: BTreeMap<i64, bool>,
    /// Stored files as they were when they were first seen: by number and kind.
    files: BTreeMap<(i64, String), String>,
    /// How many checks of each kind were made: a check that never runs proves nothing.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Equal, or a sentence that says what is not.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}

impl Auditor {
    /// An auditor of empty books.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            seen: BTreeMap::new(),
            voided_before: BTreeMap::new(),
            netted: BTreeMap::new(),
            files: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Credits are exported otherwise from now on.
    pub fn set_net(&mut self, net: bool) {
        self.settings.net = net;
    }

    fn count(&mut self, check: &'static str) {
        *self.counts.entry(check).or_default() += 1;
    }

    /// Checks the books after a step.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&mut self, books: &Books, delivered: &Delivered, happened: &Happened) -> Result<(), String> {
        self.documents(books, delivered)?;
        self.reconciliation(books)?;
        self.invoices_stay(books)?;
        self.live_lines(books)?;
        for invoice in &books.invoices {
            self.invoice(books, invoice)?;
        }
        self.exports(books)?;
        self.groups(books)?;
        self.one_set_of_terms(books, happened)?;
        if let Some((target, period, findings)) = &happened.billed {
            self.recovered(books, target, *period, findings)?;
        }
        Ok(())
    }

    /// Conservation per version: what was written into the files is what the version and its buckets add up to.
    fn documents(&mut self, books: &Books, delivered: &Delivered) -> Result<(), String> {
        let mut versions: Delivered = BTreeMap::new();
        let mut buckets: BTreeMap<DocumentId, BTreeMap<String, (Decimal, u64)>> = BTreeMap::new();
        for cost in &books.costs {
            let of_document = buckets.entry(cost.key.document).or_default();
            let (sum, rows) = of_document.entry(cost.key.currency.to_string()).or_default();
            *sum += &cost.cost;
            *rows += cost.rows;
        }
        for version in books.versions.iter().filter(|version| version.in_force) {
            let of_buckets = buckets.remove(&version.document).unwrap_or_default();
            let rows: u64 = of_buckets.values().map(|(_, rows)| rows).sum();
            same("rows of a version", &version.rows, &rows)?;
            for (currency, (sum, _)) in &of_buckets {
                let total =
                    version.totals.iter().find(|(of, _)| of.as_str() == currency).map(|(_, total)| total);
                same("total of a version", &total.cloned().unwrap_or_default(), sum)?;
            }
            if !of_buckets.is_empty() {
                versions.insert(version.document_name(), of_buckets);
            }
            self.count("version");
        }
        if !buckets.is_empty() {
            return Err(format!("cost in force of no version: {buckets:?}"));
        }
        same("what is in force", &versions, delivered)
    }

    /// Every cent is found again.
    fn reconciliation(&mut self, books: &Books) -> Result<(), String> {
        for row in &books.reconciled {
            let place = format!("reconciliation of {} {} {}", row.provider, row.period, row.currency);
            same(&place, &row.difference, &Decimal::zero())?;
            let parts = [&row.invoiced, &row.unallocated, &row.held, &row.open, &row.rejected_total];
            let sum: Decimal = parts.into_iter().sum();
            same(&place, &sum, &row.provider_total)?;
            let in_force =
                books.versions.iter().filter(|version| version.in_force && version.period == row.period);
            let documents: Vec<DocumentId> = in_force.map(|version| version.document).collect();
            let costs = books.costs.iter().filter(|cost| {
                cost.key.provider == row.provider
                    && cost.key.currency == row.currency
                    && documents.contains(&cost.key.document)
            });
            let total: Decimal = costs.map(|cost| &cost.cost).sum();
            same(&place, &row.provider_total, &(total + &row.rejected_total))?;
            self.count("reconciliation");
        }
        // No cost is outside of the reconciliation.
        let all: Decimal = books.costs.iter().map(|cost| &cost.cost).sum();
        let told: Decimal =
            books.reconciled.iter().map(|row| &row.provider_total - &row.rejected_total).sum();
        same("sum of all reconciliations", &told, &all)
    }

    /// An invoice that was issued never changes; it may only become void. Numbers only grow and are never reused.
    fn invoices_stay(&mut self, books: &Books) -> Result<(), String> {
        let last = self.seen.keys().next_back().copied().unwrap_or_default();
        for invoice in &books.invoices {
            let number = invoice.number.0;
            let Some(known) = self.seen.get(&number) else {
                if number <= last {
                    return Err(format!("number {number} came after {last}"));
                }
                self.seen.insert(number, invoice.clone());
                continue;
            };
            same(&format!("content of invoice {number}"), &invoice.content, &known.content)?;
            if invoice.state < known.state {
                return Err(format!("invoice {number} went from {:?} to {:?}", known.state, invoice.state));
            }
            if invoice.state == InvoiceState::Void {
                self.voided_before.entry(number).or_insert(last + 1);
            }
            self.seen.insert(number, invoice.clone());
            self.count("invoice seen again");
        }
        let here: Vec<i64> = books.invoices.iter().map(|invoice| invoice.number.0).collect();
        let is_gone = |(number, invoice): &(&i64, &Invoice)| {
            invoice.state != InvoiceState::Draft && !here.contains(number)
        };
        match self.seen.iter().find(is_gone) {
            Some((number, _)) => Err(format!("invoice {number} is gone")),
            None => Ok(()),
        }
    }

    /// The lines that count are those of the issued invoices, all of them and no others.
    fn live_lines(&mut self, books: &Books) -> Result<(), String> {
        let issued = books.invoices.iter().filter(|invoice| invoice.state == InvoiceState::Issued);
        let expected: Vec<_> = issued
            .flat_map(|invoice| invoice.content.lines.iter().map(move |line| (invoice.number, line)))
            .collect();
        let live: Vec<_> = books.live.iter().map(|live| (live.at.invoice, &live.line)).collect();
        same("live lines", &live.len(), &expected.len())?;
        for (found, expected) in live.iter().zip(&expected) {
            same("live line", found, expected)?;
        }
        Ok(())
    }
}
