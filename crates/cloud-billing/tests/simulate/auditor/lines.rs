//! What holds within each invoice.

use billing_core::{
    Decimal, Money,
    ids::Target,
    invoice::{Invoice, Line, LineKind, Source, Subject},
};

use super::{Auditor, same};
use crate::{history::CURRENCY, known, world::Books};

impl Auditor {
    pub(super) fn invoice(&mut self, books: &Books, invoice: &Invoice) -> Result<(), String> {
        let place = format!("invoice {}", invoice.number);
        let content = &invoice.content;
        same(&place, &content.currency.as_str(), &CURRENCY)?;
        let numbers: Vec<u32> = content.lines.iter().map(|line| line.line).collect();
        let expected: Vec<u32> = (1..).take(numbers.len()).collect();
        same(&format!("{place}, numbers of lines"), &numbers, &expected)?;
        let keys: Vec<_> = content
            .lines
            .iter()
            .filter(|line| !(known::CARRY_LINES_OUT_OF_ORDER && line.kind == LineKind::Carry))
            .map(|line| (line.kind, line.name.clone(), line.cost_center.clone(), line.period))
            .collect();
        if !keys.is_sorted() {
            return Err(format!("{place}: lines out of order: {keys:?}"));
        }
        let amounts: i128 = content.lines.iter().map(|line| line.amount.hundredths()).sum();
        same(&place, &content.amount(), &Money::from_hundredths(amounts))?;
        if content.lines.iter().all(|line| line.amount.is_zero()) {
            return Err(format!("{place} is of nothing"));
        }
        for line in &content.lines {
            let place = format!("line {}/{}", invoice.number, line.line);
            self.line(&place, line)?;
            Self::correction(&place, books, invoice, line)?;
        }
        Ok(())
    }

    fn line(&mut self, place: &str, line: &Line) -> Result<(), String> {
        let exact = &(&line.cost + &line.markup) + &line.price;
        let rounding = &line.amount.to_decimal() - &exact;
        same(&format!("{place}, rounding"), &line.rounding_difference(), &rounding)?;
        let settled = line.cost.is_zero() && line.markup.is_zero() && line.price.is_zero();
        if settled {
            return Err(format!("{place} is of nothing"));
        }
        match line.subject {
            Subject::Account(_) => {
                self.count("account line");
                same(&format!("{place}, sources"), &cost(&line.sources), &line.cost)?;
                let factor = line.charge_factor.clone().ok_or_else(|| format!("{place} has no factor"))?;
                let markup = &line.cost * &(&factor - &Decimal::one());
                same(&format!("{place}, markup"), &line.markup, &markup)?;
                same(&format!("{place}, price"), &line.price, &Decimal::zero())?;
            }
            Subject::Service(_) => {
                self.count("service line");
                let sum = |field: fn(&billing_core::invoice::UseCharge) -> &Decimal| -> Decimal {
                    line.uses.iter().map(field).sum()
                };
                same(&format!("{place}, cost of uses"), &sum(|of_use| &of_use.cost), &line.cost)?;
                same(&format!("{place}, markup of uses"), &sum(|of_use| &of_use.markup), &line.markup)?;
                same(&format!("{place}, price of uses"), &sum(|of_use| &of_use.price), &line.price)?;
                for of_use in &line.uses {
                    same(&format!("{place}, sources of a use"), &cost(&of_use.sources), &of_use.cost)?;
                }
            }
            Subject::Position(_) | Subject::Carry(_) => {
                self.count("position or carry line");
                same(&format!("{place}, all is price"), &line.price, &exact)?;
            }
            Subject::Recovery(_) => {
                self.count("recovery line");
                same(&format!("{place}, all is cost"), &line.cost, &exact)?;
            }
        }
        let all: Decimal = line.all_sources().map(|source| &source.cost).sum();
        if !matches!(line.subject, Subject::Recovery(_)) {
            same(&format!("{place}, all sources"), &all, &line.cost)?;
        }
        for source in line.all_sources() {
            let converted = match &source.rate {
                Some(rate) => &source.original_cost * rate,
                None => source.original_cost.clone(),
            };
            same(&format!("{place}, conversion"), &source.cost, &converted)?;
        }
        Ok(())
    }

    /// A correction names a line before it of the same subject and period; no other line names one.
    fn correction(place: &str, books: &Books, invoice: &Invoice, line: &Line) -> Result<(), String> {
        let Some(at) = line.corrects else {
            return same(&format!("{place} corrects nothing"), &(line.kind == LineKind::Correction), &false);
        };
        same(&format!("{place} corrects {at:?}"), &line.kind, &LineKind::Correction)?;
        let of = books.invoices.iter().find(|other| other.number == at.invoice);
        let corrected = of.and_then(|of| of.content.lines.iter().find(|other| other.line == at.line));
        let Some(corrected) = corrected.filter(|_| at.invoice < invoice.number) else {
            return Err(format!("{place} corrects {at:?}, which is not there"));
        };
        let subject = |line: &Line| joined(books, invoice, line.subject);
        same(
            &format!("{place} corrects another thing"),
            &(subject(corrected), corrected.period),
            &(subject(line), line.period),
        )
    }
}

/// The subject of a line, where accounts were joined that of the one they are now.
pub(super) fn joined(books: &Books, invoice: &Invoice, subject: Subject) -> Subject {
    let (Subject::Account(id), Target::Accounts(provider)) = (subject, &invoice.content.target) else {
        return subject;
    };
    let own = books.catalog.accounts.iter().find(|account| account.id == id);
    let Some(key) = own.map(|account| provider.account_key(&account.provider_id)) else { return subject };
    let of = books.catalog.accounts.iter().find(|a| a.provider == *provider && a.keys.contains(&key));
    of.map_or(subject, |account| Subject::Account(account.id))
}

fn cost(sources: &[Source]) -> Decimal {
    sources.iter().map(|source| &source.cost).sum()
}
