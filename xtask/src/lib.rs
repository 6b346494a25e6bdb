//! What tests use of the generators: made-up months of every provider.

pub mod scenario;
