//! The ledger as a whole: opened with its tables up to date, then read and written in transactions.

use std::time::Duration;

use crate::{
    db::{Connection, Location, Mode, Transaction},
    error::StoreError,
    migrate::{self, Migration},
};

/// How long a command waits for another one that holds the ledger.
const WAIT: Duration = Duration::from_secs(600);

/// A connection to a ledger whose tables are up to date.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

impl Database {
    /// Opens the ledger, makes it where it does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached or is none, and when a newer program has used it. See [`StoreError`].
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        Self::open_with(location, WAIT, migrate::MIGRATIONS)
    }

    /// As [`Self::open`], with another bound for waiting and other tables, for tests.
    pub(crate) fn open_with(
        location: &Location,
        wait: Duration,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let mut connection = Connection::open(location, wait)?;
        migrate::run(&mut connection, &location.to_string(), migrations)?;
        Ok(Self { connection })
    }

    /// Runs `f` on one snapshot of the ledger; a change in it is an error.
    ///
    /// # Errors
    /// That of `f`, or that the database failed.
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.within(Mode::Read, f)
    }

    /// Runs `f` as the only writer of the ledger. What it did is stored when it returns `Ok`, and nothing of it when
    /// it returns an error or panics, or when the machine stops.
    ///
    /// # Errors
    /// That of `f`; that the database failed; that another command held the ledger for more than ten minutes.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.within(Mode::Write, f)
    }

    fn within<T, E: From<StoreError>>(
        &mut self,
        mode: Mode,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut transaction = Transaction::begin(&mut self.connection, mode)?;
        let value = f(&mut transaction)?;
        transaction.end()?;
        Ok(value)
    }
}
