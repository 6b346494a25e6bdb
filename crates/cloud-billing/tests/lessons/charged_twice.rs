//! Lessons 14 to 18, 29 and 30: nothing is charged twice, and credits are given once.

use std::io::Write as _;

use crate::common::{
    export, usage,
    world::{World, column, decimal, lines, sum},
};

const CUSTOMERS: &str = "
customers:
  - { name: Alpha, cost_center: cc-alpha }
  - { name: Beta, cost_center: cc-beta }
  - { name: Platform, cost_center: cc-platform }
";

fn world(more: &str) -> World {
    World::with_catalog(&format!("{CUSTOMERS}{more}"))
}

const SERVICES: &str = "
components:
  - { name: cluster, fixed_price: 20, unit_price: 50 }
services:
  - { name: Shop, customer: Alpha, uses: [{ name: namespace, component: cluster, quantity: 2 }] }
";

#[test]
fn lesson_14_fixed_and_unit_prices_are_charged_once_per_service_use_and_period() {
    let world = world(SERVICES);
    assert_eq!(world.bill("ManagedCloudServices", "2026-10")["amount"], "120");
    world.bills_nothing("ManagedCloudServices", "2026-10");
    world.bills_nothing("managedcloudservices", "2026-10");
    assert_eq!(world.bill("ManagedCloudServices", "2026-11")["amount"], "120");
    world.bills_nothing("ManagedCloudServices", "2026-10");
    // A skipped month is made up for, once.
    let invoice = world.bill("ManagedCloudServices", "2027-01");
    assert_eq!(column(&invoice["lines"], "period"), ["2026-12", "2027-01"]);
    assert_eq!(invoice["amount"], "240");
}

/// An account of each of Alpha and Beta at Azure.
const ACCOUNTS: &str = "
accounts:
  - { provider: Azure, id: a, customer: Alpha }
  - { provider: Azure, id: b, customer: Beta }
";

const MONTH: &str = "Azure a 2026-10 1.25\nAzure b 2026-10 2.5\nAzure a 2026-10 1.25 service=Storage";

#[test]
fn lesson_15_the_same_content_is_never_billed_twice_whatever_it_is_called() {
    let world = world(ACCOUNTS);
    world.import("azure.csv", MONTH);
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "5");
    let text = usage::focus(MONTH);
    let mut rows: Vec<&str> = text.lines().collect();
    rows[1..].reverse();
    world.write("shuffled.csv", rows.join("\r\n"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    world.write("packed.csv.gz", gz.finish().unwrap());
    world.write("parts/1.csv", rows[..3].join("\n"));
    world.write("parts/2.csv", format!("{}\n{}\n", rows[0], rows[3]));

    for content in ["azure.csv", "shuffled.csv", "packed.csv.gz", "parts"] {
        let again = world.done(&format!("import focus -n azure -f {content}")).out;
        assert!(again.contains("already imported"), "{content}: {again}");
        let message = world.fails(&format!("import focus -n another-name -f {content}"));
        assert!(message.contains("already imported") && message.contains("azure/2026-10"), "{message}");
        let message = world.fails(&format!("import focus -n azure --period 2026-11 -f {content}"));
        assert!(message.contains("already imported"), "{content}: {message}");
    }
    world.bills_nothing("Azure", "2026-10");
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1));
}

#[test]
fn lesson_15_another_bill_of_the_same_accounts_is_refused() {
    let world = world(ACCOUNTS);
    world.import("azure.csv", MONTH);
    world.write("other.csv", usage::focus("Azure a 2026-10 1.2500001"));
    let message = world.fails("import focus -n other -f other.csv");
    assert!(message.contains("account a") && message.contains("--add"), "{message}");
    world.done("import focus -n other -f other.csv --add");
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "6.2500001");
}

#[test]
fn lesson_16_a_fee_is_charged_once_not_on_each_row() {
    let accounts = format!("{ACCOUNTS}  - {{ provider: Azure, id: c, customer: Alpha }}\n");
    let fee = "positions: [{ customer: Alpha, target: Azure, reason: Support fee, amount: 60 }]\n";
    let world = world(&(accounts + fee));
    world.import("azure.csv", "Azure a 2026-10 100\nAzure b 2026-10 100\nAzure c 2026-10 100");
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(
        lines(&invoice),
        [
            "account a cc-alpha 100",
            "account b cc-beta 100",
            "account c cc-alpha 100",
            "position Support fee cc-alpha 60"
        ]
    );
    world.import("next.csv", "Azure a 2026-11 1\nAzure b 2026-11 1\nAzure c 2026-11 1");
    assert_eq!(world.bill("Azure", "2026-11")["amount"], "3");
}

#[test]
fn lesson_16_a_credit_is_given_once_where_services_of_a_customer_are_not_adjacent() {
    let world = world(
        "components: [{ name: cluster, fixed_price: 40 }]
services:
  - { name: A1, customer: Alpha, uses: [{ name: u, component: cluster }] }
  - { name: B1, customer: Beta, uses: [{ name: u, component: cluster }] }
  - { name: Z1, customer: Alpha, uses: [{ name: u, component: cluster }] }
positions: [{ customer: Alpha, target: ManagedCloudServices, reason: Goodwill, amount: -50 }]
",
    );
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(invoice["amount"], "70");
    assert_eq!(lines(&invoice)[3], "position Goodwill cc-alpha -50");
    assert_eq!(world.bill("ManagedCloudServices", "2026-11")["amount"], "120");
}

#[test]
fn lesson_16_the_excess_of_a_credit_is_carried_to_the_next_invoice() {
    let credit = "positions: [{ customer: Alpha, target: Azure, reason: Goodwill, amount: -250 }]\n";
    let mut world = World::with(&[("CREDITS", "net")]);
    world.apply(&format!("{CUSTOMERS}{ACCOUNTS}{credit}"));
    world.import("october.csv", "Azure a 2026-10 100\nAzure b 2026-10 7");
    world.bill("Azure", "2026-10");
    assert_eq!(export::short(&world.read("Azure.csv")), ["b cc-beta 7"]);
    world.import("november.csv", "Azure a 2026-11 160\nAzure b 2026-11 8");
    let invoice = world.bill("Azure", "2026-11");
    assert_eq!(export::short(&world.read("Azure.csv")), ["a cc-alpha 10", "b cc-beta 8"]);
    assert_eq!(invoice["amount"], "18");
    assert_eq!(column(&invoice["lines"], "kind"), ["account", "account", "carry"]);
    // With CREDITS=lines nothing is deferred, and what was is over.
    world.set("CREDITS", "lines");
    world.bills_nothing("Azure", "2026-11");
}

#[test]
fn lesson_17_a_position_of_a_customer_without_accounts_is_a_line_of_its_own() {
    let fee = "positions:
  - { customer: Beta, target: Azure, reason: Onboarding, amount: 75 }
  - { customer: Platform, target: ManagedCloudServices, reason: Later, amount: 5 }
";
    let accounts = "accounts: [{ provider: Azure, id: a, customer: Alpha }]\n";
    let world = world(&format!("{accounts}{fee}"));
    world.import("azure.csv", "Azure a 2026-10 10");
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(lines(&invoice), ["account a cc-alpha 10", "position Onboarding cc-beta 75"]);
    world.bills_nothing("Azure", "2026-11");
    // The other one is still open, and its target bills it.
    let invoice = world.bill("ManagedCloudServices", "2026-12");
    assert_eq!(lines(&invoice), ["position Later cc-platform 5"]);
    world.bills_nothing("ManagedCloudServices", "2026-12");
}

#[test]
fn lesson_18_the_credit_of_one_customer_does_not_lower_the_sum_of_another() {
    for (credits, rows, amount) in [
        ("lines", vec!["b cc-beta 196", "Goodwill cc-alpha -110"], "86"),
        ("net", vec!["b cc-beta 196"], "196"),
    ] {
        let mut world = World::with(&[("CREDITS", credits)]);
        world.set("ROUNDING", "unit-up");
        let credit = "positions: [{ customer: Alpha, target: Azure, reason: Goodwill, amount: -110 }]\n";
        world.apply(&format!("{CUSTOMERS}{ACCOUNTS}{credit}"));
        world.import("azure.csv", "Azure b 2026-10 195.2");
        let invoice = world.bill("Azure", "2026-10");
        let export = export::rows(&world.read("Azure.csv"));
        assert_eq!(export::short(&world.read("Azure.csv")), rows);
        assert_eq!((&invoice["amount"], export::sum(&export).to_string()), (&amount.into(), amount.into()));
        let of_lines = sum(invoice["lines"].as_array().unwrap().iter().map(|line| &line["amount"]));
        assert_eq!(of_lines, decimal(&invoice["amount"]));
    }
}

const SHARED: &str = "
accounts: [{ provider: Azure, id: platform, customer: Platform }]
components: [{ name: k8s, cost_percentage: 110 }]
services:
  - { name: Shop, customer: Alpha, uses: [{ name: cpu, component: k8s, quantity: 0.25 }] }
";

#[test]
fn lesson_29_cost_billed_to_its_account_and_to_a_service_is_credited_to_the_owner() {
    let world = world(SHARED);
    world.import("azure.csv", "Azure platform 2026-10 1000 component=k8s");
    assert_eq!(lines(&world.bill("Azure", "2026-10")), ["account platform cc-platform 1000"]);
    // Without an owner both pay, and everybody sees it.
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    assert_eq!(lines(&invoice), ["service Shop cc-alpha 275"]);
    assert_eq!((&invoice["lines"][0]["cost"], &invoice["lines"][0]["markup"]), (&"250".into(), &"25".into()));

    world.done("invoice void 000002 --why 'the platform team recovers its cost'");
    world.apply("components: [{ name: k8s, owner: Platform }]");
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    let of = |kind: &str| {
        let found = invoice["lines"].as_array().unwrap().iter().find(|line| line["kind"] == kind).unwrap();
        (found["cost_center"].as_str().unwrap().to_owned(), found["cost"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("service"), ("cc-alpha".to_owned(), "250".to_owned()));
    assert_eq!(of("recovery"), ("cc-platform".to_owned(), "-250".to_owned()));
    assert_eq!(invoice["amount"], "25");
    world.bills_nothing("all", "2026-10");
    // Reconciliation counts the account lines only.
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "1000");
}

#[test]
fn lesson_30_a_one_off_is_consumed_by_the_invoice_that_bills_it_and_by_nothing_else() {
    let world = world(
        "components: [{ name: setup, unit_price: 150 }]
services:
  - { name: Shop, customer: Alpha, uses: [{ name: setup, component: setup, once: true }] }
",
    );
    // Neither a dry run nor a draft consumes it.
    for mode in ["--dry-run", "--draft", "--draft"] {
        let made = world.json(&format!("bill ManagedCloudServices --period 2026-10 {mode}"));
        assert_eq!(made[0]["amount"], "150", "{mode}");
    }
    assert_eq!(world.bill("ManagedCloudServices", "2026-10")["amount"], "150");
    world.bills_nothing("ManagedCloudServices", "2026-10");
    world.bills_nothing("ManagedCloudServices", "2026-12");
    let number = world
        .json("invoices")
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["state"] == "issued")
        .unwrap()["number"]
        .clone();
    world.done(&format!("invoice void {} --why mistake", number.as_str().unwrap()));
    // After the void it is owed again, still in its first period.
    let invoice = world.bill("ManagedCloudServices", "2026-12");
    assert_eq!((&invoice["amount"], column(&invoice["lines"], "period")), (&"150".into(), vec!["2026-10"]));
}
