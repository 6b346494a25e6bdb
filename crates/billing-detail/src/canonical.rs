//! When two texts say the same: numbers by their value, times whatever way they are written.

use std::borrow::Cow;

use billing_core::Fixed;
use xxhash_rust::xxh3::xxh3_128;

/// How the texts of a column are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Canonical {
    /// Not at all: they are no part of the content.
    Ignored,
    /// Letter by letter.
    Text,
    /// By the time they name: `2026-10-01T00:00:00Z` is `2026-10-01 00:00:00`.
    Time,
    /// By value: 1 is 1.0. What is no number is a text.
    Number,
}

impl Canonical {
    /// A hash that is the same for texts that say the same.
    pub(crate) fn hash(self, text: &str) -> u128 {
        match self {
            Self::Ignored => 0,
            Self::Text => xxh3_128(text.as_bytes()),
            Self::Time => xxh3_128(time(text).as_bytes()),
            // Hardly any has blanks around it.
            Self::Number => {
                match Fixed::parse(text.as_bytes()).or_else(|_| Fixed::parse(text.trim().as_bytes())) {
                    Ok(number) => xxh3_128(&bytes(number)),
                    Err(_) => xxh3_128(text.as_bytes()),
                }
            }
        }
    }
}

/// A number's two words.
pub(crate) fn bytes(number: Fixed) -> [u8; 32] {
    let (high, low) = number.words();
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&high.to_le_bytes());
    bytes[16..].copy_from_slice(&low.to_le_bytes());
    bytes
}

/// Whether a number is written just as a decimal of `digits` digits after the point is shown: `-12.5`, not `12.50`.
pub(crate) fn shows_itself(text: &str, digits: usize) -> bool {
    let unsigned = text.as_bytes();
    let unsigned = unsigned.strip_prefix(b"-").unwrap_or(unsigned);
    let (whole, fraction) = match unsigned.iter().position(|byte| *byte == b'.') {
        Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
        None => (unsigned, &b"1"[..]),
    };
    let has_plain_start = match whole {
        [] => false,
        [b'0'] => text != "-0",
        [first, ..] => *first != b'0',
    };
    let has_plain_end = fraction.last().is_some_and(|last| *last != b'0');
    has_plain_start
        && has_plain_end
        && fraction.len() <= digits
        && whole.iter().chain(fraction).all(u8::is_ascii_digit)
}

/// A time of the form `2026-10-01T05:00:00Z` as `2026-10-01 05:00:00`: without the marks of universal time, the zeros of
/// a fraction of a second, and the hour where it is midnight. A day of the form `10/1/2026`, month first as in Azure's
/// older exports, is one of the form `2026-10-01`. Everything else as it is.
pub(crate) fn time(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if let Some(date) = month_first(text) {
        return Cow::Owned(date);
    }
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || !text.is_char_boundary(10) {
        return Cow::Borrowed(text);
    }
    let (date, rest) = text.split_at(10);
    let Some(clock) = rest.strip_prefix(['T', ' ']) else { return Cow::Borrowed(text) };
    let clock =
        ["Z", "+00:00", " UTC", "+0000"].iter().find_map(|zone| clock.strip_suffix(zone)).unwrap_or(clock);
    let clock = match clock.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => clock.trim_end_matches('0'),
        None => clock,
    };
    match clock {
        "" | "00:00" | "00:00:00" => Cow::Borrowed(date),
        _ => Cow::Owned(format!("{date} {clock}")),
    }
}

/// The day of a time: `2026-10-01` of `2026-10-01T00:00:00Z` and of `10/01/2026`.
pub(crate) fn day(text: &str) -> Cow<'_, str> {
    match time(text) {
        Cow::Borrowed(time) => Cow::Borrowed(time.get(..10).unwrap_or(time)),
        Cow::Owned(time) => Cow::Owned(time.get(..10).unwrap_or(&time).to_owned()),
    }
}

/// `2026-10-01` of `10/01/2026` and `10/1/2026`.
fn month_first(text: &str) -> Option<String> {
    if text.len() > 10 {
        return None;
    }
    let mut parts = text.split('/');
    let mut next = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next().filter(|part| digits.contains(&part.len()))?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (month, day, year) = (next(1..=2)?, next(1..=2)?, next(4..=4)?);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day) && parts.next().is_none();
    is_date.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_same_however_it_is_written() {
        for text in ["2026-10-01T05:00:00Z", "2026-10-01 05:00:00+00:00", "2026-10-01T05:00:00.000Z"] {
            assert_eq!(time(text), "2026-10-01 05:00:00");
        }
        for text in ["2026-10-01T00:00:00Z", "2026-10-01 00:00:00 UTC", "2026-10-01"] {
            assert_eq!(time(text), "2026-10-01");
        }
        for text in ["10/01/2026", "10/1/2026", "2026-10-01"] {
            assert_eq!(time(text), "2026-10-01");
        }
        for text in [
            "13/01/2026",
            "10/32/2026",
            "10/01/26",
            "10/01/2026/1",
            "",
            "2026-10-01 05:00:00.25",
            "2026-10-01T05:00:00+02:00",
        ] {
            assert_eq!(time(text).replace(' ', "T"), text.replace(' ', "T"));
        }
    }

    #[test]
    fn a_number_may_show_itself() {
        for text in ["0", "12.5", "-0.001", "120", "0.000000000000000001"] {
            assert!(shows_itself(text, 18), "{text}");
            assert_eq!(text.parse::<billing_core::Decimal>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "-",
            "-0",
            "0.0",
            "12.",
            ".5",
            "012",
            "+1",
            "1E5",
            " 1",
            "1.50",
            "0.0000000000000000001",
            "1.2.3",
        ] {
            assert!(!shows_itself(text, 18), "{text}");
        }
    }

    #[test]
    fn a_number_is_its_value() {
        let hash = |text| Canonical::Number.hash(text);
        assert_eq!(hash("1.50"), hash(" 15E-1"));
        assert_ne!(hash("1.5"), hash("1.51"));
        assert_ne!(hash("x"), hash("y"));
        assert_ne!(Canonical::Text.hash("1.50"), Canonical::Text.hash("1.5"));
    }
}
