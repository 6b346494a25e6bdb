//! What can go wrong with the ledger: each message is a sentence that names the place, the cause and the cure.

/// An error of the ledger. No message holds a password or the value of a parameter.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text that names a ledger cannot be understood.
    #[error("the ledger {location:?} cannot be used: {cause}")]
    Location {
        /// What was given, without a password.
        location: String,
        /// What is wrong with it and what would be right.
        cause: String,
    },
    /// A database that this version of the program does not offer.
    #[error("a ledger on {scheme}: is not available in this version: use sqlite:FILE")]
    NotAvailable {
        /// The word before the colon: `mysql` or `postgres`.
        scheme: String,
    },
    /// The ledger could not be opened.
    #[error("cannot open the ledger {location}: {cause}: {cure}")]
    Open {
        /// Where it should be.
        location: String,
        /// What is in the way.
        cause: String,
        /// What to do.
        cure: String,
    },
    /// The ledger was last used by a newer version of the program.
    #[error(
        "the ledger {location} has schema version {found}, this program knows versions up to {known}: use a newer \
         version of the program"
    )]
    Newer {
        /// Which ledger.
        location: String,
        /// The version it has.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The ledger's tables were made by other statements than this program would use.
    #[error(
        "the ledger {location} was made with another form of the schema step {step}: use the version of the program \
         that made it, or a new ledger"
    )]
    Changed {
        /// Which ledger.
        location: String,
        /// The number and name of the step: `0001_ledger`.
        step: String,
    },
    /// A statement of a schema step failed.
    #[error(
        "the ledger {location} could not take the schema step {step}: {cause}: mend this and start again"
    )]
    Migration {
        /// Which ledger.
        location: String,
        /// The number and name of the step: `0001_ledger`.
        step: String,
        /// What the database said.
        cause: Box<StoreError>,
    },
    /// Another command kept the ledger for longer than this one may wait.
    #[error(
        "the ledger is in use by another command and was not free within {seconds} seconds: wait until that command \
         has ended, or end it, and start again"
    )]
    Busy {
        /// How long the command waited.
        seconds: u64,
    },
    /// The ledger's file cannot be written.
    #[error(
        "the ledger cannot be written, and nothing was changed: {message}: make room on the disk, or allow larger files, and \
         start again"
    )]
    Full {
        /// What the database said.
        message: String,
    },
    /// A statement broke a rule of the schema: a key that is already there, a reference to nothing.
    #[error("the ledger refused to break a rule of its tables: {message} (statement: {sql})")]
    Constraint {
        /// The statement, without its values.
        sql: String,
        /// What the database said.
        message: String,
    },
    /// A statement failed for another reason.
    #[error("the ledger's database failed: {message} (statement: {sql})")]
    Statement {
        /// The statement, without its values.
        sql: String,
        /// What the database said.
        message: String,
    },
    /// The connection broke while a change was being made permanent.
    #[error(
        "the ledger's database did not answer whether the change is stored: {message}: start the command again, which \
         is safe in both cases"
    )]
    Unconfirmed {
        /// What the database said.
        message: String,
    },
    /// A change was tried where only reading is allowed.
    #[error(
        "a change of the ledger was tried while only reading it (statement: {sql}); this is a mistake of the program"
    )]
    ReadOnly {
        /// The statement, without its values.
        sql: String,
    },
    /// A statement was tried after another one of the same transaction had failed.
    #[error("an earlier statement failed, so nothing of this transaction can be stored (statement: {sql})")]
    Failed {
        /// The statement that was not tried any more.
        sql: String,
    },
    /// A value is not of the kind that the program expects there.
    #[error("column {column} of the result should be {expected} and is {found} (statement: {sql})")]
    Value {
        /// The column of the result, from 0.
        column: usize,
        /// What was expected: `a whole number`, `text`.
        expected: &'static str,
        /// What is there, without its content: `NULL`, `text`.
        found: String,
        /// The statement, without its values.
        sql: String,
    },
    /// A number that a ledger cannot hold: they end at 9223372036854775807.
    #[error("the number {0} is too large for the ledger")]
    TooLarge(String),
    /// What stands in the ledger contradicts itself or cannot be read.
    #[error("the ledger is damaged: {what}: restore it from a backup")]
    Damaged {
        /// What was found, with its place.
        what: String,
    },
}

/// A statement on one line and at most 200 characters, for messages.
pub(crate) fn brief(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
