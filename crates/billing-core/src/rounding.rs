//! The three functions that round: an invoice group, a split, a rate. Nothing else in the program does.

use bigdecimal::num_bigint::BigInt;

use crate::{decimal::Decimal, money::Money};

/// How the exact sum of an invoice group becomes an amount (the setting `ROUNDING`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Rounding {
    /// To the hundredth, half away from zero.
    #[default]
    Cent,
    /// To the whole unit, half away from zero.
    Unit,
    /// To the next whole unit towards +∞: 12.1 → 13, −12.3 → −12.
    UnitUp,
}

impl Rounding {
    /// The name of the setting's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cent => "cent",
            Self::Unit => "unit",
            Self::UnitUp => "unit-up",
        }
    }

    /// Reads the setting's value.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cent, Self::Unit, Self::UnitUp].into_iter().find(|rounding| rounding.as_str() == text)
    }
}

/// No amount is larger, so that the sum of all lines that an invoice can have fits too.
const HUNDREDTHS_MAX: i128 = 10i128.pow(28);

/// Rounds the exact sum of an invoice group to its invoice unit (rule R8). `None` where it does not fit into
/// [`Money`].
pub fn round_group(exact: &Decimal, rounding: Rounding) -> Option<Money> {
    let whole = match rounding {
        Rounding::Cent => half_away_from_zero(exact, 2),
        Rounding::Unit => half_away_from_zero(exact, 0) * 100,
        Rounding::UnitUp => {
            let (whole, rest) = exact.split_at(0);
            (whole + i32::from(rest.is_positive())) * 100
        }
    };
    i128::try_from(whole)
        .ok()
        .filter(|hundredths| hundredths.abs() < HUNDREDTHS_MAX)
        .map(Money::from_hundredths)
}

/// Splits `total` in proportion to `weights`, which are not negative, at 18 decimals or the total's own scale if
/// that is finer (rule R9). The parts add up to the total exactly: what is left over goes to the largest weight,
/// among equals to the first. `None` where the weights add up to zero.
pub fn split(total: &Decimal, weights: &[Decimal]) -> Option<Vec<Decimal>> {
    let sum: Decimal = weights.iter().sum();
    if !sum.is_positive() {
        return None;
    }
    let scale = total.scale().max(18);
    let weight_scale = weights.iter().map(Decimal::scale).max().unwrap_or(0).max(sum.scale());
    let (total_units, _) = total.split_at(scale);
    let (sum_units, _) = sum.split_at(weight_scale);
    let mut parts: Vec<BigInt> =
        weights.iter().map(|weight| &total_units * weight.split_at(weight_scale).0 / &sum_units).collect();
    let rest = total_units - parts.iter().sum::<BigInt>();
    let largest = (0..weights.len()).max_by(|a, b| weights[*a].cmp(&weights[*b]).then(b.cmp(a)))?;
    parts[largest] += rest;
    Some(parts.into_iter().map(|units| Decimal::from_scaled(units, scale)).collect())
}

/// The rate `numerator / denominator`, rounded half away from zero to 12 decimals: the one rounding of a derived
/// exchange rate, when it is pinned (rule R9). `None` for a denominator of zero.
pub fn pin_rate(numerator: &Decimal, denominator: &Decimal) -> Option<Decimal> {
    if denominator.is_zero() {
        return None;
    }
    let scale = numerator.scale().max(denominator.scale());
    let (top, _) = numerator.split_at(scale + 13);
    let (bottom, _) = denominator.split_at(scale);
    // Thirteen digits and a sticky one: the quotient's remainder must be seen by the last rounding.
    let quotient: BigInt = &top * 10 / &bottom;
    let exact = &quotient * &bottom == &top * 10;
    let sticky =
        if exact { BigInt::from(0) } else { BigInt::from(if quotient < BigInt::from(0) { -1 } else { 1 }) };
    let number = Decimal::from_scaled(quotient * 10 + sticky, 15);
    Some(Decimal::from_scaled(half_away_from_zero(&number, 12), 12))
}

fn half_away_from_zero(exact: &Decimal, scale: u32) -> BigInt {
    let (whole, rest) = exact.split_at(scale);
    if rest.abs() < Decimal::new(5, 1) {
        whole
    } else if exact.is_negative() {
        whole - 1
    } else {
        whole + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn check(rounding: Rounding, cases: &[(&str, &str)]) {
        for (exact, amount) in cases {
            assert_eq!(
                round_group(&number(exact), rounding).unwrap().to_string(),
                *amount,
                "{exact} {rounding:?}"
            );
        }
    }

    #[test]
    fn cent_is_half_away_from_zero() {
        check(Rounding::Cent, &[("1.005", "1.01"), ("-1.005", "-1.01"), ("1.0049999", "1"), ("2.5", "2.50")]);
    }

    #[test]
    fn unit_is_half_away_from_zero() {
        check(Rounding::Unit, &[("0.5", "1"), ("-0.5", "-1"), ("1.4999", "1"), ("-12.3", "-12")]);
    }

    #[test]
    fn unit_up_goes_towards_plus_infinity() {
        check(
            Rounding::UnitUp,
            &[("-12.3", "-12"), ("12.0000001", "13"), ("1923.00", "1923"), ("-0.1", "0")],
        );
    }

    #[test]
    fn the_rest_of_a_split_goes_to_the_largest() {
        let parts = split(&number("1"), &[number("1"), number("1"), number("1")]).unwrap();
        assert_eq!(parts.iter().sum::<Decimal>(), Decimal::one());
        assert_eq!(parts[0].to_string(), "0.333333333333333334");
        assert_eq!(split(&number("1"), &[number("0")]), None);
        assert_eq!(split(&number("1"), &[]), None);
    }

    #[test]
    fn a_rate_has_twelve_decimals() {
        assert_eq!(pin_rate(&number("1"), &number("3")), Some(number("0.333333333333")));
        assert_eq!(pin_rate(&number("2"), &number("3")), Some(number("0.666666666667")));
        assert_eq!(pin_rate(&number("0.9355"), &number("1.0812")), Some(number("0.865242323344")));
        assert_eq!(pin_rate(&number("1"), &number("0")), None);
    }

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (any::<i64>(), 0u32..24).prop_map(|(mantissa, scale)| Decimal::new(i128::from(mantissa), scale))
    }

    proptest! {
        #[test]
        fn rounding_moves_less_than_one_step(exact in any_decimal()) {
            for (rounding, step) in [(Rounding::Cent, "0.005"), (Rounding::Unit, "0.5")] {
                let moved = &round_group(&exact, rounding).unwrap().to_decimal() - &exact;
                prop_assert!(moved.abs() <= number(step));
            }
            let moved = &round_group(&exact, Rounding::UnitUp).unwrap().to_decimal() - &exact;
            prop_assert!(!moved.is_negative() && moved < Decimal::one());
        }

        #[test]
        fn rounding_keeps_what_is_round(units in -10i64.pow(15)..10i64.pow(15)) {
            for rounding in [Rounding::Cent, Rounding::Unit, Rounding::UnitUp] {
                let exact = Decimal::from(units);
                prop_assert_eq!(round_group(&exact, rounding).unwrap().to_decimal(), exact);
            }
        }

        #[test]
        fn rounding_keeps_the_order(a in any_decimal(), b in any_decimal()) {
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            for rounding in [Rounding::Cent, Rounding::Unit, Rounding::UnitUp] {
                prop_assert!(round_group(&low, rounding) <= round_group(&high, rounding));
            }
        }

        #[test]
        fn a_split_loses_nothing(
            total in any_decimal(),
            weights in proptest::collection::vec((0u64..1_000_000, 0u32..6), 1..20),
        ) {
            let weights: Vec<Decimal> =
                weights.into_iter().map(|(w, scale)| Decimal::new(i128::from(w), scale)).collect();
            if let Some(parts) = split(&total, &weights) {
                prop_assert_eq!(parts.iter().sum::<Decimal>(), total);
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert!(!weight.is_zero() || part.is_zero());
                }
            } else {
                prop_assert!(weights.iter().all(Decimal::is_zero));
            }
        }

        #[test]
        fn a_pinned_rate_is_the_nearest(top in 1i64..i64::MAX, bottom in 1i64..i64::MAX) {
            let (top, bottom) = (Decimal::new(i128::from(top), 9), Decimal::new(i128::from(bottom), 9));
            let rate = pin_rate(&top, &bottom).unwrap();
            let off = (&(&rate * &bottom) - &top).abs();
            prop_assert!(off <= &bottom * &Decimal::new(5, 13));
        }
    }
}
