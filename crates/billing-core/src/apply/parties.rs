//! Customers and accounts of a catalog file.

use super::{AccountEntry, CustomerEntry, Located, Place, Remark, Values, Work, next_id};
use crate::{
    catalog::{Account, AccountTerms, Customer},
    history::History,
    ids::{AccountId, CustomerId, MANAGED_CLOUD_SERVICES, Provider, Target},
    period::Period,
};

impl Work<'_> {
    pub(super) fn customers(&mut self, entries: &[CustomerEntry]) {
        self.check_duplicates("customer", entries.iter().map(|entry| &entry.name));
        for entry in entries {
            self.customer(entry);
        }
    }

    fn customer(&mut self, entry: &CustomerEntry) {
        let mut values = Values::default();
        let Some((at, added)) = self.find_customer(entry, &mut values) else { return };
        if let Some(email) = &entry.email {
            self.check_email(email.as_ref());
            let email = email.as_ref().map(|email| email.value.trim().to_owned());
            let customer = &mut self.catalog.customers[at];
            values.add("email", shown(&customer.email), shown(&email));
            customer.email = email;
        }
        let mut from = None;
        if let Some(cost_center) = &entry.cost_center {
            self.check_cost_center(&entry.name.value, cost_center.as_ref());
            let value = cost_center.as_ref().map(|cost_center| cost_center.value.clone());
            let history = &mut self.catalog.customers[at].cost_center;
            // The first cost centre holds from the beginning.
            let first = history.latest().is_none_or(Option::is_none);
            let start = if first { Period::BEGINNING } else { self.options.from_for_customers() };
            let before = history.at(start).cloned().flatten();
            let set = |known: &mut Option<String>| known.clone_from(&value);
            if history.would_change(self.options.from, None, set) {
                values.add("cost_center", shown(&before), shown(&value));
                history.change_from(start, None, set);
                from = Some(start);
            }
        }
        self.record(added, format!("customer {}", entry.name.value), values, from);
    }

    /// The place of an entry's customer in the catalog, and whether it is new.
    fn find_customer(&mut self, entry: &CustomerEntry, values: &mut Values) -> Option<(usize, bool)> {
        let known: Vec<String> = self.catalog.customers.iter().map(|known| known.name.clone()).collect();
        match self.place("customer", &known, &entry.name, entry.previous_name.as_ref()) {
            Place::Known(at) => Some((at, false)),
            Place::Renamed(at) => {
                values.add("name", &known[at], &entry.name.value);
                self.catalog.customers[at].name.clone_from(&entry.name.value);
                Some((at, false))
            }
            Place::New => {
                let id = CustomerId(next_id(self.catalog.customers.iter().map(|customer| customer.id.0)));
                let name = entry.name.value.clone();
                self.catalog.customers.push(Customer {
                    id,
                    name,
                    email: None,
                    cost_center: History::default(),
                });
                Some((self.catalog.customers.len() - 1, true))
            }
            Place::Wrong => None,
        }
    }

    fn check_email(&mut self, email: Option<&Located<String>>) {
        let Some(email) = email else { return };
        let address = email.value.trim();
        let parts = address.split_once('@').filter(|(name, host)| {
            !name.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        });
        if parts.is_none()
            || address.chars().any(|c| c.is_whitespace() || c.is_control() || ",;<>\"".contains(c))
        {
            let message =
                format!("'{}' is not an e-mail address: write one like team@example.com", email.value);
            self.problem(email.line, message);
        }
    }

    fn check_cost_center(&mut self, customer: &str, cost_center: Option<&Located<String>>) {
        let Some(cost_center) = cost_center else { return };
        if !self.options.cost_centers.accepts(&cost_center.value) {
            let message = format!(
                "cost centre '{}' of customer '{customer}' does not match COST_CENTER_PATTERN: its cost will be held",
                cost_center.value
            );
            self.warnings.push(Remark { line: cost_center.line, message });
        }
    }

    pub(super) fn accounts(&mut self, entries: &[AccountEntry]) {
        let ids: Vec<Located<String>> = entries
            .iter()
            .map(|entry| {
                let provider = Provider::named(&entry.provider.value);
                let value = format!("{provider} {}", provider.account_key(&entry.id.value));
                Located { value, line: entry.id.line }
            })
            .collect();
        self.check_duplicates("account", ids.iter());
        self.check_aliases(entries, &ids);
        for entry in entries {
            self.account(entry);
        }
    }

    /// An id belongs to one account: as its own or as an alias, not both.
    fn check_aliases(&mut self, entries: &[AccountEntry], ids: &[Located<String>]) {
        let mut claimed: Vec<(String, String)> = Vec::new();
        let mut problems = Vec::new();
        for (entry, own) in entries.iter().zip(ids) {
            let provider = Provider::named(&entry.provider.value);
            for alias in &entry.aliases {
                let key = format!("{provider} {}", provider.account_key(&alias.value));
                if let Some(listed) = ids.iter().find(|id| id.value == key && id.value != own.value) {
                    let message = format!(
                        "account {key} is an alias of {}: list it in one of the two places",
                        own.value
                    );
                    problems.push((listed.line, message));
                }
                if let Some((_, other)) =
                    claimed.iter().find(|(known, other)| *known == key && *other != own.value)
                {
                    problems.push((alias.line, format!("{key} is already an alias of {other}")));
                }
                claimed.push((key, own.value.clone()));
            }
        }
        for (entry, own) in entries.iter().zip(ids) {
            let provider = Provider::named(&entry.provider.value);
            let key = provider.account_key(&entry.id.value);
            let known = self.catalog.accounts.iter().find(|account| {
                account.provider == provider
                    && account.keys.contains(&key)
                    && provider.account_key(&account.provider_id) != key
            });
            if let Some(known) = known {
                let message = format!(
                    "account {} is an alias of {} {}: name it under aliases of that account only",
                    own.value, known.provider, known.provider_id
                );
                problems.push((entry.id.line, message));
            }
        }
        for (line, message) in problems {
            self.problem(line, message);
        }
    }

    fn account(&mut self, entry: &AccountEntry) {
        let provider = Provider::named(&entry.provider.value);
        let key = provider.account_key(&entry.id.value);
        if provider.as_str().eq_ignore_ascii_case(MANAGED_CLOUD_SERVICES) {
            self.problem(entry.provider.line, "no provider can have this name: it is the target of services");
            return;
        }
        if provider.as_str().is_empty() || key.is_empty() {
            self.problem(entry.id.line, "an account needs a provider and an id");
            return;
        }
        let customer = match &entry.customer {
            None => None,
            Some(customer) => match self.optional_customer(customer) {
                Some(customer) => Some(customer),
                None => return,
            },
        };
        if let Some(factor) = &entry.charge_factor {
            self.not_negative("charge_factor", factor);
        }
        let (at, added) = self.find_account(&provider, &key, entry);
        let mut values = Values::default();
        let account = &mut self.catalog.accounts[at];
        if let Some(name) = &entry.name {
            values.add("name", &account.name, name);
            account.name.clone_from(name);
        }
        if let Some(number) = &entry.product_number {
            values.add("product_number", shown(&account.product_number), shown(number));
            account.product_number.clone_from(number);
        }
        let from = self.account_terms(at, &provider, customer, entry, &mut values);
        self.join_aliases(at, &provider, entry, &mut values);
        self.record(added, format!("account {provider} {}", entry.id.value.trim()), values, from);
    }

    fn account_terms(
        &mut self,
        at: usize,
        provider: &Provider,
        customer: Option<Option<CustomerId>>,
        entry: &AccountEntry,
        values: &mut Values,
    ) -> Option<Period> {
        let history = &self.catalog.accounts[at].terms;
        // The first customer and factor hold for all periods not yet invoiced (rule R5).
        let first = history.entries().iter().all(|(_, terms)| terms.customer.is_none());
        let target = Target::Accounts(provider.clone());
        let start = if first { Period::BEGINNING } else { self.options.from_for(&target) };
        let before = history.at(start).cloned().unwrap_or_default();
        let change = |terms: &mut AccountTerms| {
            if let Some(customer) = customer {
                terms.customer = customer;
            }
            if let Some(factor) = &entry.charge_factor {
                terms.charge_factor = factor.value.clone();
            }
        };
        let mut after = before.clone();
        change(&mut after);
        if !history.would_change(self.options.from, AccountTerms::default(), change) {
            return None;
        }
        if customer.is_some() {
            values.add("customer", self.customer_name(before.customer), self.customer_name(after.customer));
        }
        values.add("charge_factor", &before.charge_factor, &after.charge_factor);
        self.catalog.accounts[at].terms.change_from(start, AccountTerms::default(), change);
        Some(start)
    }

    fn find_account(&mut self, provider: &Provider, key: &str, entry: &AccountEntry) -> (usize, bool) {
        let same = |account: &Account| {
            account.provider == *provider && account.keys.iter().any(|known| known == key)
        };
        if let Some(at) = self.catalog.accounts.iter().position(same) {
            return (at, false);
        }
        let id = AccountId(next_id(self.catalog.accounts.iter().map(|account| account.id.0)));
        let provider_id = entry.id.value.trim().to_owned();
        self.catalog.accounts.push(Account {
            id,
            provider: provider.clone(),
            name: entry.name.clone().unwrap_or_else(|| provider_id.clone()),
            provider_id,
            keys: vec![key.to_owned()],
            provider_name: None,
            product_number: None,
            terms: History::default(),
        });
        (self.catalog.accounts.len() - 1, true)
    }

    /// Other ids of the same account: what stands under them belongs to it from now on.
    fn join_aliases(&mut self, at: usize, provider: &Provider, entry: &AccountEntry, values: &mut Values) {
        for alias in &entry.aliases {
            let key = provider.account_key(&alias.value);
            if key.is_empty() {
                self.problem(alias.line, "an alias is empty");
                continue;
            }
            if self.catalog.accounts[at].keys.contains(&key) {
                continue;
            }
            for account in self.catalog.accounts.iter_mut().filter(|account| account.provider == *provider) {
                account.keys.retain(|known| *known != key);
            }
            self.catalog.accounts[at].keys.push(key);
            values.add("aliases", "", &alias.value);
        }
    }
}

/// A text that may be missing, for showing.
pub(super) fn shown(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}
