//! Services of a catalog file, with their uses.

use std::collections::HashSet;

use super::{Place, ServiceEntry, UseEntry, Values, Work, next_id, parties::shown};
use crate::{
    catalog::{Service, ServiceTerms, Use, UseTerms},
    decimal::Decimal,
    history::History,
    ids::{ComponentId, CustomerId, ServiceId, Target},
    period::Period,
};

/// A use of the file, its component found.
type NewUse<'e> = (&'e UseEntry, ComponentId, UseTerms);

impl Work<'_> {
    pub(super) fn services(&mut self, entries: &[ServiceEntry]) {
        self.check_duplicates("service", entries.iter().map(|entry| &entry.name));
        for entry in entries {
            self.service(entry);
        }
    }

    fn service(&mut self, entry: &ServiceEntry) {
        let customer = match &entry.customer {
            None => None,
            Some(customer) => match self.optional_customer(customer) {
                Some(customer) => Some(customer),
                None => return,
            },
        };
        let uses = match &entry.uses {
            None => None,
            Some(uses) => match self.uses(uses) {
                Some(uses) => Some(uses),
                None => return,
            },
        };
        let mut values = Values::default();
        let start = self.options.from_for(&Target::ManagedCloudServices);
        let Some((at, added)) = self.find_service(entry, &mut values) else { return };
        let service = &mut self.catalog.services[at];
        if let Some(number) = &entry.product_number {
            values.add("product_number", shown(&service.product_number), shown(number));
            service.product_number.clone_from(number);
        }
        if let Some(service_type) = &entry.service_type {
            values.add("type", shown(&service.service_type), shown(service_type));
            service.service_type.clone_from(service_type);
        }
        let terms_changed = self.service_terms(at, added, start, customer, entry.charge, &mut values);
        let uses_changed = uses.is_some_and(|uses| self.change_uses(at, start, &uses, &mut values));
        let from = (terms_changed || uses_changed).then_some(start);
        self.record(added, format!("service {}", entry.name.value), values, from);
    }

    fn service_terms(
        &mut self,
        at: usize,
        added: bool,
        start: Period,
        customer: Option<Option<CustomerId>>,
        charge: Option<bool>,
        values: &mut Values,
    ) -> bool {
        let change = |terms: &mut ServiceTerms| {
            terms.customer = customer.unwrap_or(terms.customer);
            terms.charge = charge.unwrap_or(terms.charge);
        };
        let history = &self.catalog.services[at].terms;
        let before = history.at(start).cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        if !added && !history.would_change(self.options.from, ServiceTerms::default(), change) {
            return false;
        }
        values.add("customer", self.customer_name(before.customer), self.customer_name(after.customer));
        values.add("charge", before.charge, after.charge);
        self.catalog.services[at].terms.change_from(start, ServiceTerms::default(), change);
        true
    }

    /// The uses of an entry with their components; `None` where one of them is wrong.
    fn uses<'e>(&mut self, entries: &'e [UseEntry]) -> Option<Vec<NewUse<'e>>> {
        let mut seen = HashSet::new();
        let mut uses = Vec::new();
        let problems = self.problems.len();
        for entry in entries {
            let component = self.catalog.components.iter().find(|known| known.name == entry.component.value);
            let Some(component) = component.map(|component| component.id) else {
                let message =
                    format!("unknown component '{}': add it under components", entry.component.value);
                self.problem(entry.component.line, message);
                continue;
            };
            if let Some(quantity) = &entry.quantity {
                self.not_negative("quantity", quantity);
            }
            let part = entry.part.as_ref().map(|part| part.value.as_str());
            if !seen.insert((entry.name.value.as_str(), component, part)) {
                let message = format!(
                    "use '{}' stands twice with the same component and part: uses of one name differ in one of them",
                    entry.name.value
                );
                self.problem(entry.name.line, message);
            }
            let quantity =
                entry.quantity.as_ref().map_or_else(Decimal::one, |quantity| quantity.value.clone());
            uses.push((entry, component, UseTerms { quantity, once: entry.once }));
        }
        (self.problems.len() == problems).then_some(uses)
    }

    /// The uses of a service are the listed ones, from a period on.
    fn change_uses(&mut self, at: usize, start: Period, new: &[NewUse<'_>], values: &mut Values) -> bool {
        let service = &mut self.catalog.services[at];
        let mut changed = false;
        let wanted = |of_service: &Use| {
            new.iter().find(|(entry, component, _)| {
                let part = entry.part.as_ref().map(|part| &part.value);
                entry.name.value == of_service.name
                    && *component == of_service.component
                    && part == of_service.part.as_ref()
            })
        };
        for of_service in &mut service.uses {
            let after = wanted(of_service).map(|(_, _, terms)| terms.clone());
            let before = of_service.at(start).cloned();
            let set = |terms: &mut Option<UseTerms>| terms.clone_from(&after);
            if !of_service.terms.would_change(self.options.from, None, set) {
                continue;
            }
            changed = true;
            values.add(
                "use",
                shown_use(&of_service.name, before.as_ref()),
                shown_use(&of_service.name, after.as_ref()),
            );
            of_service.terms.change_from(start, None, set);
        }
        for (entry, component, terms) in new {
            let part = entry.part.as_ref().map(|part| part.value.clone());
            let known = service.uses.iter().any(|known| {
                known.name == entry.name.value && known.component == *component && known.part == part
            });
            if known {
                continue;
            }
            changed = true;
            values.add("use", "none", shown_use(&entry.name.value, Some(terms)));
            service.uses.push(Use {
                name: entry.name.value.clone(),
                component: *component,
                part,
                terms: History::starting(start, Some(terms.clone())),
                created_by_import: false,
            });
        }
        changed
    }

    /// The place of an entry's service in the catalog, and whether it is new.
    fn find_service(&mut self, entry: &ServiceEntry, values: &mut Values) -> Option<(usize, bool)> {
        // What another service was called before is free for this one, with the tags of that name.
        for other in self.catalog.services.iter_mut().filter(|other| other.name != entry.name.value) {
            let previous = entry.previous_name.as_ref().is_some_and(|previous| previous.value == other.name);
            other.tags.retain(|tag| previous || *tag != entry.name.value);
        }
        let known: Vec<String> = self.catalog.services.iter().map(|known| known.name.clone()).collect();
        match self.place("service", &known, &entry.name, entry.previous_name.as_ref()) {
            Place::Known(at) => Some((at, false)),
            Place::Renamed(at) => {
                values.add("name", &known[at], &entry.name.value);
                let service = &mut self.catalog.services[at];
                service.name.clone_from(&entry.name.value);
                // The tags in the cloud may keep the old name for long: both mean this service.
                if !service.tags.contains(&entry.name.value) {
                    service.tags.push(entry.name.value.clone());
                }
                Some((at, false))
            }
            Place::New => {
                let id = ServiceId(next_id(self.catalog.services.iter().map(|service| service.id.0)));
                self.catalog.services.push(Service {
                    id,
                    name: entry.name.value.clone(),
                    tags: vec![entry.name.value.clone()],
                    product_number: None,
                    service_type: None,
                    terms: History::default(),
                    uses: Vec::new(),
                    created_by_import: false,
                });
                Some((self.catalog.services.len() - 1, true))
            }
            Place::Wrong => None,
        }
    }
}

fn shown_use(name: &str, terms: Option<&UseTerms>) -> String {
    match terms {
        Some(UseTerms { quantity, once }) => {
            format!("{name} × {quantity}{}", if *once { " once" } else { "" })
        }
        None => format!("no {name}"),
    }
}
