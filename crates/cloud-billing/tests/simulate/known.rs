//! Disagreements that are reported and not yet settled: each is a flag, so that the simulator goes on to find others.

/// The carry lines of several customers stand in another order than by name (CONTRACT §4).
pub const CARRY_LINES_OUT_OF_ORDER: bool = false;

/// Joining accounts by `aliases` after they were invoiced bills what was invoiced anew, under the joining account's own
/// terms, although the first live line of the account-period should fix them (R1, R3); and `reconcile` counts the
/// joined lines otherwise than `bill`.
pub const ALIASES_AFTER_INVOICES: bool = true;
