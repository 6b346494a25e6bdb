//! Finds the columns of a table by the names that providers have given them over the years.

use std::sync::Arc;

use billing_core::{line_item::Row, ports::MissingColumns};

/// A table's headings, as written and as compared, and which of its columns are read.
#[derive(Clone)]
pub(crate) struct Columns {
    headings: Arc<[String]>,
    names: Arc<[String]>,
    read: Vec<usize>,
    /// The places of those that were found by their name.
    named: Vec<usize>,
}

/// A column that is read: its place among the columns that are.
pub(crate) type Column = usize;

/// Columns of which a table must have at least one, and the name by which people know them.
pub(crate) struct Need {
    /// For messages: `BilledCost`, or `SubAccountId or BillingAccountId`.
    pub(crate) shown: &'static str,
    /// The names, in small letters.
    pub(crate) any_of: &'static [&'static str],
}

impl Columns {
    /// Reads a record as headings.
    pub(crate) fn of(record: Row<'_>) -> Self {
        Self::named(record, |heading| english(heading).to_ascii_lowercase())
    }

    /// Reads a record as headings that are compared by the name that `name` gives them.
    pub(crate) fn named(record: Row<'_>, name: impl Fn(&str) -> String) -> Self {
        let headings: Vec<String> = (0..record.len()).map(|at| record.get(at).trim().to_owned()).collect();
        let names = headings.iter().map(|heading| name(heading)).collect();
        Self { headings: headings.into(), names, read: Vec::new(), named: Vec::new() }
    }

    fn place(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| known == name))
    }

    /// Whether any column has one of these names, which are in small letters.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.place(names).is_some()
    }

    /// Reads the first column that has the first of these names that any column has. Names are in small letters.
    pub(crate) fn find(&mut self, names: &[&str]) -> Option<Column> {
        let place = self.place(names)?;
        self.named.push(place);
        Some(self.read_place(place))
    }

    /// The headings as they stand in the file, in the order of the table.
    pub(crate) fn headings(&self) -> &[String] {
        &self.headings
    }

    /// Reads the column at a place of the table.
    pub(crate) fn read_place(&mut self, place: usize) -> Column {
        self.read.iter().position(|known| *known == place).unwrap_or_else(|| {
            self.read.push(place);
            self.read.len() - 1
        })
    }

    /// Pairs of columns with one name, of which the first is read and the second is from now on. Translations give two
    /// columns one English name, as the French one calls the cost and a price `Cost (Cost)`: there the first is the one.
    /// Columns that were not found by name, those of tags, have names of their own.
    pub(crate) fn read_doubled(&mut self) -> Vec<[Column; 2]> {
        let mut pairs = Vec::new();
        for place in std::mem::take(&mut self.named) {
            let first = self.read_place(place);
            for other in 0..self.names.len() {
                let is_same = other != place && self.names.get(other) == self.names.get(place);
                if is_same && !(self.is_translated(place) && self.is_translated(other)) {
                    pairs.push([first, self.read_place(other)]);
                }
            }
        }
        pairs
    }

    fn is_translated(&self, place: usize) -> bool {
        self.headings.get(place).is_some_and(|heading| english(heading) != heading)
    }

    /// Whether each needed column stands only once in the table.
    pub(crate) fn check_doubled(&self, needs: &[Need]) -> Result<(), MissingColumns> {
        for name in needs.iter().flat_map(|need| need.any_of) {
            let mut headings = self.names.iter().zip(&*self.headings).filter(|(known, _)| known == name);
            if let (Some((_, one)), Some((_, other))) = (headings.next(), headings.next()) {
                let refused = Some(doubled(one, other));
                return Err(MissingColumns { missing: Vec::new(), found: needs.len(), refused });
            }
        }
        Ok(())
    }

    /// The places in the table of the columns that are read.
    pub(crate) fn read(&self) -> &[usize] {
        &self.read
    }

    /// The heading of a column as it stands in the file.
    pub(crate) fn heading(&self, column: Option<Column>) -> Option<&str> {
        self.headings.get(*self.read.get(column?)?).map(String::as_str)
    }

    /// Whether a table with these headings can be taken.
    pub(crate) fn check(&self, needs: &[Need]) -> Result<(), MissingColumns> {
        let missing: Vec<String> =
            needs.iter().filter(|need| !self.has(need.any_of)).map(|need| need.shown.to_owned()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = needs.len() - missing.len();
        Err(MissingColumns { missing, found, refused: None })
    }
}

/// The sentence for two headings that mean one column.
pub(crate) fn doubled(one: &str, other: &str) -> String {
    format!(
        "the headings '{one}' and '{other}' mean one column, and nothing tells which of the two holds; export the file \
         again with only one of them"
    )
}

/// The English name out of `Kosten (Cost)`; a heading without one is its own name.
fn english(heading: &str) -> &str {
    let inner = heading.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map(|(_, name)| name.trim());
    inner.filter(|name| !name.is_empty()).unwrap_or(heading)
}

/// The text of a field. What exports write for nothing is empty.
#[inline]
pub(crate) fn text<'r>(row: Row<'r>, column: Option<usize>) -> &'r str {
    let text = row.get_optional(column);
    // Most texts are plain at both ends; asking that first is several times quicker.
    let text = match text.as_bytes() {
        [] => return "",
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    };
    if text.len() == 4 && matches!(text, "NULL" | "null" | "None") { "" } else { text }
}

/// The first of two texts that is not empty.
pub(crate) fn either<'r>(first: &'r str, second: &'r str) -> &'r str {
    if first.is_empty() { second } else { first }
}

/// Short ways to read a line of text, cut at its commas, in tests.
#[cfg(test)]
pub(crate) mod lines {
    use billing_core::{
        line_item::{RawLine, Row},
        ports::{MissingColumns, RowReader, TableFormat},
        tags::TagNames,
    };

    /// The reader of a table with these headings.
    pub(crate) fn headings(
        format: &dyn TableFormat,
        line: &str,
    ) -> Result<Box<dyn RowReader>, MissingColumns> {
        headings_with(format, line, &TagNames::default())
    }

    /// The same where billing looks for these tags.
    pub(crate) fn headings_with(
        format: &dyn TableFormat,
        line: &str,
        tags: &TagNames,
    ) -> Result<Box<dyn RowReader>, MissingColumns> {
        format.headings(Row::new(&line.split(',').collect::<Vec<&str>>()), tags)
    }

    /// Reads a row.
    pub(crate) fn read(reader: &mut dyn RowReader, line: &str, look: impl FnOnce(RawLine<'_>)) {
        let all: Vec<&str> = line.split(',').collect();
        let fields: Vec<&str> = reader.columns().iter().map(|place| all[*place]).collect();
        look(reader.read(Row::new(&fields)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_known_by_its_english_name() {
        for (heading, name) in [
            ("Cost", "Cost"),
            ("Kosten (Cost)", "Cost"),
            ("Cost (Cost)", "Cost"),
            ("Menge (lokal) (Quantity)", "Quantity"),
            ("x ()", "x ()"),
            (")", ")"),
        ] {
            assert_eq!(english(heading), name, "{heading}");
        }
    }
}
