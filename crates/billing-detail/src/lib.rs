//! Line items at speed: files of any packing become buckets, digests and columnar detail in one pass.
//!
//! The way of a row: [`mod@inputs`] finds the files, `containers` unpacks them to streams of text, `csv` cuts the text
//! into records, `table` finds the headings, [`mod@ingest`] has each row understood and puts it into a bucket or a
//! rejection, `parquet_out` writes it down. [`store`] owns the folders, [`remote`] those in an object store, [`lookup`] finds rows again.
//!
//! Only this crate knows Arrow and Parquet; what it shows to others are core types and the standard library's.

mod accounts;
mod buckets;
mod containers;
mod csv;
pub mod error;
pub mod ingest;
pub mod inputs;
pub mod lookup;
mod parquet_out;
pub mod remote;
mod row_code;
mod schema;
pub mod store;
mod table;

pub use error::DetailError;
pub use ingest::{IngestOptions, Ingested, Progress, ingest};
pub use inputs::{Input, expand};
pub use lookup::{DetailRow, RowFilter};
pub use remote::{RemoteFailure, RemoteObject, RemoteObjects};
pub use store::{CompletedDetail, DetailStore, DetailWriter};
