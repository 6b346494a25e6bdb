//! Fetches a bill that a provider delivers to a bucket: the files that its newest manifest names, or all tables of a
//! folder.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, UNIX_EPOCH},
};

use billing_core::{
    Period,
    file_name::{FileKind, TABLES, kind_of, refusal},
    ports::{Delivery, NoManifest},
};
use billing_providers::delivery::{Listed, Selection, Wanted, locate, select};

use crate::{
    error::RemoteError,
    fetched::FetchedFile,
    store::{Object, ObjectStore},
};

/// The longest manifest, in bytes. One of a thousand files has some hundred kilobytes.
const MANIFEST_MAX: u64 = 64 << 20;
/// How many files are downloaded at once.
const AT_ONCE: usize = 3;

/// A bill that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Its files, by the addresses that they have in the store.
    pub files: Vec<FetchedFile>,
    /// The billing period, where a manifest tells it.
    pub period: Option<Period>,
    /// How many rows a manifest says that each file has; empty where there is none.
    pub rows: Vec<Option<u64>>,
    /// What lies in the folder and is no part of a bill by its name, by the addresses that it has.
    pub left_out: Vec<String>,
}

/// What to download.
#[derive(Default)]
struct Chosen {
    keys: Vec<String>,
    rows: Vec<Option<u64>>,
    left_out: Vec<String>,
    manifest: Option<String>,
    period: Option<Period>,
}

/// Downloads a bill from the address of the store into a folder. The address may be a folder, a manifest or a single file.
/// Where `delivery` knows manifests and there are some, the newest one of the wanted period and report decides which
/// files are the bill; else all tables below the address are it.
///
/// # Errors
/// When there is nothing at the address, a manifest names what is not there, several reports are delivered there and
/// none is wanted by name, the bill is written anew in the meantime, and all errors of the store. Files that came are then
/// of no use.
pub fn fetch_documents(
    store: &ObjectStore,
    delivery: Option<&dyn Delivery>,
    wanted: Wanted<'_>,
    folder: &Path,
) -> Result<Delivered, RemoteError> {
    let prefix = &store.location().prefix;
    let is_manifest = delivery.is_some_and(|delivery| delivery.is_manifest(prefix));
    // A folder's name mostly has no point.
    let may_be_file = prefix.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if (is_manifest || may_be_file)
        && let Some(object) = found(store.head(prefix))?
    {
        let chosen = match delivery.filter(|_| is_manifest) {
            Some(delivery) => of_manifest(store, delivery, &object.key)?,
            None => Chosen { keys: vec![object.key], ..Chosen::default() },
        };
        return fetch(store, chosen, folder);
    }
    let listed = store.list(prefix)?;
    if listed.is_empty()
        && !prefix.is_empty()
        && let Some(object) = found(store.head(prefix))?
    {
        return fetch(store, Chosen { keys: vec![object.key], ..Chosen::default() }, folder);
    }
    let chosen = match delivery.filter(|known| listed.iter().any(|object| known.is_manifest(&object.key))) {
        Some(delivery) => newest(store, delivery, &listed, wanted)?,
        None => tables(store, &listed)?,
    };
    let delivered = fetch(store, chosen, folder)?;
    unchanged(store, &listed, &delivered)?;
    Ok(delivered)
}

/// Nothing where the store says that there is nothing.
fn found<T>(answer: Result<T, RemoteError>) -> Result<Option<T>, RemoteError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// All tables of a folder. What may be a part of the bill and is not read is never passed over in silence.
fn tables(store: &ObjectStore, listed: &[Object]) -> Result<Chosen, RemoteError> {
    let address = |object: &Object| store.location().address(&object.key);
    let (mut keys, mut left_out, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for object in listed.iter().filter(|object| !stands_for_folder(object, listed)) {
        match kind_of(&object.key) {
            FileKind::Table => keys.push(object.key.clone()),
            FileKind::Aside => left_out.push(address(object)),
            FileKind::Unread(cure) => unread.push((address(object), cure)),
        }
    }
    if let Some((file, problem)) = refusal(&unread, "or name the files that are the bill with -f") {
        return Err(RemoteError::damaged(file, problem));
    }
    if keys.is_empty() {
        let problem = match listed.len() {
            0 => "nothing is there; check the bucket and the folder".to_owned(),
            others => {
                format!("none of its {others} objects is a table ({}); check the folder", TABLES.join(", "))
            }
        };
        return Err(RemoteError::damaged(store.location().to_string(), problem));
    }
    Ok(Chosen { keys, left_out, ..Chosen::default() })
}

/// Whether an empty object is there only so that a folder can be seen.
fn stands_for_folder(object: &Object, listed: &[Object]) -> bool {
    let is_inside =
        |other: &Object| other.key.strip_prefix(&object.key).is_some_and(|rest| rest.starts_with('/'));
    let is_named_so =
        object.key.ends_with('/') || !object.key.rsplit('/').next().unwrap_or_default().contains('.');
    object.bytes == 0 && (is_named_so || listed.iter().any(is_inside))
}

fn newest(
    store: &ObjectStore,
    delivery: &dyn Delivery,
    listed: &[Object],
    wanted: Wanted<'_>,
) -> Result<Chosen, RemoteError> {
    let time =
        |object: &Object| UNIX_EPOCH + Duration::from_secs(u64::try_from(object.modified).unwrap_or(0));
    let listing: Vec<Listed> = listed
        .iter()
        .map(|object| Listed { name: object.key.clone(), bytes: object.bytes, modified: time(object) })
        .collect();
    // The store's own error says more than a sentence of it.
    let failure = RefCell::new(None);
    let mut read = |key: &str| store.read_small(key, MANIFEST_MAX).map_err(|error| note(&failure, error));
    let selected = select(delivery, &listing, wanted, &mut read);
    let selected = selected.map_err(|sentence| own_or(&failure, store, sentence))?;
    let Selection { manifest, period, files, rows, strays, .. } = selected;
    let left_out = strays.iter().map(|key| store.location().address(key)).collect();
    Ok(Chosen { keys: files, rows, manifest: Some(manifest), period: Some(period), left_out })
}

fn of_manifest(store: &ObjectStore, delivery: &dyn Delivery, key: &str) -> Result<Chosen, RemoteError> {
    let bytes = store.read_small(key, MANIFEST_MAX)?;
    let refuse = |sentence: String| RemoteError::damaged(store.location().address(key), sentence);
    let manifest = delivery.read(key, &bytes).map_err(|none| match none {
        NoManifest::OtherDocument(sentence) | NoManifest::Unreadable(sentence) => refuse(sentence),
    })?;
    let failure = RefCell::new(None);
    let size = |key: &str| match found(store.head(key)) {
        Ok(object) => Some(object?.bytes),
        Err(error) => {
            note(&failure, error);
            None
        }
    };
    let keys = locate(key, &manifest, &size).map_err(|sentence| own_or(&failure, store, sentence))?;
    let rows = manifest.files.iter().map(|file| file.rows).collect();
    let (manifest, period) = (Some(key.to_owned()), Some(manifest.period));
    Ok(Chosen { keys, rows, manifest, period, ..Chosen::default() })
}

/// Keeps the first error, and says it.
fn note(failure: &RefCell<Option<RemoteError>>, error: RemoteError) -> String {
    let sentence = error.to_string();
    failure.borrow_mut().get_or_insert(error);
    sentence
}

fn own_or(failure: &RefCell<Option<RemoteError>>, store: &ObjectStore, sentence: String) -> RemoteError {
    failure.take().unwrap_or_else(|| RemoteError::damaged(store.location().to_string(), sentence))
}

/// Downloads the files, some at once.
fn fetch(store: &ObjectStore, chosen: Chosen, folder: &Path) -> Result<Delivered, RemoteError> {
    if let Some(manifest) = &chosen.manifest {
        let (files, manifest) = (chosen.keys.len(), store.location().address(manifest));
        tracing::info!(files, manifest, "The manifest {manifest} names {files} files");
    }
    let files: Vec<(String, PathBuf)> = chosen
        .keys
        .into_iter()
        .enumerate()
        .map(|(number, key)| {
            let path = folder.join(file_name(number, &key));
            (key, path)
        })
        .collect();
    let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
    let download = || {
        while let Some((key, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let address = store.location().address(key);
            tracing::info!(file = address, "Fetching {address}");
            if let Err(error) = store.download(key, path) {
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                // The others need not begin what is of no use any more.
                next.store(files.len(), Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(files.len()) {
            scope.spawn(download);
        }
    });
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let named = |(key, path): (String, PathBuf)| FetchedFile { name: store.location().address(&key), path };
    let files = files.into_iter().map(named).collect();
    Ok(Delivered { files, period: chosen.period, rows: chosen.rows, left_out: chosen.left_out })
}

/// A name of its own for each file, that ends as the key does: the end says how a table is packed.
fn file_name(number: usize, key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let kept = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let name: String = name.chars().map(kept).collect();
    let tail = name.get(name.len().saturating_sub(60)..).unwrap_or_default();
    format!("{number:05}-{tail}")
}

/// Providers write some bills over the old ones: parts of two writings would be no bill.
fn unchanged(store: &ObjectStore, before: &[Object], delivered: &Delivered) -> Result<(), RemoteError> {
    let after = store.list(&store.location().prefix)?;
    for file in &delivered.files {
        let find = |objects: &[Object]| {
            objects.iter().find(|object| store.location().address(&object.key) == file.name).cloned()
        };
        if find(before) != find(&after) {
            let problem = "it was written anew while the bill was fetched; run the command again";
            return Err(RemoteError::damaged(&file.name, problem));
        }
    }
    Ok(())
}
