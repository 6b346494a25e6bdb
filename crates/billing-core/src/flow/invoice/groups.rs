//! Rounding per group (rule R8): corrections never drift, because each rounds the whole group anew.

use std::collections::HashMap;

use crate::{
    decimal::Decimal,
    flow::invoice::InvoiceError,
    ids::CustomerId,
    invoice::{Line, LiveLine, Subject},
    money::Money,
    period::Period,
    rounding::{Rounding, round_group},
};

/// What is rounded together: the lines of one account (or service), cost centre, period and terms.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GroupKey {
    subject: Subject,
    cost_center: String,
    period: Period,
    customer: CustomerId,
    product_number: String,
    charge_factor: Option<Decimal>,
    rounding: Rounding,
}

impl GroupKey {
    /// The group of a line.
    pub fn of(line: &Line) -> Self {
        Self {
            subject: line.subject,
            cost_center: line.cost_center.clone(),
            period: line.period,
            customer: line.customer,
            product_number: line.product_number.clone(),
            charge_factor: line.charge_factor.clone(),
            rounding: line.rounding,
        }
    }
}

/// Gives each new line its amount: the rounded sum of its group with it, minus what the group already has.
pub fn round_lines(lines: &mut [Line], live: &[&LiveLine]) -> Result<(), InvoiceError> {
    let mut groups: HashMap<GroupKey, (Decimal, Money)> = HashMap::new();
    for line in live.iter().map(|live| &live.line) {
        let (exact, issued) = groups.entry(GroupKey::of(line)).or_default();
        *exact += &line.exact();
        *issued = *issued + line.amount;
    }
    for line in lines {
        let (exact, issued) = groups.entry(GroupKey::of(line)).or_default();
        *exact += &line.exact();
        let rounded =
            round_group(exact, line.rounding).ok_or_else(|| InvoiceError::TooLarge(line.name.clone()))?;
        line.amount = rounded - *issued;
        line.exported = line.amount;
        *issued = rounded;
    }
    Ok(())
}
