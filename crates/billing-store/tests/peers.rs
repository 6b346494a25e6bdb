//! Several processes on one ledger, also killed ones: on a file always, on MariaDB with the feature `mysql`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::Duration,
};

use billing_store::{Database, StoreError, db::Location};

#[cfg(feature = "mysql")]
#[path = "peers/mariadb.rs"]
mod mariadb;

/// Each kind of ledger.
fn run(check: fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    check(&format!("sqlite:{}", folder.path().join("ledger.db").display()));
    #[cfg(feature = "mysql")]
    if let Some(server) = mariadb::MariaDb::start() {
        check(&server.fresh());
    }
}

fn next(db: &mut Database) -> i64 {
    db.write::<_, StoreError>(|transaction| transaction.next_id("test")).unwrap()
}

/// Run by the other tests as another process; by itself, without input, it has nothing to do. Takes as many numbers as it is told and prints each that is stored.
#[test]
fn takes_numbers() {
    let mut lines = io::stdin().lines().map(Result::unwrap);
    let (Some(location), Some(count)) = (lines.next(), lines.next()) else { return };
    let mut db = Database::open(&Location::parse(&location).unwrap()).unwrap();
    for _ in 0..count.parse::<u32>().unwrap() {
        let number = next(&mut db);
        println!("\nstored {number}");
        io::stdout().flush().unwrap();
    }
}

fn start(location: &str, count: u32) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "takes_numbers", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{location}\n{count}\n").as_bytes()).unwrap();
    child
}

/// The numbers that it printed; with `kill_after`, it is killed after so many, in the middle of its work.
fn finish(mut child: Child, kill_after: Option<usize>) -> Vec<i64> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut numbers = Vec::new();
    for line in lines {
        numbers.extend(line.strip_prefix("stored ").map(|number| number.parse::<i64>().unwrap()));
        if kill_after == Some(numbers.len()) {
            child.kill().unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().success(), kill_after.is_none());
    numbers
}

#[test]
fn processes_that_start_together_on_a_new_ledger_all_succeed() {
    run(|location| {
        let children: Vec<_> = (0..4).map(|_| start(location, 25)).collect();
        let mut numbers: Vec<_> = children.into_iter().flat_map(|child| finish(child, None)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    });
}

#[test]
fn a_killed_process_loses_nothing_that_was_stored_and_keeps_no_lock() {
    run(|location| {
        for _ in 0..3 {
            let numbers = finish(start(location, 1_000_000), Some(20));
            let mut db = Database::open(&Location::parse(location).unwrap()).unwrap();
            let start = std::time::Instant::now();
            let (last, after) = (*numbers.last().unwrap(), next(&mut db));
            // it may have stored one more before it could print it
            assert!(after == last + 1 || after == last + 2, "{last} was stored, {after} follows");
            assert!(start.elapsed() < Duration::from_secs(30));
        }
    });
}
