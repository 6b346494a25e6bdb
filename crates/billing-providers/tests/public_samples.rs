//! Public samples of real exports, against a sum that is worked out without any of this program's readers.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it skipped")]

mod support;

use std::{fs, io::Read as _, path::Path};

use billing_core::{Decimal, document::Content};
use billing_detail::{Input, expand};
use billing_providers::importer;
use support::import;

/// The text of a sample and what importing it gives; `None` where the samples are not at hand.
fn sample(importer_name: &str, path: &str) -> Option<(String, Content)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !file.exists() {
        println!("skipped: needs ../shared/data/{path}");
        return None;
    }
    let bytes = fs::read(&file).unwrap();
    let mut text = String::new();
    match path.ends_with(".gz") {
        true => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap(),
        false => (&bytes[..]).read_to_string(&mut text).unwrap(),
    };
    let inputs: Vec<Input> = expand(&[file]).unwrap();
    Some((text, import(importer(importer_name).unwrap(), &inputs, None).unwrap()))
}

/// Cuts a text into rows and fields, quote by quote.
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    for letter in text.trim_start_matches('\u{feff}').chars() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            letter => row.last_mut().unwrap().push(letter),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}

/// How many rows, and the sum of a column.
fn naive(text: &str, column: &str) -> (usize, String) {
    let rows = cells(text);
    let at = rows[0].iter().position(|heading| heading == column).unwrap();
    let sum: Decimal = rows[1..].iter().map(|row| row[at].parse::<Decimal>().unwrap()).sum();
    (rows.len() - 1, sum.to_string())
}

#[test]
fn a_thousand_rows_of_focus() {
    let Some((text, content)) = sample("focus", "focus/focus_sample_1.0.csv") else { return };
    let (rows, sum) = naive(&text, "BilledCost");
    assert_eq!((rows, content.rows()), (1_000, 1_000));
    assert_eq!(content.totals.to_string(), format!("{sum} USD"));
    assert_eq!(
        (content.rejections.len(), content.remarks.len()),
        (0, 0),
        "{:?} {:?}",
        content.rejections.first(),
        content.remarks.first()
    );
    let mut providers: Vec<&str> =
        content.buckets.iter().map(|bucket| bucket.key.provider.as_str()).collect();
    providers.dedup();
    assert_eq!(providers, ["AWS", "Azure", "Oracle"]);
}

#[test]
fn an_enterprise_agreement_of_azure() {
    let Some((text, content)) = sample("azure-usage", "finops-toolkit/EA_ActualCost_Small.csv") else {
        return;
    };
    let (rows, sum) = naive(&text, "Cost");
    assert_eq!(content.rows(), rows as u64);
    assert_eq!(content.totals.to_string(), format!("{sum} USD"));
    assert_eq!(
        (content.rejections.len(), content.remarks.len()),
        (0, 0),
        "{:?} {:?}",
        content.rejections.first(),
        content.remarks.first()
    );
}

#[test]
fn a_generated_customer_agreement_of_azure() {
    let Some((text, content)) = sample("azure-usage", "nise/azure_actual_4d.csv") else { return };
    let (rows, sum) = naive(&text, "CostInBillingCurrency");
    assert_eq!(content.rows(), rows as u64);
    assert_eq!(content.totals.to_string(), format!("{sum} USD"));
    assert_eq!(
        (content.rejections.len(), content.remarks.len()),
        (0, 0),
        "{:?} {:?}",
        content.rejections.first(),
        content.remarks.first()
    );
}

#[test]
fn a_generated_report_of_aws() {
    for (path, rows) in [
        ("nise/aws_cur_4d.csv.gz", 20_736),
        ("nise/aws_marketplace.csv", 0),
        ("nise/aws_static_ec2_3d.csv", 0),
    ] {
        let Some((text, content)) = sample("aws-cur", path) else { return };
        let (naive_rows, sum) = naive(&text, "lineItem/UnblendedCost");
        assert!(naive_rows > 0 && (rows == 0 || naive_rows == rows), "{path}: {naive_rows} rows");
        assert_eq!(content.rows(), naive_rows as u64, "{path}: {:?}", content.rejections.first());
        assert_eq!(content.totals.to_string(), format!("{sum} USD"), "{path}");
        assert_eq!(
            (content.rejections.len(), content.remarks.len()),
            (0, 0),
            "{path}: {:?}",
            content.remarks
        );
    }
}
