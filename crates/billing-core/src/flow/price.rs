//! Stage 4 of 6: allocated cost becomes cost, markup and price, one function per kind of line. Exact: nothing is
//! rounded here.

use crate::{
    catalog::{ComponentTerms, PartPrice},
    decimal::Decimal,
    invoice::{Line, UseCharge, UsePrices},
};

/// The three exact parts of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Charge {
    /// The provider's cost.
    pub cost: Decimal,
    /// What factor or percentage add to it.
    pub markup: Decimal,
    /// Prices and positions.
    pub price: Decimal,
}

impl Charge {
    /// The parts of a line.
    pub fn of(line: &Line) -> Self {
        Self { cost: line.cost.clone(), markup: line.markup.clone(), price: line.price.clone() }
    }

    /// The parts of what a line charges for a use.
    pub fn of_use(charge: &UseCharge) -> Self {
        Self { cost: charge.cost.clone(), markup: charge.markup.clone(), price: charge.price.clone() }
    }

    /// A price alone.
    pub fn price(price: Decimal) -> Self {
        Self { price, ..Self::default() }
    }

    /// All parts together.
    pub fn exact(&self) -> Decimal {
        &(&self.cost + &self.markup) + &self.price
    }

    /// Whether all parts are zero.
    pub fn is_zero(&self) -> bool {
        self.cost.is_zero() && self.markup.is_zero() && self.price.is_zero()
    }

    /// Adds the parts of another.
    pub fn add(&mut self, other: &Charge) {
        self.cost += &other.cost;
        self.markup += &other.markup;
        self.price += &other.price;
    }

    /// `self − other`, part by part.
    #[must_use]
    pub fn minus(&self, other: &Charge) -> Charge {
        Charge {
            cost: &self.cost - &other.cost,
            markup: &self.markup - &other.markup,
            price: &self.price - &other.price,
        }
    }
}

/// An account's cost × its factor; what the factor adds is the markup.
pub fn account_charge(cost: &Decimal, charge_factor: &Decimal) -> Charge {
    let markup = cost * &(charge_factor - &Decimal::one());
    Charge { cost: cost.clone(), markup, price: Decimal::zero() }
}

/// The prices of a use under a component's terms; `None` where the use is of a part that the component lacks.
pub fn use_prices(terms: &ComponentTerms, part: Option<&str>) -> Option<UsePrices> {
    let part = match part {
        Some(name) => Some(terms.part(name)?.clone()),
        None => None,
    };
    Some(UsePrices {
        unit_price: terms.unit_price.clone(),
        cost_percentage: terms.cost_percentage.clone(),
        fixed_price: terms.fixed_price.clone(),
        split: terms.split,
        part,
    })
}

impl UsePrices {
    /// Whether the use pays for the component's cost or quantity share at all; a price per unit replaces both.
    pub fn are_shared(&self) -> bool {
        !matches!(self.part, Some(PartPrice::PerUnit(_)))
    }

    /// What one unit of the component's cost becomes on the line's `cost`: the percentage up to 100 × the quantity ×
    /// the part's share.
    pub fn cost_multiplier(&self, share: &Decimal) -> Decimal {
        self.multiplier(&self.cost_percentage.clone().min(Decimal::from(100)), share)
    }

    fn multiplier(&self, percentage: &Decimal, share: &Decimal) -> Decimal {
        match &self.part {
            None => &percentage.percent() * share,
            Some(PartPrice::CostShare(part)) => &(&percentage.percent() * share) * &part.percent(),
            Some(PartPrice::PerUnit(_)) => Decimal::zero(),
        }
    }
}

/// What a use costs (docs/rules.md): `quantity` as given, `share` as given or proportional, `component_cost` the
/// component's billed cost in the period.
pub fn use_charge(
    prices: &UsePrices,
    quantity: &Decimal,
    share: &Decimal,
    component_cost: &Decimal,
) -> Charge {
    let above = (&prices.cost_percentage - &Decimal::from(100)).max(Decimal::zero());
    let cost = component_cost * &prices.cost_multiplier(share);
    let markup = component_cost * &prices.multiplier(&above, share);
    let price = match &prices.part {
        Some(PartPrice::PerUnit(price)) => price * quantity,
        Some(PartPrice::CostShare(part)) => &(&prices.unit_price * share) * &part.percent(),
        None => &(&prices.unit_price * share) + &prices.fixed_price,
    };
    Charge { cost, markup, price }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Split;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn prices(unit: &str, percentage: &str, fixed: &str, part: Option<PartPrice>) -> UsePrices {
        UsePrices {
            unit_price: number(unit),
            cost_percentage: number(percentage),
            fixed_price: number(fixed),
            split: Split::AsGiven,
            part,
        }
    }

    fn check(prices: &UsePrices, quantity: &str, cost: &str, expected: [&str; 3]) {
        let quantity = number(quantity);
        let charge = use_charge(prices, &quantity, &quantity, &number(cost));
        assert_eq!([charge.cost, charge.markup, charge.price].map(|part| part.to_string()), expected);
    }

    #[test]
    fn every_kind_of_price() {
        // 2 units at 50, 110 % of 1000 × 2, 20 once.
        check(&prices("50", "110", "20", None), "2", "1000", ["2000", "200", "120"]);
        // Below 100 % there is no markup.
        check(&prices("0", "80", "0", None), "1", "1000", ["800", "0", "0"]);
        // A part's share of both; no fixed price.
        let share = PartPrice::CostShare(number("60"));
        check(&prices("50", "110", "20", Some(share)), "0.2", "1000", ["120", "12", "6"]);
        // A price per unit, and nothing else.
        check(
            &prices("50", "110", "20", Some(PartPrice::PerUnit(number("0.25")))),
            "40",
            "1000",
            ["0", "0", "10"],
        );
    }

    #[test]
    fn a_factor_below_one_has_a_negative_markup() {
        let charge = account_charge(&number("100"), &number("0.95"));
        assert_eq!(
            (charge.markup.to_string(), charge.exact().to_string()),
            ("-5".to_owned(), "95".to_owned())
        );
    }
}
