//! Other files with the same rows: packed, split, shuffled, written otherwise.

use std::io::Write as _;

use xtask::{
    random::Rng,
    scenario::{Form, Table},
};

use crate::program::{File, file};

/// A gzip stream of a file.
pub fn gzip((name, bytes): &File) -> File {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    (format!("{name}.gz"), encoder.finish().unwrap())
}

/// A zip archive of files.
pub fn zip(files: &[File]) -> File {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    ("bill.zip".to_owned(), writer.finish().unwrap().into_inner())
}

/// The table divided among files.
pub fn split(table: &Table, form: Form, parts: usize) -> Vec<File> {
    let tables = table.split(parts);
    tables
        .iter()
        .enumerate()
        .map(|(at, part)| file(&format!("{at}-{}", form.file()), &form.text(part)))
        .collect()
}

/// The table with its rows in another order.
pub fn shuffled(table: &Table, seed: u64) -> Table {
    let mut table = table.clone();
    Rng::new(seed).shuffle(&mut table.rows);
    table
}

/// The table with its columns in another order, and with some that nobody knows.
pub fn columns_shuffled(table: &Table, seed: u64) -> Table {
    let mut places: Vec<usize> = (0..table.headings.len()).collect();
    Rng::new(seed).shuffle(&mut places);
    let moved = |record: &[String], unknown: &str| {
        let mut moved = vec![unknown.to_owned()];
        moved.extend(places.iter().map(|place| record[*place].clone()));
        moved.push(String::new());
        moved
    };
    Table {
        headings: moved(&table.headings, "x_NobodyKnows"),
        rows: table.rows.iter().map(|row| moved(row, "17,5 \"?\"")).collect(),
    }
}

/// CSV with every field in quotes.
pub fn quoted(table: &Table) -> String {
    let record = |fields: &Vec<String>| {
        let fields: Vec<String> =
            fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        fields.join(",") + "\n"
    };
    std::iter::once(&table.headings).chain(&table.rows).map(record).collect()
}
