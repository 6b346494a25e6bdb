//! The books as their users see them, to be compared with those of a run without interruptions.

use std::process::Command;

use serde_json::Value;

use crate::common::{Place, Ran};

/// Everything that can be seen, by the command or file that shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Books(Vec<(String, String)>);

/// A command line in a folder, as these tests write them.
pub fn command(place: &Place, line: &str) -> Command {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = place.command(&words);
    command.env("EXPORT_DIR", "exports");
    command
}

/// Runs it to its end.
pub fn run(place: &Place, line: &str) -> Ran {
    command(place, line).output().unwrap().into()
}

impl Books {
    /// Looks at everything.
    pub fn of(place: &Place) -> Self {
        let mut books = Self::at_a_glance(place);
        let invoices: Value = serde_json::from_str(books.view("invoices")).unwrap();
        for number in invoices.as_array().unwrap().iter().map(|invoice| invoice["number"].as_str().unwrap()) {
            books.see_listing(place, &format!("invoice show {number}"));
        }
        books.see("catalog", run(place, "catalog -o yaml").out);
        books
    }

    /// Looks at everything but single lines and the master data.
    pub fn at_a_glance(place: &Place) -> Self {
        let mut books = Self::default();
        books.see_listing(place, "imports");
        books.see_listing(place, "invoices");
        let reconciliation = books.see_listing(place, "reconcile");
        for row in reconciliation.as_array().unwrap() {
            assert_eq!(row["difference"], "0", "{row}");
        }
        for name in exports(place) {
            let content = place.read(&format!("exports/{name}"));
            books.see(&name, content);
        }
        books.see("folders of detail", detail_folders(place).to_string());
        books
    }

    fn see(&mut self, what: &str, content: String) {
        self.0.push((what.to_owned(), content));
    }

    fn see_listing(&mut self, place: &Place, what: &str) -> Value {
        let ran = run(place, &format!("{what} -o json"));
        assert!(matches!(ran.code, 0 | 3), "{what}: {}", ran.err);
        let mut value: Value = serde_json::from_str(&ran.out).unwrap();
        forget_moments(&mut value);
        self.see(what, format!("{value:#}"));
        value
    }

    /// What a command or file showed.
    pub fn view(&self, what: &str) -> &str {
        let seen = self.0.iter().find(|(name, _)| name == what);
        &seen.unwrap_or_else(|| panic!("{what} was not looked at")).1
    }

    /// What these books show otherwise than the expected ones, which were looked at thoroughly.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        let is_export = |what: &str| what.ends_with(".csv");
        let looked_at = |what: &str| is_export(what) || self.0.iter().any(|(name, _)| name == what);
        let expected: Vec<_> = expected.0.iter().filter(|(what, _)| looked_at(what)).collect();
        let missing = expected.iter().filter(|seen| !self.0.contains(seen)).map(|seen| ("expected", *seen));
        let extra = self.0.iter().filter(|seen| !expected.contains(seen)).map(|seen| ("found", seen));
        let found: Vec<String> = missing
            .chain(extra)
            .map(|(which, (what, content))| format!("{which} {what}:\n{content}"))
            .collect();
        (!found.is_empty()).then(|| found.join("\n"))
    }
}

/// The moment of a command is its own.
fn forget_moments(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.remove("created");
            entries.values_mut().for_each(forget_moments);
        }
        Value::Array(entries) => entries.iter_mut().for_each(forget_moments),
        _ => {}
    }
}

/// The names of the exports.
pub fn exports(place: &Place) -> Vec<String> {
    place.files("exports").into_iter().filter(|name| name.ends_with(".csv")).collect()
}

/// What stands beside the exports and is none: the beginning of a file that nobody ended.
pub fn leftovers(place: &Place) -> Vec<String> {
    place.files("exports").into_iter().filter(|name| !name.ends_with(".csv")).collect()
}

/// How many folders of line items there are.
pub fn detail_folders(place: &Place) -> usize {
    place.files("cloud-billing.detail").iter().filter(|name| name.ends_with('/')).count()
}
