//! Module docs, and how long files and functions are.

use crate::{check::Finding, tree::Tree};

const FILE_LINES_GOOD: usize = 400;
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_GOOD: usize = 70;
const FUNCTION_LINES_MAX: usize = 90;

/// What [`file_lengths`] keeps true.
pub fn file_sentence() -> String {
    format!("Files have up to {FILE_LINES_GOOD} lines without their tests, {FILE_LINES_MAX} at most")
}

/// What [`function_lengths`] keeps true.
pub fn function_sentence() -> String {
    format!(
        "Functions have up to {FUNCTION_LINES_GOOD} lines, {FUNCTION_LINES_MAX} at most; tests may be longer"
    )
}

/// Each Rust file starts with a module doc.
pub fn module_docs(tree: &Tree) -> Vec<Finding> {
    let without = tree.rust().filter(|(file, _)| !file.text.starts_with("//!"));
    without.map(|(file, _)| Finding::new(&file.path, 1, "starts without `//! What this file is`")).collect()
}

/// Files stay short.
pub fn file_lengths(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.rust().map(|(file, source)| (file, source.program_lines(&file.text)));
    let long = lengths.filter(|(_, lines)| *lines > FILE_LINES_GOOD);
    long.map(|(file, lines)| {
        let text = format!("has {lines} lines without its tests: divide it by what its parts are about");
        if lines > FILE_LINES_MAX {
            Finding::new(&file.path, 0, text)
        } else {
            Finding::note(&file.path, 0, text)
        }
    })
    .collect()
}

/// Functions stay short.
pub fn function_lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.rust() {
        for function in source.functions.iter().filter(|function| !source.is_test(function.range.start)) {
            let lines = source.line_count(&function.range);
            let line = source.line(function.range.start);
            let text = format!("`{}` has {lines} lines: name its steps as functions", function.name);
            if lines > FUNCTION_LINES_MAX {
                findings.push(Finding::new(&file.path, line, text));
            } else if lines > FUNCTION_LINES_GOOD {
                findings.push(Finding::note(&file.path, line, text));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        "    x();\n".repeat(count)
    }

    #[test]
    fn a_file_without_module_doc_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "//! A.\n"),
            ("crates/a/tests/b.rs", "// B.\n"),
            ("c.md", ""),
        ]);
        let findings = module_docs(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "crates/a/tests/b.rs");
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", lines(900));
        let check = |count, found: &[bool]| {
            let tree = Tree::of(&[("crates/a/src/lib.rs", &(lines(count) + &tests))]);
            let notes: Vec<bool> = file_lengths(&tree).iter().map(|finding| finding.only_a_note).collect();
            assert_eq!(notes, found, "{count}");
        };
        check(400, &[]);
        check(401, &[true]);
        check(601, &[false]);
    }

    #[test]
    fn a_long_function_is_found() {
        let check = |count: usize, found: &[bool]| {
            let text = format!("//! A.\nfn long() {{\n{}}}\n", lines(count - 2));
            let findings = function_lengths(&Tree::of(&[("crates/a/src/lib.rs", &text)]));
            assert_eq!(
                findings.iter().map(|finding| finding.only_a_note).collect::<Vec<_>>(),
                found,
                "{count}"
            );
            assert!(findings.iter().all(|finding| finding.line == 2));
            assert!(function_lengths(&Tree::of(&[("crates/a/tests/a.rs", &text)])).is_empty());
        };
        check(70, &[]);
        check(71, &[true]);
        check(91, &[false]);
    }
}
