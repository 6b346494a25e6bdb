//! Which crate and which folder may know what: the arrows that must never point the other way.

mod packages;
mod texts;

use std::path::Path;

use crate::{check::report, tree::Tree};

/// Runs all checks. Whether all hold.
pub fn run(root: &Path) -> Result<bool, String> {
    let tree = Tree::read(root)?;
    let mut checks = packages::checks(root)?;
    checks.extend(texts::checks(&tree));
    Ok(report(checks))
}
