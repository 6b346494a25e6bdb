//! Tags of a row: which of them billing reads, and the three forms in which providers write them.

use std::sync::Arc;

use serde_json::Value;

/// The names of the tags that billing looks for (settings `COST_CENTER_TAGS`, `billing-service-tag`,
/// `billing-service-component-tag`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagNames {
    /// The first of these that a row has names its cost centre.
    pub cost_center: Vec<String>,
    /// Names the component.
    pub component: String,
    /// Beside the component's tag: names the service.
    pub service: String,
}

impl Default for TagNames {
    fn default() -> Self {
        Self {
            cost_center: vec!["CostCenter".to_owned(), "costcenter".to_owned()],
            component: "billing-service-component".to_owned(),
            service: "billing-service".to_owned(),
        }
    }
}

/// What billing reads from a row's tags. An empty value counts as none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct LineTags {
    /// The value of the cost-centre tag, as written.
    pub cost_center: Option<Arc<str>>,
    /// The component's name.
    pub component: Option<Arc<str>>,
    /// The service's name; only where there is a component.
    pub service: Option<Arc<str>>,
}

/// The longest name that the ledger keeps.
pub const NAME_CHARACTERS_MAX: usize = 255;

/// Whether a name is longer than the ledger keeps.
pub fn is_too_long(name: &str) -> bool {
    name.len() > NAME_CHARACTERS_MAX && name.chars().count() > NAME_CHARACTERS_MAX
}

/// The text of a row's tags cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the tags cannot be read: expected a JSON object, a list of key and value, or \"name\": \"value\" pairs, and \
     components and services with names of up to {NAME_CHARACTERS_MAX} characters"
)]
pub struct TagsError;

impl LineTags {
    /// Reads a JSON object, a list of `{"key": …, "value": …}`, or `"name": "value"` pairs without braces (as Azure's
    /// enterprise export writes them). Nothing, `NULL` and `None` are no tags.
    ///
    /// # Errors
    /// When the text has none of the three forms.
    pub fn parse(text: &str, names: &TagNames) -> Result<Self, TagsError> {
        let pairs = pairs_of(text)?;
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .filter(|v| !v.is_empty())
        };
        if [&names.component, &names.service].into_iter().filter_map(|name| value(name)).any(is_too_long) {
            return Err(TagsError);
        }
        let component = value(&names.component).map(str::trim).filter(|name| !name.is_empty());
        let service = component.and(value(&names.service)).map(str::trim).filter(|name| !name.is_empty());
        Ok(Self {
            cost_center: names.cost_center.iter().find_map(|name| value(name)).map(Arc::from),
            component: component.map(Arc::from),
            service: service.map(Arc::from),
        })
    }
}

/// A text of tags in a form that is the same however a provider's reports write them: AWS has `user:CostCenter` in one and
/// `user_cost_center` in the other, Azure has braces or not. What cannot be read stays as it is.
pub fn comparable(text: &str) -> String {
    let Ok(mut pairs) = pairs_of(text) else { return text.to_owned() };
    for (key, _) in &mut pairs {
        let letters = key.chars().filter(|letter| letter.is_alphanumeric());
        let bare: String = letters.flat_map(char::to_lowercase).collect();
        *key = bare.strip_prefix("user").unwrap_or(&bare).to_owned();
    }
    pairs.retain(|(_, value)| !value.is_empty());
    pairs.sort();
    format!("{pairs:?}")
}

/// The names and values of a text of tags.
fn pairs_of(text: &str) -> Result<Vec<(String, String)>, TagsError> {
    let text = text.trim();
    if matches!(text, "" | "NULL" | "null" | "None" | "{}" | "[]") {
        return Ok(Vec::new());
    }
    match text.as_bytes()[0] {
        b'{' | b'[' => pairs(serde_json::from_str(text).map_err(|_| TagsError)?),
        _ => pairs(serde_json::from_str(&format!("{{{text}}}")).map_err(|_| TagsError)?),
    }
}

fn pairs(value: Value) -> Result<Vec<(String, String)>, TagsError> {
    match value {
        Value::Object(map) => Ok(map.into_iter().map(|(key, value)| (key, text(value))).collect()),
        Value::Array(list) => list
            .into_iter()
            .map(|mut entry| {
                let key = entry.get_mut("key").map(Value::take).ok_or(TagsError)?;
                let value = entry.get_mut("value").map(Value::take).unwrap_or(Value::Null);
                Ok((text(key), text(value)))
            })
            .collect(),
        _ => Err(TagsError),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, cost_center: Option<&str>, component: Option<&str>, service: Option<&str>) {
        let tags = LineTags::parse(text, &TagNames::default()).unwrap();
        assert_eq!(
            (tags.cost_center.as_deref(), tags.component.as_deref(), tags.service.as_deref()),
            (cost_center, component, service),
            "{text}"
        );
    }

    #[test]
    fn tags_come_in_three_forms() {
        check(r#"{"CostCenter": "1234", "env": "prod"}"#, Some("1234"), None, None);
        check(r#""CostCenter": "1234","env": "prod""#, Some("1234"), None, None);
        check(r#"[{"key": "costcenter", "value": "77"}]"#, Some("77"), None, None);
        check(
            r#"{"billing-service-component": "k8s", "billing-service": "Shop"}"#,
            None,
            Some("k8s"),
            Some("Shop"),
        );
        check(r#"{"billing-service": "Shop"}"#, None, None, None);
        check(r#"{"CostCenter": 1234500}"#, Some("1234500"), None, None);
        for none in ["", "NULL", "{}", r#"{"CostCenter": ""}"#, r#"{"CostCenter": null}"#] {
            check(none, None, None, None);
        }
    }

    #[test]
    fn tags_compare_however_they_are_written() {
        for text in [
            r#"{"user:CostCenter": "1", "env": "prod", "none": ""}"#,
            r#"{"env": "prod", "user_cost_center": "1"}"#,
            r#"[{"key": "CostCenter", "value": "1"}, {"key": "env", "value": "prod"}]"#,
            r#""costcenter": "1","Env": "prod""#,
        ] {
            assert_eq!(comparable(text), r#"[("costcenter", "1"), ("env", "prod")]"#, "{text}");
        }
        assert_eq!(comparable(""), comparable("{}"));
        assert_ne!(comparable(r#"{"a": "1"}"#), comparable(r#"{"a": "2"}"#));
        assert_eq!(comparable("oops"), "oops");
    }

    #[test]
    fn the_first_cost_centre_tag_that_is_set_wins() {
        check(r#"{"costcenter": "b", "CostCenter": "a"}"#, Some("a"), None, None);
    }

    #[test]
    fn what_is_not_tags_is_an_error() {
        for text in ["{broken", "CostCenter=1", "[1]", "\"a\""] {
            assert_eq!(LineTags::parse(text, &TagNames::default()), Err(TagsError), "{text}");
        }
    }
}
