//! Rows that could not be taken, with the place where they stand and the money known of them.

use std::fmt;

use crate::{
    ids::Provider,
    money::{Cost, Currency},
    period::Period,
};

/// A row of a document that could not be taken. It stays open until a repaired document or a waiver clears it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// The file, as named in the import.
    pub file: String,
    /// The line on which the row starts, from 1.
    pub line: u64,
    /// The column's heading in the file; empty where the row as a whole is at fault.
    pub column: String,
    /// What stands there, shortened to 200 characters.
    pub text: String,
    /// What is wrong with it and what would be right.
    pub reason: String,
    /// The provider, where the row tells it.
    pub provider: Option<Provider>,
    /// The billing period, where the row tells it.
    pub period: Option<Period>,
    /// The currency, where the row tells it.
    pub currency: Option<Currency>,
    /// The billed cost, where it could be read.
    pub cost: Option<Cost>,
}

/// The place, what stands there, and what is wrong with it.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file, self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": '{}': {}", self.text, self.reason)
    }
}

/// Something about a row that was taken which a person should know: tags that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// The file, as named in the import.
    pub file: String,
    /// The line on which the row starts, from 1.
    pub line: u64,
    /// The column's heading in the file.
    pub column: String,
    /// What stands there, shortened to 200 characters.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The first 200 characters of a field, for showing.
pub fn excerpt(text: &str) -> String {
    text.chars().take(200).map(|character| if character.is_control() { ' ' } else { character }).collect()
}
