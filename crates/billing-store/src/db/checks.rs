//! One list of checks, run on each database: what the ledger relies on must hold everywhere.

mod behaviour;
mod contention;
#[cfg(all(feature = "mysql", unix))]
#[path = "../../tests/peers/mariadb.rs"]
mod mariadb;
mod opening;
mod steps;

use std::time::Duration;

use super::Location;
use crate::Database;
use crate::migrate::Migration;

/// A place for ledgers of the tests.
struct Place<'a> {
    /// Where no ledger is yet.
    fresh: &'a dyn Fn() -> Location,
    /// Whether two connections to one location meet in one ledger.
    shared: bool,
}

type Check = (&'static str, fn(&Place<'_>));

/// A table with a column of each type.
const ITEMS: Migration = Migration {
    version: 1,
    name: "items",
    sql: "
-- every type; a comment may end with a semicolon;
CREATE TABLE item (
    id {id} NOT NULL PRIMARY KEY,
    name {name} UNIQUE, -- up to 255 characters
    code {code},
    note {text},
    cost {amount},
    month {period},
    at {moment},
    active {bool},
    parent {id},
    FOREIGN KEY (parent) REFERENCES item (id)
) {table_options};
CREATE INDEX item_by_month ON item (month, code);
",
};

impl Place<'_> {
    /// An open ledger with [`ITEMS`] where none was.
    fn items(&self) -> Database {
        open(&(self.fresh)())
    }
}

fn open(location: &Location) -> Database {
    Database::open_with(location, Duration::from_secs(60), &[ITEMS]).unwrap()
}

fn all() -> impl Iterator<Item = Check> {
    [behaviour::CHECKS, contention::CHECKS, steps::CHECKS].concat().into_iter()
}

fn run_all(place: &Place<'_>) {
    for (name, check) in all() {
        println!("{name}");
        check(place);
    }
}

#[test]
fn all_hold_in_memory() {
    run_all(&Place { fresh: &|| Location::SqliteMemory, shared: false });
}

#[test]
fn all_hold_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let fresh = || {
        number.set(number.get() + 1);
        Location::SqliteFile(folder.path().join(format!("ledger {}.db", number.get())))
    };
    run_all(&Place { fresh: &fresh, shared: true });
}

#[cfg(all(feature = "mysql", unix))]
#[test]
fn all_hold_on_mariadb() {
    let Some(server) = mariadb::MariaDb::start() else { return };
    let fresh = || Location::parse(&server.fresh()).unwrap();
    run_all(&Place { fresh: &fresh, shared: true });
}
