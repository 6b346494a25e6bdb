//! Cost as a table that a person can read, written as a FOCUS file.
//!
//! Each row is `PROVIDER ACCOUNT PERIOD COST`, then `key=value` for what is not usual: `currency` (CHF), `name` (the
//! account's id), `category` (Usage), `service` (Compute), `cost_center`, `component`, `service_tag` (tags), `tags`
//! (the whole column as it stands).

use std::fmt::Write as _;

const HEADINGS: &str = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargeCategory,ProviderName,\
                        ServiceName,SubAccountId,SubAccountName,Tags\n";

/// The FOCUS file of a table.
pub fn focus(table: &str) -> String {
    let mut text = HEADINGS.to_owned();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(&row(line));
    }
    text
}

fn row(line: &str) -> String {
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("PROVIDER ACCOUNT PERIOD COST: {line}"));
    let (provider, account, period, cost) = (next(), next(), next(), next());
    let (mut currency, mut name, mut category, mut service) = ("CHF", account, "Usage", "Compute");
    let (mut pairs, mut tags) = (Vec::new(), None);
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("key=value: {word}"));
        match key {
            "currency" => currency = value,
            "name" => name = value,
            "category" => category = value,
            "service" => service = value,
            "cost_center" => pairs.push(("CostCenter", value)),
            "component" => pairs.push(("billing-service-component", value)),
            "service_tag" => pairs.push(("billing-service", value)),
            "tags" => tags = Some(value.to_owned()),
            other => panic!("'{other}' is no key of a row"),
        }
    }
    let pairs = pairs.iter().map(|(key, value)| format!("\"{key}\": \"{value}\"")).collect::<Vec<_>>();
    let usual = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(", ")) };
    let mut text = String::new();
    let date = format!("{period}-05T00:00:00Z");
    let start = format!("{period}-01T00:00:00Z");
    let fields = [cost, currency, &start, &date, category, provider, service, account, name];
    for field in fields {
        let _ = write!(text, "{},", quoted(field));
    }
    let _ = writeln!(text, "{}", quoted(&tags.unwrap_or(usual)));
    text
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}
