//! `apply` and `catalog`: master data as code.

use crate::common::world::{World, column, lines};

/// Everything that a catalog can say.
const FULL: &str = r#"# the company
currency: CHF
customers:
  - name: Shop team
    email: shop@example.com
    cost_center: "1234500-0000327300"
  - name: 'Platform: "core" & more # not a comment'
    cost_center: yes
  - name: "No mail"
accounts:
  - provider: Azure
    id: 0F6C1A52-7c1e-4f0b-9a3e-1d2c3b4a5f60
    name: shop-prod
    customer: Shop team
    charge_factor: 1.10
    product_number: "4711"
    aliases: [0f6c1a52-7c1e-4f0b-9a3e-1d2c3b4a5f61, other]
  - { provider: AWS, id: "012345678901" }
  - { provider: Oracle, id: o-1, name: "true", customer: Shop team, charge_factor: "0.333333333333333333333" }
components:
  - name: k8s-cluster
    unit_price: 50
    cost_percentage: 110
    fixed_price: -20.5
    split: proportional
    owner: 'Platform: "core" & more # not a comment'
    parts:
      - { name: cpu, cost_share_percentage: 50.5 }
      - { name: storage, price_per_unit: 5 }
  - name: setup
services:
  - name: Shop
    customer: Shop team
    product_number: "0815"
    type: kubernetes
    charge: true
    uses:
      - { name: namespace, component: k8s-cluster, quantity: 1 }
      - { name: ns_cpu, component: k8s-cluster, part: cpu, quantity: 0.3 }
      - { name: ns_cpu, component: k8s-cluster, part: storage, quantity: 1000000.000001 }
      - { name: setup, component: setup, quantity: 1, once: true }
  - { name: Free, charge: false, uses: [] }
positions:
  - { customer: Shop team, target: Azure, reason: Goodwill, amount: -30.00 }
  - { id: fee-1, customer: No mail, target: ManagedCloudServices, reason: "Fee; \"new\"", amount: "0.005" }
"#;

fn changes(world: &World, arguments: &str) -> Vec<String> {
    let made = world.json(&format!("apply {arguments}"));
    made.as_array()
        .unwrap()
        .iter()
        .map(|change| format!("{} {}", change["change"].as_str().unwrap(), change["what"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let world = World::new();
    world.write("full.yaml", FULL);
    let empty = world.done("catalog -o yaml").out;
    let shown = world.done("apply -f full.yaml --dry-run").out;
    assert!(shown.contains("customer Shop team") && shown.contains("nothing was changed"), "{shown}");
    assert_eq!(world.done("catalog -o yaml").out, empty);
    let planned = changes(&world, "-f full.yaml --dry-run");
    assert_eq!(planned.len(), 12, "{planned:?}");
    assert_eq!(changes(&world, "-f full.yaml"), planned);
    assert_eq!(changes(&world, "-f full.yaml"), Vec::<String>::new());
    assert!(world.done("apply -f full.yaml").out.contains("nothing to change"));
}

#[test]
fn what_catalog_prints_apply_reads_back() {
    let world = World::new();
    world.apply(FULL);
    let printed = world.done("catalog -o yaml").out;
    world.write("printed.yaml", &printed);
    assert_eq!(changes(&world, "-f printed.yaml"), Vec::<String>::new(), "{printed}");
    assert_eq!(changes(&world, "-f printed.yaml --prune"), Vec::<String>::new(), "{printed}");
    // In another ledger it makes the same.
    let other = World::new();
    other.write("printed.yaml", &printed);
    other.done("apply -f printed.yaml");
    assert_eq!(other.done("catalog -o yaml").out, printed);
    other.write("full.yaml", FULL);
    assert_eq!(changes(&other, "-f full.yaml"), Vec::<String>::new());
}

#[test]
fn what_an_import_made_round_trips_too() {
    let world = World::new();
    world.apply(FULL);
    world.import("azure.csv", "Azure new-1 2026-10 1 component=cache service_tag=Search name=new\nGCP p 2026-10 2 component=k8s-cluster service_tag=Shop");
    let printed = world.done("catalog -o yaml").out;
    assert!(
        printed.contains("new-1") && printed.contains("cache") && printed.contains("cost_percentage: 105"),
        "{printed}"
    );
    world.write("printed.yaml", &printed);
    assert_eq!(changes(&world, "-f printed.yaml"), Vec::<String>::new(), "{printed}");
    assert_eq!(world.done("catalog -o yaml").out, printed);
}

#[test]
fn what_the_file_does_not_name_stays() {
    let world = World::new();
    world.apply(FULL);
    let before = world.done("catalog -o yaml").out;
    world.write(
        "part.yaml",
        "customers: [{ name: Shop team, email: new@example.com }]\nservices: [{ name: Shop, type: vm }]",
    );
    assert_eq!(changes(&world, "-f part.yaml"), ["changed customer Shop team", "changed service Shop"]);
    let expected = before.replace("shop@example.com", "new@example.com").replace("\"kubernetes\"", "\"vm\"");
    assert_eq!(world.done("catalog -o yaml").out, expected);
    // An empty file says nothing at all.
    world.write("empty.yaml", "# nothing\n");
    assert_eq!(changes(&world, "-f empty.yaml"), Vec::<String>::new());
}

#[test]
fn uses_and_parts_are_taken_as_whole_lists() {
    let world = World::new();
    world.apply(FULL);
    world.write(
        "lists.yaml",
        "components: [{ name: k8s-cluster, parts: [{ name: cpu, cost_share_percentage: 60 }] }]
services: [{ name: Shop, uses: [{ name: ns_cpu, component: k8s-cluster, part: cpu, quantity: 2 }] }]",
    );
    world.done("apply -f lists.yaml");
    let printed = world.done("catalog -o yaml").out;
    assert!(
        !printed.contains("namespace") && !printed.contains("storage") && !printed.contains("once"),
        "{printed}"
    );
    assert!(printed.contains("60") && printed.contains("\"cpu\", quantity: 2"), "{printed}");
}

#[test]
fn prune_ends_what_the_file_does_not_name() {
    let world = World::with_catalog(
        "customers: [{ name: A, cost_center: cc-a }, { name: B, cost_center: cc-b }]
accounts: [{ provider: Azure, id: a, customer: A }, { provider: Azure, id: b, customer: B }]
components: [{ name: c, unit_price: 5 }]
services:
  - { name: Stays, customer: A, uses: [{ name: u, component: c }] }
  - { name: Goes, customer: B, uses: [{ name: u, component: c }] }
positions: [{ customer: A, target: Azure, reason: Old, amount: 3 }]
",
    );
    world.write(
        "less.yaml",
        "customers: [{ name: A, cost_center: cc-a }]
accounts: [{ provider: Azure, id: a, customer: A }]
components: [{ name: c, unit_price: 5 }]
services: [{ name: Stays, customer: A, uses: [{ name: u, component: c }] }]
",
    );
    assert_eq!(changes(&world, "-f less.yaml"), Vec::<String>::new(), "without --prune all of it stays");
    let ended = changes(&world, "-f less.yaml --prune");
    assert_eq!(ended, ["ended account Azure b", "ended service Goes", "ended position Old"]);
    assert_eq!(changes(&world, "-f less.yaml --prune"), Vec::<String>::new());
    world.import("azure.csv", "Azure a 2026-10 1\nAzure b 2026-10 2");
    assert_eq!(lines(&world.bill("Azure", "2026-10")), ["account a cc-a 1"]);
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-10")), ["service Stays cc-a 5"]);
    assert_eq!(world.reconciled("Azure", "2026-10")["unallocated"], "2");
}

#[test]
fn numbers_may_be_quoted_and_are_exact() {
    let world = World::new();
    let catalog = |factor: &str| {
        format!(
            "customers: [{{ name: A, cost_center: cc }}]\naccounts: [{{ provider: Azure, id: a, customer: A, charge_factor: {factor} }}]"
        )
    };
    world.apply(&catalog("1.10"));
    for same in ["\"1.10\"", "'1.1'", "1.1000", "11e-1"] {
        world.write("same.yaml", catalog(same));
        assert_eq!(changes(&world, "-f same.yaml"), Vec::<String>::new(), "{same}");
    }
    // 0.1 + 0.2 would be a little more than 0.3 as binary numbers.
    world.apply(&catalog("0.30000000000000000000004"));
    world.import("azure.csv", "Azure a 2026-10 1E19");
    // 3,000,000,000,000,000,000.0004
    assert_eq!(world.bill("Azure", "2026-10")["lines"][0]["rounding"], "-0.0004");
}

#[test]
fn previous_name_renames_and_history_follows() {
    let world = World::with_catalog(
        "customers: [{ name: Old, cost_center: cc }]
components: [{ name: old-c, cost_percentage: 100 }]
services: [{ name: Old service, customer: Old, uses: [{ name: u, component: old-c }] }]",
    );
    world.import("azure.csv", "Azure a 2026-10 5 component=old-c");
    world.bill("ManagedCloudServices", "2026-10");
    world.write(
        "renamed.yaml",
        "customers: [{ name: New, previous_name: Old }]
components: [{ name: new-c, previous_name: old-c }]
services: [{ name: New service, previous_name: Old service }]",
    );
    assert_eq!(
        changes(&world, "-f renamed.yaml"),
        ["changed customer New", "changed component new-c", "changed service New service"]
    );
    assert_eq!(changes(&world, "-f renamed.yaml"), Vec::<String>::new(), "a second time it is done");
    world.bills_nothing("ManagedCloudServices", "2026-10");
    // The cloud's tags keep the old name for a while; both mean the component.
    world.import("azure.csv", "Azure a 2026-11 7 component=old-c\nAzure a 2026-11 2 component=new-c");
    assert_eq!(lines(&world.bill("ManagedCloudServices", "2026-11")), ["service New service cc 9"]);
    let catalog = world.json("catalog");
    assert_eq!(column(&catalog, "name").iter().filter(|name| name.contains("ld")).count(), 0, "{catalog}");
}

#[test]
fn unknown_accounts_are_created_and_aliases_join_ids() {
    let world = World::new();
    world.import("azure.csv", "Azure old-id 2026-10 3\nAzure new-id 2026-10 4");
    world.apply(
        "customers: [{ name: A, cost_center: cc }]
accounts: [{ provider: Azure, id: new-id, name: shop, customer: A, aliases: [OLD-ID] }, { provider: Azure, id: later, customer: A }]",
    );
    assert_eq!(
        lines(&world.bill("Azure", "2026-10"))
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap())
            .sum::<u32>(),
        7
    );
    assert_eq!(world.reconciled("Azure", "2026-10")["unallocated"], "0");
    world.import("later.csv", "Azure LATER 2026-10 5 name=later");
    assert_eq!(lines(&world.bill("Azure", "2026-10")), ["account later cc 5"]);
}

#[test]
fn a_position_applied_twice_is_one_also_after_it_was_invoiced() {
    let catalog = "customers: [{ name: A, cost_center: cc }]
positions:
  - { customer: A, target: Azure, reason: Goodwill, amount: -30.00 }
  - { id: fee, customer: A, target: Azure, reason: Fee, amount: 12 }
";
    let world = World::with_catalog(catalog);
    world.apply(&catalog.replace("-30.00", "'-30'"));
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "-18");
    world.apply(catalog);
    world.bills_nothing("Azure", "2026-11");
    // Another amount is another position where there is no id.
    world.apply(&catalog.replace("-30.00", "-31"));
    assert_eq!(world.bill("Azure", "2026-11")["amount"], "-31");
}

#[test]
fn an_invoiced_position_changes_only_after_a_void() {
    let catalog = "customers: [{ name: A, cost_center: cc }]
positions: [{ id: fee, customer: A, target: Azure, reason: Fee, amount: 12 }]
";
    let world = World::with_catalog(catalog);
    // Before it is invoiced it may change.
    world.apply(&catalog.replace("12", "13"));
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "13");
    world.write("changed.yaml", catalog.replace("12", "14"));
    let message = world.fails("apply -f changed.yaml");
    assert!(
        message.contains("changed.yaml:2:") && message.contains("'fee'") && message.contains("void"),
        "{message}"
    );
    world.done("invoice void 1 --why mistake");
    world.done("apply -f changed.yaml");
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "14");
}

#[test]
fn a_tag_names_component_and_service_once() {
    let world = World::new();
    let rows = "Azure p 2026-10 100 component=k8s service_tag=Shop\nAzure p 2026-10 50 component=k8s service_tag=Blog";
    let told = world.import("azure.csv", rows).out;
    for made in ["component k8s", "service Shop", "service Blog"] {
        assert!(told.contains(made), "{told}");
    }
    world.apply("customers: [{ name: A, cost_center: cc }]\nservices: [{ name: Shop, customer: A }]");
    let ran = world.done("bill ManagedCloudServices --period 2026-10");
    // 105 % of all of the component's cost, and Blog has no customer.
    assert!(ran.err.contains("157.5 CHF of service Blog"), "{}", ran.err);
    assert_eq!(lines(&world.json("invoice show 1")), ["service Shop cc 157.5"]);
    // Somebody ends the use: the tag does not bring it back.
    world.apply("services: [{ name: Blog, uses: [] }]");
    world.import("next.csv", &rows.replace("2026-10", "2026-11"));
    let ran = world.done("bill ManagedCloudServices --period 2026-11");
    assert!(!ran.err.contains("of service Blog in 2026-11"), "{}", ran.err);
}

#[test]
fn a_cost_centre_that_does_not_match_is_a_warning() {
    let mut world = World::new();
    world.set("COST_CENTER_PATTERN", r"\d{3}");
    world.write(
        "catalog.yaml",
        "customers:\n  - name: A\n    cost_center: '12'\n  - { name: B, cost_center: '123' }\n",
    );
    let ran = world.done("apply -f catalog.yaml");
    assert!(
        ran.err.contains("catalog.yaml:3:") && ran.err.contains("'12'") && !ran.err.contains("'123'"),
        "{}",
        ran.err
    );
}
