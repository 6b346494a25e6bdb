//! Finds the columns of a table by the names that providers have given them over the years.

use billing_core::{line_item::Row, ports::MissingColumns};

/// A table's headings, as written and as compared.
pub(crate) struct Columns {
    headings: Vec<String>,
    names: Vec<String>,
}

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
        let headings: Vec<String> = (0..record.len()).map(|at| record.get(at).trim().to_owned()).collect();
        let names = headings.iter().map(|heading| english(heading).to_ascii_lowercase()).collect();
        Self { headings, names }
    }

    /// The first column that has the first of these names that any column has. Names are in small letters.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|known| known == name))
    }

    /// The heading of a column as it stands in the file.
    pub(crate) fn heading(&self, column: Option<usize>) -> Option<&str> {
        self.headings.get(column?).map(String::as_str)
    }

    /// Whether a table with these headings can be taken.
    pub(crate) fn check(&self, needs: &[Need]) -> Result<(), MissingColumns> {
        let missing: Vec<String> = needs
            .iter()
            .filter(|need| self.find(need.any_of).is_none())
            .map(|need| need.shown.to_owned())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = needs.len() - missing.len();
        Err(MissingColumns { missing, found, refused: None })
    }
}

/// The English name out of `Kosten (Cost)`; a heading without one is its own name.
fn english(heading: &str) -> &str {
    let inner = heading.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map(|(_, name)| name.trim());
    inner.filter(|name| !name.is_empty()).unwrap_or(heading)
}

/// The text of a field. What exports write for nothing is empty.
pub(crate) fn text<'r>(row: Row<'r>, column: Option<usize>) -> &'r str {
    let text = row.get_optional(column).trim();
    if matches!(text, "NULL" | "null" | "None") { "" } else { text }
}

/// The first of two texts that is not empty.
pub(crate) fn either<'r>(first: &'r str, second: &'r str) -> &'r str {
    if first.is_empty() { second } else { first }
}

/// A line of text, cut at its commas, as a record.
#[cfg(test)]
pub(crate) fn fields<T>(line: &str, look: impl FnOnce(Row<'_>) -> T) -> T {
    let mut start = 0;
    let spans: Vec<(usize, usize)> = line
        .split(',')
        .map(|field| {
            let span = (start, start + field.len());
            start = span.1 + 1;
            span
        })
        .collect();
    look(Row::new(line, &spans))
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
