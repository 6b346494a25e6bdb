//! What a check would refuse and is allowed all the same, each with its reason.

/// A file that one check leaves alone.
pub struct Exception {
    /// The name of the check, as it prints it.
    pub check: &'static str,
    /// The file, from the root of the tree.
    pub path: &'static str,
    /// Why this file is different.
    #[expect(dead_code, reason = "written for the reader of this list")]
    pub reason: &'static str,
}

/// All exceptions. One that is not needed any more is a finding itself.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        check: "panics",
        path: "crates/billing-store/src/db/mysql.rs",
        reason: "`unwrap` of a `mysql::Row` takes the row apart; nothing was taken out of it before, so it cannot fail",
    },
    Exception {
        check: "panics",
        path: "fuzz/readers.rs",
        reason: "what a fuzzer finds is a panic; nothing of it is part of the program",
    },
    Exception {
        check: "rounding-is-named",
        path: "crates/billing-detail/src/schema.rs",
        reason: "`with_scale` names the scale of a Parquet column; no amount passes there",
    },
    Exception {
        check: "sql-in-store",
        path: "crates/billing-remote/src/google/bigquery.rs",
        reason: "the question to the provider's own data warehouse, in its language; the ledger is not concerned",
    },
    Exception {
        check: "open-ends",
        path: "crates/cloud-billing/tests/golden/alternative_cost_centers/catalog.yaml",
        reason: "the recorded case has a cost centre of that text",
    },
];
