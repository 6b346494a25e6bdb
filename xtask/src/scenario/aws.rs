//! AWS: the legacy cost and usage report with slashes or underscores, its successor with a map of tags, and a delivery
//! with manifests.
//!
//! Columns: <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html>.

use super::{
    exact::Exact,
    maker::Maker,
    model::{Account, Month, Row},
    table::{Table, json_object},
};

const SARL: &str = "Amazon Web Services EMEA SARL";
const INC: &str = "Amazon Web Services, Inc.";
const INDIA: &str = "AWS India Private Limited";
const SELLER: &str = "Northwind Software GmbH";

/// The columns of every file.
const COLUMNS: &[&str] = &[
    "identity/LineItemId",
    "identity/TimeInterval",
    "bill/InvoiceId",
    "bill/BillingEntity",
    "bill/BillType",
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "bill/BillingPeriodEndDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedRate",
    "lineItem/UnblendedCost",
    "lineItem/BlendedCost",
    "lineItem/LineItemDescription",
    "lineItem/TaxType",
    "lineItem/LegalEntity",
    "product/ProductName",
    "product/productFamily",
    "product/region",
    "pricing/term",
    "pricing/unit",
    "pricing/LeaseContractLength",
    "reservation/EffectiveCost",
    "reservation/ReservationARN",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "resourceTags/user:CostCenter",
    "resourceTags/user:env",
];

/// The columns that appear when the first savings plan and the other tags do, in the middle of the month.
const LATE_COLUMNS: &[&str] = &[
    "resourceTags/user:billing-service",
    "resourceTags/user:billing-service-component",
    "resourceTags/user:costcenter",
    "savingsPlan/SavingsPlanARN",
    "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate",
    "savingsPlan/UsedCommitment",
    "splitLineItem/ParentResourceId",
    "splitLineItem/SplitCost",
];

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// `lineItem/UnblendedCost`.
    Slash,
    /// `line_item_unblended_cost`.
    Underscore,
    /// The same, with all tags in one map.
    Map,
}

/// The rows as one table; without the columns that appear later where `early` says so.
pub fn table(rows: &[Row], accounts: &[Account], names: Names, early: bool) -> Table {
    let late = if early { &[] } else { LATE_COLUMNS };
    let is_tag = |column: &str| column.starts_with("resourceTags/");
    let columns: Vec<&str> =
        COLUMNS.iter().chain(late).copied().filter(|column| names != Names::Map || !is_tag(column)).collect();
    let heading = |column: &&str| match names {
        Names::Slash => (*column).to_owned(),
        Names::Underscore | Names::Map => underscored(column),
    };
    let mut headings: Vec<String> = columns.iter().map(heading).collect();
    if names == Names::Map {
        headings.push("resource_tags".to_owned());
    }
    let cells = |row: &Row| {
        let mut cells: Vec<String> = columns.iter().map(|column| cell(row, accounts, column)).collect();
        if names == Names::Map {
            cells.push(map(row));
        }
        cells
    };
    Table { headings, rows: rows.iter().map(cells).collect() }
}

fn cell(row: &Row, accounts: &[Account], column: &str) -> String {
    let hour = |day: u8, hour: u8| format!("{}T{hour:02}:00:00Z", row.month.day(day));
    let hours = (hour(row.day, 3), hour(row.day, 4));
    match column {
        "identity/LineItemId" => format!("li{:050}", row.number),
        "identity/TimeInterval" => format!("{}/{}", hours.0, hours.1),
        "bill/InvoiceId" => row.invoice.clone(),
        "bill/PayerAccountId" => accounts[row.payer].id.clone(),
        "bill/BillingPeriodStartDate" => hour(1, 0),
        "bill/BillingPeriodEndDate" => format!("{}T00:00:00Z", row.month.after().day(1)),
        "lineItem/UsageAccountId" if row.account == row.payer => String::new(),
        "lineItem/UsageAccountId" => written_id(row, &accounts[row.account]),
        "lineItem/LineItemType" => row.word.to_owned(),
        "lineItem/UsageStartDate" => hours.0,
        "lineItem/UsageEndDate" => hours.1,
        "lineItem/ProductCode" => row.service.to_owned(),
        "lineItem/ResourceId" => row.resource.clone(),
        "lineItem/CurrencyCode" => row.currency.to_owned(),
        "lineItem/UnblendedCost" => row.cost.clone(),
        "lineItem/LineItemDescription" => row.description.clone(),
        "lineItem/LegalEntity" if row.issuer == "AWS Marketplace" => String::new(),
        "lineItem/LegalEntity" => row.issuer.to_owned(),
        "product/productFamily" => row.family.to_owned(),
        "product/region" => row.region.to_owned(),
        other => match other.strip_prefix("resourceTags/user:") {
            Some(key) => row.tag(&[key]).unwrap_or_default().to_owned(),
            None => row.more(other),
        },
    }
}

/// An id as a spreadsheet leaves it, now and then: without zeros in front.
fn written_id(row: &Row, account: &Account) -> String {
    match account.catalog_name {
        Some(_) if row.number.is_multiple_of(5) => account.id.trim_start_matches('0').to_owned(),
        _ => account.id.clone(),
    }
}

/// A column's name as AWS writes it for Athena: `lineItem/UsageAccountId` is `line_item_usage_account_id`.
fn underscored(column: &str) -> String {
    let mut name = String::new();
    for letter in column.chars() {
        if letter.is_ascii_uppercase() || !letter.is_ascii_alphanumeric() {
            name.push('_');
        }
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        }
    }
    name.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn map(row: &Row) -> String {
    let key = |key: &str| underscored(&format!("user:{key}"));
    let keys: Vec<String> = row.tags.iter().map(|(name, _)| key(name)).collect();
    let tags: Vec<(&str, String)> =
        keys.iter().map(String::as_str).zip(row.tags.iter().map(|(_, value)| value.clone())).collect();
    json_object(&tags)
}

/// A delivery as AWS leaves it in a bucket: two files with different columns in the newest assembly, the manifest that
/// names them beside them and above them, and an older assembly with its own manifest that no longer counts.
pub fn delivery(rows: &[Row], accounts: &[Account], month: Month, run: usize) -> Vec<(String, String)> {
    let span = |month: Month| format!("{}{:02}01", month.year, month.month);
    let folder = format!("cur/report/{}-{}", span(month), span(month.after()));
    let (early, late): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| row.early);
    let mut files = Vec::new();
    let mut manifests = Vec::new();
    for (assembly, rows_of) in [("old", [&early[..early.len() / 2], &[]]), ("new", [&early[..], &late[..]])] {
        let assembly = format!("{run:04}-{assembly}");
        let mut keys = Vec::new();
        for (at, rows) in rows_of.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let key = format!("{folder}/{assembly}/report-{:05}.csv", at + 1);
            files.push((key.clone(), table(rows, accounts, Names::Slash, at == 0).csv()));
            keys.push(key);
        }
        let manifest = serde_json::json!({
            "assemblyId": assembly, "account": accounts[0].id, "reportName": "report", "reportId": "made-up",
            "bucket": "bills", "charset": "UTF-8", "compression": "", "contentType": "text/csv",
            "billingPeriod": {
                "start": format!("{}T000000.000Z", span(month)),
                "end": format!("{}T000000.000Z", span(month.after())),
            },
            "columns": [], "reportKeys": keys, "additionalArtifactKeys": [],
        });
        files.push((format!("{folder}/{assembly}/report-Manifest.json"), manifest.to_string()));
        manifests.push(manifest);
    }
    files
        .extend(manifests.pop().map(|newest| (format!("{folder}/report-Manifest.json"), newest.to_string())));
    files
}

/// AWS's month while it is made.
struct AwsMonth<'m> {
    maker: &'m mut Maker,
    payer: usize,
    members: Vec<usize>,
    /// The number of the month's invoice; empty while the month is not final.
    invoice: String,
}

/// Fills a month. Gives the rows that only its later version has.
pub fn fill(maker: &mut Maker, rows: usize) -> Vec<Row> {
    let payer = maker.account("AWS", "012345678901".to_owned(), None);
    let count = maker.rng.between(4, 9);
    let id = |at: usize| {
        format!("{:012}", [51_738_928_782_u64, 610_838_000_111, 77_000_000_003][at % 3] + at as u64)
    };
    let members = (0..count).map(|at| maker.account("AWS", id(at), None)).collect();
    let invoice = if maker.rng.chance(50) { "1700000001".to_owned() } else { String::new() };
    let mut aws = AwsMonth { maker, payer, members, invoice };
    for _ in 0..rows {
        aws.usage();
    }
    aws.commitments();
    aws.discounts();
    aws.fees();
    aws.marketplace();
    aws.later()
}

impl AwsMonth<'_> {
    fn member(&mut self) -> usize {
        self.maker.rng.pick(&self.members)
    }

    /// A row of a member's account, of AWS's own invoice.
    fn row(&mut self, word: &'static str) -> Row {
        let account = self.member();
        let currency = if account == self.members[self.members.len() - 1] { "INR" } else { "USD" };
        let row = self.maker.row(account, self.payer, currency);
        self.issued(Row { word, ..row })
    }

    fn plain(&mut self, word: &'static str, category: &'static str, cost: String) -> Row {
        let account = self.member();
        let row = self.maker.plain(account, self.payer, "USD", cost);
        self.issued(Row { word, category, service: "AmazonEC2", family: "Compute Instance", ..row })
    }

    fn issued(&mut self, row: Row) -> Row {
        let india = row.currency == "INR";
        let invoice = if india && !self.invoice.is_empty() { "1700000002" } else { &self.invoice };
        let issuer = if india { INDIA } else { SARL };
        let early = row.day <= 12;
        let invoice = invoice.to_owned();
        let row = Row { invoice, issuer, early, ..row };
        row.with("bill/BillingEntity", if india { "AISPL" } else { "AWS" })
            .with("bill/BillType", "Anniversary")
    }

    fn push(&mut self, row: Row) {
        self.maker.rows.push(settled(row));
    }

    fn usage(&mut self) {
        let row = self.row("Usage");
        let rng = &mut self.maker.rng;
        let (service, family, unit) = rng.pick(&[
            ("AmazonEC2", "Compute Instance", "Hrs"),
            ("AmazonS3", "Storage", "GB-Mo"),
            ("AmazonRDS", "Database Instance", "Hrs"),
            ("AWSDataTransfer", "Data Transfer", "GB"),
        ]);
        let region = rng.pick(&["eu-central-1", "eu-west-1", "ap-south-1", ""]);
        let resource = if rng.chance(70) { format!("i-{:08x}", rng.below(60)) } else { String::new() };
        let description = format!("$0.1, per {unit} of {service} \"on demand\"");
        let amount = format!("{}.{}", rng.below(24), rng.digits(6));
        let row = Row { service, family, region, resource, description, ..row };
        let row = row
            .with("lineItem/UsageAmount", amount)
            .with("pricing/unit", unit)
            .with("pricing/term", "OnDemand");
        let shared = self.maker.rng.chance(4) && !row.early;
        if shared {
            // Split cost allocation: a share of the row's cost, which must not be counted again.
            let share =
                Row { number: self.maker.next_number(), cost: "0".to_owned(), fixed: true, ..row.clone() };
            let share = share.with("splitLineItem/ParentResourceId", row.resource.clone());
            self.push(share.with("splitLineItem/SplitCost", row.cost.clone()));
        }
        self.push(row);
    }

    /// Reservations and savings plans: fees, use that they cover, and what takes the covered use back.
    fn commitments(&mut self) {
        let arn = "arn:aws:ec2:eu-central-1:012345678901:reserved-instances/made-up";
        let count = self.maker.rng.between(2, 6);
        for _ in 0..count {
            let effective = self.maker.fee(9);
            let row = self.plain("DiscountedUsage", "Usage", "0".to_owned());
            let row =
                row.with("reservation/ReservationARN", arn).with("reservation/EffectiveCost", effective);
            self.push(row.with("pricing/LeaseContractLength", "1yr"));
        }
        let (cost, unused) = (self.maker.fee(90), self.maker.fee(2));
        let fee = self.plain("RIFee", "Purchase", cost).with("reservation/ReservationARN", arn);
        self.push(
            fee.with("reservation/UnusedRecurringFee", unused)
                .with("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "0.25"),
        );
        let cost = self.maker.fee(900);
        let purchase = self.plain("Fee", "Purchase", cost).with("reservation/ReservationARN", arn);
        let purchase = Row { invoice: "1700000003".to_owned(), issuer: INC, ..purchase };
        self.push(purchase.with("bill/BillType", "Purchase"));
        let plan = "arn:aws:savingsplans::012345678901:savingsplan/made-up";
        let count = self.maker.rng.between(2, 6);
        for _ in 0..count {
            self.covered(plan);
        }
        let cost = self.maker.fee(50);
        let fee = self
            .plain("SavingsPlanRecurringFee", "Purchase", cost.clone())
            .with("savingsPlan/SavingsPlanARN", plan);
        self.push(
            fee.with("savingsPlan/TotalCommitmentToDate", cost).with("savingsPlan/UsedCommitment", "0.75"),
        );
        let cost = self.maker.fee(300);
        let fee = self.plain("SavingsPlanUpfrontFee", "Purchase", cost);
        self.push(fee.with("savingsPlan/SavingsPlanARN", plan));
    }

    /// Use that a savings plan covers, and its negation on the same account with the same tags.
    fn covered(&mut self, plan: &str) {
        let row = Row {
            fixed: true,
            early: false,
            day: 20,
            service: "AmazonEC2",
            ..self.row("SavingsPlanCoveredUsage")
        };
        let row = row.with("savingsPlan/SavingsPlanARN", plan);
        let cost = Exact::parse(&row.cost).unwrap_or_default().negated().to_string();
        let negation =
            Row { number: self.maker.next_number(), word: "SavingsPlanNegation", cost, ..row.clone() };
        self.push(row.with("savingsPlan/SavingsPlanEffectiveCost", "0.0625"));
        self.push(negation);
    }

    /// Discounts, credits and refunds: below zero, and some blank where other rows have something.
    fn discounts(&mut self) {
        for (word, category, description) in [
            ("EdpDiscount", "Credit", "Enterprise discount program"),
            ("BundledDiscount", "Credit", "Discount for data transfer, bundled"),
            ("PrivateRateDiscount", "Credit", "Private rate"),
            ("Credit", "Credit", "AWS credits, promotional"),
        ] {
            for _ in 0..self.maker.rng.between(1, 3) {
                let cost = format!("-{}.{}E-1", self.maker.rng.between(1, 9), self.maker.rng.digits(9));
                let row = self.plain(word, category, cost);
                self.push(Row { description: description.to_owned(), ..row });
            }
        }
        let cost = format!("-{}", self.maker.fee(30));
        let refund = Row { invoice: "1700000004".to_owned(), ..self.plain("Refund", "Credit", cost) };
        self.push(refund.with("bill/BillType", "Refund"));
        // A credit memo of its own number for an invoice of an earlier month.
        let cost = format!("-{}", self.maker.fee(20));
        let memo =
            Row { invoice: "CM-0000017".to_owned(), issuer: INC, ..self.plain("Refund", "Credit", cost) };
        let description = "Credit memo for invoice 1600000001 of an earlier month".to_owned();
        self.push(Row { description, ..memo }.with("bill/BillType", "Refund"));
    }

    /// Taxes per account and product, and the support fee that names no account.
    fn fees(&mut self) {
        for _ in 0..self.maker.rng.between(3, 8) {
            let cost = self.maker.amount().replace('-', "");
            let cost = if cost.starts_with('E') { "0".to_owned() } else { cost };
            let row = self.plain("Tax", "Tax", cost);
            self.push(Row { region: "", family: "", ..row }.with("lineItem/TaxType", "VAT"));
        }
        let cost = self.maker.fee(120);
        let row = self.plain("Fee", "Purchase", cost);
        let description = "AWS Support (Business)".to_owned();
        self.push(Row { account: self.payer, service: "AWSSupportBusiness", family: "", description, ..row });
        let cost = self.maker.fee(20);
        let row = self.plain("Tax", "Tax", cost);
        self.push(Row { account: self.payer, service: "AWSSupportBusiness", family: "", ..row });
    }

    /// Rows of other issuers; some do not even name the seller.
    fn marketplace(&mut self) {
        for seller in [SELLER, SELLER, "AWS Marketplace"] {
            let invoice = if seller == SELLER { "MP-2200000001" } else { "MP-2200000002" };
            let row = self.row("Usage");
            let row =
                Row { invoice: invoice.to_owned(), issuer: seller, service: "northwindanalytics", ..row };
            self.push(row.with("bill/BillingEntity", "AWS Marketplace"));
        }
    }

    /// What comes later: the final invoice number, late use, refunds, and rows of the month before.
    fn later(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for _ in 0..self.maker.rng.between(2, 5) {
            rows.push(Row { service: "AmazonS3", family: "Storage", early: false, ..self.row("Usage") });
        }
        let cost = format!("-{}", self.maker.fee(12));
        rows.push(self.plain("Refund", "Credit", cost));
        for _ in 0..self.maker.rng.between(1, 4) {
            let month = self.maker.month.before();
            let row = Row { month, day: 28, service: "AmazonRDS", early: false, ..self.row("Usage") };
            rows.push(row);
        }
        rows.into_iter().map(settled).collect()
    }
}

/// The final version of a month: rows that had no invoice number yet have one now.
pub fn finish(rows: &mut [Row]) {
    for row in rows.iter_mut().filter(|row| row.invoice.is_empty()) {
        row.invoice = if row.currency == "INR" { "1700000002" } else { "1700000001" }.to_owned();
    }
}

/// Rows of the first file have nothing in the columns that the file lacks.
fn settled(mut row: Row) -> Row {
    if row.early {
        row.tags.retain(|(key, _)| ["CostCenter", "env"].contains(key));
        row.more.retain(|column, _| !LATE_COLUMNS.contains(column));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_athena() {
        assert_eq!(underscored("lineItem/UsageAccountId"), "line_item_usage_account_id");
        assert_eq!(underscored("resourceTags/user:billing-service"), "resource_tags_user_billing_service");
        assert_eq!(underscored("savingsPlan/SavingsPlanARN"), "savings_plan_savings_plan_a_r_n");
    }
}
