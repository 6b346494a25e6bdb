//! Sums of line items by what they have in common.

use std::hash::Hash;

use billing_core::Fixed;
use hashbrown::{HashMap, hash_map::Entry};

/// A sum that does not fit into the numbers it is kept in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SumTooLarge;

/// How many line items, and their exact costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sum {
    /// How many.
    pub(crate) rows: u64,
    /// Their billed costs.
    pub(crate) billed: Fixed,
    /// Their amortised costs.
    pub(crate) effective: Fixed,
}

impl Sum {
    /// Adds a line item.
    pub(crate) fn add(&mut self, billed: Fixed, effective: Option<Fixed>) -> Result<(), SumTooLarge> {
        let one = Self { rows: 1, billed, effective: effective.unwrap_or(Fixed::ZERO) };
        self.add_all(&one)
    }

    /// Adds many.
    pub(crate) fn add_all(&mut self, other: &Self) -> Result<(), SumTooLarge> {
        self.rows += other.rows;
        self.billed = self.billed.checked_add(other.billed).ok_or(SumTooLarge)?;
        self.effective = self.effective.checked_add(other.effective).ok_or(SumTooLarge)?;
        Ok(())
    }
}

/// A sum for each key.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    places: HashMap<K, usize>,
    sums: Vec<Sum>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), sums: Vec::new() }
    }
}

impl<K: Hash + Eq> Tally<K> {
    /// The place of a key's sum.
    pub(crate) fn place(&mut self, key: K) -> usize {
        match self.places.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.sums.push(Sum::default());
                *new.insert(self.sums.len() - 1)
            }
        }
    }

    /// The sum at a place that this tally gave.
    pub(crate) fn sum(&mut self, place: usize) -> &mut Sum {
        &mut self.sums[place]
    }

    /// Adds the sums of another tally. Tells the key of the first that becomes too large.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), (K, SumTooLarge)>
    where
        K: Clone,
    {
        for (key, sum) in other.into_sums() {
            let place = self.place(key.clone());
            self.sums[place].add_all(&sum).map_err(|error| (key, error))?;
        }
        Ok(())
    }

    /// The keys and their sums, in no order.
    pub(crate) fn into_sums(self) -> impl Iterator<Item = (K, Sum)> {
        let sums = self.sums;
        self.places.into_iter().map(move |(key, place)| (key, sums[place]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> Fixed {
        Fixed::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn sums_of_two_tallies_come_together() {
        let mut left = Tally::default();
        let place = left.place("a");
        left.sum(place).add(fixed("1.5"), None).unwrap();
        let mut right = Tally::default();
        for key in ["b", "a"] {
            let place = right.place(key);
            right.sum(place).add(fixed("2"), Some(fixed("3"))).unwrap();
        }
        left.merge(right).unwrap();
        let mut sums: Vec<(&str, Sum)> = left.into_sums().collect();
        sums.sort_by_key(|(key, _)| *key);
        let expected = Sum { rows: 2, billed: fixed("3.5"), effective: fixed("3") };
        assert_eq!(sums[0], ("a", expected));
        assert_eq!(sums[1].1.rows, 1);
    }

    #[test]
    fn a_sum_that_is_too_large_names_its_key() {
        let most = fixed("99999999999999999999");
        let tally = || {
            let mut tally = Tally::default();
            let place = tally.place("CHF");
            tally.sum(place).add(most, None).unwrap();
            tally
        };
        assert_eq!(tally().merge(tally()), Err(("CHF", SumTooLarge)));
    }
}
