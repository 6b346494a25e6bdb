//! Google: assertions checked by Google's own library, and the billing export in two emulators of BigQuery that differ
//! where a client can be wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use billing_core::{Decimal, Period};
use billing_remote::{
    Http, RemoteError, RemoteSettings, RetryPolicy, Waiter,
    google::{BigQuery, BillingTable, Months},
};
use serde_json::{Value, json};
use test_peers::{Peer, Reply, Scripted, Seen, program};

const COLUMNS: [&str; 13] = [
    "billing_account_id",
    "service.description",
    "project.id",
    "project.labels",
    "labels",
    "location.region",
    "usage_start_time",
    "cost",
    "currency",
    "credits",
    "invoice.month",
    "cost_type",
    "resource.name",
];

fn settings(values: &[(&'static str, &str)]) -> RemoteSettings {
    let values: BTreeMap<&str, &str> = values.iter().copied().collect();
    RemoteSettings::read(&|name| values.get(name).map(|value| (*value).to_owned()))
}

fn http(settings: &RemoteSettings) -> Http {
    let policy = RetryPolicy { waiter: Waiter::noting(), ..RetryPolicy::default() };
    Http::with_policy(settings, policy).unwrap()
}

fn month(month: u8) -> Period {
    Period::new(2026, month).unwrap()
}

// --- The token ---------------------------------------------------------------------------------------------------

/// Makes a key with Google's file format, and its public half.
const MAKE_KEY: &str = r#"
import json, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
private = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
public = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()
print(json.dumps({"public": public, "file": {"type": "service_account", "project_id": "proj1", "private_key_id": "kid-7",
    "private_key": private, "client_email": "billing@proj1.iam.gserviceaccount.com", "token_uri": sys.argv[1]}}))
"#;

/// Checks an assertion as Google does.
const CHECK: &str = r"
import json, sys
from google.auth import jwt
assertion, public, audience = sys.argv[1:]
assert jwt.decode_header(assertion)['kid'] == 'kid-7'
print(json.dumps(jwt.decode(assertion, certs={'kid-7': public}, audience=audience)))
";

fn python(python: &Path, code: &str, arguments: &[&str]) -> Value {
    let output = Command::new(python).arg("-c").arg(code).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A token service, and a BigQuery that says what it was asked with.
fn token_service() -> Scripted {
    Scripted::handling(|_, seen| match seen.target.as_str() {
        "/token" => Reply::ok(json!({"access_token": "hush-token", "expires_in": 3600}).to_string()),
        _ => Reply::status(404)
            .body(json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "No."}}).to_string()),
    })
}

fn form_value(seen: &Seen, name: &str) -> String {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let start = format!("{name}=");
    body.split('&').find_map(|pair| pair.strip_prefix(&start)).unwrap().to_owned()
}

#[test]
fn an_assertion_passes_googles_own_check() {
    let Some(interpreter) = program("google-auth") else { return };
    let service = token_service();
    let audience = service.url("/token");
    let key = python(&interpreter, MAKE_KEY, &[&audience]);
    let text = key["file"].to_string();
    let endpoint = service.url("");
    let settings =
        settings(&[("GOOGLE_SERVICE_ACCOUNT_KEY", &text), ("GOOGLE_BIGQUERY_ENDPOINT", &endpoint)]);
    let bigquery = BigQuery::connect(&settings, &http(&settings)).unwrap();
    let (shown, error) = (format!("{bigquery:?}"), fetch(&bigquery, 10).unwrap_err().to_string());
    assert!(error.contains("refused with status 404"), "{error}");
    assert!(!shown.contains("PRIVATE KEY") && !error.contains("hush"), "{shown} {error}");

    let seen = service.seen();
    assert_eq!(form_value(&seen[0], "grant_type"), "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    assert_eq!(seen[1].header("authorization"), Some("Bearer hush-token"));
    let assertion = form_value(&seen[0], "assertion");
    let claims = python(&interpreter, CHECK, &[&assertion, key["public"].as_str().unwrap(), &audience]);
    assert_eq!(claims["iss"], "billing@proj1.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/bigquery.readonly");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);

    let _ = fetch(&bigquery, 11);
    let tokens = service.seen().iter().filter(|seen| seen.target == "/token").count();
    assert_eq!(tokens, 1, "a token is asked for once");
}

#[test]
fn a_key_is_needed_and_is_sent_over_https_only() {
    let none = settings(&[]);
    let error = BigQuery::connect(&none, &http(&none)).unwrap_err();
    assert!(
        matches!(&error, RemoteError::Setting { name, .. } if name == "GOOGLE_SERVICE_ACCOUNT_KEY"),
        "{error}"
    );
    let file = settings(&[("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/key.json")]);
    let error = BigQuery::connect(&file, &http(&file)).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "setting GOOGLE_APPLICATION_CREDENTIALS: /no/such/key.json: the file cannot be read"
        )
    );
    let Some(interpreter) = program("google-auth") else { return };
    let text = python(&interpreter, MAKE_KEY, &["http://token.example/"])["file"].to_string();
    let open = settings(&[("GOOGLE_SERVICE_ACCOUNT_KEY", &text)]);
    let error = BigQuery::connect(&open, &http(&open)).unwrap_err().to_string();
    assert!(error.contains("token_uri is no https address"), "{error}");
}

// --- The export --------------------------------------------------------------------------------------------------

fn fetch(bigquery: &BigQuery, number: u8) -> Result<Vec<Value>, RemoteError> {
    fetch_in(bigquery, number, None)
}

fn fetch_in(bigquery: &BigQuery, number: u8, location: Option<&str>) -> Result<Vec<Value>, RemoteError> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("rows.csv");
    let table = BillingTable::parse("proj1.billing.gcp_billing_export_v1_01").unwrap();
    let rows =
        bigquery.fetch(&Months { table: &table, month: month(number), columns: &COLUMNS, location }, &to)?;
    let text = fs::read_to_string(&to).unwrap();
    let mut table = text.lines().map(cells);
    let headings = table.next().unwrap();
    let lines: Vec<Value> = table
        .map(|cells| headings.iter().map(|heading| heading.as_str().unwrap().to_owned()).zip(cells).collect())
        .collect();
    assert_eq!(u64::try_from(lines.len()).unwrap(), rows);
    Ok(lines)
}

/// The cells of a line, by heading later: what is JSON is read as it, but numbers stay texts.
fn cells(line: &str) -> Vec<Value> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(character),
        }
        // A doubled quote inside quotes is one.
        if character == '"' && quoted && !cells.last().unwrap().is_empty() {
            cells.last_mut().unwrap().push('"');
        }
    }
    let read = |cell: String| match cell.starts_with('[') {
        true => serde_json::from_str(&cell).unwrap(),
        false => Value::from(cell),
    };
    cells.into_iter().map(read).collect()
}

fn field(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "mode": "NULLABLE"})
}

fn record(name: &str, mode: &str, fields: &[Value]) -> Value {
    json!({"name": name, "type": "RECORD", "mode": mode, "fields": fields})
}

/// A standard export: it has no resource.
fn schema() -> Value {
    let text = |name| field(name, "STRING");
    let labels = |name| record(name, "REPEATED", &[text("key"), text("value")]);
    let credit = [text("name"), field("amount", "FLOAT"), text("full_name"), text("id"), text("type")];
    json!({"fields": [
        text("billing_account_id"),
        record("service", "NULLABLE", &[text("id"), text("description")]),
        record("project", "NULLABLE", &[text("id"), text("name"), labels("labels")]),
        labels("labels"),
        record("location", "NULLABLE", &[text("location"), text("region")]),
        field("usage_start_time", "TIMESTAMP"),
        field("cost", "FLOAT"),
        text("currency"),
        record("credits", "REPEATED", &credit),
        record("invoice", "NULLABLE", &[text("month")]),
        text("cost_type"),
    ]})
}

/// Costs that a client could spoil: more than nine places, an exponent, Google's own example, a negative one.
const COSTS: [&str; 5] = ["0.123456789012", "1e-07", "1005.004832999999984", "-3.5", "0"];

fn row(number: usize) -> Value {
    let cost: Value = serde_json::from_str(COSTS[number % COSTS.len()]).unwrap();
    let project =
        json!({"id": format!("shop-{number}"), "name": "Shop", "labels": [{"key": "env", "value": "prod"}]});
    json!({"json": {
        "billing_account_id": "01AB-CD",
        "service": {"id": "6F81", "description": "Compute \"Engine\""},
        "project": if number == 3 { Value::Null } else { project },
        "labels": [{"key": "costcenter", "value": "4711"}, {"key": "team", "value": null}],
        "location": {"location": "europe-west6", "region": "europe-west6"},
        "usage_start_time": "2026-10-01T00:30:00Z",
        "cost": cost,
        "currency": "CHF",
        "credits": if number == 0 {
            json!([{"name": "SUD", "amount": -0.05, "type": "SUSTAINED_USAGE_DISCOUNT"}, {"name": "F", "amount": -1e-9}])
        } else {
            json!([])
        },
        "invoice": {"month": if number == 4 { "202611" } else { "202610" }},
        "cost_type": if number == 3 { "tax" } else { "regular" },
    }})
}

fn fill(url: &str, rows: usize) {
    let http = Http::new(&RemoteSettings::default()).unwrap();
    let base = format!("{url}/bigquery/v2/projects/proj1/datasets");
    let post = |path: &str, body: &Value| {
        http.post(&format!("{base}{path}")).json(body).repeatable().send().unwrap();
    };
    post("", &json!({"datasetReference": {"projectId": "proj1", "datasetId": "billing"}}));
    let table = "gcp_billing_export_v1_01";
    let reference = json!({"projectId": "proj1", "datasetId": "billing", "tableId": table});
    post("/billing/tables", &json!({"tableReference": reference, "schema": schema()}));
    let rows: Vec<Value> = (0..rows).map(row).collect();
    post(&format!("/billing/tables/{table}/insertAll"), &json!({"rows": rows}));
}

/// What both emulators must say of the same rows.
fn check(peer: &Peer) {
    fill(&peer.url(), 6);
    let url = peer.url();
    let settings = settings(&[("GOOGLE_BIGQUERY_ENDPOINT", &url)]);
    let bigquery = BigQuery::connect(&settings, &http(&settings)).unwrap();
    let mut lines = fetch(&bigquery, 10).unwrap();
    lines.sort_by_key(|line| line["project.id"].as_str().map(str::to_owned));
    assert_eq!(lines.len(), 5, "rows of other months come too");
    // The row without project is first.
    assert_eq!((&lines[0]["project.id"], &lines[0]["cost_type"]), (&json!(""), &json!("tax")));
    let first = &lines[1];
    assert_eq!(first["usage_start_time"], "2026-10-01T00:30:00Z");
    assert_eq!(first["labels"][0], json!({"key": "costcenter", "value": "4711"}));
    assert_eq!(first["labels"][1]["value"], Value::Null);
    assert_eq!(first["project.labels"], json!([{"key": "env", "value": "prod"}]));
    assert_eq!(first["service.description"], "Compute \"Engine\"");
    assert_eq!(first.get("service.id"), None, "more was read than was asked for");
    assert_eq!(first.get("resource.name"), None, "the standard export has no resource");
    let number = |value: &Value| Decimal::parse(value.as_str().unwrap()).unwrap();
    let sum: Decimal = lines.iter().map(|line| number(&line["cost"])).sum();
    // 0.123456789012 + 0.0000001 + 1005.004832999999984 (as a double: 1005.004833) - 3.5 + 0.123456789012
    assert_eq!(sum.to_string(), "1001.751746678024");
    let amounts = first["credits"].as_array().unwrap().iter().map(|credit| credit["amount"].to_string());
    let credits: Decimal = amounts.map(|amount| Decimal::parse(&amount).unwrap()).sum();
    assert_eq!(credits.to_string(), "-0.050000001");

    let error = fetch(&bigquery, 9).unwrap_err().to_string();
    assert!(error.contains("the table has no row of invoice month 202609; nothing was taken"), "{error}");
}

#[test]
fn the_first_emulator_tells_the_same_costs() {
    let Some(peer) = Peer::bqemulator("proj1") else { return };
    check(&peer);
}

#[test]
fn the_second_emulator_tells_the_same_costs() {
    let Some(peer) = Peer::local_bigquery("proj1") else { return };
    check(&peer);
}

// --- What emulators do not do ------------------------------------------------------------------------------------

/// A BigQuery whose query takes a while and has `pages` pages of one row, but counts `total`.
fn slow(pages: usize, total: &'static str) -> Scripted {
    Scripted::handling(move |number, seen| {
        let path = seen.target.split('?').next().unwrap();
        let job = json!({"projectId": "proj1", "jobId": "job/1", "location": "EU"});
        let page = |at: usize| {
            let row = json!({"f": [{"v": at.to_string()}, {"v": "CHF"}, {"v": "202610"}]});
            let mut page = json!({
                "jobReference": job, "jobComplete": true, "totalRows": total, "rows": [row],
                "schema": {"fields": [field("cost", "FLOAT"), field("currency", "STRING"), field("invoice__month", "STRING")]},
            });
            if at < pages {
                page["pageToken"] = Value::from(format!("page={}", at + 1));
            }
            page
        };
        let text = match path {
            path if path.ends_with("/tables/gcp_billing_export_v1_01") => {
                let invoice = record("invoice", "NULLABLE", &[field("month", "STRING")]);
                json!({"location": "EU", "schema": {"fields": [field("cost", "FLOAT"), field("currency", "STRING"), invoice]}})
            }
            "/bigquery/v2/projects/proj1/queries" => json!({"jobReference": job, "jobComplete": false}),
            "/bigquery/v2/projects/proj1/queries/job%2F1" => {
                assert!(seen.target.contains("&location=EU"), "{}", seen.target);
                match seen.target.split("pageToken=page%3D").nth(1) {
                    Some(at) => page(at.parse().unwrap()),
                    None if number < 4 => json!({"jobReference": job, "jobComplete": false}),
                    None => page(1),
                }
            }
            other => panic!("{other}"),
        };
        Reply::ok(text.to_string())
    })
}

fn fetch_slowly(pages: usize, total: &'static str) -> (Result<Vec<Value>, RemoteError>, Vec<Seen>) {
    let server = slow(pages, total);
    let url = server.url("");
    let settings = settings(&[("GOOGLE_BIGQUERY_ENDPOINT", &url)]);
    let bigquery = BigQuery::connect(&settings, &http(&settings)).unwrap();
    (fetch(&bigquery, 10), server.seen())
}

#[test]
fn a_query_is_waited_for_and_read_to_its_last_page() {
    let (lines, seen) = fetch_slowly(3, "3");
    let costs: Vec<String> =
        lines.unwrap().iter().map(|line| line["cost"].as_str().unwrap().to_owned()).collect();
    assert_eq!(costs, ["1", "2", "3"]);
    let query: Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!(query["location"], "EU");
    assert_eq!(query["queryParameters"][0]["parameterValue"]["value"], "202610");
    assert_eq!(query["useLegacySql"], false);
    assert_eq!(
        query["query"],
        "SELECT `cost` AS `cost`, `currency` AS `currency`, `invoice`.`month` AS `invoice__month` FROM \
         `proj1.billing.gcp_billing_export_v1_01` WHERE `invoice`.`month` = @month"
    );
}

#[test]
fn rows_that_do_not_come_are_missed() {
    let (lines, _) = fetch_slowly(2, "3");
    let error = lines.unwrap_err().to_string();
    assert!(error.contains("the query has 3 rows, but 2 came; nothing was taken"), "{error}");
}
