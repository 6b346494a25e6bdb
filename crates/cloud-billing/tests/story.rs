//! One story for all databases: two months are imported, priced, billed, corrected, void and billed again, and every
//! database comes to the same numbers and keeps the same. SQLite plays it always, MariaDB with the feature `mysql`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "these are tests")]

#[path = "story/dump.rs"]
mod dump;
#[cfg(all(feature = "mysql", unix))]
#[path = "../../billing-store/tests/peers/mariadb.rs"]
mod mariadb;
#[path = "story/papers.rs"]
mod papers;
#[path = "story/play.rs"]
mod play;
#[path = "story/tables.rs"]
mod tables;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Barrier},
    thread,
};

use billing_store::{Database, Location, invoices};
use cloud_billing::flow::bill::Mode;
use papers::Papers;
use play::{Player, open};
use tables::Questions;

/// What the story comes to. What stands behind a `#` is how a person comes to it.
const EXPECTED: &str = include_str!("story/expected.txt");

/// What a played story leaves behind.
struct Books {
    statement: Vec<String>,
    everything: String,
    rows: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, String>,
}

fn play_on(ledger: &str, questions: &Questions, papers: &Papers) -> Books {
    let folder = tempfile::tempdir().unwrap();
    let mut app = open(ledger, folder.path());
    Player { app: &mut app, papers }.play();
    // what another program finds, not what this one remembers
    let mut app = open(ledger, folder.path());
    let mut statement = dump::statement(&mut app);
    statement.extend(dump::reconciliation(&mut app));
    Books {
        statement,
        everything: dump::everything(&mut app),
        rows: tables::rows(&mut app.ledger, questions),
        files: dump::files(&folder.path().join("exports")),
    }
}

fn sqlite_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("ledger.db").display())
}

fn play_on_sqlite(papers: &Papers) -> Books {
    let folder = tempfile::tempdir().unwrap();
    play_on(&sqlite_in(folder.path()), &tables::SQLITE, papers)
}

fn check_numbers(books: &Books) {
    let expected = EXPECTED.lines().map(|line| line.split(" #").next().unwrap_or(line).trim_end());
    let expected: Vec<&str> = expected.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    dump::assert_same(
        "the invoices as expected and as they are",
        &expected.join("\n"),
        &books.statement.join("\n"),
    );
}

/// Tables that the story may leave empty: its documents tell no invoice numbers of providers.
const MAY_BE_EMPTY: [&str; 1] = ["provider_invoices"];

/// Every table has rows, and has the same in both.
fn assert_same_rows(left: &Books, right: &Books) {
    let unwritten = left.rows.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table);
    let empty: Vec<&String> = unwritten.filter(|table| !MAY_BE_EMPTY.contains(&table.as_str())).collect();
    assert_eq!(empty, [""; 0], "the story writes all tables");
    let told = |kind: &str| left.rows["rejections"].iter().any(|row| row.contains(kind));
    assert!(told("kind=\"row\"") && told("kind=\"remark\""), "{:?}", left.rows["rejections"]);
    assert!(left.rows.keys().eq(right.rows.keys()));
    for (table, rows) in &left.rows {
        dump::assert_same(
            &format!("the rows of the table {table}"),
            &rows.join("\n"),
            &right.rows[table].join("\n"),
        );
    }
}

#[test]
fn the_story_on_sqlite() {
    let papers = Papers::new();
    let books = play_on_sqlite(&papers);
    check_numbers(&books);
    let again = play_on_sqlite(&papers);
    dump::assert_same("what two ledgers tell", &books.everything, &again.everything);
    assert_same_rows(&books, &again);
    let names: Vec<&str> = books.files.keys().map(String::as_str).collect();
    assert_eq!(names.iter().filter(|name| name.contains("-0000")).count(), 13, "{names:?}");
    assert_eq!(books.files["Azure.csv"], books.files["Azure-000010.csv"]);
    assert!(books.files.contains_key("AWS-000004-void.csv") && !books.files.contains_key("Azure-000001.csv"));
}

#[cfg(all(feature = "mysql", unix))]
#[test]
fn the_story_on_mariadb() {
    let Some(server) = mariadb::MariaDb::start() else { return };
    let papers = Papers::new();
    let mariadb = play_on(&server.fresh(), &tables::MARIADB, &papers);
    check_numbers(&mariadb);
    let sqlite = play_on_sqlite(&papers);
    dump::assert_same("what SQLite and MariaDB tell", &sqlite.everything, &mariadb.everything);
    assert_same_rows(&sqlite, &mariadb);
    assert_eq!(sqlite.files, mariadb.files);
}

/// Six programs bill the same month of a provider in the same moment.
fn six_bill_at_once(ledger: &str) {
    let (papers, folder) = (Papers::new(), tempfile::tempdir().unwrap());
    Player { app: &mut open(ledger, folder.path()), papers: &papers }.first_bill();
    let start = Arc::new(Barrier::new(6));
    let threads = (0..6).map(|number| {
        let (ledger, start) = (ledger.to_owned(), Arc::clone(&start));
        // a folder for each, since the names of files that are being written tell processes apart and not threads
        let folder = folder.path().join(number.to_string());
        thread::spawn(move || {
            let (mut app, papers) = (open(&ledger, &folder), Papers::new());
            start.wait();
            Player { app: &mut app, papers: &papers }.bill_as("Azure", 0, Mode::Issue)
        })
    });
    let threads: Vec<_> = threads.collect();
    let made: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(made, ["000001"]);
    let mut app = open(ledger, folder.path());
    let heads = app.ledger.read(invoices::list).unwrap();
    // 10.64 + 1160.67 + 15.18 + 11.63
    let heads: Vec<_> = heads.iter().map(|head| (head.lines, head.amount.to_decimal().to_string())).collect();
    assert_eq!(heads, [(4, "1198.12".to_owned())]);
    let written =
        (0..6).map(|number| folder.path().join(number.to_string()).join("exports/Azure-000001.csv"));
    assert!(written.into_iter().any(|file| file.is_file()));
}

#[test]
fn six_that_bill_at_once_make_one_invoice_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    six_bill_at_once(&sqlite_in(folder.path()));
}

#[cfg(all(feature = "mysql", unix))]
#[test]
fn six_that_bill_at_once_make_one_invoice_on_mariadb() {
    let Some(server) = mariadb::MariaDb::start() else { return };
    six_bill_at_once(&server.fresh());
}

fn schema_of(ledger: &str, questions: &Questions) -> Vec<String> {
    let mut ledger = Database::open(&Location::parse(ledger).unwrap()).unwrap();
    tables::schema(&mut ledger, questions)
}

/// That the questions are answered: without it, two empty answers would agree.
#[test]
fn the_schema_is_told_with_its_keys() {
    let schema = schema_of("sqlite::memory:", &tables::SQLITE);
    for sentence in [
        "accounts.provider_name: text or NULL",
        "invoice_lines.amount: text NOT NULL",
        "invoices.number: number NOT NULL",
        "customers: unique key name",
        "documents: unique key job, period",
        "line_uses: primary key invoice_number, line, use_no",
        "slices: foreign key file_no -> version_files.file_no, version_id -> version_files.version_id",
    ] {
        assert!(schema.iter().any(|known| known == sentence), "{sentence}: {schema:#?}");
    }
}

#[cfg(all(feature = "mysql", unix))]
#[test]
fn the_schemas_agree() {
    let Some(server) = mariadb::MariaDb::start() else { return };
    let sqlite = schema_of("sqlite::memory:", &tables::SQLITE);
    let mariadb = schema_of(&server.fresh(), &tables::MARIADB);
    dump::assert_same("the schemas of SQLite and MariaDB", &sqlite.join("\n"), &mariadb.join("\n"));
}
