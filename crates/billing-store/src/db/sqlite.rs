//! SQLite, compiled into the program: one file with a write-ahead log, or memory.

use std::{
    fs,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, types::ValueRef};

use super::{Location, Row, Value};
use crate::{
    dialect::Dialect,
    error::{StoreError, brief},
};

/// How many rows one statement inserts, where there are many: each run of a statement takes as long as some rows.
const TOGETHER: usize = 32;

/// A connection to SQLite.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    wait: Duration,
}

impl Sqlite {
    pub(crate) fn open_file(path: &Path, wait: Duration) -> Result<Self, StoreError> {
        refuse_before_opening(path)?;
        // absolute, since SQLite gives names such as ":memory:" and "" another meaning
        let absolute = std::path::absolute(path).map_err(|error| unusable(path, &error.to_string()))?;
        // without SQLITE_OPEN_URI, so that a name is always a name
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let connection =
            Connection::open_with_flags(absolute, flags).map_err(|error| cannot_open(path, &error))?;
        // SQLite opens a file that it may not write all the same
        if connection.is_readonly("main").map_err(|error| cannot_open(path, &error))? {
            return Err(not_writable(path));
        }
        let mut sqlite = Self { connection, wait };
        sqlite.set_up().map_err(|error| cannot_open(path, &error))?;
        Ok(sqlite)
    }

    pub(crate) fn open_memory(wait: Duration) -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory().map_err(|error| cannot_open(path, &error))?;
        let mut sqlite = Self { connection, wait };
        sqlite.set_up().map_err(|error| cannot_open(path, &error))?;
        Ok(sqlite)
    }

    fn set_up(&mut self) -> Result<(), rusqlite::Error> {
        self.connection.busy_timeout(self.wait)?;
        self.connection.set_prepared_statement_cache_capacity(64);
        // the file may come from elsewhere: what its schema calls is not trusted
        self.connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON")?;
        // Turning a new file into one with a write-ahead log fails at once while another program does the same; the
        // waiting that SQLite does by itself is not for this case.
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match self.write_ahead() {
                Err(error) if is_busy(&error) && start.elapsed() < self.wait => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(100));
                }
                result => break result?,
            }
        }
        // A commit is on the disk before the command goes on. An invoice of a large company is some ten megabytes: with
        // SQLite's usual two of memory its pages would be written and read again before the commit.
        self.connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -32768")
    }

    /// With a write-ahead log readers and the writer do not wait for each other. On a file system that cannot have it
    /// SQLite keeps its other journal, and they do. A file of another program, which will be refused, stays as it is.
    fn write_ahead(&self) -> Result<(), rusqlite::Error> {
        let foreign = "SELECT EXISTS (SELECT 1 FROM sqlite_schema) \
                       AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations')";
        if self.connection.query_row(foreign, [], |row| row.get(0))? {
            return Ok(());
        }
        self.connection.execute_batch("PRAGMA journal_mode = WAL")
    }

    pub(crate) fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    pub(crate) fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| self.failure(sql, &error))
    }

    pub(crate) fn create(&mut self, sql: &str) -> Result<(), StoreError> {
        self.run(sql)
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.failure(sql, &error))?;
        run_with(&mut statement, params).map_err(|error| self.failure(sql, &error))
    }

    pub(crate) fn execute_each(
        &mut self,
        sql: &str,
        rows: &mut dyn Iterator<Item = Vec<Value<'_>>>,
    ) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| self.failure(sql, &error);
        let Some(row) = sql.split_once(" VALUES ").map(|(_, row)| row) else {
            let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
            for row in rows {
                run_with(&mut statement, &row).map_err(fail)?;
            }
            return Ok(());
        };
        let width = row.matches('?').count();
        let more = || format!(", {row}").repeat(TOGETHER - 1);
        let mut together = None;
        let mut waiting = Vec::new();
        for row in rows {
            if row.len() != width {
                return Err(fail(rusqlite::Error::InvalidParameterCount(row.len(), width)));
            }
            waiting.extend(row);
            if waiting.len() == TOGETHER * width {
                let statement = match &mut together {
                    Some(statement) => statement,
                    // Most calls have a row or two.
                    none => {
                        let sql = format!("{sql}{}", more());
                        none.insert(self.connection.prepare_cached(&sql).map_err(fail)?)
                    }
                };
                run_with(statement, &waiting).map_err(fail)?;
                waiting.clear();
            }
        }
        let mut single = self.connection.prepare_cached(sql).map_err(fail)?;
        waiting.chunks(width.max(1)).try_for_each(|row| run_with(&mut single, row).map(drop)).map_err(fail)
    }

    pub(crate) fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| self.failure(sql, &error);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        if !statement.readonly() {
            return Err(StoreError::ReadOnly { sql: brief(sql) });
        }
        bind(&mut statement, params).map_err(fail)?;
        let columns = statement.column_count();
        let mut current = Row::new(vec![Value::Null; columns], &Arc::from(sql));
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(fail)? {
            for column in 0..columns {
                put(&mut current, column, row.get_ref(column).map_err(fail)?, sql)?;
            }
            visit(&current)?;
        }
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        self.run("COMMIT")
    }

    pub(crate) fn roll_back(&mut self) {
        // SQLite has rolled back by itself after a full disk, for example. Another failure leaves the transaction
        // open, and the next one will say so.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn failure(&self, sql: &str, error: &rusqlite::Error) -> StoreError {
        let (sql, message) = (brief(sql), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Busy { seconds: self.wait.as_secs() }
            }
            Some(ErrorCode::ConstraintViolation) => StoreError::Constraint { sql, message },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { what: message }
            }
            // A file that may not grow any more is told as an input and output error.
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => StoreError::Full { message },
            _ => StoreError::Statement { sql, message },
        }
    }
}

fn bind(statement: &mut Statement<'_>, params: &[Value<'_>]) -> Result<(), rusqlite::Error> {
    if params.len() != statement.parameter_count() {
        return Err(rusqlite::Error::InvalidParameterCount(params.len(), statement.parameter_count()));
    }
    for (index, value) in (1..).zip(params) {
        match value {
            Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null)?,
            Value::Int(number) => statement.raw_bind_parameter(index, number)?,
            Value::Text(text) => statement.raw_bind_parameter(index, &**text)?,
        }
    }
    Ok(())
}

fn run_with(statement: &mut Statement<'_>, params: &[Value<'_>]) -> Result<u64, rusqlite::Error> {
    bind(statement, params)?;
    statement.raw_execute().map(|rows| rows as u64)
}

fn put(row: &mut Row, column: usize, value: ValueRef<'_>, sql: &str) -> Result<(), StoreError> {
    let found = match value {
        ValueRef::Null => {
            row.put(column, Value::Null);
            return Ok(());
        }
        ValueRef::Integer(number) => {
            row.put(column, Value::Int(number));
            return Ok(());
        }
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => {
                row.put_text(column, text);
                return Ok(());
            }
            Err(_) => "text that is not UTF-8",
        },
        ValueRef::Real(_) => "a floating-point number",
        ValueRef::Blob(_) => "bytes",
    };
    let expected = "a whole number or text";
    Err(StoreError::Value { column, expected, found: found.to_owned(), sql: brief(sql) })
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// What SQLite itself would answer with "unable to open database file".
fn refuse_before_opening(path: &Path) -> Result<(), StoreError> {
    let refuse = |cause: String, cure: String| Err(StoreError::Open { location: place(path), cause, cure });
    if path.as_os_str().is_empty() {
        return refuse(
            "its name is empty".to_owned(),
            "name a file, such as sqlite:cloud-billing.db".to_owned(),
        );
    }
    if path.is_dir() {
        let cure = format!("name a file in it, such as sqlite:{}", path.join("cloud-billing.db").display());
        return refuse("it is a folder".to_owned(), cure);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        match fs::metadata(folder) {
            Ok(found) if !found.is_dir() => {
                let cause = format!("{} is a file and not a folder", folder.display());
                return refuse(cause, "correct the name".to_owned());
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let cause = format!("the folder {} does not exist", folder.display());
                return refuse(cause, "make the folder, or correct the name".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

fn place(path: &Path) -> String {
    Location::SqliteFile(path.to_owned()).to_string()
}

fn unusable(path: &Path, cause: &str) -> StoreError {
    StoreError::Open { location: place(path), cause: cause.to_owned(), cure: "correct the name".to_owned() }
}

fn not_writable(path: &Path) -> StoreError {
    StoreError::Open {
        location: place(path),
        cause: "there is no permission to write the file or its folder".to_owned(),
        cure: "get the permission, or name another file".to_owned(),
    }
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    let (cause, cure) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => (
            "the file is not an SQLite database".to_owned(),
            "name another file, or restore this one from a backup",
        ),
        Some(ErrorCode::DatabaseCorrupt) => ("the file is damaged".to_owned(), "restore it from a backup"),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            "there is no permission to read and write the file and its folder".to_owned(),
            "get the permission, or name another file",
        ),
        Some(ErrorCode::ReadOnly) => return not_writable(path),
        Some(ErrorCode::DiskFull) => ("the disk is full".to_owned(), "make room"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ("another program keeps it locked".to_owned(), "wait until that program has ended, or end it")
        }
        _ => (error.to_string(), "mend this, or name another file"),
    };
    StoreError::Open { location: place(path), cause, cure: cure.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With these, a commit that was reported survives a power cut.
    #[test]
    fn a_commit_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open_file(&folder.path().join("ledger.db"), Duration::from_secs(1)).unwrap();
        let pragma = |name: &str| -> String {
            let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            let value = sqlite.connection.query_row(&format!("PRAGMA {name}"), [], value).unwrap();
            format!("{value:?}")
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
    }
}
