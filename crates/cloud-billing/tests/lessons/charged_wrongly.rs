//! Lessons 19 to 24 and 28: amounts are what they should be.

use crate::common::{
    export,
    world::{World, column, decimal, lines, sum},
};

#[test]
fn lesson_19_accounts_of_one_name_keep_their_own_factors() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
accounts:
  - { provider: AWS, id: '111111111111', customer: Alpha }
  - { provider: AWS, id: '222222222222', customer: Alpha, charge_factor: 1.5 }
",
    );
    world.import("aws.csv", "AWS 111111111111 2026-10 10 name=AWS\nAWS 222222222222 2026-10 10 name=AWS");
    assert_eq!(lines(&world.bill("AWS", "2026-10")), ["account AWS cc 10", "account AWS cc 15"]);
}

#[test]
fn lesson_20_two_uses_of_one_name_do_not_mix_their_components() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
components:
  - { name: cluster, unit_price: 10, parts: [{ name: cpu, cost_share_percentage: 50 }] }
  - { name: database, unit_price: 1000 }
services:
  - name: Shop
    customer: Alpha
    uses:
      - { name: prod, component: cluster, quantity: 2 }
      - { name: prod, component: cluster, part: cpu, quantity: 4 }
      - { name: prod, component: database, quantity: 3 }
  - name: Blog
    customer: Alpha
    uses: [{ name: prod, component: cluster, quantity: 1 }]
",
    );
    // 10 × 2 + 10 × 4 × 50 % + 1000 × 3, and 10 × 1.
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(lines(&invoice), ["service Blog cc 10", "service Shop cc 3040"]);
    let price = &world.json("explain 000001/2")["price"];
    assert_eq!(column(&price["uses"], "price"), ["20", "20", "3000"]);
    // One of them changes, and only that one is corrected.
    world.apply(
        "services:
  - name: Shop
    uses:
      - { name: prod, component: cluster, quantity: 2 }
      - { name: prod, component: cluster, part: cpu, quantity: 4 }
      - { name: prod, component: database, quantity: 1 }
",
    );
    assert_eq!(world.bill("ManagedCloudServices", "2026-11")["amount"], "1050");
    world.bills_nothing("ManagedCloudServices", "2026-11");
}

#[test]
fn lesson_21_what_adds_up_to_a_whole_is_not_rounded_up() {
    let mut world = World::with(&[("ROUNDING", "unit-up")]);
    world.apply("customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]");
    // 100 × 19.23 and 1923 in tenths: both are exactly 1923, and a little more in binary floating point.
    let rows = (0..100).map(|at| format!("Azure a 2026-10 19.23 service=S{at}\n")).collect::<String>();
    world.import("azure.csv", &rows);
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "1923");
    world.set("EXPORT_DIR", "tenths");
    let rows = (0..30).map(|at| format!("Azure a 2026-11 0.1 service=S{at}\n")).collect::<String>();
    world.import("tenths.csv", &rows);
    assert_eq!(world.bill("Azure", "2026-11")["amount"], "3");
}

#[test]
fn lesson_22_an_amount_is_rounded_once_and_the_rounding_is_shown() {
    for (rule, amount, rounding) in [
        ("unit-up", "13", ["0.55", "0.056"]),
        ("cent", "12.39", ["0", "-0.004"]),
        ("unit", "12", ["-0.45", "0.056"]),
    ] {
        let world = World::with(&[("ROUNDING", rule)]);
        world.apply("customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }, { provider: Azure, id: b, customer: Alpha }]");
        world.import("azure.csv", "Azure a 2026-10 11.2\nAzure a 2026-10 0.25\nAzure b 2026-10 0.944");
        let invoice = world.bill("Azure", "2026-10");
        let rows = invoice["lines"].as_array().unwrap();
        for line in rows {
            let parts = ["cost", "markup", "price", "rounding"].map(|part| &line[part]);
            assert_eq!(sum(parts), decimal(&line["amount"]), "{line}");
        }
        assert_eq!(
            (&invoice["amount"], column(&invoice["lines"], "rounding")),
            (&amount.into(), rounding.to_vec())
        );
        let exported = export::sum(&export::rows(&world.read("Azure.csv")));
        assert_eq!(sum(rows.iter().map(|line| &line["amount"])), exported);
        assert_eq!(exported.to_string(), amount);
        assert_eq!(world.json("invoices")[0]["amount"], amount);
    }
}

#[test]
fn lesson_23_large_and_tiny_amounts_are_exact_and_so_are_prices() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
accounts: [{ provider: Azure, id: a, customer: Alpha, charge_factor: 1.000001 }]
components: [{ name: c, unit_price: 0.0004, fixed_price: 1000000.25, cost_percentage: 33.3333 }]
services: [{ name: S, customer: Alpha, uses: [{ name: u, component: c, quantity: 0.000125 }] }]
",
    );
    world.import(
        "azure.csv",
        "Azure a 2026-10 9876543210.123456789 component=c\nAzure a 2026-10 0.000000000000000001",
    );
    let row = world.reconciled("Azure", "2026-10");
    assert_eq!(row["provider_total"], "9876543210.123456789000000001");
    let invoice = world.bill("Azure", "2026-10");
    let line = &invoice["lines"][0];
    assert_eq!(line["cost"], "9876543210.123456789000000001");
    assert_eq!(line["markup"], "9876.543210123456789000000001");
    // 9876543210.123456789000000001 + 9876.543210123456789… = 9876553086.666666912…
    assert_eq!(invoice["amount"], "9876553086.67");
    let line = &world.bill("ManagedCloudServices", "2026-10")["lines"][0];
    // 9876543210.123456789 × 33.3333 % × 0.000125.
    assert_eq!(line["cost"], "411522.222232510277730967125");
    assert_eq!(line["price"], "1000000.25000005");
}

#[test]
fn lesson_24_a_rate_is_pinned_per_month_for_any_pair_and_stays_with_its_lines() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: AWS, id: '1', customer: Alpha }]",
    );
    world.import("october.csv", "AWS 1 2026-10 100 currency=USD\nAWS 1 2026-10 10 currency=JPY");
    world.import("november.csv", "AWS 1 2026-11 100 currency=USD");
    let told = world.needs_a_person("bill AWS --period 2026-10");
    assert!(told.contains("rate from USD") && told.contains("rate from JPY"), "{told}");
    world.done("fx set USD CHF 2026-10 0.8123");
    world.done("fx set JPY CHF 2026-10 0.0055");
    let invoice = world.bill("AWS", "2026-10");
    assert_eq!(sum(invoice["lines"].as_array().unwrap().iter().map(|l| &l["cost"])).to_string(), "81.285");
    // November has no rate of its own; October's is not taken.
    let told = world.needs_a_person("bill AWS --period 2026-11");
    assert!(told.contains("2026-11") && told.contains("rate from USD"), "{told}");
    // Another rate for a month that is invoiced changes nothing of it.
    world.done("fx set USD CHF 2026-10 0.9");
    world.run("bill AWS --period 2026-10");
    assert_eq!(world.json("invoices").as_array().map(Vec::len), Some(1));
    let sources = world.json("explain 000001/1")["sources"].clone();
    assert!(column(&sources, "rate").iter().all(|rate| ["0.8123", "0.0055"].contains(rate)), "{sources}");
}

const TWICE_THE_WHOLE: &str = "
customers: [{ name: Alpha, cost_center: a }, { name: Beta, cost_center: b }, { name: Platform, cost_center: p }]
components: [{ name: k8s, cost_percentage: 100, owner: Platform }]
services:
  - { name: Shop, customer: Alpha, uses: [{ name: all, component: k8s, quantity: 1 }] }
  - { name: Blog, customer: Beta, uses: [{ name: all, component: k8s, quantity: 3 }] }
";

#[test]
fn lesson_28_the_recovery_shows_what_the_uses_of_a_component_pay_and_a_split_makes_it_whole() {
    // As given, quantities of 1 and 3 pay the component four times; the owner's line shows it.
    let world = World::with_catalog(TWICE_THE_WHOLE);
    world.import("azure.csv", "Azure x 2026-10 100 component=k8s");
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(column(&invoice["lines"], "cost"), ["300", "100", "-400"]);
    assert_eq!(column(&invoice["lines"], "kind"), ["service", "service", "recovery"]);

    let world = World::with_catalog(&TWICE_THE_WHOLE.replace("owner:", "split: proportional, owner:"));
    world.import("azure.csv", "Azure x 2026-10 100 component=k8s");
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(column(&invoice["lines"], "cost"), ["75", "25", "-100"]);
    assert_eq!(invoice["amount"], "0");
}
