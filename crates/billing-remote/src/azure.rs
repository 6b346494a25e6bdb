//! Azure: tokens of a service principal, cost details, reservation transactions, marketplace charges.

mod cost_details;
mod lists;
mod manager;
mod token;

pub use manager::{AzureManager, BillingScope};
