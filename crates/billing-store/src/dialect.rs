//! How the databases differ: the one file that knows. Everything else is written once, in standard SQL with `?`.
//!
//! What keeps the list short: money and moments are text, ids are given by the program under the ledger's lock (so no
//! `AUTOINCREMENT` and no `RETURNING`), and a row is looked up before it is inserted or changed, which is safe under
//! that lock (so no upsert). PostgreSQL will add a variant here: its types, `$1` for `?`, and its lock statement.

use crate::error::StoreError;

/// The kind of database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// A file, or memory in tests.
    Sqlite,
    /// MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    MySql {
        /// The server's collation that compares like SQLite: by code point, blanks at the end included.
        collation: &'static str,
    },
}

/// The collations that compare text exactly, best first: MariaDB's name and MySQL's (8.0.17). The better known
/// `utf8mb4_bin` is none of them: it ignores blanks at the end, so `'a'` and `'a '` would be one key.
#[cfg(feature = "mysql")]
pub(crate) const EXACT_COLLATIONS: [&str; 2] = ["utf8mb4_nopad_bin", "utf8mb4_0900_bin"];

impl Dialect {
    /// The statements that begin reading: one consistent snapshot, which nothing can change.
    pub(crate) fn begin_read(self) -> &'static [&'static str] {
        match self {
            // DEFERRED takes its snapshot with the first SELECT, so one follows at once
            Self::Sqlite => &["BEGIN DEFERRED", "SELECT id FROM ledger_lock"],
            #[cfg(feature = "mysql")]
            Self::MySql { .. } => &[
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            ],
        }
    }

    /// The statements that begin writing, up to and without [`Self::lock`].
    pub(crate) fn begin_write(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["BEGIN IMMEDIATE"],
            // the writer must see what the one before it committed while this one waited: with READ COMMITTED each
            // statement does, whatever ran before it
            #[cfg(feature = "mysql")]
            Self::MySql { .. } => &["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"],
        }
    }

    /// The query that takes the ledger's lock, where beginning to write does not take it already. It yields a row.
    pub(crate) fn lock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            #[cfg(feature = "mysql")]
            Self::MySql { .. } => Some("SELECT id FROM ledger_lock WHERE id = 1 FOR UPDATE"),
        }
    }

    /// Whether `CREATE TABLE` belongs to a transaction; where it does not, it ends the one that is open.
    pub(crate) fn tables_in_transaction(self) -> bool {
        match self {
            Self::Sqlite => true,
            #[cfg(feature = "mysql")]
            Self::MySql { .. } => false,
        }
    }

    /// The query for the names of all tables.
    pub(crate) fn tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            #[cfg(feature = "mysql")]
            Self::MySql { .. } => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            }
        }
    }

    /// A statement of a schema step, with its types written for this database.
    pub(crate) fn expand(self, template: &str) -> Result<String, StoreError> {
        let mut sql = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let unknown = || StoreError::Statement {
                sql: crate::error::brief(template),
                message: "it has an unknown or open {placeholder}".to_owned(),
            };
            let (name, after) = after.split_once('}').ok_or_else(unknown)?;
            sql.push_str(before);
            let is_keyed = template.contains("PRIMARY KEY (");
            sql.push_str(&self.placeholder(name, is_keyed).ok_or_else(unknown)?);
            rest = after;
        }
        sql.push_str(rest);
        Ok(sql)
    }

    /// What a placeholder stands for, in the statement for a table that is keyed by several columns or is not.
    fn placeholder(self, name: &str, is_keyed: bool) -> Option<String> {
        let text = match self {
            Self::Sqlite => match name {
                "id" | "int" | "bool" => "INTEGER",
                "code" | "name" | "text" | "amount" | "period" | "moment" => "TEXT",
                // the key is the order of the table itself then, and needs no second tree beside it
                "table_options" if is_keyed => "STRICT, WITHOUT ROWID",
                "table_options" => "STRICT",
                _ => return None,
            },
            #[cfg(feature = "mysql")]
            Self::MySql { collation } => match name {
                "id" | "int" => "BIGINT",
                "bool" => "SMALLINT",
                "code" => "VARCHAR(64)",
                "name" => "VARCHAR(255)",
                "text" => "LONGTEXT",
                "amount" => "VARCHAR(250)",
                "period" => "CHAR(7)",
                "moment" => "VARCHAR(32)",
                "table_options" => {
                    return Some(format!("ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}"));
                }
                _ => return None,
            },
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "CREATE TABLE IF NOT EXISTS t (id {id} PRIMARY KEY, name {name}, cost {amount}) {table_options}";

    #[test]
    fn types_are_written_for_sqlite() {
        assert_eq!(
            Dialect::Sqlite.expand(TABLE).unwrap(),
            "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, name TEXT, cost TEXT) STRICT"
        );
        assert_eq!(
            Dialect::Sqlite
                .expand("CREATE TABLE t (a {id}, b {id}, PRIMARY KEY (a, b)) {table_options}")
                .unwrap(),
            "CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID"
        );
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn types_are_written_for_mysql() {
        assert_eq!(
            Dialect::MySql { collation: "utf8mb4_nopad_bin" }.expand(TABLE).unwrap(),
            "CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY, name VARCHAR(255), cost VARCHAR(250)) ENGINE=InnoDB \
             DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
        );
    }

    #[test]
    fn an_unknown_type_is_an_error() {
        for template in ["a {money}", "a {int", "a {}"] {
            let error = Dialect::Sqlite.expand(template).unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "the ledger's database failed: it has an unknown or open {{placeholder}} (statement: {template})"
                )
            );
        }
    }
}
