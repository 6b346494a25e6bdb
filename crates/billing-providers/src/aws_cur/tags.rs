//! Tags in AWS's report: a column for each in the legacy report, one map in CUR 2.0.
//!
//! A legacy heading is `resourceTags/user:CostCenter`. AWS writes the same with underscores, in Parquet and for Athena, as
//! `resource_tags_user_cost_center`; in the map of CUR 2.0 the key is `user_cost_center`. So a name in the settings is
//! compared in the form that the table has, and a row's tags stand under the name of the settings.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use billing_core::{line_item::Row, tags::TagNames};
use serde_json::Value;

use crate::columns::{Column, Columns, text};

/// The group of headings that tags have.
const GROUP: &str = "resourceTags/";
/// The same as Athena writes it.
const GROUP_FOR_ATHENA: &str = "resource_tags_";
/// Bytes that the tags of most rows have room in.
const TAGS_BYTES: usize = 160;
/// Most texts of the map whose reading is remembered.
const REMEMBERED_MAX: usize = 16_384;

/// The columns with a row's tags.
#[derive(Clone)]
pub(super) struct Tags {
    /// A column for each tag, by its key as it starts a JSON member: `"CostCenter":"`.
    each: Arc<[(String, Column)]>,
    /// The map of CUR 2.0.
    map: Option<Column>,
    names: Arc<[String]>,
    remembered: HashMap<String, String>,
}

impl Tags {
    pub(super) fn new(columns: &mut Columns, tag_names: &TagNames) -> Self {
        let cost_center = tag_names.cost_center.iter();
        let names: Vec<String> =
            cost_center.chain([&tag_names.component, &tag_names.service]).cloned().collect();
        let mut found: Vec<(String, usize)> = Vec::new();
        for (place, heading) in columns.headings().iter().enumerate() {
            let Some(key) = column_key(heading, &names) else { continue };
            // Of doubled headings the first counts.
            if !found.iter().any(|(known, _)| *known == key) {
                found.push((key, place));
            }
        }
        // Columns that come and go within a month do not change the order of the others.
        found.sort();
        let member =
            |(key, place): (String, usize)| (format!("{}:\"", Value::String(key)), columns.read_place(place));
        let each = found.into_iter().map(member).collect();
        Self { each, map: columns.find(&["resourcetags"]), names: names.into(), remembered: HashMap::new() }
    }

    /// A column that has tags, for messages.
    pub(super) fn first(&self) -> Option<Column> {
        self.map.or(self.each.first().map(|(_, column)| *column))
    }

    /// A row's tags as a JSON object; empty where it has none.
    pub(super) fn of<'r>(&mut self, row: Row<'r>) -> Cow<'r, str> {
        let map = text(row, self.map);
        if map.is_empty() || map == "{}" { self.of_columns(row) } else { self.of_map(map) }
    }

    fn of_columns<'r>(&self, row: Row<'r>) -> Cow<'r, str> {
        let mut tags = String::new();
        for (key, column) in self.each.iter() {
            let value = text(row, Some(*column));
            if value.is_empty() {
                continue;
            }
            if tags.is_empty() {
                tags.reserve(TAGS_BYTES);
            }
            tags.push(if tags.is_empty() { '{' } else { ',' });
            tags.push_str(key);
            push_escaped(&mut tags, value);
            tags.push('"');
        }
        if tags.is_empty() {
            return Cow::Borrowed("");
        }
        tags.push('}');
        Cow::Owned(tags)
    }

    fn of_map<'r>(&mut self, text: &'r str) -> Cow<'r, str> {
        if let Some(known) = self.remembered.get(text) {
            return Cow::Owned(known.clone());
        }
        // What is no map stays as it is, to be told with its own text.
        let Ok(Value::Object(map)) = serde_json::from_str(text) else { return Cow::Borrowed(text) };
        let mut tags = BTreeMap::new();
        for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null() && value != "") {
            tags.insert(map_key(&key, &self.names), value);
        }
        let tags = if tags.is_empty() { String::new() } else { object(tags) };
        if self.remembered.len() < REMEMBERED_MAX {
            self.remembered.insert(text.to_owned(), tags.clone());
        }
        Cow::Owned(tags)
    }
}

fn object(tags: BTreeMap<String, Value>) -> String {
    Value::Object(tags.into_iter().collect()).to_string()
}

/// Writes a text into a JSON string.
fn push_escaped(json: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return json.push_str(text);
    }
    let quoted = Value::String(text.to_owned()).to_string();
    json.push_str(&quoted[1..quoted.len() - 1]);
}

/// The key of a column's tag; nothing where the column has none.
fn column_key(heading: &str, names: &[String]) -> Option<String> {
    if let Some(key) = heading.strip_prefix(GROUP) {
        let bare = key.strip_prefix("user:").unwrap_or(key);
        let set = names.iter().find(|name| [heading, key, bare].contains(&name.as_str()));
        return Some(set.map_or(bare, String::as_str).to_owned());
    }
    let key = heading.strip_prefix(GROUP_FOR_ATHENA)?;
    Some(map_key(key, names))
}

/// The key of a tag that the table names in Athena's form: `user_cost_center`.
fn map_key(key: &str, names: &[String]) -> String {
    let bare = key.strip_prefix("user_").or(key.strip_prefix("user:")).unwrap_or(key);
    let is_set = |name: &&String| {
        let name = name.strip_prefix(GROUP).unwrap_or(name);
        let name = name.strip_prefix("user:").unwrap_or(name);
        name == bare || for_athena(name) == bare
    };
    names.iter().find(is_set).map_or(bare, String::as_str).to_owned()
}

/// A name as AWS writes it for Athena: an underscore before each capital letter, everything in small letters, what is no
/// letter or digit as one underscore, none at the ends.
fn for_athena(name: &str) -> String {
    let mut athena = String::new();
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || letter.is_ascii_uppercase() {
            athena.push('_');
        }
        if letter.is_ascii_alphanumeric() {
            athena.push(letter.to_ascii_lowercase());
        }
    }
    athena.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::{super::AwsCur, *};
    use crate::columns::lines;

    fn check(headings: &str, row: &str, names: &[&str], tags: &str) {
        let headings = format!(
            "lineItem/UsageAccountId,bill/BillingPeriodStartDate,lineItem/CurrencyCode,lineItem/UnblendedCost,\
             {headings}"
        );
        let names = TagNames {
            cost_center: names.iter().map(|name| (*name).to_owned()).collect(),
            ..TagNames::default()
        };
        let mut reader = lines::headings_with(&AwsCur, &headings, &names).unwrap();
        lines::read(&mut *reader, &format!("1,2026-10-01,USD,1,{row}"), |line| {
            assert_eq!(line.tags, tags, "{headings}: {row}");
        });
    }

    #[test]
    fn each_tag_of_the_legacy_report_has_a_column() {
        let headings = "resourceTags/user:env,resourceTags/user:CostCenter,resourceTags/aws:createdBy";
        check(headings, "prod,4711,None", &["CostCenter"], r#"{"CostCenter":"4711","env":"prod"}"#);
        check(headings, ",,me", &["CostCenter"], r#"{"aws:createdBy":"me"}"#);
        check(headings, ",,", &["CostCenter"], "");
        check(headings, "a\"b\\c,,", &["CostCenter"], r#"{"env":"a\"b\\c"}"#);
    }

    #[test]
    fn a_setting_may_name_the_column() {
        let headings =
            "resourceTags/user:CostCenter,resourceTags/user:costcenter,resourceTags/user:CostCenter";
        check(headings, "1,2,3", &["CostCenter"], r#"{"CostCenter":"1","costcenter":"2"}"#);
        for name in ["resourceTags/user:CostCenter", "user:CostCenter"] {
            check(headings, "1,2,3", &[name], &format!(r#"{{"costcenter":"2","{name}":"1"}}"#));
        }
    }

    #[test]
    fn underscores_are_compared_in_athena_s_form() {
        let headings = "resource_tags_user_cost_center,resource_tags_aws_created_by";
        for name in ["CostCenter", "cost-center", "cost_center", "user:CostCenter"] {
            check(headings, "1,", &[name], &format!(r#"{{"{name}":"1"}}"#));
        }
        check(headings, "1,me", &["costcenter"], r#"{"aws_created_by":"me","cost_center":"1"}"#);
        check(
            "resource_tags_user_billing_service_component",
            "k8s",
            &[],
            r#"{"billing-service-component":"k8s"}"#,
        );
    }

    #[test]
    fn cur_2_has_a_map() {
        let row = r#"{"user_cost_center":"1"}"#;
        check("resource_tags", row, &["CostCenter"], r#"{"CostCenter":"1"}"#);
        check("resource_tags", r#"{"user_env":""}"#, &[], "");
        check("resource_tags", "{}", &[], "");
        check("resource_tags", "oops", &[], "oops");
        check("resource_tags,resource_tags_user_env", ",prod", &[], r#"{"env":"prod"}"#);
    }

    #[test]
    fn names_for_athena() {
        for (name, athena) in [
            ("CostCenter", "cost_center"),
            ("cost center (new)", "cost_center_new"),
            ("ARN", "a_r_n"),
            ("_a__b", "a_b"),
        ] {
            assert_eq!(for_athena(name), athena);
        }
    }
}
