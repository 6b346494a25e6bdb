//! What ARCHITECTURE.md names must exist: files and folders anywhere in it, proofs in its table of invariants.
//!
//! A file is a word in backticks with a `/` or a known ending; it may leave out the folders before it, and use `*`
//! and `{a,b}`. The table of invariants stands under a heading with the word "invariant" or "always true"; the last
//! column of each row names its proof: a test function, a file, or a part of `./test`.

use std::collections::BTreeSet;

use regex::Regex;

use crate::{check::Finding, tree::Tree};

const PAGE: &str = "ARCHITECTURE.md";
const ENDINGS: &[&str] =
    &["rs", "md", "toml", "html", "txt", "csv", "yaml", "yml", "json", "sql", "sh", "month"];
const FOLDERS: &[&str] =
    &["crates/", "docs/", "samples/", "deploy/", "xtask/", "tools/", "tests/", "env/", ".ci/"];

/// Each file and folder in backticks exists.
pub fn named_files(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Finding::new(PAGE, 0, "is missing: it is where a reader starts")];
    };
    let mut findings = Vec::new();
    for (number, word) in words_in_backticks(&page.text) {
        for path in is_path(word).then(|| with_braces(word)).into_iter().flatten() {
            if !exists(tree, &path) {
                findings.push(Finding::new(PAGE, number, format!("`{path}` does not exist")));
            }
        }
    }
    findings
}

/// Each row of the table of invariants names a proof, and each test function that it names exists.
pub fn named_tests(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else { return Vec::new() };
    let tests: BTreeSet<&str> = tree
        .rust()
        .flat_map(|(_, source)| {
            source.functions.iter().filter(|function| source.is_test(function.range.start))
        })
        .map(|function| function.name.as_str())
        .collect();
    let mut findings = Vec::new();
    let rows = invariant_rows(&page.text);
    if rows.is_empty() {
        findings.push(Finding::new(
            PAGE,
            0,
            "has no table of invariants with their proofs in the last column",
        ));
    }
    for (number, proof) in rows {
        let named = words_in_backticks(proof);
        if named.is_empty() {
            findings.push(Finding::new(PAGE, number, "this invariant names no proof in backticks"));
        }
        for name in named.iter().filter_map(|(_, word)| test_name(word)) {
            if !tests.contains(name) {
                findings.push(Finding::new(PAGE, number, format!("there is no test `{name}`")));
            }
        }
    }
    findings
}

/// The last column of each row of the tables under the heading of the invariants.
fn invariant_rows(text: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    let (mut inside, mut in_body) = (false, false);
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with('#') {
            let heading = line.to_lowercase();
            inside = heading.contains("invariant") || heading.contains("always true");
        }
        let Some(cells) = line.trim().strip_prefix('|').map(|cells| cells.trim_end_matches('|')) else {
            in_body = false;
            continue;
        };
        if cells.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ')) {
            in_body = true;
        } else if inside && in_body {
            rows.push((number, cells.rsplit('|').next().unwrap_or(cells)));
        }
    }
    rows
}

/// All words in backticks with their lines; fenced blocks aside.
fn words_in_backticks(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut fenced = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2).map(|word| (number, word)));
        }
    }
    words
}

fn is_path(word: &str) -> bool {
    let plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./*{},".contains(&byte))
        && !word.starts_with('/');
    let ending = word.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && ENDINGS.contains(&end));
    plain && (ending || FOLDERS.iter().any(|folder| word.starts_with(folder)))
}

/// `a/{b,c}.rs` is `a/b.rs` and `a/c.rs`.
fn with_braces(word: &str) -> Vec<String> {
    let parts = word.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (middle, tail))) = parts else { return vec![word.to_owned()] };
    middle.split(',').flat_map(|part| with_braces(&format!("{head}{part}{tail}"))).collect()
}

fn exists(tree: &Tree, path: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let pattern = regex::escape(path).replace(r"\*", "[^/]*");
    Regex::new(&format!("(^|/){pattern}(/|$)"))
        .is_ok_and(|pattern| tree.files.iter().any(|file| pattern.is_match(&file.path)))
}

/// The test that a word names: `rounds_once` or `flow::tests::rounds_once`.
fn test_name(word: &str) -> Option<&str> {
    let name = word.rsplit("::").next()?;
    let is_name = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && name.bytes().any(|byte| byte.is_ascii_lowercase())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(find: fn(&Tree) -> Vec<Finding>, page: &str, found: &[&str]) {
        let test = "//! T.\n#[test]\nfn rounds_once() {}\nfn helper_of_tests() {}\n";
        let tree = Tree::of(&[
            (PAGE, page),
            ("crates/a/src/flow/bill.rs", "fn not_a_test() {}"),
            ("crates/a/tests/months.rs", test),
        ]);
        let findings: Vec<String> = find(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(findings.len(), found.len(), "{page}: {findings:?}");
        for (finding, part) in findings.iter().zip(found) {
            assert!(finding.contains(part), "{finding}");
        }
    }

    #[test]
    fn a_file_that_does_not_exist_is_found() {
        let good = "`crates/a/src/flow/bill.rs` `flow/bill.rs` `bill.rs` `crates/a/` `crates/*/src/flow` \
                    `crates/a/{src,tests}` `N/LINE` `s3://x.md` `cargo run x.rs` `application/json` `.rs`";
        check(named_files, good, &[]);
        check(named_files, "a\n`flow/gone.rs` `crates/{a,b}/src`", &[":2: `flow/gone.rs`", "`crates/b/src`"]);
        check(named_files, "```\ngone.rs `gone.rs`\n```", &[]);
        assert_eq!(named_files(&Tree::default()).len(), 1);
    }

    #[test]
    fn an_invariant_without_an_existing_proof_is_found() {
        let page = |proof: &str| {
            format!(
                "## Invariants\n| sentence | proof |\n| --- | --- |\n| `odd_word` always | {proof} |\n\n## Rest\n"
            )
        };
        check(named_tests, &page("`rounds_once`, `./test tidy`"), &[]);
        check(named_tests, &page("`months::rounds_once`"), &[]);
        check(named_tests, &page("`rounds_twice`"), &["ARCHITECTURE.md:4: there is no test `rounds_twice`"]);
        check(named_tests, &page("`not_a_test`"), &["no test `not_a_test`"]);
        check(named_tests, &page("we are sure"), &["names no proof"]);
        check(named_tests, "| a | b |\n| --- | --- |\n| c | `d_e` |", &["no table of invariants"]);
    }
}
