//! Components of a catalog file, with their parts.

use super::{CatalogFile, ComponentEntry, PartEntry, Place, Values, Work, next_id};
use crate::{
    catalog::{Component, ComponentTerms, Part, PartPrice},
    decimal::Decimal,
    history::History,
    ids::{ComponentId, CustomerId, Target},
    period::Period,
};

impl Work<'_> {
    pub(super) fn components(&mut self, entries: &[ComponentEntry]) {
        self.check_duplicates("component", entries.iter().map(|entry| &entry.name));
        for entry in entries {
            self.component(entry);
        }
    }

    fn component(&mut self, entry: &ComponentEntry) {
        if let Some(percentage) = &entry.cost_percentage {
            self.not_negative("cost_percentage", percentage);
        }
        if let Some(parts) = &entry.parts {
            self.check_part_entries(parts);
        }
        let owner = match &entry.owner {
            None => None,
            Some(owner) => match self.optional_customer(owner) {
                Some(owner) => Some(owner),
                None => return,
            },
        };
        let mut values = Values::default();
        let start = self.options.from_for(&Target::ManagedCloudServices);
        let Some((at, added)) = self.find_component(entry, &mut values) else { return };
        let change = |terms: &mut ComponentTerms| change_terms(terms, entry, owner);
        let history = &self.catalog.components[at].terms;
        let before = history.at(start).cloned().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        let mut from = None;
        if added || history.would_change(self.options.from, ComponentTerms::default(), change) {
            self.show_terms(&before, &after, &mut values);
            self.catalog.components[at].terms.change_from(start, ComponentTerms::default(), change);
            from = Some(start);
        }
        self.record(added, format!("component {}", entry.name.value), values, from);
    }

    fn show_terms(&self, before: &ComponentTerms, after: &ComponentTerms, values: &mut Values) {
        values.add("unit_price", &before.unit_price, &after.unit_price);
        values.add("cost_percentage", &before.cost_percentage, &after.cost_percentage);
        values.add("fixed_price", &before.fixed_price, &after.fixed_price);
        values.add("split", before.split.as_str(), after.split.as_str());
        values.add("owner", self.customer_name(before.owner), self.customer_name(after.owner));
        values.add("parts", shown_parts(&before.parts), shown_parts(&after.parts));
    }

    fn check_part_entries(&mut self, parts: &[PartEntry]) {
        self.check_duplicates("part", parts.iter().map(|part| &part.name));
        for part in parts {
            if let PartPrice::CostShare(share) = &part.price
                && share.is_negative()
            {
                let message = format!("cost_share_percentage is {share}: it must not be negative");
                self.problem(part.name.line, message);
            }
        }
    }

    /// The place of an entry's component in the catalog, and whether it is new.
    fn find_component(&mut self, entry: &ComponentEntry, values: &mut Values) -> Option<(usize, bool)> {
        let known: Vec<String> = self.catalog.components.iter().map(|known| known.name.clone()).collect();
        let name = &entry.name.value;
        let previous = entry.previous_name.as_ref().map(|previous| &previous.value);
        let other =
            self.catalog.components.iter().find(|other| {
                other.name != *name && Some(&other.name) != previous && other.tags.contains(name)
            });
        if let Some(other) = other {
            // The tag in the cloud means that component, in periods that are invoiced too.
            let message = format!(
                "'{name}' is an earlier name of component '{}', and tags of that name still mean it: choose another",
                other.name
            );
            self.problem(entry.name.line, message);
            return None;
        }
        match self.place("component", &known, &entry.name, entry.previous_name.as_ref()) {
            Place::Known(at) => Some((at, false)),
            Place::Renamed(at) => {
                values.add("name", &known[at], &entry.name.value);
                let component = &mut self.catalog.components[at];
                component.name.clone_from(&entry.name.value);
                // The tags in the cloud may keep the old name for long: both mean this component.
                if !component.tags.contains(&entry.name.value) {
                    component.tags.push(entry.name.value.clone());
                }
                Some((at, false))
            }
            Place::New => {
                self.add_component(&entry.name.value);
                Some((self.catalog.components.len() - 1, true))
            }
            Place::Wrong => None,
        }
    }

    fn add_component(&mut self, name: &str) {
        let id = ComponentId(next_id(self.catalog.components.iter().map(|component| component.id.0)));
        self.catalog.components.push(Component {
            id,
            name: name.to_owned(),
            tags: vec![name.to_owned()],
            terms: History::default(),
            created_by_import: false,
        });
    }

    /// A use of a part that its component lacks has no price.
    pub(super) fn check_parts(&mut self, file: &CatalogFile) {
        let start = self.options.from_for(&Target::ManagedCloudServices);
        let mut lacking = Vec::new();
        for service in &self.catalog.services {
            for of_service in &service.uses {
                let component = self.catalog.components.iter().find(|c| c.id == of_service.component);
                let (Some(component), Some(part)) = (component, &of_service.part) else { continue };
                // Wherever one of the two changes from here on, the part has to be there.
                let changes = component.terms.entries().iter().map(|(from, _)| *from);
                let changes = changes.chain(of_service.terms.entries().iter().map(|(from, _)| *from));
                let used =
                    changes.chain([start]).filter(|from| *from >= start && of_service.at(*from).is_some());
                let lacks = |from: Period| {
                    component.terms.at_or_first(from, |_| true).is_none_or(|terms| terms.part(part).is_none())
                };
                if used.min().is_some_and(lacks)
                    || component
                        .terms
                        .entries()
                        .iter()
                        .any(|(from, _)| *from >= start && of_service.at(*from).is_some() && lacks(*from))
                {
                    let line = line_of_part(file, &service.name, &of_service.name, &component.name);
                    let message = format!(
                        "use '{}' of service '{}' needs part '{part}' of component '{}': name that part under parts, \
                         or end the use",
                        of_service.name, service.name, component.name
                    );
                    lacking.push((line, message));
                }
            }
        }
        for (line, message) in lacking {
            self.problem(line, message);
        }
    }
}

fn change_terms(terms: &mut ComponentTerms, entry: &ComponentEntry, owner: Option<Option<CustomerId>>) {
    let set = |known: &mut Decimal, value: Option<&Decimal>| {
        if let Some(value) = value {
            known.clone_from(value);
        }
    };
    set(&mut terms.unit_price, entry.unit_price.as_ref());
    set(&mut terms.cost_percentage, entry.cost_percentage.as_ref().map(|percentage| &percentage.value));
    set(&mut terms.fixed_price, entry.fixed_price.as_ref());
    terms.split = entry.split.unwrap_or(terms.split);
    terms.owner = owner.unwrap_or(terms.owner);
    if let Some(parts) = &entry.parts {
        let part = |part: &PartEntry| Part { name: part.name.value.clone(), price: part.price.clone() };
        terms.parts = parts.iter().map(part).collect();
    }
}

fn shown_parts(parts: &[Part]) -> String {
    if parts.is_empty() {
        return "none".to_owned();
    }
    let part = |part: &Part| match &part.price {
        PartPrice::CostShare(share) => format!("{} {share} %", part.name),
        PartPrice::PerUnit(price) => format!("{} {price} per unit", part.name),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Where the file speaks of a use, else of its component.
fn line_of_part(file: &CatalogFile, service: &str, of_service: &str, component: &str) -> u64 {
    let uses = file
        .services
        .iter()
        .filter(|entry| entry.name.value == service)
        .filter_map(|entry| entry.uses.as_ref());
    let of_use = uses.flatten().find(|entry| entry.name.value == of_service).map(|entry| entry.name.line);
    let of_component =
        || file.components.iter().find(|entry| entry.name.value == component).map(|e| e.name.line);
    of_use.or_else(of_component).unwrap_or(1)
}
