//! What tests use of the generators: made-up months of every provider, and their randomness.

pub mod random;
pub mod scenario;
