//! Where a file of reference rates comes from, and its bytes, unpacked.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use billing_providers::ecb::BYTES_MAX;
use billing_remote::{Http, RemoteSettings};
use zip::ZipArchive;

/// Where reference rates are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RateSource {
    /// A file.
    File(PathBuf),
    /// An address.
    Url(String),
}

impl RateSource {
    /// The name of the file and its bytes; a zip file gives its only entry.
    pub(super) fn read(&self, settings: &RemoteSettings) -> Result<(String, Vec<u8>)> {
        let (name, bytes) = match self {
            Self::File(path) => (last(&path.to_string_lossy()), read_file(path)?),
            Self::Url(url) => (last(without_query(url)), fetch(url, settings)?),
        };
        if bytes.starts_with(b"PK\x03\x04") { unzip(&name, bytes) } else { Ok((name, bytes)) }
    }
}

/// What an address holds.
fn fetch(url: &str, settings: &RemoteSettings) -> Result<Vec<u8>> {
    match url.strip_prefix("file://") {
        Some(path) => read_file(Path::new(path)),
        None => Ok(billing_remote::ecb::fetch(&Http::new(settings)?, url)?),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The last part of a path or address: what people know the file by.
fn last(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
    bounded(&shown.to_string(), file)
}

fn bounded(name: &str, reader: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX);
    reader.take(limit + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    if bytes.len() > BYTES_MAX {
        bail!("{name} has more than {} MB: that is no list of ECB reference rates", BYTES_MAX >> 20);
    }
    Ok(bytes)
}

fn unzip(name: &str, bytes: Vec<u8>) -> Result<(String, Vec<u8>)> {
    let damaged = || format!("{name} is a damaged zip file: fetch it again");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).with_context(damaged)?;
    if archive.len() != 1 {
        bail!("{name} has {} files: give the one with the reference rates", archive.len());
    }
    let entry = archive.by_index(0).with_context(damaged)?;
    let shown = format!("{name}/{}", last(&entry.name().with_context(damaged)?));
    let bytes = bounded(&shown, entry).with_context(damaged)?;
    Ok((shown, bytes))
}
