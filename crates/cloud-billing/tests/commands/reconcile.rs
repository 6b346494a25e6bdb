//! `reconcile`: where each provider's cost went, to the last digit.

use serde_json::json;

use crate::common::{
    usage,
    world::{World, column, keys},
};

const CATALOG: &str = "
customers:
  - { name: Alpha, cost_center: cc-alpha }
  - { name: Held }
accounts:
  - { provider: Azure, id: a, customer: Alpha, charge_factor: 1.5 }
  - { provider: Azure, id: h, customer: Held }
";

/// Cost that is invoiced, unallocated, held, open and rejected.
fn world() -> World {
    let world = World::with_catalog(CATALOG);
    world.import("azure.csv", "Azure a 2026-09 100.001");
    world.bill("Azure", "2026-09");
    let rows = "Azure a 2026-10 10.0000000001
                Azure h 2026-10 20.2
                Azure nobody 2026-10 -3.3
                AWS x 2026-10 7 currency=USD";
    let text = usage::focus(rows) + "40.4,CHF,never,2026-10-05,Usage,Azure,Compute,a,a,\n";
    world.write("october.csv", text);
    world.ends(3, "import focus -n azure -f october.csv --period 2026-10");
    world
}

#[test]
fn a_row_has_exactly_the_keys_of_the_contract() {
    let expected = [
        "provider",
        "period",
        "currency",
        "provider_total",
        "invoiced",
        "unallocated",
        "held",
        "open",
        "rejected_rows",
        "rejected_total",
        "difference",
    ];
    for row in world().json("reconcile").as_array().unwrap() {
        assert_eq!(keys(row), expected);
    }
}

#[test]
fn every_part_of_the_cost_is_found_again() {
    let world = world();
    let before = world.reconciled("Azure", "2026-10");
    assert_eq!((&before["invoiced"], &before["open"]), (&json!("0"), &json!("10.0000000001")));
    world.ends(3, "bill Azure --period 2026-10");
    let row = world.reconciled("Azure", "2026-10");
    assert_eq!(
        row,
        json!({
            "provider": "Azure", "period": "2026-10", "currency": "CHF", "provider_total": "67.3000000001",
            "invoiced": "10.0000000001", "unallocated": "-3.3", "held": "20.2", "open": "0", "rejected_rows": 1,
            "rejected_total": "40.4", "difference": "0",
        })
    );
    // Invoiced is the provider's cost, not the amount with the factor.
    assert_eq!(world.reconciled("Azure", "2026-09")["invoiced"], "100.001");
    assert_eq!(world.reconciled("AWS", "2026-10")["currency"], "USD");
}

#[test]
fn a_period_shows_only_its_documents() {
    let world = world();
    let rows = world.json("reconcile --period 2026-09");
    assert_eq!(column(&rows, "period"), ["2026-09"]);
    assert_eq!(world.json("reconcile --period 2020-01"), json!([]));
    world.wrong_usage("reconcile --period 2020-1x");
}

#[test]
fn exit_3_is_for_a_cost_that_could_not_be_read() {
    let world = World::with_catalog(CATALOG);
    world.done("reconcile");
    world.import("azure.csv", "Azure h 2026-10 20.2\nAzure nobody 2026-10 3");
    // Held and unallocated cost is no difference.
    world.done("reconcile");
    world.write("bad.csv", usage::focus("AWS x 2026-10 unreadable"));
    world.ends(3, "import focus -n aws -f bad.csv --period 2026-10");
    let told = world.needs_a_person("reconcile");
    assert!(told.contains("imports --rejected"), "{told}");
    world.done("reconcile --period 2026-09");
}

#[test]
fn services_do_not_count_their_cost_a_second_time() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }, { name: Platform, cost_center: pp }]
accounts: [{ provider: Azure, id: p, customer: Platform }]
components: [{ name: k8s, cost_percentage: 120, owner: Platform }]
services: [{ name: Shop, customer: Alpha, uses: [{ name: u, component: k8s, quantity: 0.5 }] }]",
    );
    world.import("azure.csv", "Azure p 2026-10 100 component=k8s\nAzure p 2026-10 1");
    world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(world.reconciled("Azure", "2026-10")["open"], "101");
    world.bill("Azure", "2026-10");
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "101");
}
