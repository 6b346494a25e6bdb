//! What was invoiced is not touched by what is said later, and what waits is not lost: the ways in which it once was.

use crate::common::world::World;

const ONE_SERVICE: &str = "customers: [{ name: A, cost_center: '1' }]
components: [{ name: k8s, unit_price: 3 }]
services: [{ name: S, customer: A, uses: [{ name: u, component: k8s, quantity: 1 }] }]";

fn two_units(world: &World) -> String {
    world.apply("services: [{ name: S, uses: [{ name: u, component: k8s, quantity: 2 }] }]").out
}

#[test]
fn a_month_that_a_later_run_made_up_is_not_open_to_changes() {
    let world = World::with_catalog(ONE_SERVICE);
    world.bill("ManagedCloudServices", "2026-09");
    world.bill("ManagedCloudServices", "2026-10");
    world.done("invoice void 1 --why x");
    world.bill("ManagedCloudServices", "2026-10");
    assert!(two_units(&world).contains("from 2026-11"));
    assert_eq!(world.bill("ManagedCloudServices", "2026-11")["amount"], "6");
}

#[test]
fn an_older_month_that_was_named_leaves_no_gap_behind_it() {
    let world = World::with_catalog(ONE_SERVICE);
    world.bill("ManagedCloudServices", "2026-10");
    world.bill("ManagedCloudServices", "2026-08");
    assert!(two_units(&world).contains("from 2026-11"));
}

#[test]
fn a_draft_that_was_voided_was_never_the_first_run() {
    let world = World::with_catalog(ONE_SERVICE);
    world.done("bill ManagedCloudServices --period 2026-05 --draft");
    world.done("invoice void 1 --why 'wrong month'");
    assert_eq!(world.bill("ManagedCloudServices", "2026-10")["amount"], "3");
}

#[test]
fn a_component_does_not_take_the_earlier_name_of_another() {
    let world = World::with_catalog(
        "customers: [{ name: A, cost_center: '1' }]
components: [{ name: old, cost_percentage: 100 }]
services: [{ name: X, customer: A, uses: [{ name: u, component: old }] }]",
    );
    world.import("a.csv", "AWS 1 2026-10 100 component=old");
    assert_eq!(world.bill("ManagedCloudServices", "2026-10")["amount"], "100");
    world.apply("components: [{ name: new, previous_name: old }]");
    world.write("again.yaml", "components:\n  - name: old\n    cost_percentage: 100\n");
    assert!(
        world
            .fails("apply -f again.yaml")
            .contains("again.yaml:2: 'old' is an earlier name of component 'new'")
    );
    world.bills_nothing("ManagedCloudServices", "2026-10");
}

#[test]
fn a_service_keeps_the_tag_of_its_earlier_name() {
    let world = World::new();
    world.import("a.csv", "AWS 1 2026-10 100 component=k8s service_tag=Shop");
    world.apply(
        "customers: [{ name: A, cost_center: '1' }]
services: [{ name: Web, previous_name: Shop, customer: A }]",
    );
    let again = world.import("b.csv", "AWS 2 2026-10 50 component=k8s service_tag=Shop").out;
    assert!(!again.contains("service"), "{again}");
}

#[test]
fn an_id_belongs_to_one_account() {
    let world =
        World::with_catalog("customers: [{ name: A, cost_center: '1' }, { name: B, cost_center: '2' }]");
    world.write(
        "twice.yaml",
        "accounts:
  - { provider: AWS, id: '111111111111', customer: A, aliases: ['222222222222'] }
  - { provider: AWS, id: '222222222222', customer: B, charge_factor: 2 }
",
    );
    assert!(
        world.fails("apply -f twice.yaml").contains("twice.yaml:3: account AWS 222222222222 is an alias of")
    );
}

#[test]
fn back_dating_one_price_keeps_the_others() {
    let world = World::with_catalog(ONE_SERVICE);
    world.bill("ManagedCloudServices", "2026-10");
    world.apply("components: [{ name: db, unit_price: 30, fixed_price: 20 }]");
    for (file, text) in [
        ("use.yaml", "services: [{ name: D, customer: A, uses: [{ name: u, component: db }] }]"),
        ("price.yaml", "components: [{ name: db, unit_price: 5 }]"),
    ] {
        world.write(file, text);
        world.done(&format!("apply -f {file} --from 2026-10"));
    }
    assert_eq!(world.bill("ManagedCloudServices", "2026-10")["amount"], "25");
}

#[test]
fn a_part_that_is_used_later_cannot_go() {
    let world = World::with_catalog(
        "customers: [{ name: A, cost_center: '1' }]
components: [{ name: k8s, parts: [{ name: cpu, cost_share_percentage: 50 }, { name: gb, price_per_unit: 2 }] }]",
    );
    let later =
        "services: [{ name: S, customer: A, uses: [{ name: g, component: k8s, part: gb, quantity: 3 }] }]";
    world.write("later.yaml", later);
    world.done("apply -f later.yaml --from 2027-01");
    world
        .write("gone.yaml", "components: [{ name: k8s, parts: [{ name: cpu, cost_share_percentage: 50 }] }]");
    assert!(world.fails("apply -f gone.yaml").contains("needs part 'gb'"));
}

#[test]
fn credit_that_was_carried_is_given_out_when_credits_are_lines_again() {
    let mut world = World::with_catalog(
        "customers: [{ name: A, cost_center: '1' }]
accounts: [{ provider: AWS, id: '1', customer: A }]
positions: [{ customer: A, target: AWS, reason: Goodwill, amount: -100 }]",
    );
    world.import("a.csv", "AWS 1 2026-10 10");
    world.set("CREDITS", "net");
    assert_eq!(world.bill("AWS", "2026-10")["amount"], "0");
    world.import("b.csv", "AWS 1 2026-11 500");
    world.set("CREDITS", "lines");
    assert_eq!(world.bill("AWS", "2026-11")["amount"], "410");
}

#[test]
fn no_provider_has_the_name_of_the_target_of_services() {
    let world = World::new();
    world.write("a.csv", crate::common::usage::focus("managedcloudservices 1 2026-10 5"));
    let told = world.needs_a_person("import focus -n a -f a.csv");
    assert!(told.contains("it is the target of services"), "{told}");
}

#[test]
fn an_invoice_keeps_the_names_that_it_was_made_with() {
    let world = World::with_catalog(ONE_SERVICE);
    let made = world.bill("ManagedCloudServices", "2026-10");
    world.apply(
        "customers: [{ name: A2, previous_name: A }]\ncomponents: [{ name: kube, previous_name: k8s }]",
    );
    assert_eq!(world.json("invoice show 1"), made);
    assert_eq!(world.json("explain 1/1")["price"]["uses"][0]["component"], "k8s");
}

#[test]
fn a_month_again_under_a_mistyped_period_is_refused() {
    let world = World::new();
    let rows =
        |cost: u32| (1..=12).map(|account| format!("AWS {account} 2026-10 {cost}\n")).collect::<String>();
    world.import("f.csv", &rows(5));
    world.write("again.csv", crate::common::usage::focus(&rows(6)));
    let told = world.fails("import focus -n f -f again.csv --period 2026-11");
    assert!(told.contains("most of it is 2026-10 again, which f/2026-10 has already"), "{told}");
    // A late row of that month is no second bill.
    world.write("late.csv", crate::common::usage::focus("AWS 1 2026-11 7\nAWS 1 2026-10 -2"));
    world.done("import focus -n f -f late.csv");
}
