//! The same month as Parquet: all columns as text, and with the column types that providers use.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, ArrowPrimitiveType, Decimal128Array, Float64Array, ListArray, MapArray, RecordBatch,
    StringArray, StructArray, TimestampMicrosecondArray,
    builder::{Float64Builder, ListBuilder, MapBuilder, StringBuilder, StructBuilder},
    types::Float64Type,
};
use arrow_schema::{DataType, Field, Fields};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
use serde_json::Value;
use xtask::scenario::{Digits, Exact, Form, Provider, Scenario, Table, make};

use crate::{
    pack::zip,
    program::{File, Program, file},
};

/// A binary number of eight bytes keeps this many decimal digits.
const BINARY_DIGITS: usize = 15;

#[test]
fn parquet_of_texts_is_the_same_content() {
    for (scenario, form) in months() {
        let table = scenario.table(0, form);
        let columns = table.headings.iter().enumerate().map(|(at, name)| (name.as_str(), texts(&table, at)));
        check(&scenario, form, vec![written("texts", form, columns.collect(), 40)], true);
    }
}

#[test]
fn parquet_of_the_provider_s_types_is_the_same_content() {
    for (scenario, form) in months() {
        check(&scenario, form, typed_parts(&scenario.table(0, form), form), true);
    }
}

#[test]
fn parquet_in_a_zip_archive_is_read_too() {
    let (scenario, form) = months().next().unwrap();
    let parts = typed_parts(&scenario.table(0, form), form);
    check(&scenario, form, vec![zip(&parts)], false);
}

/// A month in two files with Parquet's types.
fn typed_parts(table: &Table, form: Form) -> Vec<File> {
    let parts = table.split(2);
    let name = |at| format!("typed-{at}");
    parts.iter().enumerate().map(|(at, part)| written(&name(at), form, columns(part, table), 1000)).collect()
}

/// A month of each form, with numbers that Parquet's types can hold.
fn months() -> impl Iterator<Item = (Scenario, Form)> {
    let forms = Provider::ALL.into_iter().flat_map(|provider| {
        provider.forms().iter().enumerate().map(move |(at, form)| (provider, at as u64 + 3, *form))
    });
    forms.map(|(provider, seed, form)| (make(provider, seed, 60, Digits::Binary), form))
}

fn check(scenario: &Scenario, form: Form, files: Vec<File>, same_digest: bool) {
    let place = form.file();
    let usual = [file(form.file(), &form.text(&scenario.table(0, form)))];
    let mut program = Program::new(scenario);
    program.import(form.importer(), "bills", &usual);
    let usual = program.read(form.importer(), &usual);
    let content = program.read(form.importer(), &files);
    assert_eq!(content.totals, usual.totals, "{place}: totals");
    assert_eq!(content.buckets, usual.buckets, "{place}: buckets");
    assert_eq!(content.invoices, usual.invoices, "{place}: the provider's invoices");
    if same_digest {
        assert_eq!(content.slices(), usual.slices(), "{place}: digests");
        assert!(program.import(form.importer(), "bills", &files).already_imported, "{place} is known again");
    }
}

/// A Parquet file of columns, with row groups of so many rows.
fn written(name: &str, form: Form, columns: Vec<(&str, ArrayRef)>, rows: usize) -> File {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    );
    let batch = batch.unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::UNCOMPRESSED);
    let properties = properties.set_max_row_group_row_count(Some(rows)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    (format!("{name}-{}.parquet", form.file()), bytes)
}

/// The columns of a part of a table; `whole` decides what types they have. Dotted names become structs.
fn columns<'t>(part: &'t Table, whole: &Table) -> Vec<(&'t str, ArrayRef)> {
    let mut columns: Vec<(&str, Vec<(&str, ArrayRef)>)> = Vec::new();
    for (at, name) in part.headings.iter().enumerate() {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let array = typed(part, whole, at);
        match columns.last_mut().filter(|(last, _)| *last == first) {
            Some((_, fields)) => fields.push((rest, array)),
            None => columns.push((first, vec![(rest, array)])),
        }
    }
    let column = |(name, fields): (&'t str, Vec<(&str, ArrayRef)>)| match fields.as_slice() {
        [("", array)] => (name, array.clone()),
        _ => {
            let field = |(name, array): &(&str, ArrayRef)| {
                (Arc::new(Field::new(*name, array.data_type().clone(), true)), array.clone())
            };
            let fields: Vec<_> = fields.iter().map(field).collect();
            (name, Arc::new(StructArray::from(fields)) as ArrayRef)
        }
    };
    columns.into_iter().map(column).collect()
}

/// The cells of a column; `None` where there is nothing.
fn cells(table: &Table, at: usize) -> impl Iterator<Item = Option<&str>> {
    table.rows.iter().map(move |row| Some(row[at].as_str()).filter(|cell| !cell.is_empty()))
}

fn texts(table: &Table, at: usize) -> ArrayRef {
    Arc::new(cells(table, at).collect::<StringArray>())
}

fn typed(table: &Table, whole: &Table, at: usize) -> ArrayRef {
    let heading = whole.headings[at].to_ascii_lowercase();
    match heading.as_str() {
        "resource_tags" => return Arc::new(map(table, at)),
        "labels" | "project.labels" | "system_labels" => return Arc::new(list(table, at, &["key", "value"])),
        // Others write tags as one text.
        "tags" if whole.headings.iter().any(|heading| heading == "labels") => {
            return Arc::new(list(table, at, &["key", "value"]));
        }
        "credits" => return Arc::new(list(table, at, &["name", "amount", "id", "type"])),
        _ => {}
    }
    let is_number = ["cost", "quantity", "amount", "price"].iter().any(|word| heading.contains(word))
        && !["costcenter", "cost_center"].iter().any(|word| heading.contains(word))
        && cells(whole, at).flatten().all(|cell| Exact::parse(cell).is_some());
    let moments: Option<Vec<Option<i64>>> =
        cells(table, at).map(|cell| cell.map(moment).transpose_flat()).collect();
    match (is_number, moments) {
        (true, _) => numbers(table, whole, at),
        (false, Some(moments)) if moments.iter().any(Option::is_some) => {
            Arc::new(TimestampMicrosecondArray::from(moments).with_timezone("UTC"))
        }
        _ => texts(table, at),
    }
}

/// Numbers as binary ones where those keep all digits, else as decimals, else as texts.
fn numbers(table: &Table, whole: &Table, at: usize) -> ArrayRef {
    type Native = <Float64Type as ArrowPrimitiveType>::Native;
    let all: Vec<Exact> = cells(whole, at).flatten().map(|cell| Exact::parse(cell).unwrap()).collect();
    if all.iter().all(|number| number.significant() <= BINARY_DIGITS) {
        let native = |cell: &str| cell.parse::<Native>().unwrap();
        return Arc::new(cells(table, at).map(|cell| cell.map(native)).collect::<Float64Array>());
    }
    const SCALE: i8 = 18;
    let scaled = |cell: &str| {
        let number = Exact::parse(cell).unwrap().times(&Exact::parse("1E18").unwrap());
        number.to_string().parse::<i128>().ok()
    };
    let decimals: Option<Vec<Option<i128>>> =
        cells(table, at).map(|cell| cell.map(scaled).transpose_flat()).collect();
    match decimals {
        Some(decimals) => {
            Arc::new(Decimal128Array::from(decimals).with_precision_and_scale(38, SCALE).unwrap())
        }
        None => texts(table, at),
    }
}

/// Turns "a cell that may be missing, of what may not be readable" around.
trait TransposeFlat<T> {
    fn transpose_flat(self) -> Option<Option<T>>;
}

impl<T> TransposeFlat<T> for Option<Option<T>> {
    fn transpose_flat(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(None) => None,
            Some(read) => Some(read),
        }
    }
}

/// A moment or day in microseconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let timestamp = match text.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] => format!("{year}-{month}-{day}T00:00:00Z"),
        _ if text.ends_with('Z') => text.to_owned(),
        _ => format!("{text}Z"),
    };
    timestamp.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

fn map(table: &Table, at: usize) -> MapArray {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for cell in cells(table, at) {
        let tags: Value = serde_json::from_str(cell.unwrap_or("{}")).unwrap();
        for (key, value) in tags.as_object().unwrap() {
            builder.keys().append_value(key);
            builder.values().append_value(value.as_str().unwrap());
        }
        builder.append(true).unwrap();
    }
    builder.finish()
}

/// A list of structs out of a cell's JSON; `amount` is a binary number, everything else a text.
fn list(table: &Table, at: usize, names: &[&str]) -> ListArray {
    let field = |name: &&str| {
        let data_type = if *name == "amount" { DataType::Float64 } else { DataType::Utf8 };
        Field::new(*name, data_type, true)
    };
    let fields: Fields = names.iter().map(field).collect();
    let mut builder = ListBuilder::new(StructBuilder::from_fields(fields, 0));
    for cell in cells(table, at) {
        let entries: Value = serde_json::from_str(cell.unwrap_or("[]")).unwrap();
        for entry in entries.as_array().unwrap() {
            let values = builder.values();
            for (at, name) in names.iter().enumerate() {
                match &entry[*name] {
                    Value::Number(number) => {
                        values.field_builder::<Float64Builder>(at).unwrap().append_option(number.as_f64());
                    }
                    other => values.field_builder::<StringBuilder>(at).unwrap().append_option(other.as_str()),
                }
            }
            values.append(true);
        }
        builder.append(cell.is_some());
    }
    builder.finish()
}
