//! The oracle's own arithmetic, from the digits of a number: rounding to an invoice unit, and shares of a whole.
//! Written anew on purpose; nothing here calls the program's functions that round.

use billing_core::Decimal;

/// The setting `ROUNDING`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rounding {
    /// To the hundredth, half away from zero.
    Cent,
    /// To the whole unit, half away from zero.
    Unit,
    /// To the whole unit, towards +∞.
    UnitUp,
}

impl Rounding {
    /// The setting's value.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Cent => "cent",
            Self::Unit => "unit",
            Self::UnitUp => "unit-up",
        }
    }
}

/// An exact amount in hundredths, rounded.
pub fn round(exact: &Decimal, rounding: Rounding) -> i128 {
    let text = exact.to_string();
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let kept_digits = if rounding == Rounding::Cent { 2 } else { 0 };
    let padded = format!("{fraction:0<2}");
    let (kept, rest) = padded.split_at(kept_digits);
    let mut units: i128 = format!("{whole}{kept}").parse().expect("digits");
    let away = match rounding {
        Rounding::UnitUp => !negative && rest.bytes().any(|digit| digit != b'0'),
        Rounding::Cent | Rounding::Unit => rest.bytes().next().is_some_and(|digit| digit >= b'5'),
    };
    units += i128::from(away);
    let hundredths = if rounding == Rounding::Cent { units } else { units * 100 };
    if negative { -hundredths } else { hundredths }
}

/// Hundredths as an exact number.
pub fn hundredths(amount: i128) -> Decimal {
    Decimal::new(amount, 2)
}

/// How many digits after the point quantities have at most.
const QUANTITY_DIGITS: usize = 6;

/// Each quantity's share of one, at 18 decimals: rounded down, what is missing goes to the largest, among equals to
/// the first. `None` where they add up to nothing.
pub fn shares(quantities: &[Decimal]) -> Option<Vec<Decimal>> {
    let parts: Vec<i128> = quantities.iter().map(millionths).collect();
    let sum: i128 = parts.iter().sum();
    if sum == 0 {
        return None;
    }
    let one = 10i128.pow(18);
    let mut shares: Vec<i128> = parts.iter().map(|part| part * one / sum).collect();
    let largest = (0..parts.len()).rev().max_by_key(|at| parts[*at])?;
    shares[largest] += one - shares.iter().sum::<i128>();
    Some(shares.into_iter().map(|share| Decimal::new(share, 18)).collect())
}

fn millionths(quantity: &Decimal) -> i128 {
    let text = quantity.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    assert!(fraction.len() <= QUANTITY_DIGITS, "a quantity finer than the simulator's: {text}");
    format!("{whole}{fraction:0<QUANTITY_DIGITS$}").parse().expect("digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::from_digits(text).expect("a number")
    }

    #[test]
    fn rounds_as_the_contract_says() {
        for (exact, cent, unit, up) in [
            ("0", 0, 0, 0),
            ("12.345", 1_235, 1_200, 1_300),
            ("-12.345", -1_235, -1_200, -1_200),
            ("-12.3", -1_230, -1_200, -1_200),
            ("12.5", 1_250, 1_300, 1_300),
            ("-12.5", -1_250, -1_300, -1_200),
            ("0.00499999999999999999", 0, 0, 100),
            ("0.005", 1, 0, 100),
            ("-0.005", -1, 0, 0),
            ("0.00000000001", 0, 0, 100),
            ("-0.00000000001", 0, 0, 0),
            ("1923.000", 192_300, 192_300, 192_300),
        ] {
            let exact = number(exact);
            let rounded = [Rounding::Cent, Rounding::Unit, Rounding::UnitUp].map(|how| round(&exact, how));
            assert_eq!(rounded, [cent, unit, up], "{exact}");
        }
    }

    #[test]
    fn shares_add_up_to_one() {
        let shares = |quantities: &[&str]| {
            let quantities: Vec<Decimal> = quantities.iter().map(|text| number(text)).collect();
            super::shares(&quantities).map(|shares| shares.iter().map(Decimal::to_string).collect::<Vec<_>>())
        };
        let thirds = ["0.333333333333333334", "0.333333333333333333", "0.333333333333333333"];
        assert_eq!(shares(&["1", "1", "1"]).unwrap(), thirds);
        assert_eq!(shares(&["1", "2"]).unwrap(), ["0.333333333333333333", "0.666666666666666667"]);
        assert_eq!(shares(&["0.5", "0"]).unwrap(), ["1", "0"]);
        assert_eq!(shares(&["0", "0"]), None);
    }
}
