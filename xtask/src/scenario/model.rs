//! What a month consists of, whatever the provider writes it as: parties, and rows with what is true of them.

use std::{collections::BTreeMap, fmt};

use super::exact::Exact;

/// A billing month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Month {
    /// The year, with century.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
}

impl Month {
    /// The month before.
    #[must_use]
    pub fn before(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { month: month - 1, ..self },
        }
    }

    /// The month after.
    #[must_use]
    pub fn after(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }

    /// A day of it: `2026-10-05`.
    pub fn day(self, day: u8) -> String {
        format!("{self}-{day:02}")
    }

    /// A day of it with the month first: `10/05/2026`.
    pub fn us_day(self, day: u8) -> String {
        format!("{:02}/{day:02}/{}", self.month, self.year)
    }

    /// The number of its last day.
    pub fn last_day(self) -> u8 {
        match self.month {
            2 if self.year.is_multiple_of(4) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// Who pays.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The name.
    pub name: String,
    /// The cost centre; without one, cost is held.
    pub cost_center: Option<String>,
}

/// An account, subscription or project; also a billing account, for rows that name no other.
#[derive(Clone, Debug)]
pub struct Account {
    /// The provider by its name in the program.
    pub provider: &'static str,
    /// The id in its normal form.
    pub id: String,
    /// Its name at the provider.
    pub name: Option<String>,
    /// Its name in the catalog, where the provider has none.
    pub catalog_name: Option<String>,
    /// Its place among the customers; without one, cost is unallocated.
    pub customer: Option<usize>,
    /// What its cost is multiplied with.
    pub factor: &'static str,
    /// Its product number; without one, the provider's default.
    pub product_number: Option<String>,
}

impl Account {
    /// The name on invoices.
    pub fn shown(&self) -> &str {
        self.catalog_name.as_deref().or(self.name.as_deref()).unwrap_or(&self.id)
    }
}

/// A part of a row's cost that stands in a place of its own: a credit of GCP.
#[derive(Clone, Debug)]
pub struct Credit {
    /// Its kind, in the provider's words.
    pub kind: &'static str,
    /// The amount as written.
    pub text: String,
}

/// How a row's tags are written, where the format has a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Writing {
    /// As the format does it.
    #[default]
    Usual,
    /// As a list of keys and values.
    List,
    /// `"key": "value"` pairs without braces.
    Pairs,
    /// Cut off in the middle: the cost counts, the tags do not.
    Broken,
}

/// A row of a bill.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number: ids are made of it.
    pub number: usize,
    /// The account that bears it, by its place.
    pub account: usize,
    /// The billing account, by its place; a row borne by it names no other account.
    pub payer: usize,
    /// The billing period.
    pub month: Month,
    /// The day of use.
    pub day: u8,
    /// The currency.
    pub currency: &'static str,
    /// The cost as written.
    pub cost: String,
    /// What else belongs to the billed cost.
    pub credits: Vec<Credit>,
    /// The kind of charge in the provider's words.
    pub word: &'static str,
    /// The kind of charge in FOCUS words.
    pub category: &'static str,
    /// The service.
    pub service: &'static str,
    /// What family of services that is.
    pub family: &'static str,
    /// The region; empty where there is none.
    pub region: &'static str,
    /// What it is, for people.
    pub description: String,
    /// The thing that was used; empty where there is none.
    pub resource: String,
    /// The provider's invoice number; empty where it has none yet.
    pub invoice: String,
    /// Who issued that invoice; empty where the provider does not tell.
    pub issuer: &'static str,
    /// The tags, in order.
    pub tags: Vec<(&'static str, String)>,
    /// How they are written.
    pub writing: Writing,
    /// Whether it stands in the first file, which lacks the columns that appear later in the month.
    pub early: bool,
    /// Whether later versions of the month leave it alone.
    pub fixed: bool,
    /// What else the provider writes, by its own column name.
    pub more: BTreeMap<&'static str, String>,
}

impl Row {
    /// The cost that is billed.
    ///
    /// # Errors
    /// When a number cannot be read: the generator wrote a wrong one.
    pub fn billed(&self) -> Result<Exact, String> {
        let read = |text: &str| {
            Exact::parse(text).ok_or_else(|| format!("row {}: '{text}' is no number", self.number))
        };
        let mut sum = read(&self.cost)?;
        for credit in &self.credits {
            sum = sum.plus(&read(&credit.text)?);
        }
        Ok(sum)
    }

    /// The value of the first of these tags that says something.
    pub fn tag(&self, names: &[&str]) -> Option<&str> {
        if self.writing == Writing::Broken {
            return None;
        }
        let value =
            |name: &&str| self.tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        names.iter().filter_map(value).find(|value| !value.is_empty())
    }

    /// The tag's text for a cost centre.
    pub fn cost_center(&self) -> Option<&str> {
        self.tag(&["CostCenter", "costcenter"])
    }

    /// What else the provider writes in a column.
    pub fn more(&self, column: &str) -> String {
        self.more.get(column).cloned().unwrap_or_default()
    }

    /// A row with something in a column of the provider's own.
    #[must_use]
    pub fn with(mut self, column: &'static str, text: impl Into<String>) -> Self {
        self.more.insert(column, text.into());
        self
    }
}
