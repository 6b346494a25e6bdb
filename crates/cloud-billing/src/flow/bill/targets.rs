//! The targets of bill runs.

use anyhow::Result;
use billing_core::ids::Target;
use billing_store::catalog;

use crate::{app::App, flow::usage};

/// The targets that a word on the command line means: one, or all.
///
/// # Errors
/// When there is no such target.
pub fn targets(app: &mut App, word: &str) -> Result<Vec<Target>> {
    let mut known: Vec<Target> = ["Azure", "AWS", "GCP"].map(Target::named).to_vec();
    known.extend(app.ledger.read(catalog::providers)?.into_iter().map(Target::Accounts));
    known.sort();
    known.dedup();
    known.push(Target::ManagedCloudServices);
    if word.eq_ignore_ascii_case("all") {
        return Ok(known);
    }
    let target = Target::named(word);
    let exact = |known: &&Target| **known == target;
    let same = |known: &&Target| known.as_str().eq_ignore_ascii_case(target.as_str());
    if let Some(target) = known.iter().find(exact).or_else(|| known.iter().find(same)) {
        return Ok(vec![target.clone()]);
    }
    let names: Vec<&str> = known.iter().map(Target::as_str).collect();
    Err(usage(format!("unknown target '{word}': there are {} and all", names.join(", "))))
}
