//! What an import brings: sums, digests, accounts, and line items that can be found again.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;

use billing_core::{Decimal, money::Currency};
use billing_detail::RowFilter;
use proptest::prelude::*;
use support::{content, gzip, place, text};

const BILL: &str = "account,period,service,cost,currency,tags\n\
                    1,2026-10-01,Compute,10.10,CHF,\"{\"\"CostCenter\"\": \"\"A\"\"}\"\n\
                    1,2026-10-01,Compute,0.000000000000000000000000000000000001,CHF,\"{\"\"CostCenter\"\": \"\"A\"\"}\"\n\
                    1,2026-10-01,Compute,1,CHF,\n\
                    2,2026-09-01,Storage,-3.5,CHF,\n\
                    2,2026-10-01,Storage,2E-3,USD,\n";

#[test]
fn rows_become_buckets_and_totals() {
    let content = content(&[text("bill.csv", BILL)]);
    assert_eq!(content.totals.to_string(), "7.600000000000000000000000000000000001 CHF, 0.002 USD");
    let buckets: Vec<(String, u64, String)> = content
        .buckets
        .iter()
        .map(|bucket| {
            let key = &bucket.key;
            let tag = key.cost_center_tag.as_deref().unwrap_or("-");
            let name = format!("{} {} {} {tag}", key.account_key, key.period, key.service_name);
            (name, bucket.rows, bucket.billed_cost.to_string())
        })
        .collect();
    let expected = [
        ("000000000001 2026-10 Compute -", 1, "1"),
        ("000000000001 2026-10 Compute A", 2, "10.100000000000000000000000000000000001"),
        ("000000000002 2026-09 Storage -", 1, "-3.5"),
        ("000000000002 2026-10 Storage -", 1, "0.002"),
    ];
    let expected: Vec<(String, u64, String)> =
        expected.iter().map(|(name, rows, sum)| ((*name).to_owned(), *rows, (*sum).to_owned())).collect();
    assert_eq!(buckets, expected);
    let accounts: Vec<(&str, &str, &str)> = content
        .accounts
        .iter()
        .map(|account| (account.key.as_str(), account.id.as_str(), account.name.as_str()))
        .collect();
    assert_eq!(accounts, [("000000000001", "1", "1"), ("000000000002", "2", "2")]);
    assert_eq!(content.newest_period().unwrap().to_string(), "2026-10");
}

#[test]
fn headings_without_rows_are_a_valid_bill() {
    let place = place();
    let imported = place.ingest(&[text("bill.csv", "account,period,service,cost,currency\n")]).unwrap();
    assert_eq!((imported.content.rows(), imported.content.buckets.len()), (0, 0));
    let folder = imported.detail.folder().to_owned();
    assert_eq!(place.store.lookup(&folder, &RowFilter::default(), 10).unwrap(), []);
}

#[test]
fn the_digest_knows_content_not_order_files_or_packing() {
    let rows: Vec<&str> = BILL.lines().collect();
    let whole = content(&[text("bill.csv", BILL)]).slices();
    assert_eq!(whole.len(), 2);
    let turned = [rows[0], rows[5], rows[3], rows[4], rows[1], rows[2]].join("\r\n");
    assert_eq!(content(&[text("t.csv", turned)]).slices(), whole);
    let halves = [rows[..3].join("\n"), [&rows[..1], &rows[3..]].concat().join("\n")];
    let packed = gzip(halves[1].as_bytes());
    assert_eq!(content(&[text("1.csv", &halves[0]), text("2", packed)]).slices(), whole);
    let respelled = BILL.replace(",10.10,", ", 10.1000 ,").replace("2E-3", "0.002");
    assert_eq!(content(&[text("bill.csv", respelled)]).slices(), whole);
    let reordered = "currency,account,cost,period,service\nCHF,2,-3.5,2026-09-01,Storage\n";
    assert_eq!(content(&[text("bill.csv", reordered)]).slices()[..1], whole[..1]);
    let changed = BILL.replace("-3.5", "-3.6");
    assert_ne!(content(&[text("bill.csv", changed)]).slices(), whole);
    let twice = content(&[text("1.csv", BILL), text("2.csv", BILL)]).slices();
    assert_ne!(twice, whole);
}

#[test]
fn unreadable_tags_keep_the_cost_and_leave_a_remark() {
    let bill = "account,period,service,cost,currency,tags\n1,2026-10-01,x,5,CHF,{oops\n";
    let content = content(&[text("bill.csv", bill)]);
    assert_eq!(content.totals.to_string(), "5 CHF");
    let remark = &content.remarks[0];
    assert_eq!((remark.line, remark.column.as_str(), remark.text.as_str()), (2, "tags", "{oops"));
}

#[test]
fn lookup_finds_exactly_the_rows_of_each_bucket() {
    let place = place();
    let imported = place.ingest(&[text("bill.csv", BILL)]).unwrap();
    let folder = imported.detail.folder().to_owned();
    imported.detail.keep();
    for bucket in &imported.content.buckets {
        let rows = place.store.lookup(&folder, &RowFilter::of_bucket(&bucket.key), 100).unwrap();
        assert_eq!(rows.len() as u64, bucket.rows, "{:?}", bucket.key);
        let sum: Decimal =
            rows.iter().map(|row| row.get("x_BilledCostText").parse::<Decimal>().unwrap()).sum();
        assert_eq!(sum, bucket.billed_cost);
    }
    let filter =
        RowFilter { cost_center_tag: Some(None), currency: Currency::parse("CHF"), ..RowFilter::default() };
    let rows = place.store.lookup(&folder, &filter, 100).unwrap();
    let places: Vec<(&str, &str, &str)> =
        rows.iter().map(|row| (row.get("x_File"), row.get("x_Line"), row.get("BilledCost"))).collect();
    assert_eq!(places, [("bill.csv", "4", "1"), ("bill.csv", "5", "-3.5")]);
    assert_eq!(place.store.lookup(&folder, &RowFilter::default(), 3).unwrap().len(), 3);
    let all = place.store.lookup(&folder, &RowFilter::default(), 100).unwrap();
    // Cut at 18 digits as a number, exact as text.
    assert_eq!((all[1].get("BilledCost"), all[1].get("x_BilledCostText").len()), ("0", 38));
    assert_eq!(all[1].get("BillingPeriodStart"), "2026-10");
}

#[test]
fn many_rows_go_through_many_batches() {
    let place = place();
    let mut bill = String::from("account,period,service,cost,currency,tags\n");
    for at in 0..40_000 {
        bill.push_str(&format!("{},2026-10-01,s{},0.01,CHF,\n", at % 7, at % 11));
    }
    let imported = place.ingest(&[text("bill.csv", bill)]).unwrap();
    assert_eq!(imported.content.totals.to_string(), "400 CHF");
    assert_eq!(imported.content.buckets.len(), 77);
    let rows = place.store.lookup(imported.detail.folder(), &RowFilter::default(), 50_000).unwrap();
    assert_eq!(rows.len(), 40_000);
    assert_eq!(rows[39_999].get("x_Line"), "40001");
}

#[test]
fn damaged_detail_is_told() {
    let place = place();
    let imported = place.ingest(&[text("bill.csv", BILL)]).unwrap();
    let folder = imported.detail.folder().to_owned();
    imported.detail.keep();
    let part = place.root.path().join("detail").join(&folder).join("part-00000.parquet");
    let length = fs::metadata(&part).unwrap().len();
    fs::File::options().write(true).open(&part).unwrap().set_len(length / 2).unwrap();
    let error = place.store.lookup(&folder, &RowFilter::default(), 1).unwrap_err().to_string();
    assert!(error.contains("part-00000.parquet: the detail is damaged ("), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_are_the_sum_of_the_rows(
        rows in proptest::collection::vec((0u8..5, any::<i64>(), 0u32..30, any::<bool>(), 0u8..8), 0..60),
    ) {
        let mut bill = String::from("account,period,service,cost,currency,tags\n");
        let mut francs = Decimal::zero();
        let mut dollars = Decimal::zero();
        let mut broken = 0;
        for (account, mantissa, scale, is_francs, kind) in &rows {
            let amount = Decimal::new(i128::from(*mantissa), *scale);
            let currency = if *is_francs { "CHF" } else { "USD" };
            match kind {
                0 => {
                    bill.push_str(&format!("{account},2026-10-01,\"a\nb\",x{amount},{currency},\n"));
                    broken += 1;
                    continue;
                }
                1 => {
                    bill.push_str(&format!("{account},{amount}\n"));
                    broken += 1;
                    continue;
                }
                _ => bill.push_str(&format!("{account},2026-1{}-01,\"q,{kind}\",{amount},{currency},\n", kind % 3)),
            }
            if *is_francs { francs += &amount } else { dollars += &amount }
        }
        let content = content(&[text("bill.csv", &bill)]);
        prop_assert_eq!(content.totals.get(&Currency::parse("CHF").unwrap()), francs);
        prop_assert_eq!(content.totals.get(&Currency::parse("USD").unwrap()), dollars);
        prop_assert_eq!(content.rejections.len(), broken);
        prop_assert_eq!(content.rows() as usize + broken, rows.len());
        prop_assert_eq!(content.bucket_totals(), content.totals);
    }
}
