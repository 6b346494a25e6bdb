//! Amounts of the rows: in the ways in which providers write them, and their exact sum.

use super::random::Random;

/// The most digits after the point that an amount has.
pub const SCALE_MAX: u8 = 26;

/// `mantissa × 10^-scale`, exact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    mantissa: i64,
    scale: u8,
    form: Form,
}

/// How an amount is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// `0.0104000000`
    Plain,
    /// `1.04E-2`
    Exponent,
    /// `0E-10`: a zero that remembers its scale.
    ZeroExponent,
}

impl Amount {
    /// Nothing, written as `0`.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0, form: Form::Plain };

    /// A number written with all digits of its scale.
    pub const fn plain(mantissa: i64, scale: u8) -> Self {
        Self { mantissa, scale, form: Form::Plain }
    }

    /// A cost of up to `size` units of the tenth digit: mostly ten digits after the point as metered usage has them,
    /// now and then zero, very small, or with up to 26 digits.
    pub fn cost(random: &mut Random, size: u64) -> Self {
        let some = |number: u64| number as i64 + 1;
        let plain = |mantissa, scale| Self { mantissa, scale, form: Form::Plain };
        match random.below(100) {
            0..6 => plain(0, 10),
            6..10 => Self::ZERO,
            10..13 => Self { mantissa: 0, scale: 10, form: Form::ZeroExponent },
            // 1.23E-7: a trillionth to a thousandth.
            13..18 => Self {
                mantissa: some(random.below(99_999)),
                scale: 8 + random.below(6) as u8,
                form: Form::Exponent,
            },
            18..21 => {
                let scale = 19 + random.below(8) as u8;
                plain(some(random.below(999_999_999_999_999_999)), scale)
            }
            21..30 => plain(some(random.below(size / 10_000 + 10)), 6),
            30..34 => plain(some(random.below(size / 100_000_000 + 10)), 2),
            _ => plain(some(random.below(size)), 10),
        }
    }

    /// The same amount to be given back.
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }

    /// The amount with a share of it taken off, as far as its digits allow.
    pub fn discounted(self) -> Self {
        Self { mantissa: self.mantissa - self.mantissa / 4, ..self }
    }

    /// Writes the amount down.
    pub fn write(self, out: &mut Vec<u8>) {
        if self.mantissa < 0 {
            out.push(b'-');
        }
        let (mut digits, mut length) = ([b'0'; 20], 0);
        let mut rest = self.mantissa.unsigned_abs();
        while rest > 0 || length == 0 {
            length += 1;
            digits[20 - length] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let (digits, scale) = (&digits[20 - length..], usize::from(self.scale));
        match self.form {
            Form::Plain => write_plain(out, digits, scale),
            Form::Exponent => write_exponent(out, digits, scale),
            Form::ZeroExponent => out.extend_from_slice(b"0E-10"),
        }
    }
}

fn write_plain(out: &mut Vec<u8>, digits: &[u8], scale: usize) {
    if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.extend_from_slice(whole);
        if scale > 0 {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    } else {
        const ZEROS: [u8; SCALE_MAX as usize] = [b'0'; SCALE_MAX as usize];
        out.extend_from_slice(b"0.");
        out.extend_from_slice(&ZEROS[..scale - digits.len()]);
        out.extend_from_slice(digits);
    }
}

fn write_exponent(out: &mut Vec<u8>, digits: &[u8], scale: usize) {
    let (first, rest) = digits.split_at(1);
    out.extend_from_slice(first);
    if !rest.is_empty() {
        out.push(b'.');
        out.extend_from_slice(rest);
    }
    // At most 26 + 1 digits after the point: two digits are enough.
    let exponent = (scale - rest.len()) as u8;
    out.extend_from_slice(b"E-");
    if exponent >= 10 {
        out.push(b'0' + exponent / 10);
    }
    out.push(b'0' + exponent % 10);
}

/// An exact sum, in units of the last digit that an amount can have.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Sum(i128);

impl Sum {
    /// Adds an amount. `None` where the sum becomes too large to be counted.
    #[must_use]
    pub fn plus(self, amount: Amount) -> Option<Self> {
        let unit = 10_i128.pow(u32::from(SCALE_MAX - amount.scale));
        let amount = i128::from(amount.mantissa).checked_mul(unit)?;
        self.0.checked_add(amount).map(Self)
    }
}

impl std::fmt::Display for Sum {
    /// A plain decimal without zeros at its end.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_u128.pow(u32::from(SCALE_MAX));
        let (whole, fraction) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!("{fraction:026}");
        match fraction.trim_end_matches('0') {
            "" => write!(formatter, "{sign}{whole}"),
            digits => write!(formatter, "{sign}{whole}.{digits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mantissa: i64, scale: u8, form: Form) -> String {
        let mut out = Vec::new();
        Amount { mantissa, scale, form }.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn amounts_are_written_in_three_forms() {
        assert_eq!(written(104_000_000, 10, Form::Plain), "0.0104000000");
        assert_eq!(written(-12_345, 2, Form::Plain), "-123.45");
        assert_eq!(written(7, 0, Form::Plain), "7");
        assert_eq!(written(0, 10, Form::Plain), "0.0000000000");
        assert_eq!(written(10, 2, Form::Plain), "0.10");
        assert_eq!(written(123, 9, Form::Exponent), "1.23E-7");
        assert_eq!(written(-5, 12, Form::Exponent), "-5E-12");
        assert_eq!(written(0, 10, Form::ZeroExponent), "0E-10");
    }

    #[test]
    fn the_sum_is_exact() {
        let small = Amount::plain(1, 26);
        let large = Amount::plain(999_999_999, 2);
        let sum = [small, large, small].into_iter().try_fold(Sum::default(), Sum::plus).unwrap();
        assert_eq!(sum.to_string(), "9999999.99000000000000000000000002");
        let back = sum.plus(large.negated()).unwrap().plus(large.negated()).unwrap();
        assert_eq!(back.to_string(), "-9999999.98999999999999999999999998");
        assert_eq!(Sum::default().to_string(), "0");
    }

    #[test]
    fn costs_come_in_all_forms() {
        let mut random = Random::new(1);
        let mut out = Vec::new();
        for _ in 0..1_000 {
            Amount::cost(&mut random, 10_000_000_000).write(&mut out);
            out.push(b'\n');
        }
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().any(|line| line == "0E-10"));
        assert!(text.lines().any(|line| line.contains("E-") && line != "0E-10"));
        assert!(text.lines().any(|line| line.split_once('.').is_some_and(|(_, digits)| digits.len() == 26)));
        assert!(text.lines().all(|line| line.len() <= 28));
    }
}
