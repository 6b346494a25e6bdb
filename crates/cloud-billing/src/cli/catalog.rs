//! `catalog`: the master data in force, in the form that `apply` reads.

use anyhow::Result;
use billing_core::catalog::Catalog;
use billing_store::catalog;
use serde_json::json;

use super::{Done, print};
use crate::{
    app::App,
    catalog_file,
    outputs::{Format, json, listing::Listing},
};

/// Prints the master data; with -o yaml in the form that apply reads
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: cloud-billing catalog -o yaml > catalog.yaml")]
pub struct Arguments {
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub fn run(app: &mut App, arguments: &Arguments) -> Result<Done> {
    let catalog = app.ledger.read(catalog::load)?;
    match arguments.output {
        Format::Yaml => print(&catalog_file::write(&catalog, &app.settings.currency))?,
        other => print(&listing(&catalog).render(other))?,
    }
    Ok(Done::Completely)
}

fn listing(catalog: &Catalog) -> Listing {
    let mut rows = Vec::new();
    let mut row = |what: &str, name: &str, customer: String, detail: String, import: bool| {
        let origin = if import { "created by import" } else { "" };
        rows.push([what, name, &customer, &detail, origin].map(str::to_owned).to_vec());
    };
    let name = |id: Option<_>| id.map(|id| json::customer_name(id, catalog)).unwrap_or_default();
    for customer in &catalog.customers {
        let cost_center = customer.cost_center.latest().cloned().flatten();
        row(
            "customer",
            &customer.name,
            String::new(),
            cost_center.unwrap_or_else(|| "no cost centre".to_owned()),
            false,
        );
    }
    for account in catalog.accounts.iter().filter(|account| !account.keys.is_empty()) {
        let terms = account.terms.latest().cloned().unwrap_or_default();
        let detail = format!("{} {}, factor {}", account.provider, account.provider_id, terms.charge_factor);
        row("account", &account.name, name(terms.customer), detail, false);
    }
    for component in &catalog.components {
        let terms = component.terms.latest().cloned().unwrap_or_default();
        let detail = format!(
            "unit price {}, {} % of cost, fixed {}, {} parts, {}",
            terms.unit_price,
            terms.cost_percentage,
            terms.fixed_price,
            terms.parts.len(),
            terms.split.as_str()
        );
        row("component", &component.name, name(terms.owner), detail, component.created_by_import);
    }
    for service in &catalog.services {
        let terms = service.terms.latest().cloned().unwrap_or_default();
        let uses =
            service.uses.iter().filter(|known| known.terms.latest().is_some_and(Option::is_some)).count();
        let charged = if terms.charge { "" } else { ", not charged" };
        row(
            "service",
            &service.name,
            name(terms.customer),
            format!("{uses} uses{charged}"),
            service.created_by_import,
        );
    }
    for position in &catalog.positions {
        let detail = format!("{} on {}", position.amount, position.target);
        row("position", &position.reason, name(Some(position.customer)), detail, false);
    }
    let json = rows
        .iter()
        .map(|row: &Vec<String>| json!({"what": row[0], "name": row[1], "customer": row[2], "detail": row[3], "origin": row[4]}))
        .collect();
    Listing {
        columns: vec!["what", "name", "customer", "detail", "origin"],
        rows,
        json,
        empty: "No master data.",
    }
}
