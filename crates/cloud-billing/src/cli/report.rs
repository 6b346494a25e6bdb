//! Sentences and tables that several commands show.

use billing_core::{
    books::{Finding, HeldSubject},
    catalog::{Catalog, CatalogIndex},
    flow::conserve::RejectedCost,
    ids::{AccountId, ComponentId, CustomerId, PositionId, ServiceId},
    invoice::Invoice,
};
use billing_store::invoices::InvoiceSummary;

use crate::{
    flow::bill::BillReport,
    outputs::{json, listing::Listing},
};

fn account(id: AccountId, index: &CatalogIndex<'_>) -> String {
    index.account(id).map_or_else(String::new, |account| {
        format!("account {} {} ({})", account.provider, account.name, account.provider_id)
    })
}

fn service(id: ServiceId, index: &CatalogIndex<'_>) -> String {
    index.service(id).map_or_else(String::new, |service| format!("service {}", service.name))
}

fn component(id: ComponentId, index: &CatalogIndex<'_>) -> String {
    index.component(id).map_or_else(String::new, |component| format!("component {}", component.name))
}

fn position(id: PositionId, catalog: &Catalog) -> String {
    let position = catalog.positions.iter().find(|position| position.id == id);
    position.map_or_else(String::new, |position| format!("position {}", position.reason))
}

fn subject(subject: HeldSubject, index: &CatalogIndex<'_>, catalog: &Catalog) -> String {
    match subject {
        HeldSubject::Account(id) => account(id, index),
        HeldSubject::Service(id) => service(id, index),
        HeldSubject::Position(id) => position(id, catalog),
        HeldSubject::Component(id) => component(id, index),
    }
}

fn customer(id: CustomerId, index: &CatalogIndex<'_>) -> String {
    let customer = index.customer(id);
    let name = customer.map(|customer| customer.name.as_str()).unwrap_or_default();
    match customer.and_then(|customer| customer.cost_center.latest().cloned().flatten()) {
        Some(cost_center) => format!(
            "customer {name} has cost centre '{cost_center}', which does not match COST_CENTER_PATTERN"
        ),
        None => format!("customer {name} has no cost centre"),
    }
}

/// What a run could not invoice, why, and what to do: a sentence for each.
pub fn findings(bill: &BillReport) -> Vec<String> {
    let index = CatalogIndex::new(&bill.catalog);
    bill.findings.iter().map(|found| finding(found, bill, &index)).collect()
}

fn finding(finding: &Finding, bill: &BillReport, index: &CatalogIndex<'_>) -> String {
    let subject = |held: HeldSubject| subject(held, index, &bill.catalog);
    match finding {
        Finding::AccountWithoutCustomer { account: id, period, cost } => format!(
            "unallocated: {} {} of {} in {period} has no customer: name one under accounts",
            cost.amount,
            cost.currency,
            account(*id, index)
        ),
        Finding::ServiceWithoutCustomer { service: id, period, amount } => format!(
            "not invoiced: {} {} of {} in {period} has no customer: name one under services",
            amount.amount,
            amount.currency,
            service(*id, index)
        ),
        Finding::NoCostCenter { customer: id, subject: held, period, amount } => format!(
            "held: {} {} of {} in {period}: {}: mend it and bill again",
            amount.amount,
            amount.currency,
            subject(*held),
            customer(*id, index)
        ),
        Finding::NoRate { subject: held, period, cost } => {
            let (amount, currency, what) = (&cost.amount, &cost.currency, subject(*held));
            let to = &bill.currency;
            format!(
                "held: {amount} {currency} of {what} in {period}: the rate from {currency} to {to} is missing: take it \
                 from the ECB's file with cloud-billing fx import -f FILE, or set it with cloud-billing fx set \
                 {currency} {to} {period} RATE"
            )
        }
        Finding::NoPart { component: id, part, service: of, period } => format!(
            "held: the price of {} in {period}: {} has no part '{part}' then: name it under parts, with --from {period}",
            service(*of, index),
            component(*id, index)
        ),
        Finding::NoQuantities { component: id, part, period } => format!(
            "held: the prices of {}{} in {period}: the quantities of its uses add up to 0, so there are no shares: give one a quantity above 0, or set split: as-given",
            component(*id, index),
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
    let is_one = report.rejections.len() == 1;
    let known = match (known.iter().next().is_some(), unreadable) {
        (true, 0) if is_one => format!("it costs {known}"),
        (true, 0) => format!("they cost {known}"),
        (true, _) => format!("{known} is known of them, the cost of {unreadable} could not be read"),
        (false, _) if is_one => "its cost could not be read".to_owned(),
        (false, _) => "their cost could not be read".to_owned(),
    };
    let missing = if report.invoice.is_some() { "missing on this invoice" } else { "not invoiced" };
    Some(format!(
        "rejected: {} of {} up to {}, {missing}; {known}: see cloud-billing imports --rejected",
        count(report.rejections.len(), "row", "rows"),
        report.target,
        report.period
    ))
}

/// The files that a command wrote.
pub fn tell_files(files: &[std::path::PathBuf]) {
    if !files.is_empty() {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        super::tell(&format!("wrote {}", names.join(" and ")));
    }
}

/// So many things, with their name in the singular or plural.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// An exact number as a table shows it: at most six digits after the point, and `…` where there are more. The exact
/// one stands in the other forms, and in `explain`.
fn short(number: &billing_core::Decimal) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.len() > 6 => format!("{whole}.{}…", &fraction[..6]),
        _ => text,
    }
}

/// An amount with two decimals, so that a column of them lines up.
pub fn two_decimals(amount: billing_core::Money) -> String {
    let text = amount.to_string();
    if text.contains('.') { text } else { format!("{text}.00") }
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
            two_decimals(invoice.amount),
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

/// The lines of an invoice as a list, also as JSON.
pub fn line_listing(invoice: &Invoice) -> Listing {
    Listing { json: json::invoice(invoice), ..line_rows(invoice) }
}

/// The lines of an invoice as a list without its JSON.
pub fn line_rows(invoice: &Invoice) -> Listing {
    let of_invoice = [("number", invoice.number.to_string()), ("target", invoice.content.target.to_string())];
    lines(invoice, &of_invoice, &|number| number.to_string(), &|amount| amount.to_string())
}

/// The lines of an invoice, each behind the same cells.
fn lines(
    invoice: &Invoice,
    before: &[(&'static str, String)],
    number: &dyn Fn(&billing_core::Decimal) -> String,
    amount: &dyn Fn(billing_core::Money) -> String,
) -> Listing {
    let row = |line: &billing_core::invoice::Line| {
        let mark = if line.alternative { " (alternative)" } else { "" };
        let cells = [
            line.line.to_string(),
            line.kind.as_str().to_owned(),
            line.name.clone(),
            line.customer_name.clone(),
            format!("{}{mark}", line.cost_center),
            line.product_number.clone(),
            line.period.to_string(),
            number(&line.cost),
            number(&line.markup),
            number(&line.price),
            number(&line.rounding_difference()),
            amount(line.amount),
        ];
        before.iter().map(|(_, cell)| cell.clone()).chain(cells).collect()
    };
    let columns = [
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
    ];
    Listing {
        columns: before.iter().map(|(title, _)| *title).chain(columns).collect(),
        rows: invoice.content.lines.iter().map(row).collect(),
        json: serde_json::Value::Null,
        empty: "No lines.",
    }
}

/// An invoice with its lines, for people.
pub fn invoice_text(invoice: &Invoice, title: &str) -> String {
    let content = &invoice.content;
    format!(
        "{title} to {} for {}: {} {} ({}, {})\n{}",
        content.target,
        content.period,
        two_decimals(content.amount()),
        content.currency,
        count(content.lines.len(), "line", "lines"),
        invoice.state.as_str(),
        lines(invoice, &[], &short, &two_decimals).render(crate::outputs::Format::Table)
    )
}
