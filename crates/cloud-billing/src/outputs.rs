//! What people and programs read: functions from what the flow returns. Every output shows the same numbers.

pub mod json;
pub mod listing;
pub mod sap_csv;
pub mod yaml;

/// The forms in which commands list and show (`-o`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// A table for people.
    #[default]
    Table,
    /// JSON with stable keys.
    Json,
    /// Comma-separated, made safe for spreadsheets.
    Csv,
    /// YAML with the keys of JSON.
    Yaml,
}
