//! Every message that a user can meet: `tests/errors/NAME/` holds what brings it about and the text.
//!
//! A case has `command` (what stands after `cloud-billing`), `code` (the exit code), `expected.txt` (all of stderr, with
//! the working directory as `DIR`), `case.md` (what happened and how to mend it) and, where they are needed, `before` (a
//! shell script that leads there), `env` (settings) and input files. `UPDATE_EXPECT=1` writes `expected.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may panic, looks at the machine, and says what it skipped"
)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use common::{Place, Ran};

/// What is no input of a case.
const OWN_FILES: &[&str] = &["command", "code", "expected.txt", "case.md", "before", "env"];
/// What no message holds: it is for programmers, or a password of a case.
const MARKS: &[&str] =
    &["Some(", "Error {", "Err(", "(os error", "\\\"", "\\n", "anyhow", "panicked", "pa55word"];
/// Cases that hold one all the same.
const EXCUSED: &[(&str, &str)] = &[("detail-url-not-writable", "(os error")];

struct Case {
    folder: PathBuf,
    name: String,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut cases: Vec<Case> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| Case { folder: entry.path(), name: entry.file_name().into_string().unwrap() })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn needed(&self, name: &str) -> String {
        self.read(name).unwrap_or_else(|| panic!("{}: the file {name} is missing", self.name))
    }

    /// A copy of a folder with an empty ledger, with the input files, after what has to come before.
    fn place(&self, ledger: &Place) -> Place {
        let place = Place::copy_of(ledger);
        common::copy(&self.folder, place.root());
        for own in OWN_FILES {
            // Not every case has each of them.
            let _ = fs::remove_file(place.path(own));
        }
        if let Some(script) = self.read("before") {
            let ran: Ran = place.other("sh").args(["-euc", &script]).output().unwrap().into();
            assert_eq!(ran.code, 0, "{}: what comes before fails: {}{}", self.name, ran.out, ran.err);
        }
        place
    }

    fn run(&self, place: &Place) -> Ran {
        let mut command = place.other("sh");
        command.args(["-c", &format!("exec cloud-billing {}", self.needed("command").trim())]);
        for line in self.read("env").unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        let mut ran: Ran = command.output().unwrap().into();
        ran.err = ran.err.replace(&place.root().display().to_string(), "DIR");
        ran
    }

    /// Whether it is about a file that may not be read, and this user may read everything.
    fn is_for_other_users(&self, place: &Place) -> bool {
        self.read("before").is_some_and(|script| script.contains("chmod 000"))
            && fs::File::open(place.path("bill.csv")).is_ok()
    }
}

/// What is wrong with a case; nothing where it is as it should be.
fn check(case: &Case, ledger: &Place, empty: &[String]) -> Vec<String> {
    let place = case.place(ledger);
    if case.is_for_other_users(&place) {
        println!("skipped: needs a user who may not read everything ({})", case.name);
        return Vec::new();
    }
    let views = case.read("before").map_or_else(|| empty.to_vec(), |_| place.views());
    let before = (views, place.other_files());
    let ran = case.run(&place);
    let mut wrong = Vec::new();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(case.folder.join("expected.txt"), &ran.err).unwrap();
    }
    let (code, expected) = (case.needed("code"), case.needed("expected.txt"));
    if ran.code.to_string() != code.trim() {
        wrong.push(format!("ends with {}, expected {}", ran.code, code.trim()));
    }
    if ran.err != expected {
        wrong.push(format!("says\n{}expected\n{expected}", ran.err));
    }
    if matches!(ran.code, 1 | 2) {
        if !ran.out.is_empty() {
            wrong.push(format!("failed and printed a result all the same: {}", ran.out));
        }
        let after = place.books();
        if before != after {
            wrong.push(format!("changed something: {before:#?} became {after:#?}"));
        }
    }
    wrong.extend(style(&case.name, &ran));
    wrong
}

/// What is wrong with the look of a message.
fn style(name: &str, ran: &Ran) -> Vec<String> {
    let mut wrong = Vec::new();
    if matches!(ran.code, 1 | 2) && !ran.err.starts_with("error: ") {
        wrong.push("does not begin with `error: `".to_owned());
    }
    if ran.err.trim().is_empty() || !ran.err.ends_with('\n') || ran.err.contains("\n\n\n") {
        wrong.push("is not lines of text".to_owned());
    }
    for mark in MARKS {
        match (ran.err.contains(mark), EXCUSED.contains(&(name, mark))) {
            (true, false) => wrong.push(format!("holds `{mark}`")),
            (false, true) => wrong.push(format!("is excused for `{mark}`, which it does not hold any more")),
            _ => {}
        }
    }
    for line in ran.err.lines() {
        let parts: Vec<&str> = line.split(": ").collect();
        if let Some(part) = parts.iter().zip(parts.iter().skip(1)).find(|(a, b)| a == b) {
            wrong.push(format!("says `{}` twice", part.0));
        }
    }
    wrong
}

#[test]
fn every_message_of_the_catalogue_is_as_it_is_written() {
    let cases = cases();
    assert!(cases.len() > 100, "only {} cases", cases.len());
    let ledger = Place::new();
    ledger.done(&["migrate"]);
    let empty = ledger.views();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        // The cases wait for the disk most of the time.
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let wrong =
                        check(case, &ledger, &empty).into_iter().map(|what| format!("{}: {what}", case.name));
                    failures.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} findings:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_case_says_in_one_paragraph_what_happened() {
    for case in cases() {
        let text = case.needed("case.md");
        let is_paragraph = text.ends_with(".\n") || text.ends_with(".)\n");
        assert!(is_paragraph && text.lines().count() == 1, "{}: {text}", case.name);
    }
}
