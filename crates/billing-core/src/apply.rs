//! Master data as code: what a catalog file changes (docs/rules.md).
//!
//! A file adds and changes; what it does not name stays. Changes hold from a period on: the given one, else the
//! target's first period without invoice, so that what was invoiced is not touched (rule R5). All problems of a
//! file are found in one go, each with its line; a file with a problem changes nothing.

mod components;
mod parties;
mod positions;
mod prune;
mod services;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    catalog::{Catalog, PartPrice, Split},
    cost_center::CostCenterPattern,
    decimal::Decimal,
    ids::{CustomerId, PositionId, Target},
    money::Currency,
    period::Period,
};

/// A value and the line of the file on which it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: u64,
}

/// A catalog file, read but not yet understood. `None` is what the file does not say; an inner `None` is an explicit
/// null, which unsets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct CatalogFile {
    pub currency: Option<Located<String>>,
    pub customers: Vec<CustomerEntry>,
    pub accounts: Vec<AccountEntry>,
    pub components: Vec<ComponentEntry>,
    pub services: Vec<ServiceEntry>,
    pub positions: Vec<PositionEntry>,
}

/// A customer of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct CustomerEntry {
    pub name: Located<String>,
    pub previous_name: Option<Located<String>>,
    pub email: Option<Option<Located<String>>>,
    pub cost_center: Option<Option<Located<String>>>,
}

/// An account of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct AccountEntry {
    pub provider: Located<String>,
    pub id: Located<String>,
    pub name: Option<String>,
    pub customer: Option<Option<Located<String>>>,
    pub charge_factor: Option<Located<Decimal>>,
    pub product_number: Option<Option<String>>,
    pub aliases: Vec<Located<String>>,
}

/// A component of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct ComponentEntry {
    pub name: Located<String>,
    pub previous_name: Option<Located<String>>,
    pub unit_price: Option<Decimal>,
    pub cost_percentage: Option<Located<Decimal>>,
    pub fixed_price: Option<Decimal>,
    pub split: Option<Split>,
    pub owner: Option<Option<Located<String>>>,
    pub parts: Option<Vec<PartEntry>>,
}

/// A part of a component of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct PartEntry {
    pub name: Located<String>,
    pub price: PartPrice,
}

/// A service of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct ServiceEntry {
    pub name: Located<String>,
    pub previous_name: Option<Located<String>>,
    pub customer: Option<Option<Located<String>>>,
    pub product_number: Option<Option<String>>,
    pub service_type: Option<Option<String>>,
    pub charge: Option<bool>,
    pub uses: Option<Vec<UseEntry>>,
}

/// A use of a service of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct UseEntry {
    pub name: Located<String>,
    pub component: Located<String>,
    pub part: Option<Located<String>>,
    pub quantity: Option<Located<Decimal>>,
    pub once: bool,
}

/// A position of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct PositionEntry {
    pub id: Option<Located<String>>,
    pub customer: Located<String>,
    pub target: Located<String>,
    pub reason: Located<String>,
    pub amount: Located<Decimal>,
}

/// What applying a file needs to know beside it.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// From which period the changes hold (`--from`).
    pub from: Option<Period>,
    /// Whether to end what the file does not name (`--prune`).
    pub prune: bool,
    /// The currency of the ledger.
    pub currency: Currency,
    /// What a cost centre looks like.
    pub cost_centers: CostCenterPattern,
    /// The first period without invoice of each target that has one.
    pub first_open: BTreeMap<Target, Period>,
    /// The highest id that a position ever had on an invoice: it is not used again.
    pub last_position: PositionId,
    /// Positions that stand on an issued invoice.
    pub invoiced_positions: HashSet<PositionId>,
}

impl ApplyOptions {
    /// From which period a change of something that is invoiced by a target holds.
    pub fn from_for(&self, target: &Target) -> Period {
        self.from.or_else(|| self.first_open.get(target).copied()).unwrap_or(Period::BEGINNING)
    }

    /// From which period a change of a customer holds, which every target may invoice: the first period that any
    /// target with invoices has open.
    pub fn from_for_customers(&self) -> Period {
        self.from.or_else(|| self.first_open.values().min().copied()).unwrap_or(Period::BEGINNING)
    }
}

/// Something that is wrong with a file, or a warning about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Remark {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What applying did to a thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Some of its values changed.
    Changed,
    /// It ends.
    Ended,
}

/// A difference that applying makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// To what: `customer Shop team`.
    pub what: String,
    /// The values: name, before, after. Before is empty for new things.
    pub values: Vec<(&'static str, String, String)>,
    /// From which period on; `None` for what has no date.
    pub from: Option<Period>,
}

/// What a file comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The master data with the changes.
    pub catalog: Catalog,
    /// The changes, in the order of the file.
    pub changes: Vec<Change>,
    /// Warnings: cost centres that do not match the pattern.
    pub warnings: Vec<Remark>,
}

/// Applies a file.
///
/// # Errors
/// All problems of the file, by line.
pub fn apply(catalog: &Catalog, file: &CatalogFile, options: &ApplyOptions) -> Result<Applied, Vec<Remark>> {
    let mut work = Work {
        catalog: catalog.clone(),
        options,
        changes: Vec::new(),
        warnings: Vec::new(),
        problems: Vec::new(),
    };
    work.check_currency(file);
    work.customers(&file.customers);
    work.accounts(&file.accounts);
    work.components(&file.components);
    work.services(&file.services);
    work.check_parts(file);
    work.positions(&file.positions, file);
    if options.prune {
        work.prune(file);
    }
    if work.problems.is_empty() {
        return Ok(Applied { catalog: work.catalog, changes: work.changes, warnings: work.warnings });
    }
    work.problems.sort();
    work.problems.dedup();
    Err(work.problems)
}

/// The state of applying a file.
struct Work<'a> {
    catalog: Catalog,
    options: &'a ApplyOptions,
    changes: Vec<Change>,
    warnings: Vec<Remark>,
    problems: Vec<Remark>,
}

impl Work<'_> {
    fn problem(&mut self, line: u64, message: impl Into<String>) {
        self.problems.push(Remark { line, message: message.into() });
    }

    fn check_currency(&mut self, file: &CatalogFile) {
        let Some(currency) = &file.currency else { return };
        let ours = self.options.currency.clone();
        if Currency::parse(&currency.value).as_ref() != Some(&ours) {
            let found = &currency.value;
            self.problem(
                currency.line,
                format!("currency '{found}' is not the ledger's: write {ours}, or set CURRENCY={found}"),
            );
        }
    }

    /// Names that stand twice in one list of the file.
    fn check_duplicates<'n>(&mut self, what: &str, names: impl Iterator<Item = &'n Located<String>>) {
        let mut seen: HashMap<&str, u64> = HashMap::new();
        let mut twice = Vec::new();
        for name in names {
            if name.value.trim().is_empty() || name.value.chars().count() > 255 {
                let message = format!("the name of a {what} has between 1 and 255 characters");
                twice.push((name.line, message));
            }
            if let Some(first) = seen.insert(&name.value, name.line) {
                let message =
                    format!("{what} '{}' stands already on line {first}: names are unique", name.value);
                twice.push((name.line, message));
            }
        }
        for (line, message) in twice {
            self.problem(line, message);
        }
    }

    /// Where an entry's thing stands among the known names, also under its previous one.
    fn place(
        &mut self,
        what: &str,
        known: &[String],
        name: &Located<String>,
        previous: Option<&Located<String>>,
    ) -> Place {
        let find = |name: &str| known.iter().position(|known| known == name);
        let Some(previous) = previous else { return find(&name.value).map_or(Place::New, Place::Known) };
        match (find(&previous.value), find(&name.value)) {
            (Some(at), None) => Place::Renamed(at),
            // It was renamed before: the file is applied again.
            (None, Some(at)) => Place::Known(at),
            (Some(_), Some(_)) => {
                let message =
                    format!("{what} '{}' cannot be renamed: '{}' exists", previous.value, name.value);
                self.problem(previous.line, message);
                Place::Wrong
            }
            (None, None) => {
                self.problem(previous.line, format!("unknown {what} '{}' as previous_name", previous.value));
                Place::Wrong
            }
        }
    }

    /// The customer of a name; a problem where there is none.
    fn customer_named(&mut self, name: &Located<String>) -> Option<CustomerId> {
        let found = self.catalog.customers.iter().find(|customer| customer.name == name.value);
        if let Some(customer) = found {
            return Some(customer.id);
        }
        let message = format!("unknown customer '{}'{}", name.value, self.similar_customer(&name.value));
        self.problem(name.line, message);
        None
    }

    fn similar_customer(&self, name: &str) -> String {
        let similar =
            self.catalog.customers.iter().find(|customer| customer.name.eq_ignore_ascii_case(name.trim()));
        match similar {
            Some(customer) => format!(": did you mean '{}'?", customer.name),
            None => ": add it under customers".to_owned(),
        }
    }

    fn customer_name(&self, id: Option<CustomerId>) -> String {
        let customer = id.and_then(|id| self.catalog.customers.iter().find(|customer| customer.id == id));
        customer.map_or_else(|| "nobody".to_owned(), |customer| customer.name.clone())
    }

    /// A reference to a customer that may be unset: `None` where it is wrong.
    fn optional_customer(&mut self, name: &Option<Located<String>>) -> Option<Option<CustomerId>> {
        match name {
            Some(name) => self.customer_named(name).map(Some),
            None => Some(None),
        }
    }

    fn not_negative(&mut self, what: &str, number: &Located<Decimal>) {
        if number.value.is_negative() {
            self.problem(number.line, format!("{what} is {}: it must not be negative", number.value));
        }
    }

    fn record(&mut self, added: bool, what: String, values: Values, from: Option<Period>) {
        let values: Vec<_> =
            values.0.into_iter().filter(|(_, before, after)| added || before != after).collect();
        if added || !values.is_empty() {
            let kind = if added { ChangeKind::Added } else { ChangeKind::Changed };
            self.changes.push(Change { kind, what, values, from });
        }
    }
}

/// Where the thing that an entry names stands.
enum Place {
    /// At this place of the catalog.
    Known(usize),
    /// At this place, under its previous name.
    Renamed(usize),
    /// Nowhere yet.
    New,
    /// The names contradict the catalog; the problem is recorded.
    Wrong,
}

/// Values before and after, as they are collected for a [`Change`].
#[derive(Default)]
struct Values(Vec<(&'static str, String, String)>);

impl Values {
    fn add(&mut self, name: &'static str, before: impl ToString, after: impl ToString) {
        self.0.push((name, before.to_string(), after.to_string()));
    }
}

/// One more than the largest id.
fn next_id(ids: impl Iterator<Item = i64>) -> i64 {
    ids.max().unwrap_or(0) + 1
}

/// The names that a list of the file names.
fn named<'n>(names: impl Iterator<Item = &'n Located<String>>) -> BTreeSet<&'n str> {
    names.map(|name| name.value.as_str()).collect()
}
