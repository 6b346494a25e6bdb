//! Azure, played by a server that answers in the documented form.

use serde_json::{Value, json};
use test_peers::{Reply, Scripted, Seen};

use crate::common::world::World;

const SCOPE: &str = "/providers/Microsoft.Billing/billingAccounts/123456";
const SECRET: &str = "hush-client-secret";
const HEADINGS: &str = "SubscriptionId,SubscriptionName,Date,BillingPeriodStartDate,BillingPeriodEndDate,BillingAccountId,\
                        MeterCategory,ServiceFamily,CostInBillingCurrency,BillingCurrencyCode,ChargeType,Tags";

fn row(account: &str, cost: &str) -> String {
    format!("{account},Shop,10/03/2026,10/01/2026,10/31/2026,123456,Storage,Storage,{cost},CHF,Usage,\n")
}

fn part(number: usize) -> String {
    let rows = if number == 0 { row("a", "1.25") + &row("b", "0.1") } else { row("a", "-0.05") };
    format!("{HEADINGS}\n{rows}")
}

fn token() -> Reply {
    Reply::ok(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "hush-token"}).to_string())
}

/// A report of two parts that is made after one question, and asked for too often once.
fn report(number: usize, seen: &Seen) -> Reply {
    let own = format!("http://{}", seen.header("host").unwrap());
    let path = seen.target.split('?').next().unwrap();
    if path == "/tenant/oauth2/v2.0/token" {
        return token();
    }
    if let Some(blob) = path.strip_prefix("/blobs/part_") {
        return Reply::ok(part(blob.parse().unwrap())).header("ETag", "\"1\"");
    }
    assert_eq!(seen.header("authorization"), Some("Bearer hush-token"));
    if path.ends_with("/generateCostDetailsReport") {
        let order: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(order, json!({"metric": "ActualCost", "billingPeriod": "202610"}));
        return match number {
            1 => Reply::status(429).header("Retry-After", "1"),
            _ => {
                Reply::status(202).header("Location", &format!("{own}/operation")).header("Retry-After", "1")
            }
        };
    }
    let blob = |number: usize| json!({"blobLink": format!("{own}/blobs/part_{number}?sig=hush-sas"), "byteCount": part(number).len()});
    let bytes = part(0).len() + part(1).len();
    let manifest =
        json!({"dataFormat": "Csv", "byteCount": bytes, "blobCount": 2, "blobs": [blob(0), blob(1)]});
    Reply::ok(json!({"status": "Completed", "manifest": manifest}).to_string())
}

fn world(server: &Scripted) -> World {
    let host = server.url("");
    World::with(&[
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_CLIENT_SECRET", SECRET),
        ("AZURE_BILLING_SCOPE", SCOPE),
        ("AZURE_AUTHORITY_HOST", &host),
        ("AZURE_RESOURCE_MANAGER_ENDPOINT", &host),
    ])
}

#[test]
fn a_cost_report_is_the_same_document_as_its_files() {
    let server = Scripted::handling(report);
    let world = world(&server);
    let ran = world.done("-v import azure-usage -n azure --period 2026-10");
    assert!(ran.out.starts_with("azure/2026-10 version 1: 3 rows, 0 rejected, 1.3 CHF"), "{}", ran.out);
    assert!(!format!("{}{}", ran.out, ran.err).contains("hush"), "{}", ran.err);
    world.write("parts/0.csv", part(0));
    world.write("parts/1.csv", part(1));
    let again = world.done("import azure-usage -n azure -f parts --period 2026-10");
    assert!(again.out.contains("azure/2026-10 is already imported"), "{}", again.out);
    let once_more = world.done("import azure-usage -n azure --period 2026-10");
    assert!(once_more.out.contains("azure/2026-10 is already imported"), "{}", once_more.out);
}

#[test]
fn a_month_without_cost_changes_nothing() {
    let server = Scripted::handling(|_, seen| match seen.target.contains("oauth2") {
        true => token(),
        false => Reply::ok(json!({"status": "NoDataFound"}).to_string()),
    });
    let world = world(&server);
    let ran = world.ends(1, "import azure-usage -n azure --period 2026-10");
    let sentence = format!("there is no cost of 2026-10 at {SCOPE}; nothing was taken");
    assert!(ran.err.contains(&sentence), "{}", ran.err);
    assert_eq!(world.json("imports"), json!([]));
}

#[test]
fn settings_that_are_missing_are_named_at_once() {
    let world = World::with(&[("AZURE_CLIENT_ID", "client")]);
    let ran = world.ends(2, "import azure-usage");
    let sentence = "error: azure-usage cannot be fetched without the settings AZURE_BILLING_SCOPE, AZURE_TENANT_ID, \
         AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE: set them (docs/settings.md), or name files with -f FILE\n";
    assert!(ran.err.ends_with(sentence), "{}", ran.err);
}

#[test]
fn a_scope_that_is_none_is_wrong_usage() {
    let mut world = world(&Scripted::replies(Vec::new()));
    world.set("AZURE_BILLING_SCOPE", "123456");
    let ran = world.ends(2, "import azure-usage --period 2026-10");
    assert!(
        ran.err.contains("error: setting AZURE_BILLING_SCOPE: not understood: write one like"),
        "{}",
        ran.err
    );
}

#[test]
fn a_wrong_secret_is_refused_and_not_shown() {
    let server = Scripted::handling(|_, _| {
        let description = "AADSTS7000215: Invalid client secret provided.";
        Reply::status(401)
            .body(json!({"error": "invalid_client", "error_description": description}).to_string())
    });
    let ran = world(&server).ends(1, "import azure-usage --period 2026-10");
    assert!(ran.err.contains("AADSTS7000215") && ran.err.contains("AZURE_CLIENT_ID"), "{}", ran.err);
    assert!(!ran.err.contains("hush"), "{}", ran.err);
}

/// A page of a list, with the way to the next one.
fn page(rows: &[Value], next: Option<String>) -> Reply {
    let rows: Vec<Value> = rows.iter().map(|row| json!({"id": "x", "properties": row})).collect();
    Reply::ok(json!({"value": rows, "nextLink": next}).to_string())
}

/// Two pages of reservation transactions, and a page of marketplace charges after one that is asked for too often.
fn lists(number: usize, seen: &Seen) -> Reply {
    let own = format!("http://{}", seen.header("host").unwrap());
    let path = seen.target.split('?').next().unwrap();
    if path == "/tenant/oauth2/v2.0/token" {
        return token();
    }
    assert_eq!(seen.header("authorization"), Some("Bearer hush-token"));
    let transaction = |kind: &str, amount: &str| {
        let amount: Value = serde_json::from_str(amount).unwrap();
        json!({
            "eventDate": "2026-10-05T00:00:00Z", "eventType": kind, "amount": amount, "currency": "CHF",
            "billingMonth": "20261001", "reservationOrderId": "r-1", "purchasingSubscriptionGuid": "s-1",
            "armSkuName": "Standard_F1s", "term": "P1Y", "quantity": 1, "region": "westeurope",
        })
    };
    match path.rsplit('/').next().unwrap() {
        "reservationTransactions" => page(&[transaction("Purchase", "21.5")], Some(format!("{own}/more"))),
        "more" => page(&[transaction("Refund", "-1.5"), transaction("Cancel", "-0.05")], None),
        "marketplaces" if number == 1 => Reply::status(429).header("Retry-After", "1"),
        "marketplaces" => {
            let charge = json!({
                "pretaxCost": 7.25, "currency": "CHF", "subscriptionGuid": "s-1", "publisherName": "Acme",
                "usageStart": "2026-10-01T00:00:00Z", "usageEnd": "2026-10-31T00:00:00Z",
                "billingPeriodId": format!("{SCOPE}/providers/Microsoft.Billing/billingPeriods/202610"),
            });
            page(&[charge], None)
        }
        other => panic!("{other} is no list"),
    }
}

#[test]
fn reservations_are_fetched_whole_and_billed_beside_the_usage() {
    let server = Scripted::handling(lists);
    let world = world(&server);
    world.write("usage.csv", part(1));
    world.done("import azure-usage -n azure -f usage.csv --period 2026-10");
    let ran = world.done("-v import azure-reservations --period 2026-10");
    assert!(
        ran.out.starts_with("azure-reservations/2026-10 version 1: 3 rows, 0 rejected, 19.95 CHF"),
        "{}",
        ran.out
    );
    assert!(!format!("{}{}", ran.out, ran.err).contains("hush"), "{}", ran.err);
    let again = world.done("import azure-reservations --period 2026-10");
    assert!(again.out.contains("azure-reservations/2026-10 is already imported"), "{}", again.out);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "19.9");
}

#[test]
fn a_fetched_purchase_that_the_usage_export_has_is_not_billed_again() {
    let server = Scripted::handling(lists);
    let world = world(&server);
    world.write("usage.csv", format!("{HEADINGS}\n{}", row("s-1", "21.5").replace("Usage", "Purchase")));
    world.done("import azure-usage -n azure -f usage.csv --period 2026-10");
    let ran = world.ends(1, "import azure-reservations --period 2026-10");
    let sentence = "the reservation purchases of Azure 2026-10 are in force as part of azure/2026-10";
    assert!(ran.err.contains(sentence), "{}", ran.err);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "21.5");
}

#[test]
fn marketplace_charges_are_fetched_after_a_pause() {
    let server = Scripted::handling(lists);
    let world = world(&server);
    let ran = world.done("import azure-marketplace --period 2026-10");
    assert!(
        ran.out.starts_with("azure-marketplace/2026-10 version 1: 1 row, 0 rejected, 7.25 CHF"),
        "{}",
        ran.out
    );
}
