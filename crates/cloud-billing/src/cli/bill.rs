//! `bill`: makes the invoice of a target.

use anyhow::Result;
use billing_core::{Period, invoice::Invoice};

use super::{Done, print, report, tell};
use crate::{
    app::App,
    flow::bill::{self, BillReport, Mode},
    outputs::{Format, json, yaml},
};

/// Makes the invoice of a target: a provider, ManagedCloudServices, or all of them
#[derive(clap::Args, Debug)]
#[command(
    after_help = "What was invoiced already is not invoiced again; what changed since becomes a correction.\n\
Example: cloud-billing bill Azure -n bill_azure --period 2026-10"
)]
pub struct Arguments {
    /// Azure, AWS, GCP, another provider that has accounts, ManagedCloudServices, or all
    target: String,
    /// Name of the job; the target when left out
    #[arg(short = 'n', long = "name", value_name = "JOB")]
    name: Option<String>,
    /// Everything up to this period; last month when left out
    #[arg(long, value_name = "YYYY-MM")]
    period: Option<Period>,
    /// Show what would be invoiced and write nothing
    #[arg(long, conflicts_with = "draft")]
    dry_run: bool,
    /// Keep a draft instead of issuing, and write no export
    #[arg(long)]
    draft: bool,
    /// How to show the result
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let period = arguments.period.unwrap_or_else(|| app.last_month());
    if period > app.last_month().next() {
        tell(&format!("note: {period} has not begun yet"));
    }
    let mode = match (arguments.dry_run, arguments.draft) {
        (true, _) => Mode::DryRun,
        (_, true) => Mode::Draft,
        _ => Mode::Issue,
    };
    tracing::info!(
        job = arguments.name.as_deref().unwrap_or(&arguments.target),
        "Billing {}",
        arguments.target
    );
    let mut reports = Vec::new();
    let mut failure = None;
    for target in bill::targets(app, &arguments.target)? {
        match bill::bill(app, &target, period, mode) {
            Ok(report) => {
                if arguments.output == Format::Table {
                    print(&text(&report, mode))?;
                }
                tell_findings(&report);
                reports.push(report);
            }
            // The other targets go on; the first failure is the command's.
            Err(error) => match failure {
                None => failure = Some(error),
                Some(_) => tell(&format!("error: {error:#}")),
            },
        }
    }
    // What was issued is shown, also where another target failed.
    if arguments.output != Format::Table {
        print(&render(&reports, arguments.output))?;
    }
    if let Some(error) = failure {
        return Err(error);
    }
    Ok(Done::needs_a_person(reports.iter().any(BillReport::needs_a_person)))
}

fn tell_findings(bill: &BillReport) {
    for finding in report::findings(bill) {
        tell(&finding);
    }
    if let Some(rejections) = report::rejections(bill) {
        tell(&rejections);
    }
    report::tell_files(&bill.files);
    if let Some(problem) = &bill.undelivered {
        tell(problem);
    }
}

fn render(reports: &[BillReport], output: Format) -> String {
    let invoices: Vec<&Invoice> = reports.iter().filter_map(|bill| bill.invoice.as_ref()).collect();
    let as_json = || -> serde_json::Value { invoices.iter().map(|invoice| json::invoice(invoice)).collect() };
    match output {
        Format::Table | Format::Json => format!("{:#}\n", as_json()),
        Format::Yaml => yaml::render(&as_json()),
        Format::Csv => {
            let mut listings = invoices.into_iter().map(report::line_rows);
            let Some(mut all) = listings.next() else { return String::new() };
            all.rows.extend(listings.flat_map(|listing| listing.rows));
            all.render(Format::Csv)
        }
    }
}

/// What a run came to, for people.
pub fn text(bill: &BillReport, mode: Mode) -> String {
    let Some(invoice) = &bill.invoice else {
        return format!("{} up to {}: nothing to invoice\n", bill.target, bill.period);
    };
    let title = match mode {
        Mode::DryRun => "Dry run of an invoice".to_owned(),
        Mode::Draft => format!("Draft {}", invoice.number),
        Mode::Issue => format!("Invoice {}", invoice.number),
    };
    report::invoice_text(invoice, &title)
}
