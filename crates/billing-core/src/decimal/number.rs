//! What a [`Decimal`](super::Decimal) is inside: one machine word for the numbers of everyday bills, and a number of any
//! size for what does not fit. Both are exact, and equal numbers are equal whatever they are kept in.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use bigdecimal::{
    BigDecimal, Signed,
    num_bigint::{BigInt, Sign},
};

/// A decimal number: `mantissa` × 10^−`scale`, or more than that.
#[derive(Clone)]
pub(super) enum Number {
    /// Fits into 128 bits; it may end in zeros.
    Small { mantissa: i128, scale: u32 },
    /// Fits in no other form.
    Large(Box<BigDecimal>),
}

use Number::{Large, Small};

/// 10^`exponent`, where it fits.
fn power(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

/// The same number without zeros at the end of its fraction.
fn stripped(mut mantissa: i128, mut scale: u32) -> (i128, u32) {
    if mantissa == 0 {
        return (0, 0);
    }
    // Most numbers fit into half the bits, where dividing is many times faster.
    if let Ok(mut short) = i64::try_from(mantissa) {
        while scale > 0 && short % 10 == 0 {
            short /= 10;
            scale -= 1;
        }
        return (i128::from(short), scale);
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    (mantissa, scale)
}

/// Both mantissas at the larger scale, where they fit.
fn aligned(a: (i128, u32), b: (i128, u32)) -> Option<(i128, i128, u32)> {
    match a.1.cmp(&b.1) {
        Ordering::Equal => Some((a.0, b.0, a.1)),
        Ordering::Less => Some((a.0.checked_mul(power(b.1 - a.1)?)?, b.0, b.1)),
        Ordering::Greater => Some((a.0, b.0.checked_mul(power(a.1 - b.1)?)?, a.1)),
    }
}

impl Number {
    /// A number of any size.
    pub(super) fn of(number: &BigDecimal) -> Self {
        let number = number.normalized();
        let (digits, exponent) = number.as_bigint_and_exponent();
        let small = || {
            let mantissa = i128::try_from(digits).ok()?;
            match u32::try_from(exponent) {
                Ok(scale) => Some(Small { mantissa, scale }),
                Err(_) => {
                    let zeros = u32::try_from(exponent.checked_neg()?).ok()?;
                    Some(Small { mantissa: mantissa.checked_mul(power(zeros)?)?, scale: 0 })
                }
            }
        };
        small().unwrap_or_else(|| Large(Box::new(number)))
    }

    pub(super) fn to_big(&self) -> BigDecimal {
        match self {
            Small { mantissa, scale } => BigDecimal::new(BigInt::from(*mantissa), i64::from(*scale)),
            Large(number) => (**number).clone(),
        }
    }

    /// The sum, or with `minus` the difference.
    pub(super) fn plus(&self, other: &Self, minus: bool) -> Self {
        if let (Small { mantissa: a, scale: of_a }, Small { mantissa: b, scale: of_b }) = (self, other)
            && let Some((a, b, scale)) = aligned((*a, *of_a), (*b, *of_b))
            && let Some(mantissa) = if minus { a.checked_sub(b) } else { a.checked_add(b) }
        {
            return Small { mantissa, scale };
        }
        let (a, b) = (self.to_big(), other.to_big());
        Self::of(&if minus { a - b } else { a + b })
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        if let (Small { mantissa: a, scale: of_a }, Small { mantissa: b, scale: of_b }) = (self, other) {
            let ((a, of_a), (b, of_b)) = (stripped(*a, *of_a), stripped(*b, *of_b));
            if let (Some(mantissa), Some(scale)) = (a.checked_mul(b), of_a.checked_add(of_b)) {
                return Small { mantissa, scale };
            }
        }
        Self::of(&(self.to_big() * other.to_big()))
    }

    pub(super) fn negated(&self) -> Self {
        match self {
            Small { mantissa, scale } if *mantissa != i128::MIN => {
                Small { mantissa: -mantissa, scale: *scale }
            }
            number => Self::of(&-number.to_big()),
        }
    }

    /// Below, at or above zero: -1, 0 or 1.
    pub(super) fn signum(&self) -> i32 {
        match self {
            Small { mantissa, .. } => mantissa.signum() as i32,
            Large(number) => match number.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }

    /// Digits after the point, trailing zeros aside.
    pub(super) fn scale(&self) -> u32 {
        match self {
            Small { mantissa, scale } => stripped(*mantissa, *scale).1,
            Large(number) => {
                let (_, exponent) = number.as_bigint_and_exponent();
                u32::try_from(exponent.max(0)).unwrap_or(u32::MAX)
            }
        }
    }

    /// The whole number in the value × 10^`scale`, and what is left over.
    pub(super) fn split_at(&self, scale: u32) -> (BigInt, Self) {
        if let Small { mantissa, scale: own } = self {
            if *own <= scale {
                return (BigInt::from(*mantissa) * BigInt::from(10).pow(scale - own), Self::default());
            }
            if let Some(step) = power(own - scale) {
                let rest = Small { mantissa: mantissa % step, scale: own - scale };
                return (BigInt::from(mantissa / step), rest);
            }
        }
        let shifted = self.to_big() * BigDecimal::new(BigInt::from(1), -i64::from(scale));
        let whole = shifted.with_scale_round(0, bigdecimal::RoundingMode::Down);
        let rest = &shifted - &whole;
        (whole.into_bigint_and_exponent().0, Self::of(&rest))
    }
}

impl Default for Number {
    fn default() -> Self {
        Small { mantissa: 0, scale: 0 }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Small { mantissa: a, scale: of_a }, Small { mantissa: b, scale: of_b }) => {
                match aligned((*a, *of_a), (*b, *of_b)) {
                    Some((a, b, _)) => a.cmp(&b),
                    None => self.to_big().cmp(&other.to_big()),
                }
            }
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Small { mantissa, scale } => stripped(*mantissa, *scale).hash(state),
            Large(number) => number.as_bigint_and_exponent().hash(state),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mantissa, scale) = match self {
            Small { mantissa, scale } => stripped(*mantissa, *scale),
            Large(number) => return f.write_str(&number.to_plain_string()),
        };
        let digits = mantissa.unsigned_abs();
        if let Ok(digits) = u64::try_from(digits)
            && scale <= SHORT_SCALE
        {
            return write_short(mantissa < 0, digits, scale, f);
        }
        if mantissa < 0 {
            f.write_str("-")?;
        }
        let Some(unit) = power(scale).map(i128::unsigned_abs) else {
            // More digits after the point than 128 bits have.
            let width = usize::try_from(scale).unwrap_or(usize::MAX);
            return write!(f, "0.{digits:0>width$}");
        };
        let width = usize::try_from(scale).unwrap_or(usize::MAX);
        match unit {
            1 => write!(f, "{digits}"),
            unit => write!(f, "{}.{:0>width$}", digits / unit, digits % unit),
        }
    }
}

/// Most digits after the point of a number that is written at once.
const SHORT_SCALE: u32 = 40;

/// Writes `digits` × 10^−`scale`: an invoice run writes several of each line.
fn write_short(negative: bool, mut digits: u64, scale: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // A sign, a zero, a point and the fraction, or the twenty digits of the largest number and a point among them.
    let mut text = [b'0'; SHORT_SCALE as usize + 3];
    let mut start = text.len();
    let mut put = |byte: u8| {
        start -= 1;
        text[start] = byte;
    };
    for place in 0.. {
        if place == scale && scale > 0 {
            put(b'.');
        }
        if digits == 0 && place > scale {
            break;
        }
        put(b'0' + (digits % 10) as u8);
        digits /= 10;
    }
    if negative {
        put(b'-');
    }
    f.write_str(str::from_utf8(&text[start..]).unwrap_or_default())
}

impl From<BigDecimal> for Number {
    fn from(number: BigDecimal) -> Self {
        Self::of(&number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::hash_map::DefaultHasher;

    use proptest::prelude::*;

    use super::*;

    /// Numbers that fit, that nearly fit, and that do not.
    fn any_number() -> impl Strategy<Value = BigDecimal> {
        let digits = prop_oneof![
            any::<i64>().prop_map(BigInt::from),
            any::<i128>().prop_map(BigInt::from),
            (any::<i128>(), any::<i128>()).prop_map(|(a, b)| BigInt::from(a) * BigInt::from(b)),
            (-50i64..50).prop_map(BigInt::from),
            Just(BigInt::from(i128::MIN)),
        ];
        (digits, -30i64..90).prop_map(|(digits, scale)| BigDecimal::new(digits, scale))
    }

    fn hash(number: &Number) -> u64 {
        let mut hasher = DefaultHasher::new();
        number.hash(&mut hasher);
        hasher.finish()
    }

    /// The same value with other zeros at its end.
    fn padded(number: &Number) -> Number {
        match number {
            Small { mantissa, scale } => match mantissa.checked_mul(1000) {
                Some(mantissa) => Small { mantissa, scale: scale + 3 },
                None => number.clone(),
            },
            large => large.clone(),
        }
    }

    proptest! {
        #[test]
        fn it_calculates_as_a_number_of_any_size_does(a in any_number(), b in any_number()) {
            let (x, y) = (Number::of(&a), Number::of(&b));
            prop_assert_eq!(x.plus(&y, false).to_big(), &a + &b);
            prop_assert_eq!(x.plus(&y, true).to_big(), &a - &b);
            prop_assert_eq!(x.times(&y).to_big(), &a * &b);
            prop_assert_eq!(x.negated().to_big(), -&a);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.signum() == 0, a == 0);
            prop_assert_eq!(x.signum() < 0, a.is_negative());
        }

        #[test]
        fn equal_numbers_are_equal_in_every_way(a in any_number()) {
            let x = Number::of(&a);
            let y = padded(&x);
            prop_assert!(x == y);
            prop_assert_eq!(hash(&x), hash(&y));
            prop_assert_eq!(x.to_string(), y.to_string());
            prop_assert_eq!(x.scale(), y.scale());
            let plain = a.normalized().to_plain_string();
            prop_assert_eq!(x.to_string(), plain);
        }

        #[test]
        fn a_large_number_that_becomes_small_again_is_equal(a in any_number(), b in any_number()) {
            let (x, y) = (Number::of(&a), Number::of(&b));
            let back = x.plus(&y, false).plus(&y, true);
            prop_assert!(back == x);
            prop_assert_eq!(hash(&back), hash(&x));
        }

        #[test]
        fn a_split_is_exact(a in any_number(), scale in 0u32..60) {
            let number = Number::of(&a);
            let (whole, rest) = number.split_at(scale);
            let unit = BigDecimal::new(BigInt::from(1), i64::from(scale));
            prop_assert_eq!((BigDecimal::from(whole) + rest.to_big()) * unit, a.clone());
            prop_assert!(rest.to_big().abs() < 1);
            prop_assert!(rest.signum() == 0 || (rest.signum() < 0) == a.is_negative());
        }
    }
}
