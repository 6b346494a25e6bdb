//! One file per source of cost: which columns its tables have, and what they are under FOCUS names.
//!
//! Adding a source is one file and one registration here: its `mod` line and its entry in [`PROVIDERS`]. The command
//! line, the help and the contract test loop over that list.

mod columns;
mod numbers;

mod aws_cur;
mod azure_usage;
mod focus;

use billing_core::ports::TableFormat;

/// All importers, by name.
pub static PROVIDERS: &[Importer] = &[aws_cur::IMPORTER, azure_usage::IMPORTER, focus::IMPORTER];

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
    /// What must be known to fetch its documents; none where they are only read from files.
    pub parameters: &'static [Parameter],
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
