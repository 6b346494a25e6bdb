//! What can go wrong, each as one sentence for people: the place, the cause, the cure.

use std::io;

/// Why a store beyond this machine does not do what it is asked, as one sentence with place, cause and cure.
pub type RemoteFailure = Box<dyn std::error::Error + Send + Sync>;

/// Why the ledger could not say whether it knows a folder.
pub type LedgerError = Box<dyn std::error::Error + Send + Sync>;

/// Why files could not be taken, or detail not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum DetailError {
    /// A file that is to be imported cannot be taken.
    #[error("{place}: {problem}")]
    Input {
        /// The file, and the line where that is known: `bill.csv, line 7`.
        place: String,
        /// Cause and cure.
        problem: String,
    },
    /// The place for line-item detail (`DETAIL_URL`) cannot be used.
    #[error("{place}: {problem}")]
    Store {
        /// The folder or file.
        place: String,
        /// Cause and cure.
        problem: String,
    },
    /// The place for detail is beyond this machine, and does not do what it is asked.
    #[error("{0}")]
    Remote(RemoteFailure),
    /// The caller could not tell which folders the ledger knows.
    #[error("the ledger could not be asked which detail folders it knows: {0}")]
    Ledger(#[source] LedgerError),
    /// A promise of this program is broken; nothing was imported.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl DetailError {
    /// A file that cannot be taken.
    pub(crate) fn input(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Input { place: place.into(), problem: problem.into() }
    }

    /// A file that cannot be taken because of what stands on a line.
    pub(crate) fn at_line(file: &str, line: u64, problem: impl Into<String>) -> Self {
        Self::Input { place: format!("{file}, line {line}"), problem: problem.into() }
    }

    /// A place for detail that cannot be used.
    pub(crate) fn store(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Store { place: place.into(), problem: problem.into() }
    }

    /// A place for detail where the operating system refuses something.
    pub(crate) fn store_io(place: &std::path::Path, doing: &str, error: &io::Error) -> Self {
        let problem = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "the disk is full; nothing was imported: free some space and run the import again".to_owned()
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("{doing} is not permitted; give this user the right to write below DETAIL_URL")
            }
            _ => format!("{doing} failed ({error}); check the folder that DETAIL_URL names"),
        };
        Self::store(place.display().to_string(), problem)
    }
}
