//! Cloud Billing.
fn main() {}
