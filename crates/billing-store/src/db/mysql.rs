//! MySQL and MariaDB, through a driver that waits, as the rest of the program does.
//!
//! The session is made to behave like SQLite: text is compared exactly, `"…"` is a name, `\` is no escape, a value that
//! does not fit is an error, and an update counts the rows it met and not only those it changed.

use std::{fmt, sync::Arc, time::Duration};

use mysql::{
    Conn, Error, OptsBuilder, Params, Value as Wire,
    consts::{CapabilityFlags, ColumnType},
    prelude::Queryable,
};

use super::{MySqlServer, Row, Value};
use crate::{
    dialect::{Dialect, EXACT_COLLATIONS},
    error::{StoreError, brief},
};

/// Its server's numbers of errors that say: a rule of the schema would be broken.
const CONSTRAINTS: [u16; 9] = [1048, 1062, 1216, 1217, 1364, 1451, 1452, 3819, 4025];
const LOCK_WAIT_TIMEOUT: u16 = 1205;
const READ_ONLY_TRANSACTION: u16 = 1792;
/// The table, or the index, is there already.
const EXISTS: [u16; 2] = [1050, 1061];

/// Named locks belong to the whole server, so the name tells the database.
const TAKE_SCHEMA_LOCK: &str = "SELECT GET_LOCK(CONCAT('ledger ', SHA1(DATABASE())), ?)";
const FREE_SCHEMA_LOCK: &str = "DO RELEASE_LOCK(CONCAT('ledger ', SHA1(DATABASE())))";

/// A connection to a MySQL or MariaDB server. One that was lost stays lost.
pub(crate) struct MySql {
    connection: Conn,
    collation: &'static str,
    wait: Duration,
}

/// Without what the driver's own form shows: the options with the password.
impl fmt::Debug for MySql {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MySql").field("collation", &self.collation).finish_non_exhaustive()
    }
}

impl MySql {
    pub(crate) fn open(server: &MySqlServer, wait: Duration) -> Result<Self, StoreError> {
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(server.host.as_str()))
            .tcp_port(server.port)
            .user(Some(server.user.as_str()))
            .pass(Some(server.password.as_str()))
            .db_name(Some(server.database.as_str()))
            // or the driver would go on with another connection than the one that was named
            .prefer_socket(false)
            .tcp_connect_timeout(Some(Duration::from_secs(10)))
            // a command may read documents for hours between two statements
            .tcp_keepalive_time_ms(Some(60_000))
            .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS)
            .stmt_cache_size(64);
        let mut connection = Conn::new(options).map_err(|error| cannot_open(server, &error))?;
        let collation = exact_collation(&mut connection, server)?;
        for sql in session(collation, wait) {
            connection.query_drop(sql).map_err(|error| cannot_open(server, &error))?;
        }
        Ok(Self { connection, collation, wait })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        Dialect::MySql { collation: self.collation }
    }

    pub(crate) fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        // unprepared: START TRANSACTION cannot be prepared
        self.connection.query_drop(sql).map_err(|error| failure(sql, &error, self.wait))
    }

    pub(crate) fn create(&mut self, sql: &str) -> Result<(), StoreError> {
        match self.connection.query_drop(sql) {
            // made by this schema step when it was half done; MySQL has no CREATE INDEX IF NOT EXISTS
            Err(Error::MySqlError(error)) if EXISTS.contains(&error.code) => Ok(()),
            result => result.map_err(|error| failure(sql, &error, self.wait)),
        }
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.connection
            .exec_iter(sql, wire(params.to_vec()))
            .map(|result| result.affected_rows())
            .map_err(|error| failure(sql, &error, self.wait))
    }

    pub(crate) fn execute_each(
        &mut self,
        sql: &str,
        rows: &mut dyn Iterator<Item = Vec<Value<'_>>>,
    ) -> Result<(), StoreError> {
        let fail = |error| failure(sql, &error, self.wait);
        let statement = self.connection.prep(sql).map_err(fail)?;
        let expected = usize::from(statement.num_params());
        let mut wrong = None;
        let rows = rows.map_while(|row| match row.len() {
            found if found == expected => Some(wire(row)),
            found => {
                wrong = Some(found);
                None
            }
        });
        // MariaDB takes the rows in bulk, five times faster than one by one
        self.connection.exec_batch(&statement, rows).map_err(fail)?;
        match wrong {
            None => Ok(()),
            Some(found) => {
                let message = format!("{expected} values were expected and {found} were given");
                Err(StoreError::Statement { sql: brief(sql), message })
            }
        }
    }

    pub(crate) fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        visit: &mut dyn FnMut(&Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let fail = |error| failure(sql, &error, self.wait);
        let shared: Arc<str> = Arc::from(sql);
        let mut rows = self.connection.exec_iter(sql, wire(params.to_vec())).map_err(fail)?;
        let columns: Vec<Column> = rows.columns().as_ref().iter().map(Column::of).collect();
        if columns.is_empty() {
            return Err(StoreError::ReadOnly { sql: brief(sql) });
        }
        for row in &mut rows {
            let wires = row.map_err(fail)?.unwrap();
            let values = columns.iter().zip(wires).enumerate();
            let values = values.map(|(index, (column, value))| column.own(value, index, sql));
            visit(&Row::new(values.collect::<Result<_, _>>()?, &shared))?;
        }
        Ok(())
    }

    /// A named lock, since creating a table would give back that on the ledger's row.
    pub(crate) fn lock_schema(&mut self) -> Result<(), StoreError> {
        let seconds = self.wait.as_secs();
        let mut answer = None;
        self.each(TAKE_SCHEMA_LOCK, &[Value::try_from(seconds)?], &mut |row| {
            answer = row.optional_int(0)?;
            Ok(())
        })?;
        if answer == Some(1) { Ok(()) } else { Err(StoreError::Busy { seconds }) }
    }

    pub(crate) fn unlock_schema(&mut self) {
        // it also ends with the connection
        let _ = self.connection.query_drop(FREE_SCHEMA_LOCK);
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        self.connection.query_drop("COMMIT").map_err(|error| match error {
            Error::MySqlError(_) => failure("COMMIT", &error, self.wait),
            lost => StoreError::Unconfirmed { message: lost.to_string() },
        })
    }

    pub(crate) fn roll_back(&mut self) {
        // a server that lost the connection has rolled back by itself
        let _ = self.connection.query_drop("ROLLBACK");
    }
}

/// The statements that make the session behave like SQLite.
fn session(collation: &str, wait: Duration) -> [String; 3] {
    let seconds = wait.as_secs().max(1);
    [
        format!("SET NAMES utf8mb4 COLLATE {collation}"),
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,\
         ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
            .to_owned(),
        format!(
            "SET SESSION autocommit = 1, foreign_key_checks = 1, unique_checks = 1, \
             innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}"
        ),
    ]
}

fn exact_collation(connection: &mut Conn, server: &MySqlServer) -> Result<&'static str, StoreError> {
    let names: Vec<String> = connection
        .query("SELECT collation_name FROM information_schema.collations")
        .map_err(|error| cannot_open(server, &error))?;
    EXACT_COLLATIONS.into_iter().find(|name| names.iter().any(|found| found == name)).ok_or_else(|| {
        StoreError::Open {
            location: server.to_string(),
            cause: "the server has no collation that compares text exactly".to_owned(),
            cure: "use MariaDB 10.2, MySQL 8.0.17 or newer".to_owned(),
        }
    })
}

fn wire(params: Vec<Value<'_>>) -> Params {
    if params.is_empty() {
        return Params::Empty;
    }
    let wires = params.into_iter().map(|value| match value {
        Value::Null => Wire::NULL,
        Value::Int(number) => Wire::Int(number),
        Value::Text(text) => Wire::Bytes(text.into_owned().into_bytes()),
    });
    Params::Positional(wires.collect())
}

/// What must be known of a column to read it.
struct Column {
    /// A sum of whole numbers is a decimal without fraction here.
    whole_decimal: bool,
}

impl Column {
    fn of(column: &mysql::Column) -> Self {
        let decimal = column.column_type() == ColumnType::MYSQL_TYPE_NEWDECIMAL;
        Self { whole_decimal: decimal && column.decimals() == 0 }
    }

    fn own(&self, value: Wire, index: usize, sql: &str) -> Result<Value<'static>, StoreError> {
        let found = match value {
            Wire::NULL => return Ok(Value::Null),
            Wire::Int(number) => return Ok(Value::Int(number)),
            Wire::UInt(number) => return Value::try_from(number),
            Wire::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(digits) if self.whole_decimal => match digits.parse() {
                    Ok(number) => return Ok(Value::Int(number)),
                    Err(_) => return Err(StoreError::TooLarge(digits)),
                },
                Ok(text) => return Ok(Value::from(text)),
                Err(_) => "bytes",
            },
            Wire::Float(_) | Wire::Double(_) => "a floating-point number",
            Wire::Date(..) | Wire::Time(..) => "a date or time",
        };
        let expected = "a whole number or text";
        Err(StoreError::Value { column: index, expected, found: found.to_owned(), sql: brief(sql) })
    }
}

fn failure(sql: &str, error: &Error, wait: Duration) -> StoreError {
    let sql = brief(sql);
    let Error::MySqlError(answer) = error else {
        return StoreError::Statement { sql, message: error.to_string() };
    };
    let message = answer.message.clone();
    match answer.code {
        LOCK_WAIT_TIMEOUT => StoreError::Busy { seconds: wait.as_secs() },
        READ_ONLY_TRANSACTION => StoreError::ReadOnly { sql },
        code if CONSTRAINTS.contains(&code) => StoreError::Constraint { sql, message },
        _ => StoreError::Statement { sql, message },
    }
}

fn cannot_open(server: &MySqlServer, error: &Error) -> StoreError {
    let (cause, cure) = match error {
        Error::MySqlError(answer) => match answer.code {
            1045 | 1698 => ("the server refuses this user or its password".to_owned(), "correct them"),
            1044 => {
                ("this user may not use this database".to_owned(), "grant it the right, or correct the name")
            }
            1049 => ("the database does not exist".to_owned(), "create it, or correct the name"),
            3159 => (
                "the server insists on TLS, which is not available in this version".to_owned(),
                "allow it without",
            ),
            _ => (answer.message.clone(), "mend this"),
        },
        Error::DriverError(mysql::DriverError::CouldNotConnect(_) | mysql::DriverError::ConnectTimeout)
        | Error::IoError(_) => {
            ("the server does not answer".to_owned(), "start it, or correct its host and port")
        }
        _ => (error.to_string(), "mend this"),
    };
    StoreError::Open { location: server.to_string(), cause, cure: cure.to_owned() }
}
