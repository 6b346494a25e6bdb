//! Reading a `sap` export: `<name>_<n>;<cost centre>;;<product number>;<amount>;`, CRLF, no headings (CONTRACT §4).

use std::collections::BTreeMap;

use billing_core::Decimal;

/// A row: name without its number, cost centre, product number, amount.
pub type Row = [String; 4];

/// The rows of an export. Everything that the layout promises is checked on the way.
pub fn rows(text: &str) -> Vec<Row> {
    assert!(text.is_empty() || text.ends_with("\r\n"), "lines end with CR LF: {text:?}");
    let lines = text.split_terminator("\r\n").enumerate();
    lines.map(|(at, line)| row(line, at + 1)).collect()
}

fn row(line: &str, number: usize) -> Row {
    let fields = fields(line);
    let [name, cost_center, empty, product_number, amount, end] = fields.as_slice() else {
        panic!("a row has five fields and a ';' at its end: {line:?}");
    };
    assert_eq!((empty.as_str(), end.as_str()), ("", ""), "{line:?}");
    let name = name.strip_suffix(&format!("_{number}"));
    let name = name.unwrap_or_else(|| panic!("row {number} is numbered: {line:?}"));
    assert!(is_amount(amount), "no decimals, or two: {line:?}");
    [name, cost_center, product_number, amount].map(str::to_owned)
}

/// Whole amounts have no decimals, others two.
fn is_amount(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let plain = text.strip_prefix('-').unwrap_or(text);
    match plain.split_once('.') {
        None => digits(plain) && plain != "0",
        Some((whole, decimals)) => {
            digits(whole) && digits(decimals) && decimals.len() == 2 && decimals != "00"
        }
    }
}

/// Fields between `;`, some of them in quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always a field");
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ';' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// The amount of a row.
pub fn amount(row: &Row) -> Decimal {
    row[3].parse().unwrap_or_else(|error| panic!("'{}': {error}", row[3]))
}

/// What all rows come to.
pub fn sum(rows: &[Row]) -> Decimal {
    rows.iter().map(amount).sum()
}

/// What the rows of each cost centre come to.
pub fn sums(rows: &[Row]) -> BTreeMap<String, Decimal> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(row[1].clone()).or_insert_with(Decimal::zero);
        *sum = &*sum + &amount(row);
    }
    sums
}

/// Rows as short texts, `name cost-centre amount`: what most tests compare.
pub fn short(text: &str) -> Vec<String> {
    rows(text).iter().map(|[name, cost_center, _, amount]| format!("{name} {cost_center} {amount}")).collect()
}
