//! Azure's Cost Details report: it is ordered, asked for until it is made, then downloaded.
//!
//! Source: <https://learn.microsoft.com/rest/api/cost-management/generate-cost-details-report/create-operation>

use std::{path::Path, time::Duration};

use billing_core::Period;
use serde::Deserialize;
use serde_json::json;

use crate::{
    azure::manager::{AzureManager, BillingScope},
    endpoint,
    error::RemoteError,
    fetched::FetchedFile,
    http::Answer,
};

const VERSION: &str = "2025-03-01";
const NEEDS: &str = "the role Cost Management Reader on the scope (Enrollment Reader for an enrollment)";
/// How long to wait between two questions where the answer does not say.
const PAUSE: Duration = Duration::from_secs(30);
/// The shortest and longest pause, whatever the answer says.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(120);
/// How long a report may take in all.
const PATIENCE: Duration = Duration::from_secs(3 * 60 * 60);

/// What the operation says when it has ended.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    status: String,
    manifest: Option<Manifest>,
    error: Option<Problem>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Manifest {
    byte_count: Option<u64>,
    blob_count: Option<usize>,
    blobs: Vec<Blob>,
    request_context: Option<Context>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Blob {
    blob_link: String,
    byte_count: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    request_body: Option<Body>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    metric: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    code: String,
    message: String,
}

impl AzureManager {
    /// Downloads the actual-cost details of a month into a folder. `today` (`2026-10-31`) ends a month that is not over.
    ///
    /// # Errors
    /// When the report is refused, is not made, has no rows, or does not arrive whole.
    pub fn cost_details(
        &self,
        scope: &BillingScope,
        month: Period,
        today: &str,
        folder: &Path,
    ) -> Result<Vec<FetchedFile>, RemoteError> {
        let address = self.address(
            scope,
            &format!("/providers/Microsoft.CostManagement/generateCostDetailsReport?api-version={VERSION}"),
        );
        let answer = self.post(&address, &order(scope, month, today), NEEDS)?;
        let place = answer.place().to_owned();
        let operation = self.made(answer)?;
        let manifest = checked(&place, scope, month, operation)?;
        self.download(&place, &manifest, folder)
    }

    /// Asks until the report is made.
    fn made(&self, mut answer: Answer) -> Result<Operation, RemoteError> {
        let mut waited = Duration::ZERO;
        let mut next = None;
        while answer.status() == 202 {
            if let Some(location) = answer.location() {
                next = Some(self.own(answer.place(), location)?);
            }
            let Some(address) = &next else {
                let problem = "the answer does not say where the report will be; run the command again";
                return Err(RemoteError::damaged(answer.place(), problem));
            };
            let pause = answer.asked_wait().unwrap_or(PAUSE).clamp(PAUSE_MIN, PAUSE_MAX);
            waited += pause;
            if waited > PATIENCE {
                let problem = "the report was not made within three hours; run the command again later, or use an \
                               export into a storage account (AZURE_EXPORT_URL)";
                return Err(RemoteError::damaged(answer.place(), problem));
            }
            tracing::info!(seconds = pause.as_secs(), "Azure is making the cost report");
            self.http.pause(pause);
            answer = self.get(address, NEEDS)?;
        }
        match answer.status() {
            204 => Ok(Operation { status: "NoDataFound".to_owned(), ..Operation::default() }),
            _ => answer.json(),
        }
    }

    fn download(
        &self,
        place: &str,
        manifest: &Manifest,
        folder: &Path,
    ) -> Result<Vec<FetchedFile>, RemoteError> {
        let mut files = Vec::new();
        let mut bytes = 0;
        for (at, blob) in manifest.blobs.iter().enumerate() {
            if !endpoint::is_private(&blob.blob_link) {
                return Err(RemoteError::damaged(
                    place,
                    "a part of the report has no https address; report it",
                ));
            }
            // The address carries its own signature; a token would be too much, and is not sent.
            let name = part_name(&blob.blob_link, at);
            let path = folder.join(&name);
            let needs = "a report that has not expired; run the command again";
            let came = self.http.get(&blob.blob_link).needs(needs).download(&path)?;
            if let Some(told) = blob.byte_count.filter(|told| *told != came.bytes) {
                let problem = format!(
                    "part {name} has {} bytes, not {told} as the report says; run the command again",
                    came.bytes
                );
                return Err(RemoteError::damaged(place, problem));
            }
            bytes += came.bytes;
            files.push(FetchedFile { name: format!("{place}/{name}"), path });
        }
        if let Some(told) = manifest.byte_count.filter(|told| *told != bytes) {
            let problem = format!(
                "the report's parts have {bytes} bytes, not {told} as it says; run the command again"
            );
            return Err(RemoteError::damaged(place, problem));
        }
        Ok(files)
    }
}

/// What is ordered: a billing period for an enrollment, which alone knows them by month, else the days of the month.
fn order(scope: &BillingScope, month: Period, today: &str) -> serde_json::Value {
    if scope.is_enrollment() {
        return json!({
            "metric": "ActualCost",
            "billingPeriod": format!("{:04}{:02}", month.year(), month.month()),
        });
    }
    let last = last_day(month);
    let end = if today < last.as_str() && today.starts_with(&month.to_string()) { today } else { &last };
    json!({"metric": "ActualCost", "timePeriod": {"start": format!("{month}-01"), "end": end}})
}

/// The last day of a month, as `2026-02-28`.
pub(crate) fn last_day(month: Period) -> String {
    let year = month.year();
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let day = match month.month() {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    format!("{month}-{day}")
}

/// The manifest of a report that was made as ordered and has rows.
fn checked(
    place: &str,
    scope: &BillingScope,
    month: Period,
    operation: Operation,
) -> Result<Manifest, RemoteError> {
    let damaged = |problem: String| Err(RemoteError::damaged(place, problem));
    match operation.status.as_str() {
        "Completed" => {}
        "NoDataFound" => {
            return damaged(format!(
                "there is no cost of {month} at {scope}; nothing was taken: check AZURE_BILLING_SCOPE and --period"
            ));
        }
        status => {
            let problem = operation.error.unwrap_or_default();
            let why = format!("{}: {}", problem.code, crate::refusal::shorten(&problem.message));
            return damaged(format!(
                "the report ended with '{status}' ({}); run the command again, or ask for another scope or month",
                why.trim_matches([':', ' '])
            ));
        }
    }
    let manifest = operation.manifest.unwrap_or_default();
    if manifest.blobs.is_empty() || manifest.blob_count.is_some_and(|count| count != manifest.blobs.len()) {
        return damaged("the report names not all of its parts; run the command again".to_owned());
    }
    let body = manifest.request_context.as_ref().and_then(|context| context.request_body.as_ref());
    if let Some(metric) = body.and_then(|body| body.metric.as_deref())
        && !metric.eq_ignore_ascii_case("ActualCost")
    {
        return damaged(format!(
            "the report holds {metric}, not ActualCost as ordered; run the command again"
        ));
    }
    Ok(manifest)
}

/// What a part is called: the last name in its address, and its number, as two parts may be called the same.
fn part_name(link: &str, at: usize) -> String {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    format!("{:03}-{}", at + 1, if fits { name } else { "part.csv" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(month: u8) -> Period {
        Period::new(2028, month).unwrap()
    }

    #[test]
    fn an_enrollment_is_asked_by_billing_period_and_others_by_days() {
        let enrollment = BillingScope::parse("/providers/Microsoft.Billing/billingAccounts/123").unwrap();
        let subscription = BillingScope::parse("/subscriptions/0f6c").unwrap();
        assert_eq!(
            order(&enrollment, month(3), "2028-03-04"),
            json!({"metric": "ActualCost", "billingPeriod": "202803"})
        );
        let days = |asked, today| order(&subscription, asked, today)["timePeriod"].clone();
        assert_eq!(days(month(2), "2028-03-04"), json!({"start": "2028-02-01", "end": "2028-02-29"}));
        assert_eq!(days(month(3), "2028-03-04"), json!({"start": "2028-03-01", "end": "2028-03-04"}));
    }

    #[test]
    fn what_a_report_ends_with_is_told() {
        let scope = BillingScope::parse("/subscriptions/0f6c").unwrap();
        let problem = |json: serde_json::Value| {
            checked("here", &scope, month(2), serde_json::from_value(json).unwrap())
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(
            problem(json!({"status": "NoDataFound"})).as_deref(),
            Some(
                "here: there is no cost of 2028-02 at /subscriptions/0f6c; nothing was taken: check \
                 AZURE_BILLING_SCOPE and --period"
            )
        );
        let failed =
            json!({"status": "Failed", "error": {"code": "BillingAccountNotFound", "message": "No."}});
        assert_eq!(
            problem(failed).as_deref(),
            Some(
                "here: the report ended with 'Failed' (BillingAccountNotFound: No); run the command again, or ask \
                 for another scope or month"
            )
        );
        let blobs = json!([{"blobLink": "https://a.example/x", "byteCount": 3}]);
        let two = json!({"status": "Completed", "manifest": {"blobCount": 2, "blobs": blobs}});
        assert!(problem(two).unwrap().contains("names not all of its parts"));
        let context = json!({"requestBody": {"metric": "AmortizedCost"}});
        let other = json!({"status": "Completed", "manifest": {"blobs": blobs, "requestContext": context}});
        assert!(problem(other).unwrap().contains("holds AmortizedCost"));
        assert_eq!(
            problem(json!({"status": "Completed", "manifest": {"blobCount": 1, "blobs": blobs}})),
            None
        );
    }

    #[test]
    fn parts_are_called_without_their_signature() {
        assert_eq!(part_name("https://a.example/c/part_0.csv?sig=hush", 0), "001-part_0.csv");
        assert_eq!(part_name("https://a.example/c/%2e%2e?sig=hush", 1), "002-part.csv");
    }
}
