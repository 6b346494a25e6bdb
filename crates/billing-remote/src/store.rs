//! Objects in a bucket: listed, downloaded, put and removed, with errors that tell no secret.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore as AnyStore, ObjectStoreExt, PutPayload, path::Path as Key,
};

use crate::{
    client,
    connect::{self, Seen},
    download::{self, Downloaded, Opened, Source},
    error::RemoteError,
    explain,
    location::{Cloud, Location},
    retry::{Failure, RetryPolicy},
    settings::RemoteSettings,
    verify::{self, Checksum, Running},
};

/// Files up to this length are put at once, longer ones in pieces of it; in bytes. S3 takes 10,000 pieces.
const PIECE: usize = 16 << 20;

/// A bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    location: Location,
    store: Arc<dyn AnyStore>,
    policy: RetryPolicy,
}

/// An object in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key in the bucket.
    pub key: String,
    /// Its length.
    pub bytes: u64,
    /// What changes when its content does, where the store gives it.
    pub etag: Option<String>,
    /// When it was written, in seconds since 1970 (UTC).
    pub modified: i64,
}

impl ObjectStore {
    /// Prepares access to the bucket of an address, with the settings of its cloud. Nothing is asked yet.
    ///
    /// # Errors
    /// When a setting is missing or not understood.
    pub fn connect(location: &Location, settings: &RemoteSettings) -> Result<Self, RemoteError> {
        Self::connect_with(location, settings, RetryPolicy::default())
    }

    /// The same with other retries, as tests want them.
    ///
    /// # Errors
    /// As for [`ObjectStore::connect`].
    pub fn connect_with(
        location: &Location,
        settings: &RemoteSettings,
        policy: RetryPolicy,
    ) -> Result<Self, RemoteError> {
        let store = connect::connect(location, settings, &policy)?;
        Ok(Self { location: location.clone(), store, policy })
    }

    /// The address it was made for.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// All objects below a folder, by key. An empty list is no error: the store does not know folders.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    pub fn list(&self, folder: &str) -> Result<Vec<Object>, RemoteError> {
        let prefix = (!folder.is_empty()).then(|| self.path(folder)).transpose()?;
        let listed = self.store.list(prefix.as_ref()).try_collect::<Vec<_>>();
        let listed = client::wait(listed)?.map_err(|error| self.read_error(folder, &error))?;
        // Some tools mark a folder by an empty object whose key ends with a slash.
        let mut objects: Vec<Object> = listed.into_iter().map(object).collect();
        objects.retain(|object| !object.key.is_empty());
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    /// What the store knows about an object.
    ///
    /// # Errors
    /// When there is none, or the store refuses it or cannot be reached.
    pub fn head(&self, key: &str) -> Result<Object, RemoteError> {
        let found = client::wait(self.store.head(&self.path(key)?))?;
        found.map(object).map_err(|error| self.read_error(key, &error))
    }

    /// Downloads an object into a file, which appears under its name only when it is complete and its checksum, where
    /// the store gives one, is right. A broken connection is resumed. The folder of the file must exist.
    ///
    /// # Errors
    /// When there is no such object, the store refuses it, or the file cannot be written.
    pub fn download(&self, key: &str, to: &Path) -> Result<Downloaded, RemoteError> {
        let source = FromStore { store: self, key, path: self.path(key)? };
        client::wait(download::run(&source, to, &self.policy))?
    }

    /// Reads a small object, such as a manifest.
    ///
    /// # Errors
    /// When there is none, it is longer than `max` bytes, or the store refuses it or cannot be reached.
    pub fn read_small(&self, key: &str, max: u64) -> Result<Vec<u8>, RemoteError> {
        let path = self.path(key)?;
        let read = async {
            let found = self.store.get_opts(&path, GetOptions::default()).await?;
            let bytes = found.meta.size;
            Ok(if bytes > max { Err(bytes) } else { Ok(found.bytes().await?) })
        };
        let read = client::wait(read)?.map_err(|error| self.read_error(key, &error))?;
        read.map(|bytes| bytes.to_vec()).map_err(|bytes| {
            let problem = format!("it has {bytes} bytes, and no more than {max} are read; check what it is");
            RemoteError::damaged(self.location.address(key), problem)
        })
    }

    /// Reads a part of an object.
    ///
    /// # Errors
    /// When there is no such object or part, or the store refuses it or cannot be reached.
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, RemoteError> {
        let expected = range.end.saturating_sub(range.start);
        let read = client::wait(self.store.get_range(&self.path(key)?, range))?;
        let read = read.map_err(|error| self.read_error(key, &error))?;
        if read.len() as u64 != expected {
            let problem = format!("{} bytes came instead of {expected}; run the command again", read.len());
            return Err(RemoteError::damaged(self.location.address(key), problem));
        }
        Ok(read)
    }

    /// Puts a file, and asks the store whether it has it as it is: its length, and its checksum where the store knows
    /// one.
    ///
    /// # Errors
    /// When the file cannot be read, or the store refuses it, cannot be reached, or has something else.
    pub fn put_file(&self, key: &str, from: &Path) -> Result<(), RemoteError> {
        let unreadable = |error: io::Error| RemoteError::local(from, "reading", &error);
        let path = self.path(key)?;
        let mut file = File::open(from).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes <= PIECE as u64 {
            let mut content = Vec::new();
            file.read_to_end(&mut content).map_err(unreadable)?;
            self.put(key, content)?;
        } else {
            self.put_pieces(key, &path, file, from)?;
        }
        self.check(key, &path, from, bytes)
    }

    /// Puts a small object.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    pub fn put(&self, key: &str, content: Vec<u8>) -> Result<(), RemoteError> {
        let put = client::wait(self.store.put(&self.path(key)?, PutPayload::from(content)))?;
        put.map(drop).map_err(|error| self.write_error(key, &error))
    }

    /// Removes an object. That there is none is no error.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    pub fn delete(&self, key: &str) -> Result<(), RemoteError> {
        match client::wait(self.store.delete(&self.path(key)?))? {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.write_error(key, &error)),
        }
    }

    fn put_pieces(&self, key: &str, path: &Key, mut file: File, from: &Path) -> Result<(), RemoteError> {
        let refused = |error: object_store::Error| self.write_error(key, &error);
        client::wait(async {
            let mut upload = self.store.put_multipart(path).await.map_err(refused)?;
            loop {
                let mut piece = Vec::new();
                let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
                let put = match read {
                    Ok(0) => break,
                    Ok(_) => upload.put_part(PutPayload::from(piece)).await.map_err(refused),
                    Err(error) => Err(RemoteError::local(from, "reading", &error)),
                };
                if let Err(error) = put {
                    // Pieces that nobody completes would cost storage; what is not removed now, a rule of the bucket
                    // must.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
            upload.complete().await.map(drop).map_err(refused)
        })?
    }

    fn check(&self, key: &str, path: &Key, file: &Path, bytes: u64) -> Result<(), RemoteError> {
        let seen = Seen::default();
        let options = GetOptions { head: true, ..seen.options() };
        let found = client::wait(self.store.get_opts(path, options))?;
        let found = found.map_err(|error| self.read_error(key, &error))?.meta.size;
        let unreadable = |error: io::Error| RemoteError::local(file, "reading", &error);
        let mut running = Running::new(self.checksum(&seen));
        if !matches!(running, Running::Nothing) {
            let mut reader = File::open(file).map_err(unreadable)?;
            let mut buffer = vec![0; 1 << 20];
            loop {
                match reader.read(&mut buffer).map_err(unreadable)? {
                    0 => break,
                    read => running.update(buffer.get(..read).unwrap_or_default()),
                }
            }
        }
        if found == bytes && running.finish().is_ok() {
            return Ok(());
        }
        let _ = self.delete(key);
        let problem = "the store has something else than what was sent; run the command again";
        Err(RemoteError::damaged(self.location.address(key), problem))
    }

    fn checksum(&self, seen: &Seen) -> Option<Checksum> {
        verify::expected(&seen.take(), self.location.cloud == Cloud::S3)
    }

    fn path(&self, key: &str) -> Result<Key, RemoteError> {
        Key::parse(key).map_err(|_| {
            let problem = "such a key is not supported: it has an empty name, `.` or `..` between slashes";
            RemoteError::address(self.location.address(key), problem)
        })
    }

    fn read_error(&self, key: &str, error: &object_store::Error) -> RemoteError {
        explain::store_error(&self.location, key, error, self.location.cloud.right_to_read())
    }

    fn write_error(&self, key: &str, error: &object_store::Error) -> RemoteError {
        explain::store_error(&self.location, key, error, self.location.cloud.right_to_write())
    }
}

fn object(meta: ObjectMeta) -> Object {
    Object {
        key: meta.location.to_string(),
        bytes: meta.size,
        etag: meta.e_tag,
        modified: meta.last_modified.timestamp(),
    }
}

/// An object that is downloaded.
struct FromStore<'s> {
    store: &'s ObjectStore,
    key: &'s str,
    path: Key,
}

#[async_trait]
impl Source for FromStore<'_> {
    fn place(&self) -> String {
        self.store.location.address(self.key)
    }

    async fn open(&self, from: u64, tag: Option<&str>) -> Result<Opened, Failure> {
        let seen = Seen::default();
        let mut options = seen.options();
        if from > 0 {
            options.range = Some(GetRange::Offset(from));
            options.if_match = tag.map(str::to_owned);
        }
        let found = match self.store.store.get_opts(&self.path, options).await {
            Ok(found) => found,
            Err(error) => {
                let error = self.store.read_error(self.key, &error);
                // Tried again already, where that helps. A store that does not give parts is asked for the whole.
                let whole = from > 0 && error.status().is_none();
                return if whole { self.open(0, None).await } else { Err(Failure::new(error, false)) };
            }
        };
        let (start, total, tag) = (found.range.start, Some(found.meta.size), found.meta.e_tag.clone());
        let body = found.into_stream().map_err(|error| client::innermost(&error));
        let checksum = self.store.checksum(&seen);
        Ok(Opened { start, total, tag, checksum, body: Box::pin(body) })
    }
}
