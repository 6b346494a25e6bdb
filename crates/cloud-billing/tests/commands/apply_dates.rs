//! From when a change holds: `--from`, the first period without invoice, and terms that are frozen.

use crate::common::world::{World, column, lines};

const CATALOG: &str = "
customers: [{ name: A, cost_center: cc-a }, { name: B, cost_center: cc-b }]
accounts: [{ provider: Azure, id: a, name: a, customer: A, charge_factor: 2 }]
components: [{ name: c, unit_price: 10 }]
services: [{ name: S, customer: A, uses: [{ name: u, component: c, quantity: 1 }] }]
";

fn world() -> World {
    let world = World::with_catalog(CATALOG);
    world.import("azure.csv", "Azure a 2026-09 1\nAzure a 2026-10 2\nAzure a 2026-11 4");
    world
}

#[test]
fn a_change_holds_from_the_first_period_without_invoice() {
    let world = world();
    world.bill("Azure", "2026-09");
    world.bill("ManagedCloudServices", "2026-09");
    world.apply(
        "accounts: [{ provider: Azure, id: a, customer: B, charge_factor: 3 }]
components: [{ name: c, unit_price: 20 }]
services: [{ name: S, uses: [{ name: u, component: c, quantity: 5 }] }]",
    );
    world.bills_nothing("Azure", "2026-09");
    world.bills_nothing("ManagedCloudServices", "2026-09");
    assert_eq!(lines(&world.bill("Azure", "2026-10")), ["account a cc-b 6"]);
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-10")), ["service S cc-a 100"]);
    // Late cost of the first month keeps the terms of its first line.
    world.import(
        "azure.csv",
        "Azure a 2026-09 1\nAzure a 2026-09 0.5 service=Late\nAzure a 2026-10 2\nAzure a 2026-11 4",
    );
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(
        (lines(&invoice), column(&invoice["lines"], "period")),
        (vec!["correction a cc-a 1".to_owned()], vec!["2026-09"])
    );
}

#[test]
fn before_any_invoice_a_change_holds_for_all_periods() {
    let world = world();
    world.apply("accounts: [{ provider: Azure, id: a, charge_factor: 5 }]\nservices: [{ name: S, uses: [{ name: u, component: c, quantity: 5 }] }]");
    assert_eq!(lines(&world.bill("Azure", "2026-09")), ["account a cc-a 5"]);
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-09")), ["service S cc-a 50"]);
}

#[test]
fn from_names_the_period_of_a_change() {
    let world = world();
    world.write("change.yaml", "accounts: [{ provider: Azure, id: a, charge_factor: 10 }]\nservices: [{ name: S, uses: [{ name: u, component: c, quantity: 3 }] }]");
    let shown = world.done("apply -f change.yaml --from 2026-11 --dry-run").out;
    assert!(shown.contains("(from 2026-11)"), "{shown}");
    world.done("apply -f change.yaml --from 2026-11");
    let invoice = world.bill("Azure", "2026-11");
    assert_eq!(column(&invoice["lines"], "amount"), ["2", "4", "40"]);
    world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-11")), ["service S cc-a 30"]);
    world.wrong_usage("apply -f change.yaml --from November");
}

#[test]
fn the_first_customer_of_an_account_holds_for_all_its_periods() {
    let world = World::with_catalog(
        "customers: [{ name: A, cost_center: cc-a }]\naccounts: [{ provider: Azure, id: x, customer: A }]",
    );
    world.import("azure.csv", "Azure x 2026-08 100\nAzure new 2026-08 1\nAzure new 2026-09 2");
    world.bill("Azure", "2026-08");
    world.apply("accounts: [{ provider: Azure, id: new, name: new, customer: A, charge_factor: 3 }]");
    let invoice = world.bill("Azure", "2026-09");
    assert_eq!(lines(&invoice), ["account new cc-a 3", "account new cc-a 6"]);
}

#[test]
fn a_quantity_changed_back_in_time_is_corrected_at_the_frozen_price() {
    let world = world();
    world.bill("ManagedCloudServices", "2026-09");
    world.write("back.yaml", "components: [{ name: c, unit_price: 99 }]\nservices: [{ name: S, uses: [{ name: u, component: c, quantity: 4 }] }]");
    world.done("apply -f back.yaml --from 2026-09");
    let invoice = world.bill("ManagedCloudServices", "2026-09");
    // Three more of them at 10 each: facts flow, terms freeze.
    assert_eq!(lines(&invoice), ["correction S cc-a 30"]);
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-10")), ["service S cc-a 396"]);
}

#[test]
fn after_a_void_the_new_terms_bill_anew() {
    let world = world();
    world.bill("Azure", "2026-09");
    world.write("change.yaml", "accounts: [{ provider: Azure, id: a, customer: B, charge_factor: 7 }]");
    world.done("apply -f change.yaml --from 2026-09");
    world.bills_nothing("Azure", "2026-09");
    world.done("invoice void 1 --why 'wrong customer'");
    assert_eq!(lines(&world.bill("Azure", "2026-09")), ["account a cc-b 7"]);
    world.reconciles();
}

#[test]
fn names_and_product_numbers_are_those_of_the_day_of_the_line() {
    let world = world();
    world.bill("Azure", "2026-09");
    world.apply("accounts: [{ provider: Azure, id: a, name: renamed, product_number: new }]");
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(lines(&invoice), ["account renamed cc-a 4"]);
    assert_eq!(invoice["lines"][0]["product_number"], "new");
    assert_eq!(lines(&world.json("invoice show 1")), ["account a cc-a 2"]);
}

#[test]
fn a_use_that_ends_is_not_charged_from_then_on() {
    let world = world();
    world.bill("ManagedCloudServices", "2026-09");
    world.apply("services: [{ name: S, uses: [] }]");
    world.bills_nothing("ManagedCloudServices", "2026-10");
    world.bills_nothing("ManagedCloudServices", "2026-09");
    // It comes back.
    world.write("back.yaml", "services: [{ name: S, uses: [{ name: u, component: c, quantity: 2 }] }]");
    world.done("apply -f back.yaml --from 2026-11");
    let invoice = world.bill("ManagedCloudServices", "2026-11");
    assert_eq!(
        (lines(&invoice), column(&invoice["lines"], "period")),
        (vec!["service S cc-a 20".to_owned()], vec!["2026-11"])
    );
}
