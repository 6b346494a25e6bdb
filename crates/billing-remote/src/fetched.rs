//! What was fetched from a provider: files on this machine, as the provider delivered them.

use std::path::PathBuf;

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// The name under which people know it: where it came from, without secrets.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}
