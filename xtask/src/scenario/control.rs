//! Control totals: what the rows of a month add up to, exactly.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Form, Scenario, exact::Exact, model::Row};

#[derive(Default)]
struct Sum {
    rows: u64,
    total: Exact,
}

impl Sum {
    fn add(&mut self, cost: &Exact) {
        self.rows += 1;
        self.total = self.total.plus(cost);
    }
}

/// The sums of a version.
pub fn control(scenario: &Scenario, version: usize, form: Form) -> Result<Value, String> {
    let rows = &scenario.versions[version];
    let mut totals: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut periods: BTreeMap<(&str, String, &str), Sum> = BTreeMap::new();
    let mut invoices: BTreeMap<[String; 5], Sum> = BTreeMap::new();
    for row in rows {
        let cost = row.billed()?;
        let provider = scenario.accounts[row.account].provider;
        totals.entry(row.currency).or_default().add(&cost);
        periods.entry((provider, row.month.to_string(), row.currency)).or_default().add(&cost);
        invoices.entry(invoice(provider, row, form)).or_default().add(&cost);
    }
    let total = |(currency, sum): (&str, Sum)| (currency.to_owned(), Value::from(sum.total.to_string()));
    let period = |((provider, period, currency), sum): ((&str, String, &str), Sum)| {
        json!({ "provider": provider, "period": period, "currency": currency, "rows": sum.rows,
            "total": sum.total.to_string() })
    };
    let invoice = |([provider, period, invoice_id, issuer, currency], sum): ([String; 5], Sum)| {
        json!({ "provider": provider, "period": period, "invoice_id": invoice_id, "issuer": issuer,
            "currency": currency, "rows": sum.rows, "total": sum.total.to_string() })
    };
    Ok(json!({
        "rows": rows.len(),
        "totals": totals.into_iter().map(total).collect::<Map<_, _>>(),
        "periods": periods.into_iter().map(period).collect::<Vec<_>>(),
        "invoices": invoices.into_iter().map(invoice).collect::<Vec<_>>(),
    }))
}

/// What tells the provider's own invoices apart, as far as the form names it.
fn invoice(provider: &str, row: &Row, form: Form) -> [String; 5] {
    let invoice = if form.has_invoice_ids() { row.invoice.as_str() } else { "" };
    let issuer = if form.has_issuers() { row.issuer } else { "" };
    [provider, &row.month.to_string(), invoice, issuer, row.currency].map(str::to_owned)
}
