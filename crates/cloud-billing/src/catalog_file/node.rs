//! Reading YAML nodes, with a problem for each that is not what it should be.

use billing_core::{
    Decimal,
    apply::{Located, Remark},
};
use marked_yaml::{LoadError, Node, types::MarkedMappingNode};

/// A mapping whose keys are known.
pub struct Mapping<'n> {
    node: &'n MarkedMappingNode,
    what: &'static str,
    line: u64,
}

/// The line of a node, from 1.
pub fn line(node: &Node) -> u64 {
    node.span().start().map_or(1, |marker| marker.line() as u64)
}

/// What the YAML reader found wrong, as a sentence.
pub fn load_error(error: &LoadError) -> Remark {
    let marker = match error {
        LoadError::TopLevelMustBeMapping(marker)
        | LoadError::TopLevelMustBeSequence(marker)
        | LoadError::UnexpectedAnchor(marker)
        | LoadError::MappingKeyMustBeScalar(marker)
        | LoadError::UnexpectedTag(marker)
        | LoadError::ScanError(marker, _) => Some(*marker),
        LoadError::DuplicateKey(inner) => inner.key.span().start().copied(),
    };
    let message = match error {
        LoadError::DuplicateKey(inner) => format!("key '{}' stands twice: join them", inner.key.as_str()),
        LoadError::TopLevelMustBeMapping(_) => {
            "a catalog has keys like customers and accounts at its top, each with a list".to_owned()
        }
        LoadError::UnexpectedAnchor(_) => {
            "anchors and aliases (& and *) are not read: write the value out".to_owned()
        }
        LoadError::UnexpectedTag(_) => "tags (!) are not read: write the plain value".to_owned(),
        LoadError::ScanError(_, scan) => format!("this is not YAML: {}", scan.info()),
        other => format!("this cannot be read: {other}"),
    };
    Remark { line: marker.map_or(1, |marker| marker.line() as u64), message }
}

/// A text with its line.
pub fn scalar(node: &Node, problems: &mut Vec<Remark>) -> Option<Located<String>> {
    match node.as_scalar() {
        Some(scalar) => Some(Located { value: scalar.as_str().to_owned(), line: line(node) }),
        None => {
            problems.push(Remark { line: line(node), message: "expected a single value here".to_owned() });
            None
        }
    }
}

impl<'n> Mapping<'n> {
    /// The node as a mapping; unknown keys are problems.
    pub fn of(node: &'n Node, what: &'static str, keys: &[&str], problems: &mut Vec<Remark>) -> Option<Self> {
        let Some(mapping) = node.as_mapping() else {
            let message = format!("{what} is a list of keys with values: {}", keys.join(", "));
            problems.push(Remark { line: line(node), message });
            return None;
        };
        for (key, _) in mapping.iter() {
            if !keys.contains(&key.as_str()) {
                let line = key.span().start().map_or(1, |marker| marker.line() as u64);
                let message =
                    format!("unknown key '{}' of {what}: there are {}", key.as_str(), keys.join(", "));
                problems.push(Remark { line, message });
            }
        }
        Some(Self { node: mapping, what, line: line(node) })
    }

    fn is_null(node: &Node) -> bool {
        node.as_scalar().is_some_and(|scalar| {
            scalar.may_coerce() && matches!(scalar.as_str(), "" | "~" | "null" | "Null" | "NULL")
        })
    }

    /// A text that may be missing or null: `None` where the key is not there, an inner `None` for null.
    pub fn nullable(&self, key: &str, problems: &mut Vec<Remark>) -> Option<Option<Located<String>>> {
        let node = self.node.get_node(key)?;
        if Self::is_null(node) {
            return Some(None);
        }
        scalar(node, problems).map(Some)
    }

    /// A text that may be missing.
    pub fn text(&self, key: &str, problems: &mut Vec<Remark>) -> Option<Located<String>> {
        self.nullable(key, problems).flatten()
    }

    /// A text that must be there.
    pub fn required(&self, key: &str, problems: &mut Vec<Remark>) -> Option<Located<String>> {
        let text = self.text(key, problems);
        if text.is_none() {
            problems.push(Remark {
                line: self.line,
                message: format!("{} needs a value for '{key}'", self.what),
            });
        }
        text
    }

    /// An exact number that may be missing, quoted or not.
    pub fn number(&self, key: &str, problems: &mut Vec<Remark>) -> Option<Located<Decimal>> {
        let text = self.text(key, problems)?;
        match Decimal::parse(text.value.trim()) {
            Ok(value) => Some(Located { value, line: text.line }),
            Err(error) => {
                let message = format!("{key} '{}' {error}: write one like 12.50", text.value);
                problems.push(Remark { line: text.line, message });
                None
            }
        }
    }

    /// True or false that may be missing.
    pub fn flag(&self, key: &str, problems: &mut Vec<Remark>) -> Option<bool> {
        let text = self.text(key, problems)?;
        match text.value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => {
                let message = format!("{key} '{}' is neither true nor false", text.value);
                problems.push(Remark { line: text.line, message });
                None
            }
        }
    }

    /// A list that may be missing.
    pub fn optional_list<T>(
        &self,
        key: &str,
        problems: &mut Vec<Remark>,
        read: impl Fn(&Node, &mut Vec<Remark>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.node.get_node(key)?;
        if Self::is_null(node) {
            return Some(Vec::new());
        }
        let Some(list) = node.as_sequence() else {
            problems.push(Remark {
                line: line(node),
                message: format!("{key} is a list: start each entry with '-'"),
            });
            return None;
        };
        Some(list.iter().filter_map(|entry| read(entry, problems)).collect())
    }

    /// A list, empty where it is missing.
    pub fn list<T>(
        &self,
        key: &str,
        problems: &mut Vec<Remark>,
        read: impl Fn(&Node, &mut Vec<Remark>) -> Option<T>,
    ) -> Vec<T> {
        self.optional_list(key, problems, read).unwrap_or_default()
    }
}
