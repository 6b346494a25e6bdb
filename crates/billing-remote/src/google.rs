//! Google: tokens of a service account, and the billing export in BigQuery.

mod bigquery;
mod key;
mod rows;
mod token;

pub use bigquery::{BigQuery, BillingTable, Months};
