//! Values with dates: what holds from which billing period on.

use crate::period::Period;

/// A value that changes from billing periods on. The newest entry at or before a period holds in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History<T> {
    entries: Vec<(Period, T)>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T: Clone + PartialEq> History<T> {
    /// One value from a period on.
    pub fn starting(from: Period, value: T) -> Self {
        Self { entries: vec![(from, value)] }
    }

    /// The history of these entries, whatever their order.
    pub fn of(mut entries: Vec<(Period, T)>) -> Self {
        entries.sort_by_key(|(from, _)| *from);
        Self { entries }
    }

    /// What holds in a period; `None` before the first entry.
    pub fn at(&self, period: Period) -> Option<&T> {
        self.entries.iter().rev().find(|(from, _)| *from <= period).map(|(_, value)| value)
    }

    /// What holds in a period if it will do, else the first that will do after it: what was set late also holds for
    /// the periods that waited for it.
    pub fn at_or_first(&self, period: Period, will_do: impl Fn(&T) -> bool) -> Option<&T> {
        self.at(period).filter(|value| will_do(value)).or_else(|| {
            self.entries
                .iter()
                .filter(|(from, _)| *from > period)
                .map(|(_, value)| value)
                .find(|v| will_do(v))
        })
    }

    /// The last value, whatever its date.
    pub fn latest(&self) -> Option<&T> {
        self.entries.last().map(|(_, value)| value)
    }

    /// The entries by date.
    pub fn entries(&self) -> &[(Period, T)] {
        &self.entries
    }

    /// Whether a change would change anything: from the period on where one was asked for by name, else in the latest
    /// value, so that saying the same again does not undo what was dated.
    pub fn would_change(&self, asked: Option<Period>, initial: T, change: impl Fn(&mut T)) -> bool {
        let changes = |value: &T| {
            let mut changed = value.clone();
            change(&mut changed);
            changed != *value
        };
        match asked {
            None => changes(self.latest().unwrap_or(&initial)),
            Some(from) => {
                changes(self.at(from).unwrap_or(&initial))
                    || self.entries.iter().any(|(start, value)| *start >= from && changes(value))
            }
        }
    }

    /// Changes the value from a period on: in what holds there, else in what holds first, else in `initial`, and in all
    /// that was set for later. Entries that say nothing new are dropped.
    pub fn change_from(&mut self, from: Period, initial: T, change: impl Fn(&mut T)) {
        let at = self.entries.partition_point(|(start, _)| *start < from);
        if self.entries.get(at).is_none_or(|(start, _)| *start != from) {
            let known = at.checked_sub(1).map_or(self.entries.first(), |before| self.entries.get(before));
            let value = known.map_or(initial, |(_, value)| value.clone());
            self.entries.insert(at, (from, value));
        }
        for (_, value) in &mut self.entries[at..] {
            change(value);
        }
        self.entries.dedup_by(|later, earlier| later.1 == earlier.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_change_holds_from_its_period_on() {
        let mut history = History::starting(Period::BEGINNING, 1);
        history.change_from(period("2026-10"), 0, |value| *value = 2);
        history.change_from(period("2026-12"), 0, |value| *value = 3);
        history.change_from(period("2026-11"), 0, |value| *value = 4);
        let at = |text: &str| *history.at(period(text)).unwrap();
        assert_eq!([at("2020-01"), at("2026-10"), at("2026-11"), at("2027-01")], [1, 2, 4, 4]);
        assert_eq!(history.entries().len(), 3);
    }

    #[test]
    fn saying_the_same_again_changes_nothing() {
        let mut history = History::starting(Period::BEGINNING, 1);
        history.change_from(period("2026-11"), 0, |value| *value = 2);
        assert!(!history.would_change(None, 0, |value| *value = 2));
        assert!(history.would_change(Some(period("2026-10")), 0, |value| *value = 2));
        assert!(!history.would_change(Some(period("2026-11")), 0, |value| *value = 2));
        assert!(history.would_change(None, 0, |value| *value = 1));
    }

    #[test]
    fn nothing_holds_before_the_first_entry_unless_it_was_waited_for() {
        let history = History::of(vec![(period("2026-11"), Some(7)), (period("2026-10"), None)]);
        assert_eq!(history.at(period("2026-09")), None);
        assert_eq!(history.at_or_first(period("2026-10"), Option::is_some), Some(&Some(7)));
        assert_eq!(history.at_or_first(period("2026-12"), Option::is_some), Some(&Some(7)));
    }
}
