//! Disagreements that are reported and not yet settled: each is a flag, so that the simulator goes on to find others.

/// The carry lines of several customers stand in another order than by name (CONTRACT §4).
pub const CARRY_LINES_OUT_OF_ORDER: bool = false;

/// Accounts that are joined by `aliases` after both were invoiced.
pub const ALIASES_AFTER_INVOICES: bool = true;
