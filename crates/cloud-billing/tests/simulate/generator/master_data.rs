//! Catalog files: the first one, and changes of it.

use super::{AMOUNTS, COST_CENTERS, FACTORS, Generator, PRICES, QUANTITIES, SETUP, SHARES, number};
use crate::{
    history::{
        AccountEntry, CatalogFile, ComponentEntry, ComponentTerms, CustomerEntry, PartPrice, PositionEntry,
        ServiceEntry, Step, UseEntry,
    },
    known,
};

impl Generator {
    // --- master data ---

    fn account_entry(&mut self, at: usize, with_customer: bool) -> AccountEntry {
        let plan = self.accounts[at].clone();
        AccountEntry {
            provider: plan.provider.to_owned(),
            id: plan.id,
            customer: with_customer.then(|| self.customer()),
            factor: self.rng.chance(80).then(|| self.value(FACTORS)),
            product_number: self.rng.chance(20).then(|| format!("product-{at}")),
            aliases: Vec::new(),
        }
    }

    /// Two accounts that become one.
    fn join(&mut self, at: usize) -> Vec<String> {
        let other = self.rng.below(self.accounts.len());
        let same = self.accounts[other].provider == self.accounts[at].provider;
        if other == at || !same || self.accounts[at].joined || self.accounts[other].joined {
            return Vec::new();
        }
        self.accounts[at].joined = true;
        self.accounts[other].joined = true;
        vec![self.accounts[other].id.clone()]
    }

    fn customer_entry(&mut self, name: &str, valid: usize) -> CustomerEntry {
        let cost_center = match self.rng.chance(valid) {
            true => Some(self.rng.pick(&COST_CENTERS[..5])),
            false => self.rng.chance(70).then(|| self.rng.pick(COST_CENTERS)),
        };
        CustomerEntry { name: name.to_owned(), cost_center: cost_center.map(str::to_owned) }
    }

    /// The first catalog: all customers and components, most services, some accounts.
    pub(super) fn first_catalog(&mut self) -> Step {
        let mut file = CatalogFile::default();
        for name in self.customers.clone() {
            let entry = self.customer_entry(&name, 75);
            file.customers.push(entry);
        }
        for at in 0..self.accounts.len() {
            if self.rng.chance(70) {
                let with_customer = self.rng.chance(85);
                let entry = self.account_entry(at, with_customer);
                file.accounts.push(entry);
            }
        }
        file.components.clone_from(&self.components);
        file.services.clone_from(&self.services);
        if self.rng.chance(30) {
            let position = self.new_position();
            file.positions.push(position);
        }
        Step::Apply { file, from: None }
    }

    fn new_position(&mut self) -> PositionEntry {
        let at = self.positions.len();
        let position = PositionEntry {
            id: self.rng.chance(50).then(|| format!("p{at}")),
            customer: self.customer(),
            target: self.target(),
            reason: format!("reason {at}"),
            amount: self.value(AMOUNTS),
        };
        self.positions.push(position.clone());
        position
    }

    pub(super) fn apply(&mut self) -> Step {
        let mut file = CatalogFile::default();
        for _ in 0..self.rng.between(1, 2) {
            match self.rng.below(10) {
                0 | 1 => {
                    let name = self.customer();
                    let entry = self.customer_entry(&name, 80);
                    file.customers.retain(|known| known.name != entry.name);
                    file.customers.push(entry);
                }
                2..=4 => {
                    let at = self.rng.below(self.accounts.len());
                    let mut entry = self.account_entry(at, true);
                    if !known::ALIASES_AFTER_INVOICES && self.rng.chance(8) {
                        entry.aliases = self.join(at);
                    }
                    file.accounts.retain(|known| known.id != entry.id);
                    file.accounts.push(entry);
                }
                5 | 6 if !self.components.is_empty() => {
                    let entry = self.changed_component();
                    file.components.retain(|known| known.name != entry.name);
                    file.components.push(entry);
                }
                7 | 8 if !self.services.is_empty() => {
                    let entry = self.changed_service();
                    file.services.retain(|known| known.name != entry.name);
                    file.services.push(entry);
                }
                _ => {
                    let position = self.position();
                    let same =
                        |known: &PositionEntry| known.id == position.id && known.reason == position.reason;
                    file.positions.retain(|known| !same(known));
                    file.positions.push(position);
                }
            }
        }
        let from = self.from();
        Step::Apply { file, from }
    }

    /// A new position, one that is there already, or one with another amount.
    fn position(&mut self) -> PositionEntry {
        if self.positions.is_empty() || self.rng.chance(50) {
            return self.new_position();
        }
        let at = self.rng.below(self.positions.len());
        if self.positions[at].id.is_some() && self.rng.chance(50) {
            self.positions[at].amount = self.value(AMOUNTS);
        }
        self.positions[at].clone()
    }

    fn changed_component(&mut self) -> ComponentEntry {
        let at = self.rng.below(self.components.len());
        let ComponentEntry { name, terms } = self.components[at].clone();
        let parts = terms.parts.into_iter().map(|(part, price)| {
            let price = match price {
                PartPrice::Share(_) => PartPrice::Share(number(self.rng.pick(SHARES))),
                PartPrice::PerUnit(_) => PartPrice::PerUnit(number(self.rng.pick(PRICES))),
            };
            (part, price)
        });
        let parts = parts.collect();
        let changed = self.component_terms(parts, name != SETUP);
        // An owner stays until another one is named.
        let owner = changed.owner.or(terms.owner);
        self.components[at].terms = ComponentTerms { owner, ..changed };
        self.components[at].clone()
    }

    fn changed_service(&mut self) -> ServiceEntry {
        let at = self.rng.below(self.services.len());
        let mut service = self.services[at].clone();
        match self.rng.below(5) {
            0 => service.customer = Some(self.customer()),
            1 => service.charge = !service.charge,
            2 if !service.uses.is_empty() => {
                let at = self.rng.below(service.uses.len());
                service.uses.remove(at);
            }
            3 if !service.uses.is_empty() => {
                let at = self.rng.below(service.uses.len());
                service.uses[at].quantity = self.value(QUANTITIES);
            }
            _ => {
                let used = self.new_use();
                let same = |known: &UseEntry| {
                    (&known.name, &known.component, &known.part) == (&used.name, &used.component, &used.part)
                };
                service.uses.retain(|known| !same(known));
                service.uses.push(used);
            }
        }
        self.services[at] = service.clone();
        service
    }
}
