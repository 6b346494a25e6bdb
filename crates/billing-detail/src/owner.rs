//! How folders of detail, and the files in them that say whose they are, are named.

use std::hash::{BuildHasher, Hasher, RandomState};

/// How a folder's name begins; 32 hexadecimal digits follow.
pub(crate) const PREFIX: &str = "import-";
/// The file that says that a folder's detail was in force once: no ledger removes it, even one that does not know it,
/// because it is an older state of the one that does.
pub(crate) const KEPT: &str = "cloud-billing-detail.kept";

/// Whose imports write to a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Owner(pub(crate) String);

impl Owner {
    /// One that nobody else is.
    pub(crate) fn new() -> Self {
        Self(format!("{:016x}{:016x}", random(), random()))
    }

    /// The name of the file that makes a folder one of this owner's. On this machine, whoever holds its lock is at work
    /// in the folder.
    pub(crate) fn marker(&self) -> String {
        format!("cloud-billing-detail-{}.lock", self.0)
    }
}

/// A name that no other folder has.
pub(crate) fn new_folder_name() -> String {
    format!("{PREFIX}{:016x}{:016x}", random(), random())
}

/// Whether a folder of detail may have this name.
pub(crate) fn is_folder_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// A number that nobody else has: the standard library seeds each hasher anew.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
