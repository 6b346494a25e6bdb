//! `invoices`: all invoices.

use anyhow::Result;
use billing_store::invoices;

use super::{Done, print, report};
use crate::{app::App, outputs::Format};

/// Lists all invoices
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing invoices -o json")]
pub struct Arguments {
    /// How to show them
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let invoices = app.ledger.read(invoices::list)?;
    print(&report::invoice_listing(&invoices).render(arguments.output))?;
    Ok(Done::Completely)
}
