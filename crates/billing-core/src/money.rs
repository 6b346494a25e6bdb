//! Amounts with a currency: [`Cost`] is exact and may be tiny, [`Money`] is whole hundredths and stands on invoices.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::decimal::Decimal;

/// A currency code as the provider writes it, in capitals: `CHF`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(Arc<str>);

impl Currency {
    /// Reads three letters (ISO 4217), whatever their case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .then(|| Self(text.to_ascii_uppercase().into()))
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Two amounts of different currencies met where one sum was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{left} and {right} cannot be added: convert one of them first")]
pub struct CurrencyMismatch {
    /// The currency of the sum so far.
    pub left: Currency,
    /// The currency of what was to be added.
    pub right: Currency,
}

/// An exact amount in one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cost {
    /// The amount, exact.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Cost {
    /// An amount in a currency.
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum of two costs.
    ///
    /// # Errors
    /// When the currencies differ.
    pub fn try_add(&self, other: &Cost) -> Result<Cost, CurrencyMismatch> {
        if self.currency != other.currency {
            return Err(CurrencyMismatch { left: self.currency.clone(), right: other.currency.clone() });
        }
        Ok(Cost::new(&self.amount + &other.amount, self.currency.clone()))
    }

    /// This cost in another currency, exact: nothing is rounded on the way.
    pub fn convert(&self, rate: &Decimal, to: &Currency) -> Cost {
        Cost::new(&self.amount * rate, to.clone())
    }
}

/// Sums of costs, one per currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals(BTreeMap<Currency, Decimal>);

impl Totals {
    /// Adds a cost to the sum of its currency.
    pub fn add(&mut self, cost: &Cost) {
        *self.0.entry(cost.currency.clone()).or_default() += &cost.amount;
    }

    /// The sums by currency, in the order of the currency code.
    pub fn iter(&self) -> impl Iterator<Item = (&Currency, &Decimal)> {
        self.0.iter()
    }

    /// The sum in one currency; zero where there is none.
    pub fn get(&self, currency: &Currency) -> Decimal {
        self.0.get(currency).cloned().unwrap_or_default()
    }

    /// `self − other`, currencies of either, those with difference zero left out.
    #[must_use]
    pub fn minus(&self, other: &Totals) -> Totals {
        let mut difference = self.0.clone();
        for (currency, amount) in &other.0 {
            *difference.entry(currency.clone()).or_default() -= amount;
        }
        difference.retain(|_, amount| !amount.is_zero());
        Totals(difference)
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("0");
        }
        for (at, (currency, amount)) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { ", " };
            write!(f, "{gap}{amount} {currency}")?;
        }
        Ok(())
    }
}

/// An amount in hundredths of the invoice's currency: what a line is invoiced with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Money {
    hundredths: i128,
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money { hundredths: 0 };

    /// So many hundredths.
    pub const fn from_hundredths(hundredths: i128) -> Self {
        Self { hundredths }
    }

    /// The amount in hundredths.
    pub const fn hundredths(self) -> i128 {
        self.hundredths
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.hundredths == 0
    }

    /// The same amount as an exact number.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.hundredths, 2)
    }

    /// Reads an amount of at most two decimals.
    pub fn from_decimal(amount: &Decimal) -> Option<Self> {
        let (whole, rest) = amount.split_at(2);
        if !rest.is_zero() {
            return None;
        }
        i128::try_from(whole).ok().map(Self::from_hundredths)
    }
}

impl std::ops::Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money { hundredths: self.hundredths + other.hundredths }
    }
}

impl std::ops::Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money { hundredths: self.hundredths - other.hundredths }
    }
}

impl std::ops::Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money { hundredths: -self.hundredths }
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, |sum, amount| sum + amount)
    }
}

impl fmt::Display for Money {
    /// No decimals when the amount is whole, else two: `12`, `12.30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let (whole, part) = (self.hundredths.unsigned_abs() / 100, self.hundredths.unsigned_abs() % 100);
        if part == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part:02}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(amount: &str, currency: &str) -> Cost {
        Cost::new(amount.parse().unwrap(), Currency::parse(currency).unwrap())
    }

    #[test]
    fn francs_and_euros_do_not_add_up() {
        let error = cost("1", "CHF").try_add(&cost("1", "EUR")).unwrap_err();
        assert_eq!(error.to_string(), "CHF and EUR cannot be added: convert one of them first");
        assert_eq!(cost("1", "CHF").try_add(&cost("0.5", "chf")), Ok(cost("1.5", "CHF")));
    }

    #[test]
    fn totals_keep_currencies_apart() {
        let mut totals = Totals::default();
        for part in [cost("1.5", "CHF"), cost("2", "USD"), cost("-0.25", "CHF")] {
            totals.add(&part);
        }
        assert_eq!(totals.to_string(), "1.25 CHF, 2 USD");
    }

    #[test]
    fn an_amount_shows_two_decimals_or_none() {
        for (hundredths, text) in [(1_200, "12"), (1_230, "12.30"), (-5, "-0.05"), (0, "0"), (-100, "-1")] {
            assert_eq!(Money::from_hundredths(hundredths).to_string(), text);
        }
    }
}
