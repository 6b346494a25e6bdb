//! Exact decimals made of single digits: what is right is computed here by other means than in the program under test.

use std::fmt;

/// An exact decimal number of any size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exact {
    negative: bool,
    /// The digits, the last one first; no zeros in front, none at the end of the fraction.
    digits: Vec<u8>,
    /// How many of the digits stand behind the point.
    places: usize,
}

impl Exact {
    /// Zero.
    pub fn zero() -> Self {
        Self::default()
    }

    /// Reads `-12.5`, `7` or `1.25E-7`; `None` for what is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, plain) = match mantissa.strip_prefix('-') {
            Some(plain) => (true, plain),
            None => (false, mantissa),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let written = [whole, fraction].concat();
        if written.is_empty() || !written.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut digits: Vec<u8> = written.bytes().rev().map(|byte| byte - b'0').collect();
        let places = i32::try_from(fraction.len()).ok()? - exponent;
        if places < 0 {
            digits.splice(0..0, std::iter::repeat_n(0, places.unsigned_abs() as usize));
        }
        Some(Self { negative, digits, places: usize::try_from(places).unwrap_or(0) }.tidy())
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// How many digits it has from the first to the last that is not zero.
    pub fn significant(&self) -> usize {
        self.digits.len()
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), ..self.clone() }
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let places = self.places.max(other.places);
        let (left, right) = (self.at(places), other.at(places));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, added(&left, &right))
        } else if is_less(&left, &right) {
            (other.negative, taken(&right, &left))
        } else {
            (self.negative, taken(&left, &right))
        };
        Self { negative, digits, places }.tidy()
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0_u8; self.digits.len() + other.digits.len() + 1];
        for (at, left) in self.digits.iter().enumerate() {
            let mut carry = 0_u16;
            let places = other.digits.iter().chain(std::iter::repeat(&0)).zip(digits[at..].iter_mut());
            for (right, place) in places {
                let sum = u16::from(*place) + u16::from(*left) * u16::from(*right) + carry;
                *place = (sum % 10) as u8;
                carry = sum / 10;
            }
        }
        Self { negative: self.negative != other.negative, digits, places: self.places + other.places }.tidy()
    }

    /// The number with two digits behind the point, half away from zero: what an invoice line of it amounts to.
    #[must_use]
    pub fn to_cents(&self) -> Self {
        if self.places <= 2 {
            return self.clone();
        }
        let cut = self.places - 2;
        // All digits may stand behind the second place: 0.005 is `5`.
        let mut digits = self.digits.clone();
        digits.resize(digits.len().max(cut), 0);
        let up = digits[cut - 1] >= 5;
        digits.drain(..cut);
        let digits = if up { added(&digits, &[1]) } else { digits };
        Self { negative: self.negative, digits, places: 2 }.tidy()
    }

    /// The digits with so many behind the point.
    fn at(&self, places: usize) -> Vec<u8> {
        let mut digits = vec![0; places - self.places];
        digits.extend(&self.digits);
        digits
    }

    fn tidy(mut self) -> Self {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        let zeros = self.digits.iter().take(self.places).take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.places = if self.digits.is_empty() { 0 } else { self.places - zeros };
        self.negative &= !self.digits.is_empty();
        self
    }
}

impl fmt::Display for Exact {
    /// Plain digits: no exponent, no zeros at the end, `0` for zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from(if self.negative { "-" } else { "" });
        for at in (0..self.digits.len().max(self.places + 1)).rev() {
            text.push(char::from(b'0' + self.digits.get(at).copied().unwrap_or(0)));
            if at == self.places && at > 0 {
                text.push('.');
            }
        }
        f.write_str(&text)
    }
}

fn is_less(left: &[u8], right: &[u8]) -> bool {
    let length = left.len().max(right.len());
    let digit = |digits: &[u8], at: usize| digits.get(at).copied().unwrap_or(0);
    let order = (0..length).rev().map(|at| digit(left, at).cmp(&digit(right, at)));
    order.into_iter().find(|order| order.is_ne()).is_some_and(std::cmp::Ordering::is_lt)
}

fn added(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    let mut carry = 0;
    for at in 0..left.len().max(right.len()) {
        let sum = left.get(at).unwrap_or(&0) + right.get(at).unwrap_or(&0) + carry;
        digits.push(sum % 10);
        carry = sum / 10;
    }
    digits.push(carry);
    digits
}

/// The smaller number taken from the larger one.
fn taken(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrowed = 0;
    let digit = |(at, digit): (usize, &u8)| {
        let take = smaller.get(at).unwrap_or(&0) + borrowed;
        borrowed = u8::from(*digit < take);
        digit + 10 * borrowed - take
    };
    larger.iter().enumerate().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_read_and_shown() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("12.50", "12.5"),
            ("-.5", "-0.5"),
            ("1.25E-7", "0.000000125"),
            ("-5e+3", "-5000"),
            ("1200", "1200"),
            ("0.05", "0.05"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
        assert_eq!(["", "-", "1,5", "x", "1.2.3"].map(Exact::parse), [const { None }; 5]);
    }

    #[test]
    fn sums_and_products_are_exact() {
        for (left, right, sum, product) in [
            ("1.5", "-0.25", "1.25", "-0.375"),
            ("-1", "1", "0", "-1"),
            ("99.99", "0.01", "100", "0.9999"),
            ("0.2", "-5", "-4.8", "-1"),
            (
                "1e-36",
                "1e20",
                "100000000000000000000.000000000000000000000000000000000001",
                "0.0000000000000001",
            ),
            ("0", "7", "7", "0"),
        ] {
            let (left, right) = (number(left), number(right));
            assert_eq!(left.plus(&right).to_string(), sum);
            assert_eq!(right.plus(&left).to_string(), sum);
            assert_eq!(left.times(&right).to_string(), product);
            assert!(left.minus(&left).is_zero());
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (exact, cents) in [
            ("0.005", "0.01"),
            ("-0.005", "-0.01"),
            ("0.0049999", "0"),
            ("-0.0049999", "0"),
            ("1.995", "2"),
            ("12.3", "12.3"),
            ("0.0000001", "0"),
        ] {
            assert_eq!(number(exact).to_cents().to_string(), cents, "{exact}");
        }
    }
}
