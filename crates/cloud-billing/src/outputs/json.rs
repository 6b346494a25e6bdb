//! The stable JSON of each thing (docs/rules.md). Amounts are strings: plain decimals, no exponent, no trailing zeros.

use billing_core::{
    Totals,
    catalog::{Catalog, PartPrice},
    flow::conserve::Reconciliation,
    ids::CustomerId,
    invoice::{Invoice, Line, UseCharge},
};
use billing_detail::DetailRow;
use billing_store::{
    documents::{ProviderInvoiceRecord, RejectionRecord, VersionRecord},
    invoices::InvoiceSummary,
    rates::RateRecord,
};
use serde_json::{Map, Value, json};

use crate::flow::{documents::Difference, look::Explanation, rates::RateChange};

fn text(value: &impl ToString) -> Value {
    Value::String(value.to_string())
}

fn optional(value: Option<impl ToString>) -> Value {
    value.map_or(Value::Null, |value| Value::String(value.to_string()))
}

/// Sums by currency.
pub fn totals(totals: &Totals) -> Value {
    Value::Object(totals.iter().map(|(currency, total)| (currency.to_string(), text(total))).collect())
}

/// A version of a document.
pub fn version(record: &VersionRecord) -> Value {
    json!({
        "document": record.document_name(),
        "job": record.job,
        "importer": record.importer,
        "version": record.version,
        "in_force": record.in_force,
        "rows": record.rows,
        "rejected": record.rejected,
        "periods": record.periods.iter().map(text).collect::<Vec<_>>(),
        "totals": totals(&record.totals),
        "created": record.created,
    })
}

/// What a version has of an invoice of the provider.
pub fn provider_invoice(record: &ProviderInvoiceRecord) -> Value {
    let total = &record.total;
    json!({
        "document": record.document,
        "version": record.version,
        "provider": total.provider.to_string(),
        "period": total.period.to_string(),
        "invoice": total.invoice_id,
        "issuer": total.issuer,
        "currency": total.currency.to_string(),
        "rows": total.rows,
        "total": total.billed_cost.to_string(),
    })
}

/// A rejected row.
pub fn rejection(record: &RejectionRecord) -> Value {
    let rejection = &record.rejection;
    json!({
        "id": record.id.0,
        "document": record.document,
        "version": record.version,
        "in_force": record.in_force,
        "file": rejection.file,
        "line": rejection.line,
        "column": rejection.column,
        "text": rejection.text,
        "reason": rejection.reason,
        "provider": optional(rejection.provider.as_ref()),
        "period": optional(rejection.period),
        "cost": optional(rejection.cost.as_ref().map(|cost| &cost.amount)),
        "currency": optional(rejection.cost.as_ref().map(|cost| &cost.currency)),
        "waived": optional(record.waived_why.as_ref()),
    })
}

/// The head of an invoice, as lists show it.
pub fn invoice_head(summary: &InvoiceSummary) -> Map<String, Value> {
    let pairs = [
        ("number", text(&summary.number)),
        ("target", text(&summary.target)),
        ("period", text(&summary.period)),
        ("state", text(&summary.state.as_str())),
        ("currency", text(&summary.currency)),
        ("amount", text(&summary.amount.to_decimal())),
        ("cost", text(&summary.cost)),
        ("lines", json!(summary.lines)),
        ("created", text(&summary.created)),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// An invoice with its lines.
pub fn invoice(invoice: &Invoice) -> Value {
    let mut head = invoice_head(&InvoiceSummary::from(invoice));
    let lines = invoice.content.lines.iter().map(line).collect();
    head.insert("lines".to_owned(), Value::Array(lines));
    Value::Object(head)
}

/// The name of a customer.
pub fn customer_name(id: CustomerId, catalog: &Catalog) -> String {
    let customer = catalog.customers.iter().find(|customer| customer.id == id);
    customer.map(|customer| customer.name.clone()).unwrap_or_default()
}

/// A line of an invoice.
pub fn line(line: &Line) -> Value {
    json!({
        "line": line.line,
        "kind": line.kind.as_str(),
        "name": line.name,
        "customer": line.customer_name,
        "cost_center": line.cost_center,
        "alternative_cost_center": line.alternative,
        "product_number": line.product_number,
        "period": line.period.to_string(),
        "quantity": line.quantity.to_string(),
        "cost": line.cost.to_string(),
        "markup": line.markup.to_string(),
        "price": line.price.to_string(),
        "rounding": line.rounding_difference().to_string(),
        "amount": line.amount.to_decimal().to_string(),
    })
}

/// Where the cost of one provider, document period and currency went.
pub fn reconciliation(row: &Reconciliation) -> Value {
    json!({
        "provider": row.provider.to_string(),
        "period": row.period.to_string(),
        "currency": row.currency.to_string(),
        "provider_total": row.provider_total.to_string(),
        "invoiced": row.invoiced.to_string(),
        "unallocated": row.unallocated.to_string(),
        "held": row.held.to_string(),
        "open": row.open.to_string(),
        "rejected_rows": row.rejected_rows,
        "rejected_total": row.rejected_total.to_string(),
        "difference": row.difference.to_string(),
    })
}

/// Where a line comes from.
pub fn explanation(explanation: &Explanation) -> Value {
    let Explanation { invoice, line: of_invoice, .. } = explanation;
    let sources = of_invoice.all_sources().enumerate().map(|(at, source)| {
        let key = &source.key;
        let document = explanation.documents.get(&key.document).cloned().unwrap_or_default();
        let mut value = json!({
            "document": document,
            "version": source.version,
            "provider": key.provider.to_string(),
            "account": key.account_key.to_string(),
            "service": key.service_name.to_string(),
            "cost_center": optional(key.cost_center_tag.as_ref()),
            "component": optional(key.component_tag.as_ref()),
            "rows": source.rows,
            "cost": source.cost.to_string(),
            "original_cost": source.original_cost.to_string(),
            "currency": key.currency.to_string(),
            "rate": optional(source.rate.as_ref()),
        });
        if let (Some(rows), Value::Object(value)) = (&explanation.rows, &mut value) {
            let rows = rows.get(at).map(|rows| rows.iter().map(detail_row).collect()).unwrap_or_default();
            value.insert("line_items".to_owned(), Value::Array(rows));
        }
        value
    });
    let sources: Vec<Value> = sources.collect();
    json!({
        "invoice": invoice.number.to_string(),
        "target": invoice.content.target.to_string(),
        "state": invoice.state.as_str(),
        "currency": invoice.content.currency.to_string(),
        "line": line(of_invoice),
        "corrects": optional(of_invoice.corrects.map(|first| format!("{}/{}", first.invoice, first.line))),
        "sources": sources,
        "price": price(of_invoice),
    })
}

fn detail_row(row: &DetailRow) -> Value {
    let filled = row.0.iter().filter(|(_, text)| !text.is_empty());
    Value::Object(filled.map(|(column, text)| (column.clone(), Value::String(text.clone()))).collect())
}

/// What a line's cost became a price by.
fn price(line: &Line) -> Value {
    let uses: Vec<Value> = line.uses.iter().map(use_charge).collect();
    json!({
        "charge_factor": optional(line.charge_factor.as_ref()),
        "rounding": line.rounding.as_str(),
        "exact": line.exact().to_string(),
        "exported": line.exported.to_decimal().to_string(),
        "uses": uses,
    })
}

fn use_charge(charge: &UseCharge) -> Value {
    let (share, per_unit) = match &charge.prices.part {
        Some(PartPrice::CostShare(share)) => (Some(share), None),
        Some(PartPrice::PerUnit(price)) => (None, Some(price)),
        None => (None, None),
    };
    json!({
        "name": charge.key.name,
        "component": charge.component_name,
        "part": optional(charge.key.part.as_ref()),
        "quantity": charge.quantity.to_string(),
        "share": charge.share.to_string(),
        "split": charge.prices.split.as_str(),
        "unit_price": charge.prices.unit_price.to_string(),
        "cost_percentage": charge.prices.cost_percentage.to_string(),
        "fixed_price": charge.prices.fixed_price.to_string(),
        "cost_share_percentage": optional(share),
        "price_per_unit": optional(per_unit),
        "cost": charge.cost.to_string(),
        "markup": charge.markup.to_string(),
        "price": charge.price.to_string(),
    })
}

/// What changed between two versions.
pub fn difference(row: &Difference) -> Value {
    json!({
        "provider": row.provider,
        "account": row.account,
        "service": row.service,
        "charge_category": row.charge_category,
        "currency": row.currency.to_string(),
        "before": row.before.to_string(),
        "after": row.after.to_string(),
        "difference": (&row.after - &row.before).to_string(),
    })
}

/// A rate that an import pinned, and the one that was pinned before.
pub fn rate_change(change: &RateChange) -> Value {
    let mut value = rate(&change.record);
    if let Value::Object(value) = &mut value {
        value.insert("before".to_owned(), optional(change.before.as_ref()));
    }
    value
}

/// A pinned rate.
pub fn rate(record: &RateRecord) -> Value {
    json!({
        "from": record.from.to_string(),
        "to": record.to.to_string(),
        "period": record.period.to_string(),
        "rate": record.rate.to_string(),
        "source": record.origin,
    })
}
