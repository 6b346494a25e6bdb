//! The ledger's tables, step by step: each file of `migrations/` is run once and recorded with its checksum.
//!
//! Rules for a file, which tests hold: it has only `CREATE TABLE name (` with one column or constraint on a line,
//! `CREATE INDEX name ON …` and `CREATE UNIQUE INDEX name ON …`; each ends with `;` at the end of a line. Types are
//! placeholders (see [`crate::dialect`]): `{id} {int} {bool} {code} {name} {text} {amount} {period} {moment}`, and
//! `{table_options}` follows the closing parenthesis. `{code}` (up to 64 characters) and `{name}` (up to 255) can stand
//! in a key, `{text}` cannot; on MySQL one key holds up to 3072 bytes, 4 for each character, so three names. References
//! are written `FOREIGN KEY (column) REFERENCES …`, since MySQL ignores the short form.
//!
//! On SQLite a step and its record are one transaction. MySQL makes each table permanent at once, so a step can be half
//! done there when the machine stops. It is then not recorded, and the next start runs it again; what it finds there
//! already it keeps.

use sha2::{Digest, Sha256};

use crate::{
    db::{Connection, Mode, Transaction, Value},
    error::StoreError,
};

/// A step in the life of the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// All steps in their order. One that was released is never changed; a new one is added.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "ledger", sql: include_str!("../migrations/0001_ledger.sql") },
    Migration {
        version: 2,
        name: "provider_invoices",
        sql: include_str!("../migrations/0002_provider_invoices.sql"),
    },
    Migration { version: 3, name: "identity", sql: include_str!("../migrations/0003_identity.sql") },
];

/// What this layer needs itself. `schema_migrations` comes first: without it, tables belong to another program.
const OWN_TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS schema_migrations (version {int} NOT NULL PRIMARY KEY, name {name} NOT NULL, \
     applied_at {moment}, checksum {code} NOT NULL) {table_options}",
    "CREATE TABLE IF NOT EXISTS ledger_lock (id {int} NOT NULL PRIMARY KEY) {table_options}",
    r#"CREATE TABLE IF NOT EXISTS sequences (name {name} NOT NULL PRIMARY KEY, "last_value" {int} NOT NULL) {table_options}"#,
];

impl Migration {
    /// `0001_ledger`, as the file is called.
    fn step(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }

    /// The statements without comments.
    fn statements(&self) -> Vec<String> {
        let lines = self.sql.lines().map(|line| match line.trim_start().starts_with("--") {
            true => "",
            false => line.split(" --").next().unwrap_or(line).trim_end(),
        });
        let mut statements = vec![String::new()];
        for line in lines {
            if let Some(last) = statements.last_mut() {
                last.push_str(line.trim_end_matches(';'));
                last.push('\n');
            }
            if line.ends_with(';') {
                statements.push(String::new());
            }
        }
        statements.retain(|statement| !statement.trim().is_empty());
        statements
    }

    /// Of the statements without comments and layout, which may be improved later.
    fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        for statement in self.statements() {
            for word in statement.split_whitespace() {
                hash.update(word);
                hash.update(" ");
            }
            hash.update(";");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Brings the tables of the ledger at `location` up to date. Where they are, nothing is locked and nobody is waited for.
pub(crate) fn run(
    connection: &mut Connection,
    location: &str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    if is_complete(connection, location, migrations)? {
        return Ok(());
    }
    connection.lock_schema()?;
    let result = bring_up_to_date(connection, location, migrations);
    connection.unlock_schema();
    result
}

/// Whether all steps are recorded and the row that writers lock is there.
fn is_complete(
    connection: &mut Connection,
    location: &str,
    migrations: &[Migration],
) -> Result<bool, StoreError> {
    let own = ["schema_migrations", "ledger_lock", "sequences"];
    let tables = tables(connection)?;
    if !own.iter().all(|name| tables.iter().any(|table| table == name)) {
        return Ok(false);
    }
    let applied = applied(connection, location, migrations)?;
    let lock = connection.query("SELECT id FROM ledger_lock WHERE id = 1", &[])?;
    Ok(!lock.is_empty() && migrations.iter().all(|migration| applied.contains(&migration.version)))
}

fn bring_up_to_date(
    connection: &mut Connection,
    location: &str,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    in_transaction(connection, |connection| make_own_tables(connection, location))?;
    for migration in migrations {
        in_transaction(connection, |connection| {
            // another program may have done it while this one waited
            if applied(connection, location, migrations)?.contains(&migration.version) {
                return Ok(());
            }
            apply(connection, migration).map_err(|error| match error {
                busy @ StoreError::Busy { .. } => busy,
                cause => StoreError::Migration {
                    location: location.to_owned(),
                    step: migration.step(),
                    cause: Box::new(cause),
                },
            })
        })?;
    }
    Ok(())
}

fn make_own_tables(connection: &mut Connection, location: &str) -> Result<(), StoreError> {
    let tables = tables(connection)?;
    if !tables.is_empty() && !tables.iter().any(|table| table == "schema_migrations") {
        return Err(StoreError::Open {
            location: location.to_owned(),
            cause: format!("it holds the tables of another program, such as {}", tables[0]),
            cure: "name a new file or an empty database".to_owned(),
        });
    }
    for table in OWN_TABLES {
        let sql = connection.dialect().expand(table)?;
        connection.create(&sql)?;
    }
    if connection.query("SELECT id FROM ledger_lock WHERE id = 1", &[])?.is_empty() {
        connection.execute("INSERT INTO ledger_lock (id) VALUES (1)", &[])?;
    }
    Ok(())
}

fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    for statement in migration.statements() {
        let sql = connection.dialect().expand(&statement)?;
        connection.create(&sql)?;
    }
    // without a moment: only the program knows the time
    connection.execute(
        "INSERT INTO schema_migrations (version, name, applied_at, checksum) VALUES (?, ?, NULL, ?)",
        &[Value::Int(migration.version), Value::from(migration.name), Value::from(migration.checksum())],
    )?;
    Ok(())
}

fn tables(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = connection.query(connection.dialect().tables(), &[])?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// The versions that are recorded, each compared with the step this program knows.
fn applied(
    connection: &mut Connection,
    location: &str,
    migrations: &[Migration],
) -> Result<Vec<i64>, StoreError> {
    let rows =
        connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version", &[])?;
    let known = migrations.iter().map(|migration| migration.version).max().unwrap_or(0);
    let found = rows.last().map_or(Ok(0), |row| row.int(0))?;
    if found > known {
        return Err(StoreError::Newer { location: location.to_owned(), found, known });
    }
    let mut versions = Vec::with_capacity(rows.len());
    for row in &rows {
        let (version, name, checksum) = (row.int(0)?, row.text(1)?, row.text(2)?);
        let same = migrations
            .iter()
            .any(|known| known.version == version && known.name == name && known.checksum() == checksum);
        if !same {
            let step = format!("{version:04}_{name}");
            return Err(StoreError::Changed { location: location.to_owned(), step });
        }
        versions.push(version);
    }
    Ok(versions)
}

/// Runs `f` in a transaction that can create tables, where there is such a thing; elsewhere the caller's lock suffices.
fn in_transaction(
    connection: &mut Connection,
    f: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if !connection.dialect().tables_in_transaction() {
        return f(connection);
    }
    let mut transaction = Transaction::begin(connection, Mode::Write)?;
    f(transaction.connection())?;
    transaction.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that MySQL 8 or PostgreSQL reserve and SQLite or MariaDB do not, of those a ledger might use.
    const RESERVED: [&str; 40] = [
        "all",
        "analyze",
        "array",
        "authorization",
        "both",
        "cube",
        "current_role",
        "do",
        "empty",
        "end",
        "except",
        "first_value",
        "freeze",
        "function",
        "grouping",
        "groups",
        "intersect",
        "lag",
        "last_value",
        "lateral",
        "lead",
        "leading",
        "manual",
        "nth_value",
        "ntile",
        "of",
        "only",
        "over",
        "parallel",
        "placing",
        "qualify",
        "rank",
        "row_number",
        "session_user",
        "some",
        "symmetric",
        "system",
        "user",
        "variadic",
        "window",
    ];

    fn statements() -> impl Iterator<Item = String> {
        MIGRATIONS.iter().flat_map(Migration::statements)
    }

    #[test]
    fn versions_count_from_one() {
        for (number, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, number, "{}", migration.step());
        }
    }

    #[test]
    fn steps_only_create() {
        for sql in statements() {
            let known = ["CREATE TABLE ", "CREATE INDEX ", "CREATE UNIQUE INDEX "];
            let start = known.iter().find(|start| sql.trim_start().starts_with(*start));
            let start = start.unwrap_or_else(|| panic!("another statement than {known:?}: {sql}"));
            // MySQL has no CREATE INDEX IF NOT EXISTS, and a table that is there would be another one
            assert!(!sql.contains("IF NOT EXISTS"), "{sql}");
            assert!(!sql.contains(';'), "two statements on one line: {sql}");
            if *start == "CREATE TABLE " {
                assert!(sql.trim_end().ends_with(") {table_options}"), "{sql}");
                check_table(&sql);
            }
        }
    }

    fn check_table(sql: &str) {
        for line in sql.lines().map(str::trim).skip(1) {
            let word = line.split([' ', '(']).next().unwrap_or(line);
            let column =
                !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            if column {
                assert!(!RESERVED.contains(&word), "{word} is a reserved word elsewhere: {sql}");
                assert!(line.contains(" {"), "{word} has a type that is no placeholder: {sql}");
                assert!(!line.contains("REFERENCES"), "MySQL ignores a reference in a column's line: {line}");
            }
            assert!(!line.contains("{text} NOT NULL DEFAULT"), "MySQL has no default for long text: {line}");
        }
    }

    #[test]
    fn statements_are_split_and_comments_left_out() {
        let sql = "-- one;\nCREATE TABLE a ( -- two;\r\n  b {int}\n) {table_options};\n\nCREATE INDEX c ON a (b);\n";
        let migration = Migration { version: 1, name: "a", sql };
        let statements = migration.statements();
        assert_eq!(
            statements.iter().map(|sql| sql.trim()).collect::<Vec<_>>(),
            ["CREATE TABLE a (\n  b {int}\n) {table_options}", "CREATE INDEX c ON a (b)"]
        );
        assert_eq!(migration.step(), "0001_a");
        assert_eq!(migration.checksum().len(), 64);
    }
}
