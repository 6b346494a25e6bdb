//! A seeded simulator: random histories of imports, master data, bills, voids and withdrawals are played on the
//! program, and an independent model of the rules predicts every line and every reconciliation.
//!
//! `SIMULATE_SEEDS=n` plays that many, from `SIMULATE_FROM` on; `SIMULATE_SEED=n` plays one and tells what happens. A history that fails is
//! made as short as it can be before it is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "these are tests")]

mod auditor;
mod checks;
mod generator;
mod history;
mod known;
mod numbers;
mod oracle;
mod render;
mod run;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use history::History;
use run::{Counts, Failure, play};
use world::Program;

/// How many histories are played unless told otherwise.
const SEEDS: u64 = 1000;
/// A test stops after so many that fail.
const FAILURES_MAX: usize = 5;

fn number_from_environment(name: &str) -> Option<u64> {
    std::env::vars().find(|(known, _)| known == name).and_then(|(_, value)| value.parse().ok())
}

/// Plays a history on a program of its own.
fn play_on_program(history: &History, verbose: bool) -> Result<Counts, Failure> {
    let played =
        catch_unwind(AssertUnwindSafe(|| play(history, &mut Program::new(&history.settings), verbose)));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure { step: 0, message: format!("panicked: {}", text.unwrap_or_default()) })
    })
}

/// The first words of a failure: what kind it is.
fn kind(failure: &Failure) -> String {
    failure.message.split([':', '\n']).next().unwrap_or_default().to_owned()
}

/// Leaves out steps, and then rows and entries of steps, as long as the history still fails in the same way.
fn shrink(history: &History, failure: &Failure) -> (History, Failure) {
    let (mut history, mut failure) = (history.clone(), failure.clone());
    history.steps.truncate(failure.step + 1);
    let mut changed = true;
    while changed {
        changed = false;
        for shorter in (0..history.steps.len()).rev().flat_map(|at| shorter(&history, at)).collect::<Vec<_>>()
        {
            if let Err(again) = play_on_program(&shorter, false)
                && kind(&again) == kind(&failure)
            {
                (history, failure) = (shorter, again);
                changed = true;
                break;
            }
        }
    }
    (history, failure)
}

/// The history without a step, or with less in it.
fn shorter(history: &History, at: usize) -> Vec<History> {
    let mut all = Vec::new();
    let mut without = history.clone();
    without.steps.remove(at);
    all.push(without);
    for less in history::shorter(&history.steps[at]) {
        let mut with = history.clone();
        with.steps[at] = less;
        all.push(with);
    }
    all
}

#[test]
fn a_thousand_histories() {
    if let Some(seed) = number_from_environment("SIMULATE_SEED") {
        let history = generator::history(seed);
        println!("seed {seed}: {}", history);
        let counts = play_on_program(&history, true);
        println!("{counts:#?}");
        counts.unwrap();
        return;
    }
    let seeds = number_from_environment("SIMULATE_SEEDS").unwrap_or(SEEDS);
    let first = number_from_environment("SIMULATE_FROM").unwrap_or_default();
    let next = AtomicU64::new(first);
    let failures: Mutex<Vec<(u64, Failure)>> = Mutex::new(Vec::new());
    let totals: Mutex<Counts> = Mutex::new(Counts::new());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + seeds || failures.lock().unwrap().len() >= FAILURES_MAX {
            return;
        }
        match play_on_program(&generator::history(seed), false) {
            Ok(counts) => {
                let mut totals = totals.lock().unwrap();
                counts.into_iter().for_each(|(what, times)| *totals.entry(what).or_default() += times);
            }
            Err(failure) => failures.lock().unwrap().push((seed, failure)),
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let totals = totals.into_inner().unwrap();
    println!("{totals:#?}");
    let mut failures = failures.into_inner().unwrap();
    failures.sort_by_key(|(seed, _)| *seed);
    if failures.is_empty() {
        return all_happened(seeds, &totals);
    }
    let mut text = String::new();
    for (seed, failure) in &failures {
        let (history, shortest) = shrink(&generator::history(*seed), failure);
        text.push_str(&format!("\nseed {seed}: {failure}\n\nits shortest form: {history}\n{shortest}\n"));
    }
    panic!("{} of {seeds} histories failed{text}", failures.len());
}

/// What must have happened at least once in a hundred histories: a simulator that does nothing finds nothing.
fn all_happened(seeds: u64, totals: &Counts) {
    for what in [
        "imported",
        "already imported",
        "import refused",
        "applied",
        "invoice",
        "nothing to invoice",
        "draft",
        "voided",
        "withdrawn",
        "line of an account",
        "line of a service",
        "line of a position",
        "line of a correction",
        "line of a recovery",
        "line of a carry",
        "line with amount 0",
        "line with an alternative cost centre",
        "version",
        "reconciliation",
        "invoice seen again",
        "export",
        "void file",
        "group",
        "group with a void line",
        "terms",
        "recovery",
    ] {
        let times = totals.get(what).copied().unwrap_or_default();
        assert!(times >= seeds / 100, "'{what}' happened {times} times only");
    }
}
