//! Made-up months of every provider (`cargo run -p xtask -- scenario`): each is imported, billed, rewritten by the
//! provider and billed again, and every total and line is compared with what the generator worked out by itself. The
//! same month in other files, forms and packings is the same content.
//!
//! `MONTHS_SEEDS=n` plays that many months of each provider, from `MONTHS_FROM` on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "these are tests")]

mod bucket;
mod forms;
mod pack;
mod parquet;
mod program;
mod story;
mod twice;

/// How many months of each provider are played unless told otherwise.
const SEEDS: u64 = 6;

/// The seeds to play.
fn seeds() -> impl Iterator<Item = u64> {
    let number = |name: &str| {
        let text = std::env::vars().find(|(known, _)| known == name);
        text.map(|(_, value)| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
    };
    let first: u64 = number("MONTHS_FROM").unwrap_or(1);
    first..first + number("MONTHS_SEEDS").unwrap_or(SEEDS)
}
