//! Rows of a query's answer as a table: a column for each path, lists and records in it as JSON. Every number keeps the
//! text that it came with.

use serde_json::Value;

use crate::error::RemoteError;

/// A column as BigQuery describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    kind: Kind,
    repeated: bool,
}

/// What the texts of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Timestamp,
    Record(Vec<Field>),
}

/// Reads the fields of a `schema` object, of a table or of an answer.
pub(crate) fn fields(place: &str, schema: &Value) -> Result<Vec<Field>, RemoteError> {
    let Some(list) = schema["fields"].as_array() else {
        return Err(odd(place, "the answer has no schema"));
    };
    list.iter().map(|field| read_field(place, field)).collect()
}

fn read_field(place: &str, field: &Value) -> Result<Field, RemoteError> {
    let (Some(name), Some(kind)) = (field["name"].as_str(), field["type"].as_str()) else {
        return Err(odd(place, "a column has no name or type"));
    };
    let kind = match kind {
        "FLOAT" | "FLOAT64" | "INTEGER" | "INT64" | "NUMERIC" | "BIGNUMERIC" => Kind::Number,
        "BOOLEAN" | "BOOL" => Kind::Boolean,
        "TIMESTAMP" => Kind::Timestamp,
        "RECORD" | "STRUCT" => Kind::Record(fields(place, field)?),
        _ => Kind::Text,
    };
    Ok(Field { name: name.to_owned(), kind, repeated: field["mode"] == "REPEATED" })
}

/// Whether the columns have one at this path, with points between its names. What is inside a repeated record has none.
pub(crate) fn has_path(fields: &[Field], path: &str) -> bool {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(field) = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)) else { return false };
    match (rest, &field.kind) {
        (None, _) => true,
        (Some(rest), Kind::Record(inner)) if !field.repeated => has_path(inner, rest),
        _ => false,
    }
}

/// How rows with these columns become lines.
#[derive(Debug)]
pub(crate) struct Shape {
    columns: Vec<Field>,
}

impl Shape {
    /// The shape of an answer with these columns.
    pub(crate) fn new(columns: Vec<Field>) -> Self {
        Self { columns }
    }

    /// Writes the line of headings.
    pub(crate) fn headings(paths: &[&str], out: &mut String) {
        out.push_str(&paths.join(","));
        out.push('\n');
    }

    /// Writes a row of the answer (`{"f": [{"v": …}]}`) as a line.
    ///
    /// # Errors
    /// When the row does not have the columns that the answer's schema names.
    pub(crate) fn write(&self, place: &str, row: &Value, out: &mut String) -> Result<(), RemoteError> {
        let cells = row["f"].as_array().filter(|cells| cells.len() == self.columns.len());
        let cells = cells.ok_or_else(|| odd(place, "a row has not the columns of its schema"))?;
        for (at, (field, cell)) in self.columns.iter().zip(cells).enumerate() {
            if at > 0 {
                out.push(',');
            }
            write_cell(place, field, &cell["v"], out)?;
        }
        out.push('\n');
        Ok(())
    }
}

/// Writes a value of the table itself: nothing for NULL, JSON for what is nested.
fn write_cell(place: &str, field: &Field, value: &Value, out: &mut String) -> Result<(), RemoteError> {
    let text = if field.repeated || matches!(field.kind, Kind::Record(_)) {
        let mut json = String::new();
        write_field(place, field, value, &mut json)?;
        json
    } else if value.is_null() {
        return Ok(());
    } else {
        let text = scalar(place, value)?;
        if field.kind == Kind::Timestamp { timestamp(&text).unwrap_or(text) } else { text }
    };
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(&text);
    }
    Ok(())
}

fn scalar(place: &str, value: &Value) -> Result<String, RemoteError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(odd(place, "a value is neither a text nor a record")),
    }
}

fn write_field(place: &str, field: &Field, value: &Value, out: &mut String) -> Result<(), RemoteError> {
    if !field.repeated {
        return write_value(place, field, value, out);
    }
    out.push('[');
    for (at, item) in value.as_array().map(Vec::as_slice).unwrap_or_default().iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_value(place, field, &item["v"], out)?;
    }
    out.push(']');
    Ok(())
}

fn write_value(place: &str, field: &Field, value: &Value, out: &mut String) -> Result<(), RemoteError> {
    if value.is_null() {
        out.push_str("null");
        return Ok(());
    }
    if let Kind::Record(inner) = &field.kind {
        let cells = value["f"].as_array().filter(|cells| cells.len() == inner.len());
        let cells = cells.ok_or_else(|| odd(place, "a record has not the fields of its schema"))?;
        for (at, (field, cell)) in inner.iter().zip(cells).enumerate() {
            out.push(if at == 0 { '{' } else { ',' });
            write_text(&field.name, out);
            out.push(':');
            write_field(place, field, &cell["v"], out)?;
        }
        out.push_str(if inner.is_empty() { "{}" } else { "}" });
        return Ok(());
    }
    let text = scalar(place, value)?;
    match field.kind {
        Kind::Number if is_json_number(&text) => out.push_str(&text),
        Kind::Boolean if matches!(text.as_str(), "true" | "false") => out.push_str(&text),
        Kind::Timestamp => write_text(&timestamp(&text).unwrap_or(text), out),
        _ => write_text(&text, out),
    }
    Ok(())
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// Whether a text may stand as a number in JSON: `NaN` and `.5` may not.
fn is_json_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// A whole number of this size or more is microseconds: as seconds it would be the year 5138.
const MICROS_MIN: i64 = 100_000_000_000;

/// A moment as RFC 3339. BigQuery writes microseconds since 1970 where it is asked to, else seconds with a fraction and
/// maybe an exponent (`1.7934912E9`).
fn timestamp(text: &str) -> Option<String> {
    let micros: i64 = match text.parse::<i64>() {
        Ok(micros) if micros.abs() >= MICROS_MIN => micros,
        _ => {
            let micros = &billing_core::Decimal::parse(text).ok()? * &billing_core::Decimal::from(1_000_000);
            micros.to_string().split('.').next()?.parse().ok()?
        }
    };
    Some(jiff::Timestamp::from_microsecond(micros).ok()?.to_string())
}

fn odd(place: &str, problem: &str) -> RemoteError {
    RemoteError::damaged(place, format!("{problem}; run the command again, and report it if it stays"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(schema: Value, row: Value) -> Result<String, RemoteError> {
        let mut out = String::new();
        Shape::new(fields("here", &schema)?).write("here", &row, &mut out)?;
        Ok(out)
    }

    fn text(name: &str) -> Value {
        json!({"name": name, "type": "STRING"})
    }

    #[test]
    fn lists_stand_in_their_column_as_json() {
        let amount = json!({"name": "amount", "type": "FLOAT"});
        let credits = json!({"name": "credits", "type": "RECORD", "mode": "REPEATED", "fields": [text("name"), amount]});
        let schema =
            json!({"fields": [text("project__id"), text("project__name"), credits, text("cost_type")]});
        let credit = |name: Value, amount: &str| json!({"v": {"f": [{"v": name}, {"v": amount}]}});
        let row = json!({"f": [
            {"v": "a \"b\""}, {"v": null}, {"v": [credit(json!("x"), "-1e-07"), credit(Value::Null, "NaN")]}, {"v": "tax"}
        ]});
        assert_eq!(
            line(schema, row).unwrap(),
            "\"a \"\"b\"\"\",,\"[{\"\"name\"\":\"\"x\"\",\"\"amount\"\":-1e-07},{\"\"name\"\":null,\"\"amount\"\":\"\"NaN\"\"}]\",\
             tax\n"
        );
        let mut out = String::new();
        Shape::headings(&["project.id", "cost"], &mut out);
        assert_eq!(out, "project.id,cost\n");
    }

    #[test]
    fn a_number_keeps_its_text_and_a_moment_is_told_in_one_form() {
        let column = |name: &str, kind: &str| json!({"name": name, "type": kind});
        for (kind, given, written) in [
            ("FLOAT", "1005.004832999999984", "1005.004832999999984"),
            ("FLOAT64", "-1.5E-10", "-1.5E-10"),
            ("NUMERIC", "0.123456789", "0.123456789"),
            ("BOOLEAN", "true", "true"),
            ("TIMESTAMP", "1793491200000000", "2026-11-01T00:00:00Z"),
            ("TIMESTAMP", "1793491200.0", "2026-11-01T00:00:00Z"),
            ("TIMESTAMP", "1.7934912005E9", "2026-11-01T00:00:00.5Z"),
            ("TIMESTAMP", "1793491200", "2026-11-01T00:00:00Z"),
            ("STRING", "007", "007"),
        ] {
            let row = json!({"f": [{"v": given}]});
            let written = format!("{written}\n");
            assert_eq!(line(json!({"fields": [column("c", kind)]}), row).unwrap(), written, "{kind}");
        }
    }

    #[test]
    fn a_row_that_is_not_like_its_schema_is_refused() {
        let error = line(json!({"fields": [text("a")]}), json!({"f": []})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "here: a row has not the columns of its schema; run the command again, and report it if it stays"
        );
        assert!(line(json!({}), json!({"f": []})).is_err());
    }

    #[test]
    fn paths_are_found_but_for_those_inside_a_list() {
        let inner = json!([text("id")]);
        let record =
            |name: &str, mode: &str| json!({"name": name, "type": "RECORD", "mode": mode, "fields": inner});
        let schema =
            json!({"fields": [record("project", "NULLABLE"), record("credits", "REPEATED"), text("cost")]});
        let columns = fields("here", &schema).unwrap();
        let found: Vec<&str> =
            ["project.id", "project", "credits", "credits.id", "cost", "cost.id", "project.name", "tags"]
                .into_iter()
                .filter(|path| has_path(&columns, path))
                .collect();
        assert_eq!(found, ["project.id", "project", "credits", "cost"]);
    }
}
