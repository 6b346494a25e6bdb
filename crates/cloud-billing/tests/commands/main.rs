//! The surface, command by command: what a user and every program around this one may rely on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod apply;
mod apply_dates;
mod apply_errors;
mod bill;
mod draft;
mod explain;
mod fx;
mod fx_import;
mod help;
mod import;
mod import_additions;
mod import_files;
mod import_json;
mod import_manifest;
mod import_overlaps;
mod import_pages;
mod import_twice;
mod import_unread;
mod import_versions;
mod invoice;
mod outputs;
mod reconcile;
mod settings;
mod shared_detail;
mod what_was_invoiced;
