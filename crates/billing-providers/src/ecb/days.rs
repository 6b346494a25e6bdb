//! Days, and on which of them reference rates are published.

use std::fmt;

use billing_core::Period;

/// A day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day {
    /// Its month.
    pub month: Period,
    /// The day of the month, from 1.
    pub day: u8,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Day {
    /// Reads `2026-10-30` and `30 October 2026`.
    pub fn parse(text: &str) -> Option<Self> {
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u16>().ok())?;
        let (year, month, day) = match text.split_once('-') {
            Some((year, rest)) => {
                let (month, day) = rest.split_once('-')?;
                (number(year)?, number(month)?, number(day)?)
            }
            None => {
                let mut words = text.split_whitespace();
                let (day, name, year) = (words.next()?, words.next()?, words.next()?);
                let month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(name))?;
                (number(year)?, u16::try_from(month).ok()? + 1, number(day)?)
            }
        };
        let month = Period::new(year, u8::try_from(month).ok()?)?;
        let day = Self { month, day: u8::try_from(day).ok()? };
        (1..=days_of(month)).contains(&day.day).then_some(day)
    }

    /// Days since 0000-03-01; its remainder by seven tells the day of the week.
    fn number(self) -> u32 {
        // A year that begins in March has its leap day at its end.
        let (year, month) = match (u32::from(self.month.year()), u32::from(self.month.month())) {
            (year, month @ 3..) => (year, month - 3),
            (year, month) => (year - 1, month + 9),
        };
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + u32::from(self.day) - 1
    }

    /// Whether the TARGET system is open, so that there are reference rates: not at weekends, on New Year's Day, Good
    /// Friday, Easter Monday, 1 May and at Christmas; nor on 31 December of 1999 and 2001, before and after the euro
    /// came as cash.
    pub fn has_rates(self) -> bool {
        // 0000-03-01 was a Wednesday.
        let weekend = matches!(self.number() % 7, 3 | 4);
        let (year, month) = (self.month.year(), self.month.month());
        let holiday = match (month, self.day) {
            (1 | 5, 1) | (12, 25 | 26) => true,
            (12, 31) => year == 1999 || year == 2001,
            _ => false,
        };
        let from_easter = i64::from(self.number()) - i64::from(easter(self.month).number());
        !weekend && !holiday && from_easter != -2 && from_easter != 1
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.month, self.day)
    }
}

/// The days of a month that have reference rates.
pub(super) fn with_rates(month: Period) -> impl Iterator<Item = Day> {
    (1..=days_of(month)).map(move |day| Day { month, day }).filter(|day| day.has_rates())
}

fn days_of(month: Period) -> u8 {
    let year = month.year();
    match month.month() {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Easter Sunday of the year that a month is of, by the Gregorian reckoning: the Sunday after the first full moon of
/// spring.
fn easter(month: Period) -> Day {
    let year = u32::from(month.year());
    let (golden, century) = (year % 19, year / 100);
    // How far the calendar's moon has moved against the sun's year by this century.
    let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * ((year % 100) / 4) - moon - year % 4) % 7;
    let late = (golden + 11 * moon + 22 * to_sunday) / 451;
    let days = moon + to_sunday + 114 - 7 * late;
    let number = |number: u32| u8::try_from(number).unwrap_or(1);
    Day { month: Period::new(month.year(), number(days / 31)).unwrap_or(month), day: number(days % 31 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn days_are_read_in_both_forms() {
        assert_eq!(day("30 October 2026"), day("2026-10-30"));
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
        for text in [
            "2026-02-29",
            "2026-10-32",
            "2026-00-10",
            "2026-10",
            "30 Oktober 2026",
            "",
            "30/10/2026",
            "+026-1-1",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_published_when_target_is_open() {
        for open in ["2026-10-30", "2024-03-28", "2024-04-02", "2026-12-31", "2026-05-14", "2024-02-29"] {
            assert!(day(open).has_rates(), "{open}");
        }
        for closed in [
            "2026-10-31",
            "2026-11-01",
            "2027-01-01",
            "2024-03-29",
            "2024-04-01",
            "2026-04-03",
            "2026-04-06",
            "2026-05-01",
            "2026-12-25",
            "2025-12-26",
            "2038-04-26",
            "1999-12-31",
        ] {
            assert!(!day(closed).has_rates(), "{closed}");
        }
    }

    #[test]
    fn a_month_has_about_twenty_two_days_with_rates() {
        let days: Vec<Day> = with_rates("2026-04".parse().unwrap()).collect();
        assert_eq!((days.len(), days[0].to_string()), (20, "2026-04-01".to_owned()));
        assert_eq!(days.last().unwrap().to_string(), "2026-04-30");
    }
}
