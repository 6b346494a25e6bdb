//! AWS beyond its buckets: the accounts of an organization.

mod organizations;
mod signature;

pub use organizations::{ListedAccount, Organization};
