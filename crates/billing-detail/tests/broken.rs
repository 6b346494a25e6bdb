//! What is wrong with a file is told in one sentence: the place, the cause, the cure. Nothing is left behind.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it skipped")]

mod support;

use std::{
    fs,
    io::{Cursor, Write},
    os::unix::fs::PermissionsExt,
};

use billing_detail::Input;
use support::{Place, gzip, place, text};
use zip::{ZipWriter, write::SimpleFileOptions};

const HEADINGS: &str = "account,period,service,cost,currency,tags\n";

/// Imports a file of this content; the message must be the given one, with the file as FILE.
fn check(bytes: impl AsRef<[u8]>, message: &str) {
    let place = place();
    let input = place.file("bill.csv", bytes.as_ref());
    check_input(&place, &input, message);
}

fn check_input(place: &Place, input: &Input, message: &str) {
    let error = place.ingest(std::slice::from_ref(input)).unwrap_err().to_string();
    assert_eq!(error.replace(input.name(), "FILE"), message);
    assert_eq!(place.folders(), 0, "a refused import leaves nothing");
}

fn rows(count: usize) -> String {
    let row = |at: usize| format!("{at},2026-10-01,Compute {},{at}.25,CHF,\n", at * 7919 % 1013);
    HEADINGS.to_owned() + &(0..count).map(row).collect::<String>()
}

#[test]
fn no_file() {
    let error = place().ingest(&[]).unwrap_err().to_string();
    assert_eq!(error, "import: no file is given; name one");
}

#[test]
fn a_file_that_is_not_there() {
    let place = place();
    let input = Input::file(place.path("no.csv"));
    check_input(&place, &input, "FILE: the file does not exist; check its name and folder");
}

#[test]
fn a_folder_instead_of_a_file() {
    let place = place();
    let input = Input::file(place.root.path().to_owned());
    check_input(&place, &input, "FILE: this is a folder; name a file, or let the folder be expanded");
}

#[test]
fn a_file_that_may_not_be_read() {
    let place = place();
    let input = place.file("bill.csv", HEADINGS.as_bytes());
    fs::set_permissions(place.path("bill.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(place.path("bill.csv")).is_ok() {
        println!("skipped: needs a user who may not read everything");
        return;
    }
    check_input(&place, &input, "FILE: the file may not be read; give this user the right to read it");
}

#[test]
fn an_empty_file() {
    check("", "FILE: the file is empty, without even headings; export it again");
}

#[test]
fn a_file_of_empty_lines() {
    check("\n\r\n\n", "FILE: there is no line with text in it; export it again");
}

#[test]
fn binary_junk() {
    let junk: Vec<u8> = (0..9_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check(junk, "FILE: this is not a text table in UTF-8; import the provider's CSV export");
    check(
        b"K\xF6ln,cost\n1,2\n",
        "FILE, line 1: this is not a text table in UTF-8; import the provider's CSV export, or save the file as UTF-8",
    );
}

#[test]
fn utf_16() {
    check(b"\xFF\xFEa\0,\0", "FILE: the text is UTF-16; save it as UTF-8 and import it again");
}

#[test]
fn parquet() {
    check(
        b"PAR1\x15\x04",
        "FILE: the Parquet file is damaged (EOF: Parquet file too small. Size is 6 but need 8); download it again",
    );
}

#[test]
fn another_separator() {
    check(
        HEADINGS.replace(',', ";"),
        "FILE, line 1: the fields are separated by ';', expected ','; export it with commas",
    );
    check(
        format!("Report\n{}", HEADINGS.replace(',', "\t")),
        "FILE, line 2: the fields are separated by tabs, expected ','; export it with commas",
    );
    check(
        "\"account\";\"period\";\"service\";\"cost\";\"currency\"\n",
        "FILE, line 1: the fields are separated by ';', expected ','; export it with commas",
    );
}

#[test]
fn missing_columns() {
    check(
        "account,period,service,price\n1,2026-10-01,x,2\n",
        "FILE, line 1: the headings lack the columns cost, currency; expected account, period, service, cost and \
         currency",
    );
    check(
        "For October\n\naccount,period,service,cost\n",
        "FILE, line 3: the headings lack the column currency; expected account, period, service, cost and currency",
    );
    check(
        "name\nx\ny\n",
        "FILE: no line has the headings of this table; expected account, period, service, cost and currency",
    );
}

#[test]
fn a_quote_that_is_not_closed() {
    check(
        format!("{HEADINGS}1,2026-10-01,x,2,CHF,\n1,2026-10-01,\"x,2,CHF,\n"),
        "FILE, line 3: a quote that opens on this line is not closed before the end of the file; export it again",
    );
}

#[test]
fn a_line_that_is_too_long() {
    let place = place();
    // 40 MB of one letter, in a gzip stream of a few kilobytes.
    let long = [HEADINGS.as_bytes(), b"1,2026-10-01,", &vec![b'x'; 40_000_000]].concat();
    let packed = gzip(&long);
    assert!(packed.len() < 400_000);
    let message = "FILE, line 2: the line is longer than 16 MiB; look for a quote that is not closed";
    check_input(&place, &place.file("bill.csv.gz", &packed), message);
    let error = place.ingest_within(&[text("b.csv", &long)], 1, 5_000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "b.csv, line 2: the line is longer than 5000 bytes; look for a quote that is not closed"
    );
}

#[test]
fn a_truncated_gzip_stream() {
    let packed = gzip(rows(5_000).as_bytes());
    let place = place();
    let input = place.file("bill.csv.gz", &packed[..packed.len() / 2]);
    let error = place.ingest(std::slice::from_ref(&input)).unwrap_err().to_string();
    let error = error.replace(input.name(), "FILE");
    let (line, rest) = error.strip_prefix("FILE, line ").unwrap().split_once(':').unwrap();
    assert!((1_000..5_000).contains(&line.parse::<u32>().unwrap()), "{error}");
    assert_eq!(rest, " the compressed data ends here, before its end; download the file again");
    assert_eq!(place.folders(), 0);
    // Also where the first bytes are not even the headings, and where only the check sum is missing.
    check(
        &packed[..30],
        "FILE, line 1: the compressed data ends here, before its end; download the file again",
    );
    let small = gzip(rows(1).as_bytes());
    check(
        &small[..small.len() - 6],
        "FILE, line 3: the compressed data ends here, before its end; download the file again",
    );
}

#[test]
fn a_damaged_gzip_stream() {
    let mut packed = gzip(rows(3).as_bytes());
    let last = packed.len() - 1;
    packed[last - 6] ^= 0xFF;
    let place = place();
    let error = place.ingest(&[place.file("bill.csv.gz", &packed)]).unwrap_err().to_string();
    assert!(error.contains("bill.csv.gz, line 5: the compressed data is damaged here ("), "{error}");
    assert!(error.ends_with("); download the file again"), "{error}");
}

fn archive(text: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("part.csv", SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_damaged_zip_archive() {
    let good = archive(&rows(3));
    check(
        &good[..good.len() / 2],
        "FILE: the archive is damaged (invalid Zip archive: Could not find EOCD); download it again",
    );
    let stored = {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("part.csv", plain).unwrap();
        writer.write_all(rows(3).as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let at = stored.windows(4).position(|bytes| bytes == b"2.25").unwrap();
    let mut damaged = stored;
    damaged[at] = b'9';
    check(
        damaged,
        "FILE/part.csv, line 5: the compressed data is damaged here (Invalid checksum); download the file again",
    );
}

#[test]
fn an_encrypted_zip_archive() {
    let mut bytes = archive(&rows(3));
    // The flag for encryption, in the file's own header and in the list at the end.
    let list = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[list + 8] |= 1;
    check(bytes, "FILE/part.csv: the archive is encrypted; unpack it and import the files in it");
}

#[test]
fn an_amount_that_is_none_in_row_7() {
    let mut lines: Vec<String> = rows(8).lines().map(str::to_owned).collect();
    lines[7] = "6,2026-10-01,Compute,twelve,CHF,".to_owned();
    let imported = place().ingest(&[text("bill.csv", lines.join("\n"))]).unwrap();
    assert_eq!((imported.content.rows(), imported.content.rejections.len()), (7, 1));
    let rejection = &imported.content.rejections[0];
    assert_eq!(
        (rejection.file.as_str(), rejection.line, rejection.column.as_str(), rejection.text.as_str()),
        ("bill.csv", 8, "cost", "twelve")
    );
    assert_eq!(rejection.reason, "the amount is not a number; expected one like 12.50 or 1.25E-7");
    assert_eq!(imported.content.totals.to_string(), "23.75 CHF");
}

#[test]
fn rows_that_are_no_whole_rows_are_rejected_one_by_one() {
    let body = "1,2026-10-01,x,1,CHF,\n\
                1,2026-10-01,x,2,CHF\n\
                1,2026-10-01,x,1,000.50,CHF,\n\
                account,period,service,cost,currency,tags\n\
                \u{feff}account,period,service,cost,currency,tags\n\
                \x20 \n\
                1,2026-10-01,\0,2,CHF,\n";
    let mut bytes = [HEADINGS, body].concat().into_bytes();
    bytes.extend_from_slice(b"1,2026-10-01,\xFF,2,CHF,\n");
    let imported = place().ingest(&[text("bill.csv", bytes)]).unwrap().content;
    let rejections: Vec<(u64, &str)> =
        imported.rejections.iter().map(|rejection| (rejection.line, rejection.reason.as_str())).collect();
    let repeated = "the headings are repeated: files were joined into one; remove this line";
    let fields = |count| {
        format!(
            "the row has {count} fields, the headings have 6; look for a comma or quote too many or too few"
        )
    };
    assert_eq!(
        rejections,
        [
            (3, fields(5).as_str()),
            (4, fields(7).as_str()),
            (5, repeated),
            (6, repeated),
            (8, "the row has a NUL byte in it; export the file again"),
            (9, "the row is not UTF-8 text; export the file as UTF-8"),
        ]
    );
    assert_eq!(imported.rejections[0].text, "1,2026-10-01,x,2,CHF");
    assert_eq!(imported.totals.to_string(), "1 CHF");
    assert_eq!((imported.rows(), imported.files[0].rejected), (1, 6));
}

#[test]
fn too_many_rejections() {
    let body = "1,2026-10-01,x,a,CHF,\n".repeat(4);
    let error =
        place().ingest_within(&[text("bill.csv", HEADINGS.to_owned() + &body)], 3, 1 << 20).unwrap_err();
    assert_eq!(
        error.to_string(),
        "bill.csv, line 2: more than 3 rows cannot be taken, this is the first: the amount is not a number; \
         expected one like 12.50 or 1.25E-7; check that the file is of this importer"
    );
}

#[test]
fn a_sum_that_cannot_be_counted() {
    let body = "1,2026-10-01,x,99999999999999999999,CHF,\n".repeat(2);
    check(
        HEADINGS.to_owned() + &body,
        "FILE, line 3: with this row the CHF costs add up to more than can be counted; look for an amount that \
         cannot be",
    );
}
