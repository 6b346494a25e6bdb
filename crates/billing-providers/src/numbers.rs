//! Numbers of exports whose language nobody tells: with a decimal point, or with a decimal comma.
//!
//! Each number is read for itself where it can mean one thing only; `1,234` cannot. Whether such a number may be
//! trusted is decided when the whole file was seen, and a file in which it may not is refused.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

/// What the numbers of a file have shown so far.
///
/// Clones share it: readers of the same file on several threads see together what each of them sees.
#[derive(Clone, Default)]
pub(crate) struct Evidence(Arc<Sightings>);

#[derive(Default)]
struct Sightings {
    comma: OnceLock<Sighting>,
    point: OnceLock<Sighting>,
    ambiguous: OnceLock<Sighting>,
}

struct Sighting {
    column: String,
    text: String,
}

/// What a number shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shows {
    Nothing,
    Point,
    Comma,
    Ambiguous,
}

impl Evidence {
    /// The number with a decimal point. What is no number stays as it is, to be rejected with its own text.
    pub(crate) fn number<'r>(&self, text: &'r str, column: impl FnOnce() -> String) -> Cow<'r, str> {
        let (shows, number) = read(text);
        self.note(shows, text, column);
        number
    }

    /// Looks at a number of a column whose values are not taken.
    pub(crate) fn look(&self, text: &str, column: impl FnOnce() -> String) {
        match read(text).0 {
            Shows::Ambiguous => {}
            shows => self.note(shows, text, column),
        }
    }

    fn note(&self, shows: Shows, text: &str, column: impl FnOnce() -> String) {
        let place = match shows {
            Shows::Nothing => return,
            Shows::Point => &self.0.point,
            Shows::Comma => &self.0.comma,
            Shows::Ambiguous => &self.0.ambiguous,
        };
        place.get_or_init(|| Sighting { column: column(), text: text.chars().take(40).collect() });
    }

    /// Whether the numbers could be read in one way only.
    pub(crate) fn judge(&self) -> Result<(), String> {
        let cure = "export the file again with a decimal point";
        match (self.0.comma.get(), self.0.point.get(), self.0.ambiguous.get()) {
            (Some(comma), Some(point), _) => Err(format!(
                "the numbers are written in two ways, with a decimal comma ('{}' in column {}) and with a decimal \
                 point ('{}' in column {}); {cure}",
                comma.text, comma.column, point.text, point.column
            )),
            (None, _, Some(number)) => Err(format!(
                "the number '{}' in column {} can be read in two ways, as {} or as {}; {cure}",
                number.text,
                number.column,
                number.text.replace(',', "."),
                number.text.replace(',', "")
            )),
            _ => Ok(()),
        }
    }
}

/// Reads a number, and what it shows of the language of its file.
fn read(text: &str) -> (Shows, Cow<'_, str>) {
    // Nearly all numbers: digits with one point, or none.
    let Some(comma) = text.find(',') else {
        return match text.bytes().filter(|byte| *byte == b'.').count() {
            0 => (Shows::Nothing, Cow::Borrowed(text)),
            1 => (Shows::Point, Cow::Borrowed(text)),
            _ => with_groups(text, '.', Shows::Comma),
        };
    };
    if let Some(point) = text.rfind('.') {
        let last_comma = text.rfind(',').unwrap_or(comma);
        return match last_comma > point {
            true => split_and_group(text, last_comma, '.', Shows::Comma),
            false => split_and_group(text, point, ',', Shows::Point),
        };
    }
    if text.matches(',').count() > 1 {
        return with_groups(text, ',', Shows::Point);
    }
    let (before, after) = (digits_before(text, comma), &text[comma + 1..]);
    let (fraction, exponent) = match after.find(['e', 'E']) {
        Some(at) => (&after[..at], &after[at..]),
        None => (after, ""),
    };
    if !is_digits(before) || !is_digits(fraction) || before.len() + fraction.len() == 0 {
        return (Shows::Nothing, Cow::Borrowed(text));
    }
    let is_group = fraction.len() == 3 && exponent.is_empty();
    let could_be_grouped = is_group && (1..=3).contains(&before.len()) && !before.starts_with('0');
    let shows = if could_be_grouped { Shows::Ambiguous } else { Shows::Comma };
    (shows, Cow::Owned(text.replacen(',', ".", 1)))
}

/// A whole number in groups of three: `1.234.567`.
fn with_groups(text: &str, group: char, shows: Shows) -> (Shows, Cow<'_, str>) {
    match is_grouped(digits_before(text, text.len()), group) {
        true => (shows, Cow::Owned(text.replace(group, ""))),
        false => (Shows::Nothing, Cow::Borrowed(text)),
    }
}

/// A number with a decimal separator at `at` and groups of three before it: `1.234,56`.
fn split_and_group(text: &str, at: usize, group: char, shows: Shows) -> (Shows, Cow<'_, str>) {
    let whole = digits_before(text, at);
    let fraction = &text[at + 1..];
    let digits = fraction.find(['e', 'E']).map_or(fraction, |exponent| &fraction[..exponent]);
    match is_grouped(whole, group) && is_digits(digits) {
        true => (shows, Cow::Owned(format!("{}.{fraction}", text[..at].replace(group, "")))),
        false => (Shows::Nothing, Cow::Borrowed(text)),
    }
}

/// What stands before a place, without a sign.
fn digits_before(text: &str, at: usize) -> &str {
    let before = &text[..at];
    before.strip_prefix(['-', '+']).unwrap_or(before)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_grouped(text: &str, group: char) -> bool {
    let mut groups = text.split(group);
    let first = groups.next().unwrap_or("");
    (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shows: Shows, number: &str) {
        assert_eq!(read(text), (shows, Cow::Borrowed(number)), "{text}");
    }

    #[test]
    fn each_number_is_read_for_itself() {
        check("12", Shows::Nothing, "12");
        check("", Shows::Nothing, "");
        check("12.5", Shows::Point, "12.5");
        check("1.23E-7", Shows::Point, "1.23E-7");
        check("1,234.56", Shows::Point, "1234.56");
        check("-1,234,567", Shows::Point, "-1234567");
        check("12,5", Shows::Comma, "12.5");
        check("-0,123", Shows::Comma, "-0.123");
        check(",5", Shows::Comma, ".5");
        check("1234,567", Shows::Comma, "1234.567");
        check("1,234E-7", Shows::Comma, "1.234E-7");
        check("1.234,56", Shows::Comma, "1234.56");
        check("1.234.567", Shows::Comma, "1234567");
        check("1.234.567,8", Shows::Comma, "1234567.8");
        check("1,234", Shows::Ambiguous, "1.234");
        check("-12,345", Shows::Ambiguous, "-12.345");
    }

    #[test]
    fn what_is_no_number_stays_as_it_is() {
        for text in ["1,2,3", "1.2.3", "a,b", "1.23,456.7", ",", "12 345,6", "1,2.3", "--1,5", "ö,é"] {
            check(text, Shows::Nothing, text);
        }
    }

    fn judge(numbers: &[&str]) -> Result<(), String> {
        let evidence = Evidence::default();
        for number in numbers {
            evidence.number(number, || "Cost".to_owned());
        }
        evidence.judge()
    }

    #[test]
    fn a_file_is_taken_when_its_numbers_mean_one_thing() {
        for numbers in [&["1", "2.5"][..], &["1,5", "1,234"], &["1,234.5", "12.5"], &["7"], &[]] {
            assert_eq!(judge(numbers), Ok(()), "{numbers:?}");
        }
        assert_eq!(
            judge(&["1.5", "1,234"]).unwrap_err(),
            "the number '1,234' in column Cost can be read in two ways, as 1.234 or as 1234; export the file again \
             with a decimal point"
        );
        assert_eq!(
            judge(&["12,5", "1.234"]).unwrap_err(),
            "the numbers are written in two ways, with a decimal comma ('12,5' in column Cost) and with a decimal \
             point ('1.234' in column Cost); export the file again with a decimal point"
        );
        assert!(judge(&["1,234"]).is_err());
    }
}
