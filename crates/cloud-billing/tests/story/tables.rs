//! The tables of a ledger as its database describes them, and all their rows.

use std::collections::{BTreeMap, BTreeSet};

use billing_store::{Database, StoreError, db::Row};

/// How to ask a kind of database.
pub struct Questions {
    /// Table, column, whether it may be NULL (0 or 1), its type; in the order of the columns.
    columns: &'static str,
    /// Kind of key, table, name of the key, column, and for a foreign key the table and column that it names.
    keys: &'static str,
}

/// How to ask SQLite.
pub const SQLITE: Questions = Questions {
    columns: r#"SELECT m.name, c.name, 1 - c."notnull", c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                WHERE m.type = 'table' ORDER BY m.name, c.cid"#,
    keys: r#"SELECT 'primary', m.name, '', c.name, NULL, NULL
             FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk > 0
             UNION ALL SELECT 'unique', m.name, i.name, c.name, NULL, NULL FROM sqlite_schema m
             JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
             WHERE m.type = 'table' AND i."unique" = 1 AND i.origin <> 'pk'
             UNION ALL SELECT 'foreign', m.name, CAST(f.id AS TEXT), f."from", f."table", f."to"
             FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"#,
};

/// How to ask MariaDB.
#[cfg(feature = "mysql")]
pub const MARIADB: Questions = Questions {
    columns: "SELECT table_name, column_name, CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END, data_type
              FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
    keys: "SELECT 'primary', table_name, index_name, column_name, NULL, NULL FROM information_schema.statistics
           WHERE table_schema = DATABASE() AND index_name = 'PRIMARY'
           UNION ALL SELECT 'unique', table_name, index_name, column_name, NULL, NULL FROM information_schema.statistics
           WHERE table_schema = DATABASE() AND non_unique = 0 AND index_name <> 'PRIMARY'
           UNION ALL SELECT 'foreign', table_name, constraint_name, column_name, referenced_table_name,
           referenced_column_name FROM information_schema.key_column_usage
           WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL",
};

/// A column.
struct Column {
    table: String,
    name: String,
    nullable: bool,
    is_number: bool,
}

fn ask<T>(ledger: &mut Database, sql: &str, read: impl Fn(&Row) -> Result<T, StoreError>) -> Vec<T> {
    ledger.read(|tx| tx.query(sql, &[])?.iter().map(&read).collect::<Result<_, StoreError>>()).unwrap()
}

fn columns(ledger: &mut Database, questions: &Questions) -> Vec<Column> {
    ask(ledger, questions.columns, |row| {
        let is_number = match row.text(3)? {
            "INTEGER" | "bigint" | "smallint" => true,
            "TEXT" | "varchar" | "char" | "longtext" => false,
            other => panic!("a column of the type {other}"),
        };
        let (table, name) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok(Column { table, name, nullable: row.bool(2)?, is_number })
    })
}

/// Tables, columns, whether they are numbers and may be NULL, and keys: a sentence each.
pub fn schema(ledger: &mut Database, questions: &Questions) -> Vec<String> {
    let of_column = |column: Column| {
        let kind = if column.is_number { "number" } else { "text" };
        let null = if column.nullable { "or NULL" } else { "NOT NULL" };
        format!("{}.{}: {kind} {null}", column.table, column.name)
    };
    let mut sentences: Vec<String> = columns(ledger, questions).into_iter().map(of_column).collect();
    let mut keys: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    let columns_of_keys = ask(ledger, questions.keys, |row| {
        let column = match (row.optional_text(4)?, row.optional_text(5)?) {
            (Some(table), Some(column)) => format!("{} -> {table}.{column}", row.text(3)?),
            _ => row.text(3)?.to_owned(),
        };
        Ok(((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned()), column))
    });
    for (key, column) in columns_of_keys {
        keys.entry(key).or_default().insert(column);
    }
    let of_key = |((kind, table, _), columns): ((String, String, String), BTreeSet<String>)| {
        format!("{table}: {kind} key {}", columns.into_iter().collect::<Vec<_>>().join(", "))
    };
    sentences.extend(keys.into_iter().map(of_key));
    sentences.sort();
    sentences
}

/// All rows of each table, sorted; the names of folders of detail and the ledger's id aside, which are random.
pub fn rows(ledger: &mut Database, questions: &Questions) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for column in columns(ledger, questions) {
        if column.name != "folder" && column.table != "ledger_identity" {
            tables.entry(column.table.clone()).or_default().push(column);
        }
    }
    let all = tables.into_iter().map(|(table, columns)| {
        let names: Vec<String> = columns.iter().map(|column| format!(r#""{}""#, column.name)).collect();
        let sql = format!("SELECT {} FROM {table}", names.join(", "));
        let mut rows = ask(ledger, &sql, |row| {
            let cells = columns.iter().enumerate().map(|(at, column)| {
                let cell = match column.is_number {
                    true => row.optional_int(at)?.map(|number| number.to_string()),
                    false => row.optional_text(at)?.map(|text| format!("{text:?}")),
                };
                Ok(format!("{}={}", column.name, cell.unwrap_or_else(|| "NULL".to_owned())))
            });
            Ok(cells.collect::<Result<Vec<_>, StoreError>>()?.join(" "))
        });
        rows.sort();
        (table, rows)
    });
    all.collect()
}
