//! The catalogue of messages: one folder per message, one section per folder.
//!
//! A folder holds `expected.txt` (the message) and may hold `command` (the words after `cloud-billing`), `case.md`
//! (a paragraph on what happened), `code` (the exit code) and the input files.

use std::{fs, path::Path};

const INTRODUCTION: &str = "\
# Messages

Every message that a user can meet, with an input that brings it about. Each is a test: the folder of the same name
under `crates/cloud-billing/tests/errors/` holds the input and the text.
";
/// Longer inputs are named, not shown.
const SHOWN_LINES_MAX: usize = 15;
const OWN_FILES: &[&str] = &["expected.txt", "command", "case.md", "code"];

/// The page of all cases under `folder`.
pub fn page(folder: &Path) -> Result<String, String> {
    let mut text = INTRODUCTION.to_owned();
    for name in sorted_names(folder)? {
        if folder.join(&name).is_dir() {
            text += &section(&folder.join(&name), &name)?;
        }
    }
    Ok(text)
}

fn section(folder: &Path, name: &str) -> Result<String, String> {
    let message = read(folder, "expected.txt")
        .ok_or_else(|| format!("{}: the message is missing: expected.txt", folder.display()))?;
    let mut text = format!("\n## {}\n\n", title(name));
    if let Some(case) = read(folder, "case.md") {
        text += &format!("{}\n\n", case.trim());
    }
    for input in sorted_names(folder)?.iter().filter(|input| !OWN_FILES.contains(&input.as_str())) {
        match read(folder, input).filter(|content| content.lines().count() <= SHOWN_LINES_MAX) {
            Some(content) => text += &format!("`{input}`:\n\n{}\n\n", fenced(&content)),
            None => text += &format!("`{input}`: see the folder.\n\n"),
        }
    }
    let command = read(folder, "command").map(|command| format!("$ cloud-billing {}\n", command.trim()));
    let code = read(folder, "code").map(|code| format!("\n\n(exit code {})", code.trim()));
    let shown = format!("{}{}{}", command.unwrap_or_default(), message.trim_end(), code.unwrap_or_default());
    Ok(text + &fenced(&shown) + "\n")
}

/// `unknown-price-kind` is "Unknown price kind".
fn title(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn fenced(content: &str) -> String {
    let fence = if content.contains("```") { "````" } else { "```" };
    format!("{fence}text\n{}\n{fence}", content.trim_end())
}

fn read(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(name)).ok()
}

fn sorted_names(folder: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_a_section() {
        let root = std::env::temp_dir().join(format!("xtask-errors-{}", std::process::id()));
        let case = root.join("unknown-price-kind");
        fs::create_dir_all(&case).unwrap();
        fs::write(case.join("command"), "apply -f input.yaml\n").unwrap();
        fs::write(case.join("input.yaml"), "kind: percent\n").unwrap();
        assert!(page(&root).unwrap_err().contains("expected.txt"));
        fs::write(case.join("expected.txt"), "error: input.yaml:1: no such kind\n").unwrap();
        fs::write(case.join("code"), "1\n").unwrap();
        let text = page(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let expected = "\n## Unknown price kind\n\n`input.yaml`:\n\n```text\nkind: percent\n```\n\n```text\n\
                        $ cloud-billing apply -f input.yaml\nerror: input.yaml:1: no such kind\n\n(exit code 1)\n```\n";
        assert_eq!(text.strip_prefix(INTRODUCTION).unwrap(), expected);
    }
}
