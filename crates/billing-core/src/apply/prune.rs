//! `--prune`: what a catalog file does not name ends.
//!
//! Nothing is deleted that a line could refer to: accounts lose their customer, services their uses, both from a
//! period on; positions go unless they were invoiced. Customers and components owe nothing by themselves and stay.

use super::{CatalogFile, Change, ChangeKind, Work, named};
use crate::{
    catalog::{AccountTerms, Position},
    ids::{Provider, Target},
    period::Period,
};

impl Work<'_> {
    pub(super) fn prune(&mut self, file: &CatalogFile) {
        self.prune_accounts(file);
        self.prune_services(file);
        self.prune_positions(file);
    }

    fn ended(&mut self, what: String, from: Option<Period>) {
        self.changes.push(Change { kind: ChangeKind::Ended, what, values: Vec::new(), from });
    }

    fn prune_accounts(&mut self, file: &CatalogFile) {
        let mut ended = Vec::new();
        let options = self.options;
        for account in &mut self.catalog.accounts {
            let named = file.accounts.iter().any(|entry| {
                let provider = Provider::named(&entry.provider.value);
                provider == account.provider && account.keys.contains(&provider.account_key(&entry.id.value))
            });
            let start = options.from_for(&Target::Accounts(account.provider.clone()));
            let has_customer =
                |(from, terms): &(Period, AccountTerms)| *from >= start && terms.customer.is_some();
            let now = account.terms.at(start).is_some_and(|terms| terms.customer.is_some());
            if named || !(now || account.terms.entries().iter().any(has_customer)) {
                continue;
            }
            account.terms.change_from(start, AccountTerms::default(), |terms| terms.customer = None);
            ended.push((format!("account {} {}", account.provider, account.provider_id), Some(start)));
        }
        ended.into_iter().for_each(|(what, from)| self.ended(what, from));
    }

    fn prune_services(&mut self, file: &CatalogFile) {
        let names = named(file.services.iter().map(|entry| &entry.name));
        let start = self.options.from_for(&Target::ManagedCloudServices);
        let mut ended = Vec::new();
        for service in
            self.catalog.services.iter_mut().filter(|service| !names.contains(service.name.as_str()))
        {
            let mut any = false;
            for of_service in &mut service.uses {
                let later =
                    of_service.terms.entries().iter().any(|(from, terms)| *from >= start && terms.is_some());
                if of_service.at(start).is_some() || later {
                    of_service.terms.change_from(start, None, |terms| *terms = None);
                    any = true;
                }
            }
            if any {
                ended.push((format!("service {}", service.name), Some(start)));
            }
        }
        ended.into_iter().for_each(|(what, from)| self.ended(what, from));
    }

    fn prune_positions(&mut self, file: &CatalogFile) {
        let customers = self.catalog.customers.clone();
        let is_named = |position: &Position| {
            let customer = customers.iter().find(|customer| customer.id == position.customer);
            file.positions.iter().any(|entry| match (&entry.id, &position.external_id) {
                (Some(id), Some(known)) => id.value == *known,
                (Some(_), None) => false,
                (None, _) => {
                    customer.is_some_and(|customer| customer.name == entry.customer.value)
                        && Target::named(&entry.target.value) == position.target
                        && (&entry.reason.value, &entry.amount.value) == (&position.reason, &position.amount)
                }
            })
        };
        let invoiced = &self.options.invoiced_positions;
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.catalog.positions)
            .into_iter()
            .partition(|position| !is_named(position) && !invoiced.contains(&position.id));
        self.catalog.positions = kept;
        gone.into_iter().for_each(|position| self.ended(format!("position {}", position.reason), None));
    }
}
