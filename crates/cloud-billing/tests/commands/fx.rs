//! `fx`: cost in another currency is held until its rate is set, and converted once.

use serde_json::{Value, json};

use crate::common::world::{World, column, decimal, keys, lines, sum};

const CATALOG: &str = "customers: [{ name: Alpha, cost_center: cc }]
accounts:
  - { provider: AWS, id: '1', name: one, customer: Alpha, charge_factor: 1.1 }
  - { provider: AWS, id: '2', name: two, customer: Alpha }
";

fn world() -> World {
    let world = World::with_catalog(CATALOG);
    world.import(
        "aws.csv",
        "AWS 1 2026-10 100 currency=USD\nAWS 1 2026-10 0.01 currency=USD service=Storage\nAWS 2 2026-10 5",
    );
    world
}

#[test]
fn cost_without_a_rate_is_held_and_billed_once_it_is_set() {
    let world = world();
    let told = world.needs_a_person("bill AWS --period 2026-10");
    assert!(told.contains("held: 100.01 USD of account AWS one") && told.contains("fx set"), "{told}");
    assert_eq!(lines(&world.json("invoice show 000001")), ["account two cc 5"]);
    let rows = world.json("reconcile");
    let of = |currency: &str| {
        rows.as_array().unwrap().iter().find(|row| row["currency"] == currency).unwrap().clone()
    };
    assert_eq!((&of("USD")["held"], &of("CHF")["invoiced"]), (&json!("100.01"), &json!("5")));

    world.done("fx set USD CHF 2026-10 0.8123");
    let invoice = world.bill("AWS", "2026-10");
    // 100.01 × 0.8123 = 81.238123; × 1.1 = 89.3619353.
    let line = &invoice["lines"][0];
    assert_eq!(
        (&line["cost"], &line["markup"], &line["amount"]),
        (&json!("81.238123"), &json!("8.1238123"), &json!("89.36"))
    );
    world.bills_nothing("AWS", "2026-10");
    world.done("bill AWS --period 2026-10");
    // Reconciled at source cost and in the source's currency.
    let rows = world.json("reconcile");
    let usd = rows.as_array().unwrap().iter().find(|row| row["currency"] == "USD").unwrap();
    assert_eq!((&usd["provider_total"], &usd["invoiced"]), (&json!("100.01"), &json!("100.01")));
    world.reconciles();
}

#[test]
fn a_source_carries_original_cost_currency_rate_and_converted_cost() {
    let world = world();
    world.done("fx set USD CHF 2026-10 0.8123");
    let invoice = world.bill("AWS", "2026-10");
    let at = invoice["lines"].as_array().unwrap().iter().find(|line| line["name"] == "one").unwrap()["line"]
        .clone();
    let explained = world.json(&format!("explain 1/{at}"));
    let sources = explained["sources"].as_array().unwrap();
    assert_eq!(sum(sources.iter().map(|source| &source["original_cost"])).to_string(), "100.01");
    assert_eq!(sum(sources.iter().map(|source| &source["cost"])), decimal(&explained["line"]["cost"]));
    assert!(
        sources.iter().all(|source| source["currency"] == "USD" && source["rate"] == "0.8123"),
        "{explained}"
    );
}

#[test]
fn rates_are_listed_and_another_value_replaces_the_first() {
    let world = World::new();
    assert_eq!(world.json("fx"), json!([]));
    world.done("fx set USD CHF 2026-10 0.8123");
    world.done("fx set usd chf 2026-09 0.80");
    world.done("fx set EUR CHF 2026-10 0.93");
    let ran = world.done("fx set USD CHF 2026-10 0.812345678901");
    assert!(ran.err.contains("the rate was 0.8123 before (by hand)"), "{}", ran.err);
    assert!(!ran.out.contains("EUR"), "{}", ran.out);
    assert!(world.done("fx set CHF USD 2026-10 1.2").err.contains("billing converts into CHF"));
    let rates = world.json("fx");
    for key in ["from", "to", "period", "rate", "source"] {
        assert!(keys(&rates[0]).contains(&key), "{rates}");
    }
    let mut short: Vec<String> = rates
        .as_array()
        .unwrap()
        .iter()
        .map(|rate| ["from", "to", "period", "rate"].map(|key| rate[key].as_str().unwrap()).join(" "))
        .collect();
    short.sort();
    assert_eq!(
        short,
        [
            "CHF USD 2026-10 1.2",
            "EUR CHF 2026-10 0.93",
            "USD CHF 2026-09 0.8",
            "USD CHF 2026-10 0.812345678901"
        ]
    );
}

#[test]
fn a_rate_changed_afterwards_changes_no_line_of_that_month() {
    let world = world();
    world.done("fx set USD CHF 2026-10 0.8");
    world.bill("AWS", "2026-10");
    let ran = world.done("fx set USD CHF 2026-10 0.9");
    assert!(ran.err.contains("keep the rate"), "{}", ran.err);
    world.bills_nothing("AWS", "2026-10");
    // A correction of the month takes the rate of the lines that it corrects.
    world.import(
        "aws.csv",
        "AWS 1 2026-10 110 currency=USD\nAWS 1 2026-10 0.01 currency=USD service=Storage\nAWS 2 2026-10 5",
    );
    let correction = world.bill("AWS", "2026-10");
    assert_eq!(column(&correction["lines"], "cost"), ["8"]);
    // The next month has a rate of its own.
    world.import("next.csv", "AWS 1 2026-11 10 currency=USD");
    world.needs_a_person("bill AWS --period 2026-11");
}

#[test]
fn a_cost_of_0_in_another_currency_needs_no_rate() {
    let world = World::with_catalog(CATALOG);
    world.import(
        "aws.csv",
        "AWS 1 2026-10 10 currency=USD\nAWS 1 2026-10 -10 currency=USD category=Credit\nAWS 2 2026-10 5",
    );
    world.done("bill AWS --period 2026-10");
    world.reconciles();
}

#[test]
fn components_are_billed_at_the_rate_too() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
components: [{ name: k8s, cost_percentage: 100, unit_price: 1 }]
services: [{ name: Shop, customer: Alpha, uses: [{ name: u, component: k8s, quantity: 0.5 }] }]",
    );
    world.import("aws.csv", "AWS 1 2026-10 40 currency=USD component=k8s\nAWS 1 2026-10 10 component=k8s");
    let told = world.needs_a_person("bill ManagedCloudServices --period 2026-10");
    assert!(told.contains("USD") && told.contains("fx set"), "{told}");
    world.done("fx set USD CHF 2026-10 0.9");
    world.done("bill ManagedCloudServices --period 2026-10");
    let cost: Vec<Value> =
        world.json("invoices").as_array().unwrap().iter().map(|row| row["cost"].clone()).collect();
    // (40 × 0.9 + 10) × 0.5.
    assert_eq!(sum(&cost).to_string(), "23");
}

#[test]
fn what_is_no_rate_is_refused() {
    let world = World::new();
    for line in [
        "fx set USD",
        "fx set USD CHF 2026-10",
        "fx set DOLLAR CHF 2026-10 0.8",
        "fx set USD CHF 2026-13 0.8",
        "fx set USD CHF 2026-10 cheap",
        "fx set USD CHF 2026-10 0,8",
    ] {
        world.wrong_usage(line);
    }
    for line in [
        "fx set USD USD 2026-10 1",
        "fx set USD CHF 2026-10 0",
        "fx set USD CHF 2026-10 -- -0.8",
        "fx set USD CHF 2026-10 0.1234567890123",
    ] {
        world.fails(line);
    }
    assert_eq!(world.json("fx"), json!([]));
}
