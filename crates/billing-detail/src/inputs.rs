//! The files of an import: which ones a list of paths means.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::error::DetailError;

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

/// How the names of files end that are read in a folder.
const ENDINGS: [&str; 7] = [".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".gz", ".zip"];

/// The files that paths mean: a file as given; of a folder, and of the folders in it, all that tables come in, by the
/// ends of their names. Manifests, and files and folders whose name starts with a point, are left out of folders.
///
/// # Errors
/// When a path does not exist, when a folder has no such file, and when one file is meant twice: its cost would be
/// counted twice.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<Input>, DetailError> {
    let mut files = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !kind.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        walk(path, &mut HashSet::new(), &mut files)?;
        if files.len() == before {
            let [others @ .., last] = ENDINGS;
            let others = others.join(", ");
            let problem =
                format!("the folder has no {others} or {last} file; name the folder that the export is in");
            return Err(DetailError::input(path.display().to_string(), problem));
        }
    }
    let mut seen = HashSet::new();
    for file in &files {
        // What has no path of its own, such as a pipe behind /dev/stdin, is known by the one that it is given with.
        if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
            let problem = "the file is given twice; name it once, or its cost would be counted twice";
            return Err(DetailError::input(file.display().to_string(), problem));
        }
    }
    Ok(files.into_iter().map(Input::file).collect())
}

fn walk(folder: &Path, visited: &mut HashSet<PathBuf>, files: &mut Vec<PathBuf>) -> Result<(), DetailError> {
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
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
        let Some(name) = name.filter(|name| !name.starts_with('.')) else { continue };
        let kind = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() {
            walk(&path, visited, files)?;
        } else if !name.ends_with("manifest.json") && ENDINGS.iter().any(|end| name.ends_with(end)) {
            files.push(path);
        }
    }
    Ok(())
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
