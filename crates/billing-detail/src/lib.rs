//! Line items at speed: files of any packing become buckets, digests and columnar detail in one pass.
//!
//! The way of a row: [`mod@inputs`] finds the files, `containers` unpacks them to streams of text. `blocks` cuts the text
//! where records end, which `structure` sees, and `workers` has several threads read blocks: `fields` finds the fields of
//! plain ones, `csv` reads the others record by record, and `json` finds the rows in JSON. `row` has each row understood, by its kind in `kinds`, and puts
//! it into the sums of `harvest` or among the rejections; `parquet_out` writes it down. [`mod@ingest`] conducts.
//! [`store`] owns the folders, [`remote`] those in an object store, [`lookup`] finds rows again, and
//! `days` those that stand in two documents, and `repeats` those that stand in two files, which `suspects` found while they
//! were read.
//!
//! Only this crate knows Arrow and Parquet; what it shows to others are core types and the standard library's.

mod blocks;
mod canonical;
mod cells;
mod chunk;
mod compared;
mod containers;
mod csv;
mod cutout;
mod days;
mod dictionary;
pub mod error;
mod fields;
mod harvest;
pub mod ingest;
pub mod inputs;
mod json;
mod kinds;
pub mod lookup;
mod own_text;
mod owner;
mod pages;
mod parquet_in;
mod parquet_out;
pub mod remote;
mod repeats;
mod row;
mod row_tags;
mod row_texts;
mod schema;
pub mod store;
mod structure;
mod suspects;
mod table;
mod tally;
mod workers;

pub use days::Of;
pub use error::{DetailError, LedgerError, RemoteFailure};
pub use ingest::{IngestOptions, Ingested, Progress, ingest};
pub use inputs::{Found, Input, expand, find};
pub use lookup::{DetailRow, RowFilter};
pub use parquet_in::silence_caught_panics;
pub use remote::{RemoteObject, RemoteObjects};
pub use store::{CompletedDetail, DetailStore, DetailWriter};
