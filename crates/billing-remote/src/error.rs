//! What can go wrong beyond this machine, each as one sentence for people: the place, the cause, the cure.

use std::{io, path::Path};

/// Why something beyond this machine could not be had, or not be put there. No text in it carries a secret: addresses
/// stand without their query, where signatures are.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// A setting is missing or not understood.
    #[error("setting {name}: {problem}")]
    Setting {
        /// The variable.
        name: String,
        /// Cause and cure, without the value of a secret.
        problem: String,
    },
    /// The other side answered that it will not.
    #[error("{place}: refused with {}; {cure}", .refusal)]
    Refused {
        /// The address, without its query.
        place: String,
        /// What was answered.
        refusal: Refusal,
        /// What to do.
        cure: String,
    },
    /// No usable answer came, also after trying again.
    #[error("{place}: {problem}")]
    Unreachable {
        /// The address, without its query.
        place: String,
        /// Cause and cure.
        problem: String,
    },
    /// An answer came that is not what it should be: too long, incomplete, a wrong checksum, not JSON.
    #[error("{place}: {problem}")]
    Damaged {
        /// The address, without its query.
        place: String,
        /// Cause and cure.
        problem: String,
    },
    /// An address that is not understood.
    #[error("{address}: {problem}")]
    Address {
        /// The address as given, without its query.
        address: String,
        /// Cause and cure.
        problem: String,
    },
    /// A file of this machine cannot be read or written.
    #[error("{path}: {problem}")]
    Local {
        /// The file.
        path: String,
        /// Cause and cure.
        problem: String,
    },
    /// A promise of this program is broken.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

/// What a server said when it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The status of the HTTP answer, such as 403.
    pub status: u16,
    /// The provider's own code, such as `AccessDenied`, where there is one.
    pub code: Option<String>,
    /// The provider's own words, shortened, where there are some.
    pub message: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}", self.status)?;
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => write!(f, " ({code}: {message})"),
            (Some(text), None) | (None, Some(text)) => write!(f, " ({text})"),
            (None, None) => Ok(()),
        }
    }
}

impl RemoteError {
    /// The status of the answer, where the other side refused.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal.status),
            _ => None,
        }
    }

    /// The provider's own code, where the other side refused and gave one: `BillingAccountNotFound`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { refusal, .. } => refusal.code.as_deref(),
            _ => None,
        }
    }

    /// Whether the other side says that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }

    /// A setting that is missing or not understood.
    pub(crate) fn setting(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { name: name.into(), problem: problem.into() }
    }

    /// An answer that is not what it should be.
    pub(crate) fn damaged(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Damaged { place: place.into(), problem: problem.into() }
    }

    /// An address that is not understood.
    pub(crate) fn address(address: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Address { address: address.into(), problem: problem.into() }
    }

    /// A file of this machine that the system refuses to read or write.
    pub(crate) fn local(path: &Path, doing: &str, error: &io::Error) -> Self {
        let problem = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "the disk is full; nothing was taken: free some space and run the command again".to_owned()
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("{doing} is not permitted; give this user the right to it")
            }
            io::ErrorKind::NotFound => {
                format!("{doing} failed: there is no such file or folder; check the name")
            }
            _ => format!("{doing} failed ({error}); check the disk it is on"),
        };
        Self::Local { path: path.display().to_string(), problem }
    }
}
