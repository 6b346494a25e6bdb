//! The checks and generators of the tree: `cargo run -p xtask -- help`.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

mod arrows;
mod bench;
mod check;
mod docs;
mod exceptions;
mod module_paths;
mod source;
mod tidy;
mod tree;

use std::{path::PathBuf, process::ExitCode};

const HELP: &str = "\
The checks and generators of the tree.

Usage: cargo run -q -p xtask -- COMMAND

  arrows         which crate and which folder may know what: dependencies, IO, SQL, floats, rounding
  tidy           how the tree is written: module docs, lengths, open ends, dead files, what ARCHITECTURE.md names
  docs           writes docs/settings.md, docs/importers.md and docs/errors.md from the program and its tests
  docs --check   fails where one of them is stale
  bench-data     writes a made-up bill for measuring: bench-data cur|focus --rows N [--seed S] [--out FILE|-]
                 [--control FILE]; the control file, else the standard error, tells what it adds up to
  scenario       writes a made-up month of a provider with the right results beside it: docs/made-up-months.md
  help           this text

Each check prints the sentence that it keeps true, and file:line where it is broken.
What is allowed all the same stands with its reason in xtask/src/exceptions.rs.
Example: cargo run -q -p xtask -- tidy
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["arrows"] => run(|root| arrows::run(&root)),
        ["tidy"] => run(|root| tidy::run(&root)),
        ["docs"] => run(|root| docs::write(&root)),
        ["docs", "--check"] => run(|root| docs::check(&root)),
        ["bench-data", ref arguments @ ..] => bench::run(arguments).map(|()| true),
        ["scenario", ref arguments @ ..] => xtask::scenario::run(arguments).map(|told| {
            print!("{told}");
            true
        }),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command on the folder of the workspace. `Ok(false)` where a check failed.
fn run(command: impl FnOnce(PathBuf) -> Result<bool, String>) -> Result<bool, String> {
    command(tree::root()?)
}
