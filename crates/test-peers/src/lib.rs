//! For tests only: real servers on free ports, and one that answers by script.
//!
//! A test whose peer cannot be had prints `skipped: needs …` and passes; `./test` counts it as skipped.

pub mod peer;
pub mod scripted;

pub use peer::{Peer, program};
pub use scripted::{Reply, Scripted, Seen};
