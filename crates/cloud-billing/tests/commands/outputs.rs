//! `-o table|json|csv|yaml`: four forms of the same numbers, wherever something is listed or shown.

use marked_yaml::Node;
use serde_json::Value;

use super::bill::month;
use crate::common::world::World;

const LISTINGS: [&str; 12] = [
    "imports",
    "imports --rejected",
    "import-diff azure/2026-10 1 2",
    "invoices",
    "invoice show 000001",
    "reconcile",
    "explain 000001/1",
    "explain 000001/1 --rows",
    "catalog",
    "fx",
    "apply -f change.yaml --dry-run",
    "bill Azure --period 2026-10 --dry-run",
];

fn world() -> World {
    let world = month();
    world.done("bill all --period 2026-10");
    let text = world.read("azure.csv").replace("10.01", "10.02")
        + "?,CHF,2026-10-01,2026-10-05,Usage,Azure,\"a, \"\"b\"\": #c\",a,a,\n";
    world.write("azure.csv", text);
    world.ends(3, "import focus -n azure -f azure.csv");
    world.done("fx set USD CHF 2026-10 0.8");
    world.write("change.yaml", "customers: [{ name: 'New: \"customer\"', cost_center: 'yes' }]\naccounts: [{ provider: Azure, id: b, charge_factor: 1.25 }]");
    world
}

/// Runs a listing, which may leave something to a person.
fn output(world: &World, listing: &str, form: &str) -> String {
    let ran = world.run(&format!("{listing} -o {form}"));
    assert!(ran.code == 0 || ran.code == 3, "{listing} -o {form}: {ran:?}");
    ran.out
}

#[test]
fn json_is_json_and_yaml_is_the_same_in_yaml() {
    let world = world();
    for listing in LISTINGS {
        let json: Value = serde_json::from_str(&output(&world, listing, "json"))
            .unwrap_or_else(|error| panic!("{listing}: {error}"));
        // The catalog in YAML is what `apply` reads.
        if listing == "catalog" {
            continue;
        }
        let yaml = output(&world, listing, "yaml");
        // The reader wants a mapping at the top.
        let under_a_key =
            format!("top:\n{}", yaml.lines().map(|line| format!("  {line}\n")).collect::<String>());
        let node = marked_yaml::parse_yaml(0, &under_a_key)
            .unwrap_or_else(|error| panic!("{listing}: {error}: {yaml}"));
        let parsed = as_json(node.as_mapping().unwrap().get_node("top").unwrap());
        assert_eq!(without_types(&parsed), without_types(&json), "{listing}");
    }
}

fn as_json(node: &Node) -> Value {
    match node {
        Node::Scalar(scalar) => Value::String(scalar.as_str().to_owned()),
        Node::Mapping(mapping) => {
            mapping.iter().map(|(key, value)| (key.as_str().to_owned(), as_json(value))).collect()
        }
        Node::Sequence(list) => list.iter().map(as_json).collect(),
    }
}

/// Numbers, booleans and null as their texts; an empty list or mapping as the text that stands for it.
fn without_types(value: &Value) -> Value {
    match value {
        Value::Array(list) if !list.is_empty() => list.iter().map(without_types).collect(),
        Value::Object(map) if !map.is_empty() => {
            map.iter().map(|(key, value)| (key.clone(), without_types(value))).collect()
        }
        Value::String(text) => Value::String(text.clone()),
        other => Value::String(other.to_string()),
    }
}

#[test]
fn csv_has_headings_and_a_row_for_each_entry() {
    let world = world();
    for listing in LISTINGS {
        let csv = output(&world, listing, "csv");
        assert!(
            csv.ends_with("\r\n") && csv.matches('\n').count() == csv.matches("\r\n").count(),
            "{listing}: {csv:?}"
        );
        let rows: Vec<Vec<String>> = csv.split_terminator("\r\n").map(fields).collect();
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{listing}: {csv}");
        assert!(
            rows[0].iter().all(|heading| !heading.is_empty() && !heading.starts_with('>')),
            "{listing}: {csv}"
        );
        let json: Value = serde_json::from_str(&output(&world, listing, "json")).unwrap();
        if let (Value::Array(entries), true) = (&json, !listing.starts_with("bill")) {
            assert_eq!(rows.len() - 1, entries.len(), "{listing}: {csv}");
        }
    }
}

#[test]
fn the_csv_of_several_invoices_is_one_table() {
    let csv = month().done("bill all --period 2026-10 -o csv").out;
    let headings = csv.lines().next().unwrap();
    assert_eq!(csv.lines().filter(|line| *line == headings).count(), 1, "{csv}");
    assert_eq!(csv.lines().count(), 1 + 6, "headings and all lines: {csv}");
}

/// The fields of a row; nothing here has a line end in quotes.
fn fields(row: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    assert!(!quoted, "{row}");
    fields
}

#[test]
fn the_table_has_the_same_columns_as_the_csv() {
    let world = world();
    for listing in ["imports", "invoices", "reconcile", "fx", "catalog", "import-diff azure/2026-10 1 2"] {
        let table = output(&world, listing, "table");
        assert_eq!(world.run(listing).out, table, "table is the default");
        let csv = output(&world, listing, "csv");
        let headings: Vec<String> = fields(csv.lines().next().unwrap());
        let of_table: Vec<String> =
            table.lines().next().unwrap().split_whitespace().map(str::to_lowercase).collect();
        assert_eq!(of_table, headings, "{listing}");
        assert_eq!(table.lines().count(), csv.lines().count(), "{listing}");
        assert!(table.lines().all(|line| line.trim_end() == line), "{listing}");
    }
}

#[test]
fn an_empty_list_is_told_to_people_and_empty_for_programs() {
    let world = World::new();
    for listing in ["imports", "imports --rejected", "invoices", "reconcile", "fx"] {
        assert_eq!(output(&world, listing, "json").trim(), "[]", "{listing}");
        assert_eq!(output(&world, listing, "yaml").trim(), "[]", "{listing}");
        assert_eq!(output(&world, listing, "csv").lines().count(), 1, "{listing}");
        let table = output(&world, listing, "table");
        assert!(table.ends_with(".\n") && table.lines().count() == 1, "{listing}: {table}");
    }
}

#[test]
fn amounts_in_json_are_plain_decimals() {
    let world = world();
    world.import("tiny.csv", "GCP p 2026-10 1E-20\nGCP p 2026-10 -1.50E3\nGCP q 2026-10 2.500");
    for listing in ["imports", "reconcile", "invoices", "invoice show 000001", "explain 000001/1"] {
        check_amounts(&serde_json::from_str(&output(&world, listing, "json")).unwrap());
    }
    let totals = &world.json("imports")[3]["totals"]["CHF"];
    assert_eq!(totals, "-1497.49999999999999999999");
}

/// Every text under a key that means money is written as amounts are.
fn check_amounts(value: &Value) {
    const MONEY: [&str; 16] = [
        "amount",
        "cost",
        "markup",
        "price",
        "rounding",
        "provider_total",
        "invoiced",
        "unallocated",
        "held",
        "open",
        "rejected_total",
        "difference",
        "original_cost",
        "before",
        "after",
        "CHF",
    ];
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| match value {
            Value::String(_) if MONEY.contains(&key.as_str()) && !(key == "rounding" && value == "cent") => {
                crate::common::world::decimal(value);
            }
            other => check_amounts(other),
        }),
        Value::Array(list) => list.iter().for_each(check_amounts),
        _ => {}
    }
}
