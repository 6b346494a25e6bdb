//! What must be remembered: the ledger. Only this crate knows SQL.
//!
//! [`Database`] opens a ledger and runs transactions; the other modules read and write core types within one.

pub mod audit;
pub mod catalog;
pub mod db;
mod dialect;
pub mod documents;
pub mod error;
mod fields;
pub mod identity;
pub mod invoices;
mod ledger;
mod migrate;
pub mod rates;

pub use db::{Location, Transaction};
pub use error::StoreError;
pub use ledger::Database;
