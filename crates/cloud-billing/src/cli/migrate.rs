//! `migrate`: brings the ledger's tables up to date. Every command does so; this one does nothing else.

use anyhow::Result;

use super::{Done, tell};
use crate::app::App;

/// Brings the ledger's tables up to date
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing migrate")]
pub struct Arguments {}

pub fn run(app: &mut App, _: &Arguments) -> Result<Done> {
    tell(&format!("the ledger {} is up to date", app.settings.ledger));
    Ok(Done::Completely)
}
