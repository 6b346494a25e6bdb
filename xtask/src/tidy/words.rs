//! Words that must not stand in the tree.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    check::Finding,
    source::pattern,
    tree::{File, Tree},
};

/// What stands for work not done: macros and attributes in code, marks in comments and in other texts.
static OPEN_CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"#\[ignore\b|\b(todo|unimplemented)!"));
static OPEN_MARK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(TODO|FIXME|XXX|HACK)\b"));
static PANIC: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\.unwrap\(\)|\.expect\(\s*("\s*"|&?format!)"#));
/// Folders that belong to a machine or a person.
static MACHINE_PATH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(^|[^\w.\-/}>])/(work|root|Users/\w+|home/\w+)/"));
/// Files made of data, where a mark may be part of what a provider wrote.
const DATA: &[&str] = &["csv", "json", "jsonl", "lock", "svg", "xml", "parquet", "gz", "zip"];

/// Nothing is left for later: no placeholder, no mark, no test that is switched off.
pub fn open_ends(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let message =
            |found: &str| format!("`{found}`: do it now, or write down as a sentence what does not exist");
        match &file.rust {
            Some(source) => {
                findings.extend(in_text(file, &source.code, &OPEN_CODE, message));
                findings.extend(in_text(file, &source.comments, &OPEN_MARK, message));
            }
            None if is_data(&file.path) => {}
            None => findings.extend(in_text(file, &file.text, &OPEN_MARK, message)),
        }
    }
    findings
}

/// Outside tests, what may be missing is handled. An item may say with `#[expect(clippy::expect_used, reason = …)]`
/// why it cannot be missing.
pub fn panics(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        let excused = source.items_with(|attribute| {
            (attribute.contains("clippy::unwrap_used") || attribute.contains("clippy::expect_used"))
                && attribute.contains("reason")
        });
        for found in PANIC.find_iter(&source.code) {
            let at = found.start();
            if source.is_test(at) || excused.iter().any(|range| range.contains(&at)) {
                continue;
            }
            let message = "may end the program: return an error with place, cause and cure";
            findings.push(Finding::new(&file.path, source.line(at), message));
        }
    }
    findings
}

/// No absolute path of a machine, in no kind of file.
pub fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let message =
        |found: &str| format!("`{}` is a path of one machine: name the place by a setting", found.trim());
    tree.files.iter().flat_map(|file| in_text(file, &file.text, &MACHINE_PATH, message)).collect()
}

fn is_data(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| DATA.contains(&extension))
}

fn in_text(file: &File, text: &str, pattern: &Regex, message: impl Fn(&str) -> String) -> Vec<Finding> {
    let lines = text.lines().zip(1..);
    lines
        .flat_map(|(line, number)| pattern.find_iter(line).map(move |found| (found.as_str(), number)))
        .map(|(found, number)| Finding::new(&file.path, number, message(found)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(find: fn(&Tree) -> Vec<Finding>, path: &str, text: &str, lines: &[usize]) {
        let findings = find(&Tree::of(&[(path, text)]));
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), lines, "{text}");
    }

    #[test]
    fn open_ends_are_found() {
        let code = ["todo", "!();\nunimplemented", "!();\n#[ign", "ore]\n// TO", "DO"].concat();
        check(open_ends, "crates/a/src/a.rs", &code, &[1, 2, 3, 4]);
        check(open_ends, "crates/a/src/a.rs", "\"TODO\" fn todo() {} #[cfg(x)]", &[]);
        check(open_ends, "README.md", "Usage\n\nTODO: write", &[3]);
        check(open_ends, "samples/a.csv", "TODO list service", &[]);
    }

    #[test]
    fn what_panics_is_found_outside_tests() {
        let call = |name: &str| format!("fn f() {{ x.{name} }}\n");
        check(panics, "crates/a/src/a.rs", &call("unwrap()"), &[1]);
        check(panics, "crates/a/src/a.rs", &call("expect(\"a number\")"), &[1]);
        check(panics, "crates/a/src/a.rs", &call("expect(&format!(\"a\"))"), &[1]);
        check(panics, "crates/a/src/a.rs", &call("expect(Token::Colon)"), &[]);
        check(panics, "crates/a/src/a.rs", &call("unwrap_or_default()"), &[]);
        check(panics, "crates/a/tests/a.rs", &call("unwrap()"), &[]);
        let reason = "#[expect(clippy::unwrap_used, reason = \"checked above\")]\n";
        check(panics, "crates/a/src/a.rs", &(reason.to_owned() + &call("unwrap()")), &[]);
        let silent = "#[allow(clippy::unwrap_used)]\n";
        check(panics, "crates/a/src/a.rs", &(silent.to_owned() + &call("unwrap()")), &[2]);
    }

    #[test]
    fn machine_paths_are_found() {
        for folder in ["work", "root", "home/me", "Users/me"] {
            check(machine_paths, "docs/a.md", &format!("see\n(/{folder}/x)"), &[2]);
            check(machine_paths, "a.rs", &format!("\"/{folder}/x\""), &[1]);
        }
        check(
            machine_paths,
            "docs/a.md",
            "net/work/a ../work/a $HOME/root/b /workshop/ example.com/home/a/",
            &[],
        );
    }
}
