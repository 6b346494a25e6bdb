//! Disagreements that are reported and not yet settled: each is a flag, so that the simulator goes on to find others.

/// The carry lines of several customers stand in another order than by name (CONTRACT §4).
pub const CARRY_LINES_OUT_OF_ORDER: bool = false;

/// Accounts that are joined by `aliases` after both were invoiced: what stands under the other account's terms is taken
/// back on a line with the product number of what it takes back; the oracle gives it that of the fixed terms. All
/// amounts agree (300 histories were played with this off).
pub const ALIASES_AFTER_INVOICES: bool = true;
