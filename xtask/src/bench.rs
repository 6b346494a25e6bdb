//! Made-up bills for measuring the import: `cargo run --release -p xtask -- bench-data cur --rows 2000000`.

mod amount;
mod cur;
mod focus;
mod offers;
mod random;
mod stream;
mod template;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
};

use self::{
    amount::Sum,
    random::Random,
    stream::{Layout, Streams},
    template::{Hours, Template, Values, write_field},
};

/// How the command is called.
pub const USAGE: &str = "bench-data cur|focus --rows N [--seed S] [--out FILE|-] [--control FILE]";

/// Bytes that are handed on at once.
const BLOCK: usize = 1 << 20;

/// What to make.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    format: Format,
    rows: u64,
    seed: u64,
    out: String,
    control: Option<String>,
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Cur,
    Focus,
}

/// Writes a bill, and what it adds up to: as JSON, to the control file or the standard error.
///
/// # Errors
/// When the arguments are not understood, or a file cannot be written.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let order = Order::read(arguments)?;
    let mut sink: Box<dyn Write> = match order.out.as_str() {
        "-" => Box::new(io::stdout().lock()),
        path => Box::new(File::create(path).map_err(|error| format!("{path}: {error}"))?),
    };
    let control =
        write(&order, &mut *sink).map_err(|error| format!("{}: {error}", order.out))?.to_json(&order);
    match &order.control {
        Some(path) => fs::write(path, control).map_err(|error| format!("{path}: {error}")),
        None => io::stderr().write_all(control.as_bytes()).map_err(|error| error.to_string()),
    }
}

impl Order {
    fn read(arguments: &[&str]) -> Result<Self, String> {
        let usage = |problem: String| format!("{problem}; usage: {USAGE}");
        let format = match arguments.first() {
            Some(&"cur") => Format::Cur,
            Some(&"focus") => Format::Focus,
            other => return Err(usage(format!("`{}` is no kind of bill", other.unwrap_or(&"")))),
        };
        let mut order = Self { format, rows: 0, seed: 1, out: "-".to_owned(), control: None };
        for option in arguments[1..].chunks(2) {
            let [name, value] = option else { return Err(usage(format!("`{}` needs a value", option[0]))) };
            let number = || value.parse().map_err(|_| usage(format!("{name} `{value}` is no number")));
            match *name {
                "--rows" => order.rows = number()?,
                "--seed" => order.seed = number()?,
                "--out" => order.out = (*value).to_owned(),
                "--control" => order.control = Some((*value).to_owned()),
                _ => return Err(usage(format!("`{name}` is no option"))),
            }
        }
        if order.rows == 0 { Err(usage("the number of rows is missing".to_owned())) } else { Ok(order) }
    }
}

/// What the rows add up to, counted while they are made.
#[derive(Default, Debug, PartialEq, Eq)]
struct Control {
    rows: u64,
    bytes: u64,
    totals: BTreeMap<&'static str, Sum>,
}

impl Control {
    fn to_json(&self, order: &Order) -> String {
        let totals: BTreeMap<_, _> =
            self.totals.iter().map(|(currency, sum)| (currency, sum.to_string())).collect();
        let (rows, bytes, seed) = (self.rows, self.bytes, order.seed);
        format!("{}\n", serde_json::json!({ "seed": seed, "rows": rows, "bytes": bytes, "totals": totals }))
    }
}

/// Rows on their way out.
struct Output<'s> {
    sink: &'s mut dyn Write,
    block: Vec<u8>,
    hours: Hours,
    control: Control,
}

impl Output<'_> {
    fn row(&mut self, currency: &'static str, template: &Template, values: &Values) -> io::Result<()> {
        template.write(values, &self.hours, &mut self.block);
        self.control.rows += 1;
        let sum = self.control.totals.entry(currency).or_default();
        *sum = sum
            .plus(values.cost)
            .ok_or_else(|| io::Error::other("the sum is too large: order fewer rows"))?;
        if self.block.len() >= BLOCK { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.control.bytes += self.block.len() as u64;
        self.sink.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

fn write(order: &Order, sink: &mut dyn Write) -> io::Result<Control> {
    let (headings, layout): (_, Layout) = match order.format {
        Format::Cur => (cur::headings(), cur::fields),
        Format::Focus => (focus::headings(), focus::fields),
    };
    let mut random = Random::new(order.seed);
    let streams = Streams::new(&mut random, layout);
    let block = Vec::with_capacity(BLOCK + (64 << 10));
    let mut output = Output { sink, block, hours: Hours::new(), control: Control::default() };
    for (number, heading) in headings.iter().enumerate() {
        if number > 0 {
            output.block.push(b',');
        }
        write_field(&mut output.block, heading);
    }
    output.block.push(b'\n');
    while output.control.rows < order.rows {
        let stream = streams.pick(&mut random);
        let values = stream.values(&mut random);
        output.row(stream.currency(), stream.template(), &values)?;
        if output.control.rows < order.rows
            && let Some((template, values)) = stream.taken_back(&values, &mut random)
        {
            output.row(stream.currency(), template, &values)?;
        }
    }
    output.hand_on()?;
    output.sink.flush()?;
    Ok(output.control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(format: Format, rows: u64, seed: u64) -> (String, Control) {
        let order = Order { format, rows, seed, out: String::new(), control: None };
        let mut bytes = Vec::new();
        let control = write(&order, &mut bytes).unwrap();
        assert_eq!(control.bytes, bytes.len() as u64);
        (String::from_utf8(bytes).unwrap(), control)
    }

    /// The fields of all records, by a reader that shares nothing with the writer.
    fn records(text: &str) -> Vec<Vec<String>> {
        let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        for character in text.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => record.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    record.push(std::mem::take(&mut field));
                    records.push(std::mem::take(&mut record));
                }
                other => field.push(other),
            }
        }
        records
    }

    #[test]
    fn a_seed_gives_the_same_bill_and_another_one_another() {
        let (text, control) = made(Format::Cur, 500, 3);
        assert_eq!(made(Format::Cur, 500, 3), (text.clone(), control));
        assert_ne!(made(Format::Cur, 500, 4).0, text);
    }

    #[test]
    fn each_row_has_all_columns_and_the_usual_length() {
        for (format, columns) in [(Format::Cur, 127), (Format::Focus, 57)] {
            let (text, control) = made(format, 2_000, 1);
            let records = records(&text);
            assert_eq!((records.len(), control.rows), (2_001, 2_000));
            assert!(records.iter().all(|record| record.len() == columns));
        }
        let (text, _) = made(Format::Cur, 2_000, 1);
        assert!((780..900).contains(&(text.len() / 2_000)), "{}", text.len() / 2_000);
    }

    #[test]
    fn a_bill_has_what_makes_bills_hard_to_read() {
        let (text, _) = made(Format::Cur, 8_000, 1);
        let records = records(&text);
        let place = |name: &str| records[0].iter().position(|heading| heading == name).unwrap();
        let texts = |name: &str| {
            let place = place(name);
            let mut texts: Vec<&str> = records[1..].iter().map(|record| record[place].as_str()).collect();
            texts.sort_unstable();
            texts.dedup();
            texts
        };
        assert!((100..=105).contains(&texts("lineItem/UsageAccountId").len()));
        assert_eq!(texts("lineItem/CurrencyCode"), ["INR", "USD"]);
        assert_eq!(texts("lineItem/LineItemType").len(), 13);
        assert!(texts("lineItem/LineItemDescription").iter().any(|text| text.contains('\n')));
        assert!(text.contains("billed as \"\"standard\"\""));
        assert!(texts("lineItem/UnblendedCost").iter().any(|text| text.contains("E-")));
        assert!(texts("lineItem/UnblendedCost").iter().any(|text| text.starts_with('-')));
    }

    #[test]
    fn arguments_are_read_or_refused_with_the_usage() {
        let order = Order::read(&["focus", "--rows", "7", "--out", "x.csv"]).unwrap();
        assert_eq!(
            (order.format, order.rows, order.seed, order.out.as_str()),
            (Format::Focus, 7, 1, "x.csv")
        );
        for wrong in [&["cur"][..], &["cur", "--rows"], &["cur", "--rows", "x"], &["csv", "--rows", "1"], &[]]
        {
            assert!(Order::read(wrong).unwrap_err().contains(USAGE));
        }
    }
}
