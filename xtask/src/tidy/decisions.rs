//! The decisions under docs/decisions.

use std::collections::BTreeMap;

use crate::{check::Finding, tree::Tree};

const FOLDER: &str = "docs/decisions/";

/// Each decision is `NNNN-its-name.md` with a number of its own, and ARCHITECTURE.md links it.
pub fn decisions(tree: &Tree) -> Vec<Finding> {
    let overview = tree.file("ARCHITECTURE.md").map_or("", |file| file.text.as_str());
    let mut by_number: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let Some(name) = file.path.strip_prefix(FOLDER) else { continue };
        match name.split_once('-') {
            Some((number, _)) if number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                if let Some(other) = by_number.insert(number, name) {
                    findings.push(Finding::new(&file.path, 0, format!("has the same number as {other}")));
                }
            }
            _ => findings.push(Finding::new(&file.path, 0, "is not named `0001-what-it-decides.md`")),
        }
        if !overview.contains(&format!("]({})", file.path)) {
            let message = format!("ARCHITECTURE.md does not link it: [what it decides]({})", file.path);
            findings.push(Finding::new(&file.path, 0, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_links_are_checked() {
        let links = "[a](docs/decisions/0001-a.md) [b](docs/decisions/0001-b.md) [x](docs/decisions/x.md)";
        let tree = Tree::of(&[
            ("ARCHITECTURE.md", links),
            ("docs/decisions/0001-a.md", ""),
            ("docs/decisions/0001-b.md", ""),
            ("docs/decisions/0002-c.md", ""),
            ("docs/decisions/x.md", ""),
        ]);
        let findings: Vec<String> = decisions(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(findings.len(), 3, "{findings:?}");
        assert!(findings[0].contains("same number as 0001-a.md"));
        assert!(findings[1].starts_with("docs/decisions/0002-c.md: ARCHITECTURE.md does not link it"));
        assert!(findings[2].starts_with("docs/decisions/x.md: is not named"));
    }
}
