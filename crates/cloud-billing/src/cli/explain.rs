//! `explain`: where a line comes from.

use anyhow::Result;
use billing_core::invoice::Source;

use super::{Done, print};
use crate::{
    app::App,
    flow::{invoices, look},
    outputs::{Format, json, listing::Listing},
};

/// Shows where an invoice line comes from, down to the provider's own rows
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing explain 000001/2 --rows")]
pub struct Arguments {
    /// Invoice and line, as 000001/2
    line: String,
    /// Show the provider's own rows too
    #[arg(long)]
    rows: bool,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let explanation = look::explain(app, invoices::line_ref(&arguments.line)?, arguments.rows)?;
    match arguments.output {
        Format::Table => print(&text(&explanation))?,
        Format::Csv if arguments.rows => {
            print(&row_listing(explanation.rows.as_deref().unwrap_or_default()).render(Format::Csv))?;
        }
        other => print(&listing(&explanation).render(other))?,
    }
    Ok(Done::Completely)
}

/// A line and its sources, for people.
pub fn text(explanation: &look::Explanation) -> String {
    let line = &explanation.line;
    let currency = &explanation.invoice.content.currency;
    let mut text = format!(
        "Line {} of invoice {}: {} {} of {} for {}\n{} cost, {} markup, {} price, {} rounding: {} {currency}\n",
        line.line,
        explanation.invoice.number,
        line.kind.as_str(),
        line.name,
        line.customer_name,
        line.period,
        line.cost,
        line.markup,
        line.price,
        line.rounding_difference(),
        line.amount,
    );
    if let Some(first) = line.corrects {
        text.push_str(&format!("It corrects {}/{}.\n", first.invoice, first.line));
    }
    if let Some(factor) = &line.charge_factor {
        text.push_str(&format!("The account's cost is charged × {factor}.\n"));
    }
    for charge in &line.uses {
        text.push_str(&format!(
            "Use {}: quantity {}, share {}: {} cost, {} markup, {} price\n",
            charge.key.name, charge.quantity, charge.share, charge.cost, charge.markup, charge.price
        ));
    }
    text.push_str(&listing(explanation).render(Format::Table));
    if let Some(rows) = &explanation.rows {
        text.push_str("The provider's own rows:\n");
        text.push_str(&row_listing(rows).render(Format::Table));
    }
    text
}

/// The columns of the provider's rows that are shown, and their headings.
const COLUMNS: [(&str, &str); 7] = [
    ("x_File", "file"),
    ("x_Line", ">line"),
    ("ChargePeriodStart", "date"),
    ("ChargeCategory", "category"),
    ("ServiceName", "service"),
    ("ResourceId", "resource"),
    ("x_BilledCostText", ">billed_cost"),
];

fn row_listing(rows: &[Vec<billing_detail::DetailRow>]) -> Listing {
    // Two uses may have their cost from the same rows: each is shown once.
    let mut seen = std::collections::HashSet::new();
    let once = rows.iter().flatten().filter(|row| seen.insert((row.get("x_File"), row.get("x_Line"))));
    let cells =
        once.map(|row| COLUMNS.iter().map(|(column, _)| row.get(column).to_owned()).collect()).collect();
    let columns = COLUMNS.iter().map(|(_, heading)| *heading).collect();
    Listing { rows: cells, columns, json: serde_json::Value::Null, empty: "No rows." }
}

fn listing(explanation: &look::Explanation) -> Listing {
    let line = &explanation.line;
    let own = line.sources.iter().map(|source| ("", source));
    let of_uses = line
        .uses
        .iter()
        .flat_map(|of_use| of_use.sources.iter().map(|source| (of_use.key.name.as_str(), source)));
    let row = |(of_use, source): (&str, &Source)| {
        let tag = |tag: &Option<std::sync::Arc<str>>| tag.as_deref().unwrap_or("").to_owned();
        vec![
            of_use.to_owned(),
            explanation.documents.get(&source.key.document).cloned().unwrap_or_default(),
            source.version.to_string(),
            source.key.account_key.to_string(),
            source.key.service_name.to_string(),
            tag(&source.key.cost_center_tag),
            tag(&source.key.component_tag),
            source.rows.to_string(),
            format!("{} {}", source.original_cost, source.key.currency),
            source.cost.to_string(),
        ]
    };
    Listing {
        columns: vec![
            "use",
            "document",
            ">version",
            "account",
            "service",
            "cost_center",
            "component",
            ">rows",
            ">original_cost",
            ">cost",
        ],
        rows: own.chain(of_uses).map(row).collect(),
        json: json::explanation(explanation),
        empty: "No provider's cost is behind this line.",
    }
}
