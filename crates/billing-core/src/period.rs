//! Billing periods: calendar months as the provider names them.

use std::{fmt, str::FromStr};

/// A billing period, `2026-10`. Ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: u16,
    month: u8,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a billing period: write year and month, as in 2026-10")]
pub struct PeriodError(pub String);

impl Period {
    /// Before every period there can be: the effective date of what holds from the beginning.
    pub const BEGINNING: Period = Period { year: 0, month: 1 };

    /// The period of a year and a month from 1 to 12.
    pub fn new(year: u16, month: u8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The year, with century.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// How many months lie between two periods; 0 where they are the same.
    pub fn months_apart(self, other: Self) -> u32 {
        let months = |period: Self| u32::from(period.year) * 12 + u32::from(period.month);
        months(self).abs_diff(months(other))
    }

    /// The month before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// The period of a date as providers write it: `2026-10-01…`, `10/01/2026` (month first), `20261001`, `202610`.
    pub fn of_date(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?
        };
        let bytes = text.as_bytes();
        let day = |day: Option<u16>| day.filter(|day| (1..=31).contains(day));
        let (year, month) = match bytes.len() {
            10.. if bytes[4] == b'-' && bytes[7] == b'-' => {
                (number(0..4), day(number(8..10)).and(number(5..7)))
            }
            7 if bytes[4] == b'-' => (number(0..4), number(5..7)),
            8 if !bytes.contains(&b'/') => (number(0..4), day(number(6..8)).and(number(4..6))),
            6 if !bytes.contains(&b'/') => (number(0..4), number(4..6)),
            _ => {
                let date = text.split([' ', 'T']).next().unwrap_or(text);
                let mut parts =
                    date.split('/').map(|part| part.parse::<u16>().ok().filter(|_| part.len() <= 4));
                let (month, days, year) = (parts.next()?, parts.next()?, parts.next()?);
                if parts.next().is_some() {
                    return None;
                }
                (year.filter(|year| *year > 999), day(days).and(month))
            }
        };
        Self::new(year?, u8::try_from(month?).ok()?)
    }

    /// The months from this one up to and with `last`.
    pub fn through(self, last: Period) -> impl Iterator<Item = Period> {
        std::iter::successors(Some(self), |period| Some(period.next()))
            .take_while(move |period| *period <= last)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let error = || PeriodError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(error)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|b| b == b'-' || b.is_ascii_digit()) {
            return Err(error());
        }
        if text == "0000-01" {
            return Ok(Self::BEGINNING);
        }
        Self::new(year.parse().map_err(|_| error())?, month.parse().map_err(|_| error())?).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_months_and_nothing_else() {
        assert_eq!("2026-10".parse::<Period>().unwrap().next().to_string(), "2026-11");
        assert_eq!("2026-12".parse::<Period>().unwrap().next().to_string(), "2027-01");
        assert_eq!("2026-01".parse::<Period>().unwrap().previous().to_string(), "2025-12");
        for text in ["2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "", "+026-10", "0000-10"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn dates_as_providers_write_them() {
        for text in [
            "2026-10-01",
            "2026-10-01T00:00:00Z",
            "2026-10-31 23:59:59",
            "10/31/2026",
            "10/1/2026",
            "20261001",
            "202610",
            "2026-10",
        ] {
            assert_eq!(
                Period::of_date(text).map(|period| period.to_string()).as_deref(),
                Some("2026-10"),
                "{text}"
            );
        }
        for text in [
            "31/10/2026",
            "2026/10/01",
            "01.10.2026",
            "2026-13-01",
            "2026-10-32",
            "NULL",
            "",
            "10/26",
            "2026-1-1",
        ] {
            assert_eq!(Period::of_date(text), None, "{text}");
        }
    }

    #[test]
    fn months_follow_each_other() {
        let first: Period = "2025-11".parse().unwrap();
        let months: Vec<String> =
            first.through("2026-02".parse().unwrap()).map(|period| period.to_string()).collect();
        assert_eq!(months, ["2025-11", "2025-12", "2026-01", "2026-02"]);
    }
}
