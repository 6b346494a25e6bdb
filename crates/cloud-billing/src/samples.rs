//! The project's own sample documents and catalog, built into the program.

use std::sync::Arc;

use billing_core::Period;
use billing_detail::Input;

/// The month that the newest sample documents are of; they are shifted from it.
const SAMPLE_MONTH: (u16, u8) = (2026, 10);

/// A sample catalog: gives the accounts of the samples their customers.
pub const CATALOG: &str = include_str!("../../../samples/catalog.yaml");
/// What the demo's first catalog changes after the first month.
pub const CATALOG_CHANGE: &str = include_str!("../../../samples/catalog-change.yaml");

const AZURE_CLEAN: &str = include_str!("../../../samples/azure-usage.csv");
const FOCUS_CLEAN: &str = include_str!("../../../samples/focus.csv");

/// The demo's documents: file name and text, in the order in which they arrive.
pub const DEMO: [(&str, &str); 4] = [
    ("azure-first-month.csv", include_str!("../../../samples/demo/azure-first-month.csv")),
    (
        "azure-first-month-rewritten.csv",
        include_str!("../../../samples/demo/azure-first-month-rewritten.csv"),
    ),
    ("azure-second-month.csv", include_str!("../../../samples/demo/azure-second-month.csv")),
    ("aws-focus-second-month.csv", include_str!("../../../samples/demo/aws-focus-second-month.csv")),
];

/// The catalog with another currency.
pub fn catalog_in(currency: &str) -> String {
    CATALOG.replace("currency: CHF", &format!("currency: {currency}"))
}

/// The sample document of an importer, its newest month shifted to `month`.
pub fn document(importer: &str, month: Period) -> Option<Input> {
    let (name, text) = match importer {
        "azure-usage" => ("samples/azure-usage.csv", AZURE_CLEAN),
        "focus" => ("samples/focus.csv", FOCUS_CLEAN),
        _ => return None,
    };
    Some(Input::Bytes { name: name.to_owned(), bytes: Arc::from(shifted(text, month).into_bytes()) })
}

/// A sample's text with every `YYYY-MM-` moved so that its newest month is `month`. Samples have no day after the
/// 28th, so every month has their days.
pub fn shifted(text: &str, month: Period) -> String {
    let index = |year: u16, month: u8| i32::from(year) * 12 + i32::from(month) - 1;
    let offset = index(month.year(), month.month()) - index(SAMPLE_MONTH.0, SAMPLE_MONTH.1);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("-") {
        let date = at.checked_sub(4).and_then(|start| rest.get(start..at + 4)).and_then(year_and_month);
        match date {
            Some((year, month)) => {
                let moved = index(year, month) + offset;
                out.push_str(&rest[..at - 4]);
                out.push_str(&format!("{:04}-{:02}-", moved / 12, moved % 12 + 1));
                rest = &rest[at + 4..];
            }
            None => {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Reads `2026-10-`; the samples are of this century.
fn year_and_month(text: &str) -> Option<(u16, u8)> {
    let date = text.strip_suffix('-').filter(|date| date.starts_with("20"))?;
    let period: Period = date.parse().ok()?;
    Some((period.year(), period.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_move_and_nothing_else_does() {
        let text = "a,2026-10-01,2026-09-28T00:00:00Z,x-1,20-30-40,1234-5678,2026-11-01\n";
        let moved = shifted(text, "2027-01".parse().unwrap());
        assert_eq!(moved, "a,2027-01-01,2026-12-28T00:00:00Z,x-1,20-30-40,1234-5678,2027-02-01\n");
        assert_eq!(shifted(text, "2026-10".parse().unwrap()), text);
    }
}
