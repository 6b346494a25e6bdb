//! Files of one import that have the same rows: suspected while they are read, and compared from the detail.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::{fmt::Write as _, ops::Range};

use billing_core::flow::admit::{DayOfBoth, RowsAgain};
use billing_detail::Input;
use support::{place, text};

/// A file of rows by their numbers: each is a charge of its own.
fn file(name: &str, rows: Range<u32>) -> Input {
    let mut bill = "account,period,service,cost,currency,tags\n".to_owned();
    for row in rows {
        writeln!(bill, "{},2026-10-01,s-{row},1.{row}1,CHF,", row % 50).unwrap();
    }
    text(name, &bill)
}

fn again(files: [Input; 2]) -> (usize, RowsAgain) {
    let place = place();
    let [first, second] = [files[0].name().to_owned(), files[1].name().to_owned()];
    let imported = place.ingest(&files).unwrap();
    let found = place.store.file_again(imported.detail.folder(), &first, &second).unwrap();
    (imported.suspects.len(), found)
}

fn rows(found: &RowsAgain, count: fn(&DayOfBoth) -> u64) -> u64 {
    found.days.iter().map(count).sum()
}

#[test]
fn rows_of_two_files_are_found_again() {
    let (suspects, found) = again([file("a.csv", 0..300), file("b.csv", 200..1000)]);
    assert_eq!(suspects, 1);
    let counts = [
        rows(&found, |day| day.known_rows),
        rows(&found, |day| day.known_again),
        rows(&found, |day| day.new_rows),
        rows(&found, |day| day.new_again),
    ];
    assert_eq!(counts, [300, 100, 800, 100]);
    assert_eq!(found.total.to_string(), "124.96 CHF");
    assert!(!found.is_a_sample);
    let (suspects, found) = again([file("a.csv", 0..300), file("b.csv", 300..1000)]);
    assert_eq!((suspects, rows(&found, |day| day.new_again)), (0, 0));
}
