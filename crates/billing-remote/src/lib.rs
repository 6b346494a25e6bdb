//! Everything beyond this machine: object stores, and what providers answer over HTTP.
//!
//! [`http`] sends requests and downloads, with retries. [`location`] names a place in an object store, [`store`] reads
//! and writes there, [`delivered`] fetches a bill from it. [`settings`] names what can be set; values are handed in, never
//! read from the environment here. Errors are sentences without secrets.
//!
//! The functions wait for their result; a thread of this crate's own drives the connections.

pub mod aws;
pub mod azure;
mod client;
mod connect;
pub mod delivered;
pub mod download;
pub mod ecb;
mod endpoint;
pub mod error;
mod explain;
mod fetched;
pub mod google;
pub mod http;
mod into_file;
pub mod location;
mod refusal;
pub mod retry;
pub mod settings;
pub mod store;
mod token;
mod verify;

pub use delivered::{Delivered, fetch_documents};
pub use download::Downloaded;
pub use error::{Refusal, RemoteError};
pub use fetched::FetchedFile;
pub use http::{Answer, Http, Request};
pub use location::{Cloud, Location};
pub use retry::{RetryPolicy, Waiter};
pub use settings::{RemoteSetting, RemoteSettings, SETTINGS};
pub use store::{Object, ObjectStore};
