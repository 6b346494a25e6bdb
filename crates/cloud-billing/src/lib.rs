//! Cloud Billing: turns cloud providers' bills into the invoices a company writes to itself.
//!
//! Start at [`flow`]: a month from top to bottom. [`app::App`] is the only place that opens anything; [`cli`] has a
//! file for each command; [`outputs`] are functions from what the flow returns to what people and programs read.

pub mod app;
pub mod catalog_file;
pub mod cli;
pub mod config;
pub mod flow;
pub mod outputs;
pub mod remote_detail;
pub mod samples;
