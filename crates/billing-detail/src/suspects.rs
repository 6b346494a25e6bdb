//! Which files of an import may have the same line items, seen while they are read.
//!
//! Of each file marks are kept: the hashes of its line items, and the sums of each account's days; of those only that cost
//! something. Where there are too many, those with larger hashes are dropped, of all files alike, so that what is left of
//! two files still compares and the memory has a bound. Marks decide nothing: they tell which files are worth comparing
//! row by row.

use std::{cmp::Reverse, collections::BTreeMap};

use billing_core::Fixed;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::canonical::day;

/// Most marks of each kind.
const MARKS_MAX: usize = 1 << 18;
/// Most pairs of files that are told.
const PAIRS_MAX: usize = 10_000;
/// Where less than one of so many marks is the same, the files are parts that have a row or a sum alike by chance.
const CHANCE: usize = 200;
/// Most files that are looked at of those with the same mark.
const ALIKE_MAX: usize = 64;

/// The marks of the line items that were read.
#[derive(Debug)]
pub(crate) struct Suspects {
    rows: Vec<RowMark>,
    /// The largest hash that is kept of rows.
    rows_to: u64,
    /// The sum of each account's day in each file, in units of 10⁻¹⁸.
    days: HashMap<DayKey, i128>,
    days_to: u64,
}

/// The hash of a line item's content, and its file.
type RowMark = (u64, u32);
/// The hash of an account's day, and the file.
type DayKey = (u64, u32);

impl Default for Suspects {
    fn default() -> Self {
        Self { rows: Vec::new(), rows_to: u64::MAX, days: HashMap::new(), days_to: u64::MAX }
    }
}

/// A hash by which an account's days are known.
pub(crate) fn account_hash(provider: &str, account: &str, currency: &str) -> u64 {
    let of = |text: &str, seed| xxh3_64_with_seed(text.as_bytes(), seed);
    of(currency, of(account, of(provider, 0)))
}

impl Suspects {
    /// Marks a line item: its file, the hash of its content, its account and when it was charged.
    pub(crate) fn mark(&mut self, file: usize, content: u64, (account, start): (u64, &str), cost: Fixed) {
        if cost.is_zero() {
            return;
        }
        let file = file as u32;
        if content <= self.rows_to {
            self.rows.push((content, file));
        }
        let of_day = xxh3_64_with_seed(day(start).as_bytes(), account);
        if of_day <= self.days_to {
            let sum = self.days.entry((of_day, file)).or_default();
            *sum = sum.saturating_add(cost.words().0);
        }
        self.thin();
    }

    /// Adds what another thread marked.
    pub(crate) fn merge(&mut self, other: Self) {
        self.rows_to = self.rows_to.min(other.rows_to);
        self.days_to = self.days_to.min(other.days_to);
        self.rows.extend(other.rows);
        for (key, more) in other.days {
            let sum = self.days.entry(key).or_default();
            *sum = sum.saturating_add(more);
        }
        self.rows.retain(|(hash, _)| *hash <= self.rows_to);
        self.days.retain(|(hash, _), _| *hash <= self.days_to);
        self.thin();
    }

    fn thin(&mut self) {
        while self.rows.len() > MARKS_MAX {
            self.rows_to /= 2;
            self.rows.retain(|(hash, _)| *hash <= self.rows_to);
        }
        while self.days.len() > MARKS_MAX {
            self.days_to /= 2;
            self.days.retain(|(hash, _), _| *hash <= self.days_to);
        }
    }

    /// Pairs of files that may have the same line items, those first that have most of them in common.
    pub(crate) fn pairs(self) -> Vec<(usize, usize)> {
        let rows = self.rows.into_iter().map(|(hash, file)| ((hash, 0), file));
        let days = self.days.into_iter().filter(|(_, sum)| *sum != 0);
        let days = days.map(|((hash, file), sum)| ((hash, first_digits(sum)), file));
        let mut shares: BTreeMap<(u32, u32), [usize; 2]> = BTreeMap::new();
        for (kind, pairs) in [alike(rows.collect()), alike(days.collect())].into_iter().enumerate() {
            for (pair, share) in pairs {
                shares.entry(pair).or_default()[kind] = share;
            }
        }
        let mut pairs: Vec<_> = shares.into_iter().collect();
        pairs.sort_by_key(|(pair, share)| (Reverse(*share), *pair));
        pairs.into_iter().take(PAIRS_MAX).map(|((one, other), _)| (one as usize, other as usize)).collect()
    }
}

/// The first digits of a sum: the same where a provider that adds up binary numbers is off by some last digits.
fn first_digits(sum: i128) -> i128 {
    // A little more than it is, so that 0.8 and 0.7999999999999999 do not start with other digits.
    let mut sum = sum.saturating_add(sum / 3_000_000_000_000);
    while sum.unsigned_abs() >= 1_000_000_000_000 {
        sum /= 10;
    }
    sum
}

/// The pairs of files that have the same marks by more than chance, and how many of a million of those of the smaller one.
fn alike(mut marks: Vec<((u64, i128), u32)>) -> Vec<((u32, u32), usize)> {
    marks.sort_unstable();
    let (mut of_file, mut common): (HashMap<u32, usize>, HashMap<(u32, u32), usize>) = Default::default();
    for same in marks.chunk_by(|one, next| one.0 == next.0) {
        let mut files: Vec<(u32, usize)> = Vec::new();
        for of_one in same.chunk_by(|one, next| one.1 == next.1) {
            *of_file.entry(of_one[0].1).or_default() += of_one.len();
            files.push((of_one[0].1, of_one.len()));
        }
        files.truncate(ALIKE_MAX);
        for (at, (one, count)) in files.iter().enumerate() {
            for (other, other_count) in &files[at + 1..] {
                *common.entry((*one, *other)).or_default() += count.min(other_count);
            }
        }
    }
    let share = |(pair, common): ((u32, u32), usize)| {
        let all = of_file[&pair.0].min(of_file[&pair.1]);
        (common * CHANCE >= all).then(|| (pair, common * 1_000_000 / all))
    };
    common.into_iter().filter_map(share).collect()
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    /// Rows of an account's day of these files, one after the other: which file, which content, which day.
    fn pairs(rows: impl IntoIterator<Item = (usize, u64, u32)>) -> Vec<(usize, usize)> {
        let (mut even, mut odd) = (Suspects::default(), Suspects::default());
        for (at, (file, content, day)) in rows.into_iter().enumerate() {
            let side = if at % 2 == 0 { &mut even } else { &mut odd };
            let (hash, cost) = (xxh3_64(&content.to_le_bytes()), format!("{}.0000{content}", day + 1));
            side.mark(file, hash, (u64::from(day), "2026-10-01"), Fixed::parse(cost.as_bytes()).unwrap());
        }
        even.merge(odd);
        even.pairs()
    }

    #[test]
    fn parts_are_not_suspected() {
        assert_eq!(pairs((0..10_000).map(|row| (row as usize % 7, row, row as u32 % 31))), []);
    }

    #[test]
    fn the_whole_is_suspected_beside_its_parts() {
        let whole = (0..1_000).map(|row| (0, row, row as u32 % 31));
        let parts = (0..1_000).map(|row| (1 + row as usize % 3, row, row as u32 % 31));
        assert_eq!(pairs(whole.chain(parts)), [(0, 1), (0, 2), (0, 3)]);
    }

    #[test]
    fn days_that_come_to_the_same_are_suspected() {
        let mut suspects = Suspects::default();
        // One row of each day here, two there that come to the same; the days overlap.
        for (file, days, costs) in [(0, 0..31, ["0.7999999999999999", "0"]), (1, 15..40, ["0.7", "0.1"])] {
            for (day, cost) in days.flat_map(|day: u64| costs.map(|cost| (day, cost))) {
                let content = xxh3_64(format!("{file} {day} {cost}").as_bytes());
                suspects.mark(file, content, (day, "2026-10-01"), Fixed::parse(cost.as_bytes()).unwrap());
            }
        }
        assert_eq!(suspects.pairs(), [(0, 1)]);
    }

    #[test]
    fn however_many_rows_there_are_few_are_kept() {
        let mut suspects = Suspects::default();
        for row in 0..3 * MARKS_MAX as u64 {
            let hash = xxh3_64(&row.to_le_bytes());
            suspects.mark((row % 2) as usize, hash, (hash, "2026-10-01"), Fixed::parse(b"1").unwrap());
        }
        // The same rows of a third file are still found.
        for row in 0..10_000u64 {
            let hash = xxh3_64(&(2 * row).to_le_bytes());
            suspects.mark(2, hash, (hash ^ 1, "2026-10-02"), Fixed::parse(b"2").unwrap());
        }
        assert!(suspects.rows.len() <= MARKS_MAX && suspects.days.len() <= MARKS_MAX);
        assert_eq!(suspects.pairs(), [(0, 2)]);
    }
}
