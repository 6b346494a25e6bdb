//! The story of each month: imported, billed, rewritten by the provider, billed again, and delivered once more.

use std::collections::BTreeMap;

use billing_core::document::Content;
use cloud_billing::{flow::import::ImportReport, outputs::json};
use serde_json::{Value, json};
use xtask::{
    random::Rng,
    scenario::{Digits, Form, Provider, Scenario, make},
};

use crate::{
    pack,
    program::{File, Program, file},
    seeds,
};

#[test]
fn a_month_of_aws() {
    seeds().for_each(|seed| play(Provider::Aws, seed));
}

#[test]
fn a_month_of_azure() {
    seeds().for_each(|seed| play(Provider::Azure, seed));
}

#[test]
fn a_month_of_gcp() {
    seeds().for_each(|seed| play(Provider::Gcp, seed));
}

#[test]
fn a_month_of_several_providers() {
    seeds().for_each(|seed| play(Provider::Focus, seed));
}

fn play(provider: Provider, seed: u64) {
    let mut rng = Rng::new(seed);
    let rows = rng.between(20, 90);
    let scenario = make(provider, seed, rows, Digits::Many);
    let forms = provider.forms();
    let mut program = Program::new(&scenario);
    for version in 0..2 {
        // A provider may change the form in which it delivers.
        let form = rng.pick(forms);
        let place = format!("seed {seed}, version {version}, {}", form.file());
        let files = files(&scenario, version, form, &mut rng);
        let report = program.import(form.importer(), "bills", &files);
        check_import(&scenario, version, form, &report, &place);
        check_content(&scenario, version, form, &program.content(&report), &place);
        check_provider_invoices(&mut program, &scenario.control(version, form).unwrap(), &place);
        program.settle(&scenario);
        let expected = scenario.expected(version).unwrap();
        check_invoices(&mut program, &scenario, &expected, &place);
        check_reconciliation(&mut program, &expected, &place);
        // The same again, in another order and packing, changes nothing.
        let again = pack::shuffled(&scenario.table(version, form), seed);
        let again = pack::gzip(&file(form.file(), &form.text(&again)));
        let report = program.import(form.importer(), "bills", &[again]);
        assert!(report.already_imported, "{place}: the same rows again");
        for target in scenario.targets() {
            assert!(program.bill(target).invoice.is_none(), "{place}: {target} is billed a second time");
        }
    }
}

/// The month in one file, in a few, or in two with different columns.
fn files(scenario: &Scenario, version: usize, form: Form, rng: &mut Rng) -> Vec<File> {
    if form == Form::AwsSlash && rng.chance(50) {
        let tables = scenario.growing_tables(version);
        return tables.iter().zip(["1.csv", "2.csv"]).map(|(table, name)| file(name, &table.csv())).collect();
    }
    pack::split(&scenario.table(version, form), form, rng.between(1, 4))
}

fn check_import(scenario: &Scenario, version: usize, form: Form, report: &ImportReport, place: &str) {
    let control = scenario.control(version, form).unwrap();
    assert!(!report.already_imported, "{place}");
    assert_eq!(report.version.rows, control["rows"], "{place}: rows");
    assert_eq!(json::totals(&report.version.totals), control["totals"], "{place}: totals");
}

/// The provider's own invoices, by number, issuer, period and currency, add up to the control totals.
fn check_provider_invoices(program: &mut Program, control: &Value, place: &str) {
    let in_order = |invoices: &[Value]| {
        let mut invoices = invoices.to_vec();
        let keys = ["provider", "period", "invoice", "issuer", "currency"];
        invoices.sort_by_key(|invoice| keys.map(|key| invoice[key].as_str().map(str::to_owned)));
        Value::from(invoices)
    };
    let found = in_order(&program.provider_invoices());
    let expected = in_order(control["invoices"].as_array().unwrap());
    check_same(&expected, &found, &format!("{place}: the provider's invoices"));
}

/// The buckets add up to the control totals of each provider, period and currency.
fn check_content(scenario: &Scenario, version: usize, form: Form, content: &Content, place: &str) {
    let mut sums: BTreeMap<[String; 3], (u64, billing_core::Decimal)> = BTreeMap::new();
    for bucket in &content.buckets {
        let key = &bucket.key;
        let key = [key.provider.to_string(), key.period.to_string(), key.currency.to_string()];
        let (rows, total) = sums.entry(key).or_default();
        *rows += bucket.rows;
        *total += &bucket.billed_cost;
    }
    let found: Vec<Value> = sums
        .into_iter()
        .map(|([provider, period, currency], (rows, total))| {
            json!({ "provider": provider, "period": period, "currency": currency, "rows": rows,
                "total": total.to_string() })
        })
        .collect();
    let control = scenario.control(version, form).unwrap();
    assert_eq!(Value::from(found), control["periods"], "{place}: sums of the buckets");
}

fn check_invoices(program: &mut Program, scenario: &Scenario, expected: &Value, place: &str) {
    for target in scenario.targets() {
        let report = program.bill(target);
        let found = report.invoice.as_ref().map_or(Value::Null, json::invoice);
        let expected_of = |list: &str, key: &str| {
            let list = expected[list].as_array().unwrap().iter();
            list.filter(|entry| entry[key] == target).cloned().collect::<Vec<Value>>()
        };
        let invoice = expected_of("invoices", "target").pop().unwrap_or(Value::Null);
        check_same(&invoice, &found, &format!("{place}: {target}"));
        let is_held = expected_of("reconciliation", "provider").iter().any(|row| row["held"] != "0");
        assert!(!is_held || report.needs_a_person(), "{place}: {target} tells what is held");
    }
}

fn check_reconciliation(program: &mut Program, expected: &Value, place: &str) {
    let found = program.reconciliation();
    check_same(&expected["reconciliation"], &Value::from(found), &format!("{place}: reconciliation"));
}

/// Everything that is expected was found; what is found beside it (numbers, moments) does not matter.
fn check_same(expected: &Value, found: &Value, place: &str) {
    match (expected, found) {
        (Value::Object(fields), Value::Object(_)) => {
            for (key, value) in fields {
                let name = fields.get("name").and_then(Value::as_str).unwrap_or_default();
                check_same(value, &found[key], &format!("{place}, {name} {key}"));
            }
        }
        (Value::Array(list), Value::Array(others)) => {
            for (at, (one, other)) in list.iter().zip(others).enumerate() {
                check_same(one, other, &format!("{place}[{at}]"));
            }
            assert_eq!(list.len(), others.len(), "{place}: expected {expected:#}, found {found:#}");
        }
        _ => assert_eq!(expected, found, "{place}"),
    }
}
