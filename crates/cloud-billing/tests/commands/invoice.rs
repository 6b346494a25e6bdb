//! `invoices` and `invoice show|void|export`: what an invoice is, and that it never changes.

use serde_json::{Value, json};

use super::bill::{CATALOG, month};
use crate::common::{
    export,
    world::{World, column, decimal, keys, lines, sum},
};

#[test]
fn invoices_and_lines_have_exactly_the_keys_of_the_contract() {
    let world = month();
    let invoice = world.bill("Azure", "2026-10");
    let head = ["number", "target", "period", "state", "currency", "amount", "cost", "lines", "created"];
    assert_eq!(keys(&world.json("invoices")[0]), head);
    assert_eq!(sorted(keys(&invoice)), sorted(head.to_vec()));
    let of_line = [
        "line",
        "kind",
        "name",
        "customer",
        "cost_center",
        "alternative_cost_center",
        "product_number",
        "period",
        "quantity",
        "cost",
        "markup",
        "price",
        "rounding",
        "amount",
    ];
    for line in invoice["lines"].as_array().unwrap() {
        assert_eq!(keys(line), of_line);
    }
    assert_eq!(world.json("invoices")[0]["lines"], 4, "a list says how many");
}

fn sorted(mut keys: Vec<&str>) -> Vec<&str> {
    keys.sort_unstable();
    keys
}

#[test]
fn a_line_says_what_it_is() {
    let world = month();
    world.bill("Azure", "2026-10");
    let invoice = world.bill("ManagedCloudServices", "2026-10");
    let first = &world.json("invoice show 000001")["lines"];
    let expected = json!({
        "line": 2, "kind": "account", "name": "b", "customer": "Beta", "cost_center": "cc-9",
        "alternative_cost_center": true, "product_number": "", "period": "2026-10", "quantity": first[1]["quantity"],
        "cost": "3", "markup": "0.3", "price": "0", "rounding": "0", "amount": "3.3",
    });
    assert_eq!(first[1], expected);
    assert_eq!(
        (&first[0]["alternative_cost_center"], &first[0]["product_number"]),
        (&json!(false), &json!("4711"))
    );
    // A position is all price; a service's cost is the part up to 100 %, its prices the rest.
    let parts =
        |line: &Value| ["cost", "markup", "price"].map(|part| line[part].as_str().unwrap().to_owned());
    assert_eq!(
        (parts(&first[3]), first[3]["kind"].as_str()),
        (["0", "0", "-1.5"].map(str::to_owned), Some("position"))
    );
    assert_eq!(parts(&invoice["lines"][0]), ["10", "0", "20"].map(str::to_owned));
}

/// Every kind of line there is, on three invoices.
fn every_kind() -> World {
    let mut world = World::with(&[("CREDITS", "net"), ("ROUNDING", "unit")]);
    world.apply(&CATALOG.replace("amount: -1.5", "amount: -100.25"));
    world.apply("components: [{ name: cluster, owner: Beta, cost_percentage: 110 }]");
    world.import(
        "azure.csv",
        "Azure a 2026-10 10.01\nAzure b 2026-10 20.3 component=cluster\nAzure b 2026-10 3 cost_center=cc-9",
    );
    world.done("bill all --period 2026-10");
    world.import(
        "azure.csv",
        "Azure a 2026-10 17.77\nAzure b 2026-10 25.3 component=cluster\nAzure b 2026-10 3 cost_center=cc-9",
    );
    world.set("CREDITS", "lines");
    world.done("bill all --period 2026-11");
    world
}

#[test]
fn amounts_add_up_on_every_invoice_and_every_line() {
    let world = every_kind();
    let mut kinds = Vec::new();
    for head in world.json("invoices").as_array().unwrap() {
        let (number, target) = (head["number"].as_str().unwrap(), head["target"].as_str().unwrap());
        let invoice = world.json(&format!("invoice show {number}"));
        let lines = invoice["lines"].as_array().unwrap();
        let total = sum(lines.iter().map(|line| &line["amount"]));
        let exported = export::sum(&export::rows(&world.read(&format!("{target}-{number}.csv"))));
        assert_eq!((decimal(&invoice["amount"]), decimal(&head["amount"])), (total.clone(), total.clone()));
        assert_eq!(exported, total, "{number}: the export's rows");
        assert_eq!(decimal(&invoice["cost"]), sum(lines.iter().map(|line| &line["cost"])), "{number}: cost");
        for (at, line) in lines.iter().enumerate() {
            let parts = ["cost", "markup", "price", "rounding"].map(|part| &line[part]);
            assert_eq!(sum(parts), decimal(&line["amount"]), "{number}: {line}");
            assert_eq!(line["line"], at + 1);
        }
        kinds.extend(lines.iter().map(|line| line["kind"].as_str().unwrap().to_owned()));
    }
    for kind in ["account", "service", "position", "correction", "recovery", "carry"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind} is among {kinds:?}");
    }
    world.reconciles();
}

#[test]
fn kinds_of_lines_stand_in_their_order() {
    let world = every_kind();
    let order = ["account", "service", "position", "correction", "recovery", "carry"];
    for head in world.json("invoices").as_array().unwrap() {
        let invoice = world.json(&format!("invoice show {}", head["number"].as_str().unwrap()));
        let kinds: Vec<usize> = column(&invoice["lines"], "kind")
            .iter()
            .map(|kind| order.iter().position(|known| known == kind).unwrap_or_else(|| panic!("kind {kind}")))
            .collect();
        assert!(kinds.is_sorted(), "{invoice}");
    }
}

#[test]
fn an_export_is_the_same_bytes_each_time() {
    let world = every_kind();
    for head in world.json("invoices").as_array().unwrap() {
        let (number, target) = (head["number"].as_str().unwrap(), head["target"].as_str().unwrap());
        let file = format!("{target}-{number}.csv");
        let bytes = world.read(&file);
        world.apply(
            "customers: [{ name: Alpha, cost_center: cc-new }, { name: Beta, cost_center: cc-newer }]",
        );
        for line in ["invoice export", "invoice export --format sap"] {
            assert_eq!(world.done(&format!("{line} {number}")).out, bytes);
            assert_eq!(world.read(&file), bytes);
        }
    }
    world.wrong_usage("invoice export 000001 --format xlsx");
}

#[test]
fn a_void_writes_the_cancellation_and_makes_the_same_owed_again() {
    let world = month();
    let first = world.bill("Azure", "2026-10");
    let export = world.read("Azure-000001.csv");
    world.done("invoice void 000001 --why 'wrong product number'");
    let cancelled = world.read("Azure-000001-void.csv");
    let negated = |text: &str| {
        export::rows(text).into_iter().map(|[name, center, product, amount]| {
            let amount = amount.strip_prefix('-').map_or_else(|| format!("-{amount}"), str::to_owned);
            [name, center, product, amount]
        })
    };
    assert_eq!(export::rows(&cancelled), negated(&export).collect::<Vec<_>>());
    // The invoice and its file stay as they were.
    let voided = world.json("invoice show 000001");
    assert_eq!((&voided["lines"], &voided["state"]), (&first["lines"], &json!("void")));
    assert_eq!(world.read("Azure-000001.csv"), export);
    assert_eq!(world.reconciled("Azure", "2026-10")["open"], "33.01");

    let second = world.bill("Azure", "2026-10");
    assert_eq!((&second["number"], lines(&second)), (&json!("000002"), lines(&first)));
    assert_eq!(world.read("Azure-000002.csv"), export);
    assert_eq!(world.reconciled("Azure", "2026-10")["invoiced"], "33.01");
}

#[test]
fn a_void_makes_the_folder_of_exports_where_it_is_missing() {
    let mut world = month();
    world.bill("Azure", "2026-10");
    world.set("EXPORT_DIR", "another/folder");
    world.done("invoice void 000001 --why mistake");
    assert!(world.has("another/folder/Azure-000001-void.csv"));
}

#[test]
fn a_void_that_cannot_write_its_cancellation_voids_nothing() {
    let mut world = month();
    world.bill("Azure", "2026-10");
    world.write("file", "not a folder");
    world.set("EXPORT_DIR", "file");
    let message = world.fails("invoice void 000001 --why mistake");
    assert!(message.contains("EXPORT_DIR"), "{message}");
    assert_eq!(world.json("invoice show 000001")["state"], "issued");
}

#[test]
fn a_void_of_a_void_changes_nothing() {
    let world = month();
    world.bill("Azure", "2026-10");
    world.done("invoice void 000001 --why mistake");
    let (files, invoices) = (world.files(""), world.json("invoices"));
    world.done("invoice void 000001 --why again");
    assert_eq!((world.files(""), world.json("invoices")), (files, invoices));
}

#[test]
fn a_voided_correction_is_owed_again_and_a_voided_first_invoice_frees_its_terms() {
    let world = month();
    world.bill("Azure", "2026-10");
    world.import(
        "azure.csv",
        "Azure a 2026-10 12.01\nAzure b 2026-10 20 component=cluster\nAzure b 2026-10 3 cost_center=cc-9",
    );
    let correction = world.bill("Azure", "2026-10");
    assert_eq!(lines(&correction), ["correction a cc-alpha 2"]);
    world.done("invoice void 000002 --why mistake");
    assert_eq!(lines(&world.bill("Azure", "2026-10")), ["correction a cc-alpha 2"]);
    // All void: the next invoice takes today's terms, for the whole.
    world.apply("accounts: [{ provider: Azure, id: a, charge_factor: 2 }]");
    for number in ["000003", "000001"] {
        world.done(&format!("invoice void {number} --why mistake"));
    }
    world.done("apply -f catalog.yaml --from 2026-10");
    let again = world.bill("Azure", "2026-10");
    assert_eq!(lines(&again)[0], "account a cc-alpha 24.02");
    world.reconciles();
}

#[test]
fn what_is_not_there_is_exit_1_and_what_is_no_number_is_exit_2() {
    let world = month();
    for line in ["invoice show 000001", "invoice issue 1", "invoice export 7", "invoice void 000009 --why x"]
    {
        let message = world.fails(line);
        assert!(message.contains("there is no invoice"), "{line}: {message}");
    }
    for line in ["invoice", "invoice show", "invoice show one", "invoice void 000001", "invoice pay 000001"] {
        world.wrong_usage(line);
    }
    assert_eq!(world.json("invoices"), json!([]));
}

#[test]
fn numbers_count_up_over_all_targets_and_hold_no_slash() {
    let world = month();
    world.done("bill all --period 2026-10");
    let list = world.json("invoices");
    let numbers = column(&list, "number");
    assert!(numbers.is_sorted() && numbers.len() == 3, "{numbers:?}");
    assert!(numbers.iter().all(|number| !number.contains('/')), "{numbers:?}");
    // Leading zeros may be left out.
    assert_eq!(world.json("invoice show 2"), world.json(&format!("invoice show {}", numbers[1])));
}
