//! The checks and generators of the tree.
fn main() {}
