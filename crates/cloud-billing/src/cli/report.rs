//! Sentences and tables that several commands show.

use billing_core::{
    books::{Finding, HeldSubject},
    catalog::Catalog,
    flow::conserve::RejectedCost,
    ids::{AccountId, ComponentId, CustomerId, PositionId, ServiceId},
    invoice::Invoice,
};
use billing_store::invoices::InvoiceSummary;

use crate::{
    flow::bill::BillReport,
    outputs::{json, listing::Listing},
};

fn account(id: AccountId, catalog: &Catalog) -> String {
    let account = catalog.accounts.iter().find(|account| account.id == id);
    account.map_or_else(String::new, |account| {
        format!("account {} {} ({})", account.provider, account.name, account.provider_id)
    })
}

fn service(id: ServiceId, catalog: &Catalog) -> String {
    let service = catalog.services.iter().find(|service| service.id == id);
    service.map_or_else(String::new, |service| format!("service {}", service.name))
}

fn component(id: ComponentId, catalog: &Catalog) -> String {
    let component = catalog.components.iter().find(|component| component.id == id);
    component.map_or_else(String::new, |component| format!("component {}", component.name))
}

fn position(id: PositionId, catalog: &Catalog) -> String {
    let position = catalog.positions.iter().find(|position| position.id == id);
    position.map_or_else(String::new, |position| format!("position {}", position.reason))
}

fn subject(subject: HeldSubject, catalog: &Catalog) -> String {
    match subject {
        HeldSubject::Account(id) => account(id, catalog),
        HeldSubject::Service(id) => service(id, catalog),
        HeldSubject::Position(id) => position(id, catalog),
        HeldSubject::Component(id) => component(id, catalog),
    }
}

fn customer(id: CustomerId, catalog: &Catalog) -> String {
    let name = json::customer_name(id, catalog);
    let latest = catalog.customers.iter().find(|customer| customer.id == id);
    let cost_center = latest.and_then(|customer| customer.cost_center.latest().cloned().flatten());
    match cost_center {
        Some(cost_center) => format!(
            "customer {name} has cost centre '{cost_center}', which does not match COST_CENTER_PATTERN"
        ),
        None => format!("customer {name} has no cost centre"),
    }
}

/// What could not be invoiced, why, and what to do.
pub fn finding(finding: &Finding, catalog: &Catalog) -> String {
    match finding {
        Finding::AccountWithoutCustomer { account: id, period, cost } => format!(
            "unallocated: {} {} of {} in {period} has no customer: name one under accounts",
            cost.amount,
            cost.currency,
            account(*id, catalog)
        ),
        Finding::ServiceWithoutCustomer { service: id, period, amount } => format!(
            "not invoiced: {} {} of {} in {period} has no customer: name one under services",
            amount.amount,
            amount.currency,
            service(*id, catalog)
        ),
        Finding::NoCostCenter { customer: id, subject: held, period, amount } => format!(
            "held: {} {} of {} in {period}: {}: mend it and bill again",
            amount.amount,
            amount.currency,
            subject(*held, catalog),
            customer(*id, catalog)
        ),
        Finding::NoRate { subject: held, period, cost } => format!(
            "held: {} {} of {} in {period}: the rate from {} is missing: set it with cloud-billing fx set",
            cost.amount,
            cost.currency,
            subject(*held, catalog),
            cost.currency
        ),
        Finding::NoQuantities { component: id, part, period } => format!(
            "held: the prices of {}{} in {period}: the quantities of its uses add up to 0, so there are no shares",
            component(*id, catalog),
            part.as_ref().map(|part| format!(", part {part},")).unwrap_or_default()
        ),
    }
}

/// Rejected rows that a bill run has to live without.
pub fn rejections(report: &BillReport) -> Option<String> {
    if report.rejections.is_empty() {
        return None;
    }
    let mut known = billing_core::Totals::default();
    let readable = |rejected: &&RejectedCost| rejected.cost.is_some();
    for rejected in report.rejections.iter().filter(readable) {
        known.add(&billing_core::Cost::new(
            rejected.cost.clone().unwrap_or_default(),
            rejected.currency.clone(),
        ));
    }
    let unreadable = report.rejections.iter().filter(|rejected| rejected.cost.is_none()).count();
    Some(format!(
        "rejected: {} rows of {} up to {} are not in this invoice: {known} is known of them, {unreadable} have no \
         readable cost: see cloud-billing imports --rejected",
        report.rejections.len(),
        report.target,
        report.period
    ))
}

/// Invoices as a list.
pub fn invoice_listing(invoices: &[InvoiceSummary]) -> Listing {
    let row = |invoice: &InvoiceSummary| {
        vec![
            invoice.number.to_string(),
            invoice.target.to_string(),
            invoice.period.to_string(),
            invoice.state.as_str().to_owned(),
            invoice.currency.to_string(),
            invoice.amount.to_string(),
            invoice.cost.to_string(),
            invoice.lines.to_string(),
            invoice.created.clone(),
        ]
    };
    Listing {
        columns: vec![
            "number", "target", "period", "state", "currency", ">amount", ">cost", ">lines", "created",
        ],
        rows: invoices.iter().map(row).collect(),
        json: invoices.iter().map(json::invoice_head).collect(),
        empty: "No invoices.",
    }
}

/// The lines of an invoice as a list.
pub fn line_listing(invoice: &Invoice, catalog: &Catalog) -> Listing {
    let row = |line: &billing_core::invoice::Line| {
        let mark = if line.alternative { " (alternative)" } else { "" };
        vec![
            line.line.to_string(),
            line.kind.as_str().to_owned(),
            line.name.clone(),
            json::customer_name(line.customer, catalog),
            format!("{}{mark}", line.cost_center),
            line.product_number.clone(),
            line.period.to_string(),
            line.cost.to_string(),
            line.markup.to_string(),
            line.price.to_string(),
            line.rounding_difference().to_string(),
            line.amount.to_string(),
        ]
    };
    Listing {
        columns: vec![
            ">line",
            "kind",
            "name",
            "customer",
            "cost_center",
            "product_number",
            "period",
            ">cost",
            ">markup",
            ">price",
            ">rounding",
            ">amount",
        ],
        rows: invoice.content.lines.iter().map(row).collect(),
        json: json::invoice(invoice, catalog),
        empty: "No lines.",
    }
}

/// An invoice with its lines, for people.
pub fn invoice_text(invoice: &Invoice, catalog: &Catalog, title: &str) -> String {
    let content = &invoice.content;
    format!(
        "{title} to {} for {}: {} {} ({} lines, {})\n{}",
        content.target,
        content.period,
        content.amount(),
        content.currency,
        content.lines.len(),
        invoice.state.as_str(),
        line_listing(invoice, catalog).render(crate::outputs::Format::Table)
    )
}
