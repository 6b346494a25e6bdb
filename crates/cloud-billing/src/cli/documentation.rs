//! `docs`: the pages under `docs/` that are generated from the program.

use anyhow::Result;
use billing_providers::{Importer, Kind, PROVIDERS};

use super::{Done, print};
use crate::config::Settings;

/// Prints a generated page of the documentation
#[derive(clap::Args, Debug)]
pub struct Arguments {
    page: Page,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Page {
    Settings,
    Importers,
}

pub fn run(arguments: &Arguments) -> Result<Done> {
    print(&match arguments.page {
        Page::Settings => settings(),
        Page::Importers => importers(),
    })?;
    Ok(Done::Completely)
}

fn settings() -> String {
    let mut text = "# Settings\n\nFrom the process environment, or an env file (`-e`, else the file that \
                    `APPLICATION_SETTINGS` names); the environment wins. An empty value counts as not set. Booleans are \
                    true/false, 1/0 or yes/no, in any case. This page is generated.\n"
        .to_owned();
    for (concern, settings) in Settings::documentation() {
        text.push_str(&format!("\n## {concern}\n\n| name | default | meaning |\n| --- | --- | --- |\n"));
        for setting in settings {
            let default =
                if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
            text.push_str(&format!("| `{}` | {default} | {} |\n", setting.name, setting.help));
        }
    }
    text
}

fn importers() -> String {
    let mut text =
        "# Importers\n\n`cloud-billing import IMPORTER -n JOB -f FILE`. Files may be plain, gzip or zip; a \
                    folder stands for all files in it, or, where the provider delivers with a manifest, for the \
                    files of its newest one. This page is generated.\n"
            .to_owned();
    for importer in PROVIDERS {
        text.push_str(&section(importer));
    }
    text
}

fn section(importer: &Importer) -> String {
    let kind = match importer.kind {
        Kind::FullBill => "the full bill of an account and period: there is one of it",
        Kind::Addition => "an addition to a bill",
        Kind::Accounts => "the names of accounts, no cost",
    };
    let mut text = format!("\n## {}\n\n{}\n\n- It delivers {kind}.\n", importer.name, importer.summary);
    if !importer.aliases.is_empty() {
        text.push_str(&format!("- Also known as {}.\n", importer.aliases.join(", ")));
    }
    text.push_str(&format!("- Needed columns: {}.\n", importer.format.required()));
    if importer.delivery.is_some() {
        text.push_str("- A manifest, or a folder with manifests, may be given instead of the files.\n");
    }
    if !importer.parameters.is_empty() {
        text.push_str("\nTo fetch it, without `-f`:\n\n| setting | meaning |\n| --- | --- |\n");
    }
    for parameter in importer.parameters {
        let secret = if parameter.secret { " (secret)" } else { "" };
        text.push_str(&format!("| `{}` | {}{secret} |\n", parameter.name, parameter.help));
    }
    text.push_str(&list("Rights that fetching needs at the provider:", importer.permissions));
    text.push_str(&list("Not taken:", importer.not_taken));
    text
}

fn list(head: &str, entries: &[&str]) -> String {
    let entries: String = entries.iter().map(|entry| format!("- {entry}\n")).collect();
    if entries.is_empty() { String::new() } else { format!("\n{head}\n\n{entries}") }
}
