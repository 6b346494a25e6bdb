//! Google Cloud: the export table of BigQuery, nested as JSON lines or flattened as CSV.
//!
//! Columns: <https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage>.

use super::{
    maker::Maker,
    model::{Account, Credit, Row},
    table::{Table, json_list},
};

const COLUMNS: &[&str] = &[
    "billing_account_id",
    "service.id",
    "service.description",
    "sku.id",
    "sku.description",
    "usage_start_time",
    "usage_end_time",
    "project.id",
    "project.number",
    "project.name",
    "project.labels",
    "project.ancestry_numbers",
    "labels",
    "system_labels",
    "tags",
    "location.location",
    "location.country",
    "location.region",
    "location.zone",
    "export_time",
    "cost",
    "currency",
    "currency_conversion_rate",
    "usage.amount",
    "usage.unit",
    "usage.amount_in_pricing_units",
    "usage.pricing_unit",
    "credits",
    "invoice.month",
    "cost_type",
    "transaction_type",
    "seller_name",
    "adjustment_info.id",
    "adjustment_info.description",
    "adjustment_info.mode",
    "adjustment_info.type",
];

/// The columns that hold JSON themselves: numbers and lists.
pub const VERBATIM: &[&str] = &[
    "project.labels",
    "labels",
    "system_labels",
    "tags",
    "cost",
    "currency_conversion_rate",
    "usage.amount",
    "usage.amount_in_pricing_units",
    "credits",
];

/// The rows as a table; nested ones are written as JSON from it.
pub fn table(rows: &[Row], accounts: &[Account]) -> Table {
    Table::of(COLUMNS, rows, |row, column| cell(row, accounts, column))
}

fn cell(row: &Row, accounts: &[Account], column: &str) -> String {
    let account = Some(&accounts[row.account]).filter(|_| row.account != row.payer);
    // Google counts days in another zone, and late use comes with a later invoice: the date tells no period.
    let day = match row.more("usage-month").is_empty() {
        true => row.month.day(row.day),
        false => row.month.before().day(27),
    };
    match column {
        "billing_account_id" => accounts[row.payer].id.clone(),
        "service.id" => format!("95FF-2EF5-{:04X}", row.service.len()),
        "service.description" => row.service.to_owned(),
        "sku.id" => format!("E5F0-6A5D-{:04X}", row.description.len()),
        "sku.description" => row.description.clone(),
        "usage_start_time" => format!("{day}T07:00:00"),
        "usage_end_time" => format!("{day}T08:00:00"),
        "project.id" => account.map(|account| account.id.clone()).unwrap_or_default(),
        "project.number" => account.map(|_| format!("{:012}", row.account + 7)).unwrap_or_default(),
        "project.name" => account.and_then(|account| account.name.clone()).unwrap_or_default(),
        "project.labels" if account.is_none() => String::new(),
        "labels" | "project.labels" | "tags" => json_list(if place(row) == column { &row.tags } else { &[] }),
        "system_labels" => "[]".to_owned(),
        "location.location" | "location.region" => row.region.to_owned(),
        "export_time" => format!("{}T04:38:43", row.month.after().day(1)),
        "cost" => row.cost.clone(),
        "currency" => row.currency.to_owned(),
        "currency_conversion_rate" => "0.8125".to_owned(),
        "usage.amount" => "88704".to_owned(),
        "usage.amount_in_pricing_units" => "217.104".to_owned(),
        "usage.unit" => "byte-seconds".to_owned(),
        "usage.pricing_unit" => "gibibyte month".to_owned(),
        "credits" => credits(row),
        "invoice.month" => format!("{}{:02}", row.month.year, row.month.month),
        "cost_type" => row.word.to_owned(),
        "transaction_type" => {
            if row.issuer.is_empty() { "GOOGLE" } else { "THIRD_PARTY_RESELLER" }.to_owned()
        }
        "seller_name" => row.issuer.to_owned(),
        _ => row.more(column),
    }
}

/// Where a row's tags stand: on the resource, on its project, or as tags of the organisation.
fn place(row: &Row) -> &'static str {
    match row.number % 6 {
        0 if row.account != row.payer => "project.labels",
        1 => "tags",
        _ => "labels",
    }
}

fn credits(row: &Row) -> String {
    let credit = |credit: &Credit| {
        let name = credit.kind.to_ascii_lowercase().replace('_', " ");
        format!(
            "{{\"name\":\"{name}\",\"amount\":{},\"id\":\"c\",\"type\":\"{}\"}}",
            credit.text, credit.kind
        )
    };
    format!("[{}]", row.credits.iter().map(credit).collect::<Vec<_>>().join(","))
}

/// Google's month while it is made.
struct GcpMonth<'m> {
    maker: &'m mut Maker,
    payer: usize,
    projects: Vec<usize>,
}

/// Fills a month. Gives the rows that only its later version has.
pub fn fill(maker: &mut Maker, rows: usize) -> Vec<Row> {
    let payer = maker.account("GCP", "01A2B3-C4D5E6-F70809".to_owned(), None);
    let count = maker.rng.between(4, 9);
    let mut project = |at: usize| {
        let name = (at % 3 != 2).then(|| format!("Project {at}"));
        maker.account("GCP", format!("project-{at}"), name)
    };
    let projects = (0..count).map(&mut project).collect();
    let mut gcp = GcpMonth { maker, payer, projects };
    for _ in 0..rows {
        let row = gcp.usage();
        gcp.maker.rows.push(row);
    }
    gcp.others();
    gcp.later()
}

impl GcpMonth<'_> {
    fn row(&mut self, word: &'static str) -> Row {
        let account = self.maker.rng.pick(&self.projects);
        let currency = if account == self.projects[self.projects.len() - 1] { "USD" } else { "CHF" };
        let mut row = self.maker.row(account, self.payer, currency);
        // Labels are in small letters.
        row.tags.retain(|(key, _)| *key != "CostCenter");
        Row { word, ..row }
    }

    fn plain(&mut self, word: &'static str, cost: String) -> Row {
        Row { cost, tags: Vec::new(), fixed: true, service: "Invoice", ..self.row(word) }
    }

    fn usage(&mut self) -> Row {
        let row = self.row("regular");
        let rng = &mut self.maker.rng;
        let service = rng.pick(&["Compute Engine", "Cloud Storage", "BigQuery", "Networking"]);
        let region = rng.pick(&["europe-west6", "us-central1", ""]);
        let description = format!("{service}: \"N2\" in {region}, per hour");
        let mut credits = Vec::new();
        for kind in [
            "SUSTAINED_USAGE_DISCOUNT",
            "COMMITTED_USAGE_DISCOUNT",
            "PROMOTION",
            "FREE_TIER",
            "RESELLER_MARGIN",
        ] {
            if rng.chance(12) {
                let text = match rng.below(3) {
                    0 => format!("-{}.{}E-7", rng.between(1, 9), rng.digits(5)),
                    1 => format!("-0.{}", rng.digits(12)),
                    _ => format!("-{}.{}", rng.below(4), rng.digits(6)),
                };
                credits.push(Credit { kind, text });
            }
        }
        let row = Row { service, region, description, credits, ..row };
        if self.maker.rng.chance(8) { row.with("usage-month", "before") } else { row }
    }

    fn others(&mut self) {
        let mut rows = Vec::new();
        // Tax and support of the whole billing account have no project.
        for _ in 0..self.maker.rng.between(2, 4) {
            let cost = self.maker.fee(60);
            rows.push(Row {
                account: self.payer,
                currency: "CHF",
                category: "Tax",
                ..self.plain("tax", cost)
            });
        }
        let cost = self.maker.fee(90);
        rows.push(Row {
            account: self.payer,
            currency: "CHF",
            service: "Support",
            ..self.plain("regular", cost)
        });
        for _ in 0..self.maker.rng.between(1, 3) {
            let sign = self.maker.rng.pick(&["", "-"]);
            let cost = format!("{sign}0.00{}", self.maker.rng.digits(4));
            let row = self.plain("rounding_error", cost);
            rows.push(Row { account: self.payer, category: "Adjustment", ..row });
        }
        let cost = format!("-{}", self.maker.fee(30));
        let row = Row { category: "Adjustment", ..self.plain("adjustment", cost) };
        let row = row.with("adjustment_info.id", "adj-1").with("adjustment_info.type", "GENERAL_ADJUSTMENT");
        rows.push(row.with("adjustment_info.description", "Credit memo for an earlier month"));
        for _ in 0..2 {
            let row = self.usage();
            rows.push(Row { issuer: "Northwind Software GmbH", service: "Northwind Analytics", ..row });
        }
        self.maker.rows.extend(rows);
    }

    fn later(&mut self) -> Vec<Row> {
        let mut rows: Vec<Row> = (0..self.maker.rng.between(2, 5)).map(|_| self.usage()).collect();
        let cost = format!("-{}", self.maker.fee(12));
        rows.push(Row { category: "Adjustment", ..self.plain("adjustment", cost) });
        for _ in 0..self.maker.rng.between(1, 4) {
            let month = self.maker.month.before();
            rows.push(Row { month, day: 20, ..self.usage() });
        }
        rows
    }
}
