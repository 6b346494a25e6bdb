//! A ledger in a folder of its own, and the program run there as people run it: as a process, with nothing in its
//! environment but what the test says.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file uses its part of this, and a test may panic"
)]

pub mod export;
pub mod usage;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use billing_core::Decimal;
use serde_json::Value;

/// A folder with a ledger, and the settings that the program gets.
pub struct World {
    folder: tempfile::TempDir,
    settings: BTreeMap<String, String>,
}

/// How a command ended.
pub struct Ran {
    pub command: String,
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    /// An empty folder; the ledger comes to be with the first command.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: BTreeMap::new() }
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

    /// The place of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder, with its parent folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The text of a file in the folder.
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Whether a file is there.
    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names of the exports in the folder.
    pub fn exports(&self) -> Vec<String> {
        self.files("").into_iter().filter(|name| name.ends_with(".csv") && is_export(name)).collect()
    }

    /// The names in a folder of the folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with these arguments, not started yet. Words may stand in single quotes.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloud-billing"));
        command.args(words(arguments)).current_dir(self.folder.path()).env_clear();
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(&self.settings);
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &str) -> Ran {
        Ran::from(arguments, self.command(arguments).output().unwrap())
    }

    /// Runs a command that does all it should: exit code 0.
    pub fn done(&self, arguments: &str) -> Ran {
        self.run(arguments).with_code(0)
    }

    /// Runs a command that leaves something to a person: exit code 3. What that is stands in its `err`.
    pub fn needs_a_person(&self, arguments: &str) -> Ran {
        self.run(arguments).with_code(3)
    }

    /// Runs a command that fails: exit code 1, one sentence, no result.
    pub fn fails(&self, arguments: &str) -> String {
        self.run(arguments).refused(1)
    }

    /// Runs a command that is called wrongly: exit code 2.
    pub fn wrong_usage(&self, arguments: &str) -> String {
        self.run(arguments).refused(2)
    }

    /// What a command prints with `-o json`, whatever its exit code.
    pub fn json(&self, arguments: &str) -> Value {
        self.run(&format!("{arguments} -o json")).json()
    }

    /// Applies a catalog.
    pub fn apply(&self, catalog: &str) -> Ran {
        self.write("catalog.yaml", catalog);
        self.done("apply -f catalog.yaml")
    }

    /// Writes a FOCUS file of these rows (see [`usage`]) and imports it under the name of its first part.
    pub fn import(&self, file: &str, rows: &str) -> Ran {
        self.write(file, usage::focus(rows));
        self.run(&format!("import focus -n {} -f {file}", file.split('.').next().unwrap()))
    }

    /// The invoice that a bill run makes; the run must make exactly one.
    pub fn bill(&self, target: &str, period: &str) -> Value {
        let made = self.json(&format!("bill {target} --period {period}"));
        assert_eq!(made.as_array().map(Vec::len), Some(1), "bill {target} {period} makes one invoice: {made}");
        made[0].clone()
    }

    /// Bills again and finds nothing.
    pub fn bills_nothing(&self, target: &str, period: &str) {
        let made = self.json(&format!("bill {target} --period {period}"));
        assert_eq!(made, Value::Array(Vec::new()), "bill {target} {period} makes nothing");
    }

    /// The reconciliation of a provider's period, which must leave no difference.
    pub fn reconciled(&self, provider: &str, period: &str) -> Value {
        let rows = self.json("reconcile");
        let is_it = |row: &&Value| row["provider"] == provider && row["period"] == period;
        let row = rows.as_array().unwrap().iter().find(is_it).cloned();
        let row = row.unwrap_or_else(|| panic!("no {provider} {period} in {rows}"));
        assert_eq!(row["difference"], "0", "{row}");
        row
    }

    /// The reconciliation's rows leave no difference, and each adds up.
    pub fn reconciles(&self) {
        for row in self.json("reconcile").as_array().unwrap() {
            let parts = ["invoiced", "unallocated", "held", "open", "rejected_total", "difference"];
            let sum = sum(parts.iter().map(|part| &row[part]));
            assert_eq!(row["provider_total"], sum.to_string(), "{row}");
            assert_eq!(row["difference"], "0", "{row}");
        }
    }
}

impl Ran {
    fn from(command: &str, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or(-1);
        Self { command: command.to_owned(), code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Asserts how it ended.
    pub fn with_code(self, code: i32) -> Self {
        let Self { command, out, err, .. } = &self;
        assert_eq!(self.code, code, "exit code of: {command}\nstdout: {out}\nstderr: {err}");
        self
    }

    /// The error of a command that was refused: nothing on stdout, a sentence on stderr.
    fn refused(self, code: i32) -> String {
        let ran = self.with_code(code);
        assert_eq!(ran.out, "", "{} prints no result", ran.command);
        assert!(!ran.err.contains("panicked"), "{}: {}", ran.command, ran.err);
        ran.err
    }

    /// Its result as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!("{}: {error}\nstdout: {}\nstderr: {}", self.command, self.out, self.err)
        })
    }
}

/// The sum of amounts in JSON, which are strings.
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

/// The values of a key over all entries of a list.
pub fn column<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let text = |entry: &'v Value| {
        entry[key].as_str().unwrap_or_else(|| panic!("{key} of {entry} is a text"))
    };
    list.as_array().unwrap().iter().map(text).collect()
}

/// The keys of an object, in order.
pub fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn is_export(name: &str) -> bool {
    Path::new(name).file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| {
        stem.contains("-0") || ["Azure", "AWS", "GCP", "ManagedCloudServices"].contains(&stem)
    })
}

/// A command line's words; single quotes keep blanks in a word.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
