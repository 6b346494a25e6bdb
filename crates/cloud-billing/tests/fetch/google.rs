//! The billing export in BigQuery, of two emulators.

use serde_json::{Value, json};
use test_peers::Peer;

use crate::common::world::World;

const TABLE: &str = "gcp_billing_export_v1_01";

fn field(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "mode": "NULLABLE"})
}

fn record(name: &str, mode: &str, fields: &[Value]) -> Value {
    json!({"name": name, "type": "RECORD", "mode": mode, "fields": fields})
}

fn schema() -> Value {
    let text = |name| field(name, "STRING");
    json!({"fields": [
        text("billing_account_id"),
        record("service", "NULLABLE", &[text("id"), text("description")]),
        record("project", "NULLABLE", &[text("id"), text("name")]),
        record("labels", "REPEATED", &[text("key"), text("value")]),
        field("usage_start_time", "TIMESTAMP"),
        field("cost", "FLOAT"),
        text("currency"),
        record("credits", "REPEATED", &[text("name"), field("amount", "FLOAT")]),
        record("invoice", "NULLABLE", &[text("month")]),
        text("cost_type"),
    ]})
}

/// A row of October with this project and cost.
fn row(project: Option<&str>, cost: &str, credit: Option<&str>, cost_type: &str) -> Value {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    json!({"json": {
        "billing_account_id": "01AB-CD",
        "service": {"id": "6F81", "description": "Compute Engine"},
        "project": project.map(|id| json!({"id": id, "name": "Shop"})),
        "labels": [{"key": "costcenter", "value": "4711"}],
        // Usage of the last month is invoiced in this one.
        "usage_start_time": "2026-09-30T23:30:00Z",
        "cost": number(cost),
        "currency": "CHF",
        "credits": credit.map(|amount| json!([{"name": "c", "amount": number(amount)}])).unwrap_or(json!([])),
        "invoice": {"month": "202610"},
        "cost_type": cost_type,
    }})
}

fn post(address: &str, body: &Value) {
    let settings = billing_remote::RemoteSettings::default();
    let http = billing_remote::Http::new(&settings).unwrap();
    http.post(address).json(body).repeatable().send().unwrap();
}

fn check(peer: &Peer) {
    let base = format!("{}/bigquery/v2/projects/proj1/datasets", peer.url());
    post(&base, &json!({"datasetReference": {"projectId": "proj1", "datasetId": "billing"}}));
    let reference = json!({"projectId": "proj1", "datasetId": "billing", "tableId": TABLE});
    post(&format!("{base}/billing/tables"), &json!({"tableReference": reference, "schema": schema()}));
    let rows = [
        row(Some("shop"), "0.123456789012", Some("-0.05"), "regular"),
        row(Some("shop"), "1e-07", None, "regular"),
        row(None, "0.77", None, "tax"),
    ];
    post(&format!("{base}/billing/tables/{TABLE}/insertAll"), &json!({"rows": rows}));

    let table = format!("proj1.billing.{TABLE}");
    let mut world = World::with(&[("GOOGLE_BIGQUERY_ENDPOINT", &peer.url()), ("GCP_BILLING_TABLE", &table)]);
    let import = &world.json("import gcp-bigquery -n gcp --period 2026-10")[0];
    // 0.123456789012 - 0.05 + 0.0000001 + 0.77
    assert_eq!((&import["rows"], &import["totals"]["CHF"]), (&json!(3), &json!("0.843456889012")));
    assert_eq!(import["periods"], json!(["2026-10"]));
    let again = world.done("import gcp-bigquery -n gcp --period 2026-10");
    assert!(again.out.contains("gcp/2026-10 is already imported"), "{}", again.out);

    let empty = world.ends(1, "import gcp-bigquery -n gcp --period 2026-08");
    assert!(
        empty.err.contains("the table has no row of invoice month 202608; nothing was taken"),
        "{}",
        empty.err
    );
    world.set("GCP_BILLING_TABLE", "proj1.billing.nothing");
    let missing = world.ends(1, "import gcp-bigquery -n gcp --period 2026-10");
    assert!(missing.err.contains("refused with status 404"), "{}", missing.err);
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1));
}

#[test]
fn the_first_emulators_export_is_imported() {
    let Some(peer) = Peer::bqemulator("proj1") else { return };
    check(&peer);
}

#[test]
fn the_second_emulators_export_is_imported() {
    let Some(peer) = Peer::local_bigquery("proj1") else { return };
    check(&peer);
}

#[test]
fn settings_that_are_missing_or_wrong_are_named() {
    let mut world = World::new();
    let none = world.ends(2, "import gcp-bigquery");
    let sentence = "without the settings GCP_BILLING_TABLE, GOOGLE_SERVICE_ACCOUNT_KEY or \
                    GOOGLE_APPLICATION_CREDENTIALS";
    assert!(none.err.contains(sentence), "{}", none.err);
    world.set("GCP_BILLING_TABLE", "a table; DROP");
    world.set("GOOGLE_SERVICE_ACCOUNT_KEY", "hush-key");
    let table = world.ends(2, "import gcp-bigquery");
    assert!(table.err.contains("setting GCP_BILLING_TABLE: not understood"), "{}", table.err);
    world.set("GCP_BILLING_TABLE", "p.d.t");
    let key = world.ends(2, "import gcp-bigquery");
    assert!(
        key.err.contains("setting GOOGLE_SERVICE_ACCOUNT_KEY: is not the JSON of a service"),
        "{}",
        key.err
    );
    assert!(!key.err.contains("hush"), "{}", key.err);
}
