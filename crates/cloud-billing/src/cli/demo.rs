//! `demo`: the sample use case, from nothing and offline.

mod folder;
mod story;

use anyhow::Result;

use super::Done;
use crate::{
    app::{App, Clock},
    config::{Settings, Vars, env_file},
};

/// Plays the sample months from nothing: imports, prices, bills, corrections, reconciliation
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Needs no setting and no network; touches nothing outside its folder.\nExample: cloud-billing demo \
--dir demo"
)]
pub struct Arguments {
    /// Where to keep the demo's ledger and files; a new folder for temporary files when left out
    #[arg(long, value_name = "D")]
    dir: Option<std::path::PathBuf>,
}

pub fn run(arguments: &Arguments, environment: &Vars) -> Result<Done> {
    let folder = folder::Folder::prepare(arguments.dir.as_deref())?;
    // The demo's own settings only: what is set outside for real books must not reach it.
    let settings = Settings::read(&env_file::read(&folder.env_file())?)?;
    let mut app = App::open(settings, super::actor(environment), Clock::Real)?;
    let months = folder.write_documents(app.last_month())?;
    story::play(&mut app, &folder, months)
}
