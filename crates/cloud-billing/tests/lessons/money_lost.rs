//! Lessons 1, 2 and 4 to 11: no cost is lost.

use crate::common::{
    export,
    world::{World, column, lines},
};

/// A customer each for the accounts a and b.
fn two_customers(second_cost_center: &str) -> String {
    format!(
        "customers:
  - {{ name: Alpha, cost_center: 1234567-0000000001 }}
  - {{ name: Beta{second_cost_center} }}
accounts:
  - {{ provider: Azure, id: a, customer: Alpha }}
  - {{ provider: Azure, id: b, customer: Beta }}
"
    )
}

#[test]
fn lesson_01_cost_of_an_invalid_cost_centre_is_held_and_billed_once_it_is_right() {
    let mut world = World::new();
    world.set("COST_CENTER_PATTERN", r"\d{7}-\d{10}");
    let warned = world.apply(&two_customers(", cost_center: unknown")).err;
    assert!(warned.contains("cost centre 'unknown' of customer 'Beta'"), "{warned}");
    world.import("azure.csv", "Azure a 2026-10 111\nAzure b 2026-10 955");

    let told = world.needs_a_person("bill Azure --period 2026-10");
    assert!(told.contains("held: 955 CHF of account Azure b"), "{told}");
    assert_eq!(export::short(&world.read("Azure.csv")), ["a 1234567-0000000001 111"]);
    let row = world.reconciled("Azure", "2026-10");
    assert_eq!((&row["invoiced"], &row["held"]), (&"111".into(), &"955".into()));

    world.apply(&two_customers(", cost_center: 1234567-0000000002"));
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(lines(&invoice), ["account b 1234567-0000000002 955"]);
    world.bills_nothing("Azure", "2026-10");
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "1066");
}

#[test]
fn lesson_02_a_customer_without_cost_centre_is_held_and_the_others_are_billed() {
    let world = World::with_catalog(&two_customers(""));
    world.import("azure.csv", "Azure a 2026-10 100\nAzure b 2026-10 900");
    let told = world.needs_a_person("bill Azure --period 2026-10");
    assert!(told.contains("customer Beta has no cost centre"), "{told}");
    assert_eq!(export::short(&world.read("Azure.csv")), ["a 1234567-0000000001 100"]);
    for line in ["invoices", "invoice show 000001", "reconcile", "catalog", "imports"] {
        world.done(line);
    }
    assert_eq!(world.reconciled("Azure", "2026-10")["held"], "900");
}

#[test]
fn lesson_04_a_run_that_fails_at_one_customer_has_billed_nobody() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    world.apply("accounts: [{ provider: Azure, id: b, charge_factor: 90000000000000000000 }]");
    world.import("azure.csv", "Azure a 2026-10 100\nAzure b 2026-10 90000000000000000000");
    let message = world.fails("bill Azure --period 2026-10");
    assert!(message.contains("too large"), "{message}");
    assert_eq!(world.json("invoices"), serde_json::json!([]));
    assert_eq!(world.exports(), []);

    world.apply("accounts: [{ provider: Azure, id: b, charge_factor: 0.5 }]");
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(invoice["amount"], "45000000000000000100");
}

/// A component of the platform's account that Shop uses.
const CLUSTER: &str = "
customers:
  - { name: Alpha, cost_center: cc-alpha }
  - { name: Platform, cost_center: cc-platform }
accounts:
  - { provider: Azure, id: platform, customer: Platform }
components:
  - { name: k8s, cost_percentage: 100 }
services:
  - { name: Shop, customer: Alpha, uses: [{ name: cpu, component: k8s, quantity: 0.5 }] }
";

#[test]
fn lesson_05_what_is_owed_does_not_depend_on_today() {
    let world = World::with_catalog(CLUSTER);
    // Imported long after, or long before, their month.
    world.import("old.csv", "Azure platform 2019-03 100 component=k8s");
    world.import("future.csv", "Azure platform 2099-01 300 component=k8s");
    let invoice = world.bill("ManagedCloudServices", "2019-03");
    assert_eq!(lines(&invoice), ["service Shop cc-alpha 50"]);
    let invoice = world.bill("ManagedCloudServices", "2099-01");
    assert_eq!(invoice["amount"], "150");
    assert_eq!(column(&invoice["lines"], "period"), ["2099-01"]);
}

#[test]
fn lesson_06_cost_of_a_component_that_nobody_used_is_still_there_when_somebody_does() {
    let world = World::with_catalog(CLUSTER.split("services:").next().unwrap());
    world.import("azure.csv", "Azure platform 2026-09 100 component=k8s");
    world.bills_nothing("ManagedCloudServices", "2026-09");
    world.apply(CLUSTER);
    assert_eq!(world.bill("ManagedCloudServices", "2026-09")["amount"], "50");

    // Another component's cost of the same month comes later, and the first invoice stays as it is.
    let first = world.json("invoice show 000001");
    world.import("more.csv", "Azure other 2026-09 40 component=cache");
    world.bills_nothing("ManagedCloudServices", "2026-09");
    world.write(
        "jobs.yaml",
        "services: [{ name: Jobs, customer: Alpha, uses: [{ name: u, component: cache }] }]",
    );
    world.done("apply -f jobs.yaml --from 2026-09");
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    // 105 % of the cost, as of each component that an import makes.
    assert_eq!(invoice["amount"], "42", "{invoice}");
    assert_eq!(world.json("invoice show 000001"), first);
}

#[test]
fn lesson_07_an_invoice_below_zero_stays_and_numbers_are_never_used_again() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    world.import("credit.csv", "Azure a 2026-09 -50 category=Credit");
    let credit = world.bill("Azure", "2026-09");
    assert_eq!(credit["amount"], "-50");
    world.done("invoice void 000001 --why mistake");
    assert_eq!(world.bill("Azure", "2026-09")["number"], "000002");

    // A draft that is replaced, and one that is never issued, use up their numbers as well.
    world.import("more.csv", "Azure a 2026-10 5");
    let draft = |world: &World| {
        let made = world.json("bill Azure --period 2026-10 --draft");
        made[0]["number"].as_str().unwrap().to_owned()
    };
    assert_eq!([draft(&world), draft(&world)], ["000003", "000004"]);
    assert_eq!(world.bill("Azure", "2026-10")["number"], "000005");

    // What the voided invoice said is owed to whom it was, and by nobody else.
    world.import("aws.csv", "AWS x 2026-10 1");
    world.apply("accounts: [{ provider: AWS, id: x, customer: Alpha }]");
    assert_eq!(world.bill("AWS", "2026-10")["number"], "000006");
    world.done("invoice void 000006 --why mistake");
    world.bills_nothing("Azure", "2026-10");
    let states = world.json("invoices");
    let of = |number: &str| {
        let rows = states.as_array().unwrap();
        rows.iter().find(|row| row["number"] == number).map(|row| row["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("000001").as_deref(), Some("void"));
    assert_eq!(of("000002").as_deref(), Some("issued"));
    assert_eq!(of("000006").as_deref(), Some("void"));
}

#[test]
fn lesson_08_rows_of_zero_and_below_are_rows_like_others() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    let rows = "Azure a 2026-10 100
                Azure a 2026-10 -12.5 category=Refund
                Azure a 2026-10 0
                Azure a 2026-10 -30 category=Credit
                Azure a 2026-10 7.7 category=Tax
                Azure b 2026-10 -80 category=SavingsPlanNegation
                Azure b 2026-10 20";
    world.import("azure.csv", rows);
    assert_eq!(world.json("imports")[0]["rows"], 7);
    world.bill("Azure", "2026-10");
    let export = export::short(&world.read("Azure.csv"));
    assert_eq!(export, ["a 1234567-0000000001 65.20", "b 1234567-0000000002 -60"]);
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "5.2");
}

#[test]
fn lesson_09_rows_that_cannot_be_taken_are_rejections_and_exit_3() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    let file = "BilledCost,BillingCurrency,BillingPeriodStart,ProviderName,SubAccountId\n\
                10,CHF,2026-10-01,Azure,a\n\
                twelve,CHF,2026-10-01,Azure,a\n\
                3.5,CHF,next month,Azure,b\n\
                20,CHF,2026-10-01,Azure,b\n";
    world.write("azure.csv", file);
    let told = world.needs_a_person("import focus -n azure -f azure.csv");
    assert!(told.contains("line 3") && told.contains("'twelve'") && told.contains("BilledCost"), "{told}");
    assert!(told.contains("line 4") && told.contains("'next month'"), "{told}");
    let import = &world.json("imports")[0];
    assert_eq!((&import["rows"], &import["rejected"]), (&2.into(), &2.into()));
    assert_eq!(import["totals"]["CHF"], "30");

    // The rest of the month goes on, and both bill and reconcile say what is missing.
    let told = world.needs_a_person("bill Azure --period 2026-10");
    assert!(told.contains("rejected: 2 rows of Azure"), "{told}");
    let told = world.needs_a_person("reconcile");
    assert!(told.contains("could not be read"), "{told}");
    assert_eq!(world.read("Azure.csv").lines().count(), 2);

    // A repaired file takes its place.
    world.write("azure.csv", file.replace("twelve", "12").replace("next month", "2026-10-01"));
    world.done("import focus -n azure -f azure.csv");
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "15.5");
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "45.5");
}

#[test]
fn lesson_09_a_rejection_can_be_given_up_by_name() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    world.write(
        "azure.csv",
        "BilledCost,BillingCurrency,BillingPeriodStart,ProviderName,SubAccountId\n\
         10,CHF,2026-10-01,Azure,a\n\
         ?,CHF,2026-10-01,Azure,a\n",
    );
    world.needs_a_person("import focus -n azure -f azure.csv");
    let rejections = world.json("imports --rejected");
    assert_eq!(rejections.as_array().map(Vec::len), Some(1));
    let id = rejections[0]["id"].to_string();
    world.done(&format!("imports waive {id} --why 'the provider does not answer'"));
    world.done("bill Azure --period 2026-10");
    world.done("reconcile");
    assert_eq!(world.json("imports --rejected")[0]["waived"], "the provider does not answer");
}

#[test]
fn lesson_10_unreadable_tags_are_told_and_the_cost_is_kept() {
    let world = World::with_catalog(&two_customers(", cost_center: 1234567-0000000002"));
    let rows = "Azure a 2026-10 10 tags={\"CostCenter\":
                Azure a 2026-10 20 tags=[1,2
                Azure a 2026-10 30 cost_center=1234567-0000000009";
    let told = world.import("azure.csv", rows).err;
    assert!(told.contains("line 2") && told.contains("line 3") && !told.contains("line 4"), "{told}");
    assert!(told.contains("Tags"), "{told}");
    assert_eq!(world.json("imports")[0]["rejected"], 0);
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(lines(&invoice), ["account a 1234567-0000000001 30", "account a 1234567-0000000009 30"]);
}

#[test]
fn lesson_11_a_renamed_account_keeps_its_cost_and_the_name_follows() {
    let world = World::new();
    world.import("azure.csv", "Azure a 2026-10 10 name=old-name");
    world.apply(&two_customers(", cost_center: 1234567-0000000002"));
    let first = world.bill("Azure", "2026-10");
    assert_eq!(lines(&first), ["account old-name 1234567-0000000001 10"]);

    world.import("azure.csv", "Azure a 2026-10 10 name=new-name\nAzure a 2026-10 5 name=new-name");
    let second = world.bill("Azure", "2026-10");
    assert_eq!(lines(&second), ["correction new-name 1234567-0000000001 5"]);
    assert_eq!(lines(&world.json("invoice show 000001")), ["account old-name 1234567-0000000001 10"]);
    let accounts = world.json("catalog");
    let named: Vec<&str> = accounts
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["what"] == "account" && row["detail"].as_str().unwrap().starts_with("Azure a,"))
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["new-name"]);
}
