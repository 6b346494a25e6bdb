//! Compares two files of an import, or a version with what is added to it: how much of the one stands in the other again.
//!
//! Line items are the same where all that makes them what they are is. They are also the same where together they come to
//! the same for a charge: the provider's other table or format has the same cost in more rows, or describes it otherwise.
//!
//! Of the later side the charges are kept, the other one streams past them. Where there are too many, only those with the
//! smaller hashes are: what is found of them is found of the rest, and is told as the least that there is.

use billing_core::{
    Fixed,
    flow::admit::{DayOfBoth, RowsAgain},
    money::{Cost, Currency, Totals},
};
use hashbrown::HashMap;

use crate::{
    compared::{Compared, LineItems, each},
    error::DetailError,
};

/// Most charges that are kept.
const CHARGES_MAX: usize = 1 << 18;
/// Most hashes of rows that are kept.
const ROWS_MAX: usize = 1 << 20;

/// The last half of the bits of a hash.
const LAST_HALF: u64 = u32::MAX as u64;

/// What one side has of a charge.
#[derive(Clone, Copy, Default)]
struct Side {
    rows: u32,
    sum: Fixed,
    /// The smallest hash of its tags, and of its resources.
    names: [Option<u64>; 2],
}

impl Side {
    fn add(&mut self, row: &Compared<'_>) {
        self.rows += 1;
        self.sum = self.sum.plus(row.cost);
        for (name, next) in self.names.iter_mut().zip(row.names()) {
            *name = match (*name, next) {
                (Some(known), Some(next)) => Some(known.min(next)),
                (known, next) => known.or(next),
            };
        }
    }

    /// Whether both may be of the same resources and tags, which one side need not tell.
    fn may_have_names_of(&self, other: &Side) -> bool {
        let mut names = self.names.iter().zip(other.names);
        names.all(|(name, other)| name.is_none() || other.is_none() || *name == other)
    }

    /// Whether they are of the same charge, for all that is told: they have the same resources, or the same tags.
    fn has_names_of(&self, other: &Side) -> bool {
        let [tags, resource] = self.names;
        self.may_have_names_of(other)
            && (tags == other.names[0] || resource == other.names[1] && resource.is_some())
    }

    /// Whether both come to the same, so that it cannot be chance: other resources have costs of their own, and single amounts
    /// of no more than two digits after the point are often alike. A provider that adds up binary numbers is off by some
    /// last digits.
    fn is_same(&self, other: &Side) -> bool {
        let (units, other_units) = (self.sum.words().0, other.sum.words().0);
        let is_fine = units % 10i128.pow(16) != 0;
        units.abs_diff(other_units) <= units.unsigned_abs() / 1_000_000_000
            && units != 0
            && self.may_have_names_of(other)
            && (is_fine || self.rows != other.rows)
    }
}

/// What both sides have of an account's day.
#[derive(Clone, Copy, Default)]
struct AccountDay {
    currency: u32,
    known: Side,
    new: Side,
}

/// What both sides have of a charge.
struct Charge {
    day: u32,
    currency: u32,
    known: Side,
    new: Side,
    /// The rows that are the same, and what they come to.
    same: (u32, Fixed),
}

/// Texts by number.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry_ref(text).or_insert(next)
    }

    /// The texts in the order of their numbers.
    fn into_texts(self) -> Vec<String> {
        let mut texts: Vec<(u32, String)> = self.0.into_iter().map(|(text, number)| (number, text)).collect();
        texts.sort_unstable();
        texts.into_iter().map(|(_, text)| text).collect()
    }
}

/// What is counted, by the number of the day or the currency.
#[derive(Default)]
struct Counts<T>(Vec<T>);

impl<T: Copy + Default> Counts<T> {
    fn at(&mut self, number: u32) -> &mut T {
        let number = number as usize;
        if self.0.len() <= number {
            self.0.resize(number + 1, T::default());
        }
        &mut self.0[number]
    }
}

impl Counts<Fixed> {
    fn add(&mut self, number: u32, cost: Fixed) {
        let sum = self.at(number);
        *sum = sum.plus(cost);
    }

    /// The sums by currency.
    fn totals(self, currencies: &[Option<Currency>]) -> Totals {
        let mut totals = Totals::default();
        for (sum, currency) in self.0.into_iter().zip(currencies) {
            if let Some(currency) = currency {
                totals.add(&Cost::new(sum.into(), currency.clone()));
            }
        }
        totals
    }
}

struct Comparison {
    days: Numbers,
    currencies: Numbers,
    /// By hash; larger hashes than `largest` are not kept.
    charges: HashMap<u64, Charge>,
    largest: u64,
    charges_max: usize,
    /// The hashes of new rows that were not found again yet, and how many have each. The first half of a hash is that of the
    /// charge.
    left: HashMap<u64, u32>,
    known_days: Counts<u64>,
    account_days: HashMap<u64, AccountDay>,
}

/// The hash of a row that starts as that of its charge does.
fn row_hash(charge: u64, row: &Compared<'_>) -> u64 {
    (charge & !LAST_HALF) | u64::from(row.hash() as u32)
}

impl Comparison {
    fn of(charges_max: usize) -> Self {
        Self {
            days: Numbers::default(),
            currencies: Numbers::default(),
            charges: HashMap::new(),
            largest: u64::MAX,
            charges_max,
            left: HashMap::new(),
            known_days: Counts::default(),
            account_days: HashMap::new(),
        }
    }

    fn account_day(&mut self, row: &Compared<'_>, currency: u32) -> &mut AccountDay {
        let day = self.account_days.entry(row.account_day()).or_default();
        day.currency = currency;
        day
    }

    fn take_new(&mut self, row: &Compared<'_>) {
        let currency = self.currencies.of(row.currency());
        self.account_day(row, currency).new.add(row);
        let hash = row.charge();
        if hash > self.largest {
            return;
        }
        *self.left.entry(row_hash(hash, row)).or_default() += 1;
        let day = self.days.of(&row.day());
        let empty =
            || Charge { day, currency, known: Side::default(), new: Side::default(), same: (0, Fixed::ZERO) };
        self.charges.entry(hash).or_insert_with(empty).new.add(row);
        // Rows of a single charge cannot be fewer.
        while (self.charges.len() > self.charges_max || self.left.len() > ROWS_MAX)
            && self.largest > LAST_HALF
        {
            // The last half of the bits is set, so that rows are kept just where their charges are.
            self.largest = (self.largest / 2) | LAST_HALF;
            let largest = self.largest;
            self.charges.retain(|hash, _| *hash <= largest);
            self.left.retain(|hash, _| *hash <= largest);
        }
    }

    fn take_known(&mut self, row: &Compared<'_>) {
        let currency = self.currencies.of(row.currency());
        self.account_day(row, currency).known.add(row);
        let hash = row.charge();
        if hash > self.largest {
            return;
        }
        *self.known_days.at(self.days.of(&row.day())) += 1;
        let Some(charge) = self.charges.get_mut(&hash) else { return };
        charge.known.add(row);
        if let Some(left) = self.left.get_mut(&row_hash(hash, row)).filter(|left| **left > 0) {
            *left -= 1;
            charge.same.0 += 1;
            charge.same.1 = charge.same.1.plus(row.cost);
        }
    }

    fn finish(mut self) -> RowsAgain {
        let currencies: Vec<Option<Currency>> =
            self.currencies.into_texts().iter().map(|text| Currency::parse(text)).collect();
        let mut days = Vec::new();
        for (number, day) in self.days.into_texts().into_iter().enumerate() {
            let known_rows = *self.known_days.at(number as u32);
            days.push(DayOfBoth { day, known_rows, ..DayOfBoth::default() });
        }
        let mut again: Counts<Fixed> = Counts::default();
        for charge in self.charges.into_values() {
            let (known, new, cost) =
                match charge.new.is_same(&charge.known) && charge.new.has_names_of(&charge.known) {
                    true => (charge.known.rows, charge.new.rows, charge.new.sum),
                    false => (charge.same.0, charge.same.0, charge.same.1),
                };
            let day = &mut days[charge.day as usize];
            day.new_rows += u64::from(charge.new.rows);
            day.known_again += u64::from(known);
            day.new_again += u64::from(new);
            again.add(charge.currency, cost);
        }
        days.sort_unstable_by(|left, right| left.day.cmp(&right.day));
        let (mut equal, mut equal_days, mut known_days, mut new_days) = (Counts::default(), 0, 0, 0);
        for day in self.account_days.into_values() {
            known_days += u64::from(day.known.rows > 0);
            new_days += u64::from(day.new.rows > 0);
            if day.new.is_same(&day.known) {
                equal_days += 1;
                equal.add(day.currency, day.new.sum);
            }
        }
        RowsAgain {
            days,
            is_a_sample: self.largest < u64::MAX,
            total: again.totals(&currencies),
            account_days: known_days.min(new_days),
            equal_account_days: equal_days,
            equal_total: equal.totals(&currencies),
        }
    }
}

/// How much of `known` stands in `new` again. Line items without a cost do not count.
pub(crate) fn repeats(known: LineItems<'_>, new: LineItems<'_>) -> Result<RowsAgain, DetailError> {
    let mut comparison = Comparison::of(CHARGES_MAX);
    each(new, &mut |row| {
        if !row.cost.is_zero() {
            comparison.take_new(row);
        }
    })?;
    each(known, &mut |row| {
        if !row.cost.is_zero() {
            comparison.take_known(row);
        }
    })?;
    Ok(comparison.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rows the new side has, how many of them again, and whether all were compared.
    fn compare(
        known: std::ops::Range<u32>,
        new: std::ops::Range<u32>,
        charges_max: usize,
    ) -> (u64, u64, bool) {
        let mut comparison = Comparison::of(charges_max);
        let row = |sku: u32, look: &mut dyn FnMut(&Compared<'_>)| {
            let (sku, cost) = (format!("sku-{sku}"), Fixed::of_units(i128::from(sku) + 1));
            let of = ["AWS", "1", "2026-10", "USD", "2026-10-01", "", "EC2", &sku];
            look(&Compared::of_texts(&of, cost));
        };
        new.for_each(|sku| row(sku, &mut |row| comparison.take_new(row)));
        known.for_each(|sku| row(sku, &mut |row| comparison.take_known(row)));
        let found = comparison.finish();
        let sum = |count: fn(&DayOfBoth) -> u64| found.days.iter().map(count).sum();
        (sum(|day| day.new_rows), sum(|day| day.new_again), !found.is_a_sample)
    }

    #[test]
    fn rows_are_found_again() {
        assert_eq!(compare(0..100, 50..200, 1_000), (150, 50, true));
        assert_eq!(compare(0..100, 100..200, 1_000), (100, 0, true));
    }

    #[test]
    fn of_too_many_a_sample_is_compared() {
        let (new, again, is_all) = compare(0..15_000, 10_000..40_000, 10_000);
        assert!(!is_all && (5_000..=10_000).contains(&new), "{new}");
        // A sixth of them.
        assert!((new / 7..new / 5).contains(&again), "{again} of {new}");
    }

    #[test]
    fn other_rows_that_come_to_the_same_are_the_same_charge() {
        let of = |resource, cost: &[u8]| {
            let texts = ["AWS", "1", "2026-10", "USD", "2026-10-01", "", "EC2", "sku", "", "", resource];
            (texts, Fixed::parse(cost).unwrap())
        };
        for (known, new, is_same) in [
            (vec![("", "0.30000000000000004")], vec![("a", "0.1"), ("b", "0.2")], true),
            (vec![("", "0.3")], vec![("a", "0.1"), ("b", "0.21")], false),
            (vec![("a", "0.125")], vec![("b", "0.125")], false),
            (vec![("", "0.125")], vec![("b", "0.125")], true),
            // What costs no fraction of a hundredth is often alike.
            (vec![("", "0.12")], vec![("b", "0.12")], false),
        ] {
            let mut comparison = Comparison::of(10);
            for (resource, cost) in &new {
                let (texts, cost) = of(*resource, cost.as_bytes());
                comparison.take_new(&Compared::of_texts(&texts, cost));
            }
            for (resource, cost) in &known {
                let (texts, cost) = of(*resource, cost.as_bytes());
                comparison.take_known(&Compared::of_texts(&texts, cost));
            }
            let found = comparison.finish();
            assert_eq!(found.days[0].new_again > 0, is_same, "{known:?} {new:?}");
        }
    }
}
