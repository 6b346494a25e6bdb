//! The files of an import: which ones a list of paths means.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use billing_core::file_name::{FileKind, TABLES, kind_of, refusal};

use crate::error::DetailError;

/// The file that `-` means.
const STANDARD_INPUT: &str = "/dev/stdin";

/// Something to import.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file on this machine.
    File {
        /// The name under which messages and detail speak of it: its path, or the address it was fetched from.
        name: String,
        /// Where it lies.
        path: PathBuf,
    },
    /// What a provider answered, or a sample that is part of the program.
    Bytes {
        /// The name under which messages and detail speak of it.
        name: String,
        /// The content.
        bytes: Arc<[u8]>,
    },
}

impl Input {
    /// A file that is spoken of by its path.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::File { name: path.display().to_string(), path }
    }

    /// The name under which messages and detail speak of it.
    pub fn name(&self) -> &str {
        match self {
            Self::File { name, .. } | Self::Bytes { name, .. } => name,
        }
    }
}

/// The files that paths mean.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What is to be read.
    pub inputs: Vec<Input>,
    /// What lies in the folders and is no part of a bill by its name.
    pub left_out: Vec<String>,
}

/// As [`find`], where nobody asks what was left out.
///
/// # Errors
/// As for [`find`].
pub fn expand(paths: &[PathBuf]) -> Result<Vec<Input>, DetailError> {
    Ok(find(paths)?.inputs)
}

/// The files that paths mean: a file as given, `-` being standard input; of a folder, and of the folders in it, all that
/// tables come in, by the ends of their names. What is surely no part of a bill is left out of folders, see
/// [`billing_core::file_name`].
///
/// # Errors
/// When a path does not exist, when a folder has no such file or one that may be a part of the bill and is not read, and
/// when one file is meant twice: its cost would be counted twice.
pub fn find(paths: &[PathBuf]) -> Result<Found, DetailError> {
    let mut folder = Folder::default();
    for path in paths {
        if path.as_os_str() == "-" {
            folder.files.push(PathBuf::from(STANDARD_INPUT));
            continue;
        }
        let kind = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !kind.is_dir() {
            folder.files.push(path.clone());
            continue;
        }
        let before = folder.files.len();
        folder.walk(path, &mut HashSet::new())?;
        folder.check(path, before)?;
    }
    let mut seen = HashSet::new();
    for file in &folder.files {
        // What has no path of its own, such as a pipe behind /dev/stdin, is known by the one that it is given with.
        if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
            let problem = "the file is given twice; name it once, or its cost would be counted twice";
            return Err(DetailError::input(file.display().to_string(), problem));
        }
    }
    Ok(Found { inputs: folder.files.into_iter().map(Input::file).collect(), left_out: folder.left_out })
}

/// What a folder holds.
#[derive(Default)]
struct Folder {
    files: Vec<PathBuf>,
    left_out: Vec<String>,
    unread: Vec<(String, &'static str)>,
}

impl Folder {
    fn walk(&mut self, folder: &Path, visited: &mut HashSet<PathBuf>) -> Result<(), DetailError> {
        let canonical = folder.canonicalize().map_err(|error| unreadable(folder, &error))?;
        // A link back to a folder above would go round for ever.
        if !visited.insert(canonical) {
            return Ok(());
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
            entries.push(entry.map_err(|error| unreadable(folder, &error))?.path());
        }
        entries.sort();
        for path in entries {
            let shown = path.display().to_string();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                self.left_out.push(shown);
                continue;
            }
            let kind = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
            if kind.is_dir() {
                self.walk(&path, visited)?;
                continue;
            }
            match kind_of(&name) {
                FileKind::Table => self.files.push(path),
                FileKind::Aside => self.left_out.push(shown),
                FileKind::Unread(cure) => self.unread.push((shown, cure)),
            }
        }
        Ok(())
    }

    /// Whether a folder that was walked through, after which there are more files than `before`, can be taken.
    fn check(&self, folder: &Path, before: usize) -> Result<(), DetailError> {
        if let Some((file, problem)) = refusal(&self.unread, "or name the files that are the bill with -f") {
            return Err(DetailError::input(file, problem));
        }
        if self.files.len() == before {
            let [others @ .., last] = TABLES;
            let others = others.join(", ");
            let problem =
                format!("the folder has no {others} or {last} file; name the folder that the export is in");
            return Err(DetailError::input(folder.display().to_string(), problem));
        }
        Ok(())
    }
}

/// The sentence for a file that cannot be opened or read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> DetailError {
    let problem = match error.kind() {
        io::ErrorKind::NotFound => "the file does not exist; check its name and folder".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "the file may not be read; give this user the right to read it".to_owned()
        }
        io::ErrorKind::IsADirectory => {
            "this is a folder; name a file, or let the folder be expanded".to_owned()
        }
        _ => format!("the file cannot be read ({error}); check the disk it is on"),
    };
    DetailError::input(path.display().to_string(), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path, inputs: &[Input]) -> Vec<String> {
        inputs.iter().map(|input| input.name().replace(&format!("{}/", root.display()), "")).collect()
    }

    #[test]
    fn a_folder_means_its_tables_by_name() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("b")).unwrap();
        for name in ["c.csv", "a.CSV.gz", "b/x.zip", "b/manifest.json", "._c.csv", "readme.txt"] {
            fs::write(root.path().join(name), "x").unwrap();
        }
        let inputs = expand(&[root.path().to_owned()]).unwrap();
        assert_eq!(names(root.path(), &inputs), ["a.CSV.gz", "b/x.zip", "c.csv"]);
        let left_out = find(&[root.path().to_owned()]).unwrap().left_out;
        let place = root.path().display();
        assert_eq!(
            left_out,
            ["._c.csv", "b/manifest.json", "readme.txt"].map(|name| format!("{place}/{name}"))
        );
    }

    #[test]
    fn a_folder_with_a_file_that_may_be_of_the_bill_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a.csv", "b.csv.bz2", "part-00001"] {
            fs::write(root.path().join(name), "x").unwrap();
        }
        let error = find(&[root.path().to_owned()]).unwrap_err().to_string();
        let message = "b.csv.bz2: this may be a part of the bill, and such a file is not read (and 1 more such files); \
                       unpack it, or name the files that are the bill with -f";
        assert_eq!(error, format!("{}/{message}", root.path().display()));
        assert_eq!(expand(&[root.path().join("part-00001"), "-".into()]).unwrap().len(), 2);
    }

    #[test]
    fn a_missing_file_an_empty_folder_and_a_file_twice_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().display().to_string();
        let check = |paths: &[&str], message: &str| {
            let paths: Vec<PathBuf> = paths.iter().map(|name| root.path().join(name)).collect();
            assert_eq!(expand(&paths).unwrap_err().to_string(), message.replace("ROOT", &place));
        };
        check(&["no.csv"], "ROOT/no.csv: the file does not exist; check its name and folder");
        fs::create_dir(root.path().join("empty")).unwrap();
        check(
            &["empty"],
            "ROOT/empty: the folder has no .csv, .json, .jsonl, .ndjson, .parquet, .gz or .zip file; name the folder that \
             the export is in",
        );
        fs::write(root.path().join("a.csv"), "x").unwrap();
        check(
            &["a.csv", "empty/../a.csv"],
            "ROOT/empty/../a.csv: the file is given twice; name it once, or its cost would be counted twice",
        );
    }

    #[test]
    fn a_file_that_may_not_be_read_says_so() {
        let error = unreadable(Path::new("a.csv"), &io::ErrorKind::PermissionDenied.into());
        let message = "a.csv: the file may not be read; give this user the right to read it";
        assert_eq!(error.to_string(), message);
    }
}
