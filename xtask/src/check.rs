//! A check: a sentence that is always true of the tree, and where it is not.

use std::fmt;

use crate::exceptions::{EXCEPTIONS, Exception};

/// One place where a sentence does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the root of the tree.
    pub path: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// What is wrong there and how to put it right.
    pub message: String,
    /// Whether this is only worth a look and fails nothing.
    pub only_a_note: bool,
}

impl Finding {
    /// A place that breaks the sentence.
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), only_a_note: false }
    }

    /// A place that is close to breaking it.
    pub fn note(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { only_a_note: true, ..Self::new(path, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.only_a_note { "note: " } else { "" };
        match self.line {
            0 => write!(f, "{}: {kind}{}", self.path, self.message),
            line => write!(f, "{}:{line}: {kind}{}", self.path, self.message),
        }
    }
}

/// A sentence and what was found to break it.
pub struct Check {
    /// A short name, by which an exception refers to it.
    pub name: &'static str,
    /// The sentence.
    pub sentence: String,
    /// All places that break it, in the order of the tree.
    pub findings: Vec<Finding>,
}

impl Check {
    /// A check that was carried out.
    pub fn new(name: &'static str, sentence: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self { name, sentence: sentence.into(), findings }
    }
}

/// Prints each check with what it found, less the exceptions. Whether all sentences hold.
pub fn report(checks: Vec<Check>) -> bool {
    let mut broken = 0;
    let mut checks = without_exceptions(checks, EXCEPTIONS);
    for check in &mut checks {
        let fails = check.findings.iter().any(|finding| !finding.only_a_note);
        broken += usize::from(fails);
        println!("{}  {:<22} {}", if fails { "FAILED" } else { "ok    " }, check.name, check.sentence);
        for finding in &check.findings {
            println!("          {finding}");
        }
    }
    println!("{} checks, {broken} failed", checks.len());
    broken == 0
}

/// Takes out what is excepted, and adds a finding for each exception that excepts nothing.
fn without_exceptions(mut checks: Vec<Check>, exceptions: &[Exception]) -> Vec<Check> {
    let mut unused = Vec::new();
    for exception in exceptions {
        let Some(check) = checks.iter_mut().find(|check| check.name == exception.check) else {
            continue;
        };
        let before = check.findings.len();
        check.findings.retain(|finding| finding.path != exception.path);
        if check.findings.len() == before {
            let message = format!(
                "the exception of {} from {} is not needed (any more): take it out",
                exception.path, exception.check
            );
            unused.push(Finding::new("xtask/src/exceptions.rs", 0, message));
        }
    }
    checks.push(Check::new("exceptions", "Each exception is needed", unused));
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_hides_its_file_and_is_reported_when_unused() {
        let one = Check::new("floats", "no floats", vec![Finding::new("a.rs", 3, "f64")]);
        let exceptions = [
            Exception { check: "floats", path: "a.rs", reason: "" },
            Exception { check: "floats", path: "b.rs", reason: "" },
            Exception { check: "of another command", path: "c.rs", reason: "" },
        ];
        let checks = without_exceptions(vec![one], &exceptions);
        assert_eq!(checks[0].findings, []);
        assert_eq!(checks[1].findings.len(), 1);
        assert!(checks[1].findings[0].message.contains("b.rs"));
    }

    #[test]
    fn a_finding_is_a_place_and_a_sentence() {
        assert_eq!(Finding::new("a.rs", 3, "too long").to_string(), "a.rs:3: too long");
        assert_eq!(Finding::note("a.rs", 0, "long").to_string(), "a.rs: note: long");
    }
}
