//! A list in any of the four forms.

use serde_json::Value;

use super::{Format, yaml};

/// A list: columns and rows for people, JSON for programs.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The headings; those that start with `>` are numbers and stand right.
    pub columns: Vec<&'static str>,
    /// The rows, a text for each column.
    pub rows: Vec<Vec<String>>,
    /// The same with stable keys.
    pub json: Value,
    /// What the table says where there are no rows.
    pub empty: &'static str,
}

impl Listing {
    /// The list in a form, with a line end at its end.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Table => self.table(),
            Format::Json => format!("{:#}\n", self.json),
            Format::Yaml => yaml::render(&self.json),
            Format::Csv => self.csv(),
        }
    }

    fn table(&self) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let titles: Vec<&str> = self.columns.iter().map(|column| column.trim_start_matches('>')).collect();
        let width = |at: usize| {
            let cells =
                self.rows.iter().filter_map(|row| row.get(at)).map(|cell| shown(cell).chars().count());
            cells.chain([titles[at].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..titles.len()).map(width).collect();
        let line = |cells: &[String]| {
            let padded: Vec<String> = cells
                .iter()
                .enumerate()
                .map(|(at, cell)| (at, shown(cell)))
                .map(|(at, cell)| match self.columns[at].starts_with('>') {
                    true => format!("{cell:>width$}", width = widths[at]),
                    false => format!("{cell:<width$}", width = widths[at]),
                })
                .collect();
            format!("{}\n", padded.join("  ").trim_end())
        };
        let head = line(&titles.iter().map(|title| (*title).to_uppercase()).collect::<Vec<_>>());
        std::iter::once(head).chain(self.rows.iter().map(|row| line(row))).collect()
    }

    fn csv(&self) -> String {
        let mut text = String::new();
        put_line(&mut text, self.columns.iter().map(|column| column.trim_start_matches('>')));
        for row in &self.rows {
            put_line(&mut text, row.iter().map(String::as_str));
        }
        text
    }
}

/// A cell as a terminal may see it: names come from the outside and may hold anything.
fn shown(cell: &str) -> String {
    let shown = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    cell.chars().map(shown).collect()
}

fn put_line<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        put_cell(text, cell);
    }
    text.push_str("\r\n");
}

/// Adds a cell that no spreadsheet takes for a formula: what starts like one, and is no number, gets a quote before it.
fn put_cell(text: &mut String, cell: &str) {
    let is_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && billing_core::Decimal::parse(cell).is_err();
    let mark = if is_formula { "'" } else { "" };
    if cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
        text.extend(["\"", mark, &cell.replace('"', "\"\""), "\""]);
    } else {
        text.extend([mark, cell]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        Listing {
            columns: vec!["name", ">amount"],
            rows: vec![
                vec!["=cmd|x".to_owned(), "-1.50".to_owned()],
                vec!["a,b".to_owned(), "12".to_owned()],
            ],
            json: serde_json::json!([]),
            empty: "nothing",
        }
    }

    #[test]
    fn a_table_lines_up() {
        assert_eq!(listing().render(Format::Table), "NAME    AMOUNT\n=cmd|x   -1.50\na,b         12\n");
    }

    #[test]
    fn lesson_37_a_name_is_no_formula() {
        assert_eq!(listing().render(Format::Csv), "name,amount\r\n'=cmd|x,-1.50\r\n\"a,b\",12\r\n");
    }
}
