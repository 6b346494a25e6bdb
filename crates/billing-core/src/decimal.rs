//! Exact decimal numbers: [`Decimal`] of any size for prices and invoices, [`Fixed`] for the line-item hot path.
//!
//! Both are read from text; a binary float never comes near them. What one of them cannot hold exactly is an
//! error, never a rounded number.

mod number;

use std::{fmt, iter::Sum, ops, str::FromStr};

use bigdecimal::{BigDecimal, num_bigint::BigInt};
use number::Number;

/// Most digits after the point that a number may carry, trailing zeros aside.
pub const FRACTION_DIGITS_MAX: usize = 36;
/// Most digits before the point.
pub const INTEGER_DIGITS_MAX: usize = 20;

/// Why a text is not a number we can keep exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Not of the form `-12.5` or `1.25E-7`.
    #[error("is not a number")]
    NotANumber,
    /// More digits after the point than can be kept exactly.
    #[error("has more than {FRACTION_DIGITS_MAX} digits after the point")]
    TooFine,
    /// More digits before the point than can be kept.
    #[error("has more than {INTEGER_DIGITS_MAX} digits before the point")]
    TooLarge,
}

/// An exact decimal number of any size and scale.
///
/// Sums, differences and products are exact. There is no division: what divides is named in
/// [`crate::rounding`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(Number);

impl Decimal {
    /// Zero.
    pub fn zero() -> Self {
        Self::default()
    }

    /// One.
    pub fn one() -> Self {
        Self::from(1)
    }

    /// `mantissa` × 10^−`scale`.
    pub fn new(mantissa: i128, scale: u32) -> Self {
        Self(Number::Small { mantissa, scale })
    }

    /// Reads `-12.5`, `+3`, `.5`, `1.25E-7`. Surrounding blanks are not part of a number.
    ///
    /// # Errors
    /// What [`DecimalError`] lists.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (sign, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (-1, digits),
            digits => (1, digits),
        };
        match short_digits(digits) {
            Some((mantissa, scale)) => Ok(Self::new(sign * i128::from(mantissa), scale)),
            None => Fixed::parse(text.as_bytes()).map(Self::from),
        }
    }

    /// Reads what [`Decimal`]'s `Display` writes, of any length: results of products may be finer than what
    /// [`Decimal::parse`] takes from a provider.
    pub fn from_digits(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| BigDecimal::from_str(text).ok().map(|number| Self(number.into()))).flatten()
    }

    /// Whether this is exactly zero.
    pub fn is_zero(&self) -> bool {
        self.0.signum() == 0
    }

    /// Whether this is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.signum() < 0
    }

    /// Whether this is above zero.
    pub fn is_positive(&self) -> bool {
        self.0.signum() > 0
    }

    /// The value without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// One hundredth of this: a percentage as a factor. Exact.
    pub fn percent(&self) -> Self {
        self * &Self::new(1, 2)
    }

    /// Digits after the point, trailing zeros aside.
    pub fn scale(&self) -> u32 {
        self.0.scale()
    }

    /// The value × 10^`scale` as a whole number and what is left over, both exact: `self = (whole + rest) / 10^scale`
    /// with `rest` of the same sign and |`rest`| < 1.
    pub(crate) fn split_at(&self, scale: u32) -> (BigInt, Decimal) {
        let (whole, rest) = self.0.split_at(scale);
        (whole, Self(rest))
    }

    pub(crate) fn from_scaled(whole: BigInt, scale: u32) -> Self {
        Self(BigDecimal::new(whole, i64::from(scale)).into())
    }
}

impl fmt::Display for Decimal {
    /// Plain digits: no exponent, no trailing zeros, `0` for zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::new(i128::from(value), 0)
    }
}

impl From<Fixed> for Decimal {
    fn from(value: Fixed) -> Self {
        if value.low == 0 {
            return Self::new(value.high, 18);
        }
        Self::new(value.high, 18) + Self::new(value.low, 36)
    }
}

macro_rules! exact_operator {
    ($trait:ident, $method:ident, |$a:ident, $b:ident| $result:expr) => {
        impl ops::$trait<&Decimal> for &Decimal {
            type Output = Decimal;
            fn $method(self, other: &Decimal) -> Decimal {
                let ($a, $b) = (&self.0, &other.0);
                Decimal($result)
            }
        }
        impl ops::$trait for Decimal {
            type Output = Decimal;
            fn $method(self, other: Decimal) -> Decimal {
                ops::$trait::$method(&self, &other)
            }
        }
        impl ops::$trait<&Decimal> for Decimal {
            type Output = Decimal;
            fn $method(self, other: &Decimal) -> Decimal {
                ops::$trait::$method(&self, other)
            }
        }
    };
}
exact_operator!(Add, add, |a, b| a.plus(b, false));
exact_operator!(Sub, sub, |a, b| a.plus(b, true));
exact_operator!(Mul, mul, |a, b| a.times(b));

impl ops::AddAssign<&Decimal> for Decimal {
    fn add_assign(&mut self, other: &Decimal) {
        self.0 = self.0.plus(&other.0, false);
    }
}

impl ops::SubAssign<&Decimal> for Decimal {
    fn sub_assign(&mut self, other: &Decimal) {
        self.0 = self.0.plus(&other.0, true);
    }
}

impl ops::Neg for Decimal {
    type Output = Decimal;
    fn neg(self) -> Decimal {
        -&self
    }
}

impl ops::Neg for &Decimal {
    type Output = Decimal;
    fn neg(self) -> Decimal {
        Decimal(self.0.negated())
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Decimal>>(numbers: I) -> Decimal {
        numbers.fold(Decimal::zero(), |sum, number| sum + number)
    }
}

impl<'a> Sum<&'a Decimal> for Decimal {
    fn sum<I: Iterator<Item = &'a Decimal>>(numbers: I) -> Decimal {
        numbers.fold(Decimal::zero(), |sum, number| sum + number)
    }
}

/// 10^18: how many units of `low` make one of `high`.
const UNIT: i128 = 1_000_000_000_000_000_000;

/// A decimal with 36 digits after the point in two machine words: what a line item's cost is read into and summed in.
///
/// The value is `high` × 10⁻¹⁸ + `low` × 10⁻³⁶, both of the same sign. Sums are checked: a sum that does not fit is
/// `None`, never a wrapped number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fixed {
    high: i128,
    low: i128,
}

impl Fixed {
    /// Zero.
    pub const ZERO: Fixed = Fixed { high: 0, low: 0 };

    /// Reads a number from the bytes of a field, as [`Decimal::parse`] does.
    ///
    /// # Errors
    /// What [`DecimalError`] lists.
    pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.first() {
            None => return Err(DecimalError::Empty),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
        };
        let value = match parse_short(digits) {
            Some(value) => value,
            None => parse_long(digits)?,
        };
        Ok(if negative { value.negated() } else { value })
    }

    /// The sum, or `None` where it does not fit.
    #[must_use]
    #[inline]
    pub fn checked_add(self, other: Fixed) -> Option<Fixed> {
        let mut high = self.high.checked_add(other.high)?;
        let mut low = self.low + other.low;
        if low <= -UNIT || low >= UNIT {
            high = high.checked_add(low / UNIT)?;
            low %= UNIT;
        }
        // Keep one sign, so that equal values have equal words.
        if high > 0 && low < 0 {
            high -= 1;
            low += UNIT;
        } else if high < 0 && low > 0 {
            high += 1;
            low -= UNIT;
        }
        Some(Fixed { high, low })
    }

    /// The value with the other sign.
    #[must_use]
    pub fn negated(self) -> Fixed {
        Fixed { high: -self.high, low: -self.low }
    }

    /// Whether this is exactly zero.
    pub fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// So many units of 10⁻¹⁸.
    pub fn of_units(units: i128) -> Fixed {
        Fixed { high: units, low: 0 }
    }

    /// The sum; where it does not fit, which no sum of a part of what was summed before can meet, this number.
    #[must_use]
    pub fn plus(self, other: Fixed) -> Fixed {
        self.checked_add(other).unwrap_or(self)
    }

    /// The words, for storing: units of 10⁻¹⁸ and the remainder in units of 10⁻³⁶.
    #[inline]
    pub fn words(self) -> (i128, i128) {
        (self.high, self.low)
    }
}

/// The common case, without a sign: up to 19 characters and 18 digits after the point.
fn parse_short(text: &[u8]) -> Option<Fixed> {
    let (mantissa, fraction_digits) = short_digits(text)?;
    let high = i128::from(mantissa) * 10i128.pow(18 - fraction_digits);
    Some(Fixed { high, low: 0 })
}

/// The digits of a short number as one, and how many of them stand after the point; at most 18.
#[inline]
fn short_digits(text: &[u8]) -> Option<(u64, u32)> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let mut mantissa: u64 = 0;
    let mut fraction_digits = 0u32;
    let mut point = false;
    let mut digits = 0u32;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            // Nineteen nines fit into 64 bits.
            mantissa = mantissa * 10 + u64::from(digit);
            digits += 1;
            fraction_digits += u32::from(point);
        } else if byte == b'.' && !point {
            point = true;
        } else {
            return None;
        }
    }
    (digits > 0 && fraction_digits <= 18).then_some((mantissa, fraction_digits))
}

/// Any length, with or without exponent, without a sign.
fn parse_long(text: &[u8]) -> Result<Fixed, DecimalError> {
    let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (integer, fraction) = match number.iter().position(|byte| *byte == b'.') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &number[number.len()..]),
    };
    if integer.len() + fraction.len() == 0 || !integer.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(DecimalError::NotANumber);
    }
    let mut digits: Vec<u8> = integer.iter().chain(fraction).map(|byte| byte - b'0').collect();
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    if leading == digits.len() {
        return Ok(Fixed::ZERO);
    }
    // Where the point stands, counted from the first digit that is not zero.
    let point = integer.len() as i64 - leading as i64 + exponent;
    digits.drain(..leading);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if point > INTEGER_DIGITS_MAX as i64 {
        return Err(DecimalError::TooLarge);
    }
    if digits.len() as i64 - point > FRACTION_DIGITS_MAX as i64 {
        return Err(DecimalError::TooFine);
    }
    // `digit_at(n)` is the digit that counts 10^n; digits that are not written are zeros.
    let digit_at = |power: i64| -> i128 {
        usize::try_from(point - 1 - power).ok().and_then(|at| digits.get(at)).map_or(0, |d| i128::from(*d))
    };
    let high = (-18..INTEGER_DIGITS_MAX as i64).rev().fold(0, |sum: i128, n| sum * 10 + digit_at(n));
    let low = (-36..-18).rev().fold(0, |sum: i128, n| sum * 10 + digit_at(n));
    Ok(Fixed { high, low })
}

fn parse_exponent(text: &[u8]) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(DecimalError::NotANumber);
    }
    // An exponent beyond five digits cannot be kept either way; only its sign matters then.
    let size = if digits.len() > 5 {
        99_999
    } else {
        digits.iter().fold(0, |sum: i64, byte| sum * 10 + i64::from(byte - b'0'))
    };
    Ok(if text.first() == Some(&b'-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Decimal::parse(text).map(|number| number.to_string()), Ok(expected.to_owned()), "{text}");
    }

    #[test]
    fn numbers_as_providers_write_them() {
        check("12.50", "12.5");
        check("-0", "0");
        check("0E-10", "0");
        check("+.5", "0.5");
        check("7.", "7");
        check("1.23E-7", "0.000000123");
        check("6.10838E+11", "610838000000");
        check("-0.0000001234567890123456789", "-0.0000001234567890123456789");
        check("1.5E-20", "0.000000000000000000015");
        check("0.000000000000000000000000000000000001", "0.000000000000000000000000000000000001");
        check("00000000000000000000000012.5", "12.5");
        check("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999");
        check("0e99999999999999999999", "0");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for (text, error) in [
            ("", DecimalError::Empty),
            ("-", DecimalError::NotANumber),
            (".", DecimalError::NotANumber),
            ("1,5", DecimalError::NotANumber),
            (" 1", DecimalError::NotANumber),
            ("NaN", DecimalError::NotANumber),
            ("inf", DecimalError::NotANumber),
            ("1e", DecimalError::NotANumber),
            ("1e+-3", DecimalError::NotANumber),
            ("--1", DecimalError::NotANumber),
            ("1.2.3", DecimalError::NotANumber),
            ("0x10", DecimalError::NotANumber),
            ("123456789012345678901.5", DecimalError::TooLarge),
            ("1e9999999999", DecimalError::TooLarge),
            ("1E-37", DecimalError::TooFine),
            ("1e-9999999999", DecimalError::TooFine),
        ] {
            assert_eq!(Decimal::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_sum_that_does_not_fit_is_no_number() {
        let most = Fixed::parse(b"99999999999999999999").unwrap();
        assert_eq!(most.checked_add(most), None);
    }

    proptest! {
        #[test]
        fn text_to_number_to_text(high in -10i128.pow(37)..10i128.pow(37), low in 0..UNIT) {
            let low = if high < 0 { -low } else { low };
            let number = Decimal::from(Fixed { high, low });
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number.clone()));
            prop_assert_eq!(Fixed::parse(number.to_string().as_bytes()), Ok(Fixed { high, low }));
        }

        #[test]
        fn fixed_sums_are_exact(numbers in proptest::collection::vec((any::<i64>(), 0u32..37), 1..40)) {
            let mut sum = Fixed::ZERO;
            let mut exact = Decimal::zero();
            for (mantissa, scale) in numbers {
                let number = Decimal::new(i128::from(mantissa), scale);
                sum = sum.checked_add(Fixed::parse(number.to_string().as_bytes()).unwrap()).unwrap();
                exact += &number;
            }
            prop_assert_eq!(Decimal::from(sum), exact);
        }
    }
}
