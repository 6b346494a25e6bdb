//! The manifests beside AWS's reports.
//!
//! The legacy report: `prefix/report/20261001-20261101/<assembly>/report-Manifest.json`, and a copy of the newest in
//! `prefix/report/20261001-20261101/`; with overwriting there are no assemblies. With the layout for Athena the report's
//! folder is doubled and a month is `prefix/report/report/year=2026/month=10/`
//! (<https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html>). Data Exports:
//! `prefix/export/metadata/BILLING_PERIOD=2026-10/[<execution>/]export-Manifest.json`, the files under `data`
//! (<https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html>).

use billing_core::{
    Period,
    ports::{Delivery, Manifest, ManifestFile, NoManifest},
};
use serde::Deserialize;

/// Reports of AWS with AWS's own columns, or with FOCUS columns.
pub(crate) struct AwsDelivery {
    /// Whether the columns are FOCUS's.
    pub(crate) focus: bool,
}

/// Both forms of manifest. What is not looked at is left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    assembly_id: Option<String>,
    report_name: Option<String>,
    billing_period: Option<BillingPeriod>,
    report_keys: Option<Vec<String>>,
    execution_id: Option<String>,
    data_files: Option<Vec<String>>,
    #[serde(default)]
    columns: Vec<ColumnText>,
}

#[derive(Deserialize)]
struct BillingPeriod {
    start: String,
}

#[derive(Deserialize)]
struct ColumnText {
    #[serde(default)]
    name: String,
}

impl Delivery for AwsDelivery {
    fn is_manifest(&self, name: &str) -> bool {
        name.ends_with("-Manifest.json")
    }

    fn place(&self, name: &str) -> Option<(String, Period)> {
        let folders: Vec<&str> = name.split('/').collect();
        let (at, period) = (0..folders.len()).find_map(|at| Some((at, period_of(&folders[at..])?)))?;
        let above = match &folders[..at] {
            [above @ .., "metadata"] => above,
            [above @ .., one, other] if one == other => &folders[..=above.len()],
            above => above,
        };
        Some((above.join("/"), period))
    }

    fn keeps_newest_above(&self, _: &str) -> bool {
        true
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Result<Manifest, NoManifest> {
        let text: Text = serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))?;
        let focus = text.columns.iter().any(|column| column.name.eq_ignore_ascii_case("BilledCost"));
        if focus != self.focus && !text.columns.is_empty() {
            let sentence = match focus {
                true => "this is the manifest of a FOCUS export; import it with focus",
                false => {
                    "this is the manifest of AWS's own report, not of a FOCUS export; import it with aws-cur"
                }
            };
            return Err(NoManifest::OtherDocument(sentence.to_owned()));
        }
        match (text.report_keys, text.data_files) {
            (Some(keys), _) => {
                let start = text.billing_period.map(|period| period.start).unwrap_or_default();
                let period = start.get(..8).and_then(Period::of_date);
                Ok(Manifest {
                    report: text.report_name.ok_or_else(|| unreadable("it has no reportName"))?,
                    period: period.ok_or_else(|| unreadable("it has no billingPeriod that can be read"))?,
                    assembly: text.assembly_id.unwrap_or_default(),
                    written: String::new(),
                    files: keys.into_iter().map(file).collect(),
                })
            }
            (None, Some(uris)) => {
                let files: Vec<ManifestFile> = uris.iter().map(|uri| file(key_of(uri))).collect();
                let periods = std::iter::once(name).chain(files.iter().map(|file| file.key.as_str()));
                let period = periods.flat_map(|path| path.split('/')).find_map(period_of_folder);
                Ok(Manifest {
                    report: report_of_file(name),
                    period: period.ok_or_else(|| unreadable("its path names no BILLING_PERIOD"))?,
                    assembly: text.execution_id.unwrap_or_default(),
                    written: written(name),
                    files,
                })
            }
            (None, None) => Err(unreadable("it names no files (reportKeys or dataFiles)")),
        }
    }

    fn report_setting(&self) -> Option<&'static str> {
        (!self.focus).then_some("AWS_CUR_REPORT")
    }
}

fn unreadable(cause: &str) -> NoManifest {
    NoManifest::Unreadable(format!("this is no manifest of an AWS report: {cause}; copy the report again"))
}

fn file(key: String) -> ManifestFile {
    ManifestFile { key, bytes: None, rows: None }
}

/// The month that a path begins with: `year=2026/month=10`, or as [`period_of_folder`].
fn period_of(folders: &[&str]) -> Option<Period> {
    match folders {
        [year, month, ..] if after(year, "year=").is_some() => {
            Period::new(after(year, "year=")?.parse().ok()?, after(month, "month=")?.parse().ok()?)
        }
        [folder, ..] => period_of_folder(folder),
        [] => None,
    }
}

/// What stands behind the beginning of a text, whatever its case.
fn after<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(beginning.len())?;
    start.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// The month of a folder: `20261001-20261101`, `BILLING_PERIOD=2026-10`, or the same in small letters, as FOCUS exports
/// write it.
fn period_of_folder(folder: &str) -> Option<Period> {
    if let Some(period) = after(folder, "BILLING_PERIOD=") {
        return period.parse().ok();
    }
    let (start, end) = folder.split_once('-')?;
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_date(start) && is_date(end)).then(|| Period::of_date(start))?
}

/// The key of `s3://bucket/key`; what is no such address is a key.
fn key_of(uri: &str) -> String {
    let key = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).map(|(_, key)| key);
    key.unwrap_or(uri).to_owned()
}

/// The export's name out of the manifest's own.
fn report_of_file(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.strip_suffix("-Manifest.json").unwrap_or(file).to_owned()
}

/// When an export was written, out of the folder of its execution, which starts with the time.
fn written(name: &str) -> String {
    let folder = name.rsplit('/').nth(1).unwrap_or("");
    let starts_with_year = folder.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    if starts_with_year && period_of_folder(folder).is_none() { folder.to_owned() } else { String::new() }
}
