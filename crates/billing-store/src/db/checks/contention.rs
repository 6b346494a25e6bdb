//! Several commands at once: one writes at a time, the others wait, readers wait for nobody.

use std::{
    sync::{Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{Check, ITEMS, Place, open};
use crate::{Database, db::Value, error::StoreError};

pub(super) const CHECKS: &[Check] = &[
    ("eight writers open a new ledger and all succeed", eight_writers_open_a_new_ledger_and_all_succeed),
    ("a writer that waited sees what was stored", a_writer_that_waited_sees_what_was_stored),
    ("a reader sees one snapshot and waits for nobody", a_reader_sees_one_snapshot_and_waits_for_nobody),
    ("a writer gives up in the end", a_writer_gives_up_in_the_end),
    ("opening waits for no writer", opening_waits_for_no_writer),
];

const INSERT: &str = "INSERT INTO item (id, name) VALUES (?, ?)";

fn eight_writers_open_a_new_ledger_and_all_succeed(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for writer in 0..8 {
            let (location, start) = (&location, &start);
            scope.spawn(move || {
                start.wait();
                let mut db = open(location);
                for number in 0..50 {
                    db.write(|transaction| {
                        let id = transaction.next_id("item")?;
                        transaction.execute(INSERT, &[id.into(), format!("{writer}/{number}").into()])
                    })
                    .unwrap();
                }
            });
        }
    });
    let mut db = open(&location);
    let rows = db.read(|transaction| transaction.query("SELECT id FROM item ORDER BY id", &[])).unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.int(0).unwrap()).collect();
    assert_eq!(ids, (1..=400).collect::<Vec<_>>());
}

fn a_writer_that_waited_sees_what_was_stored(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let (mut first, mut second) = (open(&location), open(&location));
    let (holds, held) = mpsc::channel();
    thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            held.recv().unwrap();
            second.write(|transaction| transaction.query("SELECT name FROM item", &[])).unwrap()
        });
        first
            .write(|transaction| {
                holds.send(()).unwrap();
                // long enough for the other to stand before the lock
                thread::sleep(Duration::from_millis(500));
                transaction.execute(INSERT, &[1.into(), "late".into()])
            })
            .unwrap();
        assert_eq!(waiting.join().unwrap()[0].text(0).unwrap(), "late");
    });
}

fn a_reader_sees_one_snapshot_and_waits_for_nobody(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let (mut writer, mut reader) = (open(&location), open(&location));
    let count = "SELECT COUNT(*) FROM item";
    reader
        .read(|snapshot| {
            // stored after the snapshot began, before its first question
            writer.write(|transaction| transaction.execute(INSERT, &[1.into(), Value::Null]))?;
            assert_eq!(snapshot.query(count, &[])?[0].int(0)?, 0);
            writer.write(|transaction| transaction.execute(INSERT, &[2.into(), Value::Null]))?;
            assert_eq!(snapshot.query(count, &[])?[0].int(0)?, 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    writer
        .write(|transaction| {
            transaction.execute(INSERT, &[3.into(), Value::Null])?;
            // what is not stored yet is not seen, and the question does not wait
            let rows = reader.read(|snapshot| snapshot.query(count, &[]))?;
            assert_eq!(rows[0].int(0)?, 2);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn a_writer_gives_up_in_the_end(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let mut holder = open(&location);
    let mut other = Database::open_with(&location, Duration::from_secs(1), &[ITEMS]).unwrap();
    holder
        .write(|_| {
            let start = Instant::now();
            let error = other.write(|_| Ok::<_, StoreError>(())).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the ledger is in use by another command and was not free within 1 seconds: wait until that command \
                 has ended, or end it, and start again"
            );
            assert!(start.elapsed() > Duration::from_millis(900));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    other.write(|transaction| transaction.next_id("item")).unwrap();
}

fn opening_waits_for_no_writer(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let mut holder = open(&location);
    holder
        .write(|transaction| {
            transaction.execute(INSERT, &[1.into(), Value::Null])?;
            Database::open_with(&location, Duration::from_secs(1), &[ITEMS])
        })
        .unwrap();
}
