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
    /// How many days of accounts the side has that has fewer.
    pub account_days: u64,
    /// On how many of them both sides come to the same.
    pub equal_account_days: u64,
    /// What those come to.
    pub equal_total: Totals,
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
    /// The days, as `of 2026-10-01 to 2026-10-15`.
    pub fn days(&self) -> String {
        match (&*self.first, &*self.last) {
            (_, "") => "without a date".to_owned(),
            (first, last) if first == last => format!("of {first}"),
            ("", last) => format!("up to {last}"),
            (first, last) => format!("of {first} to {last}"),
        }
    }

    /// How many there are and what they come to, as `rows: 45, 48.6 CHF`.
    pub fn extent(&self) -> String {
        let least = if self.is_the_least { "at least " } else { "" };
        format!("rows: {least}{}, {}", self.rows, self.total)
    }
}

/// What two sides have alike that is taken all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alike {
    /// Some line items.
    Rows(Span),
    /// The cost of days of accounts, in other line items.
    Days {
        /// How many days of accounts.
        count: u64,
        /// What they come to.
        total: Totals,
    },
    /// Nobody knows: there are too many of them to compare.
    NotCompared,
}

impl RowsAgain {
    /// Whether these are the same line items rather than parts that happen to have some alike: at least half of either's,
    /// or of both's of a day. One alone may be chance.
    fn is_again(&self) -> bool {
        let sum = |count: fn(&DayOfBoth) -> u64| self.days.iter().map(count).sum::<u64>();
        let known = sum(|day| day.known_again) * 2 >= sum(|day| day.known_rows);
        let new = sum(|day| day.new_again) * 2 >= sum(|day| day.new_rows);
        let is_several = |known: u64, new: u64| known.max(new) > 1;
        let is_whole_day = |day: &DayOfBoth| {
            is_several(day.known_again, day.new_again)
                && day.known_again * 2 >= day.known_rows
                && day.new_again * 2 >= day.new_rows
        };
        let any = is_several(sum(|day| day.known_again), sum(|day| day.new_again));
        (any && (known || new)) || self.days.iter().any(is_whole_day)
    }

    /// The line items that come again; nothing where there are none.
    fn span(&self) -> Option<Span> {
        let days: Vec<&DayOfBoth> = self.days.iter().filter(|day| day.new_again > 0).collect();
        Some(Span {
            first: days.first()?.day.clone(),
            last: days.last()?.day.clone(),
            rows: days.iter().map(|day| day.new_again).sum(),
            total: self.total.clone(),
            is_the_least: self.is_a_sample,
        })
    }

    /// What both sides have alike, where it is worth telling.
    pub fn alike(&self) -> Option<Alike> {
        if self.equal_account_days > 1 && self.equal_account_days * 2 >= self.account_days {
            return Some(Alike::Days { count: self.equal_account_days, total: self.equal_total.clone() });
        }
        self.span().map(Alike::Rows)
    }
}

/// Whether two files of an import are parts of it. Tells what they have alike.
///
/// # Errors
/// When one is mostly the other again.
pub fn admit_pair(FileAgain { first, second, found }: &FileAgain) -> Result<Option<Alike>, Refusal> {
    match found.span() {
        Some(span) if found.is_again() => {
            Err(Refusal::RowsTwice { first: first.clone(), second: second.clone(), span: Box::new(span) })
        }
        _ => Ok(found.alike()),
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

    /// Days with the rows of both sides, and how many of them are the same.
    fn check(days: &[(u64, u64, u64)], is_again: bool) {
        let day = |(at, (known_rows, new_rows, same)): (usize, &(u64, u64, u64))| DayOfBoth {
            day: format!("2026-10-{:02}", at + 1),
            known_rows: *known_rows,
            known_again: *same,
            new_rows: *new_rows,
            new_again: *same,
        };
        let found = RowsAgain { days: days.iter().enumerate().map(day).collect(), ..RowsAgain::default() };
        assert_eq!(found.is_again(), is_again, "{found:?}");
    }

    #[test]
    fn parts_have_few_rows_alike_and_the_same_rows_many() {
        check(&[], false);
        check(&[(10, 0, 0), (10, 10, 0)], false);
        check(&[(10, 10, 4), (10, 10, 4)], false);
        // A part beside the whole, a day of both, and half of the smaller one.
        check(&[(10, 3, 3), (10, 3, 3)], true);
        check(&[(10, 0, 0), (10, 10, 10), (0, 10, 0)], true);
        check(&[(10, 4, 2), (10, 0, 0)], true);
        // Where parts meet, a row may be like the one before.
        check(&[(10, 0, 0), (1, 1, 1), (0, 10, 0)], false);
        check(&[(10, 1, 1)], false);
    }

    #[test]
    fn days_that_come_to_the_same_are_told() {
        let alike = |account_days, equal_account_days| {
            RowsAgain { account_days, equal_account_days, ..RowsAgain::default() }.alike().is_some()
        };
        assert!(alike(10, 5) && !alike(10, 4) && !alike(1, 1));
    }
}
