//! `import-diff`: what changed between two versions, in money. `import-withdraw`: takes a document out of force.

use anyhow::Result;

use super::{Done, print, tell};
use crate::{
    app::App,
    flow::documents::{self, Difference},
    outputs::{Format, json, listing::Listing},
};

/// Shows what changed between two versions of a document, in money
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing import-diff azure/2026-10 1 2")]
pub struct Arguments {
    /// The document, by job and period
    document: String,
    /// The earlier version
    before: u32,
    /// The later version
    after: u32,
    /// How to show the result
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let rows = documents::compare(app, &arguments.document, [arguments.before, arguments.after])?;
    print(&listing(&rows).render(arguments.output))?;
    Ok(Done::Completely)
}

/// Differences as a list.
pub fn listing(rows: &[Difference]) -> Listing {
    let row = |row: &Difference| {
        vec![
            row.provider.clone(),
            row.account.clone(),
            row.service.clone(),
            row.charge_category.clone(),
            row.currency.to_string(),
            row.before.to_string(),
            row.after.to_string(),
            (&row.after - &row.before).to_string(),
        ]
    };
    Listing {
        columns: vec![
            "provider",
            "account",
            "service",
            "charge_category",
            "currency",
            ">before",
            ">after",
            ">difference",
        ],
        rows: rows.iter().map(row).collect(),
        json: rows.iter().map(json::difference).collect(),
        empty: "No difference in money.",
    }
}

/// Takes a wrong document out of force: what was billed of it is taken back by the next bill run
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing import-withdraw azure/2026-10 --why 'wrong tenant'")]
pub struct WithdrawArguments {
    /// The document, by job and period
    document: String,
    /// The reason
    #[arg(long, value_name = "WHY")]
    why: String,
}

pub fn withdraw(app: &mut App, arguments: &WithdrawArguments) -> Result<Done> {
    match documents::withdraw(app, &arguments.document, &arguments.why)? {
        Some(record) => tell(&format!("{} version {} is withdrawn", record.document_name(), record.version)),
        None => tell(&format!("{} has no version in force: nothing to withdraw", arguments.document)),
    }
    Ok(Done::Completely)
}
