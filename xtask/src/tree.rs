//! The files of the tree, as they would be committed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{module_paths::children, source::Source};

/// Files above this size are known by name only.
const TEXT_BYTES_MAX: u64 = 2_000_000;

/// A file of the tree.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Its text; empty where it is not UTF-8, or very large.
    pub text: String,
    /// What a Rust file consists of.
    pub rust: Option<Source>,
}

impl File {
    /// A file with its text.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let rust = path.ends_with(".rs").then(|| Source::read(&path, &text));
        Self { path, text, rust }
    }
}

/// All files, in the order of their paths.
#[derive(Default)]
pub struct Tree {
    /// The files.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the tree under `root`.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => {
                let mut paths = Vec::new();
                walk(root, root, &mut paths).map_err(|error| format!("{}: {error}", root.display()))?;
                paths
            }
        };
        paths.sort();
        paths.dedup();
        let files = paths.into_iter().filter_map(|path| {
            let metadata = fs::symlink_metadata(root.join(&path)).ok()?;
            let small = metadata.is_file() && metadata.len() <= TEXT_BYTES_MAX;
            let text =
                if small { fs::read_to_string(root.join(&path)).unwrap_or_default() } else { String::new() };
            Some(File::new(path, text))
        });
        Ok(Self::new(files.collect()))
    }

    /// A tree made up for a test.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| File::new(*path, *text)).collect())
    }

    /// A file is tests, too, where the `mod` that leads to it stands in tests.
    fn new(files: Vec<File>) -> Self {
        let mut tree = Self { files };
        loop {
            let found: Vec<String> = tree
                .rust()
                .flat_map(|(file, source)| {
                    let children = children(&file.path, source);
                    children.into_iter().filter(|(at, _)| source.is_test(*at)).map(|(_, path)| path)
                })
                .collect();
            let mut more = false;
            for file in tree.files.iter_mut().filter(|file| found.contains(&file.path)) {
                more |= file.rust.as_mut().is_some_and(Source::becomes_tests);
            }
            if !more {
                return tree;
            }
        }
    }

    /// The Rust files.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// The file of this path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// The folder of the workspace: the one above this package, or above where the command was started.
pub fn root() -> Result<PathBuf, String> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?,
    };
    let found = start.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    found.map(Path::to_owned).ok_or_else(|| format!("no Cargo.lock in {} or above it", start.display()))
}

/// What is committed or could be: neither ignored nor deleted. `None` without git.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn walk(root: &Path, folder: &Path, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == ".git" || name == "target" || name == "node_modules" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &entry.path(), paths)?;
        } else if let Ok(path) = entry.path().strip_prefix(root) {
            paths.push(path.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_a_test_module_are_tests() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod b;\n#[cfg(test)]\nmod checks;"),
            ("crates/a/src/b.rs", "fn b() {}"),
            ("crates/a/src/checks.rs", "mod deep;"),
            ("crates/a/src/checks/deep.rs", "fn c() {}"),
        ]);
        let tests: Vec<bool> = tree.rust().map(|(_, source)| source.is_test(0)).collect();
        assert_eq!(tests, [false, false, true, true]);
    }

    #[test]
    fn this_very_file_is_found_both_ways() {
        let root = root().unwrap();
        assert!(Tree::read(&root).unwrap().file("xtask/src/tree.rs").is_some());
        let mut walked = Vec::new();
        walk(&root, &root, &mut walked).unwrap();
        assert!(walked.contains(&"xtask/src/tree.rs".to_owned()));
    }
}
