//! Stage 2 of 6: a provider's raw row becomes a [`LineItem`], or a [`RowProblem`] that names what is wrong with it.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use crate::{
    decimal::{DecimalError, Fixed},
    ids::{MANAGED_CLOUD_SERVICES, Provider},
    line_item::{LineItem, RawLine},
    money::{Cost, Currency},
    period::Period,
    tags::{LineTags, NAME_CHARACTERS_MAX, TagNames, TagsError, is_too_long},
};

/// Most tag texts whose reading is remembered.
const REMEMBERED_MAX: usize = 16_384;

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
    /// The currency, where it is known.
    pub currency: Option<Currency>,
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
        let known = Known {
            cost: amount(&raw.billed_cost),
            currency: self.currency(raw.billing_currency),
            provider: self.provider(raw.provider_name),
            period: self.period(&raw),
        };
        let (billed_cost, currency, provider, period) = known.complete(&raw)?;
        let effective_cost = match amount(&raw.effective_cost) {
            None => None,
            Some(Ok(cost)) => Some(cost),
            Some(Err(error)) => {
                return Err(known.problem(
                    "EffectiveCost",
                    &raw.effective_cost,
                    format!("the amount {error}"),
                ));
            }
        };
        let account_id = present(raw.sub_account_id).or(present(raw.billing_account_id)).unwrap_or("").trim();
        if account_id.is_empty() {
            let reason = "the row names neither an account nor a billing account".to_owned();
            return Err(known.problem("SubAccountId", raw.sub_account_id, reason));
        }
        if is_too_long(account_id) || is_too_long(provider.as_str()) {
            let reason =
                format!("the name of a provider or account has up to {NAME_CHARACTERS_MAX} characters");
            return Err(known.problem("SubAccountId", account_id, reason));
        }
        if let Some(reason) = provider.account_problem(account_id) {
            return Err(known.problem("SubAccountId", account_id, reason.to_owned()));
        }
        let (tags, tags_error) = match self.line_tags(&raw.tags) {
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

    fn period<'r>(&self, raw: &RawLine<'r>) -> Result<Period, PeriodProblem<'r>> {
        let expected = "expected a date like 2026-10-01 or 10/01/2026 (month first), or a month like 202610";
        if let Some(start) = present(raw.billing_period_start) {
            let period = Period::of_date(start).ok_or(("BillingPeriodStart", start, expected.to_owned()))?;
            if let Some(end) = present(raw.billing_period_end)
                && Period::of_date(end).is_none()
            {
                return Err(("BillingPeriodEnd", end, expected.to_owned()));
            }
            return Ok(period);
        }
        if raw.is_undated {
            let problem = "the row has no date; write it, or take the row out if it is a total";
            return Err(("ChargePeriodStart", raw.charge_period_start, problem.to_owned()));
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

/// What is wrong with a billing period: column, text, reason.
type PeriodProblem<'r> = (&'static str, &'r str, String);

/// What a row tells for certain, also when it cannot be taken.
struct Known<'r> {
    cost: Option<Result<Fixed, DecimalError>>,
    currency: Option<Currency>,
    provider: Option<Provider>,
    period: Result<Period, PeriodProblem<'r>>,
}

impl Known<'_> {
    /// What no row can be taken without.
    fn complete(&self, raw: &RawLine<'_>) -> Result<(Fixed, Currency, Provider, Period), Box<RowProblem>> {
        let cost = match &self.cost {
            Some(Ok(cost)) => *cost,
            Some(Err(error)) => {
                let reason = format!("the amount {error}; expected one like 12.50 or 1.25E-7");
                return Err(self.problem("BilledCost", &raw.billed_cost, reason));
            }
            None => {
                return Err(self.problem("BilledCost", &raw.billed_cost, "the amount is empty".to_owned()));
            }
        };
        let Some(currency) = self.currency.clone() else {
            let reason = "expected a currency code like CHF".to_owned();
            return Err(self.problem("BillingCurrency", raw.billing_currency, reason));
        };
        let Some(provider) = self.provider.clone() else {
            let reason = "the provider's name is empty".to_owned();
            return Err(self.problem("ProviderName", raw.provider_name, reason));
        };
        if provider.as_str().eq_ignore_ascii_case(MANAGED_CLOUD_SERVICES) {
            let reason = "no provider can have this name: it is the target of services".to_owned();
            return Err(self.problem("ProviderName", raw.provider_name, reason));
        }
        match &self.period {
            Ok(period) => Ok((cost, currency, provider, *period)),
            Err((column, text, reason)) => Err(self.problem(column, text, reason.clone())),
        }
    }

    fn problem(&self, column: &'static str, text: &str, reason: String) -> Box<RowProblem> {
        let cost = match (&self.cost, &self.currency) {
            (Some(Ok(cost)), Some(currency)) => Some(Cost::new((*cost).into(), currency.clone())),
            _ => None,
        };
        let (provider, period) = (self.provider.clone(), self.period.as_ref().ok().copied());
        let currency = self.currency.clone();
        Box::new(RowProblem { column, text: text.to_owned(), reason, provider, period, currency, cost })
    }
}

/// The number of a field that says something.
pub fn amount(text: &str) -> Option<Result<Fixed, DecimalError>> {
    present(text).map(|text| Fixed::parse(text.as_bytes()))
}

/// The text of a field, unless it stands for nothing: exports write `NULL`, `null` or `None`.
pub fn present(text: &str) -> Option<&str> {
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
        let (item, tags_error) = normaliser.line_item(RawLine { tags: "{oops".into(), ..raw() }).unwrap();
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
