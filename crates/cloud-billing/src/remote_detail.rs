//! Detail in an object store: what `billing-detail` asks for, done by `billing-remote`.

use std::{ops::Range, path::Path};

use billing_detail::{RemoteFailure, RemoteObject, RemoteObjects};
use billing_remote::{Location, ObjectStore, RemoteError, RemoteSettings};
use bytes::Bytes;

/// The folder that `DETAIL_URL` names.
#[derive(Debug)]
pub struct DetailObjects {
    store: ObjectStore,
}

impl DetailObjects {
    /// Prepares access; nothing is asked yet.
    ///
    /// # Errors
    /// When the address or a setting of its cloud is not understood.
    pub fn connect(url: &str, settings: &RemoteSettings) -> Result<Self, RemoteError> {
        Ok(Self { store: ObjectStore::connect(&Location::parse(url)?, settings)? })
    }

    fn key(&self, name: &str) -> String {
        self.store.location().key(name)
    }
}

impl RemoteObjects for DetailObjects {
    fn address(&self, name: &str) -> String {
        self.store.location().address(&self.key(name))
    }

    fn list(&self, folder: &str) -> Result<Vec<RemoteObject>, RemoteFailure> {
        let location = self.store.location();
        let folder = if folder.is_empty() { location.prefix.clone() } else { location.key(folder) };
        let root = if location.prefix.is_empty() { String::new() } else { format!("{}/", location.prefix) };
        let objects = self.store.list(&folder)?.into_iter();
        let below = objects.filter_map(|object| {
            let name = object.key.strip_prefix(&root)?.to_owned();
            Some(RemoteObject { name, bytes: object.bytes, modified: object.modified })
        });
        Ok(below.collect())
    }

    fn put_file(&self, name: &str, from: &Path) -> Result<(), RemoteFailure> {
        Ok(self.store.put_file(&self.key(name), from)?)
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), RemoteFailure> {
        Ok(self.store.put(&self.key(name), content.to_vec())?)
    }

    fn read(&self, name: &str, range: Range<u64>) -> Result<Bytes, RemoteFailure> {
        Ok(self.store.get_range(&self.key(name), range)?)
    }

    fn delete(&self, name: &str) -> Result<(), RemoteFailure> {
        Ok(self.store.delete(&self.key(name))?)
    }
}
