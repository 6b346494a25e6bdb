//! Stage 3 of 6: cost in force finds its account, the terms that are fixed for the period and its cost centre, or
//! the reason why it cannot be invoiced.

use std::collections::BTreeMap;

use crate::{
    books::{BillRun, CostInForce, Rates},
    catalog::{Account, CatalogIndex},
    cost_center::CostCenterPattern,
    decimal::Decimal,
    ids::CustomerId,
    invoice::{Line, LineRef, LiveLine, Source},
    money::Currency,
    period::Period,
    rounding::Rounding,
};

/// A cost centre that a line can be booked to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CostCenter {
    /// The cost centre.
    pub value: String,
    /// Whether it is a tag's instead of the customer's.
    pub alternative: bool,
}

/// The tag's value where it is a cost centre other than the customer's, else the customer's; `None` holds the cost.
pub fn effective_cost_center(
    tag: Option<&str>,
    own: Option<&str>,
    pattern: &CostCenterPattern,
) -> Option<CostCenter> {
    match (pattern.valid(tag), own) {
        (Some(tag), own) if own != Some(tag) => Some(CostCenter { value: tag.to_owned(), alternative: true }),
        (_, own) => own.map(|own| CostCenter { value: own.to_owned(), alternative: false }),
    }
}

/// What an account owes under in one period: fixed by its first live line, else as the catalog has it (rule R3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountPeriodTerms {
    /// Who pays.
    pub customer: CustomerId,
    /// The customer's own cost centre, if it has a valid one.
    pub cost_center: Option<String>,
    /// What the cost is multiplied with.
    pub charge_factor: Decimal,
    /// The product number.
    pub product_number: String,
    /// The rounding of its groups.
    pub rounding: Rounding,
    /// The first live line, where there is one.
    pub first: Option<LineRef>,
    /// Rates that live lines were converted at.
    pub rates: BTreeMap<Currency, Decimal>,
}

impl AccountPeriodTerms {
    /// Whether a live line stands under these terms, cost centre aside.
    pub fn are_of(&self, line: &Line) -> bool {
        line.customer == self.customer
            && line.charge_factor.as_ref() == Some(&self.charge_factor)
            && line.product_number == self.product_number
            && line.rounding == self.rounding
    }
}

/// The terms of an account in a period; `None` while nobody is named for it. `live` are the account's live lines in
/// the period, the oldest first.
pub fn account_period_terms(
    account: &Account,
    period: Period,
    live: &[&LiveLine],
    run: &BillRun,
    index: &CatalogIndex<'_>,
) -> Option<AccountPeriodTerms> {
    let own_cost_center = |customer: CustomerId| {
        let customer = index.customer(customer)?;
        customer.cost_center_at(period, &run.cost_centers).map(str::to_owned)
    };
    if let Some(first) = live.first() {
        let customer = first.line.customer;
        // A line for a tag's cost centre does not fix the customer's own, which may still be missing.
        let fixed = live.iter().find(|live| !live.line.alternative).map(|live| live.line.cost_center.clone());
        return Some(AccountPeriodTerms {
            customer,
            cost_center: fixed.or_else(|| own_cost_center(customer)),
            charge_factor: first.line.charge_factor.clone().unwrap_or_else(Decimal::one),
            product_number: first.line.product_number.clone(),
            rounding: first.line.rounding,
            first: Some(first.at),
            rates: rates_of(live.iter().flat_map(|live| live.line.all_sources())),
        });
    }
    let terms = account.terms_at(period)?;
    let customer = terms.customer?;
    Some(AccountPeriodTerms {
        customer,
        cost_center: own_cost_center(customer),
        charge_factor: terms.charge_factor.clone(),
        product_number: account.product_number.clone().unwrap_or_else(|| run.default_product_number.clone()),
        rounding: run.rounding,
        first: None,
        rates: BTreeMap::new(),
    })
}

/// The rates that sources were converted at: the first one of each currency.
pub fn rates_of<'s>(sources: impl Iterator<Item = &'s Source>) -> BTreeMap<Currency, Decimal> {
    let mut rates = BTreeMap::new();
    for source in sources {
        if let Some(rate) = &source.rate {
            rates.entry(source.key.currency.clone()).or_insert_with(|| rate.clone());
        }
    }
    rates
}

/// What converts a provider's cost into the invoice's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conversion {
    /// Both currencies are the same.
    Same,
    /// The pinned rate.
    Rate(Decimal),
    /// There is no rate: the cost is held.
    Missing,
}

/// The conversion of a currency in a period: at the rate that was fixed, else at the pinned one.
pub fn conversion(
    from: &Currency,
    period: Period,
    fixed: &BTreeMap<Currency, Decimal>,
    run: &BillRun,
    rates: &Rates,
) -> Conversion {
    if *from == run.currency {
        return Conversion::Same;
    }
    let rate = fixed.get(from).or_else(|| rates.get(from, &run.currency, period));
    rate.map_or(Conversion::Missing, |rate| Conversion::Rate(rate.clone()))
}

/// A cost in force as a source in the invoice's currency; `None` where its rate is missing.
pub fn source_of(cost: &CostInForce, conversion: &Conversion) -> Option<Source> {
    let (rate, converted) = match conversion {
        Conversion::Same => (None, cost.cost.clone()),
        Conversion::Rate(rate) => (Some(rate.clone()), &cost.cost * rate),
        Conversion::Missing => return None,
    };
    Some(Source {
        key: cost.key.clone(),
        version: cost.version,
        rows: i64::try_from(cost.rows).unwrap_or(i64::MAX),
        original_cost: cost.cost.clone(),
        rate,
        cost: converted,
    })
}

/// Where the cost of an account in a period goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Allocation {
    /// Onto a line.
    Line(CostCenter, Box<Source>),
    /// It waits for the customer's cost centre.
    NoCostCenter,
    /// It waits for an exchange rate.
    NoRate,
}

/// Where a cost goes under the terms of its account and period.
pub fn allocate(cost: &CostInForce, terms: &AccountPeriodTerms, run: &BillRun, rates: &Rates) -> Allocation {
    let tag = cost.key.cost_center_tag.as_deref();
    let Some(center) = effective_cost_center(tag, terms.cost_center.as_deref(), &run.cost_centers) else {
        return Allocation::NoCostCenter;
    };
    let conversion = conversion(&cost.key.currency, cost.period, &terms.rates, run, rates);
    match source_of(cost, &conversion) {
        Some(source) => Allocation::Line(center, Box::new(source)),
        None => Allocation::NoRate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: Option<&str>, own: Option<&str>, expected: Option<(&str, bool)>) {
        let pattern = CostCenterPattern::new(r"\d+").unwrap();
        let center = effective_cost_center(tag, own, &pattern);
        assert_eq!(center.as_ref().map(|center| (center.value.as_str(), center.alternative)), expected);
    }

    #[test]
    fn a_tag_counts_where_it_is_a_cost_centre_other_than_the_customer_s() {
        check(None, Some("1"), Some(("1", false)));
        check(Some("2"), Some("1"), Some(("2", true)));
        check(Some("1"), Some("1"), Some(("1", false)));
        check(Some("x"), Some("1"), Some(("1", false)));
        check(Some("2"), None, Some(("2", true)));
        check(Some(""), None, None);
        check(None, None, None);
    }
}
