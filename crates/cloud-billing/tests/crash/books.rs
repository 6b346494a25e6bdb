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
        let mut books = Self::default();
        books.see_listing(place, "imports");
        let invoices = books.see_listing(place, "invoices");
        for number in invoices.as_array().unwrap().iter().map(|invoice| invoice["number"].as_str().unwrap()) {
            books.see_listing(place, &format!("invoice show {number}"));
        }
        let reconciliation = books.see_listing(place, "reconcile");
        for row in reconciliation.as_array().unwrap() {
            assert_eq!(row["difference"], "0", "{row}");
        }
        books.see("catalog", run(place, "catalog -o yaml").out);
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

    /// What one of the two has and the other has not, with a name for each.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        let missing = expected.0.iter().filter(|seen| !self.0.contains(seen)).map(|seen| ("expected", seen));
        let extra = self.0.iter().filter(|seen| !expected.0.contains(seen)).map(|seen| ("found", seen));
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
    let top = |name: &&String| name.ends_with('/') && name.matches('/').count() == 1;
    place.files("cloud-billing.detail").iter().filter(top).count()
}
