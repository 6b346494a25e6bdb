//! Positions of a catalog file.

use super::{CatalogFile, PositionEntry, Values, Work, next_id};
use crate::{
    catalog::Position,
    ids::{PositionId, Provider, Target},
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
        let target = Target::named(&entry.target.value);
        let same = |known: &Position| {
            known.customer == customer
                && known.target == target
                && known.reason == entry.reason.value
                && known.amount == entry.amount.value
        };
        let external_id = entry.id.as_ref().map(|id| id.value.clone());
        let known = match &external_id {
            Some(id) => {
                self.catalog.positions.iter().position(|known| known.external_id.as_ref() == Some(id))
            }
            None => self.catalog.positions.iter().position(same),
        };
        let mut values = Values::default();
        let what = format!("position {}", entry.reason.value);
        let after = |values: &mut Values, work: &Self, before: Option<&Position>| {
            let text = |text: Option<String>| text.unwrap_or_default();
            let name = before.map(|known| work.customer_name(Some(known.customer)));
            values.add("customer", text(name), &entry.customer.value);
            values.add("target", text(before.map(|known| known.target.to_string())), &target);
            values.add("reason", text(before.map(|known| known.reason.clone())), &entry.reason.value);
            values.add("amount", text(before.map(|known| known.amount.to_string())), &entry.amount.value);
        };
        match known {
            Some(at) if same(&self.catalog.positions[at]) => {
                let known = &mut self.catalog.positions[at].external_id;
                if external_id.is_some() && *known != external_id {
                    known.clone_from(&external_id);
                    values.add("id", "none", external_id.unwrap_or_default());
                    self.record(false, what, values, None);
                }
            }
            Some(at) if self.options.invoiced_positions.contains(&self.catalog.positions[at].id) => {
                let message = format!(
                    "position '{}' stands on an issued invoice and cannot change: void that invoice first, or add \
                     another position",
                    external_id.unwrap_or_default()
                );
                self.problem(entry.reason.line, message);
            }
            Some(at) => {
                after(&mut values, self, Some(&self.catalog.positions[at]));
                let position = &mut self.catalog.positions[at];
                (position.customer, position.target) = (customer, target);
                position.reason.clone_from(&entry.reason.value);
                position.amount.clone_from(&entry.amount.value);
                self.record(false, what, values, None);
            }
            None => {
                after(&mut values, self, None);
                let known = self.catalog.positions.iter().map(|position| position.id.0);
                let id = PositionId(next_id(known.chain([self.options.last_position.0])));
                let (reason, amount) = (entry.reason.value.clone(), entry.amount.value.clone());
                let from = self.options.from.unwrap_or(Period::BEGINNING);
                self.catalog.positions.push(Position {
                    id,
                    external_id,
                    customer,
                    target,
                    reason,
                    amount,
                    from,
                });
                self.record(true, what, values, None);
            }
        }
    }
}
