//! Writing master data in the form that [`super::parse`] reads.

use std::fmt::Write as _;

use billing_core::{
    Currency, Decimal,
    catalog::{Account, Catalog, Component, Customer, PartPrice, Position, Service, Split},
    ids::CustomerId,
};

/// The master data as it is in force last, as a catalog file: applying it again changes nothing.
pub fn write(catalog: &Catalog, currency: &Currency) -> String {
    let mut out = Writer { text: format!("currency: {currency}\n"), catalog };
    out.list("customers", &catalog.customers, Writer::customer);
    let accounts: Vec<Account> =
        catalog.accounts.iter().filter(|account| !account.keys.is_empty()).cloned().collect();
    out.list("accounts", &accounts, Writer::account);
    out.list("components", &catalog.components, Writer::component);
    out.list("services", &catalog.services, Writer::service);
    out.list("positions", &catalog.positions, Writer::position);
    out.text
}

struct Writer<'c> {
    text: String,
    catalog: &'c Catalog,
}

/// A text in quotes, so that nothing in it means anything to YAML.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\x{:02X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

impl Writer<'_> {
    fn list<T>(&mut self, key: &str, entries: &[T], write: impl Fn(&mut Self, &T)) {
        if entries.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "{key}:");
        for entry in entries {
            write(self, entry);
        }
    }

    fn first(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "  - {key}: {value}");
    }

    fn pair(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "    {key}: {value}");
    }

    fn optional(&mut self, key: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.pair(key, &quoted(value));
        }
    }

    fn number(&mut self, key: &str, value: &Decimal, default: &Decimal) {
        if value != default {
            self.pair(key, &value.to_string());
        }
    }

    fn customer_name(&self, id: CustomerId) -> String {
        let customer = self.catalog.customers.iter().find(|customer| customer.id == id);
        customer.map(|customer| quoted(&customer.name)).unwrap_or_default()
    }

    fn made_by_import(&mut self, created_by_import: bool) {
        if created_by_import {
            let _ = writeln!(self.text, "  # created by import");
        }
    }

    fn customer(&mut self, customer: &Customer) {
        self.first("name", &quoted(&customer.name));
        self.optional("email", customer.email.as_ref());
        self.optional("cost_center", customer.cost_center.latest().and_then(Option::as_ref));
    }

    fn account(&mut self, account: &Account) {
        self.first("provider", &quoted(account.provider.as_str()));
        self.pair("id", &quoted(&account.provider_id));
        self.pair("name", &quoted(&account.name));
        if let Some(terms) = account.terms.latest() {
            if let Some(customer) = terms.customer {
                self.pair("customer", &self.customer_name(customer));
            }
            self.pair("charge_factor", &terms.charge_factor.to_string());
        }
        self.optional("product_number", account.product_number.as_ref());
        let own = account.provider.account_key(&account.provider_id);
        let aliases: Vec<String> =
            account.keys.iter().filter(|key| **key != own).map(|key| quoted(key)).collect();
        if !aliases.is_empty() {
            self.pair("aliases", &format!("[{}]", aliases.join(", ")));
        }
    }

    fn component(&mut self, component: &Component) {
        self.made_by_import(component.created_by_import);
        self.first("name", &quoted(&component.name));
        let Some(terms) = component.terms.latest().cloned() else { return };
        let zero = Decimal::zero();
        self.number("unit_price", &terms.unit_price, &zero);
        self.number("cost_percentage", &terms.cost_percentage, &zero);
        self.number("fixed_price", &terms.fixed_price, &zero);
        if terms.split != Split::AsGiven {
            self.pair("split", terms.split.as_str());
        }
        if let Some(owner) = terms.owner {
            self.pair("owner", &self.customer_name(owner));
        }
        if !terms.parts.is_empty() {
            self.pair("parts", "");
        }
        for part in &terms.parts {
            let price = match &part.price {
                PartPrice::CostShare(share) => format!("cost_share_percentage: {share}"),
                PartPrice::PerUnit(price) => format!("price_per_unit: {price}"),
            };
            let _ = writeln!(self.text, "      - {{ name: {}, {price} }}", quoted(&part.name));
        }
    }

    fn service(&mut self, service: &Service) {
        self.made_by_import(service.created_by_import);
        self.first("name", &quoted(&service.name));
        if let Some(terms) = service.terms.latest() {
            if let Some(customer) = terms.customer {
                self.pair("customer", &self.customer_name(customer));
            }
            self.pair("charge", &terms.charge.to_string());
        }
        self.optional("product_number", service.product_number.as_ref());
        self.optional("type", service.service_type.as_ref());
        let in_force: Vec<_> =
            service.uses.iter().filter_map(|known| Some((known, known.terms.latest()?.as_ref()?))).collect();
        if in_force.is_empty() {
            return;
        }
        self.pair("uses", "");
        for (of_service, terms) in in_force {
            let component = self.catalog.components.iter().find(|known| known.id == of_service.component);
            let component = component.map(|known| quoted(&known.name)).unwrap_or_default();
            let part =
                of_service.part.as_ref().map(|part| format!(", part: {}", quoted(part))).unwrap_or_default();
            let once = if terms.once { ", once: true" } else { "" };
            let made = if of_service.created_by_import { " # created by import" } else { "" };
            let name = quoted(&of_service.name);
            let quantity = &terms.quantity;
            let _ = writeln!(
                self.text,
                "      - {{ name: {name}, component: {component}{part}, quantity: {quantity}{once} }}{made}"
            );
        }
    }

    fn position(&mut self, position: &Position) {
        let customer = self.customer_name(position.customer);
        self.first("customer", &customer);
        self.pair("target", &quoted(position.target.as_str()));
        self.pair("reason", &quoted(&position.reason));
        self.pair("amount", &position.amount.to_string());
        self.optional("id", position.external_id.as_ref());
    }
}
