//! Master data: from when on a change holds (R5), and what a catalog file may say.

use std::collections::BTreeSet;

use billing_core::{Decimal, Period};

use super::{Component, Oracle, Position, Service, Use};
use crate::history::{AccountEntry, CatalogFile, PositionEntry, SERVICES, ServiceEntry};

impl Oracle {
    /// The first period of a target that no issued invoice is of and none has lines of, counted from that of its first
    /// invoice, void or not; all of them while none is issued.
    fn first_open(&self, target: &str) -> Period {
        let of_target = || self.invoices.iter().filter(|invoice| invoice.target == target);
        let mut billed: BTreeSet<Period> = BTreeSet::new();
        for invoice in of_target().filter(|invoice| !invoice.void) {
            billed.insert(invoice.period);
            billed.extend(invoice.lines.iter().map(|line| line.period));
        }
        let Some(mut period) = of_target().map(|invoice| invoice.period).next() else {
            return Period::BEGINNING;
        };
        if billed.is_empty() {
            return Period::BEGINNING;
        }
        while billed.contains(&period) {
            period = period.next();
        }
        period
    }

    /// From when on a customer's cost centre holds: the earliest of such periods over all targets with invoices.
    fn first_open_of_any(&self) -> Period {
        let targets: BTreeSet<&str> = self
            .invoices
            .iter()
            .filter(|invoice| !invoice.void)
            .map(|invoice| invoice.target.as_str())
            .collect();
        targets.into_iter().map(|target| self.first_open(target)).min().unwrap_or(Period::BEGINNING)
    }

    /// Applies a catalog file, or says why it is refused as a whole.
    ///
    /// # Errors
    /// When it names what does not exist, or changes a position that is on an issued invoice.
    pub fn apply(&mut self, file: &CatalogFile, from: Option<Period>) -> Result<(), String> {
        let mut changed = self.clone();
        changed.apply_all(file, from)?;
        *self = changed;
        Ok(())
    }

    fn apply_all(&mut self, file: &CatalogFile, from: Option<Period>) -> Result<(), String> {
        // What a file means by "from now on" is what the books said before it.
        let services_from = from.unwrap_or_else(|| self.first_open(SERVICES));
        let customers_from = from.unwrap_or_else(|| self.first_open_of_any());
        for entry in &file.customers {
            let timeline = self.customers.entry(entry.name.clone()).or_default();
            if entry.cost_center.is_some() {
                // The first one holds from the beginning.
                let first = timeline.latest().is_none();
                let start = if first { Period::BEGINNING } else { customers_from };
                timeline.change(from, start, entry.cost_center.clone());
            }
        }
        for entry in &file.accounts {
            self.one_place(entry, file)?;
            self.known_customer(entry.customer.as_ref())?;
            let open = from.unwrap_or_else(|| self.first_open(&entry.provider));
            let account = self.account_mut(&entry.provider, &entry.id);
            // The first customer and factor hold for all periods that are not invoiced.
            let start = if account.customer.latest().is_none() { Period::BEGINNING } else { open };
            let one = Decimal::one();
            let differs = entry.customer.as_ref().is_some_and(|new| account.customer.latest() != Some(new))
                || entry.factor.as_ref().is_some_and(|new| account.factor.latest().unwrap_or(&one) != new);
            if differs || from.is_some() {
                if let Some(customer) = &entry.customer {
                    account.customer.set(start, customer.clone());
                }
                if let Some(factor) = &entry.factor {
                    account.factor.set(start, factor.clone());
                }
            }
            if entry.product_number.is_some() {
                account.product_number.clone_from(&entry.product_number);
            }
            self.join(entry);
        }
        for entry in &file.components {
            self.known_customer(entry.terms.owner.as_ref())?;
            let at = self.components.iter().position(|component| component.name == entry.name);
            let at = at.unwrap_or_else(|| {
                let name = entry.name.clone();
                self.components.push(Component { name, terms: super::Timeline::default() });
                self.components.len() - 1
            });
            self.components[at].terms.change(from, services_from, entry.terms.clone());
        }
        file.services.iter().try_for_each(|entry| self.apply_service(entry, from, services_from))?;
        file.positions.iter().try_for_each(|entry| self.apply_position(entry, from))
    }

    /// An id stands in one place: as an account's own or as an alias.
    fn one_place(&self, entry: &AccountEntry, file: &CatalogFile) -> Result<(), String> {
        let known = self.account_of(&entry.provider, &entry.id);
        let is_alias = known.is_some_and(|(_, id)| *id != entry.id);
        let mut others = file.accounts.iter().filter(|other| other.provider == entry.provider);
        if is_alias || others.any(|other| other.aliases.contains(&entry.id)) {
            return Err(format!("{} is an alias", entry.id));
        }
        Ok(())
    }

    /// Other ids of an account: what stands under them belongs to it from now on.
    fn join(&mut self, entry: &AccountEntry) {
        for alias in &entry.aliases {
            if self.account_mut(&entry.provider, &entry.id).keys.contains(alias) {
                continue;
            }
            for ((provider, _), account) in &mut self.accounts {
                account.keys.retain(|key| *provider != entry.provider || key != alias);
            }
            self.account_mut(&entry.provider, &entry.id).keys.push(alias.clone());
        }
    }

    fn known_customer(&self, customer: Option<&String>) -> Result<(), String> {
        match customer {
            Some(customer) if !self.customers.contains_key(customer) => {
                Err(format!("no customer {customer}"))
            }
            _ => Ok(()),
        }
    }

    fn apply_service(
        &mut self,
        entry: &ServiceEntry,
        from: Option<Period>,
        start: Period,
    ) -> Result<(), String> {
        self.known_customer(entry.customer.as_ref())?;
        for used in &entry.uses {
            let component = self.components.iter().find(|component| component.name == used.component);
            let component = component.ok_or_else(|| format!("no component {}", used.component))?;
            if let Some(part) = &used.part {
                let latest = component.terms.0.last().map(|(_, terms)| &terms.parts);
                let known = latest.is_some_and(|parts| parts.iter().any(|(name, _)| name == part));
                known.then_some(()).ok_or_else(|| format!("no part {part}"))?;
            }
        }
        let service = self.service_mut(&entry.name);
        if entry.product_number.is_some() {
            service.product_number.clone_from(&entry.product_number);
        }
        let differs = entry.customer.as_ref().is_some_and(|new| service.customer.latest() != Some(new))
            || service.charge.latest() != Some(&entry.charge);
        if differs || from.is_some() {
            if let Some(customer) = &entry.customer {
                service.customer.set(start, customer.clone());
            }
            service.charge.set(start, entry.charge);
        }
        let same = |known: &Use, name: &str, component: &str, part: Option<&str>| {
            known.name == name && known.component == component && known.part.as_deref() == part
        };
        for known in &mut service.uses {
            let named = entry.uses.iter().any(|u| same(known, &u.name, &u.component, u.part.as_deref()));
            if !named {
                known.terms.change(from, start, None);
            }
        }
        for used in &entry.uses {
            let at = service
                .uses
                .iter()
                .position(|known| same(known, &used.name, &used.component, used.part.as_deref()))
                .unwrap_or_else(|| {
                    service.uses.push(Use {
                        name: used.name.clone(),
                        component: used.component.clone(),
                        part: used.part.clone(),
                        terms: super::Timeline::default(),
                    });
                    service.uses.len() - 1
                });
            service.uses[at].terms.change(from, start, Some((used.quantity.clone(), used.once)));
        }
        Ok(())
    }

    /// The service of a name, made where there is none.
    pub(super) fn service_mut(&mut self, name: &str) -> &mut Service {
        let at = self.services.iter().position(|service| service.name == name).unwrap_or_else(|| {
            self.services.push(Service {
                name: name.to_owned(),
                product_number: None,
                customer: super::Timeline::default(),
                charge: super::Timeline::default(),
                uses: Vec::new(),
            });
            self.services.len() - 1
        });
        &mut self.services[at]
    }

    fn apply_position(&mut self, entry: &PositionEntry, from: Option<Period>) -> Result<(), String> {
        self.known_customer(Some(&entry.customer))?;
        let has_accounts = self.accounts.keys().any(|(provider, _)| *provider == entry.target);
        if !["Azure", "AWS", "GCP", SERVICES].contains(&&*entry.target) && !has_accounts {
            return Err(format!("no target {}", entry.target));
        }
        // A position waits for no period, unless one is named.
        let from = from.unwrap_or(Period::BEGINNING);
        let same = |known: &Position| {
            known.customer == entry.customer
                && known.target == entry.target
                && known.reason == entry.reason
                && known.amount == entry.amount
        };
        let known = match &entry.id {
            Some(_) => self.positions.iter().position(|known| known.id == entry.id),
            None => self.positions.iter().position(same),
        };
        let Some(at) = known else {
            self.positions.push(Position {
                id: entry.id.clone(),
                customer: entry.customer.clone(),
                target: entry.target.clone(),
                reason: entry.reason.clone(),
                amount: entry.amount.clone(),
                from,
            });
            return Ok(());
        };
        if same(&self.positions[at]) {
            return Ok(());
        }
        if self.live().any(|line| line.subject == super::Subject::Position(at)) {
            return Err(format!("position {} is on an issued invoice", entry.reason));
        }
        let position = &mut self.positions[at];
        position.customer.clone_from(&entry.customer);
        position.target.clone_from(&entry.target);
        position.reason.clone_from(&entry.reason);
        position.amount.clone_from(&entry.amount);
        Ok(())
    }
}
