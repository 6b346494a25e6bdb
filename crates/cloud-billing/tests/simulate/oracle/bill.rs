//! The lines of a new invoice: owed − live, for accounts, positions and recoveries (R1–R8, R10, R12).

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{Decimal, Period};

use super::{Account, Charge, Kind, Line, Oracle, Rates, Sources, Subject};
use crate::{
    history::{CURRENCY, FOREIGN, Row, SERVICES},
    numbers::Rounding,
};

/// Customer, factor, cost centre and rounding of a group of an account-period's lines.
pub(super) type GroupKey = (String, Decimal, String, Rounding);

/// A group of an account-period.
#[derive(Default)]
pub(super) struct Group<'o> {
    /// Whether its cost centre is a tag's.
    pub alternative: bool,
    /// What it owes, at cost.
    pub owed: Sources,
    /// Its live lines.
    pub live: Vec<&'o Line>,
}

impl Group<'_> {
    /// What it owes beyond its live lines, by source; what is settled is left out.
    pub fn remainder(&self) -> Sources {
        let mut remainder = self.owed.clone();
        for (source, cost) in self.live.iter().flat_map(|line| &line.sources) {
            *remainder.entry(source.clone()).or_default() -= cost;
        }
        remainder.retain(|_, cost| !cost.is_zero());
        remainder
    }
}

/// An account in a period.
#[derive(Default)]
pub(super) struct AccountPeriod<'o> {
    /// What can be invoiced or is.
    pub groups: BTreeMap<GroupKey, Group<'o>>,
    /// The product number of the first live line: it stays with the terms.
    pub product_number: Option<String>,
    /// The rates of its currencies.
    pub rates: Rates,
    /// What has no customer.
    pub unallocated: Sources,
    /// What has no valid cost centre, or no rate.
    pub held: Sources,
}

/// The sum in the invoice's currency.
fn total(sources: &Sources, rates: &Rates) -> Decimal {
    let rate = |currency: &str| rates.get(currency).cloned().unwrap_or_else(Decimal::one);
    sources.iter().map(|((_, currency), cost)| cost * &rate(currency)).sum()
}

impl Oracle {
    /// The lines of a target's next invoice; `None` where there is nothing to invoice.
    pub fn bill(&self, target: &str, period: Period) -> Option<Vec<Line>> {
        let mut lines = if target == SERVICES {
            let mut lines = self.service_lines(period);
            let recoveries = self.recovery_lines(period, &lines);
            lines.extend(recoveries);
            lines
        } else {
            self.account_lines(target, period)
        };
        lines.extend(self.position_lines(target, period));
        lines.sort_by(|a, b| {
            let key = |line: &Line| {
                (line.kind, line.name.clone(), line.cost_center.clone(), line.period, line.customer.clone())
            };
            key(a).cmp(&key(b))
        });
        self.net(target, period, &mut lines);
        lines.iter().any(|line| line.amount != 0).then_some(lines)
    }

    /// The live lines of an account, also those from before another one was joined to it (R1).
    fn live_of_account(&self, provider: &str, id: &str) -> impl Iterator<Item = &Line> {
        self.live().filter(move |line| match &line.subject {
            Subject::Account(of, key) if of == provider => {
                self.account_of(of, key).is_some_and(|(_, known)| known == id)
            }
            _ => false,
        })
    }

    /// The periods in which an account has facts or live lines.
    pub(super) fn periods_of(&self, provider: &str, id: &str) -> BTreeSet<Period> {
        let Some(account) = self.accounts.get(&(provider.to_owned(), id.to_owned())) else {
            return BTreeSet::new();
        };
        let is_of_account = |row: &&Row| row.provider == provider && account.keys.contains(&row.account);
        let facts = self.facts().map(|(_, row)| row).filter(is_of_account);
        let live = self.live_of_account(provider, id).map(|line| line.period);
        facts.map(|row| row.period).chain(live).collect()
    }

    /// Customer and factor of an account in a period: those of the period, else the first with a customer after it.
    fn account_terms(account: &Account, period: Period) -> Option<(String, Decimal)> {
        let at = |period: Period| {
            let customer = account.customer.at(period)?.clone();
            Some((customer, account.factor.at(period).cloned().unwrap_or_else(Decimal::one)))
        };
        let mut later = account.customer.changes_after(period);
        later.extend(account.factor.changes_after(period));
        later.sort();
        at(period).or_else(|| later.into_iter().find_map(at))
    }

    /// Where the cost of an account in a period stands.
    pub(super) fn account_period(&self, provider: &str, id: &str, period: Period) -> AccountPeriod<'_> {
        let live: Vec<&Line> =
            self.live_of_account(provider, id).filter(|line| line.period == period).collect();
        let Some(account) = self.accounts.get(&(provider.to_owned(), id.to_owned())) else {
            return AccountPeriod::default();
        };
        let fixed = live.first().map(|line| {
            let factor = line.factor.clone().unwrap_or_else(Decimal::one);
            (line.customer.clone(), factor, line.rounding)
        });
        let terms = fixed.or_else(|| {
            let (customer, factor) = Self::account_terms(account, period)?;
            Some((customer, factor, self.settings.rounding))
        });
        let own = terms.as_ref().and_then(|(customer, ..)| {
            let fixed = live.iter().find(|line| !line.alternative);
            fixed.map(|line| line.cost_center.as_str()).or_else(|| self.cost_center(customer, period))
        });
        let product_number = live.first().map(|line| line.product_number.clone());
        let mut found = AccountPeriod { product_number, ..AccountPeriod::default() };
        for currency in [CURRENCY, FOREIGN] {
            let rate = self.rate(currency, period, live.iter().map(|line| &line.rates));
            found.rates.extend(rate.map(|rate| (currency.to_owned(), rate)));
        }
        for line in live {
            let factor = line.factor.clone().unwrap_or_else(Decimal::one);
            let key = (line.customer.clone(), factor, line.cost_center.clone(), line.rounding);
            let group = found.groups.entry(key).or_default();
            group.alternative = group.live.first().map_or(line.alternative, |first| first.alternative);
            group.live.push(line);
        }
        for (document, row) in self.facts() {
            let is_of_account = row.provider == provider && account.keys.contains(&row.account);
            if !is_of_account || row.period != period {
                continue;
            }
            let source = (document, row.currency.clone());
            let tag = row.cost_center.as_deref();
            let tag = tag.filter(|tag| self.settings.valid(tag) && Some(*tag) != own);
            let place = match (&terms, tag.or(own)) {
                (None, _) => &mut found.unallocated,
                (Some((customer, factor, rounding)), Some(cost_center))
                    if found.rates.contains_key(&row.currency) =>
                {
                    let key = (customer.clone(), factor.clone(), cost_center.to_owned(), *rounding);
                    let group = found.groups.entry(key).or_default();
                    group.alternative = tag.is_some();
                    &mut group.owed
                }
                (Some(_), _) => &mut found.held,
            };
            *place.entry(source).or_default() += &row.amount();
        }
        found
    }

    fn account_lines(&self, target: &str, upto: Period) -> Vec<Line> {
        let mut lines = Vec::new();
        for ((provider, id), account) in self.accounts.iter().filter(|((provider, _), _)| provider == target)
        {
            for period in self.periods_of(provider, id).into_iter().filter(|period| *period <= upto) {
                let found = self.account_period(provider, id, period);
                let kind = if found.groups.values().any(|group| !group.live.is_empty()) {
                    Kind::Correction
                } else {
                    Kind::Account
                };
                for ((customer, factor, cost_center, rounding), group) in &found.groups {
                    let sources = group.remainder();
                    let cost = total(&sources, &found.rates);
                    let markup = &cost * &(factor - &Decimal::one());
                    let charge = Charge { cost, markup, price: Decimal::zero() };
                    if charge.is_zero() {
                        continue;
                    }
                    let amount = Self::amount(&group.live, &charge, *rounding);
                    // What stands under other terms is taken back as it was billed.
                    let taken_back = group.live.first().filter(|_| group.owed.is_empty());
                    let product_number = taken_back.map(|line| line.product_number.clone());
                    let product_number = product_number.or_else(|| found.product_number.clone());
                    let product_number = product_number.or_else(|| account.product_number.clone());
                    let product_number =
                        product_number.unwrap_or_else(|| self.settings.default_product_number(target));
                    let is_of_line = |currency: &str| sources.keys().any(|(_, of)| of == currency);
                    let rates = found.rates.iter().filter(|(currency, _)| is_of_line(currency));
                    let rates = rates.map(|(currency, rate)| (currency.clone(), rate.clone())).collect();
                    lines.push(Line {
                        kind,
                        subject: Subject::Account(provider.clone(), id.clone()),
                        name: account.name.clone(),
                        customer: customer.clone(),
                        cost_center: cost_center.clone(),
                        alternative: group.alternative,
                        product_number,
                        period,
                        factor: Some(factor.clone()),
                        charge,
                        amount,
                        exported: amount,
                        rounding: *rounding,
                        sources,
                        rates,
                        uses: BTreeMap::new(),
                    });
                }
            }
        }
        lines
    }

    fn position_lines(&self, target: &str, period: Period) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, position) in self.positions.iter().enumerate() {
            let subject = Subject::Position(at);
            let billed = self.live().any(|line| line.subject == subject);
            if position.target != target || position.from > period || billed || position.amount.is_zero() {
                continue;
            }
            let Some(cost_center) = self.cost_center(&position.customer, period) else { continue };
            let charge = Charge { price: position.amount.clone(), ..Charge::default() };
            let line = self.plain_line(Kind::Position, subject, target, period, charge, &[]);
            lines.push(Line {
                name: position.reason.clone(),
                customer: position.customer.clone(),
                cost_center: cost_center.to_owned(),
                ..line
            });
        }
        lines
    }

    /// A line with the amount of its group, without names.
    pub(super) fn plain_line(
        &self,
        kind: Kind,
        subject: Subject,
        target: &str,
        period: Period,
        charge: Charge,
        live: &[&Line],
    ) -> Line {
        let rounding = live.first().map_or(self.settings.rounding, |line| line.rounding);
        let amount = Self::amount(live, &charge, rounding);
        Line {
            kind,
            subject,
            name: String::new(),
            customer: String::new(),
            cost_center: String::new(),
            alternative: false,
            product_number: self.settings.default_product_number(target),
            period,
            factor: None,
            charge,
            amount,
            exported: amount,
            rounding,
            sources: Sources::new(),
            rates: Rates::new(),
            uses: BTreeMap::new(),
        }
    }

    /// What the owners of components get back: minus the cost in the services' lines, the new ones included (R12).
    fn recovery_lines(&self, period: Period, new: &[Line]) -> Vec<Line> {
        let mut lines = Vec::new();
        for component in &self.components {
            for covered in self.covered(period) {
                let service_cost: Decimal = self
                    .live()
                    .chain(new)
                    .filter(|line| line.period == covered)
                    .flat_map(|line| &line.uses)
                    .filter(|(key, _)| key.component == component.name)
                    .map(|(_, of_use)| &of_use.charge.cost)
                    .sum();
                let subject = Subject::Recovery(component.name.clone());
                let live = self.live_of(&subject, covered);
                let (customer, cost_center) = match live.first() {
                    Some(first) => (first.customer.clone(), first.cost_center.clone()),
                    None => {
                        let owner = component.terms.at(covered).and_then(|terms| terms.owner.clone());
                        let Some(owner) = owner else { continue };
                        let Some(own) = self.cost_center(&owner, covered).map(str::to_owned) else {
                            continue;
                        };
                        (owner, own)
                    }
                };
                let credited: Decimal = live.iter().map(|line| &line.charge.cost).sum();
                let charge = Charge { cost: -(service_cost + credited), ..Charge::default() };
                if charge.is_zero() {
                    continue;
                }
                let kind = if live.is_empty() { Kind::Recovery } else { Kind::Correction };
                let line = self.plain_line(kind, subject, SERVICES, covered, charge, &live);
                lines.push(Line { name: component.name.clone(), customer, cost_center, ..line });
            }
        }
        lines
    }
}
