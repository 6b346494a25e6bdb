//! `import` without files: what providers' interfaces deliver becomes the same document as the files that they deliver.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod aws;
mod azure;
mod bucket;
