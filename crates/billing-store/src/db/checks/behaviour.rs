//! What statements do, on every database alike.

use super::{Check, Place};
use crate::{
    Database,
    db::{Row, Transaction, Value},
    error::StoreError,
};

pub(super) const CHECKS: &[Check] = &[
    ("text comes back as it was", text_comes_back_as_it_was),
    ("text is compared exactly", text_is_compared_exactly),
    ("numbers keep their range", numbers_keep_their_range),
    ("one dialect of SQL is enough", one_dialect_of_sql_is_enough),
    ("an error or a panic takes everything back", an_error_or_a_panic_takes_everything_back),
    ("ids count from one and are not reused", ids_count_from_one_and_are_not_reused),
    ("reading changes nothing", reading_changes_nothing),
    ("after a failure nothing is stored", after_a_failure_nothing_is_stored),
    ("rules of the tables are kept", rules_of_the_tables_are_kept),
    ("an update counts the rows it met", an_update_counts_the_rows_it_met),
    ("many rows go in with one statement", many_rows_go_in_with_one_statement),
    ("wrong statements are errors", wrong_statements_are_errors),
];

const INSERT: &str = "INSERT INTO item (id, name, note) VALUES (?, ?, ?)";

fn write<T>(db: &mut Database, f: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>) -> T {
    db.write(f).unwrap()
}

fn query(db: &mut Database, sql: &str, params: &[Value]) -> Vec<Row> {
    db.read(|transaction| transaction.query(sql, params)).unwrap()
}

fn count(db: &mut Database) -> i64 {
    query(db, "SELECT COUNT(*) FROM item", &[])[0].int(0).unwrap()
}

fn text_comes_back_as_it_was(place: &Place<'_>) {
    let mut db = place.items();
    let long = "€".repeat(10_000);
    let texts = [
        "",
        " ",
        "a ",
        "A",
        "ä",
        "a\u{308}",
        "🦀 Zürich 東京",
        "it's \"quoted\" \\ % _",
        "line\r\nnext\ttab",
        "\0",
        &long,
    ];
    write(&mut db, |transaction| {
        for (id, text) in (1_i64..).zip(texts) {
            transaction.execute(INSERT, &[id.into(), Value::Null, text.into()])?;
        }
        transaction.execute(INSERT, &[100.into(), Value::Null, Value::Null]).map(drop)
    });
    let rows = query(&mut db, "SELECT note FROM item ORDER BY id", &[]);
    for (row, text) in rows.iter().zip(texts) {
        assert_eq!(row.text(0).unwrap(), text);
    }
    assert_eq!(rows[texts.len()].optional_text(0).unwrap(), None);
    assert!(rows[texts.len()].text(0).is_err());
    // an amount of 160 digits, a month, a moment
    let cost = format!("-{}.{}", "9".repeat(100), "1".repeat(58));
    let sql = "UPDATE item SET cost = ?, month = ?, at = ?, code = ?, active = ? WHERE id = 1";
    let code = "ab".repeat(32);
    let values: [Value; 5] =
        [(&cost).into(), "2024-06".into(), "2024-06-30T23:59:59.999999Z".into(), (&code).into(), true.into()];
    write(&mut db, |transaction| transaction.execute(sql, &values));
    let rows = query(&mut db, "SELECT cost, month, at, code, active FROM item WHERE id = 1", &[]);
    let row = &rows[0];
    assert_eq!(row.text(0).unwrap(), cost);
    assert_eq!(row.text(1).unwrap(), "2024-06");
    assert_eq!(row.text(2).unwrap(), "2024-06-30T23:59:59.999999Z");
    assert_eq!(row.text(3).unwrap(), code);
    assert!(row.bool(4).unwrap());
}

fn text_is_compared_exactly(place: &Place<'_>) {
    let mut db = place.items();
    // all different for a unique column, and in the order of their characters' numbers
    let names = ["", " ", "A", "a", "a ", "a  ", "aa", "ä", "ﬀ", "\u{ffee}", "🦀"];
    write(&mut db, |transaction| {
        let rows = (1_i64..).zip(names).map(|(id, name)| vec![id.into(), name.into(), name.into()]);
        transaction.execute_each(INSERT, rows)
    });
    for column in ["name", "note"] {
        let rows = query(&mut db, &format!("SELECT {column} FROM item ORDER BY {column}"), &[]);
        let sorted: Vec<_> = rows.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(sorted, names);
        for (id, name) in (1_i64..).zip(names) {
            let rows = query(&mut db, &format!("SELECT id FROM item WHERE {column} = ?"), &[name.into()]);
            assert_eq!(rows.iter().map(|row| row.int(0).unwrap()).collect::<Vec<_>>(), [id], "{name:?}");
        }
        let groups = query(&mut db, &format!("SELECT {column} FROM item GROUP BY {column}"), &[]);
        assert_eq!(groups.len(), names.len());
    }
    let same = "SELECT 'a' = 'a ', 'a' = 'A', 'a' = 'a', ? = 'b '";
    let rows = query(&mut db, same, &["b".into()]);
    assert_eq!((0..4).map(|column| rows[0].int(column).unwrap()).collect::<Vec<_>>(), [0, 0, 1, 0]);
}

fn numbers_keep_their_range(place: &Place<'_>) {
    let mut db = place.items();
    let ids = [i64::MIN, -1, 0, 1, i64::MAX];
    write(&mut db, |transaction| {
        transaction.execute_each(INSERT, ids.map(|id| vec![id.into(), Value::Null, Value::Null]))
    });
    let rows = query(&mut db, "SELECT id FROM item ORDER BY id", &[]);
    assert_eq!(rows.iter().map(|row| row.int(0).unwrap()).collect::<Vec<_>>(), ids);
    let sums =
        "SELECT COUNT(*), SUM(id), MAX(id), COALESCE(SUM(id), 0), COUNT(note) FROM item WHERE id IN (0, 1)";
    let rows = query(&mut db, sums, &[]);
    assert_eq!((0..5).map(|column| rows[0].int(column).unwrap()).collect::<Vec<_>>(), [2, 1, 1, 1, 0]);
    // a fraction is nothing that a ledger's column should yield
    let error = db.read(|transaction| transaction.query("SELECT 1.5e0", &[])).unwrap_err();
    assert!(error.to_string().contains("is a floating-point number"), "{error}");
}

fn one_dialect_of_sql_is_enough(place: &Place<'_>) {
    let mut db = place.items();
    let text = |db: &mut Database, sql: &str| query(db, sql, &[])[0].text(0).unwrap().to_owned();
    assert_eq!(text(&mut db, "SELECT 'a' || 'b'"), "ab");
    assert_eq!(text(&mut db, r"SELECT 'a\' || '''b'"), r"a\'b");
    assert_eq!(text(&mut db, r#"SELECT "x"."select" FROM (SELECT 'a' AS "select") "x""#), "a");
    assert_eq!(text(&mut db, "SELECT CASE WHEN 'x' LIKE 'x%' THEN 'yes' ELSE 'no' END"), "yes");
    let rows = query(&mut db, "SELECT EXISTS (SELECT 1 FROM item), COUNT(*) FROM item", &[]);
    assert!(!rows[0].bool(0).unwrap());
    assert_eq!(rows[0].int(1).unwrap(), 0);
    let limited = "WITH n AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT a FROM n ORDER BY a LIMIT ?";
    assert_eq!(query(&mut db, limited, &[1.into()]).len(), 1);
}

fn an_error_or_a_panic_takes_everything_back(place: &Place<'_>) {
    let mut db = place.items();
    let refused = db.write(|transaction| {
        transaction.execute(INSERT, &[1.into(), "a".into(), Value::Null])?;
        Err::<(), _>(StoreError::TooLarge("no".to_owned()))
    });
    assert!(matches!(refused, Err(StoreError::TooLarge(_))));
    assert_eq!(count(&mut db), 0);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.write(|transaction| -> Result<(), StoreError> {
            transaction.execute(INSERT, &[1.into(), "a".into(), Value::Null])?;
            panic!("this panic belongs to the test")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(count(&mut db), 0);
    write(&mut db, |transaction| transaction.execute(INSERT, &[1.into(), "a".into(), Value::Null]));
    assert_eq!(count(&mut db), 1);
}

fn ids_count_from_one_and_are_not_reused(place: &Place<'_>) {
    let mut db = place.items();
    let mut insert = || {
        write(&mut db, |transaction| {
            let id = transaction.next_id("item")?;
            transaction.execute(INSERT, &[id.into(), Value::Null, Value::Null])?;
            Ok(id)
        })
    };
    assert_eq!([insert(), insert(), insert()], [1, 2, 3]);
    write(&mut db, |transaction| transaction.execute("DELETE FROM item", &[]));
    assert_eq!(write(&mut db, |transaction| transaction.next_id("item")), 4);
    assert_eq!(write(&mut db, |transaction| transaction.next_id("Item")), 1);
    let refused: Result<(), StoreError> = db.write(|transaction| {
        assert_eq!(transaction.next_id("item")?, 5);
        Err(StoreError::TooLarge("no".to_owned()))
    });
    assert!(refused.is_err());
    assert_eq!(write(&mut db, |transaction| transaction.next_id("item")), 5);
}

fn reading_changes_nothing(place: &Place<'_>) {
    let mut db = place.items();
    let insert = "INSERT INTO item (id) VALUES (1)";
    let error = db.read(|transaction| transaction.execute(insert, &[])).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    let error = db.read(|transaction| transaction.query(insert, &[])).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    // nor is a change a question while writing
    let error = db.write(|transaction| transaction.query(insert, &[])).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert_eq!(count(&mut db), 0);
}

fn after_a_failure_nothing_is_stored(place: &Place<'_>) {
    let mut db = place.items();
    let result = db.write(|transaction| {
        transaction.execute(INSERT, &[1.into(), "a".into(), Value::Null])?;
        assert!(transaction.execute(INSERT, &[2.into(), "a".into(), Value::Null]).is_err());
        let error = transaction.query("SELECT 1", &[]).unwrap_err();
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
        Ok::<_, StoreError>(())
    });
    assert!(matches!(result, Err(StoreError::Failed { .. })));
    assert_eq!(count(&mut db), 0);
}

fn rules_of_the_tables_are_kept(place: &Place<'_>) {
    let mut db = place.items();
    write(&mut db, |transaction| {
        transaction.execute("INSERT INTO item (id, name) VALUES (1, 'a')", &[])?;
        transaction.execute("INSERT INTO item (id, parent) VALUES (2, 1)", &[])
    });
    for sql in [
        "INSERT INTO item (id) VALUES (1)",
        "INSERT INTO item (id, name) VALUES (3, 'a')",
        "INSERT INTO item (id, parent) VALUES (3, 9)",
        "INSERT INTO item (id) VALUES (NULL)",
        "DELETE FROM item WHERE id = 1",
    ] {
        let result = db.write(|transaction| transaction.execute(sql, &[]));
        // an INTEGER PRIMARY KEY of SQLite takes the next free number for NULL, even NOT NULL ones
        let error = match result {
            Ok(_) if sql.contains("NULL") => continue,
            result => result.unwrap_err(),
        };
        assert!(matches!(error, StoreError::Constraint { .. }), "{sql}: {error}");
    }
    // what does not fit is refused and never cut or changed
    let error = db.write(|transaction| transaction.execute("UPDATE item SET parent = 'x' WHERE id = 1", &[]));
    assert!(error.is_err());
}

fn an_update_counts_the_rows_it_met(place: &Place<'_>) {
    let mut db = place.items();
    write(&mut db, |transaction| {
        transaction.execute_each(INSERT, (1..=3_i64).map(|id| vec![id.into(), Value::Null, "x".into()]))
    });
    let same = "UPDATE item SET note = 'x' WHERE id < ?";
    assert_eq!(write(&mut db, |transaction| transaction.execute(same, &[3.into()])), 2);
    assert_eq!(write(&mut db, |transaction| transaction.execute(same, &[0.into()])), 0);
    assert_eq!(write(&mut db, |transaction| transaction.execute("DELETE FROM item", &[])), 3);
}

fn many_rows_go_in_with_one_statement(place: &Place<'_>) {
    let mut db = place.items();
    let value = |id: i64| match id % 3 {
        0 => Value::Null,
        1 => Value::from(""),
        _ => Value::from(format!("note {id}")),
    };
    write(&mut db, |transaction| {
        transaction.execute_each(INSERT, (1..=3000).map(|id| vec![id.into(), Value::Null, value(id)]))?;
        transaction.execute_each(INSERT, [])
    });
    let rows = query(&mut db, "SELECT id, note FROM item ORDER BY id", &[]);
    assert_eq!(rows.len(), 3000);
    for row in rows {
        assert_eq!(Value::from(row.optional_text(1).unwrap()), value(row.int(0).unwrap()));
    }
    let mut fails =
        |rows: [Vec<Value>; 3]| db.write(|transaction| transaction.execute_each(INSERT, rows)).unwrap_err();
    let row = |id: i64| vec![id.into(), Value::Null, Value::Null];
    let error = fails([row(4000), row(1), row(4001)]);
    assert!(matches!(error, StoreError::Constraint { .. }), "{error}");
    let error = fails([row(4000), vec![4001.into()], row(4002)]);
    assert!(matches!(error, StoreError::Statement { .. }), "{error}");
    assert_eq!(count(&mut db), 3000);
}

fn wrong_statements_are_errors(place: &Place<'_>) {
    let mut db = place.items();
    let mut message = |sql: &str, params: &[Value]| {
        db.read(|transaction| transaction.query(sql, params)).unwrap_err().to_string()
    };
    for (sql, params) in [
        ("SELECT nothing FROM item", vec![]),
        ("SELECT id FROM item WHERE id = ?", vec![]),
        ("SELECT id FROM item WHERE id = ?", vec![Value::Int(1), Value::from("secret value")]),
        ("SELEC", vec![]),
    ] {
        let message = message(sql, &params);
        assert!(message.starts_with("the ledger's database failed: "), "{message}");
        assert!(
            message.ends_with(&format!("(statement: {sql})")) && !message.contains("secret"),
            "{message}"
        );
    }
    let two = "SELECT 1 UNION ALL SELECT 2";
    let error = db.read(|transaction| transaction.query_one(two, &[])).unwrap_err().to_string();
    assert!(error.contains("one row was expected and 2 were found"), "{error}");
    let none = db.read(|transaction| transaction.query_one("SELECT id FROM item", &[])).unwrap();
    assert_eq!(none, None);
}
