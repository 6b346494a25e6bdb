//! The life of the tables: steps are run once, in order, and never changed.

use std::time::Duration;

use super::{Check, ITEMS, Place, open};
use crate::{Database, db::Location, error::StoreError, migrate::Migration};

pub(super) const CHECKS: &[Check] = &[
    ("a step is run once", a_step_is_run_once),
    ("a new step keeps what is there", a_new_step_keeps_what_is_there),
    ("a changed step is refused, another layout is not", a_changed_step_is_refused_another_layout_is_not),
    ("a newer ledger is refused", a_newer_ledger_is_refused),
    ("a step that fails is run again", a_step_that_fails_is_run_again),
    ("a missing lock is noticed", a_missing_lock_is_noticed),
    ("tables of another program are refused", tables_of_another_program_are_refused),
    ("the tables of the ledger can be made", the_tables_of_the_ledger_can_be_made),
];

const MORE: Migration = Migration {
    version: 2,
    name: "more",
    sql: "CREATE TABLE more (id {id} NOT NULL PRIMARY KEY) {table_options};",
};

fn open_with(location: &Location, migrations: &[Migration]) -> Result<Database, StoreError> {
    Database::open_with(location, Duration::from_secs(60), migrations)
}

fn a_step_is_run_once(place: &Place<'_>) {
    let location = (place.fresh)();
    for _ in 0..2 {
        let mut db = open(&location);
        let rows = db
            .read(|transaction| {
                transaction.query("SELECT version, name, applied_at FROM schema_migrations", &[])
            })
            .unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].int(0).unwrap(), rows[0].text(1).unwrap()), (1, "items"));
        assert_eq!(rows[0].optional_text(2).unwrap(), None);
    }
}

fn a_new_step_keeps_what_is_there(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    open(&location)
        .write(|transaction| transaction.execute("INSERT INTO item (id) VALUES (7)", &[]))
        .unwrap();
    let mut db = open_with(&location, &[ITEMS, MORE]).unwrap();
    db.write(|transaction| transaction.execute("INSERT INTO more (id) VALUES (1)", &[])).unwrap();
    let rows = db.read(|transaction| transaction.query("SELECT id FROM item", &[])).unwrap();
    assert_eq!(rows[0].int(0).unwrap(), 7);
}

fn a_changed_step_is_refused_another_layout_is_not(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    open_with(&location, &[MORE]).unwrap();
    let layout = "-- a comment\r\nCREATE TABLE more\r\n  (id {id} NOT NULL PRIMARY KEY) -- another\r\n  {table_options};\r\n";
    open_with(&location, &[Migration { sql: layout, ..MORE }]).unwrap();
    let changed = Migration { sql: "CREATE TABLE more (id {int}) {table_options};", ..MORE };
    let error = open_with(&location, &[changed]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the ledger {location} was made with another form of the schema step 0002_more: use the version of the \
             program that made it, or a new ledger"
        )
    );
}

fn a_newer_ledger_is_refused(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    open_with(&location, &[ITEMS, MORE]).unwrap();
    let error = open_with(&location, &[ITEMS]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the ledger {location} has schema version 2, this program knows versions up to 1: use a newer version of \
             the program"
        )
    );
}

/// As when the machine stops in the middle of a step: on MySQL its first tables are there and no record of it is.
fn a_step_that_fails_is_run_again(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let broken = "CREATE TABLE a (id {id} NOT NULL PRIMARY KEY, b {int}) {table_options};
        CREATE INDEX a_by_b ON a (b);
        CREATE TABLE c (id {id} NOT NULL PRIMARY KEY, FOREIGN KEY) {table_options};";
    let step = Migration { version: 1, name: "two", sql: broken };
    let error = open_with(&location, &[step]).unwrap_err().to_string();
    let start = format!("the ledger {location} could not take the schema step 0001_two: ");
    assert!(error.starts_with(&start) && error.ends_with(": mend this and start again"), "{error}");
    let mended = "CREATE TABLE a (id {id} NOT NULL PRIMARY KEY, b {int}) {table_options};
        CREATE INDEX a_by_b ON a (b);
        CREATE TABLE c (id {id} NOT NULL PRIMARY KEY) {table_options};";
    for _ in 0..2 {
        let mut db = open_with(&location, &[Migration { sql: mended, ..step }]).unwrap();
        db.read(|transaction| transaction.query("SELECT a.b, c.id FROM a, c", &[])).unwrap();
    }
}

fn a_missing_lock_is_noticed(place: &Place<'_>) {
    let mut db = place.items();
    db.write(|transaction| transaction.execute("DELETE FROM ledger_lock", &[])).unwrap();
    let result = db.write(|transaction| transaction.next_id("item"));
    // SQLite locks the file and needs no row
    assert!(matches!(result, Ok(1) | Err(StoreError::Damaged { .. })), "{result:?}");
}

fn tables_of_another_program_are_refused(place: &Place<'_>) {
    if !place.shared {
        return;
    }
    let location = (place.fresh)();
    let mut db = open(&location);
    for table in ["schema_migrations", "sequences", "ledger_lock"] {
        db.write(|transaction| transaction.execute(&format!("DROP TABLE {table}"), &[])).unwrap();
    }
    let error = open_with(&location, &[ITEMS]).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "cannot open the ledger {location}: it holds the tables of another program, such as item: name a new file \
             or an empty database"
        )
    );
}

fn the_tables_of_the_ledger_can_be_made(place: &Place<'_>) {
    let location = (place.fresh)();
    Database::open(&location).unwrap();
    if place.shared {
        Database::open(&location).unwrap();
    }
}
