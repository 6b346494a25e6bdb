//! The amortised cost of a row of AWS's report, by its line item type.
//!
//! Rules: <https://docs.aws.amazon.com/cur/latest/userguide/cur-sp.html> and
//! <https://docs.aws.amazon.com/cur/latest/userguide/amortized-reservation.html>: what a commitment costs counts where it
//! is used, what nobody used of it counts on its fee, and the fees, what is given back of a savings plan's fee, and the
//! negations themselves count nothing.

use std::borrow::Cow;

use billing_core::{Decimal, Fixed, line_item::Row};

use crate::columns::{Column, Columns, text};

/// The columns that amortised costs are made of.
#[derive(Clone)]
pub(super) struct EffectiveCost {
    savings_plan: Option<Column>,
    total_commitment: Option<Column>,
    used_commitment: Option<Column>,
    reservation: Option<Column>,
    reservation_arn: Option<Column>,
    unused_upfront: Option<Column>,
    unused_recurring: Option<Column>,
    product_code: Option<Column>,
    description: Option<Column>,
    /// Where the cost of the last row stood, if not in its unblended cost.
    last: Option<Column>,
}

impl EffectiveCost {
    pub(super) fn new(columns: &mut Columns) -> Self {
        let mut find = |name: &str| columns.find(&[name]);
        Self {
            savings_plan: find("savingsplansavingsplaneffectivecost"),
            total_commitment: find("savingsplantotalcommitmenttodate"),
            used_commitment: find("savingsplanusedcommitment"),
            reservation: find("reservationeffectivecost"),
            reservation_arn: find("reservationreservationarn"),
            unused_upfront: find("reservationunusedamortizedupfrontfeeforbillingperiod"),
            unused_recurring: find("reservationunusedrecurringfee"),
            product_code: find("lineitemproductcode"),
            description: find("lineitemlineitemdescription"),
            last: None,
        }
    }

    /// The column that the last row's cost was read from, where it is not its unblended cost.
    pub(super) fn last(&self) -> Option<Column> {
        self.last
    }

    /// The amortised cost of a row; empty where the table does not tell it.
    pub(super) fn of<'r>(&mut self, line_item_type: &str, unblended: &'r str, row: Row<'r>) -> Cow<'r, str> {
        self.last = match line_item_type {
            "SavingsPlanCoveredUsage" => self.savings_plan,
            "SavingsPlanRecurringFee" => self.total_commitment,
            "DiscountedUsage" => self.reservation,
            "RIFee" => self.unused_upfront,
            _ => None,
        };
        let text = |column| text(row, column);
        match line_item_type {
            "SavingsPlanCoveredUsage" => text(self.savings_plan).into(),
            "SavingsPlanRecurringFee" => {
                let used = text(self.used_commitment);
                sum(text(self.total_commitment), used, Fixed::negated)
            }
            "SavingsPlanNegation" | "SavingsPlanUpfrontFee" => "0".into(),
            "DiscountedUsage" => text(self.reservation).into(),
            "RIFee" => sum(text(self.unused_upfront), text(self.unused_recurring), |cost| cost),
            "Fee" if !text(self.reservation_arn).is_empty() => "0".into(),
            "Refund" if is_of_plan_fee(text(self.product_code), text(self.description)) => "0".into(),
            _ => unblended.into(),
        }
    }
}

/// Whether a refund gives back the upfront fee of a savings plan: nothing but its description tells.
fn is_of_plan_fee(product_code: &str, description: &str) -> bool {
    product_code.ends_with("SavingsPlans")
        && description.starts_with("Refund for one-time fee for Savings Plan ID")
}

/// The exact sum of two amounts, of which one may be left out. What is no amount comes back as it is, so that the row is
/// rejected with it.
fn sum<'r>(left: &'r str, right: &'r str, change: impl Fn(Fixed) -> Fixed) -> Cow<'r, str> {
    if left.is_empty() && right.is_empty() {
        return "".into();
    }
    let read = |text: &str| if text.is_empty() { Ok(Fixed::ZERO) } else { Fixed::parse(text.as_bytes()) };
    match (read(left), read(right)) {
        (Ok(one), Ok(other)) => (Decimal::from(one) + Decimal::from(change(other))).to_string().into(),
        (Err(_), _) => left.into(),
        (_, Err(_)) => right.into(),
    }
}

#[cfg(test)]
mod tests {
    use billing_core::ports::TableFormat as _;

    use super::super::AwsCur;
    use crate::columns::lines;

    /// The columns after the unblended cost, and a row's values there.
    fn check(line_item_type: &str, more: &str, effective: &str) {
        let headings = "lineItem/UsageAccountId,bill/BillingPeriodStartDate,lineItem/CurrencyCode,\
                        lineItem/LineItemType,lineItem/UnblendedCost,savingsPlan/SavingsPlanEffectiveCost,\
                        savingsPlan/TotalCommitmentToDate,savingsPlan/UsedCommitment,reservation/EffectiveCost,\
                        reservation/ReservationARN,reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,\
                        reservation/UnusedRecurringFee,lineItem/ProductCode,lineItem/LineItemDescription";
        let more = if more.matches(',').count() == 6 { format!("{more},,") } else { more.to_owned() };
        let row = format!("1,2026-10-01,USD,{line_item_type},7.5,{more}");
        lines::read(&mut *lines::headings(&AwsCur, headings).unwrap(), &row, |line| {
            assert_eq!((&*line.effective_cost, &*line.billed_cost), (effective, "7.5"), "{row}");
        });
        assert!(AwsCur.preamble_max() == 0);
    }

    #[test]
    fn each_line_item_type_has_its_own_amortised_cost() {
        check("Usage", "1,2,3,4,,5,6", "7.5");
        check("Tax", ",,,,,,", "7.5");
        check("SavingsPlanCoveredUsage", "1.25,,,,,,", "1.25");
        check("SavingsPlanCoveredUsage", ",,,,,,", "");
        check("SavingsPlanRecurringFee", ",10.5,10.25,,,,", "0.25");
        check("SavingsPlanRecurringFee", ",1E-7,,,,,", "0.0000001");
        check("SavingsPlanRecurringFee", ",10,ten,,,,", "ten");
        check("SavingsPlanNegation", "1,2,3,4,,5,6", "0");
        check("SavingsPlanUpfrontFee", ",,,,,,", "0");
        check("DiscountedUsage", ",,,0.125,arn,,", "0.125");
        check("RIFee", ",,,,arn,0.5,0.25", "0.75");
        check("RIFee", ",,,,arn,,", "");
        check("Fee", ",,,,arn,,", "0");
        check("Fee", ",,,,,,", "7.5");
        let (plan, refund) = ("ComputeSavingsPlans", "Refund for one-time fee for Savings Plan ID: 1a2b");
        check("Refund", &format!(",,,,,,,{plan},{refund}"), "0");
        check("Refund", &format!(",,,,,,,AmazonEC2,{refund}"), "7.5");
        check("Refund", &format!(",,,,arn,,,{plan},Refund of usage"), "7.5");
    }
}
