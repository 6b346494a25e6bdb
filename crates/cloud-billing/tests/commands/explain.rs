//! `explain`: from a line down to the provider's own rows, and the sums on the way.

use serde_json::{Value, json};

use crate::common::world::{World, column, decimal, keys, sum};

fn world() -> World {
    let world = World::with_catalog(
        "customers:
  - { name: Alpha, cost_center: cc-alpha }
  - { name: Platform, cost_center: cc-platform }
accounts:
  - { provider: Azure, id: shop, customer: Alpha, charge_factor: 1.1 }
  - { provider: Azure, id: platform, customer: Platform }
components:
  - { name: k8s, cost_percentage: 110, unit_price: 5, split: proportional, owner: Platform, parts: [{ name: cpu, cost_share_percentage: 70 }] }
services:
  - name: Blog
    customer: Alpha
    uses:
      - { name: cpu, component: k8s, part: cpu, quantity: 1 }
      - { name: all, component: k8s, quantity: 3 }
  - { name: Shop, customer: Alpha, uses: [{ name: all, component: k8s, quantity: 4 }] }
positions: [{ customer: Alpha, target: Azure, reason: Goodwill, amount: -1 }]
",
    );
    world.import(
        "azure.csv",
        "Azure shop 2026-10 1.25
         Azure shop 2026-10 0.0000000000000000000001
         Azure shop 2026-10 -0.25 category=Credit
         Azure shop 2026-10 3 service=Storage
         Azure shop 2026-10 7 cost_center=cc-9
         Azure platform 2026-10 33.3333 component=k8s
         Azure platform 2026-10 66.6667 component=k8s service=Storage",
    );
    world.import("more.csv", "Azure shop 2026-09 2");
    world
}

fn every_line(world: &World) -> Vec<(String, Value)> {
    let invoices = world.json("invoices");
    let numbers = column(&invoices, "number");
    let of = |number: &&str| {
        let lines = world.json(&format!("invoice show {number}"))["lines"].as_array().unwrap().clone();
        lines.into_iter().map(|line| (format!("{number}/{}", line["line"]), line)).collect::<Vec<_>>()
    };
    numbers.iter().flat_map(of).collect()
}

#[test]
fn sources_of_every_line_sum_to_its_cost() {
    let world = world();
    world.done("bill all --period 2026-10");
    world.import("azure.csv", "Azure shop 2026-10 1.5\nAzure platform 2026-10 90 component=k8s\nAzure shop 2026-10 1 service=Storage\nAzure shop 2026-10 7 cost_center=cc-9");
    world.done("bill all --period 2026-10");
    let lines = every_line(&world);
    assert!(lines.iter().any(|(_, line)| line["kind"] == "correction" && line["cost"] != "0"));
    assert!(lines.iter().any(|(_, line)| line["kind"] == "recovery" && line["cost"] != "0"));
    for (at, line) in lines {
        let explained = world.json(&format!("explain {at}"));
        assert_eq!(explained["line"], line, "{at}");
        let sources = explained["sources"].as_array().unwrap();
        assert_eq!(
            sum(sources.iter().map(|source| &source["cost"])),
            decimal(&line["cost"]),
            "{at}: {explained}"
        );
    }
}

#[test]
fn a_source_has_the_keys_of_the_contract_and_names_its_document_version_and_rows() {
    let world = world();
    world.done("bill Azure --period 2026-10");
    let explained = world.json("explain 000001/4");
    for key in ["line", "sources", "price"] {
        assert!(keys(&explained).contains(&key), "{key}");
    }
    let sources = explained["sources"].as_array().unwrap();
    let wanted = [
        "document",
        "version",
        "account",
        "service",
        "cost_center",
        "component",
        "rows",
        "cost",
        "original_cost",
        "currency",
        "rate",
    ];
    for source in sources {
        for key in wanted {
            assert!(keys(source).contains(&key), "{key} of {source}");
        }
        assert_eq!((&source["document"], &source["version"]), (&json!("azure/2026-10"), &json!(1)));
        assert_eq!(source["account"], "shop");
        assert_eq!((&source["cost"], &source["rate"]), (&source["original_cost"], &Value::Null));
    }
    assert_eq!(explained["line"]["cost"], "4.0000000000000000000001");
    assert_eq!(explained["price"]["charge_factor"], "1.1");
    let rows: u64 = sources.iter().map(|source| source["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 4);
}

#[test]
fn the_providers_own_rows_stand_behind_each_source_with_file_and_line() {
    let world = world();
    world.done("bill all --period 2026-10");
    for (at, line) in every_line(&world) {
        let explained = world.json(&format!("explain {at} --rows"));
        for source in explained["sources"].as_array().unwrap() {
            let items = source["line_items"].as_array().unwrap();
            if line["kind"] == "account" {
                assert_eq!(items.len(), usize::try_from(source["rows"].as_u64().unwrap()).unwrap());
                let cost = sum(items.iter().map(|item| &item["x_BilledCostText"]));
                assert_eq!(cost, decimal(&source["original_cost"]), "{at}: {source}");
            }
            for item in items {
                assert!(item["x_File"] == "azure.csv" || item["x_File"] == "more.csv", "{item}");
                // The headings are line 1.
                let line: usize = item["x_Line"].as_str().unwrap().parse().unwrap();
                let text = world.read(item["x_File"].as_str().unwrap());
                let row = text.lines().nth(line - 1).unwrap();
                assert!(row.starts_with(item["x_BilledCostText"].as_str().unwrap()), "{row} {item}");
            }
        }
    }
}

#[test]
fn a_service_line_shows_its_uses_with_shares_and_prices() {
    let world = world();
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(invoice["lines"][0]["name"], "Blog");
    let price = &world.json("explain 1/1")["price"];
    assert_eq!(column(&price["uses"], "name"), ["all", "cpu"]);
    for used in price["uses"].as_array().unwrap() {
        assert_eq!((&used["component"], &used["split"]), (&json!("k8s"), &json!("proportional")));
    }
    let of = |key: &str| sum(price["uses"].as_array().unwrap().iter().map(|used| &used[key]));
    for part in ["cost", "markup", "price"] {
        assert_eq!(of(part), decimal(&invoice["lines"][0][part]), "{part}");
    }
}

#[test]
fn people_see_the_same_numbers() {
    let world = world();
    world.done("bill Azure --period 2026-10");
    let text = world.done("explain 000001/4 --rows").out;
    for part in
        ["4.0000000000000000000001 cost", "× 1.1", "azure/2026-10", "azure.csv", "0.0000000000000000000001"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn what_is_no_line_is_refused() {
    let world = world();
    world.done("bill Azure --period 2026-10");
    let message = world.fails("explain 000001/99");
    assert!(message.contains("1 to 5"), "{message}");
    world.fails("explain 000009/1");
    for line in ["explain 000001", "explain 000001/0", "explain x/1", "explain"] {
        world.wrong_usage(line);
    }
}
