//! What services owe: prices, quantities and shares of the components' cost (CONTRACT §3, R2–R6).

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{Decimal, Period};

use super::{Charge, Component, Kind, Line, Oracle, Prices, Rates, Service, Subject, Use, UseCharge, UseKey};
use crate::{
    history::{ComponentTerms, PartPrice, SERVICES},
    numbers::{Rounding, shares},
};

/// Charges by use, with the prices they were made under.
type Uses = BTreeMap<UseKey, UseCharge>;

/// A group of a service's lines in a period: one customer and cost centre.
#[derive(Default)]
struct Group<'o> {
    owed: Uses,
    live: Vec<&'o Line>,
}

impl Prices {
    fn of(terms: &ComponentTerms, part: Option<&str>) -> Self {
        let price = |name: &str| terms.parts.iter().find(|(part, _)| part == name).map(|(_, price)| price);
        Self {
            unit_price: terms.unit_price.clone(),
            cost_percentage: terms.cost_percentage.clone(),
            fixed_price: terms.fixed_price.clone(),
            proportional: terms.proportional,
            part: part.and_then(price).cloned(),
        }
    }

    /// What a quantity of a component with this cost is charged with.
    fn charge(&self, quantity: &Decimal, component_cost: &Decimal) -> Charge {
        let part_share = match &self.part {
            Some(PartPrice::PerUnit(price)) => {
                return Charge { price: price * quantity, ..Charge::default() };
            }
            Some(PartPrice::Share(share)) => share.percent(),
            None => Decimal::one(),
        };
        let share = quantity * &part_share;
        let hundred = Decimal::from(100);
        let upto_hundred = self.cost_percentage.clone().min(hundred.clone());
        let above_hundred = &self.cost_percentage - &upto_hundred;
        let base = component_cost * &share;
        let fixed = if self.part.is_none() { self.fixed_price.clone() } else { Decimal::zero() };
        Charge {
            cost: &base * &upto_hundred.percent(),
            markup: &base * &above_hundred.percent(),
            price: &(&self.unit_price * &share) + &fixed,
        }
    }

    /// Whether the price of a quantity depends on the component's cost.
    fn need_cost(&self, quantity: &Decimal) -> bool {
        let charge = self.charge(quantity, &Decimal::one());
        !charge.cost.is_zero() || !charge.markup.is_zero()
    }

    /// Whether the price depends on the quantities of others.
    fn is_shared(&self) -> bool {
        self.proportional && !matches!(self.part, Some(PartPrice::PerUnit(_)))
    }
}

impl Oracle {
    /// The periods that a services run makes up: from the first one ever billed; an older one only by itself (R2).
    pub(super) fn covered(&self, period: Period) -> Vec<Period> {
        let first = self.invoices.iter().filter(|i| i.target == SERVICES).min_by_key(|i| i.number);
        let first = first.map_or(period, |invoice| invoice.period).min(period);
        first.through(period).collect()
    }

    pub(super) fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }

    /// The billed cost of a component in a period, before any account's factor, at rates that stay with the use's
    /// first line; `None` while one is missing.
    fn component_cost(&self, name: &str, period: Period, live: &[&UseCharge]) -> Option<(Decimal, Rates)> {
        let mut cost = Decimal::zero();
        let mut rates = Rates::new();
        for (_, row) in self.facts() {
            if row.component.as_deref() == Some(name) && row.period == period {
                let fixed = live.iter().map(|of_use| &of_use.rates);
                let rate = self.rate(&row.currency, period, fixed)?;
                cost += &(&row.amount() * &rate);
                rates.insert(row.currency.clone(), rate);
            }
        }
        Some((cost, rates))
    }

    fn key(service: usize, used: &Use) -> UseKey {
        UseKey {
            service,
            name: used.name.clone(),
            component: used.component.clone(),
            part: used.part.clone(),
        }
    }

    /// A use's share among all uses of the same component and part in the period; `None` where they add up to
    /// nothing.
    fn share(&self, key: &UseKey, period: Period) -> Option<Decimal> {
        let mut all: Vec<(UseKey, Decimal)> = Vec::new();
        for (at, service) in self.services.iter().enumerate() {
            for used in service.uses.iter().filter(|u| u.component == key.component && u.part == key.part) {
                if let Some(Some((quantity, _))) = used.terms.at(period) {
                    all.push((Self::key(at, used), quantity.clone()));
                }
            }
        }
        all.sort();
        let at = all.iter().position(|(other, _)| other == key)?;
        let quantities: Vec<Decimal> = all.into_iter().map(|(_, quantity)| quantity).collect();
        Some(shares(&quantities)?.swap_remove(at))
    }

    /// Who pays for a service in a period: those of the period, else the first with a customer after it.
    fn service_terms(service: &Service, period: Period) -> Option<(String, bool)> {
        let at = |period: Period| {
            Some((service.customer.at(period)?.clone(), service.charge.at(period).copied().unwrap_or(true)))
        };
        let mut later = service.customer.changes_after(period);
        later.extend(service.charge.changes_after(period));
        later.sort();
        at(period).or_else(|| later.into_iter().find_map(at))
    }

    /// The quantity that a use owes for in a period. One that is owed once owes where it is live, else in the first
    /// covered period in which it exists.
    fn quantity(&self, key: &UseKey, used: &Use, period: Period, covered: &[Period]) -> Option<Decimal> {
        let exists = |period: Period| used.terms.at(period).and_then(Option::as_ref);
        let (quantity, once) = exists(period)?;
        if *once {
            let live = self.live().filter(|line| line.uses.contains_key(key)).map(|line| line.period).next();
            let due = live.or_else(|| covered.iter().copied().find(|period| exists(*period).is_some()));
            if due != Some(period) {
                return None;
            }
        }
        Some(quantity.clone())
    }

    pub(super) fn service_lines(&self, period: Period) -> Vec<Line> {
        let covered = self.covered(period);
        let mut lines = Vec::new();
        for (at, service) in self.services.iter().enumerate() {
            for period in &covered {
                lines.extend(self.service_period(at, service, *period, &covered));
            }
        }
        lines
    }

    fn service_period(&self, at: usize, service: &Service, period: Period, covered: &[Period]) -> Vec<Line> {
        let subject = Subject::Service(service.name.clone());
        let live = self.live_of(&subject, period);
        let mut groups: BTreeMap<(String, String, Rounding), Group<'_>> = BTreeMap::new();
        for line in &live {
            let key = (line.customer.clone(), line.cost_center.clone(), line.rounding);
            groups.entry(key).or_default().live.push(line);
        }
        let mut on_hold = BTreeSet::new();
        for used in &service.uses {
            let key = Self::key(at, used);
            let Some(quantity) = self.quantity(&key, used, period, covered) else { continue };
            let first = live.iter().find(|line| line.uses.contains_key(&key));
            let (group, prices) = match first {
                // Whether a service is charged is no term that stays: it is asked for each time.
                Some(_) if service.charge.at(period) == Some(&false) => continue,
                Some(line) => {
                    let group = (line.customer.clone(), line.cost_center.clone(), line.rounding);
                    (group, line.uses[&key].prices.clone())
                }
                None => {
                    let Some((customer, true)) = Self::service_terms(service, period) else { continue };
                    let own = self.cost_center(&customer, period).map(str::to_owned);
                    let terms = self.component(&used.component).and_then(|c| c.terms.at(period));
                    let (Some(own), Some(terms)) = (own, terms) else { continue };
                    ((customer, own, self.settings.rounding), Prices::of(terms, used.part.as_deref()))
                }
            };
            let quantity = if prices.is_shared() { self.share(&key, period) } else { Some(quantity) };
            let of_use: Vec<&UseCharge> = live.iter().filter_map(|line| line.uses.get(&key)).collect();
            let cost = match &quantity {
                Some(quantity) if prices.need_cost(quantity) => {
                    self.component_cost(&used.component, period, &of_use)
                }
                _ => Some((Decimal::zero(), Rates::new())),
            };
            let (Some(quantity), Some((cost, rates))) = (quantity, cost) else {
                on_hold.insert(key);
                continue;
            };
            let charge = prices.charge(&quantity, &cost);
            groups.entry(group).or_default().owed.insert(key, UseCharge { prices, rates, charge });
        }
        let billed = |key: &UseKey| live.iter().any(|line| line.uses.contains_key(key));
        let mut lines: Vec<Line> = Vec::new();
        for ((customer, cost_center, _), group) in groups {
            // What a use is charged first is a line; what is corrected of other uses is a line of its own.
            let (corrected, first): (Uses, Uses) =
                group.remainder(&on_hold).into_iter().partition(|(key, _)| billed(key));
            let mut new: Vec<Line> = Vec::new();
            for (kind, uses) in [(Kind::Service, first), (Kind::Correction, corrected)] {
                if uses.is_empty() {
                    continue;
                }
                let mut charge = Charge::default();
                uses.values().for_each(|of_use| charge.add(&of_use.charge));
                let before: Vec<&Line> = group.live.iter().copied().chain(&new).collect();
                let line = self.plain_line(kind, subject.clone(), SERVICES, period, charge, &before);
                let product_number = service.product_number.clone().unwrap_or(line.product_number);
                let product_number = match group.live.first() {
                    Some(first) => first.product_number.clone(),
                    None => product_number,
                };
                let (customer, cost_center) = (customer.clone(), cost_center.clone());
                new.push(Line {
                    name: service.name.clone(),
                    customer,
                    cost_center,
                    product_number,
                    uses,
                    ..line
                });
            }
            lines.extend(new);
        }
        lines
    }
}

impl Group<'_> {
    /// What each use owes beyond the live lines; what is settled or on hold is left out.
    fn remainder(&self, on_hold: &BTreeSet<UseKey>) -> Uses {
        let mut uses = self.owed.clone();
        for (key, of_use) in self.live.iter().flat_map(|line| &line.uses) {
            let nothing = || UseCharge { charge: Charge::default(), ..of_use.clone() };
            let entry = uses.entry(key.clone()).or_insert_with(nothing);
            entry.charge = entry.charge.minus(&of_use.charge);
        }
        uses.retain(|key, of_use| !of_use.charge.is_zero() && !on_hold.contains(key));
        uses
    }
}
