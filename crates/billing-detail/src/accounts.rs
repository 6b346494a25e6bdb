//! The accounts that the rows of an import name.

use std::collections::HashMap;

use billing_core::{document::SeenAccount, ids::Provider, line_item::LineItem};

/// The accounts seen so far.
#[derive(Default)]
pub(crate) struct Accounts {
    places: HashMap<(Provider, String), usize>,
    seen: Vec<SeenAccount>,
}

impl Accounts {
    /// The place of a line item's account.
    pub(crate) fn place(&mut self, item: &LineItem<'_>) -> usize {
        let key = (item.provider.clone(), item.account_key.to_string());
        *self.places.entry(key).or_insert_with_key(|(provider, key)| {
            self.seen.push(SeenAccount {
                provider: provider.clone(),
                key: key.clone(),
                id: item.account_id.to_owned(),
                name: String::new(),
            });
            self.seen.len() - 1
        })
    }

    /// Keeps the name that a row gives its account: the last one counts.
    pub(crate) fn name(&mut self, place: usize, name: &str) {
        if let Some(account) = self.seen.get_mut(place)
            && !name.is_empty()
            && account.name != name
        {
            name.clone_into(&mut account.name);
        }
    }

    /// The accounts, by provider and id.
    pub(crate) fn finish(self) -> Vec<SeenAccount> {
        let mut seen = self.seen;
        seen.sort_by(|left, right| (&left.provider, &left.key).cmp(&(&right.provider, &right.key)));
        seen
    }
}
