//! Which files a Rust file's `mod` lines lead to.

use std::sync::LazyLock;

use regex::Regex;

use crate::source::{Source, pattern};

static DECLARED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bmod\s+(?:r#)?([A-Za-z_]\w*)\s*;"));

/// Whether a file of a package is where a target starts.
pub fn is_root(path: &str) -> bool {
    let Some(rest) = inside(path) else { return false };
    let parts: Vec<&str> = rest.split('/').collect();
    let in_folder = |at: usize| matches!(parts[at..], [_] | [_, "main.rs"]);
    match parts[..] {
        ["build.rs"] | ["src", "lib.rs" | "main.rs"] => true,
        ["src", "bin", ..] => in_folder(2),
        ["tests" | "benches" | "examples", ..] => in_folder(1),
        _ => false,
    }
}

/// Whether a file is code of a package, not data of its tests.
pub fn in_package(path: &str) -> bool {
    let folders = ["src/", "tests/", "benches/", "examples/"];
    inside(path).is_some_and(|rest| folders.iter().any(|folder| rest.starts_with(folder)))
}

/// The path inside its package: `src/lib.rs`.
fn inside(path: &str) -> Option<&str> {
    let crates = path.strip_prefix("crates/").and_then(|rest| rest.split_once('/'));
    crates.map(|(_, rest)| rest).or_else(|| path.strip_prefix("xtask/"))
}

/// Where the modules of a file may stand, each with the offset that declares it.
pub fn children(path: &str, source: &Source) -> Vec<(usize, String)> {
    let Some((folder, name)) = path.rsplit_once('/') else { return Vec::new() };
    let owns_folder = is_root(path) || name == "mod.rs";
    let own =
        if owns_folder { folder.to_owned() } else { format!("{folder}/{}", name.trim_end_matches(".rs")) };
    let mut paths = Vec::new();
    for name in DECLARED.captures_iter(&source.code).filter_map(|captures| captures.get(1)) {
        paths.push((name.start(), format!("{own}/{}.rs", name.as_str())));
        paths.push((name.start(), format!("{own}/{}/mod.rs", name.as_str())));
    }
    // `#[path = "…"]` and `include!("…")` name a file beside this one.
    let beside = source.literals.iter().filter(|literal| literal.text.ends_with(".rs"));
    paths.extend(beside.map(|literal| (literal.offset, format!("{folder}/{}", literal.text))));
    paths
}
