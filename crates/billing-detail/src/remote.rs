//! Detail beyond this machine: written here, uploaded when it is complete, and read in parts from there.
//!
//! An object store knows no locks. So a folder has a marker object, whose name says whose import it is, which is put
//! before everything else in it and once more when all of it is there; a folder that the ledger does not know belongs to a
//! running import as long as its marker is younger than [`ABANDONED_AFTER`] by the store's own clock. A second object says
//! that the folder was in force once. Removing a folder takes its marker last.

use std::{
    fmt, fs,
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result as ParquetResult},
    file::reader::{ChunkReader, Length},
};

use crate::{
    error::{DetailError, LedgerError, RemoteFailure},
    owner::{KEPT, Owner, is_folder_name, new_folder_name},
};

/// After so long without a new marker an import is taken for dead. The longest file of a part must be uploaded in this
/// time, and the ledger's transaction end.
pub const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// What is read of an object at once, in bytes.
const BLOCK: u64 = 1 << 20;
/// How many blocks of a file are kept.
const BLOCKS_KEPT: usize = 32;

/// An object below the folder that `DETAIL_URL` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteObject {
    /// Its name below that folder, with `/` between names.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was written, in seconds since 1970 by the store's clock.
    pub modified: i64,
}

/// A folder of an object store, for detail. Names are those below the folder.
pub trait RemoteObjects: fmt::Debug + Send + Sync {
    /// The address of a name, for messages.
    fn address(&self, name: &str) -> String;

    /// All objects whose names start with `folder` and a slash; all there are when it is empty.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    fn list(&self, folder: &str) -> Result<Vec<RemoteObject>, RemoteFailure>;

    /// Puts a file and verifies that the store has it.
    ///
    /// # Errors
    /// When the file cannot be read, or the store refuses it, cannot be reached, or has something else.
    fn put_file(&self, name: &str, from: &Path) -> Result<(), RemoteFailure>;

    /// Puts a small object.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    fn put(&self, name: &str, content: &[u8]) -> Result<(), RemoteFailure>;

    /// Reads exactly this part of an object.
    ///
    /// # Errors
    /// When there is no such part, or the store refuses it or cannot be reached.
    fn read(&self, name: &str, range: Range<u64>) -> Result<Bytes, RemoteFailure>;

    /// Removes an object. That there is none is no error.
    ///
    /// # Errors
    /// When the store refuses it or cannot be reached.
    fn delete(&self, name: &str) -> Result<(), RemoteFailure>;
}

/// A folder of an import that was uploaded. Dropped without [`Uploaded::keep`], it is removed.
#[derive(Debug)]
pub(crate) struct Uploaded {
    objects: Arc<dyn RemoteObjects>,
    name: String,
    owner: Owner,
    keep: bool,
}

impl Uploaded {
    /// Uploads all files of a local folder, whose name is that of the import's folder.
    pub(crate) fn new(
        objects: Arc<dyn RemoteObjects>,
        owner: &Owner,
        name: &str,
        from: &Path,
    ) -> Result<Self, DetailError> {
        let uploaded = Self { objects, name: name.to_owned(), owner: owner.clone(), keep: false };
        let marker = owner.marker();
        let unreadable = |error: io::Error| DetailError::store_io(from, "listing the folder", &error);
        let mut files = Vec::new();
        for entry in fs::read_dir(from).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_name() != *marker {
                files.push(entry);
            }
        }
        files.sort_by_key(fs::DirEntry::file_name);
        uploaded.mark()?;
        for file in files {
            let name = format!("{name}/{}", file.file_name().to_string_lossy());
            uploaded.objects.put_file(&name, &file.path()).map_err(DetailError::Remote)?;
            uploaded.mark()?;
        }
        Ok(uploaded)
    }

    /// Says that this import is alive.
    fn mark(&self) -> Result<(), DetailError> {
        let marker = format!("{}/{}", self.name, self.owner.marker());
        self.objects.put(&marker, b"cloud-billing\n").map_err(DetailError::Remote)
    }

    pub(crate) fn keep(&mut self) {
        keep(self.objects.as_ref(), &self.name);
        self.keep = true;
    }
}

impl Drop for Uploaded {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a sweep, a day later.
        if !self.keep
            && let Ok(objects) = self.objects.list(&self.name)
        {
            let _ = remove(self.objects.as_ref(), &self.owner, &self.name, &objects);
        }
    }
}

/// Says that a folder's detail is in force. Where that fails the ledger knows it all the same, and the next sweep says it.
fn keep(objects: &dyn RemoteObjects, folder: &str) {
    let _ = objects.put(&format!("{folder}/{KEPT}"), b"cloud-billing\n");
}

/// Removes the objects of a folder, its marker last.
fn remove(
    objects: &dyn RemoteObjects,
    owner: &Owner,
    folder: &str,
    listed: &[RemoteObject],
) -> Result<(), RemoteFailure> {
    let marker = format!("{folder}/{}", owner.marker());
    for object in listed.iter().filter(|object| object.name != marker) {
        objects.delete(&object.name)?;
    }
    objects.delete(&marker)
}

/// Removes the folders of an owner that were never kept, that the ledger does not know and whose import is dead; tells how
/// many.
pub(crate) fn sweep(
    objects: &dyn RemoteObjects,
    owner: &Owner,
    is_known: &mut dyn FnMut(&str) -> Result<bool, LedgerError>,
) -> Result<usize, DetailError> {
    let listed = objects.list("").map_err(DetailError::Remote)?;
    let mut suspects = Vec::new();
    for (folder, of_folder) in by_folder(&listed) {
        let (marker, kept) = (format!("{folder}/{}", owner.marker()), format!("{folder}/{KEPT}"));
        // Without this owner's marker it is another's: a removal takes it last.
        let Some(marked) = of_folder.iter().find(|object| object.name == marker) else { continue };
        if of_folder.iter().any(|object| object.name == kept) {
            continue;
        }
        if is_known(folder).map_err(DetailError::Ledger)? {
            // Its import was killed before it could say so.
            keep(objects, folder);
        } else {
            suspects.push((folder, of_folder, marked.modified));
        }
    }
    if suspects.is_empty() {
        return Ok(0);
    }
    let now = now(objects)?;
    let mut removed = 0;
    for (folder, of_folder, marked) in suspects {
        let age = u64::try_from(now.saturating_sub(marked)).unwrap_or(0);
        if age < ABANDONED_AFTER.as_secs() || is_known(folder).map_err(DetailError::Ledger)? {
            continue;
        }
        remove(objects, owner, folder, of_folder).map_err(DetailError::Remote)?;
        removed += 1;
    }
    Ok(removed)
}

/// The time by the store's clock: that of an object which is put for it. This machine's clock may be another.
fn now(objects: &dyn RemoteObjects) -> Result<i64, DetailError> {
    let folder = format!("clock-{}", new_folder_name());
    let name = format!("{folder}/now");
    objects.put(&name, b"cloud-billing\n").map_err(DetailError::Remote)?;
    let listed = objects.list(&folder);
    let deleted = objects.delete(&name);
    let listed = listed.map_err(DetailError::Remote)?;
    deleted.map_err(DetailError::Remote)?;
    let put = listed.first().ok_or_else(|| {
        let problem = "the store does not list what was just put there; use one that does";
        DetailError::store(objects.address(&name), problem)
    })?;
    Ok(put.modified)
}

/// The objects of each folder of an import. A listing is sorted by name.
fn by_folder(listed: &[RemoteObject]) -> Vec<(&str, &[RemoteObject])> {
    let folder = |object: &RemoteObject| object.name.find('/').map(|end| object.name[..end].to_owned());
    let chunks = listed.chunk_by(|one, other| folder(one) == folder(other));
    chunks
        .filter_map(|chunk| {
            let name = chunk.first()?.name.split_once('/')?.0;
            is_folder_name(name).then_some((name, chunk))
        })
        .collect()
}

/// The Parquet files of a folder; nothing where there is no such folder.
pub(crate) fn parts(
    objects: &Arc<dyn RemoteObjects>,
    folder: &str,
) -> Result<Option<Vec<RemoteFile>>, DetailError> {
    let mut listed = objects.list(folder).map_err(DetailError::Remote)?;
    if listed.is_empty() {
        return Ok(None);
    }
    listed.retain(|object| object.name.ends_with(".parquet"));
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    let file = |object: RemoteObject| RemoteFile {
        objects: objects.clone(),
        name: object.name,
        bytes: object.bytes,
        blocks: Arc::default(),
    };
    Ok(Some(listed.into_iter().map(file).collect()))
}

/// A file in the store, of which blocks are read when they are needed.
#[derive(Clone, Debug)]
pub(crate) struct RemoteFile {
    objects: Arc<dyn RemoteObjects>,
    name: String,
    bytes: u64,
    blocks: Arc<Mutex<Vec<(u64, Bytes)>>>,
}

impl RemoteFile {
    /// The file's address, for messages.
    pub(crate) fn address(&self) -> String {
        self.objects.address(&self.name)
    }

    /// From byte `start` to the end of its block; nothing at the end of the file.
    fn rest_of_block(&self, start: u64) -> Result<Bytes, RemoteFailure> {
        if start >= self.bytes {
            return Ok(Bytes::new());
        }
        let first = start - start % BLOCK;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = blocks.iter().find(|(known, _)| *known == first).map(|(_, block)| block.clone());
        let block = match known {
            Some(block) => block,
            None => {
                let block = self.objects.read(&self.name, first..(first + BLOCK).min(self.bytes))?;
                if blocks.len() >= BLOCKS_KEPT {
                    blocks.remove(0);
                }
                blocks.push((first, block.clone()));
                block
            }
        };
        Ok(block.slice(usize::try_from(start - first)?.min(block.len())..))
    }
}

impl Length for RemoteFile {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for RemoteFile {
    type T = RemoteReader;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(RemoteReader { file: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let mut bytes = Vec::new();
        self.get_read(start)?.take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF("the file ends too early".to_owned())),
        }
    }
}

/// Reads a file from some byte on.
#[derive(Debug)]
pub(crate) struct RemoteReader {
    file: RemoteFile,
    at: u64,
}

impl Read for RemoteReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.rest_of_block(self.at).map_err(io::Error::other)?;
        let read = bytes.as_ref().read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{RowFilter, store::DetailStore};

    /// A store in memory whose clock can be set, and that notes what is read.
    #[derive(Debug, Default)]
    struct Memory {
        objects: Mutex<BTreeMap<String, (Vec<u8>, i64)>>,
        clock: Mutex<i64>,
        reads: Mutex<Vec<Range<u64>>>,
        full: Mutex<bool>,
    }

    impl Memory {
        fn names(&self) -> Vec<String> {
            self.objects.lock().unwrap().keys().cloned().collect()
        }

        fn later(&self, hours: i64) {
            *self.clock.lock().unwrap() += hours * 3600;
        }
    }

    impl RemoteObjects for Memory {
        fn address(&self, name: &str) -> String {
            format!("memory://{name}")
        }

        fn list(&self, folder: &str) -> Result<Vec<RemoteObject>, RemoteFailure> {
            let objects = self.objects.lock().unwrap();
            let below = |name: &str| folder.is_empty() || name.starts_with(&format!("{folder}/"));
            let object = |(name, (content, modified)): (&String, &(Vec<u8>, i64))| RemoteObject {
                name: name.clone(),
                bytes: content.len() as u64,
                modified: *modified,
            };
            Ok(objects.iter().filter(|(name, _)| below(name)).map(object).collect())
        }

        fn put_file(&self, name: &str, from: &Path) -> Result<(), RemoteFailure> {
            if *self.full.lock().unwrap() {
                return Err("memory:// is full; empty it".into());
            }
            self.put(name, &fs::read(from)?)
        }

        fn put(&self, name: &str, content: &[u8]) -> Result<(), RemoteFailure> {
            let now = *self.clock.lock().unwrap();
            self.objects.lock().unwrap().insert(name.to_owned(), (content.to_vec(), now));
            Ok(())
        }

        fn read(&self, name: &str, range: Range<u64>) -> Result<Bytes, RemoteFailure> {
            self.reads.lock().unwrap().push(range.clone());
            let objects = self.objects.lock().unwrap();
            let (content, _) = objects.get(name).ok_or("no such object")?;
            Ok(Bytes::copy_from_slice(&content[usize::try_from(range.start)?..usize::try_from(range.end)?]))
        }

        fn delete(&self, name: &str) -> Result<(), RemoteFailure> {
            self.objects.lock().unwrap().remove(name);
            Ok(())
        }
    }

    fn store() -> (Arc<Memory>, DetailStore) {
        let memory = Arc::new(Memory::default());
        (memory.clone(), DetailStore::remote(memory))
    }

    #[test]
    fn a_complete_import_is_uploaded_and_a_refused_one_leaves_nothing() {
        let (memory, store) = store();
        let writer = store.begin().unwrap();
        let local = writer.path();
        fs::write(local.join("part-00000.parquet"), "x").unwrap();
        assert_eq!(memory.names(), [""; 0], "nothing is there before it is complete");
        let completed = writer.complete().unwrap();
        let name = completed.folder().to_owned();
        assert!(!local.exists(), "the local copy is gone");
        let marker = format!("{name}/cloud-billing-detail-{}.lock", store.owner());
        assert_eq!(memory.names(), [marker, format!("{name}/part-00000.parquet")]);
        drop(completed);
        assert_eq!(memory.names(), [""; 0]);
        let writer = store.begin().unwrap();
        fs::write(writer.path().join("part-00000.parquet"), "x").unwrap();
        writer.complete().unwrap().keep();
        assert_eq!(memory.names().len(), 3);
        assert!(memory.names().iter().any(|name| name.ends_with(KEPT)));
    }

    #[test]
    fn an_upload_that_fails_leaves_nothing() {
        let (memory, store) = store();
        *memory.full.lock().unwrap() = true;
        let writer = store.begin().unwrap();
        fs::write(writer.path().join("part-00000.parquet"), "x").unwrap();
        assert_eq!(writer.complete().unwrap_err().to_string(), "memory:// is full; empty it");
        assert_eq!(memory.names(), [""; 0]);
    }

    #[test]
    fn a_sweep_removes_what_is_dead_and_nothing_else() {
        let (memory, store) = store();
        let import = || killed(&memory, &store);
        let (known, dead, late) = (import(), import(), import());
        let foreign = format!("import-{}", "0".repeat(32));
        memory.put(&format!("{foreign}/letter.txt"), b"not ours").unwrap();
        memory.put("photos/a.jpg", b"not ours").unwrap();
        memory.later(25);
        let running = import();
        // The ledger comes to know `late` between the two questions.
        let mut asked = Vec::new();
        let mut is_known = |name: &str| {
            asked.push(name.to_owned());
            Ok(name == known || (name == late && asked.iter().filter(|known| *known == name).count() > 1))
        };
        assert_eq!(store.sweep(&mut is_known).unwrap(), 1);
        let mut left = memory.names();
        let healed = left.len();
        left.retain(|name| !name.ends_with(KEPT));
        assert_eq!(healed - left.len(), 1, "the known one is marked as kept");
        assert!(!left.iter().any(|name| name.starts_with(&dead)), "{left:?}");
        for name in [&known, &late, &running] {
            assert_eq!(left.iter().filter(|left| left.starts_with(name.as_str())).count(), 2, "{name}");
        }
        assert_eq!(left.len(), 8, "{left:?}");
        // A day after its last sign of life the running one counts as dead.
        memory.later(23);
        assert_eq!(store.sweep(&mut |name| Ok(name != running)).unwrap(), 0);
        memory.later(1);
        assert_eq!(store.sweep(&mut |name| Ok(name != running)).unwrap(), 1);
    }

    /// The folder of an import that was killed before the ledger's transaction, or before it could say how that ended.
    fn killed(memory: &Memory, store: &DetailStore) -> String {
        let writer = store.begin().unwrap();
        fs::write(writer.path().join("part-00000.parquet"), "x").unwrap();
        let completed = writer.complete().unwrap();
        let name = completed.folder().to_owned();
        completed.keep();
        memory.delete(&format!("{name}/{KEPT}")).unwrap();
        name
    }

    #[test]
    fn what_was_kept_once_or_is_another_s_is_never_removed() {
        let (memory, mut store) = store();
        store.begin().unwrap().complete().unwrap().keep();
        // A version before this one put another marker.
        let former = format!("import-{}/cloud-billing-detail.lock", "2".repeat(32));
        memory.put(&former, b"cloud-billing\n").unwrap();
        let own = store.owner().to_owned();
        store.set_owner(&"3".repeat(32));
        killed(&memory, &store);
        store.set_owner(&own);
        let before = memory.names();
        memory.later(1000);
        assert_eq!(store.sweep(&mut |_| Ok(false)).unwrap(), 0);
        assert_eq!(memory.names(), before);
    }

    #[test]
    fn a_sweep_that_cannot_ask_the_ledger_removes_nothing() {
        let (memory, store) = store();
        killed(&memory, &store);
        memory.later(100);
        assert!(store.sweep(&mut |_| Err("no connection".into())).is_err());
        assert_eq!(memory.names().len(), 2);
    }

    #[test]
    fn a_file_is_read_in_blocks_each_of_them_once() {
        let memory = Arc::new(Memory::default());
        let content: Vec<u8> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
        let folder = format!("import-{}", "1".repeat(32));
        memory.put(&format!("{folder}/part-00000.parquet"), &content).unwrap();
        let objects: Arc<dyn RemoteObjects> = memory.clone();
        let file = parts(&objects, &folder).unwrap().unwrap().remove(0);
        assert_eq!(file.len(), 2_400_000);
        for (start, length) in [(2_399_992, 8), (1_048_570, 20), (0, 100), (1_048_576, 1_048_576)] {
            let bytes = file.get_bytes(start, length).unwrap();
            let start = usize::try_from(start).unwrap();
            assert!(bytes == content[start..start + length], "{start}");
        }
        assert!(file.get_bytes(2_399_992, 9).is_err());
        let reads = memory.reads.lock().unwrap().clone();
        assert_eq!(reads, [2_097_152..2_400_000, 0..1_048_576, 1_048_576..2_097_152]);
    }

    #[test]
    fn detail_that_is_not_there_is_named() {
        let (_, store) = store();
        let folder = format!("import-{}", "2".repeat(32));
        let error = store.lookup(&folder, &RowFilter::default(), 1).unwrap_err().to_string();
        let message = "the detail of this import is missing; restore the folder from the backup";
        assert_eq!(error, format!("memory://{folder}: {message}"));
    }
}
