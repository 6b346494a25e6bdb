//! Files that no crate contains: nobody would notice when they stop to compile.

use std::collections::BTreeSet;

use crate::{
    check::Finding,
    module_paths::{children, in_package, is_root},
    tree::Tree,
};

/// Each Rust file of a package is a target's root or is reached from one by `mod`.
pub fn dead_files(tree: &Tree) -> Vec<Finding> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> =
        tree.rust().filter(|(file, _)| is_root(&file.path)).map(|(file, _)| file.path.clone()).collect();
    while let Some(path) = open.pop() {
        if let Some(source) = tree.file(&path).and_then(|file| file.rust.as_ref())
            && reached.insert(path.clone())
        {
            open.extend(children(&path, source).into_iter().map(|(_, child)| child));
        }
    }
    let dead = tree.rust().filter(|(file, _)| in_package(&file.path) && !reached.contains(&file.path));
    dead.map(|(file, _)| Finding::new(&file.path, 0, "no `mod` leads here: delete it or declare it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_mod_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod b; mod d; // mod dead;"),
            ("crates/a/src/b.rs", "mod c;"),
            ("crates/a/src/b/c.rs", ""),
            ("crates/a/src/d/mod.rs", "#[path = \"e_of_d.rs\"] mod e;"),
            ("crates/a/src/d/e_of_d.rs", ""),
            ("crates/a/src/dead.rs", ""),
            ("crates/a/tests/story.rs", "mod common;"),
            ("crates/a/tests/common/mod.rs", ""),
            ("crates/a/tests/dead/x.rs", ""),
            ("crates/a/testdata/sample.rs", ""),
            ("xtask/src/main.rs", "mod b;"),
            ("xtask/src/b.rs", ""),
        ]);
        let paths: Vec<String> = dead_files(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["crates/a/src/dead.rs", "crates/a/tests/dead/x.rs"]);
    }
}
