//! JSON values as YAML.

use serde_json::Value;

use crate::catalog_file::quoted;

/// A value as a YAML document.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (at, (key, value)) in map.iter().enumerate() {
                // The first key of a list's entry stands behind its dash.
                let before = if at == 0 && out.ends_with("- ") { "" } else { indent.as_str() };
                out.push_str(&format!("{before}{key}:"));
                write_value(value, depth + 1, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for entry in list {
                out.push_str(&format!("{indent}- "));
                match entry {
                    Value::Object(map) if !map.is_empty() => write(entry, depth + 1, out),
                    _ => out.push_str(&format!("{}\n", scalar(entry))),
                }
            }
        }
        other => out.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

fn write_value(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write(value, depth, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            write(value, depth, out);
        }
        other => out.push_str(&format!(" {}\n", scalar(other))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_things_with_lists() {
        let value = serde_json::json!([{"a": "x", "b": [1, 2], "c": {"d": null}}, {"a": "y", "b": []}]);
        let text = "- a: \"x\"\n  b:\n    - 1\n    - 2\n  c:\n    d: null\n- a: \"y\"\n  b: []\n";
        assert_eq!(render(&value), text);
    }
}
