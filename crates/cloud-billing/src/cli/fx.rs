//! `fx`: exchange rates.

use anyhow::Result;
use billing_core::{Currency, Decimal, Period};
use billing_store::rates;

use super::{Done, print, tell};
use crate::{
    app::App,
    flow::{rates::is_used, rates::set, usage},
    outputs::{Format, json, listing::Listing},
};

/// Lists exchange rates, or pins one by hand
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing fx set USD CHF 2026-10 0.8123")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// How to show them
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Pins how much one unit of FROM is in TO in a billing period
    #[command(after_help = "Example: cloud-billing fx set USD CHF 2026-10 0.8123")]
    Set {
        /// The provider's currency
        from: String,
        /// The invoices' currency
        to: String,
        /// The billing period
        period: Period,
        /// The rate, with at most 12 decimals
        #[arg(allow_negative_numbers = true)]
        rate: String,
    },
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    if let Some(Command::Set { from, to, period, rate }) = &arguments.command {
        let currency = |text: &String| {
            Currency::parse(text).ok_or_else(|| {
                usage(format!("'{text}' is not a currency: write a code of three letters like CHF"))
            })
        };
        let rate = Decimal::parse(rate)
            .map_err(|error| usage(format!("the rate '{rate}' {error}: write one like 0.8123")))?;
        let record = set(app, currency(from)?, currency(to)?, *period, rate)?;
        if is_used(app, &record)? {
            tell("lines that are issued already keep the rate that they have, and so do corrections of them");
        }
    }
    let records = app.ledger.read(rates::list)?;
    let row = |record: &rates::RateRecord| {
        vec![
            record.from.to_string(),
            record.to.to_string(),
            record.period.to_string(),
            record.rate.to_string(),
            record.origin.clone(),
        ]
    };
    let listing = Listing {
        columns: vec!["from", "to", "period", ">rate", "source"],
        rows: records.iter().map(row).collect(),
        json: records.iter().map(json::rate).collect(),
        empty: "No rates.",
    };
    print(&listing.render(arguments.output))?;
    Ok(Done::Completely)
}
