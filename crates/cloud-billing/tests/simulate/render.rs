//! Steps as the files that the program reads: FOCUS tables and catalog files.

use std::fmt::Write;

use crate::history::{
    AccountEntry, Broken, CURRENCY, CatalogFile, ComponentEntry, PartPrice, PositionEntry, Row, ServiceEntry,
};

/// The headings of [`month_csv`].
const HEADINGS: &str = "BilledCost,BillingCurrency,ProviderName,BillingAccountId,SubAccountId,SubAccountName,\
                        BillingPeriodStart,ChargePeriodStart,ChargeCategory,ServiceName,SkuId,Tags";

/// A FOCUS table.
pub fn month_csv(rows: &[Row]) -> String {
    let mut text = format!("{HEADINGS}\n");
    for row in rows {
        let mut tags = Vec::new();
        if let Some(cost_center) = &row.cost_center {
            tags.push(format!(r#""CostCenter": "{cost_center}""#));
        }
        if let Some(component) = &row.component {
            tags.push(format!(r#""billing-service-component": "{component}""#));
        }
        if let Some(service) = &row.service_tag {
            tags.push(format!(r#""billing-service": "{service}""#));
        }
        let tags = if tags.is_empty() { String::new() } else { format!("{{{}}}", tags.join(", ")) };
        let (billing_account, sub_account) =
            if row.on_billing_account { (&*row.account_written, "") } else { ("", &*row.account_written) };
        // The usage may lie in another month than the bill; only the bill's month counts.
        let used = row.period.previous();
        let period =
            if row.broken == Some(Broken::Period) { "2025-13".to_owned() } else { row.period.to_string() };
        let _ = writeln!(
            text,
            "{},{},{},{billing_account},{sub_account},{},{period}-01 00:00:00,{used}-28 00:00:00,{},{},{},\"{}\"",
            if row.broken == Some(Broken::Cost) { "n/a" } else { &row.cost },
            row.currency,
            row.provider_written,
            row.name,
            row.category,
            row.service,
            row.sku,
            tags.replace('"', "\"\"")
        );
    }
    text
}

/// A catalog file.
pub fn catalog_yaml(file: &CatalogFile) -> String {
    let mut text = format!("currency: {CURRENCY}\n");
    section(&mut text, "customers", &file.customers, |text, customer| {
        field(text, "name", &customer.name);
        optional(text, "cost_center", customer.cost_center.as_ref());
    });
    section(&mut text, "accounts", &file.accounts, account);
    section(&mut text, "components", &file.components, component);
    section(&mut text, "services", &file.services, service);
    section(&mut text, "positions", &file.positions, position);
    text
}

fn section<T>(text: &mut String, name: &str, entries: &[T], write: impl Fn(&mut String, &T)) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "{name}:");
    for entry in entries {
        let mut fields = String::new();
        write(&mut fields, entry);
        let _ = writeln!(text, "  - {{ {} }}", fields.trim_start_matches(", "));
    }
}

fn field(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, ", {name}: \"{value}\"");
}

fn optional(text: &mut String, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        field(text, name, value);
    }
}

fn account(text: &mut String, account: &AccountEntry) {
    field(text, "provider", &account.provider);
    field(text, "id", &account.id);
    optional(text, "customer", account.customer.as_ref());
    if let Some(factor) = &account.factor {
        let _ = write!(text, ", charge_factor: {factor}");
    }
    optional(text, "product_number", account.product_number.as_ref());
    if !account.aliases.is_empty() {
        let _ = write!(text, ", aliases: [{}]", account.aliases.join(", "));
    }
}

fn component(text: &mut String, component: &ComponentEntry) {
    let terms = &component.terms;
    field(text, "name", &component.name);
    let _ = write!(
        text,
        ", unit_price: {}, cost_percentage: \"{}\", fixed_price: {}, split: {}",
        terms.unit_price,
        terms.cost_percentage,
        terms.fixed_price,
        if terms.proportional { "proportional" } else { "as-given" }
    );
    optional(text, "owner", terms.owner.as_ref());
    let parts: Vec<String> = terms
        .parts
        .iter()
        .map(|(name, price)| match price {
            PartPrice::Share(share) => format!("{{ name: {name}, cost_share_percentage: {share} }}"),
            PartPrice::PerUnit(price) => format!("{{ name: {name}, price_per_unit: {price} }}"),
        })
        .collect();
    if !parts.is_empty() {
        let _ = write!(text, ", parts: [{}]", parts.join(", "));
    }
}

fn service(text: &mut String, service: &ServiceEntry) {
    field(text, "name", &service.name);
    optional(text, "customer", service.customer.as_ref());
    optional(text, "product_number", service.product_number.as_ref());
    let uses: Vec<String> = service
        .uses
        .iter()
        .map(|entry| {
            let part = entry.part.as_ref().map(|part| format!(", part: {part}")).unwrap_or_default();
            let once = if entry.once { ", once: true" } else { "" };
            format!(
                "{{ name: {}, component: {}{part}, quantity: {}{once} }}",
                entry.name, entry.component, entry.quantity
            )
        })
        .collect();
    let _ = write!(text, ", charge: {}, uses: [{}]", service.charge, uses.join(", "));
}

fn position(text: &mut String, position: &PositionEntry) {
    optional(text, "id", position.id.as_ref());
    field(text, "customer", &position.customer);
    field(text, "target", &position.target);
    field(text, "reason", &position.reason);
    let _ = write!(text, ", amount: {}", position.amount);
}
