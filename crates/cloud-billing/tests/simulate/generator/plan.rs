//! What a world has from the start: accounts, components with their parts, services with their uses.

use super::{AccountPlan, Generator, PERCENTAGES, PRICES, QUANTITIES, SETUP, SHARES};
use crate::history::{ComponentEntry, ComponentTerms, PartPrice, ServiceEntry, UseEntry};

impl Generator {
    pub(super) fn plan_accounts(&mut self) {
        let providers: &[(&'static str, &'static str)] =
            &[("Azure", "Microsoft"), ("AWS", "AWS"), ("Oracle", "Oracle")];
        let first = self.rng.below(3);
        let used = self.rng.between(1, 2);
        for at in 0..self.rng.between(2, 6) {
            let (provider, provider_written) = providers[(first + self.rng.below(used)) % 3];
            let (id, written) = match provider {
                "Azure" => {
                    let id = format!("0f6c-{at}");
                    let upper = id.to_ascii_uppercase();
                    (id.clone(), vec![id.clone(), upper, format!("/subscriptions/{id}")])
                }
                "AWS" => {
                    (format!("01234567890{at}"), vec![format!("01234567890{at}"), format!("1234567890{at}")])
                }
                _ => (format!("ocid.{at}"), vec![format!("ocid.{at}")]),
            };
            // Now and then two accounts share a name.
            let namesake = at > 0 && self.rng.chance(10);
            let name = if namesake { self.accounts[at - 1].name.clone() } else { format!("account-{at}") };
            let on_billing_account = self.rng.chance(10);
            self.accounts.push(AccountPlan {
                provider,
                provider_written,
                id,
                written,
                on_billing_account,
                name,
                joined: false,
            });
        }
    }

    pub(super) fn plan_components(&mut self) {
        for name in ["cluster", "database", "network"].iter().take(self.rng.between(0, 3)) {
            let parts = match self.rng.below(3) {
                0 => Vec::new(),
                1 => vec![("cpu".to_owned(), PartPrice::Share(self.value(SHARES)))],
                _ => vec![
                    ("cpu".to_owned(), PartPrice::Share(self.value(SHARES))),
                    ("memory".to_owned(), PartPrice::Share(self.value(SHARES))),
                    ("storage".to_owned(), PartPrice::PerUnit(self.value(PRICES))),
                ],
            };
            let terms = self.component_terms(parts, true);
            self.components.push(ComponentEntry { name: (*name).to_owned(), terms });
        }
        if !self.components.is_empty() && self.rng.chance(40) {
            let terms = self.component_terms(Vec::new(), false);
            self.components.push(ComponentEntry { name: SETUP.to_owned(), terms });
        }
    }

    pub(super) fn component_terms(
        &mut self,
        parts: Vec<(String, PartPrice)>,
        may_share: bool,
    ) -> ComponentTerms {
        ComponentTerms {
            unit_price: self.value(PRICES),
            cost_percentage: self.value(PERCENTAGES),
            fixed_price: self.value(PRICES),
            proportional: may_share && self.rng.chance(50),
            owner: self.rng.chance(50).then(|| self.customer()),
            parts,
        }
    }

    pub(super) fn plan_services(&mut self) {
        if self.components.is_empty() {
            return;
        }
        for name in ["web", "batch", "mail", "search"].iter().take(self.rng.between(0, 4)) {
            let uses = self.uses();
            let service = ServiceEntry {
                name: (*name).to_owned(),
                customer: self.rng.chance(80).then(|| self.customer()),
                product_number: self.rng.chance(30).then(|| format!("product-{name}")),
                charge: !self.rng.chance(10),
                uses,
            };
            self.services.push(service);
        }
    }

    fn uses(&mut self) -> Vec<UseEntry> {
        let mut uses: Vec<UseEntry> = Vec::new();
        for _ in 0..self.rng.between(0, 4) {
            let used = self.new_use();
            let same = |known: &UseEntry| {
                (&known.name, &known.component, &known.part) == (&used.name, &used.component, &used.part)
            };
            if !uses.iter().any(same) {
                uses.push(used);
            }
        }
        uses
    }

    pub(super) fn new_use(&mut self) -> UseEntry {
        let component = self.rng.pick(&self.components);
        let parts = &component.terms.parts;
        let part = (!parts.is_empty() && self.rng.chance(65)).then(|| self.rng.pick(parts).0);
        let name = self.rng.pick(&["namespace", "quota"]).to_owned();
        let once = component.name == SETUP;
        UseEntry { name, component: component.name, part, quantity: self.value(QUANTITIES), once }
    }
}
