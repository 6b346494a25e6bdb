//! Addresses of object stores: which cloud, which bucket, and where in it.

use std::{fmt, str::FromStr};

use crate::error::RemoteError;

/// Whose object store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon S3, or another service that speaks it.
    S3,
    /// Azure blob storage, or Data Lake storage.
    Azure,
    /// Google Cloud Storage.
    Google,
}

/// A place in an object store: `s3://bucket/prefix`, `az://container/prefix`, `gs://bucket/prefix`, or
/// `abfss://container@account.dfs.core.windows.net/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Whose it is.
    pub cloud: Cloud,
    /// The bucket, for Azure the container.
    pub bucket: String,
    /// The storage account, where the address names it (Azure only).
    pub account: Option<String>,
    /// The folder or object in it, without `/` at its ends; may be empty.
    pub prefix: String,
}

impl Cloud {
    /// How addresses of its objects begin.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Azure => "az",
            Self::Google => "gs",
        }
    }

    /// The least right that lists and reads.
    pub(crate) fn right_to_read(self) -> &'static str {
        match self {
            Self::S3 => "s3:ListBucket on the bucket and s3:GetObject on its objects",
            Self::Azure => "the role Storage Blob Data Reader on the container",
            Self::Google => "the role Storage Object Viewer on the bucket",
        }
    }

    /// The least right that writes and removes.
    pub(crate) fn right_to_write(self) -> &'static str {
        match self {
            Self::S3 => "s3:PutObject, s3:AbortMultipartUpload and s3:DeleteObject on the bucket's objects",
            Self::Azure => "the role Storage Blob Data Contributor on the container",
            Self::Google => "the role Storage Object User on the bucket",
        }
    }
}

impl Location {
    /// Whether a text is meant as an address of an object store.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        scheme(text).is_some()
    }

    /// Reads an address.
    ///
    /// # Errors
    /// When it names no store that is known, or no bucket.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let expected =
            "write an address like s3://bucket/folder, az://container/folder or gs://bucket/folder";
        // What comes after a question mark may be a signature.
        let shown = text.split('?').next().unwrap_or_default();
        let refuse = |problem: &str| Err(RemoteError::address(shown, format!("{problem}; {expected}")));
        if shown.len() < text.len() {
            return refuse("an address takes no query: a signature belongs into AZURE_STORAGE_SAS_TOKEN");
        }
        let Some((cloud, rest, hosted)) = scheme(text) else { return refuse("this is no object store") };
        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, account) = match (host.split_once('@'), hosted) {
            (Some((container, host)), true) => (container, host.split('.').next().map(str::to_owned)),
            (None, false) => (host, None),
            _ => return refuse("the account and the container are not understood"),
        };
        if bucket.is_empty() || account.as_deref() == Some("") {
            return refuse("no bucket is named");
        }
        let prefix = prefix.trim_end_matches('/');
        if prefix.starts_with('/') || object_store::path::Path::parse(prefix).is_err() {
            return refuse("a folder without a name stands in it");
        }
        Ok(Self { cloud, bucket: bucket.to_owned(), account, prefix: prefix.to_owned() })
    }

    /// The address of an object in the same bucket.
    #[must_use]
    pub fn address(&self, key: &str) -> String {
        format!("{}://{}/{key}", self.cloud.scheme(), self.bucket)
    }

    /// The key of something below the prefix.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }
}

/// The cloud that an address begins with, what follows, and whether that names the account's host.
fn scheme(text: &str) -> Option<(Cloud, &str, bool)> {
    let (scheme, rest) = text.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3a" => Some((Cloud::S3, rest, false)),
        "az" | "azure" => Some((Cloud::Azure, rest, false)),
        "abfs" | "abfss" => Some((Cloud::Azure, rest, true)),
        "gs" => Some((Cloud::Google, rest, false)),
        _ => None,
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.cloud.scheme(), self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl FromStr for Location {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_clouds_are_read() {
        for (text, shown, account) in [
            ("s3://bills/cur/2026/", "s3://bills/cur/2026", None),
            ("S3A://bills", "s3://bills", None),
            ("az://costs/exports", "az://costs/exports", None),
            ("abfss://costs@acct.dfs.core.windows.net/a b", "az://costs/a b", Some("acct")),
            ("gs://bills/x", "gs://bills/x", None),
        ] {
            let location = Location::parse(text).unwrap();
            assert_eq!((location.to_string().as_str(), location.account.as_deref()), (shown, account));
        }
        assert_eq!(Location::parse("gs://b/x").unwrap().key("y"), "x/y");
        assert_eq!(Location::parse("gs://b").unwrap().key("y"), "y");
    }

    #[test]
    fn other_texts_are_refused_without_their_secrets() {
        for (text, message) in [
            ("ftp://a/b", "ftp://a/b: this is no object store; write an address like s3://"),
            ("s3:///b", "s3:///b: no bucket is named; "),
            ("s3://b/a//c", "s3://b/a//c: a folder without a name stands in it; "),
            ("az://b/c?sig=hush", "az://b/c: an address takes no query: a signature belongs into"),
            ("abfss://b/c", "abfss://b/c: the account and the container are not understood; "),
        ] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(message) && !error.contains("hush"), "{error}");
        }
        assert!(!Location::is_one("C:\\bill.csv") && !Location::is_one("./s3") && Location::is_one("gs://"));
    }
}
