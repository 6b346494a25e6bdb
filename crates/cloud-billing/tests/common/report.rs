//! An AWS report as it lies in a bucket.

const MONTH: &str = "cur/rep/20261001-20261101";

/// A file of the report with one row: its id, and what it costs in dollars.
fn file(id: &str, cost: &str) -> String {
    format!(
        "identity/LineItemId,lineItem/UsageAccountId,bill/BillingPeriodStartDate,lineItem/CurrencyCode,\
         lineItem/LineItemType,lineItem/UnblendedCost\n{id},200000000002,2026-10-01T00:00:00Z,USD,Usage,{cost}\n"
    )
}

/// The manifest of an assembly.
fn manifest(assembly: &str, files: &[&str]) -> String {
    let keys: Vec<String> = files.iter().map(|file| format!("\"{MONTH}/{assembly}/{file}\"")).collect();
    format!(
        r#"{{"assemblyId":"{assembly}","reportName":"rep","columns":[],
        "billingPeriod":{{"start":"20261001T000000.000Z","end":"20261101T000000.000Z"}},"reportKeys":[{}]}}"#,
        keys.join(",")
    )
}

/// Two assemblies of October, and a file that belongs to none: keys with what is there. The newest comes to 320.
pub fn bucket() -> Vec<(String, String)> {
    let newest = manifest("a2", &["rep-1.csv", "rep-2.csv"]);
    let files = [
        ("a1/rep-1.csv", file("a", "1")),
        ("a1/rep-Manifest.json", manifest("a1", &["rep-1.csv"])),
        ("a2/rep-1.csv", file("b", "20")),
        ("a2/rep-2.csv", file("c", "300")),
        ("a2/rep-Manifest.json", newest.clone()),
        ("rep-Manifest.json", newest),
        ("stray.csv", file("d", "4000")),
    ];
    files.into_iter().map(|(name, content)| (format!("{MONTH}/{name}"), content)).collect()
}
