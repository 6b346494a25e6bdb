//! A month from top to bottom.
//!
//! | step | call | what happens |
//! | --- | --- | --- |
//! | 1 | [`import::import`] | files become line items, buckets and rejections, and come into force |
//! | 2 | [`master_data::apply`] | a catalog file names customers, factors, prices, uses |
//! | 3 | [`bill::bill`] | owed − live becomes an invoice, in one transaction |
//! | 4 | [`deliver::write_exports`] | the stored invoice becomes a file |
//! | 5 | [`look::explain`] | a line is followed back to the provider's rows |
//! | 6 | [`look::reconcile`] | every cent is found again |
//!
//! The arithmetic is in `billing_core::flow`; this folder touches the world.

pub mod accounts;
pub mod bill;
pub mod deliver;
pub mod documents;
pub mod fetch;
pub mod import;
pub mod invoices;
pub mod look;
pub mod master_data;
pub mod rates;
pub mod void;

/// A call that was wrong in itself: an unknown name, a missing argument (exit code 2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// A wrong call.
pub fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}
