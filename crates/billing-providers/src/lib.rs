//! One file per source of cost: which columns its tables have, and what they are under FOCUS names.
//!
//! Adding a source is one file and one registration here: its `mod` line and its entry in [`PROVIDERS`]. The command
//! line, the help and the contract test loop over that list.

mod beside;
mod columns;
pub mod delivery;
pub mod ecb;
mod numbers;
mod reader;

mod aws_accounts;
mod aws_cur;
mod azure_marketplace;
mod azure_reservations;
mod azure_usage;
mod focus;
mod gcp_bigquery;

use billing_core::ports::{Delivery, TableFormat};

/// All importers, by name.
pub static PROVIDERS: &[Importer] = &[
    aws_accounts::IMPORTER,
    aws_cur::IMPORTER,
    azure_marketplace::IMPORTER,
    azure_reservations::IMPORTER,
    azure_usage::IMPORTER,
    focus::IMPORTER,
    gcp_bigquery::IMPORTER,
];

/// A source of cost: its name, what it is, and how its tables are read.
#[derive(Clone, Copy)]
pub struct Importer {
    /// The name on the command line.
    pub name: &'static str,
    /// Older names that mean the same.
    pub aliases: &'static [&'static str],
    /// One line for the help.
    pub summary: &'static str,
    /// Whether its documents stand alone.
    pub kind: Kind,
    /// The provider of all its rows; `None` where each row names its own.
    pub provider: Option<&'static str>,
    /// Reads its tables.
    pub format: &'static dyn TableFormat,
    /// How its documents lie in a folder or bucket; none where every file there is read.
    pub delivery: Option<&'static dyn Delivery>,
    /// What must be known to fetch its documents; none where they are only read from files.
    pub parameters: &'static [Parameter],
    /// The rights that fetching needs at the provider, and no more.
    pub permissions: &'static [&'static str],
    /// What its documents have that is not taken, and why.
    pub not_taken: &'static [&'static str],
    /// Whether the project has a sample document of it.
    pub sample: bool,
}

/// What a document of an importer is to an account's period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Everything that the provider charged. An account has one of it in a period.
    FullBill,
    /// Something beside the bill.
    Addition,
    /// The names of accounts, and no cost: nothing of it is billed, and it makes no document.
    Accounts,
}

/// Something that an importer must be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// One line for the help.
    pub help: &'static str,
    /// Whether it must never be shown.
    pub secret: bool,
}

impl Parameter {
    /// One that may be shown.
    const fn open(name: &'static str, help: &'static str) -> Self {
        Self { name, help, secret: false }
    }

    /// One that must never be shown.
    const fn secret(name: &'static str, help: &'static str) -> Self {
        Self { name, help, secret: true }
    }
}

impl std::fmt::Debug for Importer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Importer").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The importer of a name or alias, whatever the case.
pub fn importer(name: &str) -> Option<&'static Importer> {
    PROVIDERS.iter().find(|importer| {
        std::iter::once(&importer.name).chain(importer.aliases).any(|known| known.eq_ignore_ascii_case(name))
    })
}
