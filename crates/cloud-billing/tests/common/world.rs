//! A ledger of its own with settings and a catalog, driven by command lines as people write them.

use std::collections::BTreeMap;

use billing_core::Decimal;
use serde_json::Value;

use super::{Place, Ran, usage};

/// A folder with a ledger, and the settings that the program gets.
pub struct World {
    place: Place,
    settings: BTreeMap<String, String>,
}

impl std::ops::Deref for World {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl World {
    /// An empty folder; the ledger comes to be with the first command.
    pub fn new() -> Self {
        Self { place: Place::new(), settings: BTreeMap::new() }
    }

    /// A folder with these settings.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let mut world = Self::new();
        for (name, value) in settings {
            world.set(name, value);
        }
        world
    }

    /// A ledger with this catalog applied.
    pub fn with_catalog(catalog: &str) -> Self {
        let world = Self::new();
        world.apply(catalog);
        world
    }

    /// Sets a variable of the program's environment from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Whether a file is there.
    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The exports in the folder: name and text of each.
    pub fn exports(&self) -> Vec<(String, String)> {
        let names = self.files("").into_iter().filter(|name| !name.contains('/') && is_export(name));
        names.map(|name| (name.clone(), self.read(&name))).collect()
    }

    /// The program with these arguments, not started yet. Words may stand in single quotes.
    pub fn command(&self, line: &str) -> std::process::Command {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.place.command(&words);
        command.envs(&self.settings);
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, line: &str) -> Ran {
        self.command(line).output().unwrap().into()
    }

    /// Runs a command that ends with this code.
    pub fn ends(&self, code: i32, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, code, "exit code of: {line}\nstdout: {}\nstderr: {}", ran.out, ran.err);
        ran
    }

    /// Runs a command that does all it should: exit code 0.
    pub fn done(&self, line: &str) -> Ran {
        self.ends(0, line)
    }

    /// Runs a command that leaves something to a person: exit code 3. Gives what it says about that.
    pub fn needs_a_person(&self, line: &str) -> String {
        self.ends(3, line).err
    }

    /// Runs a command that fails: exit code 1, no result. Gives its message.
    pub fn fails(&self, line: &str) -> String {
        self.refused(1, line)
    }

    /// Runs a command that is called wrongly: exit code 2, no result. Gives its message.
    pub fn wrong_usage(&self, line: &str) -> String {
        self.refused(2, line)
    }

    fn refused(&self, code: i32, line: &str) -> String {
        let ran = self.ends(code, line);
        assert_eq!(ran.out, "", "{line} prints no result");
        assert!(!ran.err.is_empty() && !ran.err.contains("panicked"), "{line}: {}", ran.err);
        ran.err
    }

    /// What a command prints with `-o json`, whatever its exit code.
    pub fn json(&self, line: &str) -> Value {
        json(&self.run(&format!("{line} -o json")))
    }

    /// Applies a catalog.
    pub fn apply(&self, catalog: &str) -> Ran {
        self.write("catalog.yaml", catalog);
        self.done("apply -f catalog.yaml")
    }

    /// Writes a FOCUS file of these rows (see [`usage`]) and imports it, under the file's first name.
    pub fn import(&self, file: &str, rows: &str) -> Ran {
        self.write(file, usage::focus(rows));
        self.done(&format!("import focus -n {} -f {file}", file.split('.').next().unwrap()))
    }

    /// The invoice that a bill run makes; the run must make exactly one.
    pub fn bill(&self, target: &str, period: &str) -> Value {
        let made = self.json(&format!("bill {target} --period {period}"));
        assert_eq!(
            made.as_array().map(Vec::len),
            Some(1),
            "bill {target} {period} makes one invoice: {made}"
        );
        made[0].clone()
    }

    /// Bills and finds nothing to invoice.
    pub fn bills_nothing(&self, target: &str, period: &str) {
        let made = self.json(&format!("bill {target} --period {period}"));
        assert_eq!(made, Value::Array(Vec::new()), "bill {target} {period} makes nothing");
    }

    /// The reconciliation of a provider's period, which must leave no difference.
    pub fn reconciled(&self, provider: &str, period: &str) -> Value {
        self.reconciles();
        let rows = self.json("reconcile");
        let is_it = |row: &&Value| row["provider"] == provider && row["period"] == period;
        let row = rows.as_array().unwrap().iter().find(is_it).cloned();
        row.unwrap_or_else(|| panic!("no {provider} {period} in {rows}"))
    }

    /// Every row of the reconciliation adds up and leaves no difference.
    pub fn reconciles(&self) {
        for row in self.json("reconcile").as_array().unwrap() {
            let parts = ["invoiced", "unallocated", "held", "open", "rejected_total", "difference"];
            let sum = sum(parts.iter().map(|part| &row[part]));
            assert_eq!(row["provider_total"], sum.to_string(), "{row}");
            assert_eq!(row["difference"], "0", "{row}");
        }
    }
}

/// A command's result as JSON.
pub fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// The sum of amounts in JSON.
pub fn sum<'v>(amounts: impl IntoIterator<Item = &'v Value>) -> Decimal {
    amounts.into_iter().map(decimal).sum()
}

/// An amount in JSON: a string with a plain decimal, no exponent, no trailing zeros (CONTRACT §4).
pub fn decimal(amount: &Value) -> Decimal {
    let text = amount.as_str().unwrap_or_else(|| panic!("an amount is a string, not {amount}"));
    let number: Decimal = text.parse().unwrap_or_else(|error| panic!("'{text}' is no amount: {error}"));
    let trailing = text.contains('.') && text.ends_with(['0', '.']);
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    assert!(plain && !trailing && text != "-0", "'{text}' is not as amounts are written");
    number
}

/// The texts under a key, over all entries of a list.
pub fn column<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let text = |entry: &'v Value| entry[key].as_str().unwrap_or_else(|| panic!("{key} of {entry} is a text"));
    list.as_array().unwrap().iter().map(text).collect()
}

/// The keys of an object, in order.
pub fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The lines of an invoice in short: `kind name cost-centre amount`.
pub fn lines(invoice: &Value) -> Vec<String> {
    let text = |line: &Value| {
        ["kind", "name", "cost_center", "amount"].map(|key| line[key].as_str().unwrap().to_owned()).join(" ")
    };
    invoice["lines"].as_array().unwrap().iter().map(text).collect()
}

/// `Azure.csv`, `Azure-000001.csv`, `Azure-000001-void.csv`.
fn is_export(name: &str) -> bool {
    name.strip_suffix(".csv").is_some_and(|stem| {
        stem.contains("-0") || ["Azure", "AWS", "GCP", "ManagedCloudServices"].contains(&stem)
    })
}

/// A command line's words; single quotes keep blanks in a word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
