//! Positions of a catalog file.

use super::{CatalogFile, PositionEntry, Values, Work, next_id};
use crate::{
    catalog::Position,
    ids::{CustomerId, PositionId, Provider, Target},
    period::Period,
};

impl Work<'_> {
    pub(super) fn positions(&mut self, entries: &[PositionEntry], file: &CatalogFile) {
        self.check_duplicates("position", entries.iter().filter_map(|entry| entry.id.as_ref()));
        let mut without_id: Vec<(&PositionEntry, u64)> = Vec::new();
        for entry in entries {
            self.check_target(entry, file);
            let same = |other: &PositionEntry| {
                Target::named(&other.target.value) == Target::named(&entry.target.value)
                    && (&other.customer.value, &other.reason.value, &other.amount.value)
                        == (&entry.customer.value, &entry.reason.value, &entry.amount.value)
            };
            if entry.id.is_none() {
                if let Some((_, line)) = without_id.iter().find(|(other, _)| same(other)) {
                    let message = format!(
                        "the same position stands already on line {line}: tell them apart by an id of each"
                    );
                    self.problem(entry.reason.line, message);
                    continue;
                }
                without_id.push((entry, entry.reason.line));
            }
            self.position(entry);
        }
    }

    fn check_target(&mut self, entry: &PositionEntry, file: &CatalogFile) {
        let Target::Accounts(provider) = Target::named(&entry.target.value) else { return };
        let known = ["Azure", "AWS", "GCP"].contains(&provider.as_str())
            || self.catalog.accounts.iter().any(|account| account.provider == provider)
            || file.accounts.iter().any(|account| Provider::named(&account.provider.value) == provider);
        if !known {
            let message = format!(
                "unknown target '{}': write Azure, AWS, GCP, ManagedCloudServices or a provider that has accounts",
                entry.target.value
            );
            self.problem(entry.target.line, message);
        }
    }

    fn position(&mut self, entry: &PositionEntry) {
        let Some(customer) = self.customer_named(&entry.customer) else { return };
        if entry.reason.value.trim().is_empty() {
            self.problem(entry.reason.line, "a position needs a reason: it is the name of its line");
            return;
        }
        match self.known_position(entry, customer) {
            Some(at) if says(&self.catalog.positions[at], entry, customer) => {}
            Some(at) if self.options.invoiced_positions.contains(&self.catalog.positions[at].id) => {
                let message = format!(
                    "position '{}' stands on an issued invoice and cannot change: void that invoice first, or add \
                     another position",
                    external_id(entry).unwrap_or_default()
                );
                self.problem(entry.reason.line, message);
            }
            Some(at) => self.change_position(at, entry, customer),
            None => self.add_position(entry, customer),
        }
    }

    /// The position that the entry means: that of its id, or without one that which says the same.
    fn known_position(&self, entry: &PositionEntry, customer: CustomerId) -> Option<usize> {
        let id = external_id(entry);
        self.catalog.positions.iter().position(|known| match &id {
            Some(_) => known.external_id == id,
            None => says(known, entry, customer),
        })
    }

    fn change_position(&mut self, at: usize, entry: &PositionEntry, customer: CustomerId) {
        let values = self.changed_values(entry, Some(&self.catalog.positions[at]));
        let position = &mut self.catalog.positions[at];
        (position.customer, position.target) = (customer, Target::named(&entry.target.value));
        position.reason.clone_from(&entry.reason.value);
        position.amount.clone_from(&entry.amount.value);
        self.record(false, what(entry), values, None);
    }

    fn add_position(&mut self, entry: &PositionEntry, customer: CustomerId) {
        let values = self.changed_values(entry, None);
        let known = self.catalog.positions.iter().map(|position| position.id.0);
        let id = PositionId(next_id(known.chain([self.options.last_position.0])));
        self.catalog.positions.push(Position {
            id,
            external_id: external_id(entry),
            customer,
            target: Target::named(&entry.target.value),
            reason: entry.reason.value.clone(),
            amount: entry.amount.value.clone(),
            from: self.options.from.unwrap_or(Period::BEGINNING),
        });
        self.record(true, what(entry), values, None);
    }

    /// What the entry says, beside what the position said before.
    fn changed_values(&self, entry: &PositionEntry, before: Option<&Position>) -> Values {
        let text = |text: Option<String>| text.unwrap_or_default();
        let target = Target::named(&entry.target.value);
        let name = before.map(|known| self.customer_name(Some(known.customer)));
        let mut values = Values::default();
        values.add("customer", text(name), &entry.customer.value);
        values.add("target", text(before.map(|known| known.target.to_string())), &target);
        values.add("reason", text(before.map(|known| known.reason.clone())), &entry.reason.value);
        values.add("amount", text(before.map(|known| known.amount.to_string())), &entry.amount.value);
        values
    }
}

/// Whether a position says what the entry says, whatever their ids.
fn says(known: &Position, entry: &PositionEntry, customer: CustomerId) -> bool {
    known.customer == customer
        && known.target == Target::named(&entry.target.value)
        && known.reason == entry.reason.value
        && known.amount == entry.amount.value
}

fn external_id(entry: &PositionEntry) -> Option<String> {
    entry.id.as_ref().map(|id| id.value.clone())
}

fn what(entry: &PositionEntry) -> String {
    format!("position {}", entry.reason.value)
}
