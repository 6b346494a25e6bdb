//! The values of an Arrow column as texts.
//!
//! Most columns are texts already and are lent as they are; the others are written down column by column.

use std::{io::Write as _, ops::Range};

use arrow_array::{
    Array, ArrayRef, ListArray, MapArray, RecordBatch, StringViewArray, StructArray,
    cast::AsArray,
    types::{
        Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};

const SECONDS_A_DAY: i64 = 86_400;

/// A column's values as texts, in the order of the rows.
pub(crate) enum Texts<'b> {
    /// There is no such column, or no row has a value there.
    Missing,
    /// They are texts.
    Lent(&'b StringViewArray),
    /// They were written down, one behind the other, each up to its end.
    Made { text: String, ends: Vec<usize> },
}

/// A column's values.
#[derive(Clone, Copy)]
struct Cells<'b> {
    values: &'b ArrayRef,
    /// The columns that it is within: where one of them has no value, neither has this.
    around: [Option<&'b ArrayRef>; 3],
}

/// Whether values of this type have a text.
pub(crate) fn can_be_read(kind: &DataType) -> bool {
    use DataType as T;
    match kind {
        T::Null | T::Boolean | T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Date32 | T::Timestamp(..) => true,
        T::Decimal128(_, scale) | T::Decimal256(_, scale) => *scale >= 0,
        T::List(item) => can_be_read(item.data_type()),
        T::Struct(fields) => fields.iter().all(|field| can_be_read(field.data_type())),
        T::Map(entries, _) => can_be_read(entries.data_type()),
        kind => kind.is_integer() || matches!(kind, T::Float32 | T::Float64),
    }
}

impl<'b> Texts<'b> {
    /// The column at a path: its place in the batch, then in each column that it is within.
    pub(crate) fn at(batch: &'b RecordBatch, path: &[usize]) -> Self {
        let Some(cells) = Cells::at(batch, path) else { return Self::Missing };
        if cells.values.null_count() == cells.values.len() {
            return Self::Missing;
        }
        if let (Some(texts), [None, ..]) = (cells.values.as_string_view_opt(), cells.around) {
            return Self::Lent(texts);
        }
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(batch.num_rows()));
        for row in 0..batch.num_rows() {
            cells.put(row, &mut bytes);
            ends.push(bytes.len());
        }
        // Texts come from texts, so that nothing is lost here.
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Self::Made { text, ends }
    }

    /// Lends the texts of these rows to the fields at this place, which are empty; where there is no value, they stay so.
    pub(crate) fn lend<'t>(&'t self, rows: Range<usize>, fields: &mut [&'t str], place: usize) {
        if rows.is_empty() {
            return;
        }
        let fields = fields.chunks_exact_mut(fields.len() / rows.len()).map(|fields| &mut fields[place]);
        match self {
            Self::Missing => {}
            Self::Lent(texts) if texts.null_count() == 0 => {
                rows.zip(fields).for_each(|(row, field)| *field = texts.value(row));
            }
            Self::Lent(texts) => {
                for (row, field) in rows.zip(fields).filter(|(row, _)| !texts.is_null(*row)) {
                    *field = texts.value(row);
                }
            }
            Self::Made { text, ends } => {
                for (row, field) in rows.zip(fields) {
                    let start = if row == 0 { 0 } else { ends[row - 1] };
                    *field = text.get(start..ends[row]).unwrap_or("");
                }
            }
        }
    }
}

impl<'b> Cells<'b> {
    fn at(batch: &'b RecordBatch, path: &[usize]) -> Option<Self> {
        let (first, rest) = path.split_first()?;
        let mut values = batch.columns().get(*first)?;
        let mut around = [None; 3];
        for (depth, place) in rest.iter().enumerate() {
            *around.get_mut(depth)? = Some(values);
            values = values.as_struct_opt()?.columns().get(*place)?;
        }
        Some(Self { values, around })
    }

    /// Appends the text of a row's value; nothing where there is none.
    fn put(&self, row: usize, bytes: &mut Vec<u8>) {
        let is_null = |values: &ArrayRef| values.is_null(row);
        if !self.around.into_iter().flatten().any(is_null) && !is_null(self.values) {
            put(self.values, row, bytes);
        }
    }
}

/// Appends a value's text.
fn put(values: &ArrayRef, row: usize, bytes: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    macro_rules! number {
        ($kind:ty) => {
            drop(write!(bytes, "{}", values.as_primitive::<$kind>().value(row)))
        };
    }
    match values.data_type() {
        DataType::Utf8 => bytes.extend_from_slice(values.as_string::<i32>().value(row).as_bytes()),
        DataType::Utf8View => bytes.extend_from_slice(values.as_string_view().value(row).as_bytes()),
        DataType::LargeUtf8 => bytes.extend_from_slice(values.as_string::<i64>().value(row).as_bytes()),
        // A binary number has the shortest decimal that means it.
        DataType::Float64 => {
            let value = values.as_primitive::<Float64Type>().value(row);
            if !put_plain_form(zmij::Buffer::new().format(value), bytes) {
                number!(Float64Type);
            }
        }
        DataType::Float32 => number!(Float32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int8 => number!(Int8Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::Boolean => drop(write!(bytes, "{}", values.as_boolean().value(row))),
        DataType::Decimal128(..) => {
            bytes.extend_from_slice(values.as_primitive::<Decimal128Type>().value_as_string(row).as_bytes());
        }
        DataType::Decimal256(..) => {
            bytes.extend_from_slice(values.as_primitive::<Decimal256Type>().value_as_string(row).as_bytes());
        }
        DataType::Date32 => put_date(i64::from(values.as_primitive::<Date32Type>().value(row)), bytes),
        DataType::Timestamp(unit, _) => put_moment(values, *unit, row, bytes),
        DataType::List(_) => put_list(values.as_list::<i32>(), row, bytes),
        DataType::Map(..) => put_map(values.as_map(), row, bytes),
        DataType::Struct(_) => put_object(values.as_struct(), row, bytes),
        _ => {}
    }
}

/// Appends a number of the form `12.5`, `3.0` or `1.25e-7` without an exponent and without a fraction of 0; false where it
/// has another form.
fn put_plain_form(number: &str, bytes: &mut Vec<u8>) -> bool {
    // Over so few bytes a plain loop is the quickest search.
    let Some((digits, exponent)) =
        number.bytes().position(|byte| byte == b'e').and_then(|at| number.split_at_checked(at))
    else {
        bytes.extend_from_slice(number.strip_suffix(".0").unwrap_or(number).as_bytes());
        return true;
    };
    let Some(zeros) = exponent.strip_prefix("e-").and_then(|exponent| exponent.parse::<usize>().ok()) else {
        return false;
    };
    let unsigned = digits.strip_prefix('-');
    if unsigned.is_some() {
        bytes.push(b'-');
    }
    bytes.extend_from_slice(b"0.");
    bytes.extend(std::iter::repeat_n(b'0', zeros - 1));
    bytes.extend(unsigned.unwrap_or(digits).bytes().filter(|byte| *byte != b'.'));
    true
}

/// Appends a value as JSON.
fn put_json(values: &ArrayRef, row: usize, bytes: &mut Vec<u8>) {
    if values.is_null(row) {
        bytes.extend_from_slice(b"null");
        return;
    }
    match values.data_type() {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Timestamp(..) => {
            let mut text = Vec::new();
            put(values, row, &mut text);
            put_text(&String::from_utf8_lossy(&text), bytes);
        }
        DataType::Null => bytes.extend_from_slice(b"null"),
        _ => put(values, row, bytes),
    }
}

fn put_text(text: &str, bytes: &mut Vec<u8>) {
    // A text always has a JSON form.
    drop(serde_json::to_writer(bytes, text));
}

fn put_list(list: &ListArray, row: usize, bytes: &mut Vec<u8>) {
    let items = list.value(row);
    bytes.push(b'[');
    for item in 0..items.len() {
        if item > 0 {
            bytes.push(b',');
        }
        put_json(&items, item, bytes);
    }
    bytes.push(b']');
}

fn put_map(map: &MapArray, row: usize, bytes: &mut Vec<u8>) {
    let entries = map.value(row);
    let (names, values) = (entries.column(0), entries.column(1));
    bytes.push(b'{');
    for entry in 0..entries.len() {
        if entry > 0 {
            bytes.push(b',');
        }
        let mut name = Vec::new();
        put(names, entry, &mut name);
        put_text(&String::from_utf8_lossy(&name), bytes);
        bytes.push(b':');
        put_json(values, entry, bytes);
    }
    bytes.push(b'}');
}

fn put_object(object: &StructArray, row: usize, bytes: &mut Vec<u8>) {
    bytes.push(b'{');
    for (place, (name, values)) in object.column_names().into_iter().zip(object.columns()).enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        put_text(name, bytes);
        bytes.push(b':');
        put_json(values, row, bytes);
    }
    bytes.push(b'}');
}

/// Appends a moment as ISO 8601 in UTC, with as much of a second as there is.
fn put_moment(values: &ArrayRef, unit: TimeUnit, row: usize, bytes: &mut Vec<u8>) {
    let (count, digits) = match unit {
        TimeUnit::Second => (values.as_primitive::<TimestampSecondType>().value(row), 0),
        TimeUnit::Millisecond => (values.as_primitive::<TimestampMillisecondType>().value(row), 3),
        TimeUnit::Microsecond => (values.as_primitive::<TimestampMicrosecondType>().value(row), 6),
        TimeUnit::Nanosecond => (values.as_primitive::<TimestampNanosecondType>().value(row), 9),
    };
    let units = 10_i64.pow(digits);
    let (seconds, fraction) = (count.div_euclid(units), count.rem_euclid(units));
    put_date(seconds.div_euclid(SECONDS_A_DAY), bytes);
    let second = seconds.rem_euclid(SECONDS_A_DAY);
    let _ = write!(bytes, "T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if fraction > 0 {
        let text = format!("{fraction:0width$}", width = digits as usize);
        let _ = write!(bytes, ".{}", text.trim_end_matches('0'));
    }
    bytes.push(b'Z');
}

/// Appends the date of a day counted from 1970-01-01. Years are counted from March here, so that a leap day is the last
/// of its year, and in cycles of 400 years, which all have the same number of days.
fn put_date(day: i64, bytes: &mut Vec<u8>) {
    let day = day + 719_468;
    let (cycle, of_cycle) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_cycle = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let day_of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    let _ = write!(bytes, "{year:04}-{month:02}-{day_of_month:02}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Date32Array, Decimal128Array, TimestampMicrosecondArray, TimestampSecondArray, builder::MapBuilder,
        builder::StringBuilder, types::ArrowPrimitiveType,
    };

    use super::*;

    fn check(values: impl Array + 'static, texts: &[&str]) {
        let values: ArrayRef = Arc::new(values);
        assert!(can_be_read(values.data_type()));
        for (row, expected) in texts.iter().enumerate() {
            let mut bytes = Vec::new();
            put(&values, row, &mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), *expected);
        }
    }

    #[test]
    fn numbers_have_their_shortest_decimal_form() {
        let doubles: Vec<_> = ["0.1", "1e-7", "-3", "1005.004833"].map(|text| text.parse().unwrap()).into();
        check(
            arrow_array::PrimitiveArray::<Float64Type>::from_iter_values(doubles),
            &["0.1", "0.0000001", "-3", "1005.004833"],
        );
        let decimals =
            Decimal128Array::from_iter_values([12_345, -5]).with_precision_and_scale(10, 3).unwrap();
        check(decimals, &["12.345", "-0.005"]);
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_as_short_as_the_standard_library_shows_them(
            bits: u64,
            cents in -10_000_000i64..10_000_000,
            scale in 0i32..12,
        ) {
            type Number = <Float64Type as ArrowPrimitiveType>::Native;
            let number: Number = format!("{cents}e-{scale}").parse().unwrap();
            check(arrow_array::PrimitiveArray::<Float64Type>::from(vec![number]), &[&number.to_string()]);
            let any = Number::from_bits(bits);
            let mut bytes = Vec::new();
            put(&(Arc::new(arrow_array::PrimitiveArray::<Float64Type>::from(vec![any])) as ArrayRef), 0, &mut bytes);
            // Where two decimals of one length are as near, either may be shown.
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(text.len(), any.to_string().len(), "{text} {any}");
            assert!(any.is_nan() || text.parse::<Number>().unwrap().to_bits() == bits, "{text} {any}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check(
            Date32Array::from_iter_values([0, 20_727, -1, 11_016, 19_782]),
            &["1970-01-01", "2026-10-01", "1969-12-31", "2000-02-29", "2024-02-29"],
        );
        check(
            TimestampMicrosecondArray::from_iter_values([1_790_812_800_000_000, 1_500_000, -1]),
            &["2026-10-01T00:00:00Z", "1970-01-01T00:00:01.5Z", "1969-12-31T23:59:59.999999Z"],
        );
        check(TimestampSecondArray::from_iter_values([86_399]), &["1970-01-01T23:59:59Z"]);
    }

    #[test]
    fn maps_are_objects() {
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        map.keys().append_value("a \"b\"");
        map.values().append_value("1");
        map.keys().append_value("none");
        map.values().append_null();
        map.append(true).unwrap();
        map.append(true).unwrap();
        check(map.finish(), &[r#"{"a \"b\"":"1","none":null}"#, "{}"]);
    }
}
