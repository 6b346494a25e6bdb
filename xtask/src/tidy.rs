//! How the tree is written. Each check stands below as the sentence that it keeps true.

mod architecture;
mod decisions;
mod modules;
mod shape;
mod words;

use std::path::Path;

use crate::{
    check::{Check, Finding, report},
    tree::Tree,
};

/// Runs all checks. Whether all hold.
pub fn run(root: &Path) -> Result<bool, String> {
    let tree = Tree::read(root)?;
    let of = |name, sentence: &str, find: fn(&Tree) -> Vec<Finding>| Check::new(name, sentence, find(&tree));
    Ok(report(vec![
        of("module-docs", "Each Rust file starts with a module doc", shape::module_docs),
        of("file-length", &shape::file_sentence(), shape::file_lengths),
        of("function-length", &shape::function_sentence(), shape::function_lengths),
        of("open-ends", "Nothing is left for later, and no test is switched off", words::open_ends),
        of("panics", "Outside tests nothing is unwrapped without a written reason", words::panics),
        of("machine-paths", "No file names a path of somebody's machine", words::machine_paths),
        of("modules", "Each Rust file belongs to a crate", modules::dead_files),
        of("decisions", "Each decision has a number of its own and is linked", decisions::decisions),
        of("named-files", "Each file that ARCHITECTURE.md names exists", architecture::named_files),
        of(
            "named-tests",
            "Each invariant in ARCHITECTURE.md has a proof that exists",
            architecture::named_tests,
        ),
    ]))
}
