//! The manifest of a run of an Azure export: `root/export/20261001-20261031/[<run>/]manifest.json`.
//!
//! Described at <https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports>. The type of
//! the export stands in it, so that an amortised set is known before it is read. `dataRowCount` may be null.

use billing_core::{
    Period,
    ports::{Delivery, Manifest, ManifestFile, NoManifest},
};
use serde::Deserialize;

/// Exports of one type.
pub(crate) struct AzureDelivery {
    /// The type that is taken: `ActualCost` or `FocusCost`.
    pub(crate) kind: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    export_config: Option<Export>,
    run_info: Option<Run>,
    blobs: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Export {
    #[serde(default)]
    export_name: String,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    #[serde(default)]
    submitted_time: Option<String>,
    #[serde(default)]
    run_id: Option<String>,
    #[serde(default)]
    start_date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    blob_name: String,
    byte_count: Option<u64>,
    data_row_count: Option<u64>,
}

impl Delivery for AzureDelivery {
    fn is_manifest(&self, name: &str) -> bool {
        name.rsplit('/').next().is_some_and(|file| file.eq_ignore_ascii_case("manifest.json"))
    }

    fn place(&self, name: &str) -> Option<(String, Period)> {
        let folders: Vec<&str> = name.split('/').collect();
        let (at, period) =
            folders.iter().enumerate().find_map(|(at, folder)| Some((at, period_of_folder(folder)?)))?;
        Some((folders[..at].join("/"), period))
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Result<Manifest, NoManifest> {
        let text: Text = serde_json::from_slice(bytes).map_err(|error| unreadable(&error.to_string()))?;
        let export = text.export_config.ok_or_else(|| unreadable("it has no exportConfig"))?;
        if !export.kind.is_empty() && !export.kind.eq_ignore_ascii_case(self.kind) {
            return Err(NoManifest::OtherDocument(other(&export.kind, self.kind)));
        }
        let run = text.run_info.ok_or_else(|| unreadable("it has no runInfo"))?;
        let period = Period::of_date(&run.start_date)
            .or_else(|| self.place(name).map(|(_, period)| period))
            .ok_or_else(|| unreadable("its runInfo has no startDate that can be read"))?;
        let blobs = text.blobs.ok_or_else(|| unreadable("it names no blobs"))?;
        let file = |blob: Blob| ManifestFile {
            key: blob.blob_name,
            bytes: blob.byte_count,
            rows: blob.data_row_count,
        };
        Ok(Manifest {
            report: export.export_name,
            period,
            assembly: run.run_id.unwrap_or_default(),
            written: run.submitted_time.unwrap_or_default(),
            files: blobs.into_iter().map(file).collect(),
        })
    }
}

fn other(kind: &str, wanted: &str) -> String {
    let kind = if kind.eq_ignore_ascii_case("AmortizedCost") {
        return format!(
            "this is an amortised cost export, which does not add up to the invoice; export the type {wanted}"
        );
    } else {
        kind
    };
    match (kind, wanted) {
        ("FocusCost", _) => "this is a FOCUS export, not Azure's own; import it with focus".to_owned(),
        ("ActualCost", "FocusCost") => {
            "this is Azure's own cost export, not FOCUS; import it with azure-usage".to_owned()
        }
        _ => format!("this is an export of the type {kind}; export the type {wanted}"),
    }
}

fn unreadable(cause: &str) -> NoManifest {
    NoManifest::Unreadable(format!("this is no manifest of an Azure export: {cause}; copy the export again"))
}

/// The month of a folder `20261001-20261031`.
fn period_of_folder(folder: &str) -> Option<Period> {
    let (start, end) = folder.split_once('-')?;
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_date(start) && is_date(end)).then(|| Period::of_date(start))?
}
