//! AWS: the legacy cost and usage report with slashes or underscores, its successor with a map of tags, and a delivery
//! with manifests.
//!
//! Columns: <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html>.

mod month;

pub use self::month::{fill, finish};
use super::{
    model::{Account, Row},
    table::{Table, json_object},
};

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
