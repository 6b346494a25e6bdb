//! `imports`: the versions of documents, and their rejections.

use anyhow::Result;
use billing_store::documents::{self, ProviderInvoiceRecord, RejectionRecord, VersionRecord};

use super::{Done, print, tell};
use crate::{
    app::App,
    flow,
    outputs::{Format, json, listing::Listing},
};

/// Lists document versions, or the rows that could not be taken
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples: cloud-billing imports -o json\n          cloud-billing imports --rejected\n          \
cloud-billing imports --invoices\n          \
cloud-billing imports waive 3 --why 'worth 0.01, provider does not answer'"
)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// List rejected rows instead
    #[arg(long)]
    rejected: bool,
    /// List what the versions in force have of each invoice of the provider instead
    #[arg(long, conflicts_with = "rejected")]
    invoices: bool,
    /// How to show the result
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Gives up a rejected row's cost, with a reason
    #[command(after_help = "Example: cloud-billing imports waive 3 --why 'worth 0.01'")]
    Waive {
        /// The rejection's id
        id: i64,
        /// The reason
        #[arg(long, value_name = "WHY")]
        why: String,
    },
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    if let Some(Command::Waive { id, why }) = &arguments.command {
        flow::documents::waive(app, *id, why)?;
        tell(&format!("rejection {id} is waived"));
        return Ok(Done::Completely);
    }
    let listing = match (arguments.rejected, arguments.invoices) {
        (true, _) => rejected(&app.ledger.read(documents::rejections)?),
        (_, true) => provider_invoices(&app.ledger.read(documents::provider_invoices)?),
        _ => listing(&app.ledger.read(documents::versions)?),
    };
    print(&listing.render(arguments.output))?;
    Ok(Done::Completely)
}

/// Versions as a list.
pub fn listing(records: &[VersionRecord]) -> Listing {
    let row = |record: &VersionRecord| {
        let periods: Vec<String> = record.periods.iter().map(ToString::to_string).collect();
        let state = match (&record.withdrawn_why, record.in_force) {
            (Some(_), _) => "withdrawn",
            (None, true) => "in force",
            (None, false) => "replaced",
        };
        vec![
            record.document_name(),
            record.version.to_string(),
            state.to_owned(),
            record.importer.clone(),
            record.rows.to_string(),
            record.rejected.to_string(),
            periods.join(" "),
            record.totals.to_string(),
            record.created.clone(),
        ]
    };
    Listing {
        columns: vec![
            "document",
            ">version",
            "state",
            "importer",
            ">rows",
            ">rejected",
            "periods",
            ">totals",
            "created",
        ],
        rows: records.iter().map(row).collect(),
        json: records.iter().map(json::version).collect(),
        empty: "No imports.",
    }
}

/// Totals by the provider's own invoices as a list.
fn provider_invoices(records: &[ProviderInvoiceRecord]) -> Listing {
    let row = |record: &ProviderInvoiceRecord| {
        let total = &record.total;
        vec![
            record.document.clone(),
            record.version.to_string(),
            total.provider.to_string(),
            total.period.to_string(),
            total.invoice_id.clone(),
            total.issuer.clone(),
            total.currency.to_string(),
            total.rows.to_string(),
            total.billed_cost.to_string(),
        ]
    };
    Listing {
        columns: vec![
            "document", ">version", "provider", "period", "invoice", "issuer", "currency", ">rows", ">total",
        ],
        rows: records.iter().map(row).collect(),
        json: records.iter().map(json::provider_invoice).collect(),
        empty: "No invoices of providers: their documents tell no invoice numbers.",
    }
}

/// Rejected rows of versions in force as a list.
fn rejected(records: &[RejectionRecord]) -> Listing {
    let records: Vec<&RejectionRecord> = records.iter().filter(|record| record.in_force).collect();
    let row = |record: &&RejectionRecord| {
        let rejection = &record.rejection;
        let cost = rejection.cost.as_ref().map(|cost| format!("{} {}", cost.amount, cost.currency));
        vec![
            record.id.to_string(),
            record.document.clone(),
            rejection.file.clone(),
            rejection.line.to_string(),
            rejection.column.clone(),
            rejection.text.clone(),
            rejection.reason.clone(),
            cost.unwrap_or_else(|| "unknown".to_owned()),
            record.waived_why.clone().map_or_else(|| "open".to_owned(), |why| format!("waived: {why}")),
        ]
    };
    Listing {
        columns: vec![">id", "document", "file", ">line", "column", "text", "reason", ">cost", "state"],
        rows: records.iter().map(row).collect(),
        json: records.iter().map(|record| json::rejection(record)).collect(),
        empty: "No rejected rows.",
    }
}
