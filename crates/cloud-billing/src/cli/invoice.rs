//! `invoice`: shows one, issues a draft, makes one void, exports one again.

use anyhow::Result;
use billing_core::invoice::InvoiceState;

use super::{Done, print, report, tell};
use crate::{
    app::App,
    flow::{bill, deliver, invoices, usage, void},
    outputs::Format,
};

/// Shows an invoice, issues a draft, makes one void, or exports one again
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples: cloud-billing invoice show 000001 -o json\n          cloud-billing invoice void 000001 \
--why 'wrong customer'"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Shows an invoice with its lines
    #[command(after_help = "Example: cloud-billing invoice show 000001 -o json")]
    Show {
        /// The invoice's number
        number: String,
        /// How to show it
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Issues a draft, if it still is what the books come to
    #[command(after_help = "Example: cloud-billing invoice issue 000002")]
    Issue {
        /// The draft's number
        number: String,
    },
    /// Makes an invoice void: what it said is owed again
    #[command(after_help = "Example: cloud-billing invoice void 000001 --why 'wrong customer'")]
    Void {
        /// The invoice's number
        number: String,
        /// The reason
        #[arg(long, value_name = "WHY")]
        why: String,
    },
    /// Writes an invoice's export again, the same bytes each time, and prints it
    #[command(after_help = "Example: cloud-billing invoice export 000001 > Azure-000001.csv")]
    Export {
        /// The invoice's number
        number: String,
        /// The format
        #[arg(long, default_value = "sap")]
        format: String,
    },
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    match &arguments.command {
        Command::Show { number, output } => show(app, number, *output),
        Command::Issue { number } => {
            let report = bill::issue(app, invoices::number(number)?)?;
            for finding in report::findings(&report) {
                tell(&finding);
            }
            print(&super::bill::text(&report, bill::Mode::Issue))?;
            report::tell_files(&report.files);
            if let Some(problem) = &report.undelivered {
                tell(problem);
            }
            Ok(Done::needs_a_person(report.needs_a_person()))
        }
        Command::Void { number, why } => {
            let report = void::void(app, invoices::number(number)?, why)?;
            let (number, target) = (report.invoice.number, &report.invoice.content.target);
            match report.was_void {
                false if report.invoice.state == InvoiceState::Draft => {
                    tell(&format!("draft {number} is gone"))
                }
                true => tell(&format!("invoice {number} was void already")),
                false => tell(&format!(
                    "invoice {number} is void: what it said is owed again by the next bill {target}"
                )),
            }
            report::tell_files(&report.files);
            if let Some(problem) = &report.undelivered {
                tell(problem);
            }
            Ok(Done::needs_a_person(report.undelivered.is_some()))
        }
        Command::Export { number, format } => {
            if format != "sap" {
                return Err(usage(format!("unknown format '{format}': this version exports sap")));
            }
            let (content, path) = deliver::export_again(app, invoices::number(number)?)?;
            if let Some(path) = path {
                tell(&format!("wrote {}", path.display()));
            }
            print(&content)?;
            Ok(Done::Completely)
        }
    }
}

fn show(app: &mut App, number: &str, output: Format) -> Result<Done> {
    let invoice = invoices::find(app, invoices::number(number)?)?;
    match output {
        Format::Table => print(&report::invoice_text(&invoice, &format!("Invoice {}", invoice.number)))?,
        other => print(&report::line_listing(&invoice).render(other))?,
    }
    Ok(Done::Completely)
}
