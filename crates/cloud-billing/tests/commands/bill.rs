//! `bill`: whom it is for, up to when, and what a run leaves behind.

use serde_json::{Value, json};

use crate::common::{
    export,
    world::{World, column, lines},
};

/// Accounts of two customers at Azure and one at AWS, and a service.
pub const CATALOG: &str = "
customers:
  - { name: Alpha, cost_center: cc-alpha }
  - { name: Beta, cost_center: cc-beta }
accounts:
  - { provider: Azure, id: a, customer: Alpha, product_number: '4711' }
  - { provider: Azure, id: b, customer: Beta, charge_factor: 1.1 }
  - { provider: AWS, id: x, customer: Beta }
components:
  - { name: cluster, fixed_price: 20, cost_percentage: 50 }
services:
  - { name: Shop, customer: Alpha, uses: [{ name: namespace, component: cluster }] }
positions:
  - { customer: Beta, target: Azure, reason: Goodwill, amount: -1.5 }
";

/// A month of all targets.
pub fn month() -> World {
    let world = World::with_catalog(CATALOG);
    world.import(
        "azure.csv",
        "Azure a 2026-10 10.01\nAzure b 2026-10 20 component=cluster\nAzure b 2026-10 3 cost_center=cc-9",
    );
    world.import("aws.csv", "AWS x 2026-10 5.555");
    world
}

/// The month before today's; two of them where the month ends while this is asked.
pub fn last_month() -> [String; 2] {
    let month = || {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let before = today.first_of_month().yesterday().unwrap();
        format!("{:04}-{:02}", before.year(), before.month())
    };
    [month(), month()]
}

#[test]
fn an_unknown_target_is_wrong_usage_and_names_the_known_ones() {
    let world = month();
    let message = world.wrong_usage("bill Oracle --period 2026-10");
    assert!(message.contains("'Oracle'"), "{message}");
    for known in ["Azure", "AWS", "GCP", "ManagedCloudServices", "all"] {
        assert!(message.contains(known), "{message}");
    }
    for line in ["bill", "bill Azure --period 2026-10-01", "bill Azure --period 2026-10 --draft --dry-run"] {
        world.wrong_usage(line);
    }
    assert_eq!(world.json("invoices"), json!([]));
}

#[test]
fn a_target_is_known_by_any_name_of_its_provider() {
    for name in ["azure", "AZURE", "Microsoft", "microsoft azure"] {
        let world = month();
        let made = world.json(&format!("bill '{name}' --period 2026-10"));
        assert_eq!(column(&made, "target"), ["Azure"], "{name}");
    }
    let world = month();
    assert_eq!(column(&world.json("bill 'Amazon Web Services' --period 2026-10"), "target"), ["AWS"]);
    // A provider that is only known from FOCUS data is a target as soon as it has accounts.
    world.import("oracle.csv", "Oracle o-1 2026-10 9");
    world.apply("accounts: [{ provider: Oracle, id: o-1, customer: Alpha }]");
    assert_eq!(world.bill("oracle", "2026-10")["target"], "Oracle");
    assert!(world.has("Oracle.csv"));
}

#[test]
fn lines_stand_in_order_and_the_export_has_their_amounts() {
    let world = month();
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(
        lines(&invoice),
        [
            "account a cc-alpha 10.01",
            "account b cc-9 3.3",
            "account b cc-beta 22",
            "position Goodwill cc-beta -1.5"
        ]
    );
    assert_eq!(
        world.read("Azure.csv"),
        "a_1;cc-alpha;;4711;10.01;\r\nb(AlternativeCostCenter)_2;cc-9;;;3.30;\r\nb_3;cc-beta;;;22;\r\n\
         Goodwill_4;cc-beta;;;-1.50;\r\n"
    );
    assert_eq!(world.read("Azure-000001.csv"), world.read("Azure.csv"));
}

#[test]
fn bill_prints_what_invoice_show_prints() {
    let world = month();
    let made = world.json("bill all --period 2026-10");
    assert_eq!(column(&made, "target"), ["AWS", "Azure", "ManagedCloudServices"]);
    for invoice in made.as_array().unwrap() {
        let number = invoice["number"].as_str().unwrap();
        assert_eq!(&world.json(&format!("invoice show {number}")), invoice);
    }
    world.bills_nothing("all", "2026-10");
}

#[test]
fn a_second_run_makes_nothing_and_leaves_the_files_alone() {
    let world = month();
    world.done("bill all --period 2026-10");
    let (invoices, exports) = (world.json("invoices"), world.exports());
    // Two files for each of the three targets that have something to invoice.
    assert_eq!(exports.len(), 6);
    std::fs::remove_file(world.path("Azure.csv")).unwrap();
    let again = world.done("bill all --period 2026-10");
    assert_eq!(
        again.out.lines().filter(|line| line.contains("nothing to invoice")).count(),
        4,
        "{}",
        again.out
    );
    assert_eq!(world.json("bill all --period 2026-10"), json!([]));
    assert_eq!(world.json("invoices"), invoices);
    assert!(!world.has("Azure.csv") && world.has("Azure-000001.csv") | world.has("Azure-000002.csv"));
}

/// An invoice without what may differ: its state and when it was made.
fn essence(invoice: &Value) -> Value {
    let mut invoice = invoice.clone();
    for key in ["state", "created"] {
        invoice.as_object_mut().unwrap().remove(key);
    }
    invoice
}

#[test]
fn a_dry_run_shows_what_bill_would_make_and_writes_nothing() {
    let world = month();
    for target in ["Azure", "ManagedCloudServices"] {
        let files = world.files("");
        let before = world.json("invoices");
        let dry = world.json(&format!("bill {target} --period 2026-10 --dry-run"));
        assert_eq!(
            world.json(&format!("bill {target} --period 2026-10 --dry-run"))[0]["lines"],
            dry[0]["lines"]
        );
        assert_eq!((world.json("invoices"), world.files("")), (before, files));
        assert_eq!(essence(&world.bill(target, "2026-10")), essence(&dry[0]));
    }
}

#[test]
fn a_run_covers_all_periods_up_to_its_own_and_none_after() {
    let world = World::with_catalog(CATALOG);
    world.import("azure.csv", "Azure a 2026-08 1\nAzure a 2026-09 2\nAzure a 2026-10 4\nAzure a 2026-11 8");
    let invoice = world.bill("Azure", "2026-10");
    let of: Vec<_> = lines(&invoice).into_iter().zip(column(&invoice["lines"], "period")).collect();
    let expected = [
        ("account a cc-alpha 1", "2026-08"),
        ("account a cc-alpha 2", "2026-09"),
        ("account a cc-alpha 4", "2026-10"),
    ];
    let accounts: Vec<_> =
        of.iter().filter(|(line, _)| line.starts_with("account")).map(|(l, p)| (l.as_str(), *p)).collect();
    assert_eq!(accounts, expected);
    world.bills_nothing("Azure", "2026-09");
    assert_eq!(lines(&world.bill("Azure", "2026-11")), ["account a cc-alpha 8"]);
}

#[test]
fn without_a_period_it_is_last_month() {
    let world = World::with_catalog(CATALOG);
    let [month, later] = last_month();
    world.import("azure.csv", &format!("Azure a 2020-01 5\nAzure a {month} 7"));
    let invoice = world.json("bill Azure")[0].clone();
    let period = invoice["period"].as_str().unwrap();
    assert!([month.as_str(), later.as_str()].contains(&period), "{period}");
    assert_eq!(invoice["amount"], "10.5");
}

#[test]
fn what_needs_a_person_counts_only_within_the_targets_scope() {
    let world = month();
    world.apply("customers: [{ name: Gamma }]\naccounts: [{ provider: Azure, id: g, customer: Gamma }]");
    world.import("later.csv", "Azure g 2026-11 8\nAzure unknown 2026-10 4");
    // Cost without customer is told and is no reason for 3; what is held is of a later period.
    let ran = world.done("bill Azure --period 2026-10");
    assert!(ran.err.contains("unallocated: 4 CHF") && !ran.err.contains("held"), "{}", ran.err);
    world.done("bill AWS --period 2026-11");
    let told = world.needs_a_person("bill Azure --period 2026-11");
    assert!(told.contains("held: 8 CHF"), "{told}");
    world.needs_a_person("bill Azure --period 2026-11");
}

#[test]
fn a_service_without_customer_is_told_and_one_that_is_not_charged_is_not() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
components: [{ name: c, unit_price: 10 }]
services:
  - { name: Free, customer: Alpha, charge: false, uses: [{ name: u, component: c }] }
  - { name: Nobody, uses: [{ name: u, component: c, quantity: 2 }] }
  - { name: Paid, customer: Alpha, uses: [{ name: u, component: c, quantity: 3 }] }
",
    );
    let ran = world.done("bill ManagedCloudServices --period 2026-10");
    assert!(ran.err.contains("20 CHF of service Nobody") && !ran.err.contains("Free"), "{}", ran.err);
    assert_eq!(export::short(&world.read("ManagedCloudServices.csv")), ["Paid cc 30"]);
}

/// An account of GCP whose amount is beyond all invoices.
fn too_large() -> World {
    let world = month();
    world.apply("accounts: [{ provider: GCP, id: g, customer: Alpha, charge_factor: 90000000000000000000 }]");
    world.import("gcp.csv", "GCP g 2026-10 90000000000000000000");
    world
}

#[test]
fn a_target_that_fails_does_not_hide_what_the_others_made() {
    let world = too_large();
    let ran = world.ends(1, "bill all --period 2026-10");
    assert!(ran.err.contains("too large"), "{}", ran.err);
    // What was issued before is told, and whoever runs it again gets the rest.
    for issued in world.json("invoices").as_array().unwrap() {
        let number = issued["number"].as_str().unwrap();
        assert!(ran.out.contains(number), "{number} in {}", ran.out);
    }
    world.apply("accounts: [{ provider: GCP, id: g, charge_factor: 1 }]");
    world.done("bill all --period 2026-10");
    let mut targets = column(&world.json("invoices"), "target")
        .iter()
        .map(|target| (*target).to_owned())
        .collect::<Vec<_>>();
    targets.sort();
    assert_eq!(targets, ["AWS", "Azure", "GCP", "ManagedCloudServices"]);
    world.reconciles();
}

#[test]
fn a_sum_beyond_all_invoices_is_an_error_too() {
    let world =
        World::with_catalog(&CATALOG.replace("charge_factor: 1.1", "charge_factor: 90000000000000000"));
    world.apply("accounts: [{ provider: Azure, id: a, charge_factor: 90000000000000000 }]");
    world.import("azure.csv", "Azure a 2026-10 10000000000000000000\nAzure b 2026-10 10000000000000000000");
    world.fails("bill Azure --period 2026-10");
    assert_eq!(world.json("invoices"), json!([]));
}

#[test]
fn without_saving_no_file_is_written_and_the_bytes_can_still_be_had() {
    let mut world = month();
    world.set("SAVE_CSV_TO_FILE", "no");
    world.done("bill Azure --period 2026-10");
    assert_eq!(world.exports(), []);
    // It has not left the house: there is nothing to cancel.
    world.done("invoice void 000001 --why mistake");
    assert_eq!(world.exports(), []);

    world.done("bill Azure --period 2026-10");
    let bytes = world.done("invoice export 000002").out;
    assert_eq!((export::rows(&bytes).len(), world.exports()), (4, vec![]));
    // Now somebody has its bytes.
    world.done("invoice void 000002 --why mistake");
    assert_eq!(world.files("").iter().filter(|name| name.ends_with("-void.csv")).count(), 1);
}
