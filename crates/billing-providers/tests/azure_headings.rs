//! Each family of Azure's headings gives the same fields.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use billing_core::{Period, bucket::BucketKey, document::Content};
use billing_detail::Input;
use billing_providers::{Importer, importer};
use support::{document, import, import_text};

fn azure() -> &'static Importer {
    importer("AzureImport").unwrap()
}

fn read(name: &str) -> Content {
    import_text(azure(), name, &document(azure(), name)).unwrap()
}

fn first(content: &Content) -> &BucketKey {
    &content.buckets.first().unwrap().key
}

#[test]
fn enterprise_agreement() {
    let content = read("basic.csv");
    assert_eq!(content.remarks, []);
    // The id of a subscription has one form; a row without one belongs to the billing account.
    let accounts: Vec<(&str, &str)> =
        content.accounts.iter().map(|account| (account.key.as_str(), account.name.as_str())).collect();
    assert_eq!(accounts, [("11111111-aaaa-4000-8000-000000000001", "shop-prod"), ("700100", "")]);
    let tagged = content.buckets.iter().find(|bucket| bucket.key.cost_center_tag.is_some()).unwrap();
    assert_eq!(tagged.key.cost_center_tag.as_deref(), Some("4711"));
    assert_eq!(
        (&*tagged.key.service_category, &*tagged.key.service_name, &*tagged.key.region),
        ("Compute", "Virtual Machines", "switzerlandnorth")
    );
    let refund = content.buckets.iter().find(|bucket| &*bucket.key.charge_category == "Refund").unwrap();
    assert_eq!((&*refund.key.commitment_term, refund.billed_cost.to_string()), ("12", "-2.25".to_owned()));
    let purchase = content.buckets.iter().find(|bucket| &*bucket.key.charge_category == "Purchase").unwrap();
    assert_eq!(&*purchase.key.service_name, "Microsoft.Capacity");
}

#[test]
fn every_other_family() {
    for (name, account, service, period) in [
        ("ea-enterprise.csv", "11111111-aaaa-4000-8000-000000000001", "Virtual Machines", "2026-10"),
        ("mca.csv", "22222222-0000-4000-8000-000000000002", "Bandwidth", "2026-10"),
        ("payg.csv", "33333333-0000-4000-8000-000000000003", "Storage", "2026-10"),
        ("portal-preamble.csv", "44444444-0000-4000-8000-000000000004", "App Service", "2026-10"),
        ("german.csv", "44444444-0000-4000-8000-000000000004", "App Service", "2026-10"),
        ("french.csv", "44444444-0000-4000-8000-000000000004", "App Service", "2026-10"),
        ("decimal-comma.csv", "44444444-0000-4000-8000-000000000004", "App Service", "2026-10"),
    ] {
        let content = read(name);
        let key = first(&content);
        assert_eq!((&*key.account_key, &*key.service_name), (account, service), "{name}");
        assert_eq!((key.period.to_string().as_str(), key.provider.as_str()), (period, "Azure"), "{name}");
        assert_eq!(content.rejections, [], "{name}");
    }
}

#[test]
fn a_table_without_billing_period_takes_the_given_one() {
    let period: Period = "2026-12".parse().unwrap();
    let of = |name: &str| {
        let input = Input::Bytes { name: name.to_owned(), bytes: document(azure(), name).into() };
        let content = import(azure(), &[input], Some(period)).unwrap();
        first(&content).period.to_string()
    };
    assert_eq!(of("payg.csv"), "2026-12");
    assert_eq!(of("mca.csv"), "2026-10");
}

#[test]
fn messages_use_the_file_s_own_headings_and_lines() {
    let text = String::from_utf8(document(azure(), "german.csv")).unwrap().replace("0.25", "gratis");
    let content = import_text(azure(), "german.csv", text.as_bytes()).unwrap();
    let rejection = &content.rejections[0];
    // One line before the headings, an empty one, the headings, a row.
    assert_eq!(
        (rejection.line, rejection.column.as_str(), rejection.text.as_str()),
        (5, "Kosten (CostInBillingCurrency)", "gratis")
    );
    assert_eq!(rejection.provider.as_ref().map(|provider| provider.as_str()), Some("Azure"));
    assert_eq!(rejection.period.unwrap().to_string(), "2026-10");
}

#[test]
fn a_byte_order_mark_belongs_to_no_heading() {
    let bare = document(azure(), "payg.csv");
    let marked = [b"\xEF\xBB\xBF".as_slice(), &bare].concat();
    assert_eq!(import_text(azure(), "f", &marked).unwrap(), import_text(azure(), "f", &bare).unwrap());
}
