//! Downloads that are whole or not there: written beside their name, resumed, verified, then renamed.

use std::{fmt, fs::File, io::Write, path::Path};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tempfile::NamedTempFile;

use crate::{
    error::RemoteError,
    retry::{Attempts, Failure, RetryPolicy},
    verify::{Checksum, Running},
};

/// After so many bytes the attempts are counted anew: a large file may break often.
const PROGRESS: u64 = 1 << 20;

/// A file that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// Its length.
    pub bytes: u64,
    /// Whether the server gave a checksum, and it was right.
    pub checksum: bool,
}

/// Something that can be downloaded, from any byte on.
#[async_trait]
pub(crate) trait Source: Sync {
    /// What it is called in messages.
    fn place(&self) -> String;

    /// Opens it at byte `from`, if it is still the version of this tag; else from its start.
    async fn open(&self, from: u64, tag: Option<&str>) -> Result<Opened, Failure>;
}

/// The part of a source that comes.
pub(crate) struct Opened {
    /// Where it starts: 0 also when another byte was asked for and the source could not, or would not.
    pub(crate) start: u64,
    /// How long the whole is.
    pub(crate) total: Option<u64>,
    /// By what a later part is recognised as the same version.
    pub(crate) tag: Option<String>,
    /// The checksum of the whole, if it starts there and one is given.
    pub(crate) checksum: Option<Checksum>,
    pub(crate) body: BoxStream<'static, Result<Bytes, String>>,
}

/// What has arrived so far.
struct Partial {
    file: NamedTempFile,
    written: u64,
    total: Option<u64>,
    tag: Option<String>,
    running: Running,
}

/// Downloads a source to a file.
pub(crate) async fn run(
    source: &dyn Source,
    to: &Path,
    policy: &RetryPolicy,
) -> Result<Downloaded, RemoteError> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).map_err(|error| RemoteError::local(to, "writing", &error))?;
    let mut partial = Partial { file, written: 0, total: None, tag: None, running: Running::new(None) };
    let mut attempts = Attempts::new(policy);
    loop {
        let before = partial.written;
        let mut failure = match partial.take(source, to).await {
            Ok(()) => match partial.finish(source) {
                Ok(checksum) => return keep(partial, to, checksum),
                Err(failure) => {
                    partial.restart(to)?;
                    failure
                }
            },
            Err(failure) => failure,
        };
        // The rest of another version: it changed since the first part came.
        if matches!(failure.error.status(), Some(412 | 416)) && before > 0 {
            partial.restart(to)?;
            failure.passing = true;
        }
        if partial.written >= before + PROGRESS {
            attempts.progressed();
        }
        if !failure.passing || !attempts.again(failure.asked, &failure.error).await {
            return Err(*failure.error);
        }
    }
}

fn keep(partial: Partial, to: &Path, checksum: bool) -> Result<Downloaded, RemoteError> {
    let bytes = partial.written;
    partial.file.persist(to).map_err(|error| RemoteError::local(to, "writing", &error.error))?;
    Ok(Downloaded { bytes, checksum })
}

impl Partial {
    /// Takes what comes until the end or a failure.
    async fn take(&mut self, source: &dyn Source, to: &Path) -> Result<(), Failure> {
        // Without a tag nobody could say whether the rest belongs to the same version.
        let from = if self.tag.is_some() { self.written } else { 0 };
        let opened = source.open(from, self.tag.as_deref()).await?;
        if opened.start != self.written || opened.start == 0 {
            self.restart(to).map_err(fatal)?;
            if opened.start != 0 {
                return Err(broken(source, "it sent another part than the one that was asked for"));
            }
            self.total = opened.total;
            self.tag = opened.tag;
            self.running = Running::new(opened.checksum);
        } else if opened.total != self.total {
            self.restart(to).map_err(fatal)?;
            return Err(broken(source, "its length changed while it was downloaded"));
        }
        let mut body = opened.body;
        while let Some(chunk) = futures_util::StreamExt::next(&mut body).await {
            let chunk =
                chunk.map_err(|cause| broken(source, &format!("the connection broke off ({cause})")))?;
            self.file.write_all(&chunk).map_err(|error| fatal(RemoteError::local(to, "writing", &error)))?;
            self.running.update(&chunk);
            self.written += chunk.len() as u64;
        }
        match self.total {
            Some(total) if self.written < total => {
                Err(broken(source, &format!("only {} of {total} bytes came", self.written)))
            }
            _ => Ok(()),
        }
    }

    /// Whether it is whole and as sent; says whether a checksum was there.
    fn finish(&mut self, source: &dyn Source) -> Result<bool, Failure> {
        if let Some(total) = self.total.filter(|total| *total != self.written) {
            return Err(broken(source, &format!("{} bytes came instead of {total}", self.written)));
        }
        let running = std::mem::replace(&mut self.running, Running::Nothing);
        running.finish().map_err(|kind| {
            broken(source, &format!("what came has another checksum ({kind}) than what was sent"))
        })
    }

    fn restart(&mut self, to: &Path) -> Result<(), RemoteError> {
        let file: &mut File = self.file.as_file_mut();
        let emptied = file.set_len(0).and_then(|()| std::io::Seek::rewind(file));
        emptied.map_err(|error| RemoteError::local(to, "writing", &error))?;
        (self.written, self.total, self.tag) = (0, None, None);
        self.running = Running::Nothing;
        Ok(())
    }
}

fn fatal(error: RemoteError) -> Failure {
    Failure::new(error, false)
}

fn broken(source: &dyn Source, problem: &str) -> Failure {
    let problem = format!("{problem}; nothing was taken of it: run the command again");
    Failure::new(RemoteError::damaged(source.place(), problem), true)
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opened at {} of {:?}", self.start, self.total)
    }
}
