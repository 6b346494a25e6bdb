//! `fx`: exchange rates.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Result;
use billing_core::{Currency, Decimal, Period};
use billing_providers::ecb::Unpinned;
use billing_store::rates::RateRecord;

use super::{Done, print, tell};
use crate::{
    app::App,
    flow::{
        rates::{self, RateChange, RateReport, RateRequest, RateSource},
        usage,
    },
    outputs::{Format, json, listing::Listing},
};

/// Most rates that a table shows, and most sentences about months and rates.
const SHOWN_MAX: usize = 100;
const TOLD_MAX: usize = 10;

/// Lists exchange rates, or pins them
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples: cloud-billing fx import -f eurofxref-hist.zip\n          \
cloud-billing fx set USD CHF 2026-10 0.8123")]
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
    /// Pins the rates of each complete month from the ECB's euro reference rates
    #[command(
        after_help = "The file is eurofxref-hist, eurofxref-hist-90d or eurofxref-daily of the ECB, as CSV, XML or ZIP. \
Rates that were set by hand stay, and issued lines keep theirs.\n\
Example: cloud-billing fx import -f eurofxref-hist.zip --from 2026-01"
    )]
    Import {
        /// The file
        #[arg(short, long, value_name = "FILE", required_unless_present = "url", conflicts_with = "url")]
        file: Option<PathBuf>,
        /// The address of the file
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// The first month to pin; all that the file has when left out
        #[arg(long, value_name = "YYYY-MM")]
        from: Option<Period>,
        /// Replace rates that were set by hand, too
        #[arg(long)]
        replace: bool,
        /// How to show what was pinned
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
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

/// What is told where issued lines were converted at another rate than the one that is pinned now.
const ISSUED_KEEP: &str =
    "lines that are issued already keep the rate that they have, and so do corrections of them";

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    match &arguments.command {
        Some(Command::Import { file, url, from, replace, output }) => {
            let source = match (file, url) {
                (Some(file), _) => RateSource::File(file.clone()),
                (None, url) => RateSource::Url(url.clone().unwrap_or_default()),
            };
            let report = rates::import(app, &RateRequest { source, from: *from, replace: *replace })?;
            tell_of(&report, &app.settings.currency);
            print(&changes(&report, *output).render(*output))?;
            return Ok(Done::Completely);
        }
        Some(Command::Set { from, to, period, rate }) => {
            let rate = Decimal::parse(rate)
                .map_err(|error| usage(format!("the rate '{rate}' {error}: write one like 0.8123")))?;
            let (from, to) = (currency(from)?, currency(to)?);
            let is_same =
                |known: &RateRecord| (&known.from, &known.to, known.period) == (&from, &to, *period);
            let before = app.ledger.read(billing_store::rates::list)?.into_iter().find(is_same);
            let record = rates::set(app, from, to, *period, rate)?;
            if let Some(before) = before.filter(|before| before.rate != record.rate) {
                tell(&format!("the rate was {} before ({})", before.rate, before.origin));
            }
            if record.to != app.settings.currency {
                tell(&format!("billing converts into {} and does not use this rate", app.settings.currency));
            }
            if rates::is_used(app, [&record])? {
                tell(ISSUED_KEEP);
            }
            print(&listing(&[record]).render(arguments.output))?;
            return Ok(Done::Completely);
        }
        None => {}
    }
    let records = app.ledger.read(billing_store::rates::list)?;
    print(&listing(&records).render(arguments.output))?;
    Ok(Done::Completely)
}

fn currency(text: &str) -> Result<Currency> {
    Currency::parse(text)
        .ok_or_else(|| usage(format!("'{text}' is not a currency: write a code of three letters like CHF")))
}

fn listing(records: &[RateRecord]) -> Listing {
    let row = |record: &RateRecord| {
        vec![
            record.from.to_string(),
            record.to.to_string(),
            record.period.to_string(),
            record.rate.to_string(),
            record.origin.clone(),
        ]
    };
    Listing {
        columns: vec!["from", "to", "period", ">rate", "source"],
        rows: records.iter().map(row).collect(),
        json: records.iter().map(json::rate).collect(),
        empty: "No rates.",
    }
}

/// What an import pinned; a table shows the newest of many.
fn changes(report: &RateReport, output: Format) -> Listing {
    let newest = report.changes.iter().map(|change| change.record.period).max();
    let many = output == Format::Table && report.changes.len() > SHOWN_MAX;
    let shown = report
        .changes
        .iter()
        .filter(|change| !many || Some(change.record.period) == newest || change.before.is_some());
    let row = |change: &RateChange| {
        let record = &change.record;
        vec![
            record.from.to_string(),
            record.to.to_string(),
            record.period.to_string(),
            change.before.as_ref().map(ToString::to_string).unwrap_or_default(),
            record.rate.to_string(),
            record.origin.clone(),
        ]
    };
    Listing {
        columns: vec!["from", "to", "period", ">before", ">rate", "source"],
        rows: shown.map(row).collect(),
        json: report.changes.iter().map(json::rate_change).collect(),
        empty: "No new rates.",
    }
}

fn tell_of(report: &RateReport, to: &Currency) {
    let replaced = report.changes.iter().filter(|change| change.before.is_some()).count();
    tell(&format!(
        "reference rates of {} to {} into {to}: {} pinned, {replaced} of them in place of another, {} known",
        report.span.0,
        report.span.1,
        report.changes.len(),
        report.known
    ));
    for (pinned, other) in report.by_hand.iter().take(TOLD_MAX) {
        tell(&format!(
            "kept: {} to {} in {} is {} by hand, the file has {other}: give --replace to take that",
            pinned.from, pinned.to, pinned.period, pinned.rate
        ));
    }
    for sentence in report.unpinned.iter().filter_map(|unpinned| not_pinned(unpinned, to)).take(TOLD_MAX) {
        tell(&sentence);
    }
    let gaps: BTreeSet<&Currency> = report.unpinned.iter().filter_map(gap).collect();
    if !gaps.is_empty() {
        let names: Vec<&str> = gaps.iter().map(|currency| currency.as_str()).collect();
        tell(&format!(
            "not pinned: {} in months in which the bank has no rate of it on a day that counts",
            names.join(", ")
        ));
    }
    if report.used {
        tell(ISSUED_KEEP);
    }
}

fn gap(unpinned: &Unpinned) -> Option<&Currency> {
    match unpinned {
        Unpinned::Gap { currency, .. } => Some(currency),
        _ => None,
    }
}

fn not_pinned(unpinned: &Unpinned, to: &Currency) -> Option<String> {
    Some(match unpinned {
        Unpinned::Running { period, until } => {
            format!(
                "not pinned: {period} is not over in this file, which ends with {until}: import it again later"
            )
        }
        Unpinned::Incomplete { period, missing } => format!(
            "not pinned: {period} has no rates of {missing} in this file: take one that has the whole month, such as \
             eurofxref-hist-90d"
        ),
        Unpinned::Gap { currency, period } if currency == to => {
            format!("not pinned: {period} has no rate of {to}: set it by hand with cloud-billing fx set")
        }
        Unpinned::Gap { .. } => return None,
    })
}
