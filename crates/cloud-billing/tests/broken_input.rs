//! Broken input that cannot stand in the tree, since it is made to be large: told in one sentence, within bounded
//! memory, and nothing is changed by it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it measured")]

mod common;

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use common::{Place, Ran};
use flate2::{Compression, write::GzEncoder};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression as ParquetCompression, ZstdLevel},
    file::properties::WriterProperties,
};

const HEADINGS: &str =
    "BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ServiceName,ResourceName\n";
const ROW: &str = "12.50,CHF,AWS,210987654321,2026-10-01,Amazon S3,a\n";
/// The most that a command may use, whatever it reads: 250 MB.
const MEMORY_KIB_MAX: u64 = 250_000;

/// A folder with a ledger that has a document and an invoice.
fn place() -> Place {
    let place = Place::new();
    place.write("known.csv", format!("{HEADINGS}{ROW}"));
    place.write(
        "catalog.yaml",
        "customers:\n  - { name: Shop team, cost_center: \"1\" }\naccounts:\n  - { provider: AWS, id: \"210987654321\", \
         customer: Shop team }\n",
    );
    place.done(&["import", "focus", "-n", "aws", "-f", "known.csv"]);
    place.done(&["apply", "-f", "catalog.yaml"]);
    place.done(&["bill", "AWS", "--period", "2026-10"]);
    place
}

/// Runs a command and tells the most memory it ever had, in KiB, as far as looking often shows it.
fn measured(mut command: Command) -> (Ran, u64) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let watch = thread::spawn(move || {
        let mut most = 0;
        while let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            // A process that has ended has no memory.
            let Some(line) = line else { break };
            most = line.trim().trim_end_matches(" kB").parse().unwrap();
            thread::sleep(Duration::from_micros(500));
        }
        most
    });
    let ran = child.wait_with_output().unwrap().into();
    (ran, watch.join().unwrap())
}

/// The command fails with this sentence and changes nothing.
#[track_caller]
fn refused(place: &Place, command: Command, message: &str) {
    let before = place.books();
    let (ran, memory) = measured(command);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.trim_end()), (1, "", message));
    println!("{memory} KiB for: {message}");
    assert!(memory > 0 && memory < MEMORY_KIB_MAX, "{memory} KiB");
    assert_eq!(place.books(), before);
}

fn import(file: &str) -> [&str; 6] {
    ["import", "focus", "-n", "new", "-f", file]
}

/// A gzip file of a beginning, so many MiB of `x`, and an end.
fn gigabyte(beginning: &str, mebibytes: usize, end: &str) -> Vec<u8> {
    let pack = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    // A gzip file may have many parts, each with its own end.
    let part = pack(&vec![b'x'; 1 << 20]);
    [pack(beginning.as_bytes()), part.repeat(mebibytes), pack(end.as_bytes())].concat()
}

#[test]
fn a_line_of_a_gigabyte_is_refused_and_does_not_fill_the_memory() {
    let place = place();
    let row = format!("{HEADINGS}{ROW}12.50,CHF,AWS,210987654321,2026-10-01,");
    for (beginning, line, end) in [
        (String::new(), 1, ",BilledCost\n".to_owned()),
        (row.clone(), 3, ",a\n".to_owned()),
        (format!("{row}\""), 3, format!("\",a\n{ROW}")),
    ] {
        place.write("bill.csv.gz", gigabyte(&beginning, 1024, &end));
        let message = format!(
            "error: bill.csv.gz, line {line}: the line is longer than 16 MiB; look for a quote that is not closed"
        );
        refused(&place, place.command(&import("bill.csv.gz")), &message);
    }
}

/// A small Parquet file of rows with a name of so many MiB each.
fn long_names(rows: usize, mebibytes: usize) -> Vec<u8> {
    let name = "x".repeat(mebibytes << 20);
    let column = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows])) };
    let row = ROW.replace("AWS", "GCP");
    let fields = HEADINGS.trim().split(',').zip(row.trim().split(','));
    let columns = fields.map(|(heading, text)| match heading {
        "ResourceName" => (heading, column(&name)),
        _ => (heading, column(text)),
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let packed = ParquetCompression::ZSTD(ZstdLevel::default());
    // As some writers do, it has each text once, however long.
    let properties =
        WriterProperties::builder().set_compression(packed).set_dictionary_page_size_limit(1 << 30);
    let properties = properties.build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn long_texts_of_a_small_parquet_file_do_not_fill_the_memory() {
    let place = place();
    for (rows, mebibytes, message) in [
        (1, 100, "its rows have texts of more than 64 KB and take 100 MB together"),
        (10, 100, "its rows have texts of more than 64 KB and take 100 MB together"),
        (200, 1, ""),
        (1, 20, "line 1: the row is longer than 16 MiB"),
    ] {
        let bytes = long_names(rows, mebibytes);
        assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
        place.write("bill.parquet", bytes);
        let (ran, memory) = measured(place.command(&import("bill.parquet")));
        assert!(memory < MEMORY_KIB_MAX, "{memory} KiB for {rows} rows of {mebibytes} MiB");
        assert!(ran.err.contains(message), "{rows} rows of {mebibytes} MiB: {}", ran.err);
        assert_eq!(ran.code, i32::from(!message.is_empty()), "{}", ran.err);
    }
}

#[test]
fn lines_of_no_table_do_not_fill_the_memory() {
    let place = place();
    place.write("bill.csv", format!("{HEADINGS}{}", "x\n".repeat(5_000_000)));
    let message = "error: bill.csv, line 2: more than 100000 rows cannot be taken, this is the first: the row has 1 field, \
                   the headings have 7; look for a comma or quote too many or too few; check that the file is of this \
                   importer";
    refused(&place, place.command(&import("bill.csv")), message);
}

#[test]
fn a_row_of_json_without_end_is_refused() {
    let place = place();
    for (beginning, end) in [("{\"BilledCost\":\"", "\"}"), ("[{\"a\":[", "]}]")] {
        place.write("bill.json.gz", gigabyte(beginning, 1024, end));
        let command = place.command(&["import", "gcp-bigquery", "-n", "new", "-f", "bill.json.gz"]);
        let (ran, memory) = measured(command);
        assert!(
            ran.code == 1 && ran.err.contains("bill.json.gz, line 1: the line is longer than 16 MiB"),
            "{ran:?}"
        );
        assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
    }
}

#[test]
fn of_a_long_rejected_row_the_beginning_is_shown() {
    let place = place();
    let row = format!("{HEADINGS}3.25,CHF,GCP,shop,2026-10-01,");
    // Not quite the longest line, and one comma too many.
    place.write("bill.csv.gz", gigabyte(&row, 15, ",,a\n3.25,CHF,GCP,shop,2026-10-01,Storage,a\n"));
    let (ran, memory) = measured(place.command(&import("bill.csv.gz")));
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.starts_with("new/2026-10 version 1: 1 row, 1 rejected, 3.25 CHF\n"), "{}", ran.out);
    assert!(ran.err.len() < 1_000, "{} bytes of message", ran.err.len());
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
}

#[test]
fn more_columns_than_any_table_has_are_refused_and_many_are_read() {
    let place = place();
    let columns = |count: usize| {
        (0..count).fold(String::new(), |mut text, at| {
            write!(text, "c{at},").unwrap();
            text
        })
    };
    place.write("bill.csv", format!("{}{HEADINGS}", columns(70_000)));
    let message =
        "error: bill.csv, line 1: the line has more fields than any table; import the provider's CSV export";
    refused(&place, place.command(&import("bill.csv")), message);
    let row = format!("{}{}", ",".repeat(60_000), ROW.replace("12.50", "0.25").replace("AWS", "GCP"));
    place.write("bill.csv", format!("{}{HEADINGS}{}", columns(60_000), row.repeat(20)));
    let (ran, memory) = measured(place.command(&import("bill.csv")));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("new/2026-10 version 1: 20 rows, 0 rejected, 5 CHF\n"), "{}", ran.out);
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
}

#[test]
fn a_file_of_nothing_but_broken_rows_is_refused() {
    let place = place();
    let rows = "twelve,CHF,AWS,210987654321,2026-10-01,Amazon S3,a\n".repeat(100_001);
    place.write("bill.csv", format!("{HEADINGS}{rows}"));
    let message = "error: bill.csv, line 2: more than 100000 rows cannot be taken, this is the first: the amount is not a \
                   number; expected one like 12.50 or 1.25E-7; check that the file is of this importer";
    refused(&place, place.command(&import("bill.csv")), message);
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let place = place();
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("customers: {}{}\n", open.repeat(50_000), close.repeat(50_000));
        place.write("deep.yaml", text);
        let command = place.command(&["apply", "-f", "deep.yaml"]);
        refused(
            &place,
            command,
            "error: deep.yaml:1: this is not YAML: recursion limit exceeded\nnothing was applied",
        );
    }
    // Tags that cannot be read cost nobody anything: the row is taken.
    let tags = format!("\"{}1{}\"", "{\"\"a\"\": ".repeat(50_000), "}".repeat(50_000));
    let (headings, row) = (HEADINGS.trim(), ROW.replace("12.50", "1.50").replace("AWS", "GCP"));
    place.write("bill.csv", format!("{headings},Tags\n{},{tags}\n", row.trim()));
    let ran = place.run(&import("bill.csv"));
    assert!(ran.code == 0 && ran.out.contains(": 1 row, 0 rejected, 1.5 CHF"), "{ran:?}");
}

/// The program with so many bytes as the longest file that it can write: what a full disk is to it.
fn with_files_up_to(place: &Place, kibibytes: usize, arguments: &[&str]) -> Command {
    let mut command = place.other("sh");
    // `ulimit` counts in blocks of 512 bytes; the signal would end the program before it could say why.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec cloud-billing \"$@\"", kibibytes * 2);
    command.args(["-c", &script, "sh"]).args(arguments);
    command
}

/// Rows that no compression makes small.
fn random_rows(count: usize) -> String {
    let mut state = 1_u64;
    let mut text = HEADINGS.to_owned();
    for _ in 0..count {
        text.push_str("0.25,CHF,GCP,shop,2026-10-01,Storage,");
        for _ in 0..64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            write!(text, "{:016x}", state.rotate_left(29).wrapping_mul(state | 1)).unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn a_disk_that_fills_up_under_an_import_changes_nothing() {
    let place = place();
    // Each thread writes a part.
    place.write("bill.csv", random_rows(6_000));
    let before = place.books();
    let ran: Ran = with_files_up_to(&place, 768, &import("bill.csv")).output().unwrap().into();
    let part = ran.err.split('/').nth(1).unwrap_or_default().to_owned();
    let told = ran.err.replace(&part, "FOLDER").replace("part-00001", "part-00000");
    let message = "error: cloud-billing.detail/FOLDER/part-00000.parquet: the disk is full; nothing was imported: free some \
                   space and run the import again\n";
    assert_eq!((ran.code, told.as_str()), (1, message));
    assert_eq!(place.books(), before);
    // The cure helps.
    place.done(&import("bill.csv"));
}

#[test]
fn a_disk_that_fills_up_under_the_ledger_changes_nothing() {
    let place = place();
    // Each row is a bucket of its own, and small in the detail.
    let rows: String = (0..3_000).map(|at| format!("0.25,CHF,GCP,a-{at},2026-10-01,S{at},\n")).collect();
    place.write("bill.csv", format!("{HEADINGS}{rows}"));
    let before = place.books();
    let ran: Ran = with_files_up_to(&place, 320, &import("bill.csv")).output().unwrap().into();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.starts_with("error: the ledger cannot be written, and nothing was changed: "),
        "{}",
        ran.err
    );
    assert_eq!(place.books(), before);
    place.done(&import("bill.csv"));
}

#[test]
fn an_export_that_cannot_be_written_is_written_by_the_next_run() {
    let place = place();
    place.write("more.csv", format!("{HEADINGS}{}", ROW.replace("12.50", "20").replace("AWS", "GCP")));
    place.write("more.yaml", "accounts:\n  - { provider: GCP, id: \"210987654321\", customer: Shop team }\n");
    place.done(&["import", "focus", "-n", "gcp", "-f", "more.csv"]);
    place.done(&["apply", "-f", "more.yaml"]);
    // A folder stands where the file has to come.
    fs::create_dir(place.path("GCP.csv")).unwrap();
    let bill = ["bill", "GCP", "--period", "2026-10"];
    let ran = place.run(&bill);
    assert!(ran.code != 0 && ran.err.contains("GCP.csv"), "{ran:?}");
    assert_eq!(place.json(&["invoices"]).as_array().unwrap().len(), 2, "the invoice stands");
    assert_eq!(place.run(&bill).code, ran.code, "and its file is still missing");
    fs::remove_dir(place.path("GCP.csv")).unwrap();
    assert!(place.done(&bill).out.ends_with("nothing to invoice\n"));
    assert_eq!(place.read("GCP.csv"), place.read("GCP-000002.csv"));
    assert!(place.read("GCP.csv").ends_with(";20;\r\n"));
    assert_eq!(place.files(".").iter().filter(|name| name.ends_with(".part")).count(), 0);
}
