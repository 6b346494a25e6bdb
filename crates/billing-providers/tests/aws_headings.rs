//! What AWS's report says beside the sums: amortised costs, tags, invoices' issuers, accounts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use billing_core::{Decimal, document::Content};
use billing_providers::{Importer, importer};
use support::{document, import_text};

fn aws() -> &'static Importer {
    importer("AwsImport").unwrap()
}

fn read(name: &str) -> Content {
    import_text(aws(), name, &document(aws(), name)).unwrap()
}

/// Charge category, billed and amortised cost.
fn costs(content: &Content) -> Vec<(String, String, String)> {
    let mut costs: Vec<(String, String, String)> = content
        .buckets
        .iter()
        .map(|bucket| {
            let (billed, effective) = (&bucket.billed_cost, &bucket.effective_cost);
            (bucket.key.charge_category.to_string(), billed.to_string(), effective.to_string())
        })
        .collect();
    costs.sort();
    costs
}

#[test]
fn commitments_are_billed_by_their_fees_and_amortised_where_they_are_used() {
    let content = read("commitments.csv");
    let expected = [
        ("BundledDiscount", "-0.5", "-0.5"),
        ("DiscountedUsage", "0", "0.25"),
        ("EdpDiscount", "-1.5", "-1.5"),
        ("Fee", "50", "0"),
        ("PrivateRateDiscount", "-0.125", "-0.125"),
        ("RIFee", "0.75", "0.375"),
        ("SavingsPlanCoveredUsage", "4", "3"),
        ("SavingsPlanNegation", "-4", "0"),
        ("SavingsPlanRecurringFee", "3.5", "0.5"),
        ("SavingsPlanUpfrontFee", "100", "0"),
    ];
    let found = costs(&content);
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(category, billed, effective)| (&**category, &**billed, &**effective)).collect();
    assert_eq!(found, expected);
    let terms: Vec<&str> = content.buckets.iter().map(|bucket| &*bucket.key.commitment_term).collect();
    assert_eq!(terms.iter().filter(|term| **term == "1yr").count(), 2);
}

#[test]
fn slashes_underscores_and_maps_give_the_same_buckets() {
    let cost_center = |name: &str| {
        let content = read(name);
        let tagged = content.buckets.iter().find(|bucket| bucket.key.cost_center_tag.is_some()).unwrap();
        assert_eq!(tagged.billed_cost, "10.25".parse::<Decimal>().unwrap(), "{name}");
        let key = &tagged.key;
        assert_eq!((&*key.service_name, &*key.region), ("AmazonEC2", "eu-central-1"), "{name}");
        assert_eq!(&*key.service_category, "Compute Instance", "{name}");
        key.cost_center_tag.as_deref().unwrap().to_owned()
    };
    for name in ["basic.csv", "underscores.csv", "cur-2.csv"] {
        assert_eq!(cost_center(name), "4711", "{name}");
        assert_eq!(read(name).remarks, [], "{name}");
    }
}

#[test]
fn accounts_have_their_names_where_the_report_tells_them() {
    let accounts = |name: &str| -> Vec<(String, String)> {
        read(name).accounts.into_iter().map(|account| (account.key, account.name)).collect()
    };
    assert_eq!(accounts("cur-2.csv"), [("200000000002".to_owned(), "shop-prod".to_owned())]);
    let keys: Vec<String> = accounts("basic.csv").into_iter().map(|(key, _)| key).collect();
    // A row without account is the payer's; leading zeros come back.
    assert_eq!(keys, ["051738928782", "100000000001", "200000000002"]);
}

#[test]
fn an_account_that_a_spreadsheet_rounded_is_rejected_with_cause_and_cure() {
    let content = read("rejected-rows.csv");
    let rejection = content.rejections.iter().find(|rejection| rejection.text == "6.10838E+11").unwrap();
    assert_eq!(rejection.column, "lineItem/UsageAccountId");
    assert!(
        rejection.reason.contains("spreadsheet") && rejection.reason.contains("download"),
        "{rejection:?}"
    );
    assert_eq!(rejection.cost.as_ref().unwrap().amount.to_string(), "5");
}

#[test]
fn columns_may_come_and_go_between_the_files_of_a_month() {
    use billing_detail::Input;
    let input = |name: &str| Input::Bytes { name: name.to_owned(), bytes: document(aws(), name).into() };
    let inputs = [input("basic.csv"), input("few-columns.csv"), input("split-cost-allocation.csv")];
    let content = support::import(aws(), &inputs, None).unwrap();
    assert_eq!(content.rows(), 8 + 2 + 3);
    assert_eq!(content.totals.to_string(), "21.600000149999999999996 USD");
}
