//! Line items that come twice within one document: in two of its files, or in what is added to it.
//!
//! A provider's delivery in parts has each line item in one of them. The whole beside its parts, exports whose days
//! overlap, the standard beside the detailed table, the same month in another format: these have most of a file, or of a
//! day, again.

use super::Refusal;
use crate::money::Totals;

/// How much of some line items, those of a file or of a version in force, stands again in others. Those that cost nothing
/// do not count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RowsAgain {
    /// The days of either, in order.
    pub days: Vec<DayOfBoth>,
    /// Whether only some were compared, because there are so many.
    pub is_a_sample: bool,
    /// What comes again.
    pub total: Totals,
    /// What the first ones come to.
    pub known_total: Totals,
    /// What the others come to.
    pub new_total: Totals,
}

/// The line items of a day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DayOfBoth {
    /// The day, as the provider writes it.
    pub day: String,
    /// How many the first ones have.
    pub known_rows: u64,
    /// How many of them the others have too.
    pub known_again: u64,
    /// How many the others have.
    pub new_rows: u64,
    /// How many of them the first ones have too: more, or fewer, where one side tells a charge in more rows.
    pub new_again: u64,
}

/// Two files that may have the same line items, and what was found by comparing them row by row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileAgain {
    /// The earlier file.
    pub first: String,
    /// The later file.
    pub second: String,
    /// How much of the first stands in the second again.
    pub found: RowsAgain,
}

/// The first and the last day of which line items come again, how many do, and what they come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
    /// How many line items.
    pub rows: u64,
    /// What they come to.
    pub total: Totals,
    /// Whether there are more, because only some were compared.
    pub is_the_least: bool,
}

impl Span {
    /// The days, as `2026-10-01 to 2026-10-15`, or the only one.
    pub fn days(&self) -> String {
        if self.first == self.last { self.first.clone() } else { format!("{} to {}", self.first, self.last) }
    }

    /// How many there are and what they come to, as `rows: 45, 48.6 CHF`.
    pub fn extent(&self) -> String {
        let least = if self.is_the_least { "at least " } else { "" };
        format!("rows: {least}{}, {}", self.rows, self.total)
    }
}

impl RowsAgain {
    /// Whether these are the same line items rather than parts that happen to have some alike: at least half of either's,
    /// or of both's of a day, or both come to the same to a part of a hundredth.
    fn is_again(&self) -> bool {
        let sum = |count: fn(&DayOfBoth) -> u64| self.days.iter().map(count).sum::<u64>();
        let known = sum(|day| day.known_again) * 2 >= sum(|day| day.known_rows);
        let new = sum(|day| day.new_again) * 2 >= sum(|day| day.new_rows);
        let is_whole_day = |day: &DayOfBoth| {
            day.known_again * 2 >= day.known_rows && day.new_again * 2 >= day.new_rows && day.new_again > 0
        };
        let is_some = self.span().is_some();
        (is_some && (known || new || self.days.iter().any(is_whole_day))) || self.comes_to_the_same()
    }

    fn comes_to_the_same(&self) -> bool {
        self.known_total == self.new_total && self.new_total.iter().any(|(_, amount)| amount.scale() > 2)
    }

    /// What comes again; nothing where there is none. Where both sides only come to the same, it is all of the later one.
    pub fn span(&self) -> Option<Span> {
        let all = self.comes_to_the_same();
        let rows = |day: &DayOfBoth| if all { day.new_rows } else { day.new_again };
        let days: Vec<&DayOfBoth> = self.days.iter().filter(|day| rows(day) > 0).collect();
        Some(Span {
            first: days.first()?.day.clone(),
            last: days.last()?.day.clone(),
            rows: days.iter().map(|day| rows(day)).sum(),
            total: if all { self.new_total.clone() } else { self.total.clone() },
            is_the_least: self.is_a_sample,
        })
    }
}

/// Whether two files of an import are parts of it. Tells what they have alike.
///
/// # Errors
/// When one is mostly the other again.
pub fn admit_pair(FileAgain { first, second, found }: &FileAgain) -> Result<Option<Span>, Refusal> {
    match found.span() {
        Some(span) if found.is_again() => {
            Err(Refusal::RowsTwice { first: first.clone(), second: second.clone(), span: Box::new(span) })
        }
        alike => Ok(alike),
    }
}

/// Refuses to add what the document has, mostly.
pub(super) fn check_addition(name: &str, version: u32, found: &RowsAgain) -> Result<(), Refusal> {
    match found.span().filter(|_| found.is_again()) {
        Some(span) => Err(Refusal::AddedTwice { name: name.to_owned(), version, span: Box::new(span) }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Cost, Currency};

    fn totals(amount: &str) -> Totals {
        let mut totals = Totals::default();
        totals.add(&Cost::new(amount.parse().unwrap(), Currency::parse("CHF").unwrap()));
        totals
    }

    /// Days with the rows of both sides, and how many of them are the same.
    fn check(days: &[(u64, u64, u64)], [known, new]: [&str; 2], is_again: bool) {
        let day = |(at, (known_rows, new_rows, same)): (usize, &(u64, u64, u64))| DayOfBoth {
            day: format!("2026-10-{:02}", at + 1),
            known_rows: *known_rows,
            known_again: *same,
            new_rows: *new_rows,
            new_again: *same,
        };
        let days = days.iter().enumerate().map(day).collect();
        let found = RowsAgain {
            days,
            total: totals("1"),
            is_a_sample: false,
            known_total: totals(known),
            new_total: totals(new),
        };
        assert_eq!(found.is_again(), is_again, "{found:?}");
    }

    #[test]
    fn parts_have_few_rows_alike_and_the_same_rows_many() {
        check(&[], ["0", "0"], false);
        check(&[(10, 0, 0), (10, 10, 0)], ["2", "1"], false);
        check(&[(10, 10, 4), (10, 10, 4)], ["2", "1"], false);
        // A part beside the whole, a day of both, and half of the smaller one.
        check(&[(10, 3, 3), (10, 3, 3)], ["2", "1"], true);
        check(&[(10, 0, 0), (10, 10, 10), (0, 10, 0)], ["2", "1"], true);
        check(&[(10, 2, 1), (10, 0, 0)], ["2", "1"], true);
        // Other rows that come to the same, which rounded prices often do.
        check(&[(10, 20, 0)], ["1.001", "1.001"], true);
        check(&[(10, 20, 0)], ["1.01", "1.01"], false);
    }
}
