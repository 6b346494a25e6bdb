//! Files that cannot be a ledger: each gets one sentence with place, cause and cure.

use std::{fs, path::Path};

use super::Location;
use crate::Database;

fn error(path: &Path) -> String {
    let error = Database::open(&Location::SqliteFile(path.to_owned())).unwrap_err().to_string();
    error.replace(&path.display().to_string(), "FILE")
}

#[test]
fn a_file_that_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "These are notes and no ledger. ".repeat(50)).unwrap();
    let sentence = "cannot open the ledger sqlite:FILE: the file is not an SQLite database: name another file, or \
                    restore this one from a backup";
    assert_eq!(error(&path), sentence);
    fs::write(&path, "short").unwrap();
    assert_eq!(error(&path), sentence);
}

#[test]
fn a_damaged_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Database::open(&Location::SqliteFile(path.clone())).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    assert_eq!(
        error(&path),
        "cannot open the ledger sqlite:FILE: the file is damaged: restore it from a backup"
    );
}

#[test]
fn a_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        error(folder.path()),
        "cannot open the ledger sqlite:FILE: it is a folder: name a file in it, such as sqlite:FILE/cloud-billing.db"
    );
}

#[test]
fn a_missing_folder_and_a_file_as_folder() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let message = error(&missing.join("ledger.db"));
    assert_eq!(
        message.replace(&missing.display().to_string(), "FOLDER"),
        "cannot open the ledger sqlite:FILE: the folder FOLDER does not exist: make the folder, or correct the name"
    );
    fs::write(&missing, "a file").unwrap();
    let message = error(&missing.join("ledger.db"));
    assert_eq!(
        message.replace(&missing.display().to_string(), "FOLDER"),
        "cannot open the ledger sqlite:FILE: FOLDER is a file and not a folder: correct the name"
    );
}

#[test]
fn an_empty_name() {
    assert_eq!(
        Database::open(&Location::SqliteFile("".into())).unwrap_err().to_string(),
        "cannot open the ledger sqlite:: its name is empty: name a file, such as sqlite:cloud-billing.db"
    );
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(Database::open(&Location::SqliteFile(path.clone())).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        println!("skipped: needs a user who is not root");
        return;
    }
    let sentence = "cannot open the ledger sqlite:FILE: there is no permission to write the file or its folder: get \
                    the permission, or name another file";
    assert_eq!(error(&path), sentence);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let message = error(&path);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(message, sentence);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(
        error(&path),
        "cannot open the ledger sqlite:FILE: there is no permission to read and write the file and its folder: get \
         the permission, or name another file"
    );
}

/// Names that mean something else to SQLite are names of files here.
#[test]
fn names_are_taken_literally() {
    let folder = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:x?mode=memory", "a?b=c", "ünï cödé.db"] {
        let path = folder.path().join(name);
        drop(Database::open(&Location::SqliteFile(path.clone())).unwrap());
        assert!(path.is_file(), "{name}");
    }
}
