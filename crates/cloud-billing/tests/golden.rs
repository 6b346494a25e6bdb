//! Golden cases: each folder of `golden/` is a month that a bookkeeper can check by hand.
//!
//! `case.json` holds a note with the arithmetic, the settings and what must come out; `catalog.yaml` and `usage.csv`
//! (FOCUS) lie beside it. A case may also list `steps`: each applies a `catalog` (`from` a period), imports
//! a `usage` file (both optional), bills and expects. Whatever a step leaves out is as the case says. A target `all` expects by target.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use billing_core::Decimal;
use common::{
    export,
    world::{World, decimal, json, sum},
};
use serde_json::{Map, Value};

/// A folder with its case.
struct Case {
    name: String,
    case: Value,
    files: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<Case> =
        fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn read(folder: &Path) -> Case {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let file = |path: &Path| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
    };
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| file(&entry.unwrap().path())).collect();
    let case = &files.iter().find(|(name, _)| name == "case.json").expect("a case has a case.json").1;
    let case = serde_json::from_str(case).unwrap_or_else(|error| panic!("{name}/case.json: {error}"));
    Case { name, case, files }
}

#[test]
fn every_golden_case_comes_out_as_written() {
    let cases = cases();
    assert!(cases.len() >= 7, "the cases are there");
    // One that fails does not hide the others; what it says stands in the output.
    let fails = |case: &&Case| std::panic::catch_unwind(|| play(case)).is_err();
    let failed: Vec<&str> = cases.iter().filter(fails).map(|case| case.name.as_str()).collect();
    assert!(failed.is_empty(), "{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
}

#[test]
fn every_golden_case_has_a_note() {
    for case in cases() {
        let note = case.case["note"].as_str().unwrap_or_default();
        assert!(note.len() > 15, "{}: a note says what the case shows", case.name);
    }
}

fn play(case: &Case) {
    let mut world = World::new();
    for (name, value) in case.case["settings"].as_object().into_iter().flatten() {
        world.set(name, value.as_str().unwrap());
    }
    for (name, text) in &case.files {
        world.write(&format!("case/{name}"), text);
    }
    let step = |at: usize, step: &Value| {
        let name = format!("{} step {}", case.name, at + 1);
        Step { world: &world, name, values: inherited(&case.case, step) }.play();
    };
    match case.case["steps"].as_array() {
        Some(steps) => steps.iter().enumerate().for_each(|(at, values)| step(at, values)),
        None => {
            let files = serde_json::json!({"catalog": "catalog.yaml", "usage": "usage.csv"});
            step(0, &files);
        }
    }
}

/// The values of a step, and those of the case that it leaves out.
fn inherited(case: &Value, step: &Value) -> Map<String, Value> {
    let mut values = case.as_object().unwrap().clone();
    values.extend(step.as_object().unwrap().clone());
    values
}

struct Step<'a> {
    world: &'a World,
    name: String,
    values: Map<String, Value>,
}

impl Step<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.as_str().unwrap())
    }

    fn play(&self) {
        if let Some(catalog) = self.text("catalog") {
            let from = self.text("from").map(|period| format!(" --from {period}")).unwrap_or_default();
            self.world.done(&format!("apply -f case/{catalog}{from}"));
        }
        if let Some(usage) = self.text("usage").filter(|usage| self.has_rows(usage)) {
            self.world.done(&format!("import focus -f case/{usage}"));
        }
        let (target, period) = (self.text("target").unwrap(), self.text("period").unwrap());
        let bill = format!("bill {target} --period {period} -o json");
        let code = i32::try_from(self.values["exit_code"].as_i64().unwrap()).unwrap();
        let made = json(&self.world.ends(code, &bill));
        let before = self.world.exports();
        self.check(target, &made);
        let again = json(&self.world.ends(code, &bill));
        assert_eq!(again, Value::Array(Vec::new()), "{}: a second bill makes nothing", self.name);
        assert_eq!(self.world.exports(), before, "{}: a second bill leaves the files alone", self.name);
        self.world.reconciles();
    }

    fn has_rows(&self, usage: &str) -> bool {
        self.world.read(&format!("case/{usage}")).lines().filter(|line| !line.trim().is_empty()).count() > 1
    }

    fn check(&self, target: &str, made: &Value) {
        let invoices = made.as_array().unwrap();
        if target != "all" {
            assert_eq!(invoices.len(), 1, "{}: {made}", self.name);
            self.check_invoice(&invoices[0], &self.values);
            return;
        }
        let expected = self.values["targets"].as_object().unwrap();
        assert_eq!(invoices.len(), expected.len(), "{}: {made}", self.name);
        for invoice in invoices {
            let expected = &expected[invoice["target"].as_str().unwrap()];
            self.check_invoice(invoice, expected.as_object().unwrap());
        }
    }

    fn check_invoice(&self, invoice: &Value, expected: &Map<String, Value>) {
        let name = format!("{} {}", self.name, invoice["target"]);
        let (target, number) = (invoice["target"].as_str().unwrap(), invoice["number"].as_str().unwrap());
        let text = self.world.read(&format!("{target}-{number}.csv"));
        assert_eq!(self.world.read(&format!("{target}.csv")), text, "{name}: both files are the same");
        let rows = export::rows(&text);
        let amount = &expected["expected_amount"];
        assert_eq!(&invoice["amount"], amount, "{name}: amount");
        assert_eq!(export::sum(&rows).to_string(), amount.as_str().unwrap(), "{name}: sum of the export");
        let lines = invoice["lines"].as_array().unwrap();
        assert_eq!(sum(lines.iter().map(|line| &line["amount"])), decimal(amount), "{name}: lines");
        if let Some(expected) = expected.get("expected_rows") {
            assert_eq!(&serde_json::json!(rows), expected, "{name}: rows of the export");
        }
        if let Some(expected) = expected.get("expected_sums") {
            let sums = export::sums(&rows);
            let nonzero = sums.iter().filter(|(_, sum)| **sum != Decimal::zero());
            let sums: Map<String, Value> =
                nonzero.map(|(center, sum)| (center.clone(), Value::String(sum.to_string()))).collect();
            assert_eq!(&Value::Object(sums), expected, "{name}: sums by cost centre");
        }
        let any = expected.contains_key("expected_rows") || expected.contains_key("expected_sums");
        assert!(any, "{name}: a case expects rows or sums");
    }
}
