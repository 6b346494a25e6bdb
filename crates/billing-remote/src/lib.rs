//! Everything beyond this machine: object stores, and what providers answer over HTTP.
//!
//! [`http`] sends requests and downloads, with retries. [`settings`] names what can be set; values are handed in, never
//! read from the environment here. Errors are sentences without secrets.
//!
//! The functions wait for their result; a thread of this crate's own drives the connections.

mod client;
pub mod download;
pub mod error;
pub mod http;
mod refusal;
pub mod retry;
pub mod settings;
mod verify;

pub use download::Downloaded;
pub use error::{Refusal, RemoteError};
pub use http::{Answer, Http, Request};
pub use retry::{RetryPolicy, Waiter};
pub use settings::{RemoteSetting, RemoteSettings, SETTINGS};
