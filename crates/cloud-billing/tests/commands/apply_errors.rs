//! `apply` refuses what is wrong with its line and changes nothing.

use crate::common::world::World;

/// Lines 1 to 5 of every file here; what a case adds starts on line 6.
const HEAD: &str = "currency: CHF
customers:
  - name: Alpha
    email: alpha@example.com
    cost_center: cc
";

/// A file of the head and `rest` is refused at this line, with these words.
fn check(rest: &str, line: usize, words: &[&str]) {
    let world = World::new();
    world.write("bad.yaml", format!("{HEAD}{rest}"));
    let before = world.done("catalog -o yaml").out;
    for mode in ["", " --dry-run", " --prune"] {
        let message = world.fails(&format!("apply -f bad.yaml{mode}"));
        let place = format!("bad.yaml:{line}: ");
        let found = message
            .lines()
            .find(|told| told.contains(&place))
            .unwrap_or_else(|| panic!("{place} in {message}"));
        for word in words {
            assert!(found.contains(word), "{word} in {found}");
        }
    }
    assert_eq!(world.done("catalog -o yaml").out, before, "nothing was applied");
}

#[test]
fn names_are_unique() {
    check("  - name: Alpha\n", 6, &["customer 'Alpha'", "line 3"]);
    check("accounts:\n  - { provider: Azure, id: a }\n  - { provider: azure, id: A }\n", 8, &["account"]);
    check("components:\n  - name: c\n  - name: c\n", 8, &["component 'c'"]);
    check("services:\n  - name: s\n  - name: s\n", 8, &["service 's'"]);
    let parts = "components:\n  - name: c\n    parts:\n      - { name: p, price_per_unit: 1 }\n      - { name: p, price_per_unit: 2 }\n";
    check(parts, 10, &["part 'p'"]);
    let uses = "components: [{ name: c }]\nservices:\n  - name: s\n    uses:\n      - { name: u, component: c }\n      - { name: u, component: c }\n";
    check(uses, 11, &["use 'u'", "component and part"]);
    let ids = "positions:\n  - { id: x, customer: Alpha, target: AWS, reason: r, amount: 1 }\n  - { id: x, customer: Alpha, target: AWS, reason: q, amount: 2 }\n";
    check(ids, 8, &["position 'x'"]);
}

#[test]
fn what_is_referred_to_must_be_there() {
    check(
        "accounts:\n  - provider: Azure\n    id: a\n    customer: Gamma\n",
        9,
        &["unknown customer 'Gamma'"],
    );
    check("accounts:\n  - provider: Azure\n    id: a\n    customer: alpha\n", 9, &["did you mean 'Alpha'"]);
    check("components:\n  - name: c\n    owner: Gamma\n", 8, &["unknown customer 'Gamma'"]);
    check("services:\n  - name: s\n    customer: Gamma\n", 8, &["unknown customer 'Gamma'"]);
    check(
        "services:\n  - name: s\n    uses:\n      - name: u\n        component: nothing\n",
        10,
        &["unknown component 'nothing'"],
    );
    let part = "components: [{ name: c }]\nservices:\n  - name: s\n    uses:\n      - { name: u, component: c, part: cpu }\n";
    check(part, 10, &["part 'cpu'", "component 'c'"]);
    check(
        "positions:\n  - { customer: Gamma, target: Azure, reason: r, amount: 1 }\n",
        7,
        &["unknown customer 'Gamma'"],
    );
    check(
        "positions:\n  - { customer: Alpha, target: Nowhere, reason: r, amount: 1 }\n",
        7,
        &["unknown target 'Nowhere'"],
    );
    check("  - name: Beta\n    previous_name: Gamma\n", 7, &["unknown customer 'Gamma'"]);
}

#[test]
fn factors_percentages_and_quantities_are_not_negative_and_prices_may_be() {
    check(
        "accounts:\n  - provider: Azure\n    id: a\n    charge_factor: -0.1\n",
        9,
        &["charge_factor", "-0.1", "negative"],
    );
    check("components:\n  - name: c\n    cost_percentage: -5\n", 8, &["cost_percentage", "negative"]);
    let share = "components:\n  - name: c\n    parts:\n      - { name: p, cost_share_percentage: -5 }\n";
    check(share, 9, &["cost_share_percentage", "negative"]);
    let quantity = "components: [{ name: c }]\nservices:\n  - name: s\n    uses:\n      - { name: u, component: c, quantity: -1 }\n";
    check(quantity, 10, &["quantity", "negative"]);
    let world = World::new();
    world.write(
        "good.yaml",
        format!("{HEAD}components: [{{ name: c, unit_price: -1, fixed_price: -2, parts: [{{ name: p, price_per_unit: -3 }}] }}]\n"),
    );
    world.done("apply -f good.yaml");
}

#[test]
fn a_part_has_a_share_or_a_price() {
    check(
        "components:\n  - name: c\n    parts:\n      - name: p\n",
        9,
        &["part 'p'", "cost_share_percentage", "price_per_unit"],
    );
    let both = "components:\n  - name: c\n    parts:\n      - { name: p, price_per_unit: 1, cost_share_percentage: 2 }\n";
    check(both, 9, &["part 'p'", "exactly one"]);
}

#[test]
fn numbers_are_numbers() {
    for wrong in ["much", "1,5", "0x10", "1_000", "'1 000'", ".inf", "10%"] {
        check(&format!("components:\n  - name: c\n    unit_price: {wrong}\n"), 8, &["unit_price"]);
    }
    check("positions:\n  - { customer: Alpha, target: Azure, reason: r }\n", 7, &["amount"]);
}

#[test]
fn the_currency_is_the_ledgers() {
    let world = World::new();
    world.write("bad.yaml", "currency: EUR\ncustomers: [{ name: Alpha }]\n");
    let message = world.fails("apply -f bad.yaml");
    assert!(
        message.contains("bad.yaml:1: ") && message.contains("EUR") && message.contains("CURRENCY"),
        "{message}"
    );
    let mut world = World::new();
    world.set("CURRENCY", "EUR");
    world.apply("currency: EUR\ncustomers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]");
    world.import("azure.csv", "Azure a 2026-10 3 currency=EUR");
    assert_eq!(world.bill("Azure", "2026-10")["currency"], "EUR");
}

#[test]
fn keys_and_words_are_known_ones() {
    check(
        "accounts:\n  - provider: Azure\n    id: a\n    factor: 2\n",
        9,
        &["unknown key 'factor'", "charge_factor"],
    );
    check("account:\n  - provider: Azure\n", 6, &["unknown key 'account'", "accounts"]);
    check("components:\n  - name: c\n    split: evenly\n", 8, &["split 'evenly'", "proportional"]);
    check("services:\n  - name: s\n    charge: perhaps\n", 8, &["charge"]);
    check("accounts:\n  - provider: Azure\n", 7, &["id"]);
    check("customers:\n  - name: Again\n", 6, &["customers", "twice"]);
}

#[test]
fn an_address_is_an_address() {
    for wrong in ["nobody", "a@b", "'a b@example.com'", "a@b.c,d@e.f"] {
        check(&format!("  - name: Beta\n    email: {wrong}\n"), 7, &["e-mail"]);
    }
}

#[test]
fn what_is_no_catalog_is_told_in_a_sentence() {
    check("accounts: [\n", 7, &["YAML"]);
    let world = World::new();
    world.write("list.yaml", "- name: Alpha\n");
    let message = world.fails("apply -f list.yaml");
    assert!(message.contains("list.yaml:1: ") && message.contains("customers"), "{message}");
    let message = world.fails("apply -f missing.yaml");
    assert!(message.contains("missing.yaml"), "{message}");
    world.wrong_usage("apply");
}

#[test]
fn all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines() {
    let world = World::new();
    let file = format!(
        "{HEAD}accounts:\n  - {{ provider: Azure, id: a, customer: Gamma }}\n  - {{ provider: Azure, id: b, charge_factor: -1 }}\npositions:\n  - {{ customer: Delta, target: Azure, reason: r, amount: 1 }}\n"
    );
    world.write("bad.yaml", file);
    let message = world.fails("apply -f bad.yaml");
    let places: Vec<&str> = message
        .lines()
        .filter_map(|line| line.split("bad.yaml:").nth(1))
        .map(|rest| rest.split(':').next().unwrap())
        .collect();
    assert_eq!(places, ["7", "8", "10"], "{message}");
}
