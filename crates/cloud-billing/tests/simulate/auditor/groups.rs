//! What holds over all live lines: rounding of groups, one set of terms, recovery.

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{
    Decimal, Period,
    books::{Finding, HeldSubject},
    decimal::Decimal as Exact,
    ids::{ComponentId, CustomerId, InvoiceNumber},
    invoice::{InvoiceState, LineKind, Subject},
    rounding::Rounding as ProgramRounding,
};

use super::{Auditor, Happened, lines::joined, same};
use crate::{
    history::SERVICES,
    numbers::{Rounding, hundredths, round},
    world::Books,
};

/// Subject, period, customer, cost centre, factor, rounding.
type GroupKey = (Subject, Period, CustomerId, String, Option<Exact>, ProgramRounding);

/// A group's lines by invoice: exact sum, amount, and whether the invoice is void.
type Group = BTreeMap<InvoiceNumber, (Exact, i128, bool)>;

fn rounding(of_program: ProgramRounding) -> Rounding {
    match of_program {
        ProgramRounding::Cent => Rounding::Cent,
        ProgramRounding::Unit => Rounding::Unit,
        ProgramRounding::UnitUp => Rounding::UnitUp,
    }
}

impl Auditor {
    /// Per group, the amount is the rounded exact sum. When a line is voided, the rounding of those after it stands
    /// on what is gone; the group is right again with its next line.
    pub(super) fn groups(&mut self, books: &Books) -> Result<(), String> {
        let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
        for invoice in &books.invoices {
            if invoice.state == InvoiceState::Draft {
                continue;
            }
            for line in invoice.content.lines.iter().filter(|line| line.kind != LineKind::Carry) {
                let key = (
                    joined(books, invoice, line.subject),
                    line.period,
                    line.customer,
                    line.cost_center.clone(),
                    line.charge_factor.clone(),
                    line.rounding,
                );
                let entry = groups.entry(key).or_default();
                let void = invoice.state == InvoiceState::Void;
                let sum = entry.entry(invoice.number).or_insert((Exact::zero(), 0, void));
                sum.0 += &line.exact();
                sum.1 += line.amount.hundredths();
            }
        }
        for (key, group) in &groups {
            self.group(books, key, group)?;
        }
        Ok(())
    }

    fn group(&mut self, books: &Books, key: &GroupKey, group: &Group) -> Result<(), String> {
        let Some((newest, _)) = group.iter().rev().find(|(_, (_, _, void))| !void) else { return Ok(()) };
        // A line that counted when the newest was made and was voided since.
        let was_voided_later = group
            .iter()
            .any(|(number, (_, _, void))| *void && number < newest && self.void_after(*number, *newest));
        if was_voided_later {
            self.count("group with a void line");
            return Ok(());
        }
        let live = || group.values().filter(|(_, _, void)| !void);
        let exact: Decimal = live().map(|(exact, _, _)| exact).sum();
        let amount: i128 = live().map(|(_, amount, _)| amount).sum();
        self.count("group");
        let name = books.catalog.customers.iter().find(|customer| customer.id == key.2);
        same(
            &format!("amount of the group {key:?} ({:?}) of {exact}", name.map(|name| &name.name)),
            &hundredths(amount),
            &hundredths(round(&exact, rounding(key.5))),
        )
    }

    /// Notes when invoices are voided: whether `number` was still issued when `later` was made.
    fn void_after(&self, number: InvoiceNumber, later: InvoiceNumber) -> bool {
        self.voided_before.get(&number.0).is_none_or(|first| *first > later.0)
    }

    /// At most one set of terms of an account-period is not zero.
    /// Where two accounts were joined that is so again after the next bill.
    pub(super) fn one_set_of_terms(&mut self, books: &Books, happened: &Happened) -> Result<(), String> {
        type Terms = (CustomerId, Option<Exact>);
        let mut sums: BTreeMap<(Subject, Period), BTreeMap<Terms, (Exact, i128)>> = BTreeMap::new();
        for invoice in books.invoices.iter().filter(|invoice| invoice.state == InvoiceState::Issued) {
            let target = invoice.content.target.as_str();
            for line in &invoice.content.lines {
                let Subject::Account(_) = line.subject else { continue };
                let billed = happened.billed.as_ref();
                let made_up = billed.is_some_and(|(of, upto, _)| of == target && line.period <= *upto);
                let subject = if made_up { joined(books, invoice, line.subject) } else { line.subject };
                let of_period = sums.entry((subject, line.period)).or_default();
                let sum = of_period.entry((line.customer, line.charge_factor.clone())).or_default();
                sum.0 += &line.exact();
                sum.1 += line.amount.hundredths();
            }
        }
        for (key, of_period) in &sums {
            let not_zero =
                of_period.values().filter(|(exact, amount)| !exact.is_zero() || *amount != 0).count();
            if not_zero > 1 {
                return Err(format!("{key:?} stands under more than one set of terms: {of_period:?}"));
            }
            self.count("terms");
        }
        Ok(())
    }

    /// After a run of the services: what a component's services pay at cost, its owner got.
    pub(super) fn recovered(
        &mut self,
        books: &Books,
        target: &str,
        period: Period,
        findings: &[Finding],
    ) -> Result<(), String> {
        if target != SERVICES {
            return Ok(());
        }
        let of_services = |name: &str| name == SERVICES;
        let first = books
            .invoices
            .iter()
            .find(|invoice| {
                of_services(invoice.content.target.as_str()) && invoice.state != InvoiceState::Draft
            })
            .map_or(period, |invoice| invoice.content.period)
            .min(period);
        let held: BTreeSet<ComponentId> = findings
            .iter()
            .filter_map(|finding| match finding {
                Finding::NoCostCenter { subject: HeldSubject::Component(component), .. } => Some(*component),
                _ => None,
            })
            .collect();
        for component in books.catalog.components.iter().filter(|component| !held.contains(&component.id)) {
            for period in first.through(period) {
                let lines = || books.live.iter().map(|live| &live.line).filter(|line| line.period == period);
                let credits = || lines().filter(|line| line.subject == Subject::Recovery(component.id));
                let owned = component.terms.at(period).is_some_and(|terms| terms.owner.is_some());
                if !owned && credits().next().is_none() {
                    continue;
                }
                let charges =
                    lines().flat_map(|line| &line.uses).filter(|of_use| of_use.key.component == component.id);
                let charged: Decimal = charges.map(|of_use| &of_use.cost).sum();
                let credited: Decimal = credits().map(|line| &line.cost).sum();
                let rest = &charged + &credited;
                // What rounds to nothing makes no invoice of its own.
                if !rest.is_zero() && rest.abs() > Decimal::one() {
                    return Err(format!(
                        "{} in {period}: {charged} charged, {credited} credited",
                        component.name
                    ));
                }
                self.count("recovery");
            }
        }
        Ok(())
    }
}
