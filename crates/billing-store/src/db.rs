//! The ledger's database: SQLite, and behind the feature `mysql` MySQL and MariaDB, through one set of statements.
//!
//! Statements are standard SQL with `?` for values; [`crate::dialect`] knows what differs. There is one writer at a
//! time: [`Database::write`](crate::Database::write) takes the ledger's lock before anything else and waits for it, so a writer sees all that
//! was committed before and never has to start over. [`Database::read`](crate::Database::read) sees one snapshot and waits for nobody.
//!
//! After a failed statement a transaction takes no further ones and cannot be committed, on every database: one that
//! went on would store half of what was meant.

#[cfg(test)]
mod checks;
mod location;
#[cfg(feature = "mysql")]
mod mysql;
mod sqlite;
mod value;

pub use location::Location;
#[cfg(feature = "mysql")]
pub use location::MySqlServer;
pub use value::{Row, Value};

use std::time::Duration;

use crate::{
    dialect::Dialect,
    error::{StoreError, brief},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// An open transaction. Dropped without [`Self::end`], also by a panic, it is rolled back.
#[derive(Debug)]
pub struct Transaction<'a> {
    connection: &'a mut Connection,
    mode: Mode,
    /// A statement failed.
    failed: bool,
    /// It was committed or rolled back.
    ended: bool,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(connection: &'a mut Connection, mode: Mode) -> Result<Self, StoreError> {
        let dialect = connection.dialect();
        let transaction = Self { connection, mode, failed: false, ended: false };
        let statements = match mode {
            Mode::Read => dialect.begin_read(),
            Mode::Write => dialect.begin_write(),
        };
        for sql in statements {
            transaction.connection.run(sql)?;
        }
        if let (Mode::Write, Some(lock)) = (mode, dialect.lock())
            && transaction.connection.query(lock, &[])?.is_empty()
        {
            let what = "the row of its table ledger_lock is missing".to_owned();
            return Err(StoreError::Damaged { what });
        }
        Ok(transaction)
    }

    /// Runs a statement that changes rows and tells how many it met.
    ///
    /// # Errors
    /// When the database refuses it, or within [`Database::read`](crate::Database::read).
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.change(sql, |connection| connection.execute(sql, params))
    }

    /// Runs a statement that changes rows once for each row of values; the statement is prepared only once.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn execute_each<'v>(
        &mut self,
        sql: &str,
        rows: impl IntoIterator<Item = Vec<Value<'v>>>,
    ) -> Result<(), StoreError> {
        let mut rows = rows.into_iter();
        self.change(sql, |connection| connection.execute_each(sql, &mut rows))
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// When the database refuses it.
    pub fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        self.attempt(sql, |connection| connection.query(sql, params))
    }

    /// Hands each row of a query to `visit`, one after the other: what is read in large numbers is never held at once,
    /// and the row's texts share their memory.
    ///
    /// # Errors
    /// When the database refuses it, and what `visit` says.
    pub fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut visit: impl FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.attempt(sql, |connection| connection.each(sql, params, &mut visit))
    }

    /// What `read` makes of each row of a query.
    ///
    /// # Errors
    /// When the database refuses it, and what `read` says.
    pub fn map<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The row of a query that yields at most one.
    ///
    /// # Errors
    /// When the database refuses it, or when it yields more than one row.
    pub fn query_one(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Option<Row>, StoreError> {
        let mut rows = self.query(sql, params)?;
        if rows.len() > 1 {
            let message = format!("one row was expected and {} were found", rows.len());
            return Err(StoreError::Statement { sql: brief(sql), message });
        }
        Ok(rows.pop())
    }

    /// The next number of a sequence, from 1. Once stored it is never given again, whatever is deleted; of a
    /// transaction that is rolled back it is, so the numbers have no gaps.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn next_id(&mut self, sequence: &str) -> Result<i64, StoreError> {
        // last_value is quoted because it is a reserved word of MySQL 8
        let found =
            self.query_one(r#"SELECT "last_value" FROM sequences WHERE name = ?"#, &[Value::from(sequence)])?;
        let Some(row) = found else {
            let first = [Value::from(sequence), Value::Int(1)];
            self.execute(r#"INSERT INTO sequences (name, "last_value") VALUES (?, ?)"#, &first)?;
            return Ok(1);
        };
        let last = row.int(0)?;
        let next = last.checked_add(1).ok_or_else(|| StoreError::TooLarge(format!("after {last}")))?;
        self.execute(
            r#"UPDATE sequences SET "last_value" = ? WHERE name = ?"#,
            &[Value::Int(next), Value::from(sequence)],
        )?;
        Ok(next)
    }

    /// For creating tables within it.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.connection
    }

    fn change<T>(
        &mut self,
        sql: &str,
        f: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.mode == Mode::Read {
            return Err(StoreError::ReadOnly { sql: brief(sql) });
        }
        self.attempt(sql, f)
    }

    fn attempt<T>(
        &mut self,
        sql: &str,
        f: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.failed {
            return Err(StoreError::Failed { sql: brief(sql) });
        }
        let result = f(self.connection);
        self.failed = result.is_err();
        result
    }

    /// Commits; a transaction in which a statement failed is rolled back instead, which is an error.
    pub(crate) fn end(mut self) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Failed { sql: "COMMIT".to_owned() });
        }
        self.connection.commit()?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.roll_back();
        }
    }
}

/// The drivers. No type of theirs is seen outside of their modules.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "mysql")]
    MySql(mysql::MySql),
}

/// Calls the same method of whichever driver it is.
macro_rules! driver {
    ($connection:expr, $driver:ident => $call:expr) => {
        match $connection {
            Connection::Sqlite($driver) => $call,
            #[cfg(feature = "mysql")]
            Connection::MySql($driver) => $call,
        }
    };
}

impl Connection {
    pub(crate) fn open(location: &Location, wait: Duration) -> Result<Self, StoreError> {
        Ok(match location {
            Location::SqliteFile(path) => Self::Sqlite(sqlite::Sqlite::open_file(path, wait)?),
            Location::SqliteMemory => Self::Sqlite(sqlite::Sqlite::open_memory(wait)?),
            #[cfg(feature = "mysql")]
            Location::MySql(server) => Self::MySql(mysql::MySql::open(server, wait)?),
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        driver!(self, driver => driver.dialect())
    }

    /// Runs a statement that neither takes values nor belongs to a caller.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        driver!(self, driver => driver.run(sql))
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        driver!(self, driver => driver.execute(sql, params))
    }

    fn execute_each(
        &mut self,
        sql: &str,
        rows: &mut dyn Iterator<Item = Vec<Value<'_>>>,
    ) -> Result<(), StoreError> {
        driver!(self, driver => driver.execute_each(sql, rows))
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, params, &mut |row| {
            found.push(row.clone());
            Ok(())
        })?;
        Ok(found)
    }

    fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        driver!(self, driver => driver.each(sql, params, visit))
    }

    /// Creates what a schema step creates; a database whose tables are not made in transactions may have it already.
    pub(crate) fn create(&mut self, sql: &str) -> Result<(), StoreError> {
        driver!(self, driver => driver.create(sql))
    }

    /// Keeps other programs from changing the tables, where a transaction alone does not.
    pub(crate) fn lock_schema(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::MySql(driver) => driver.lock_schema(),
        }
    }

    /// Ends [`Self::lock_schema`].
    pub(crate) fn unlock_schema(&mut self) {
        match self {
            Self::Sqlite(_) => {}
            #[cfg(feature = "mysql")]
            Self::MySql(driver) => driver.unlock_schema(),
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        driver!(self, driver => driver.commit())
    }

    fn roll_back(&mut self) {
        driver!(self, driver => driver.roll_back());
    }
}
