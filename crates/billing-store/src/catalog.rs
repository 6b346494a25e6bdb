//! Master data in the ledger.

mod load;
mod save;

use billing_core::ids::{Provider, Target};

use crate::{db::Transaction, error::StoreError, fields};

pub use load::load;
pub use save::save;

/// The providers that accounts are of.
///
/// # Errors
/// When the ledger cannot be read.
pub fn providers(tx: &mut Transaction<'_>) -> Result<Vec<Provider>, StoreError> {
    tx.map("SELECT DISTINCT provider FROM accounts ORDER BY provider", &[], |row| fields::provider(row, 0))
}

/// Whether master data alone may owe something to a target: a position, or a service.
///
/// # Errors
/// When the ledger cannot be read.
pub fn has_dues(tx: &mut Transaction<'_>, target: &Target) -> Result<bool, StoreError> {
    let position = "SELECT id FROM positions WHERE target = ? LIMIT 1";
    let services = *target == Target::ManagedCloudServices;
    Ok(!tx.query(position, &[target.as_str().into()])?.is_empty()
        || (services && !tx.query("SELECT id FROM services LIMIT 1", &[])?.is_empty()))
}
