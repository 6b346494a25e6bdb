//! Choosing from listings as the providers make them.

use std::time::Duration;

use super::*;
use crate::{aws_cur::manifest::AwsDelivery, azure_usage::manifest::AzureDelivery};

const AWS: AwsDelivery = AwsDelivery { focus: false };
const AZURE: AzureDelivery = AzureDelivery { kind: "ActualCost" };

/// Files with what stands in them; the number is when they were written.
type Files<'a> = &'a [(&'a str, u64, &'a str)];

fn choose(delivery: &dyn Delivery, files: Files<'_>, wanted: Wanted<'_>) -> Result<Selection, String> {
    let listed = |(name, time, text): &(&str, u64, &str)| Listed {
        name: (*name).to_owned(),
        bytes: text.len() as u64,
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(*time),
    };
    let listing: Vec<Listed> = files.iter().map(listed).collect();
    select(delivery, &listing, wanted, &mut |name| {
        let found = files.iter().find(|(known, _, _)| *known == name);
        found.map(|(_, _, text)| text.as_bytes().to_vec()).ok_or_else(|| format!("{name} was not listed"))
    })
}

fn check(delivery: &dyn Delivery, files: Files<'_>, period: Option<&str>, chosen: &[&str]) {
    let wanted = Wanted { period: period.map(|period| period.parse().unwrap()), report: None };
    assert_eq!(choose(delivery, files, wanted).unwrap().files, chosen);
}

fn refuse(delivery: &dyn Delivery, files: Files<'_>, wanted: Wanted<'_>, message: &str) {
    assert_eq!(choose(delivery, files, wanted).unwrap_err(), message);
}

/// A legacy manifest of AWS.
fn legacy(report: &str, month: &str, assembly: &str, keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    format!(
        r#"{{"assemblyId":"{assembly}","account":"1","columns":[{{"category":"bill","name":"InvoiceId"}}],
        "reportName":"{report}","billingPeriod":{{"start":"{month}01T000000.000Z","end":"x"}},"bucket":"b",
        "reportKeys":[{}],"additionalArtifactKeys":[]}}"#,
        keys.join(",")
    )
}

/// A manifest of an Azure export.
fn azure(kind: &str, submitted: &str, blobs: &str) -> String {
    format!(
        r#"{{"manifestVersion":"2024-04-01","byteCount":1,"blobCount":1,"dataRowCount":null,
        "exportConfig":{{"exportName":"daily","type":"{kind}","dataVersion":"2021-10-01"}},
        "deliveryConfig":{{"partitionData":true}},
        "runInfo":{{"executionType":"Scheduled","submittedTime":"{submitted}","runId":"r",
        "startDate":"2026-10-01T00:00:00","endDate":"2026-10-31T00:00:00"}},"blobs":[{blobs}]}}"#
    )
}

const A1: &str = "cur/rep/20261001-20261101/a1/rep-00001.csv.gz";
const A2: &str = "cur/rep/20261001-20261101/a2/rep-00001.csv.gz";
const A2B: &str = "cur/rep/20261001-20261101/a2/rep-00002.csv.gz";

#[test]
fn the_copy_at_the_period_names_the_newest_assembly() {
    let (old, new) = (legacy("rep", "202610", "a1", &[A1]), legacy("rep", "202610", "a2", &[A2, A2B]));
    let september = legacy("rep", "202609", "s", &["cur/rep/20260901-20261001/s/rep-00001.csv.gz"]);
    let files: Files<'_> = &[
        ("cur/rep/20260901-20261001/rep-Manifest.json", 1, &september),
        ("cur/rep/20260901-20261001/s/rep-00001.csv.gz", 1, "s"),
        ("cur/rep/20261001-20261101/a1/rep-Manifest.json", 9, &old),
        (A1, 9, "old"),
        ("cur/rep/20261001-20261101/a2/rep-Manifest.json", 3, &new),
        (A2, 3, "new"),
        (A2B, 3, "more"),
        ("cur/rep/20261001-20261101/rep-Manifest.json", 3, &new),
        ("cur/rep/20261001-20261101/stray.csv.gz", 9, "stray"),
    ];
    check(&AWS, files, None, &[A2, A2B]);
    check(&AWS, files, Some("2026-09"), &["cur/rep/20260901-20261001/s/rep-00001.csv.gz"]);
    let wanted = Wanted { period: Some("2026-08".parse().unwrap()), report: None };
    refuse(
        &AWS,
        files,
        wanted,
        "there is no manifest of 2026-08; name the folder that the report is delivered to",
    );
}

#[test]
fn without_a_copy_at_the_period_the_last_written_assembly_counts() {
    let (old, new) = (legacy("rep", "202610", "a1", &[A1]), legacy("rep", "202610", "a2", &[A2]));
    let mut files = vec![
        ("cur/rep/20261001-20261101/a2/rep-Manifest.json", 5, new.as_str()),
        ("cur/rep/20261001-20261101/a1/rep-Manifest.json", 4, &old),
        (A1, 4, "old"),
        (A2, 5, "new"),
    ];
    check(&AWS, &files, None, &[A2]);
    files[1].1 = 5;
    refuse(
        &AWS,
        &files,
        Wanted::default(),
        "nothing tells whether cur/rep/20261001-20261101/a2/rep-Manifest.json or \
         cur/rep/20261001-20261101/a1/rep-Manifest.json is newer; name the newer manifest",
    );
}

#[test]
fn a_copy_may_start_at_any_folder_of_the_bucket() {
    let manifest = legacy("rep", "202610", "a2", &[A2, A2B]);
    let manifest = manifest.as_str();
    // The folder of the month, of the assembly, of the report, of the bucket, and one above it.
    for cut in ["cur/rep/20261001-20261101/", "cur/rep/20261001-20261101/a2/", "cur/", ""] {
        let (one, two) = (A2.strip_prefix(cut).unwrap(), A2B.strip_prefix(cut).unwrap());
        let own = format!("{}rep-Manifest.json", one.strip_suffix("rep-00001.csv.gz").unwrap());
        check(&AWS, &[(&own, 1, manifest), (one, 1, "1"), (two, 1, "2")], None, &[one, two]);
    }
    let above = |name: &str| format!("copy/{name}");
    let (own, one, two) = (above("cur/rep/20261001-20261101/rep-Manifest.json"), above(A2), above(A2B));
    check(&AWS, &[(&own, 1, manifest), (&one, 1, "1"), (&two, 1, "2")], None, &[&one, &two]);
}

#[test]
fn a_file_of_the_same_name_elsewhere_does_not_stand_in_for_a_missing_one() {
    let manifest = legacy("rep", "202610", "a2", &[A2, A2B]);
    let files: Files<'_> = &[
        ("cur/rep/20261001-20261101/rep-Manifest.json", 1, &manifest),
        (A2, 1, "1"),
        (A1, 1, "1"),
        ("rep-00002.csv.gz", 1, "stray"),
    ];
    let message = format!(
        "the file {A2B} is missing, which the manifest cur/rep/20261001-20261101/rep-Manifest.json names; copy the \
         report again with all its files"
    );
    refuse(&AWS, files, Wanted::default(), &message);
}

#[test]
fn one_of_several_reports_must_be_named() {
    let key = "cur/other/20261001-20261101/a/other-1.csv.gz";
    let (one, two) = (legacy("rep", "202610", "a2", &[A2]), legacy("other", "202610", "a", &[key]));
    let files: Files<'_> = &[
        ("cur/rep/20261001-20261101/rep-Manifest.json", 1, &one),
        (A2, 1, "1"),
        ("cur/other/20261001-20261101/other-Manifest.json", 2, &two),
        (key, 1, "2"),
    ];
    refuse(
        &AWS,
        files,
        Wanted::default(),
        "several reports are delivered here: other in cur/other, rep in cur/rep; import the folder of one of them, or \
         set AWS_CUR_REPORT",
    );
    let named = |report| Wanted { report: Some(report), period: None };
    assert_eq!(choose(&AWS, files, named("rep")).unwrap().files, [A2]);
    refuse(&AWS, files, named("third"), "there is no report third here, only other, rep; check its name");
}

#[test]
fn nothing_is_chosen_without_a_manifest() {
    let none = "there is no manifest; name the folder that the report is delivered to";
    refuse(&AWS, &[(A1, 1, "1"), ("cur/rep-RedshiftManifest.json", 1, "{}")], Wanted::default(), none);
    let empty = legacy("rep", "202610", "a", &[]);
    refuse(
        &AWS,
        &[("rep-Manifest.json", 1, &empty)],
        Wanted::default(),
        "the manifest rep-Manifest.json names no file; wait until the provider has written the report",
    );
    let broken = choose(&AWS, &[("rep-Manifest.json", 1, "{")], Wanted::default()).unwrap_err();
    assert!(broken.starts_with("rep-Manifest.json: this is no manifest of an AWS report: "), "{broken}");
}

#[test]
fn data_exports_keep_manifests_and_files_apart() {
    let file =
        |execution: &str| format!("p/exp/data/BILLING_PERIOD=2026-10/{execution}exp-00001.snappy.parquet");
    let manifest = |execution: &str| {
        let file = file(execution);
        format!(
            r#"{{"exportArn":"a","executionId":"e","columns":[{{"name":"bill_invoice_id"}}],"dataFiles":["s3://b/{file}"]}}"#
        )
    };
    // Overwritten in place.
    let (own, text) = ("p/exp/metadata/BILLING_PERIOD=2026-10/exp-Manifest.json", manifest(""));
    let chosen = choose(&AWS, &[(own, 1, &text), (&file(""), 1, "x")], Wanted::default()).unwrap();
    assert_eq!((chosen.files, chosen.report.as_str()), (vec![file("")], "exp"));
    assert_eq!(chosen.period.to_string(), "2026-10");
    // A folder for each execution, whose name starts with its time; the times of the copies tell nothing.
    let (first, second) = ("2026-10-04T01:00:00.000Z-e1/", "2026-10-05T01:00:00.000Z-e2/");
    let own = |execution: &str| format!("p/exp/metadata/BILLING_PERIOD=2026-10/{execution}exp-Manifest.json");
    let (one, two) = (manifest(first), manifest(second));
    let files: Files<'_> =
        &[(&own(second), 1, &two), (&own(first), 2, &one), (&file(first), 2, "x"), (&file(second), 1, "y")];
    check(&AWS, files, None, &[&file(second)]);
    // The folder of the export alone.
    let own = "metadata/BILLING_PERIOD=2026-10/exp-Manifest.json";
    let short = "data/BILLING_PERIOD=2026-10/exp-00001.snappy.parquet";
    check(&AWS, &[(own, 1, &text), (short, 1, "x")], None, &[short]);
}

#[test]
fn a_focus_export_beside_a_report_is_another_document() {
    let focus = r#"{"columns":[{"name":"BilledCost"}],"dataFiles":["s3://b/f/data/BILLING_PERIOD=2026-10/f.csv.gz"]}"#;
    let own = "f/metadata/BILLING_PERIOD=2026-10/f-Manifest.json";
    let mut files = vec![(own, 1, focus), ("f/data/BILLING_PERIOD=2026-10/f.csv.gz", 1, "f")];
    refuse(
        &AWS,
        &files,
        Wanted::default(),
        &format!("{own}: this is the manifest of a FOCUS export; import it with focus"),
    );
    check(&AwsDelivery { focus: true }, &files, None, &["f/data/BILLING_PERIOD=2026-10/f.csv.gz"]);
    let manifest = legacy("rep", "202610", "a2", &[A2]);
    files.extend([("cur/rep/20261001-20261101/rep-Manifest.json", 1, manifest.as_str()), (A2, 1, "1")]);
    check(&AWS, &files, None, &[A2]);
}

const R1: &str = "root/daily/20261001-20261031/r1/part_0_0001.csv";
const R2: &str = "root/daily/20261001-20261031/r2/part_0_0001.csv";

#[test]
fn the_last_run_of_an_azure_export_counts() {
    let blob = |name: &str, bytes: u64| {
        format!(r#"{{"blobName":"{name}","byteCount":{bytes},"dataRowCount":null}}"#)
    };
    let old = azure("ActualCost", "2026-10-05T01:00:00Z", &blob(R1, 1));
    let new = azure("ActualCost", "2026-10-06T01:00:00Z", &blob(R2, 3));
    let mut files = vec![
        ("root/daily/20261001-20261031/r1/manifest.json", 9, old.as_str()),
        (R1, 9, "1"),
        ("root/daily/20261001-20261031/r2/manifest.json", 5, &new),
        (R2, 5, "1,2"),
    ];
    check(&AZURE, &files, Some("2026-10"), &[R2]);
    files[3].2 = "1,";
    refuse(
        &AZURE,
        &files,
        Wanted::default(),
        &format!(
            "{R2} has 2 bytes, but the manifest root/daily/20261001-20261031/r2/manifest.json says 3; copy it again, \
             or wait until the provider has written it"
        ),
    );
}

#[test]
fn of_two_azure_runs_of_one_second_the_fraction_decides() {
    let blob = |name: &str| format!(r#"{{"blobName":"{name}","byteCount":1}}"#);
    for (earlier, later) in [("00Z", "00.1234567Z"), ("00.1Z", "00.12Z"), ("00.19Z", "00.2Z")] {
        let old = azure("ActualCost", &format!("2026-10-05T10:00:{earlier}"), &blob(R1));
        let new = azure("ActualCost", &format!("2026-10-05T10:00:{later}"), &blob(R2));
        let files = [
            ("root/daily/20261001-20261031/r1/manifest.json", 9, old.as_str()),
            (R1, 9, "1"),
            ("root/daily/20261001-20261031/r2/manifest.json", 5, new.as_str()),
            (R2, 5, "1"),
        ];
        check(&AZURE, &files, None, &[R2]);
    }
}

#[test]
fn an_amortised_export_is_refused_and_does_not_hide_an_actual_one() {
    let amortised = azure("AmortizedCost", "2026-10-07T01:00:00Z", r#"{"blobName":"x.csv"}"#);
    let own = "root/amortised/20261001-20261031/r/manifest.json";
    let mut files = vec![(own, 9, amortised.as_str()), ("x.csv", 9, "x")];
    refuse(
        &AZURE,
        &files,
        Wanted::default(),
        &format!(
            "{own}: this is an amortised cost export, which does not add up to the invoice; export the type ActualCost"
        ),
    );
    let actual =
        azure("ActualCost", "2026-10-06T01:00:00Z", &format!(r#"{{"blobName":"{R2}","byteCount":1}}"#));
    files.extend([("root/daily/20261001-20261031/r2/manifest.json", 5, actual.as_str()), (R2, 5, "1")]);
    check(&AZURE, &files, None, &[R2]);
}

#[test]
fn how_deep_an_azure_run_lies_does_not_tell_which_is_newer() {
    let blob = |name: &str| format!(r#"{{"blobName":"{name}","byteCount":1}}"#);
    let deep = "root/daily/20261001-20261031/202610070100/r3/part_0_0001.csv";
    let old = azure("ActualCost", "2026-10-06T01:00:00Z", &blob(R2));
    let new = azure("ActualCost", "2026-10-07T01:00:00Z", &blob(deep));
    let files: Files<'_> = &[
        ("root/daily/20261001-20261031/r2/manifest.json", 9, &old),
        (R2, 9, "1"),
        ("root/daily/20261001-20261031/202610070100/r3/manifest.json", 1, &new),
        (deep, 1, "2"),
    ];
    check(&AZURE, files, None, &[deep]);
    check(&AZURE, files, Some("2026-10"), &[deep]);
}

/// A run of these days, submitted at a time, with one file.
fn run(start: &str, end: &str, submitted: &str, file: &str) -> String {
    let text = azure("ActualCost", submitted, &format!(r#"{{"blobName":"{file}","byteCount":1}}"#));
    text.replace("2026-10-01T00:00:00", start).replace("2026-10-31T00:00:00", end)
}

#[test]
fn a_run_of_a_week_is_no_month() {
    let month = run("2026-10-01T00:00:00", "2026-10-31T00:00:00", "2026-11-01T01:00:00Z", R1);
    let weekly = "root/daily/20261008-20261014/w/part_0_0001.csv";
    let week = run("2026-10-08T00:00:00", "2026-10-14T00:00:00", "2026-11-02T01:00:00Z", weekly);
    let own = "root/daily/20261008-20261014/w/manifest.json";
    let mut files = vec![(own, 9, week.as_str()), (weekly, 9, "w")];
    refuse(
        &AZURE,
        &files,
        Wanted::default(),
        &format!(
            "{own}: this run is of 2026-10-08 to 2026-10-14, and a bill is a month from its first day on; export whole \
             months, or the running month to date"
        ),
    );
    files.extend([("root/daily/20261001-20261031/r1/manifest.json", 5, month.as_str()), (R1, 5, "1")]);
    check(&AZURE, &files, Some("2026-10"), &[R1]);
    // Two months at once are none either.
    let both = run("2026-10-01T00:00:00", "2026-11-30T00:00:00", "2026-12-02T01:00:00Z", R1);
    let message = choose(&AZURE, &[(own, 9, &both), (R1, 9, "1")], Wanted::default()).unwrap_err();
    assert!(message.contains("2026-10-01 to 2026-11-30"), "{message}");
}

#[test]
fn of_daily_runs_the_one_with_the_last_day_counts() {
    let one = run("2026-10-01T00:00:00", "2026-10-05T00:00:00", "2026-10-09T01:00:00Z", R1);
    let two = run("2026-10-01T00:00:00", "2026-11-01T00:00:00", "2026-10-06T01:00:00Z", R2);
    let files: Files<'_> = &[
        ("root/daily/20261001-20261031/r1/manifest.json", 9, &one),
        (R1, 9, "1"),
        ("root/daily/20261001-20261031/r2/manifest.json", 5, &two),
        (R2, 5, "2"),
    ];
    check(&AZURE, files, None, &[R2]);
}

#[test]
fn a_blob_that_is_counted_but_not_named_is_missed() {
    let text = azure("ActualCost", "2026-10-06T01:00:00Z", r#"{"blobName":"x.csv"}"#);
    let text = text.replace(r#""blobCount":1"#, r#""blobCount":3"#);
    let message = choose(&AZURE, &[("manifest.json", 1, &text), ("x.csv", 1, "x")], Wanted::default());
    let message = message.unwrap_err();
    assert!(message.contains("its blobCount is 3, but it names 1; copy the export again"), "{message}");
}

#[test]
fn a_usage_export_says_where_there_is_another() {
    let text = azure("Usage", "2026-10-06T01:00:00Z", "");
    let message = choose(&AZURE, &[("manifest.json", 1, &text)], Wanted::default()).unwrap_err();
    assert!(message.contains("export the type ActualCost of each subscription"), "{message}");
}

#[test]
fn focus_exports_of_aws_write_the_period_in_small_letters() {
    let file = "p/exp/data/billing_period=2026-10/exp-1.csv.gz";
    let text = format!(r#"{{"columns":[{{"name":"BilledCost"}}],"dataFiles":["s3://b/{file}"]}}"#);
    let own = "p/exp/metadata/billing_period=2026-10/exp-Manifest.json";
    let files: Files<'_> = &[(own, 1, &text), (file, 1, "x")];
    check(&AwsDelivery { focus: true }, files, None, &[file]);
    check(&AwsDelivery { focus: true }, files, Some("2026-10"), &[file]);
}

#[test]
fn a_report_for_athena_keeps_its_months_by_year_and_month() {
    let key = |month: u8| format!("cur/rep/rep/year=2026/month={month}/rep-1.snappy.parquet");
    let (old, new) = (legacy("rep", "202609", "s", &[&key(9)]), legacy("rep", "202610", "o", &[&key(10)]));
    let mut files = vec![
        ("cur/rep/rep/year=2026/month=9/rep-Manifest.json".to_owned(), 9, old),
        (key(9), 9, "9".to_owned()),
        ("cur/rep/rep/year=2026/month=10/rep-Manifest.json".to_owned(), 1, new.clone()),
        (key(10), 1, "10".to_owned()),
    ];
    let listed = |files: &[(String, u64, String)], period: Option<&str>, chosen: &str| {
        let files: Vec<(&str, u64, &str)> =
            files.iter().map(|(name, time, text)| (name.as_str(), *time, text.as_str())).collect();
        check(&AWS, &files, period, &[chosen]);
    };
    listed(&files, None, &key(10));
    listed(&files, Some("2026-09"), &key(9));
    // A copy in the other layout is of the same report.
    files.push(("cur/rep/20261001-20261101/rep-Manifest.json".to_owned(), 1, new));
    listed(&files, Some("2026-10"), &key(10));
}
