//! `apply`: master data as code.

use std::{fs, path::PathBuf};

use anyhow::{Result, anyhow};
use billing_core::{
    Period,
    apply::{Applied, Change, ChangeKind},
};
use serde_json::json;

use super::{Done, print, tell};
use crate::{
    app::App,
    config::io_cause,
    flow::master_data::{self, ApplyRequest},
    outputs::{Format, listing::Listing},
};

/// Applies a catalog file: shows the difference, then makes it in one transaction
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing apply -f catalog.yaml --dry-run")]
pub struct Arguments {
    /// The catalog file; - for standard input
    #[arg(short, long, value_name = "CATALOG.yaml")]
    file: PathBuf,
    /// Show the difference and change nothing
    #[arg(long)]
    dry_run: bool,
    /// From which period the changes hold; the first one without invoice when left out
    #[arg(long, value_name = "YYYY-MM")]
    from: Option<Period>,
    /// End what the file does not name
    #[arg(long)]
    prune: bool,
    /// How to show the difference
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let name = arguments.file.display().to_string();
    let read = if name == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        fs::read_to_string(&arguments.file)
    };
    let text = read.map_err(|error| anyhow!("cannot read the catalog {name}: {}", io_cause(&error)))?;
    let request = ApplyRequest { dry_run: arguments.dry_run, from: arguments.from, prune: arguments.prune };
    let applied = master_data::apply(app, &name, &text, request)?;
    for warning in &applied.warnings {
        tell(&format!("warning: {name}:{}: {}", warning.line, warning.message));
    }
    match arguments.output {
        Format::Table => print(&difference(&applied, arguments.dry_run))?,
        other => print(&listing(&applied.changes).render(other))?,
    }
    Ok(Done::Completely)
}

/// The difference, for people: `+` is new, `~` changed, `-` ended.
pub fn difference(applied: &Applied, dry_run: bool) -> String {
    let mut text = String::new();
    for change in &applied.changes {
        let from = match change.from {
            Some(Period::BEGINNING) | None => String::new(),
            Some(period) => format!(" (from {period})"),
        };
        text.push_str(&format!("{} {}{from}\n", mark(change.kind), change.what));
        for (name, before, after) in &change.values {
            match change.kind {
                ChangeKind::Added => text.push_str(&format!("    {name}: {after}\n")),
                _ => text.push_str(&format!("    {name}: {before} -> {after}\n")),
            }
        }
    }
    let done = if dry_run { "would be made, nothing was changed" } else { "made" };
    match applied.changes.len() {
        0 => text.push_str("nothing to change\n"),
        1 => text.push_str(&format!("1 change {done}\n")),
        count => text.push_str(&format!("{count} changes {done}\n")),
    }
    text
}

fn mark(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "+",
        ChangeKind::Changed => "~",
        ChangeKind::Ended => "-",
    }
}

fn listing(changes: &[Change]) -> Listing {
    let kind = |change: &Change| match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Ended => "ended",
    };
    let row = |change: &Change| {
        let values: Vec<String> = change
            .values
            .iter()
            .map(|(name, before, after)| format!("{name}: {before} -> {after}"))
            .collect();
        let from = change
            .from
            .filter(|from| *from != Period::BEGINNING)
            .map(|from| from.to_string())
            .unwrap_or_default();
        vec![kind(change).to_owned(), change.what.clone(), from, values.join("; ")]
    };
    let as_json = |change: &Change| {
        let values: Vec<serde_json::Value> = change
            .values
            .iter()
            .map(|(name, before, after)| json!({"name": name, "before": before, "after": after}))
            .collect();
        let from = change.from.filter(|from| *from != Period::BEGINNING).map(|from| from.to_string());
        json!({"change": kind(change), "what": change.what, "from": from, "values": values})
    };
    Listing {
        columns: vec!["change", "what", "from", "values"],
        rows: changes.iter().map(row).collect(),
        json: changes.iter().map(as_json).collect(),
        empty: "Nothing to change.",
    }
}
