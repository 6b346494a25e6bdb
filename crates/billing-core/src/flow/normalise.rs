//! Stage 2 of 6: a provider's raw row becomes a [`LineItem`], or a [`RowProblem`] that names what is wrong with it.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use crate::{
    decimal::Fixed,
    ids::Provider,
    line_item::{LineItem, RawLine},
    money::{Cost, Currency},
    period::Period,
    tags::{LineTags, TagNames, TagsError},
};

/// Most tag texts whose reading is remembered.
const REMEMBERED_MAX: usize = 65_536;

/// Why a row cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowProblem {
    /// The FOCUS column at fault.
    pub column: &'static str,
    /// What stands there.
    pub text: String,
    /// What is wrong and what would be right.
    pub reason: String,
    /// The provider, where it is known.
    pub provider: Option<Provider>,
    /// The billing period, where it is known.
    pub period: Option<Period>,
    /// The billed cost, where it could be read.
    pub cost: Option<Cost>,
}

/// Turns raw rows into line items, by the same rules for every provider.
pub struct Normaliser {
    tag_names: TagNames,
    /// The period of rows whose format has none (`--period`); else it is the month of their date.
    default_period: Option<Period>,
    providers: HashMap<String, Provider>,
    currencies: HashMap<String, Currency>,
    tags: HashMap<String, Result<Arc<LineTags>, TagsError>>,
}

impl Normaliser {
    /// A normaliser for one import.
    pub fn new(tag_names: TagNames, default_period: Option<Period>) -> Self {
        Self {
            tag_names,
            default_period,
            providers: HashMap::new(),
            currencies: HashMap::new(),
            tags: HashMap::new(),
        }
    }

    /// Reads a row. Beside the line item comes the reason why its tags could not be read, where that is so: its cost
    /// is taken all the same.
    ///
    /// # Errors
    /// When the row lacks a cost, a currency, a provider, an account or a billing period that can be read.
    pub fn line_item<'r>(
        &mut self,
        raw: RawLine<'r>,
    ) -> Result<(LineItem<'r>, Option<TagsError>), Box<RowProblem>> {
        let cost = present(&raw.billed_cost).map(|text| Fixed::parse(text.as_bytes()));
        let currency = self.currency(raw.billing_currency);
        let provider = self.provider(raw.provider_name);
        let period = self.period(&raw);
        let problem = |column: &'static str, text: &str, reason: String| {
            let cost = match (&cost, &currency) {
                (Some(Ok(cost)), Some(currency)) => Some(Cost::new((*cost).into(), currency.clone())),
                _ => None,
            };
            let text = text.to_owned();
            let provider = provider.clone();
            Box::new(RowProblem {
                column,
                text,
                reason,
                provider,
                period: period.as_ref().ok().copied(),
                cost,
            })
        };
        let billed_cost = match &cost {
            Some(Ok(cost)) => *cost,
            Some(Err(error)) => {
                return Err(problem(
                    "BilledCost",
                    &raw.billed_cost,
                    format!("the amount {error}; expected one like 12.50 or 1.25E-7"),
                ));
            }
            None => return Err(problem("BilledCost", &raw.billed_cost, "the amount is empty".to_owned())),
        };
        let Some(currency) = currency.clone() else {
            return Err(problem(
                "BillingCurrency",
                raw.billing_currency,
                "expected a currency code like CHF".to_owned(),
            ));
        };
        let Some(provider) = provider.clone() else {
            return Err(problem(
                "ProviderName",
                raw.provider_name,
                "the provider's name is empty".to_owned(),
            ));
        };
        let period = match &period {
            Ok(period) => *period,
            Err((column, text, reason)) => return Err(problem(column, text, reason.clone())),
        };
        let effective_cost = match present(&raw.effective_cost).map(|text| Fixed::parse(text.as_bytes())) {
            None => None,
            Some(Ok(cost)) => Some(cost),
            Some(Err(error)) => {
                return Err(problem("EffectiveCost", &raw.effective_cost, format!("the amount {error}")));
            }
        };
        let account_id = present(raw.sub_account_id).or(present(raw.billing_account_id)).unwrap_or("").trim();
        if account_id.is_empty() {
            let reason = "the row names neither an account nor a billing account".to_owned();
            return Err(problem("SubAccountId", raw.sub_account_id, reason));
        }
        let (tags, tags_error) = match self.line_tags(raw.tags) {
            Ok(tags) => (tags, None),
            Err(error) => (Arc::default(), Some(error)),
        };
        let account_name = present(raw.sub_account_name).unwrap_or("").trim();
        let account_key = Cow::Owned(provider.account_key(account_id));
        let item = LineItem {
            provider,
            account_key,
            account_id,
            account_name,
            period,
            currency,
            billed_cost,
            effective_cost,
            tags,
            raw,
        };
        Ok((item, tags_error))
    }

    fn provider(&mut self, text: &str) -> Option<Provider> {
        let text = present(text)?;
        if let Some(known) = self.providers.get(text) {
            return Some(known.clone());
        }
        let provider = Provider::named(text);
        self.providers.insert(text.to_owned(), provider.clone());
        Some(provider)
    }

    fn currency(&mut self, text: &str) -> Option<Currency> {
        if let Some(known) = self.currencies.get(text) {
            return Some(known.clone());
        }
        let currency = Currency::parse(text)?;
        self.currencies.insert(text.to_owned(), currency.clone());
        Some(currency)
    }

    fn period<'r>(&self, raw: &RawLine<'r>) -> Result<Period, (&'static str, &'r str, String)> {
        let expected = "expected a date like 2026-10-01 or 10/01/2026 (month first)";
        if let Some(start) = present(raw.billing_period_start) {
            let period = Period::of_date(start).ok_or(("BillingPeriodStart", start, expected.to_owned()))?;
            if let Some(end) = present(raw.billing_period_end)
                && Period::of_date(end).is_none()
            {
                return Err(("BillingPeriodEnd", end, expected.to_owned()));
            }
            return Ok(period);
        }
        if let Some(period) = self.default_period {
            return Ok(period);
        }
        let date = raw.charge_period_start;
        Period::of_date(date).ok_or((
            "ChargePeriodStart",
            date,
            format!("{expected}, or a period given with --period"),
        ))
    }

    fn line_tags(&mut self, text: &str) -> Result<Arc<LineTags>, TagsError> {
        if let Some(known) = self.tags.get(text) {
            return known.clone();
        }
        let tags = LineTags::parse(text, &self.tag_names).map(Arc::new);
        if self.tags.len() < REMEMBERED_MAX {
            self.tags.insert(text.to_owned(), tags.clone());
        }
        tags
    }
}

/// The text of a field, unless it stands for nothing: exports write `NULL`, `null` or `None`.
fn present(text: &str) -> Option<&str> {
    let text = text.trim();
    (!matches!(text, "" | "NULL" | "null" | "None")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawLine<'static> {
        RawLine {
            provider_name: "Microsoft",
            sub_account_id: "A-1",
            sub_account_name: "shop",
            billing_period_start: "10/01/2026",
            billing_currency: "CHF",
            billed_cost: "12.5".into(),
            ..RawLine::default()
        }
    }

    fn check(raw: RawLine<'static>, column: &str, reason: &str) -> RowProblem {
        let problem = *Normaliser::new(TagNames::default(), None).line_item(raw).unwrap_err();
        assert_eq!((problem.column, problem.reason.contains(reason)), (column, true), "{}", problem.reason);
        problem
    }

    #[test]
    fn a_row_that_is_understood() {
        let mut normaliser = Normaliser::new(TagNames::default(), None);
        let (item, tags_error) = normaliser.line_item(raw()).unwrap();
        assert_eq!((item.provider.as_str(), &*item.account_key, item.account_name), ("Azure", "a-1", "shop"));
        assert_eq!((item.period.to_string(), item.currency.as_str()), ("2026-10".to_owned(), "CHF"));
        assert_eq!(tags_error, None);
    }

    #[test]
    fn lesson_10_unreadable_tags_do_not_lose_the_cost() {
        let mut normaliser = Normaliser::new(TagNames::default(), None);
        let (item, tags_error) = normaliser.line_item(RawLine { tags: "{oops", ..raw() }).unwrap();
        assert_eq!(crate::Decimal::from(item.billed_cost).to_string(), "12.5");
        assert_eq!(tags_error, Some(TagsError));
    }

    #[test]
    fn a_row_without_account_belongs_to_its_billing_account() {
        let mut normaliser = Normaliser::new(TagNames::default(), None);
        let raw = RawLine { sub_account_id: "NULL", billing_account_id: "B-9", ..raw() };
        assert_eq!(&*normaliser.line_item(raw).unwrap().0.account_key, "b-9");
    }

    #[test]
    fn a_period_is_the_row_s_own_else_the_given_one_else_the_month_of_its_date() {
        let dated =
            RawLine { billing_period_start: "", charge_period_start: "2026-09-30T23:00:00Z", ..raw() };
        let period = |default: Option<&str>, raw| {
            let mut normaliser =
                Normaliser::new(TagNames::default(), default.map(|text| text.parse().unwrap()));
            normaliser.line_item(raw).unwrap().0.period.to_string()
        };
        assert_eq!(period(Some("2026-12"), raw()), "2026-10");
        assert_eq!(period(Some("2026-12"), dated.clone()), "2026-12");
        assert_eq!(period(None, dated), "2026-09");
    }

    #[test]
    fn each_problem_names_its_column_and_keeps_the_money_known_of_it() {
        check(RawLine { billed_cost: "12,5x".into(), ..raw() }, "BilledCost", "is not a number");
        check(RawLine { billed_cost: "NULL".into(), ..raw() }, "BilledCost", "is empty");
        check(RawLine { billing_currency: "Fr.", ..raw() }, "BillingCurrency", "CHF");
        let problem = check(
            RawLine { billing_period_start: "31/10/2026", ..raw() },
            "BillingPeriodStart",
            "month first",
        );
        assert_eq!(problem.cost.unwrap().amount.to_string(), "12.5");
        check(RawLine { sub_account_id: " ", ..raw() }, "SubAccountId", "neither");
        check(RawLine { provider_name: "NULL", ..raw() }, "ProviderName", "empty");
        check(RawLine { effective_cost: "x".into(), ..raw() }, "EffectiveCost", "not a number");
    }
}
