//! A folder with a ledger of its own, in which the program is run as its users run it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "each test uses a part of this; a test may panic and looks at the machine"
)]

pub mod export;
pub mod report;
pub mod usage;
pub mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cloud-billing");

/// A temporary folder: the working directory, the home, and the place of the ledger and the exports.
pub struct Place {
    root: tempfile::TempDir,
}

/// How a command ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("results are UTF-8"),
            err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }
}

impl Place {
    /// An empty folder.
    pub fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    /// A copy of a folder with all that is in it.
    pub fn copy_of(other: &Self) -> Self {
        let place = Self::new();
        copy(other.root(), place.root());
        place
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Reads a file of it.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program with these arguments, in this folder and with no settings from outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.other(PROGRAM);
        command.args(arguments);
        command
    }

    /// Another program, in the same surroundings; the program under test is on its path.
    pub fn other(&self, program: &str) -> Command {
        let own = Path::new(PROGRAM).parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root()).stdin(std::process::Stdio::null());
        command.env("PATH", format!("{own}:{path}")).env("HOME", self.root());
        command
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the program, which has to end with 0 and say nothing on stderr that begins with `error`.
    pub fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
        ran
    }

    /// What a listing says, as JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.run(&[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}"))
    }

    /// What a command that failed must leave as it was: the books and all other files. There must be a ledger.
    pub fn books(&self) -> (Vec<String>, Vec<String>) {
        (self.views(), self.other_files())
    }

    /// The books as their users see them. There must be a ledger.
    pub fn views(&self) -> Vec<String> {
        let views: [&[&str]; 5] = [
            &["imports", "-o", "json"],
            &["imports", "--rejected", "-o", "json"],
            &["invoices", "-o", "json"],
            &["catalog", "-o", "yaml"],
            &["fx", "-o", "json"],
        ];
        views.iter().map(|arguments| self.done(arguments).out).collect()
    }

    /// All files but the ledger's own.
    pub fn other_files(&self) -> Vec<String> {
        let is_own = |name: &String| name.starts_with("cloud-billing.db") || name == "cloud-billing.detail/";
        self.files(".").into_iter().filter(|name| !is_own(name)).collect()
    }

    /// The names of all files below a folder of this one, sorted; none where there is no such folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        list(&self.path(folder), "", &mut names);
        names.sort();
        names
    }
}

/// Copies what is in a folder into another one.
pub fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => {
                fs::create_dir(&target).unwrap();
                copy(&entry.path(), &target);
            }
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn list(folder: &Path, before: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => {
                names.push(format!("{name}/"));
                list(&entry.path(), &format!("{name}/"), names);
            }
            false => names.push(name),
        }
    }
}
