//! The folders under `DETAIL_URL`: one for each import, written once and never changed.
//!
//! Several ledgers may keep their detail in one place, a copy or an older state of one among them. So a folder says by
//! its marker's name whose import began it, and by a second file that it was in force once. On this machine, it belongs
//! to an import that runs as long as the lock on its marker is held. A folder of one's own that the ledger does not
//! know, that nobody locks and that was never kept is left over from a crash: `sweep` removes it, and nothing else.
//! Beyond this machine [`mod@crate::remote`] says how it is done.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use billing_core::flow::admit::{DayAgain, RowsAgain};
use tempfile::TempDir;

use crate::{
    compared::LineItems,
    days::{self, Of},
    error::{DetailError, LedgerError},
    lookup::{self, DetailRow, Part, RowFilter},
    owner::{KEPT, Owner, is_folder_name, new_folder_name},
    remote::{self, RemoteObjects, Uploaded},
    repeats::repeats,
};

/// The place for line-item detail.
#[derive(Clone, Debug)]
pub struct DetailStore {
    place: Place,
    owner: Owner,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Remote(Arc<dyn RemoteObjects>),
}

/// A folder that an import may write to. Dropped unfinished, it removes the folder.
#[derive(Debug)]
pub struct DetailWriter {
    folder: Folder,
    /// Where it is to be uploaded, and what removes the local folder.
    remote: Option<(Arc<dyn RemoteObjects>, TempDir)>,
}

/// A folder whose detail is complete and on the disk. It keeps the lock; dropped without [`CompletedDetail::keep`], it
/// removes the folder: an import that was refused leaves nothing.
#[derive(Debug)]
pub struct CompletedDetail {
    name: String,
    content: CompletedContent,
}

#[derive(Debug)]
enum CompletedContent {
    Folder(Folder),
    Remote(Uploaded),
}

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    name: String,
    owner: Owner,
    /// Holds the lock; closing it gives the lock back.
    marker: File,
    keep: bool,
}

impl DetailStore {
    /// Opens `file:/path`, `file:///path` or a bare path. The folder is made when the first import needs it.
    ///
    /// # Errors
    /// When the address names something else than a folder of this machine.
    pub fn open(url: &str) -> Result<Self, DetailError> {
        let refuse = |problem: &str| Err(DetailError::store(format!("DETAIL_URL {url}"), problem));
        let expected = "expected a folder like file:/var/lib/cloud-billing/detail, or one of an object store like \
                        s3://bucket/folder, az://container/folder or gs://bucket/folder";
        let path = match url.split_once(':') {
            // One letter is a drive, not a scheme.
            Some((scheme, _)) if scheme.len() < 2 || !is_scheme(scheme) => url,
            None => url,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => match rest.strip_prefix("//") {
                None => rest,
                Some(path) if path.starts_with('/') => path,
                Some(path) => match path.strip_prefix("localhost") {
                    Some(path) if path.starts_with('/') => path,
                    _ => return refuse(&format!("a folder of another machine is not supported; {expected}")),
                },
            },
            Some((scheme, _)) => {
                return refuse(&format!("{scheme}: is not supported in this version; {expected}"));
            }
        };
        if path.trim().is_empty() {
            return refuse(&format!("no folder is named; {expected}"));
        }
        Ok(Self { place: Place::Folder(PathBuf::from(path)), owner: Owner::new() })
    }

    /// Keeps detail beyond this machine.
    pub fn remote(objects: Arc<dyn RemoteObjects>) -> Self {
        Self { place: Place::Remote(objects), owner: Owner::new() }
    }

    /// Whose imports write here: 32 hexadecimal digits, which nobody else has until they are given to another store.
    pub fn owner(&self) -> &str {
        &self.owner.0
    }

    /// Writes and sweeps for this owner from now on.
    pub fn set_owner(&mut self, owner: &str) {
        self.owner = Owner(owner.to_owned());
    }

    /// Makes a new folder and takes its lock. Beyond this machine nothing is made yet.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn begin(&self) -> Result<DetailWriter, DetailError> {
        match &self.place {
            Place::Folder(root) => {
                Ok(DetailWriter { folder: Folder::begin(root, &self.owner)?, remote: None })
            }
            Place::Remote(objects) => {
                let temporary =
                    tempfile::Builder::new().prefix("cloud-billing-detail-").tempdir().map_err(|error| {
                        let folder = std::env::temp_dir();
                        DetailError::store_io(&folder, "making a temporary folder for detail", &error)
                    })?;
                let folder = Folder::begin(temporary.path(), &self.owner)?;
                Ok(DetailWriter { folder, remote: Some((objects.clone(), temporary)) })
            }
        }
    }

    /// Removes the folders of this owner that were never kept, that the ledger does not know and that no running import
    /// holds; tells how many.
    ///
    /// `is_known` is asked again once the folder's lock is held: an import that commits in between is safe. What is
    /// not one of this owner's folders by name and marker is never touched.
    ///
    /// # Errors
    /// When a folder cannot be read or removed, or `is_known` fails.
    pub fn sweep(
        &self,
        is_known: &mut dyn FnMut(&str) -> Result<bool, LedgerError>,
    ) -> Result<usize, DetailError> {
        let root = match &self.place {
            Place::Folder(root) => root,
            Place::Remote(objects) => return remote::sweep(objects.as_ref(), &self.owner, is_known),
        };
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(DetailError::store_io(root, "listing the folder", &error)),
        };
        let mut removed = 0;
        for entry in entries {
            let entry = entry.map_err(|error| DetailError::store_io(root, "listing the folder", &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_folder || !is_folder_name(&name) || path.join(KEPT).exists() {
                continue;
            }
            let Ok(marker) = File::open(path.join(self.owner.marker())) else {
                // Without this owner's marker it is another's, unless an import or a sweep was killed beside it: then it
                // is empty, and only an empty folder can be removed so. An import that just made it goes on with another.
                removed += usize::from(fs::remove_dir(&path).is_ok());
                continue;
            };
            if is_known(&name).map_err(DetailError::Ledger)? {
                // Its import was killed before it could say so.
                keep(&path);
                continue;
            }
            if marker.try_lock().is_err() || is_known(&name).map_err(DetailError::Ledger)? {
                continue;
            }
            remove(&path, &self.owner)
                .map_err(|error| DetailError::store_io(&path, "removing the folder", &error))?;
            removed += 1;
        }
        Ok(removed)
    }

    /// The line items of a folder that fit the filter, in the order in which they were imported, at most `limit`.
    ///
    /// # Errors
    /// When the folder is missing or damaged.
    pub fn lookup(
        &self,
        folder: &str,
        filter: &RowFilter,
        limit: usize,
    ) -> Result<Vec<DetailRow>, DetailError> {
        lookup::rows(&self.parts(folder)?, filter, limit)
    }

    /// The days of these accounts of which line items of the folders `known` stand in the folders `new` again.
    ///
    /// # Errors
    /// When a folder is missing or damaged.
    pub fn days_again(
        &self,
        known: &[String],
        new: &[String],
        of: &Of,
    ) -> Result<Vec<DayAgain>, DetailError> {
        let parts = self.parts_of(known)?;
        let new = self.parts_of(new)?;
        days::again(LineItems { parts: &parts, file: None }, LineItems { parts: &new, file: None }, of)
    }

    /// How much of the line items of the folders `known` stands in the folder `new` again.
    ///
    /// # Errors
    /// When a folder is missing or damaged.
    pub fn rows_again(&self, known: &[String], new: &str) -> Result<RowsAgain, DetailError> {
        let parts = self.parts_of(known)?;
        let new = self.parts(new)?;
        repeats(LineItems { parts: &parts, file: None }, LineItems { parts: &new, file: None })
    }

    /// How much of one file stands in another one of the same folder again.
    ///
    /// # Errors
    /// When the folder is missing or damaged.
    pub fn file_again(&self, folder: &str, known: &str, new: &str) -> Result<RowsAgain, DetailError> {
        let parts = &self.parts(folder)?;
        repeats(LineItems { parts, file: Some(known) }, LineItems { parts, file: Some(new) })
    }

    fn parts_of(&self, folders: &[String]) -> Result<Vec<Part>, DetailError> {
        let parts = folders.iter().map(|folder| self.parts(folder)).collect::<Result<Vec<_>, _>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// The files of a folder.
    fn parts(&self, folder: &str) -> Result<Vec<Part>, DetailError> {
        let missing = |place: String| {
            let problem = "the detail of this import is missing; restore the folder from the backup";
            Err(DetailError::store(place, problem))
        };
        match &self.place {
            Place::Folder(root) => {
                let path = root.join(folder);
                if !is_folder_name(folder) || !path.is_dir() {
                    return missing(path.display().to_string());
                }
                lookup::local_parts(&path)
            }
            Place::Remote(objects) => {
                let parts = match is_folder_name(folder) {
                    true => remote::parts(objects, folder)?,
                    false => None,
                };
                let Some(parts) = parts else { return missing(objects.address(folder)) };
                Ok(parts.into_iter().map(Part::Remote).collect())
            }
        }
    }
}

impl Folder {
    /// Makes a new folder below a root and takes its lock.
    fn begin(root: &Path, owner: &Owner) -> Result<Self, DetailError> {
        let failed = |error: &io::Error| DetailError::store_io(root, "making a folder for detail", error);
        fs::create_dir_all(root).map_err(|error| failed(&error))?;
        // A few attempts, in case a sweep takes the folder in the moment before it is locked.
        for _ in 0..100 {
            let name = new_folder_name();
            let path = root.join(&name);
            match fs::create_dir(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(&error)),
            }
            let marker_path = path.join(owner.marker());
            let marker = match File::create_new(&marker_path) {
                Ok(marker) => marker,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(&error)),
            };
            match marker.try_lock() {
                Ok(()) if marker_path.exists() => {
                    let (root, owner) = (root.to_owned(), owner.clone());
                    return Ok(Self { root, name, owner, marker, keep: false });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
        }
        Err(DetailError::Internal("no folder for detail could be locked".to_owned()))
    }

    fn path(&self) -> PathBuf {
        self.root.join(&self.name)
    }
}

impl DetailWriter {
    /// The name of the folder.
    pub fn folder(&self) -> &str {
        &self.folder.name
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path()
    }

    /// Makes sure that the folder itself, with the files in it, outlasts a power failure; or uploads it.
    pub(crate) fn complete(self) -> Result<CompletedDetail, DetailError> {
        let name = self.folder.name.clone();
        if let Some((objects, _temporary)) = &self.remote {
            let uploaded = Uploaded::new(objects.clone(), &self.folder.owner, &name, &self.folder.path())?;
            return Ok(CompletedDetail { name, content: CompletedContent::Remote(uploaded) });
        }
        for path in [&self.folder.path(), &self.folder.root] {
            File::open(path)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| DetailError::store_io(path, "writing the folder to the disk", &error))?;
        }
        Ok(CompletedDetail { name, content: CompletedContent::Folder(self.folder) })
    }
}

impl CompletedDetail {
    /// The name of the folder, for the ledger.
    pub fn folder(&self) -> &str {
        &self.name
    }

    /// Keeps the folder, once the ledger knows it, and gives the lock back.
    pub fn keep(mut self) {
        match &mut self.content {
            CompletedContent::Folder(folder) => {
                keep(&folder.path());
                folder.keep = true;
            }
            CompletedContent::Remote(uploaded) => uploaded.keep(),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next sweep.
        if !self.keep {
            let _ = remove(&self.path(), &self.owner);
        }
        let _ = self.marker.unlock();
    }
}

/// Removes a folder; its marker last, so that a removal that was cut short is taken up by the next sweep.
fn remove(path: &Path, owner: &Owner) -> io::Result<()> {
    let marker = owner.marker();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() != *marker {
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => fs::remove_file(entry.path())?,
            }
        }
    }
    fs::remove_file(path.join(marker))?;
    fs::remove_dir(path)
}

/// Says that a folder's detail is in force. Where that fails the ledger knows it all the same, and the next sweep says it.
fn keep(path: &Path) {
    let _ = File::create(path.join(KEPT));
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::PREFIX;

    fn store() -> (tempfile::TempDir, DetailStore) {
        let root = tempfile::tempdir().unwrap();
        let store = DetailStore::open(&root.path().join("detail").display().to_string()).unwrap();
        (root, store)
    }

    fn root(store: &DetailStore) -> &Path {
        match &store.place {
            Place::Folder(root) => root,
            Place::Remote(_) => panic!("this is a store beyond this machine"),
        }
    }

    #[test]
    fn an_address_is_a_folder_of_this_machine() {
        for (url, path) in [
            ("file:/var/detail", "/var/detail"),
            ("file:///var/detail", "/var/detail"),
            ("FILE://localhost/var/detail", "/var/detail"),
            ("file:detail", "detail"),
            ("detail", "detail"),
            ("/a:b/detail", "/a:b/detail"),
            ("C:\\detail", "C:\\detail"),
        ] {
            assert_eq!(root(&DetailStore::open(url).unwrap()), Path::new(path), "{url}");
        }
        for (url, message) in [
            ("s3://bucket/detail", "DETAIL_URL s3://bucket/detail: s3: is not supported in this version"),
            ("file://host/detail", "DETAIL_URL file://host/detail: a folder of another machine is not"),
            ("file:", "DETAIL_URL file:: no folder is named; expected a folder like file:/var/lib/"),
        ] {
            let error = DetailStore::open(url).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_refused_import_leaves_nothing_and_a_kept_one_stays() {
        let (_root, store) = store();
        let writer = store.begin().unwrap();
        let path = writer.path();
        assert!(path.exists());
        drop(writer);
        assert!(!path.exists());
        let completed = store.begin().unwrap().complete().unwrap();
        let path = root(&store).join(completed.folder());
        drop(completed);
        assert!(!path.exists());
        let completed = store.begin().unwrap().complete().unwrap();
        let path = root(&store).join(completed.folder());
        completed.keep();
        assert!(path.exists());
    }

    #[test]
    fn a_sweep_removes_orphans_and_nothing_else() {
        let (_root, store) = store();
        assert_eq!(store.sweep(&mut |_| Ok(false)).unwrap(), 0);
        let (known, orphan, late) = (killed(&store), killed(&store), killed(&store));
        fs::write(root(&store).join(&orphan).join("part-00000.parquet"), "x").unwrap();
        let running = store.begin().unwrap();
        let foreign = format!("{PREFIX}{}", "0".repeat(32));
        for name in [foreign.as_str(), "import-mine", "photos"] {
            fs::create_dir(root(&store).join(name)).unwrap();
        }
        fs::write(root(&store).join(&foreign).join("letter.txt"), "not ours").unwrap();
        // What a kill left before its marker: empty.
        let unmarked = format!("{PREFIX}{}", "1".repeat(32));
        fs::create_dir(root(&store).join(&unmarked)).unwrap();
        // The ledger comes to know `late` between the two questions.
        let mut asked = Vec::new();
        let removed = store
            .sweep(&mut |name| {
                asked.push(name.to_owned());
                Ok(name == known || (name == late && asked.iter().filter(|known| *known == name).count() > 1))
            })
            .unwrap();
        assert_eq!(removed, 2);
        assert!(!root(&store).join(&orphan).exists() && !root(&store).join(&unmarked).exists());
        for name in [known.as_str(), &late, running.folder(), &foreign, "import-mine", "photos"] {
            assert!(root(&store).join(name).exists(), "{name}");
        }
    }

    /// The folder of an import that was killed before the ledger's transaction, or before it could say how that ended.
    fn killed(store: &DetailStore) -> String {
        let mut completed = store.begin().unwrap().complete().unwrap();
        let CompletedContent::Folder(folder) = &mut completed.content else { unreachable!() };
        folder.keep = true;
        completed.folder().to_owned()
    }

    #[test]
    fn what_was_kept_once_or_is_another_s_is_never_removed() {
        let (_root, mut store) = store();
        let completed = store.begin().unwrap().complete().unwrap();
        let kept = completed.folder().to_owned();
        completed.keep();
        // A version before this one put another marker.
        let former = format!("{PREFIX}{}", "2".repeat(32));
        fs::create_dir(root(&store).join(&former)).unwrap();
        fs::write(root(&store).join(&former).join("cloud-billing-detail.lock"), "").unwrap();
        let (healed, own) = (killed(&store), store.owner().to_owned());
        store.set_owner(Owner::new().0.as_str());
        let foreign = killed(&store);
        store.set_owner(&own);
        assert_eq!(store.sweep(&mut |name| Ok(name == healed)).unwrap(), 0);
        // An older state of the ledger knows nothing of them.
        assert_eq!(store.sweep(&mut |_| Ok(false)).unwrap(), 0);
        for name in [&kept, &former, &healed, &foreign] {
            assert!(root(&store).join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_sweep_that_cannot_ask_the_ledger_removes_nothing() {
        let (_root, store) = store();
        killed(&store);
        let error = store.sweep(&mut |_| Err("no connection".into())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the ledger could not be asked which detail folders it knows: no connection"
        );
        assert_eq!(fs::read_dir(root(&store)).unwrap().count(), 1);
    }

    #[test]
    fn only_folders_of_imports_are_looked_into() {
        let (_root, store) = store();
        let error = store.lookup("../../etc", &RowFilter::default(), 1).unwrap_err().to_string();
        assert!(error.ends_with("is missing; restore the folder from the backup"), "{error}");
    }
}
