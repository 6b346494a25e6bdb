//! Tables, and the texts that they are written as.

use serde_json::{Map, Value};

/// Headings, and rows of as many fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// The headings.
    pub headings: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The table of these columns: `cell` gives each row's text in each of them.
    pub fn of<T>(columns: &[&str], rows: &[T], cell: impl Fn(&T, &str) -> String) -> Self {
        let cells = |row: &T| columns.iter().map(|column| cell(row, column)).collect();
        Self {
            headings: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: rows.iter().map(cells).collect(),
        }
    }

    /// As CSV, quoted where needed.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        for record in std::iter::once(&self.headings).chain(&self.rows) {
            for (at, field) in record.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                match field.contains([',', '"', '\n', '\r']) {
                    true => {
                        text.push('"');
                        text.push_str(&field.replace('"', "\"\""));
                        text.push('"');
                    }
                    false => text.push_str(field),
                }
            }
            text.push('\n');
        }
        text
    }

    /// As one JSON object per line: `service.id` becomes a field of the object `service`, empty fields are null.
    /// `verbatim` names the columns whose texts are JSON themselves: numbers and lists.
    pub fn json_lines(&self, verbatim: &[&str]) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cells = self.headings.iter().map(String::as_str).zip(row.iter().map(String::as_str));
            text.push_str(&object(&cells.collect::<Vec<_>>(), "", verbatim));
            text.push('\n');
        }
        text
    }

    /// The table with its rows divided among so many, one after the other.
    pub fn split(&self, parts: usize) -> Vec<Table> {
        let size = self.rows.len().div_ceil(parts).max(1);
        let part = |rows: &[Vec<String>]| Table { headings: self.headings.clone(), rows: rows.to_vec() };
        self.rows.chunks(size).map(part).collect()
    }
}

/// A JSON object of cells in the order of the table. Texts are put in as they are: a number must keep its digits.
fn object(cells: &[(&str, &str)], path: &str, verbatim: &[&str]) -> String {
    let mut fields: Vec<String> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in cells {
        let (key, rest) = name.split_once('.').unwrap_or((name, ""));
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let full = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let json = if rest.is_empty() {
            match *value {
                "" => "null".to_owned(),
                value if verbatim.contains(&full.as_str()) => value.to_owned(),
                value => Value::from(value).to_string(),
            }
        } else {
            let below = cells
                .iter()
                .filter_map(|(name, value)| name.split_once('.').map(|(of, rest)| (of, rest, *value)));
            let inner: Vec<(&str, &str)> =
                below.filter(|(of, ..)| *of == key).map(|(_, rest, value)| (rest, value)).collect();
            match inner.iter().all(|(_, value)| value.is_empty()) {
                true => "null".to_owned(),
                false => object(&inner, &full, verbatim),
            }
        };
        fields.push(format!("{}:{json}", Value::from(key)));
    }
    format!("{{{}}}", fields.join(","))
}

/// Tags as a JSON object; of keys that stand twice the first counts.
pub fn json_object(tags: &[(&str, String)]) -> String {
    let mut map = Map::new();
    for (key, value) in tags {
        map.entry(*key).or_insert_with(|| Value::from(value.as_str()));
    }
    Value::Object(map).to_string()
}

/// Tags as a JSON list of keys and values.
pub fn json_list(tags: &[(&str, String)]) -> String {
    let entry = |(key, value): &(&str, String)| serde_json::json!({ "key": key, "value": value });
    Value::Array(tags.iter().map(entry).collect()).to_string()
}

/// Tags as pairs without braces around them.
pub fn pairs(tags: &[(&str, String)]) -> String {
    let text = json_object(tags);
    text[1..text.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Table {
            headings: texts(&["id", "project.id", "project.name", "cost", "service.id"]),
            rows: vec![texts(&["a", "", "", "1.5E-7", "s"]), texts(&["b,\"c\"", "p", "", "0", ""])],
        }
    }

    #[test]
    fn csv_is_quoted_where_needed() {
        let text = "id,project.id,project.name,cost,service.id\na,,,1.5E-7,s\n\"b,\"\"c\"\"\",p,,0,\n";
        assert_eq!(table().csv(), text);
    }

    #[test]
    fn json_is_nested_and_keeps_the_digits() {
        let lines = "{\"id\":\"a\",\"project\":null,\"cost\":1.5E-7,\"service\":{\"id\":\"s\"}}\n\
                     {\"id\":\"b,\\\"c\\\"\",\"project\":{\"id\":\"p\",\"name\":null},\"cost\":0,\"service\":null}\n";
        assert_eq!(table().json_lines(&["cost"]), lines);
    }

    #[test]
    fn a_split_keeps_all_rows() {
        let parts = table().split(2);
        assert_eq!((parts.len(), parts[1].rows[0][1].as_str()), (2, "p"));
    }
}
