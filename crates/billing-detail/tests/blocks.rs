//! A bill of many blocks, read by several threads: nothing depends on who reads what.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use billing_core::document::Content;
use support::{content, gzip, place, text};

const HEADINGS: &str = "account,period,service,cost,currency,tags\n";

/// Rows enough for several blocks; every 1,000th has line feeds and quotes in it, every 7,000th cannot be taken.
fn bill(rows: usize) -> String {
    let mut bill = HEADINGS.to_owned();
    for row in 0..rows {
        let service = match row % 1_000 {
            7 => format!("\"two\nlines, {}\"", row % 3),
            8 => "\"a \"\"b\"\"\"".to_owned(),
            _ => format!("service {}", row % 211),
        };
        let cost = if row % 7_000 == 6_999 { "twelve".to_owned() } else { format!("{}.25", row % 10) };
        bill += &format!("{},2026-1{}-01,{service},{cost},CHF,{}\n", row % 97, row % 2, "x".repeat(row % 50));
    }
    bill
}

fn lines(content: &Content) -> Vec<u64> {
    content.rejections.iter().map(|rejection| rejection.line).collect()
}

#[test]
fn many_blocks_are_one_bill() {
    let bill = bill(40_000);
    assert!(bill.len() > 2 << 20);
    let whole = content(&[text("bill.csv", &bill)]);
    assert_eq!((whole.rows(), whole.rejections.len()), (39_995, 5));
    // A row of two lines stands before each thousand's eighth.
    let line = |row: u64| 2 + row + (row + 992) / 1_000;
    assert_eq!(lines(&whole), (1..=5).map(|at| line(at * 7_000 - 1)).collect::<Vec<u64>>());
    assert_eq!(whole.remarks.len(), 1_000);
    for _ in 0..2 {
        assert_eq!(content(&[text("bill.csv", &bill)]), whole);
    }
    let packed = content(&[text("bill.csv", gzip(bill.as_bytes()))]);
    assert_eq!(packed, whole);
    let returned = content(&[text("bill.csv", bill.replace("x\n", "x\r\n"))]);
    assert_eq!(returned, whole);
}

#[test]
fn a_lone_quote_makes_the_rest_be_read_carefully_and_changes_nothing_else() {
    let plain = bill(40_000);
    let odd = plain.replacen("service 100,", "5\" disk,", 300).replacen("service 100,", "7\" disk,", 1);
    let named = odd.replace("5\" disk", "\"5\"\" disk\"").replace("7\" disk", "\"7\"\" disk\"");
    let (odd, named) = (content(&[text("bill.csv", odd)]), content(&[text("bill.csv", named)]));
    assert_eq!(odd, named);
}

#[test]
fn rows_between_two_lone_quotes_are_all_there() {
    let bill = bill(40_000);
    let lone = bill.replacen("service 100,", "\"5 inch,", 1).replacen("service 200,", "\"oops,", 1);
    let (whole, lone) = (content(&[text("bill.csv", bill)]), content(&[text("bill.csv", lone)]));
    assert_eq!(lone.rejections.len(), whole.rejections.len() + 2);
    assert_eq!(lone.rows(), whole.rows() - 2);
}

#[test]
fn the_first_of_too_many_rejections_is_named() {
    let body = "1,2026-10-01,x,1,CHF,\n".repeat(50_000) + &"1,2026-10-01,x,a,CHF,\n".repeat(50_000);
    for _ in 0..2 {
        let bill = [HEADINGS, &body].concat();
        let error = place().ingest_within(&[text("bill.csv", bill)], 1_000, 1 << 20).unwrap_err().to_string();
        assert!(error.starts_with("bill.csv, line 50002: more than 1000 rows cannot be taken"), "{error}");
    }
}
