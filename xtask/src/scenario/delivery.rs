//! Months as they lie in a bucket: what a manifest names, beside older writings, other months and other exports.

use serde_json::{Value, json};

use super::{
    Form, MONTH, Scenario, aws,
    model::{Month, Row},
};

/// Path and text of each file.
pub type Files = Vec<(String, String)>;

/// AWS: an assembly for each version so far and one that was not finished, each with its manifest; a copy of the newest
/// one above them; the month before with a report of its own. The first file of an assembly lacks the columns that
/// appear in the middle of the month.
pub fn aws(scenario: &Scenario, version: usize) -> Files {
    let first = &scenario.versions[0];
    let mut files = Files::new();
    let earlier: Vec<Row> =
        first.iter().take(9).map(|row| Row { month: MONTH.before(), ..row.clone() }).collect();
    assembly(scenario, &mut files, MONTH.before(), "0000", &earlier);
    assembly(scenario, &mut files, MONTH, "0001-unfinished", &first[..first.len() / 2]);
    for (at, rows) in scenario.versions[..=version].iter().enumerate() {
        assembly(scenario, &mut files, MONTH, &format!("000{}", at + 2), rows);
    }
    // A file that no manifest names.
    let stray = aws::table(&earlier, &scenario.accounts, aws::Names::Slash, false).csv();
    files.push((format!("{}/report-00003.csv", folder(MONTH)), stray));
    files
}

fn folder(month: Month) -> String {
    format!("cur/report/{}-{}", day(month), day(month.after()))
}

/// `20261001`.
fn day(month: Month) -> String {
    format!("{}{:02}01", month.year, month.month)
}

/// The files of one writing of a month, and its manifest in both of its places.
fn assembly(scenario: &Scenario, files: &mut Files, month: Month, name: &str, rows: &[Row]) {
    let folder = folder(month);
    let (early, late): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| row.early);
    let mut keys = Vec::new();
    for (at, rows) in [early, late].iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        let key = format!("{folder}/{name}/report-{:05}.csv", at + 1);
        files.push((key.clone(), aws::table(rows, &scenario.accounts, aws::Names::Slash, at == 0).csv()));
        keys.push(key);
    }
    let moment = |month: Month| format!("{}T000000.000Z", day(month));
    let manifest = json!({
        "assemblyId": name, "account": scenario.accounts[0].id, "reportName": "report", "reportId": "made-up",
        "bucket": "bills", "charset": "UTF-8", "compression": "ZIP", "contentType": "text/csv",
        "billingPeriod": { "start": moment(month), "end": moment(month.after()) },
        "columns": [], "reportKeys": keys, "additionalArtifactKeys": [],
    })
    .to_string();
    let newest = format!("{folder}/report-Manifest.json");
    files.retain(|(path, _)| *path != newest);
    files.push((format!("{folder}/{name}/report-Manifest.json"), manifest.clone()));
    files.push((newest, manifest));
}

/// Azure: a run for each version so far, in parts, each with its manifest; and beside it the export of the amortised set,
/// which does not add up to the invoice.
pub fn azure(scenario: &Scenario, version: usize) -> Files {
    let mut files = Files::new();
    for (at, rows) in scenario.versions[..=version].iter().enumerate() {
        run(scenario, &mut files, ("actual", "ActualCost"), at, rows);
    }
    run(scenario, &mut files, ("amortised", "AmortizedCost"), 7, &scenario.versions[0]);
    files
}

fn run(scenario: &Scenario, files: &mut Files, (export, kind): (&str, &str), number: usize, rows: &[Row]) {
    let run = format!("0000000{number}-aaaa-bbbb-cccc-000000000000");
    let span = format!("{}-{}", day(MONTH), MONTH.day(MONTH.last_day()).replace('-', ""));
    let folder = format!("exports/{export}/{span}/{run}");
    let table = scenario.table_of(rows, Form::AzureEnterprise);
    let mut blobs: Vec<Value> = Vec::new();
    for (at, part) in table.split(2).iter().enumerate() {
        let (name, text) = (format!("{folder}/part_{at}_0001.csv"), part.csv());
        // The count of rows is null in some manifests.
        let count = (at == 0).then_some(part.rows.len());
        blobs.push(json!({ "blobName": name, "byteCount": text.len(), "dataRowCount": count }));
        files.push((name, text));
    }
    let manifest = json!({
        "manifestVersion": "2024-04-01", "byteCount": null, "blobCount": blobs.len(), "dataRowCount": null,
        "exportConfig": { "exportName": export, "dataVersion": "2021-10-01", "type": kind, "timeFrame": "MonthToDate" },
        "deliveryConfig": { "partitionData": true, "fileFormat": "Csv", "compressionMode": "None" },
        "runInfo": {
            "executionType": "Scheduled",
            "submittedTime": format!("{}T0{number}:00:00Z", MONTH.day(30)),
            "runId": run,
            "startDate": format!("{}T00:00:00", MONTH.day(1)),
            "endDate": format!("{}T00:00:00", MONTH.day(MONTH.last_day())),
        },
        "blobs": blobs,
    });
    files.push((format!("{folder}/manifest.json"), manifest.to_string()));
}
