//! Documents that another program makes in the providers' formats, against sums worked out without our readers.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic and runs other programs"
)]

mod support;

use std::{fs, path::Path, process::Command};

use billing_core::rejection::Remark;
use billing_detail::expand;
use billing_providers::importer;
use support::{import, naive};

/// What a generator of documents writes for three days, file by file; `None` where it cannot be had.
fn generated(kind: &str, folder: &Path) -> Option<Vec<String>> {
    let program = test_peers::program("nise")?;
    let made = Command::new(program)
        .args(["report", kind, "-s", "2026-10-01", "-e", "2026-10-03", "-w"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<String> = entries.map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!texts.is_empty(), "nothing was written for {kind}");
    Some(texts)
}

fn check(kind: &str, name: &str, column: &str) {
    let folder = tempfile::tempdir().unwrap();
    let Some(texts) = generated(kind, folder.path()) else { return };
    let (mut rows, mut sum) = (0, billing_core::Decimal::zero());
    for text in texts {
        let (more, of) = naive(&text, column);
        rows += more;
        sum += &of.parse().unwrap();
    }
    let content =
        import(importer(name).unwrap(), &expand(&[folder.path().to_owned()]).unwrap(), None).unwrap();
    assert!(rows > 10, "{kind} has {rows} rows");
    assert_eq!(content.rows(), rows as u64, "{kind}: {:?}", content.rejections.first());
    assert_eq!(content.totals.to_string(), format!("{sum} USD"), "{kind}");
    assert_eq!(content.rejections.len(), 0, "{kind}: {:?}", content.rejections.first());
    // It writes labels as Python prints them, which the provider does not: such rows are taken without tags.
    let unreadable = |remark: &&Remark| remark.text.starts_with("[{'");
    assert_eq!(content.remarks.iter().find(|remark| !unreadable(remark)), None, "{kind}");
    assert!(content.buckets.iter().all(|bucket| bucket.key.period.to_string() == "2026-10"), "{kind}");
}

#[test]
fn aws_reports() {
    check("aws", "aws-cur", "lineItem/UnblendedCost");
}

#[test]
fn aws_marketplace_reports() {
    check("aws-marketplace", "aws-cur", "lineItem/UnblendedCost");
}

#[test]
fn azure_exports() {
    check("azure", "azure-usage", "CostInBillingCurrency");
}

#[test]
fn google_exports() {
    check("gcp", "gcp-bigquery", "cost");
}
