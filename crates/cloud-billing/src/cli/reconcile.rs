//! `reconcile`: where all cost went.

use anyhow::Result;
use billing_core::{Period, flow::conserve::Reconciliation};

use super::{Done, print, tell};
use crate::{
    app::App,
    flow::look,
    outputs::{Format, json, listing::Listing},
};

/// Shows where each provider's cost went, to the last digit
#[derive(clap::Args, Debug)]
#[command(
    after_help = "provider_total = invoiced + unallocated + held + open + rejected_total + difference, at the \
provider's cost and in its currency.\nExample: cloud-billing reconcile --period 2026-10"
)]
pub struct Arguments {
    /// Only documents of this period
    #[arg(long, value_name = "YYYY-MM")]
    period: Option<Period>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let rows = look::reconcile(app, arguments.period)?;
    for row in rows.iter().filter(|row| row.unreadable_rows > 0) {
        tell(&format!(
            "{} {} {}: the cost of {} rejected rows could not be read: see cloud-billing imports --rejected",
            row.provider, row.period, row.currency, row.unreadable_rows
        ));
    }
    let mut listing = listing(&rows);
    if arguments.period.is_some() {
        listing.empty = "No document of this period.";
    }
    print(&listing.render(arguments.output))?;
    Ok(Done::needs_a_person(rows.iter().any(|row| !row.difference.is_zero() || row.unreadable_rows > 0)))
}

/// Reconciliations as a list.
pub fn listing(rows: &[Reconciliation]) -> Listing {
    let row = |row: &Reconciliation| {
        vec![
            row.provider.to_string(),
            row.period.to_string(),
            row.currency.to_string(),
            row.provider_total.to_string(),
            row.invoiced.to_string(),
            row.unallocated.to_string(),
            row.held.to_string(),
            row.open.to_string(),
            row.rejected_rows.to_string(),
            row.rejected_total.to_string(),
            row.difference.to_string(),
        ]
    };
    Listing {
        columns: vec![
            "provider",
            "period",
            "currency",
            ">provider_total",
            ">invoiced",
            ">unallocated",
            ">held",
            ">open",
            ">rejected_rows",
            ">rejected_total",
            ">difference",
        ],
        rows: rows.iter().map(row).collect(),
        json: rows.iter().map(json::reconciliation).collect(),
        empty: "Nothing was imported.",
    }
}
