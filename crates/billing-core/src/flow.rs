//! The stages that are arithmetic. Money moves only in files below a folder named `flow`.

pub mod normalise;
