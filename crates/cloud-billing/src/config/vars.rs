//! Variables by name, with readers whose errors name the variable, the value and what is accepted.

use std::collections::BTreeMap;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A value that is not understood.
    #[error("setting {name}='{value}' is not understood: {accepted}")]
    Unreadable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// What would be understood.
        accepted: String,
    },
    /// A setting that this version cannot do.
    #[error("setting {name}: {what}")]
    NotAvailable {
        /// The variable.
        name: String,
        /// What is not there and what to do.
        what: String,
    },
    /// The env file cannot be read.
    #[error("the env file {file} cannot be read: {cause}")]
    EnvFile {
        /// The file.
        file: String,
        /// Why, with the line where there is one.
        cause: String,
    },
}

/// Variables by name. An empty value counts as not set.
#[derive(Clone, Default)]
pub struct Vars(BTreeMap<String, String>);

impl Vars {
    /// These variables.
    pub fn new<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// These variables, and those of `weaker` that they do not have.
    #[must_use]
    pub fn over(mut self, weaker: Vars) -> Self {
        for (name, value) in weaker.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of the first of these names that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The variables whose names start so: the rest of the name, and the value.
    pub fn starting_with<'v>(&'v self, prefix: &'v str) -> impl Iterator<Item = (&'v str, &'v str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    /// A boolean: true/false, 1/0, yes/no, any case.
    ///
    /// # Errors
    /// When the value is none of these.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, SettingError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(unreadable(name, value, "write True or False")),
        }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// When the value is another.
    pub fn choice(
        &self,
        name: &str,
        accepted: &[&'static str],
    ) -> Result<Option<&'static str>, SettingError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let known = accepted.iter().find(|known| **known == value.trim());
        known
            .map(|known| Some(*known))
            .ok_or_else(|| unreadable(name, value, &format!("write {}", one_of(accepted))))
    }
}

/// `a`, `a or b`, `a, b or c`.
fn one_of(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// A value that is not understood.
pub fn unreadable(name: &str, value: &str, accepted: &str) -> SettingError {
    SettingError::Unreadable { name: name.to_owned(), value: value.to_owned(), accepted: accepted.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_come_in_three_spellings() {
        let vars = Vars::new([("A", "True"), ("B", "0"), ("C", "YES"), ("D", "maybe"), ("E", "")]);
        assert_eq!(
            (vars.flag("A", false), vars.flag("B", true), vars.flag("C", false)),
            (Ok(true), Ok(false), Ok(true))
        );
        assert_eq!((vars.flag("E", true), vars.flag("F", false)), (Ok(true), Ok(false)));
        let error = vars.flag("D", true).unwrap_err().to_string();
        assert_eq!(error, "setting D='maybe' is not understood: write True or False");
    }
}
