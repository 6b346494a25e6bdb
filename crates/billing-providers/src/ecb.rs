//! The euro reference rates of the European Central Bank: what one euro is in other currencies, day by day.
//!
//! Published about 16:00 CET on the days when the TARGET system is open, as `eurofxref-daily` (one day),
//! `eurofxref-hist-90d` and `eurofxref-hist` (since 1999): CSV with a column for each currency, `N/A` where there is no
//! rate and a comma at the end of each line, days written `2026-10-30` or `30 October 2026`; XML with `Cube` elements
//! that carry `time`, then `currency` and `rate`. A zip file of the CSV is unpacked before it comes here.

mod days;
mod months;

use std::collections::BTreeMap;

use billing_core::{Currency, Decimal};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

pub use days::Day;
pub use months::{MonthRate, MonthRates, Unpinned, month_rates};

/// Most bytes that are read: the whole history is some eight megabytes.
pub const BYTES_MAX: usize = 64 << 20;

/// What one euro is in other currencies, by day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Series {
    days: BTreeMap<Day, BTreeMap<Currency, Decimal>>,
}

/// Why a text is no list of reference rates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EcbError {
    /// Neither of the two forms.
    #[error(
        "is no list of ECB reference rates: give eurofxref-daily, eurofxref-hist-90d or eurofxref-hist as CSV, XML or ZIP"
    )]
    Unknown,
    /// It has headings and nothing else.
    #[error("has no day with rates: fetch it again")]
    Empty,
    /// A value that cannot be read.
    #[error("line {line}: '{text}' is no {expected}: fetch the file again")]
    Value {
        /// The line of the file, from 1.
        line: usize,
        /// What stands there.
        text: String,
        /// What should.
        expected: &'static str,
    },
    /// One day has two rates of a currency.
    #[error("{day} has two rates of {currency}: fetch the file again")]
    Twice {
        /// The day.
        day: Day,
        /// The currency.
        currency: Currency,
    },
    /// Damaged XML.
    #[error("is damaged XML ({0}): fetch the file again")]
    Xml(String),
}

impl Series {
    /// Reads CSV or XML.
    ///
    /// # Errors
    /// What [`EcbError`] lists.
    pub fn read(bytes: &[u8]) -> Result<Self, EcbError> {
        let text = std::str::from_utf8(bytes).map_err(|_| EcbError::Unknown)?;
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let series = if text.starts_with('<') { read_xml(text)? } else { read_csv(text)? };
        if series.days.is_empty() { Err(EcbError::Empty) } else { Ok(series) }
    }

    /// The first and the last day.
    pub fn span(&self) -> Option<(Day, Day)> {
        Some((*self.days.keys().next()?, *self.days.keys().next_back()?))
    }

    fn add(&mut self, day: Day, currency: Currency, rate: Decimal) -> Result<(), EcbError> {
        let of_day = self.days.entry(day).or_default();
        match of_day.insert(currency.clone(), rate) {
            None => Ok(()),
            Some(_) => Err(EcbError::Twice { day, currency }),
        }
    }
}

fn wrong(line: usize, text: &str, expected: &'static str) -> EcbError {
    EcbError::Value { line, text: text.to_owned(), expected }
}

fn currency(line: usize, text: &str) -> Result<Currency, EcbError> {
    Currency::parse(text).ok_or_else(|| wrong(line, text, "currency"))
}

fn rate(line: usize, text: &str) -> Result<Decimal, EcbError> {
    let rate = Decimal::parse(text).ok().filter(Decimal::is_positive);
    rate.ok_or_else(|| wrong(line, text, "rate above zero"))
}

fn day(line: usize, text: &str) -> Result<Day, EcbError> {
    Day::parse(text).ok_or_else(|| wrong(line, text, "day"))
}

fn read_csv(text: &str) -> Result<Series, EcbError> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let (heading, _) = lines.next().ok_or(EcbError::Unknown)?;
    let mut headings = heading.split(',').map(str::trim);
    if headings.next() != Some("Date") {
        return Err(EcbError::Unknown);
    }
    // Each line ends with a comma, so the last column has neither name nor value.
    let currencies: Vec<Option<Currency>> = headings
        .map(|text| (!text.is_empty()).then(|| currency(1, text)).transpose())
        .collect::<Result<_, _>>()?;
    let mut series = Series::default();
    for (line, number) in lines {
        let mut cells = line.split(',').map(str::trim);
        let day = day(number, cells.next().unwrap_or(""))?;
        let cells: Vec<&str> = cells.collect();
        if cells.len() != currencies.len() {
            return Err(wrong(number, line, "row with a value for each heading"));
        }
        for (currency, cell) in currencies.iter().zip(cells) {
            if let Some(currency) = currency.as_ref().filter(|_| !cell.is_empty() && cell != "N/A") {
                series.add(day, currency.clone(), rate(number, cell)?)?;
            }
        }
    }
    Ok(series)
}

fn read_xml(text: &str) -> Result<Series, EcbError> {
    let mut reader = Reader::from_str(text);
    let mut series = Series::default();
    let mut of = None;
    let mut is_list = false;
    loop {
        let event = reader.read_event().map_err(|error| EcbError::Xml(error.to_string()))?;
        match event {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == b"Cube" => {
                is_list = true;
                let position = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
                let line = text.get(..position).unwrap_or(text).lines().count();
                if let Some(time) = attribute(&element, b"time")? {
                    of = Some(day(line, &time)?);
                }
                let pair = (attribute(&element, b"currency")?, attribute(&element, b"rate")?);
                if let (Some(code), Some(value)) = pair {
                    let of = of.ok_or_else(|| wrong(line, &code, "rate of a day: its time is missing"))?;
                    series.add(of, currency(line, &code)?, rate(line, &value)?)?;
                }
            }
            // A file that was cut off in the middle has open elements; the reader itself does not mind them.
            Event::Eof if is_list && !text.trim_end().ends_with(":Envelope>") => {
                return Err(EcbError::Xml("its end is missing".to_owned()));
            }
            Event::Eof if is_list => return Ok(series),
            Event::Eof => return Err(EcbError::Unknown),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Result<Option<String>, EcbError> {
    let damaged = |error: String| EcbError::Xml(error);
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| damaged(error.to_string()))?;
        if attribute.key.local_name().as_ref() == name {
            let value = std::str::from_utf8(&attribute.value).map_err(|error| damaged(error.to_string()))?;
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: &str = "Date, USD, JPY, CHF, \n30 October 2026, 1.1172, 175.68, 0.9194, \n";
    const HISTORY: &str =
        "Date,USD,JPY,CHF,ISK,\n2026-10-30,1.1172,175.68,0.9194,136,\n2026-10-29,1.113,175.92,0.9201,N/A,\n";
    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time="2026-10-30"><Cube currency="USD" rate="1.1172"/><Cube currency='CHF' rate='0.9194'/></Cube>
<Cube time="2026-10-29"><Cube currency="USD" rate="1.113"/><Cube currency="CHF" rate="0.9201"/></Cube></Cube>
</gesmes:Envelope>
"#;

    fn shown(text: &str) -> Vec<String> {
        let series = Series::read(text.as_bytes()).unwrap();
        let of_day = |(day, rates): (&Day, &BTreeMap<Currency, Decimal>)| {
            let rates: Vec<String> =
                rates.iter().map(|(currency, rate)| format!("{currency} {rate}")).collect();
            format!("{day} {}", rates.join(" "))
        };
        series.days.iter().map(of_day).collect()
    }

    #[test]
    fn each_form_says_the_same() {
        assert_eq!(shown(DAILY), ["2026-10-30 CHF 0.9194 JPY 175.68 USD 1.1172"]);
        assert_eq!(
            shown(HISTORY),
            [
                "2026-10-29 CHF 0.9201 JPY 175.92 USD 1.113",
                "2026-10-30 CHF 0.9194 ISK 136 JPY 175.68 USD 1.1172"
            ]
        );
        assert_eq!(shown(XML), ["2026-10-29 CHF 0.9201 USD 1.113", "2026-10-30 CHF 0.9194 USD 1.1172"]);
        assert_eq!(shown(&HISTORY.replace('\n', "\r\n")), shown(HISTORY));
    }

    #[test]
    fn what_is_no_list_of_rates_is_refused() {
        for (text, expected) in [
            ("", "is no list"),
            ("<html><body>moved</body></html>", "is no list"),
            ("name,quantity\na,1\n", "is no list"),
            ("Date,USD,\n", "has no day"),
            ("Date,USD,\n2026-13-01,1.1,\n", "line 2: '2026-13-01' is no day"),
            ("Date,USD,\n2026-10-30,0,\n", "line 2: '0' is no rate above zero"),
            ("Date,USD,\n2026-10-30,\n", "line 2: '2026-10-30,' is no row"),
            ("Date,USD,USD,\n2026-10-30,1,2,\n", "two rates of USD"),
            (&XML[..XML.len() - 60], "is damaged XML"),
            (&XML.replace("1.113", "cheap"), "line 5: 'cheap' is no rate"),
        ] {
            let error = Series::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
