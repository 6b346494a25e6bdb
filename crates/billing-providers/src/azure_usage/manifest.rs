//! The manifest of a run of an Azure export: `root/export/20261001-20261031/[[<time>/]<run>/]manifest.json`.
//!
//! Described at <https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports>. The type of
//! the export stands in it, so that an amortised set is known before it is read. `dataRowCount` may be null, and older
//! manifests have no counts. How deep a run's folder lies has changed over the years and tells nothing; a run may also be
//! of a week or of chosen days, which is no bill.

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
    blob_count: Option<usize>,
    data_row_count: Option<u64>,
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
    #[serde(default)]
    end_date: Option<String>,
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

    fn keeps_newest_above(&self, _: &str) -> bool {
        false
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
        let days = Days::of(&run);
        if days.is_some_and(|days| !days.are_of_a_month()) {
            return Err(NoManifest::OtherDocument(partial(&run)));
        }
        let files =
            files(text.blobs, text.blob_count, text.data_row_count).map_err(|cause| unreadable(&cause))?;
        Ok(Manifest {
            report: export.export_name,
            period,
            assembly: run.run_id.clone().unwrap_or_default(),
            written: format!(
                "{} {}",
                days.map(|days| days.end).unwrap_or_default(),
                // without the Z, whose letter comes behind the point of a fraction of a second
                run.submitted_time.as_deref().unwrap_or_default().trim_end_matches('Z')
            ),
            files,
        })
    }
}

/// The files that a manifest names, where its counts agree with them.
fn files(
    blobs: Option<Vec<Blob>>,
    blob_count: Option<usize>,
    row_count: Option<u64>,
) -> Result<Vec<ManifestFile>, String> {
    let blobs = blobs.ok_or("it names no blobs")?;
    if let Some(told) = blob_count.filter(|told| *told != blobs.len()) {
        return Err(format!("its blobCount is {told}, but it names {}", blobs.len()));
    }
    let counts: Option<u64> = blobs.iter().map(|blob| blob.data_row_count).sum();
    if let (Some(told), Some(counts)) = (row_count, counts)
        && told != counts
    {
        return Err(format!("its dataRowCount is {told}, but those of its blobs come to {counts}"));
    }
    let only = blobs.len() == 1;
    let file = |blob: Blob| ManifestFile {
        key: blob.blob_name,
        bytes: blob.byte_count,
        rows: blob.data_row_count.or(row_count.filter(|_| only)),
    };
    Ok(blobs.into_iter().map(file).collect())
}

/// The days that a run is of, as `2026-10-01`.
#[derive(Clone, Copy)]
struct Days<'r> {
    start: &'r str,
    end: &'r str,
}

impl<'r> Days<'r> {
    /// Nothing where the manifest does not tell both.
    fn of(run: &'r Run) -> Option<Self> {
        let day = |date: &'r str| date.get(..10).filter(|day| day.as_bytes()[4] == b'-');
        Some(Self { start: day(&run.start_date)?, end: day(run.end_date.as_deref()?)? })
    }

    /// Whether they are a month from its first day on. Its end is a day of it, or the first of the next one.
    fn are_of_a_month(self) -> bool {
        let month = Period::of_date(self.start);
        let ends_before = self.end.ends_with("-01").then(|| month.map(Period::next)).flatten();
        let end = Period::of_date(self.end);
        self.start.ends_with("-01") && end.is_some() && (end == month || end == ends_before)
    }
}

fn partial(run: &Run) -> String {
    let day = |date: &str| date.get(..10).unwrap_or(date).to_owned();
    format!(
        "this run is of {} to {}, and a bill is a month from its first day on; export whole months, or the running month \
         to date",
        day(&run.start_date),
        day(run.end_date.as_deref().unwrap_or_default())
    )
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
        ("Usage", _) => format!(
            "this is an export of the type Usage, the only one that a management group has; export the type {wanted} of \
             each subscription or of the billing account"
        ),
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
