//! Plays a history on a world and on the oracle, compares them after every step, and lets the auditor look.

use std::{collections::BTreeMap, fmt};

use billing_core::{
    Period,
    invoice::{Invoice, InvoiceState, Line as ProgramLine, LineKind},
};

use crate::{
    auditor::{Auditor, Happened},
    history::{CURRENCY, History, Import, Step},
    oracle::{Kind, Line, Oracle, Outcome, Reconciled, show},
    world::{Billed, Books, Imported, Mode, World},
};

/// How a history failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// At which step, from 0.
    pub step: usize,
    /// What differs.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after step {}: {}", self.step, self.message)
    }
}

/// What happened in a history, to see that the simulator does not pass by doing nothing.
pub type Counts = BTreeMap<&'static str, u64>;

/// Plays a history.
///
/// # Errors
/// Where the world differs from the oracle, or the auditor finds something.
pub fn play(history: &History, world: &mut dyn World, verbose: bool) -> Result<Counts, Failure> {
    let mut player = Player {
        oracle: Oracle::new(history.settings.clone()),
        auditor: Auditor::new(history.settings.clone()),
        world,
        counts: Counts::new(),
        verbose,
    };
    for (at, step) in history.steps.iter().enumerate() {
        if verbose {
            println!("--- {at}. {step}");
        }
        player.step(step).map_err(|message| Failure { step: at, message })?;
    }
    let Player { auditor, mut counts, .. } = player;
    for (check, times) in auditor.counts {
        *counts.entry(check).or_default() += times;
    }
    Ok(counts)
}

struct Player<'w> {
    oracle: Oracle,
    auditor: Auditor,
    world: &'w mut dyn World,
    counts: Counts,
    verbose: bool,
}

impl Player<'_> {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let mut happened = Happened::default();
        match step {
            Step::Import(import) => self.import(import)?,
            Step::Apply { file, from } => {
                let expected = self.oracle.apply(file, *from);
                let found = self.world.apply(file, *from);
                if expected.is_ok() != found.is_ok() {
                    return Err(format!("apply: the oracle says {expected:?}, the program {found:?}"));
                }
                self.count(if found.is_ok() { "applied" } else { "apply refused" });
            }
            Step::Bill { target, period } => {
                let billed = self.bill(target, *period)?;
                happened.billed = Some((target.clone(), *period, billed.findings));
            }
            Step::Draft { target, period } => {
                let expected = self.oracle.bill(target, *period);
                let draft = self.world.bill(target, *period, Mode::Draft)?;
                compare("draft", draft.invoice.as_ref(), expected.as_ref(), &self.world.books()?)?;
                if let (Some(draft), Some(lines)) = (draft.invoice, expected) {
                    self.oracle.draft(draft.number.0, target, *period, lines);
                }
                self.count("draft");
            }
            Step::Issue { target } => self.issue(target)?,
            Step::Rate { period, rate } => {
                self.oracle.pin(*period, rate.clone());
                self.world.pin(*period, rate)?;
                self.count("rate");
            }
            Step::Rounding(rounding) => {
                self.oracle.set_rounding(*rounding);
                self.world.set_rounding(*rounding);
            }
            Step::Net(net) => {
                self.oracle.set_net(*net);
                self.auditor.set_net(*net);
                self.world.set_net(*net);
            }
            Step::Void { pick } => self.void(*pick)?,
            Step::Withdraw { pick } => {
                let in_force = self.oracle.in_force();
                if let Some((job, period)) = in_force.get(pick % in_force.len().max(1)) {
                    self.oracle.withdraw(job, *period);
                    self.world.withdraw(job, *period)?;
                    self.count("withdrawn");
                }
            }
        }
        let books = self.world.books()?;
        self.auditor
            .check(&books, &self.oracle.delivered(), &happened)
            .map_err(|e| format!("auditor: {e}"))?;
        self.reconcile(&books)
    }

    fn import(&mut self, import: &Import) -> Result<(), String> {
        let expected = self.oracle.import(import);
        let found = self.world.import(import);
        if self.verbose {
            println!("    oracle {expected:?}, program {found:?}");
        }
        let agree = match (expected, &found) {
            (Outcome::Imported, Imported::New) | (Outcome::Open, _) => true,
            (Outcome::AlreadyImported, Imported::Already) => true,
            (Outcome::AlreadyImported, Imported::Refused(why)) => why.contains("already imported"),
            (Outcome::Refused, Imported::Refused(_)) => true,
            _ => false,
        };
        if !agree {
            return Err(format!("import: the oracle says {expected:?}, the program {found:?}"));
        }
        match found {
            Imported::New => {
                self.oracle.take(import);
                self.count("imported");
            }
            Imported::Already => self.count("already imported"),
            Imported::Refused(_) => self.count("import refused"),
        }
        Ok(())
    }

    fn bill(&mut self, target: &str, period: Period) -> Result<Billed, String> {
        let expected = self.oracle.bill(target, period);
        let books = self.world.books()?;
        let dry = self.world.bill(target, period, Mode::DryRun)?;
        compare("dry run", dry.invoice.as_ref(), expected.as_ref(), &books)?;
        let billed = self.world.bill(target, period, Mode::Issue)?;
        if self.verbose
            && let Some(invoice) = &billed.invoice
        {
            shown(invoice, &books).iter().for_each(|line| println!("    {line}"));
        }
        compare("bill", billed.invoice.as_ref(), expected.as_ref(), &books)?;
        if let (Some(dry), Some(invoice)) = (&dry.invoice, &billed.invoice)
            && (dry.content != invoice.content || dry.number != invoice.number)
        {
            return Err(format!("the dry run {dry:?} is not the invoice {invoice:?}"));
        }
        if let (Some(invoice), Some(lines)) = (&billed.invoice, expected) {
            self.count("invoice");
            for line in &lines {
                self.count_line(line);
            }
            self.oracle.issue(invoice.number.0, target, period, lines);
        } else {
            self.count("nothing to invoice");
        }
        let again = self.world.bill(target, period, Mode::Issue)?;
        match again.invoice {
            Some(invoice) => {
                Err(format!("billing again makes invoice {}", shown(&invoice, &books).join("\n")))
            }
            None => Ok(billed),
        }
    }

    /// Issues the target's draft, where there is one: only if it still is what is owed.
    fn issue(&mut self, target: &str) -> Result<(), String> {
        let Some((number, period, lines)) = self.oracle.draft_of(target) else { return Ok(()) };
        let books = self.world.books()?;
        let is_draft =
            |invoice: &&Invoice| invoice.number.0 == number && invoice.state == InvoiceState::Draft;
        let there = books.invoices.iter().any(|invoice| is_draft(&invoice));
        let issued = self.world.issue(number);
        match (issued, lines) {
            (Ok(issued), Some(lines)) if there => {
                compare("issue", issued.invoice.as_ref(), Some(&lines), &books)?;
                self.oracle.issue(number, target, period, lines);
                self.count("draft issued");
                Ok(())
            }
            (Ok(issued), _) => {
                Err(format!("draft {number} was issued though it differs or is gone: {issued:?}"))
            }
            (Err(_), None) => {
                self.count("draft refused");
                Ok(())
            }
            // The same lines may rest on another version of a document.
            (Err(why), Some(_)) if !there || why.contains("no longer") => Ok(()),
            (Err(why), Some(_)) => Err(why),
        }
    }

    fn count_line(&mut self, line: &Line) {
        self.count(match line.kind {
            Kind::Account => "line of an account",
            Kind::Service => "line of a service",
            Kind::Position => "line of a position",
            Kind::Correction => "line of a correction",
            Kind::Recovery => "line of a recovery",
            Kind::Carry => "line of a carry",
        });
        if line.amount == 0 {
            self.count("line with amount 0");
        }
        if line.alternative {
            self.count("line with an alternative cost centre");
        }
    }

    fn void(&mut self, pick: usize) -> Result<(), String> {
        let issued: Vec<i64> = self
            .oracle
            .invoices()
            .iter()
            .filter(|invoice| !invoice.void)
            .map(|invoice| invoice.number)
            .collect();
        let Some(number) = issued.get(pick % issued.len().max(1)).copied() else { return Ok(()) };
        if self.verbose {
            println!("    invoice {number}");
        }
        self.oracle.void(number);
        self.count("voided");
        self.world.void(number)
    }

    fn reconcile(&mut self, books: &Books) -> Result<(), String> {
        let expected = self.oracle.reconcile();
        let found: BTreeMap<_, _> = books
            .reconciled
            .iter()
            .map(|row| {
                let reconciled = Reconciled {
                    provider_total: row.provider_total.clone(),
                    invoiced: row.invoiced.clone(),
                    unallocated: row.unallocated.clone(),
                    held: row.held.clone(),
                    open: row.open.clone(),
                    rejected: row.rejected_total.clone(),
                };
                ((row.provider.to_string(), row.period, row.currency.to_string()), reconciled)
            })
            .filter(|(_, row)| !row.is_zero())
            .collect();
        if found == expected {
            return Ok(());
        }
        let mut text = "reconcile:".to_owned();
        for key in expected.keys().chain(found.keys()) {
            if expected.get(key) != found.get(key) {
                let (expected, found) = (expected.get(key), found.get(key));
                text.push_str(&format!("\n  {key:?}\n    oracle  {expected:?}\n    program {found:?}"));
            }
        }
        Err(text)
    }
}

/// Compares an invoice with the lines that it should have.
fn compare(
    what: &str,
    found: Option<&Invoice>,
    expected: Option<&Vec<Line>>,
    books: &Books,
) -> Result<(), String> {
    let mut found_lines = found.map(|invoice| shown(invoice, books)).unwrap_or_default();
    let mut expected_lines: Vec<String> = expected.into_iter().flatten().map(show).collect();
    // The auditor looks at the order; among equal keys it is free.
    found_lines.sort();
    expected_lines.sort();
    if found_lines != expected_lines || found.is_some() != expected.is_some() {
        let mut text = format!("{what}:");
        let missing = expected_lines.iter().filter(|line| !found_lines.contains(line));
        missing.for_each(|line| text.push_str(&format!("\n    oracle  {line}")));
        let added = found_lines.iter().filter(|line| !expected_lines.contains(line));
        added.for_each(|line| text.push_str(&format!("\n    program {line}")));
        return Err(text);
    }
    match found {
        Some(invoice) if invoice.content.currency.as_str() != CURRENCY => {
            Err(format!("{what}: wrong currency"))
        }
        Some(invoice) if what == "bill" && invoice.state != InvoiceState::Issued => {
            Err(format!("{what}: the invoice is {:?}", invoice.state))
        }
        _ => Ok(()),
    }
}

/// The program's lines in the oracle's words.
fn shown(invoice: &Invoice, books: &Books) -> Vec<String> {
    invoice.content.lines.iter().map(|line| show(&of_program(line, books))).collect()
}

fn of_program(line: &ProgramLine, books: &Books) -> Line {
    let customer = books.catalog.customers.iter().find(|customer| customer.id == line.customer);
    Line {
        kind: match line.kind {
            LineKind::Account => Kind::Account,
            LineKind::Service => Kind::Service,
            LineKind::Position => Kind::Position,
            LineKind::Correction => Kind::Correction,
            LineKind::Recovery => Kind::Recovery,
            LineKind::Carry => Kind::Carry,
        },
        subject: crate::oracle::Subject::Position(0),
        name: line.name.clone(),
        customer: customer.map(|customer| customer.name.clone()).unwrap_or_default(),
        cost_center: line.cost_center.clone(),
        alternative: line.alternative,
        product_number: line.product_number.clone(),
        period: line.period,
        factor: line.charge_factor.clone(),
        rounding: crate::numbers::Rounding::Cent,
        rates: BTreeMap::new(),
        charge: crate::oracle::Charge {
            cost: line.cost.clone(),
            markup: line.markup.clone(),
            price: line.price.clone(),
        },
        amount: line.amount.hundredths(),
        exported: line.exported.hundredths(),
        sources: BTreeMap::new(),
        uses: BTreeMap::new(),
    }
}
