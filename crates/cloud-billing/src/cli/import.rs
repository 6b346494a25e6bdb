//! `import`: reads a provider's documents.

use std::{io::IsTerminal as _, path::PathBuf};

use anyhow::Result;
use billing_core::{
    Fixed, Period,
    decimal::{DecimalError, FRACTION_DIGITS_MAX, INTEGER_DIGITS_MAX},
    flow::admit::Alike,
    rejection::Rejection,
};
use billing_detail::Progress;
use billing_providers::{Kind, PROVIDERS};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Done, print, tell};
use crate::{
    app::App,
    cli::{imports, report},
    flow::{
        accounts::{AccountsReport, import_accounts},
        import::{ImportReport, ImportRequest, import, named},
    },
    outputs::Format,
};

/// Most rejections and remarks that are told one by one.
const TOLD_MAX: usize = 20;

/// Reads a provider's bill into the ledger
#[derive(clap::Args, Debug)]
#[command(after_help = after_help())]
pub struct Arguments {
    /// What to read: one of the importers below, by any of its names
    importer: String,
    /// Name of the job; the importer's name when left out
    #[arg(short = 'n', long = "name", value_name = "JOB")]
    name: Option<String>,
    /// File, or folder with all its subfolders, to read, - for standard input; may be given more than once. Without it, what the provider
    /// delivers is fetched: --period, else the newest period in the bucket, or last month where the provider is asked
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Billing period of the document, as 2026-10
    #[arg(long, value_name = "YYYY-MM")]
    period: Option<Period>,
    /// Add to the document instead of replacing it, or pay a second bill beside another job's
    #[arg(long, conflicts_with = "replace")]
    add: bool,
    /// Replace the version in force even where the new one has much less, or the same
    #[arg(long)]
    replace: bool,
    /// How to show the result
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

impl Arguments {
    /// Whether there is such an importer.
    pub fn check(&self) -> Result<()> {
        named(&self.importer).map(drop)
    }
}

/// The importers and an example.
fn after_help() -> String {
    let mut text = "Importers, of which docs/importers.md tells more:\n".to_owned();
    for importer in PROVIDERS {
        let aliases: String = importer.aliases.iter().map(|alias| format!(", also {alias}")).collect();
        text.push_str(&format!("  {}{aliases}\n      {}\n", importer.name, importer.summary));
    }
    text.push_str(
        "\nAll files of one command are one document, known by job and period; the next import of that job and period \
         takes its place.\nExample: cloud-billing import azure-usage -n azure -f export.csv.gz --period 2026-10",
    );
    text
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let request = ImportRequest {
        importer: arguments.importer.clone(),
        job: arguments.name.clone().unwrap_or_default(),
        files: arguments.files.clone(),
        period: arguments.period,
        add: arguments.add,
        replace: arguments.replace,
    };
    let mut bar = Bar::new();
    if named(&request.importer)?.kind == Kind::Accounts {
        let report = import_accounts(app, &request, &mut |progress| bar.show(&progress));
        bar.end();
        return print_accounts(&report?, arguments.output);
    }
    let report = import(app, &request, &mut |progress| bar.show(&progress));
    bar.end();
    let report = report?;
    tell_of(&report);
    match arguments.output {
        Format::Table => print(&text(&report))?,
        other => print(&imports::listing(std::slice::from_ref(&report.version)).render(other))?,
    }
    Ok(Done::needs_a_person(!report.rejections.is_empty()))
}

/// Prints what an import of names came to. It makes no document, so the listing of documents has no row.
fn print_accounts(report: &AccountsReport, output: Format) -> Result<Done> {
    tell_of_rejections(&report.rejections, &|_| String::new());
    match output {
        Format::Table => print(&accounts_text(report))?,
        other => print(&imports::listing(&[]).render(other))?,
    }
    Ok(Done::needs_a_person(!report.rejections.is_empty()))
}

fn accounts_text(report: &AccountsReport) -> String {
    let mut text = format!(
        "{}: {} created, {} renamed\n",
        report::count(report.listed, "account", "accounts"),
        report.created.len(),
        report.renamed.len()
    );
    let more = |all: usize, what: &str| match all.saturating_sub(TOLD_MAX) {
        0 => String::new(),
        more => format!("{what}: {}\n", report::count(more, "more account", "more accounts")),
    };
    for created in report.created.iter().take(TOLD_MAX) {
        text.push_str(&format!("created: {created}\n"));
    }
    text.push_str(&more(report.created.len(), "created"));
    for renamed in report.renamed.iter().take(TOLD_MAX) {
        text.push_str(&format!(
            "renamed: account {}: {} -> {}\n",
            renamed.account, renamed.before, renamed.now
        ));
    }
    text.push_str(&more(report.renamed.len(), "renamed"));
    text
}

/// What an import came to, for people.
pub fn text(report: &ImportReport) -> String {
    let version = &report.version;
    let name = version.document_name();
    if report.already_imported {
        let more = match report.is_a_part {
            true => format!(
                " with more than this, {} rows, {}: give --replace if this is all of it",
                version.rows, version.totals
            ),
            false => String::new(),
        };
        return format!(
            "{name} is already imported: version {} of {} is in force{more}\n",
            version.version, version.created
        );
    }
    let mut text = format!(
        "{name} version {}: {}, {} rejected, {}\n",
        version.version,
        report::count(usize::try_from(version.rows).unwrap_or(usize::MAX), "row", "rows"),
        version.rejected,
        version.totals
    );
    if version.periods.iter().any(|period| *period != version.period) {
        let periods: Vec<String> = version.periods.iter().map(ToString::to_string).collect();
        text.push_str(&format!("its rows are of {}\n", periods.join(", ")));
    }
    for late in &report.late {
        text.push_str(&format!(
            "of {} {} it has {}, beside {} in {}\n",
            late.provider, late.period, late.total, late.known_total, late.name
        ));
    }
    for (whose, alike) in report.again.iter().take(TOLD_MAX) {
        text.push_str(&match alike {
            Alike::Rows(span) => format!("{whose} have rows {} alike ({})\n", span.days(), span.extent()),
            Alike::Days { count, total } => format!(
                "{whose} come to the same on {count} days of accounts, in other rows ({total}): make sure that they are not \
                 the same bill\n"
            ),
            Alike::NotCompared => {
                format!("{whose} look alike and were not compared: make sure that no two have the same rows\n")
            }
        });
    }
    if report.again.len() > TOLD_MAX {
        text.push_str(&format!("and {} more that are alike\n", report.again.len() - TOLD_MAX));
    }
    if let Some(previous) = &report.previous {
        let difference = &report.difference;
        text.push_str(&format!("difference to version {}: {difference}\n", previous.version));
    }
    if !report.created.is_empty() {
        let more = match report.created.len().saturating_sub(TOLD_MAX) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let told = report.created.iter().take(TOLD_MAX).cloned().collect::<Vec<_>>().join(", ");
        text.push_str(&format!("created by this import: {told}{more}\n"));
    }
    text
}

/// What is known of a rejected row's cost, as the end of a sentence.
fn known_cost(rejection: &Rejection) -> String {
    if let Some(cost) = &rejection.cost {
        return format!("; its cost is {} {}", cost.amount, cost.currency);
    }
    match Fixed::parse(rejection.text.trim().as_bytes()) {
        Err(DecimalError::TooFine | DecimalError::TooLarge) => format!(
            "; costs have up to {INTEGER_DIGITS_MAX} digits before the point and {FRACTION_DIGITS_MAX} after it"
        ),
        _ => "; its cost could not be read".to_owned(),
    }
}

fn tell_of_rejections(rejections: &[Rejection], known: &dyn Fn(&Rejection) -> String) {
    for rejection in rejections.iter().take(TOLD_MAX) {
        tell(&format!("rejected: {rejection}{}", known(rejection)));
    }
    if rejections.len() > TOLD_MAX {
        let more = rejections.len() - TOLD_MAX;
        tell(&format!("rejected: {more} more rows: see cloud-billing imports --rejected"));
    }
}

fn tell_of(report: &ImportReport) {
    tell_of_rejections(&report.rejections, &known_cost);
    if !report.rejections.is_empty() {
        tell(
            "repair these rows and import the document again, or give them up: cloud-billing imports waive ID --why WHY",
        );
    }
    for remark in report.remarks.iter().take(TOLD_MAX) {
        tell(&format!(
            "note: {} line {}, column {}: '{}': {}; the row was taken without tags",
            remark.file, remark.line, remark.column, remark.text, remark.reason
        ));
    }
    if report.remarks.len() > TOLD_MAX {
        tell(&format!("note: the same of {} more rows", report.remarks.len() - TOLD_MAX));
    }
}

/// A progress bar on a terminal, log lines elsewhere.
struct Bar {
    bar: Option<ProgressBar>,
    file: String,
}

impl Bar {
    fn new() -> Self {
        Self { bar: None, file: String::new() }
    }

    fn show(&mut self, progress: &Progress) {
        if !std::io::stderr().is_terminal() {
            if progress.file != self.file {
                self.file.clone_from(&progress.file);
                tracing::info!(file = progress.file, "Reading {}", progress.file);
            }
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
            let bar = ProgressBar::new(progress.bytes_total.unwrap_or(0));
            match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_length(progress.bytes_total.unwrap_or(progress.bytes_read));
        bar.set_position(progress.bytes_read);
        bar.set_message(format!("{} ({} rows)", progress.file, progress.rows));
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
