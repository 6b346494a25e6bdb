//! A provider's row on its way in: [`RawLine`] as the provider wrote it, [`LineItem`] once it is understood.
//!
//! Fields are named after FOCUS columns, whatever the provider calls them.

use std::{borrow::Cow, sync::Arc};

use crate::{decimal::Fixed, ids::Provider, money::Currency, period::Period, tags::LineTags};

/// One record of a source file, cut into fields.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    fields: &'r [&'r str],
}

impl<'r> Row<'r> {
    /// A record of these fields.
    #[inline]
    pub fn new(fields: &'r [&'r str]) -> Self {
        Self { fields }
    }

    /// How many fields the record has.
    #[inline]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether the record has no fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The text of a field; empty where the record has no such field.
    #[inline]
    pub fn get(&self, index: usize) -> &'r str {
        self.fields.get(index).copied().unwrap_or("")
    }

    /// The text of a field that the headings may lack.
    #[inline]
    pub fn get_optional(&self, index: Option<usize>) -> &'r str {
        index.map_or("", |index| self.get(index))
    }
}

/// A row with the provider's own texts under their FOCUS names. What a provider does not tell is empty.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each field is the FOCUS column of its name")]
pub struct RawLine<'r> {
    pub provider_name: &'r str,
    pub billing_account_id: &'r str,
    pub sub_account_id: &'r str,
    pub sub_account_name: &'r str,
    /// A date in the billing period, where the format names one.
    pub billing_period_start: &'r str,
    pub billing_period_end: &'r str,
    pub charge_period_start: &'r str,
    pub charge_period_end: &'r str,
    pub charge_category: &'r str,
    pub charge_description: &'r str,
    pub service_category: &'r str,
    pub service_name: &'r str,
    pub region: &'r str,
    /// The term of a reservation or commitment.
    pub commitment_term: &'r str,
    pub billing_currency: &'r str,
    /// The billed cost as text, with a decimal point.
    pub billed_cost: Cow<'r, str>,
    pub effective_cost: Cow<'r, str>,
    pub list_cost: Cow<'r, str>,
    pub quantity: Cow<'r, str>,
    pub unit: &'r str,
    pub resource_id: &'r str,
    pub resource_name: &'r str,
    pub sku: &'r str,
    pub invoice_id: &'r str,
    /// Who issued that invoice: one provider may invoice through several companies.
    pub invoice_issuer: &'r str,
    pub tags: Cow<'r, str>,
    /// Whether the table has a date for each row and this one is without: a total in a spreadsheet, say.
    pub is_undated: bool,
}

/// A row that was understood: what billing looks at in typed form, the rest as the provider's text.
#[derive(Clone, Debug)]
pub struct LineItem<'r> {
    /// The provider by its one name.
    pub provider: Provider,
    /// The account id in the provider's normal form ([`Provider::account_key`]).
    pub account_key: Cow<'r, str>,
    /// The account id as written.
    pub account_id: &'r str,
    /// The account's name; empty where the provider tells none.
    pub account_name: &'r str,
    /// The provider's billing period, never the usage date.
    pub period: Period,
    /// The currency of all costs of the row.
    pub currency: Currency,
    /// The cost that is billed, exact.
    pub billed_cost: Fixed,
    /// The amortised cost, exact, where the provider tells it.
    pub effective_cost: Option<Fixed>,
    /// What billing reads from the row's tags.
    pub tags: Arc<LineTags>,
    /// The texts.
    pub raw: RawLine<'r>,
}
