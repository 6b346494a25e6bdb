//! Cost centres: which texts are one (the setting `COST_CENTER_PATTERN`).

use regex::Regex;

/// What a cost centre looks like.
#[derive(Clone, Debug, Default)]
pub struct CostCenterPattern(Option<Regex>);

impl CostCenterPattern {
    /// A regular expression that the whole value has to match; without one, anything that is not blank will do.
    ///
    /// # Errors
    /// When the expression cannot be read.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        if pattern.is_empty() {
            return Ok(Self(None));
        }
        Regex::new(&format!("^(?:{pattern})$")).map(|regex| Self(Some(regex)))
    }

    /// Whether the whole value is a cost centre.
    pub fn accepts(&self, value: &str) -> bool {
        match &self.0 {
            Some(regex) => regex.is_match(value),
            None => !value.trim().is_empty(),
        }
    }

    /// The value, where it is a cost centre.
    pub fn valid<'v>(&self, value: Option<&'v str>) -> Option<&'v str> {
        value.filter(|value| self.accepts(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_has_to_match() {
        let pattern = CostCenterPattern::new(r"\d{7}-\d{10}|X").unwrap();
        assert!(pattern.accepts("1234567-0000000001") && pattern.accepts("X"));
        assert!(!pattern.accepts("1234567-0000000001 ") && !pattern.accepts("a1234567-0000000001"));
        assert!(!pattern.accepts("1234567-0000000001\n"));
        assert!(CostCenterPattern::default().accepts("any") && !CostCenterPattern::default().accepts(" "));
    }
}
