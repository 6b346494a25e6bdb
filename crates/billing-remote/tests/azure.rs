//! Azure's interfaces, played by a server with answers in their documented form.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use billing_core::Period;
use billing_remote::{
    FetchedFile, Http, RemoteError, RemoteSettings, RetryPolicy, Waiter,
    azure::{AzureManager, BillingScope},
};
use serde_json::{Value, json};
use test_peers::{Reply, Scripted, Seen};

const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000000";
const ENROLLMENT: &str = "/providers/Microsoft.Billing/billingAccounts/123456";
const SECRET: &str = "hush-client-secret";
const TOKEN: &str = "hush-token";

/// A server for Azure and its login, and what is needed to talk to it.
struct Azure {
    server: Scripted,
    waiter: Waiter,
    folder: tempfile::TempDir,
}

impl Azure {
    /// Answers all but the login with what `answer` makes of the number of the request and the request.
    fn new(answer: impl Fn(usize, &Seen) -> Reply + Send + 'static) -> Self {
        let server = Scripted::handling(move |number, seen| match seen.target.as_str() {
            "/tenant/oauth2/v2.0/token" => token(seen),
            _ => answer(number, seen),
        });
        Self { server, waiter: Waiter::noting(), folder: tempfile::tempdir().unwrap() }
    }

    fn manager(&self) -> AzureManager {
        let host = self.server.url("");
        let values = BTreeMap::from([
            ("AZURE_TENANT_ID", "tenant"),
            ("AZURE_CLIENT_ID", "client"),
            ("AZURE_CLIENT_SECRET", SECRET),
            ("AZURE_AUTHORITY_HOST", host.as_str()),
            ("AZURE_RESOURCE_MANAGER_ENDPOINT", host.as_str()),
        ]);
        let settings = RemoteSettings::read(&|name| values.get(name).map(|value| (*value).to_owned()));
        let policy = RetryPolicy { waiter: self.waiter.clone(), ..RetryPolicy::default() };
        AzureManager::connect(&settings, &Http::with_policy(&settings, policy).unwrap()).unwrap()
    }

    fn cost_details(&self, scope: &str) -> Result<Vec<FetchedFile>, RemoteError> {
        let scope = BillingScope::parse(scope).unwrap();
        self.manager().cost_details(&scope, month(), "2026-11-22", self.folder())
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What was asked, the login aside.
    fn asked(&self) -> Vec<Seen> {
        self.server.seen().into_iter().filter(|seen| !seen.target.contains("oauth2")).collect()
    }
}

fn month() -> Period {
    Period::new(2026, 10).unwrap()
}

fn token(seen: &Seen) -> Reply {
    let form = String::from_utf8(seen.body.clone()).unwrap();
    let wanted = "grant_type=client_credentials&client_id=client&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&\
                  client_secret=hush-client-secret";
    match form == wanted {
        true => {
            Reply::ok(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}).to_string())
        }
        false => {
            Reply::status(401).body(json!({"error": "invalid_client", "error_description": form}).to_string())
        }
    }
}

fn texts(files: &[FetchedFile]) -> Vec<String> {
    files.iter().map(|file| fs::read_to_string(&file.path).unwrap()).collect()
}

/// A report of two parts, of which the second breaks off once. The address of the server is not known before it runs,
/// so it is told by the `Host` of the request.
fn report(number: usize, seen: &Seen) -> Reply {
    let own = format!("http://{}", seen.header("host").unwrap());
    let authorized = seen.header("authorization") == Some(&format!("Bearer {TOKEN}"));
    let path = seen.target.split('?').next().unwrap();
    if path.starts_with("/blobs/") {
        assert_eq!(seen.header("authorization"), None, "a token goes to the storage");
        return blob(number, seen);
    }
    assert!(authorized, "{seen:?}");
    if path.ends_with("/generateCostDetailsReport") {
        return Reply::status(202)
            .header("Location", &format!("{own}{SUBSCRIPTION}/operationResults/1?api-version=x"))
            .header("Retry-After", "20");
    }
    assert_eq!(path, format!("{SUBSCRIPTION}/operationResults/1"));
    match number {
        0..=2 => Reply::status(202).header("Retry-After", "40"),
        3 => Reply::status(429).header("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "90"),
        _ => Reply::ok(
            json!({
                "id": format!("{SUBSCRIPTION}/providers/Microsoft.CostManagement/operationResults/1"),
                "name": "1", "status": "Completed", "validTill": "2026-11-22T18:00:00Z",
                "manifest": {
                    "manifestVersion": "2022-05-01", "dataFormat": "Csv", "compressData": false,
                    "byteCount": 15, "blobCount": 2,
                    "requestContext": {"requestScope": SUBSCRIPTION, "requestBody": {"metric": "ActualCost"}},
                    "blobs": [
                        {"blobLink": format!("{own}/blobs/part_0.csv?sig=hush-sas"), "byteCount": 8},
                        {"blobLink": format!("{own}/blobs/part_1.csv?sig=hush-sas"), "byteCount": 7},
                    ],
                },
            })
            .to_string(),
        ),
    }
}

fn blob(number: usize, seen: &Seen) -> Reply {
    let (text, breaks) =
        if seen.target.contains("part_0") { ("a,b\n1,2\n", false) } else { ("a,b\n3,4", true) };
    match (seen.range_start(), breaks) {
        (Some(start), _) => Reply::status(206)
            .header("ETag", "\"1\"")
            .header("Content-Range", &format!("bytes {start}-{}/{}", text.len() - 1, text.len()))
            .body(&text[start..]),
        (None, true) if number < 8 => Reply::ok(text).header("ETag", "\"1\"").cut_after(3),
        (None, _) => Reply::ok(text).header("ETag", "\"1\""),
    }
}

#[test]
fn a_report_is_ordered_waited_for_and_downloaded() {
    let azure = Azure::new(report);
    let files = azure.cost_details(SUBSCRIPTION).unwrap();
    assert_eq!(texts(&files), ["a,b\n1,2\n", "a,b\n3,4"]);
    let names: Vec<&str> = files.iter().map(|file| file.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["001-part_0.csv", "002-part_1.csv"]);
    assert!(!format!("{files:?}").contains("hush"));
    let asked = azure.asked();
    let order: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(
        order,
        json!({"metric": "ActualCost", "timePeriod": {"start": "2026-10-01", "end": "2026-10-31"}})
    );
    assert!(asked[0].target.ends_with("generateCostDetailsReport?api-version=2025-03-01"));
    assert!(asked.iter().any(|seen| seen.range_start() == Some(3)), "the broken part is not resumed");
    let waits: Vec<u64> = azure.waiter.noted().iter().map(Duration::as_secs).collect();
    // As the answers asked for; the last one is the pause before the broken part is resumed.
    assert_eq!(waits[..3], [20, 40, 90], "{waits:?}");
    let logins = azure.server.seen().len() - asked.len();
    assert_eq!(logins, 1, "a token is asked for once");
}

#[test]
fn a_month_without_cost_is_an_error_and_not_zero() {
    for reply in [Reply::ok(json!({"status": "NoDataFound"}).to_string()), Reply::status(204)] {
        let azure = Azure::new(move |_, _| reply.clone());
        let error = azure.cost_details(ENROLLMENT).unwrap_err().to_string();
        let sentence = "there is no cost of 2026-10 at /providers/Microsoft.Billing/billingAccounts/123456; nothing was \
                        taken: check AZURE_BILLING_SCOPE and --period";
        assert!(error.ends_with(sentence), "{error}");
        let order: Value = serde_json::from_slice(&azure.asked()[0].body).unwrap();
        assert_eq!(order, json!({"metric": "ActualCost", "billingPeriod": "202610"}));
    }
}

#[test]
fn a_part_of_another_length_is_refused() {
    let azure = Azure::new(|number, seen| match seen.target.starts_with("/blobs/part_1") {
        true => Reply::ok("a,b\n3,").header("ETag", "\"2\""),
        false => report(number, seen),
    });
    let error = azure.cost_details(SUBSCRIPTION).unwrap_err().to_string();
    assert!(error.contains("part 002-part_1.csv has 6 bytes, not 7 as the report says"), "{error}");
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn a_token_goes_to_no_other_host() {
    let elsewhere = "https://elsewhere.example/operationResults/1";
    let azure = Azure::new(move |_, _| Reply::status(202).header("Location", elsewhere));
    let error = azure.cost_details(SUBSCRIPTION).unwrap_err().to_string();
    assert!(error.contains("points to another host, to which no token is sent"), "{error}");
}

#[test]
fn a_refusal_names_the_right_that_is_missing_and_no_secret() {
    let refused =
        json!({"error": {"code": "AuthorizationFailed", "message": "The client has no right."}}).to_string();
    let azure = Azure::new(move |_, _| Reply::status(403).body(refused.clone()));
    let error = azure.cost_details(SUBSCRIPTION).unwrap_err().to_string();
    assert!(error.contains("AuthorizationFailed"), "{error}");
    assert!(error.contains("the role Cost Management Reader on the scope"), "{error}");
    let settings = format!("{:?}", azure.manager());
    assert!(!settings.contains("hush") && !error.contains("hush"), "{settings} {error}");
}

#[test]
fn a_setting_that_is_missing_is_named() {
    let settings = RemoteSettings::read(&|name| (name == "AZURE_TENANT_ID").then(|| "t".to_owned()));
    let error = AzureManager::connect(&settings, &Http::new(&settings).unwrap()).unwrap_err();
    assert!(matches!(&error, RemoteError::Setting { name, .. } if name == "AZURE_CLIENT_ID"), "{error}");
}

/// A list of two pages with an empty one between them; the second is asked for too often once.
fn pages(number: usize, seen: &Seen) -> Reply {
    let own = format!("http://{}", seen.header("host").unwrap());
    let link = |token: &str| format!("{own}/next?$skiptoken={token}");
    if seen.target == "/next?$skiptoken=b" && number < 4 {
        return Reply::status(429).header("Retry-After", "7");
    }
    let page = match seen.target.as_str() {
        "/next?$skiptoken=a" => json!({"value": [], "nextLink": link("b")}),
        "/next?$skiptoken=b" => json!({"value": [{"properties": {"amount": 2}}]}),
        _ => json!({"value": [{"properties": {"amount": 1.5}}], "nextLink": link("a")}),
    };
    Reply::ok(page.to_string())
}

#[test]
fn all_pages_of_a_list_are_kept_as_they_came() {
    let azure = Azure::new(pages);
    let scope = BillingScope::parse(ENROLLMENT).unwrap();
    let files = azure.manager().reservation_transactions(&scope, month(), azure.folder()).unwrap();
    let amounts: Vec<String> = texts(&files)
        .iter()
        .map(|text| {
            serde_json::from_str::<Value>(text).unwrap()["value"][0]["properties"]["amount"].to_string()
        })
        .collect();
    assert_eq!(amounts, ["1.5", "2"]);
    assert_eq!(
        azure.asked()[0].target,
        "/providers/Microsoft.Billing/billingAccounts/123456/providers/Microsoft.Consumption/reservationTransactions\
         ?api-version=2024-08-01&$filter=properties%2FeventDate%20ge%202026-10-01%20AND%20properties%2FeventDate%20le\
         %202026-10-31"
    );
    assert_eq!(azure.waiter.noted(), [Duration::from_secs(7)]);
}

#[test]
fn an_empty_list_is_an_error() {
    for reply in [Reply::ok(r#"{"value": []}"#), Reply::status(204)] {
        let azure = Azure::new(move |_, _| reply.clone());
        let scope = BillingScope::parse(SUBSCRIPTION).unwrap();
        let error =
            azure.manager().marketplace_charges(&scope, month(), azure.folder()).unwrap_err().to_string();
        assert!(error.contains("the list of marketplaces of 2026-10 at /subscriptions/"), "{error}");
        assert!(error.contains("is empty; nothing was taken"), "{error}");
        assert!(azure.asked()[0].target.contains("usageStart%20ge%20%272026-10-01T00%3A00%3A00Z%27%20and"));
    }
}

#[test]
fn an_enrollment_is_asked_for_a_billing_period() {
    let azure = Azure::new(pages);
    let scope = BillingScope::parse(ENROLLMENT).unwrap();
    azure.manager().marketplace_charges(&scope, month(), azure.folder()).unwrap();
    assert_eq!(
        azure.asked()[0].target,
        format!(
            "{ENROLLMENT}/providers/Microsoft.Billing/billingPeriods/202610/providers/Microsoft.Consumption/marketplaces\
             ?api-version=2024-08-01"
        )
    );
}
