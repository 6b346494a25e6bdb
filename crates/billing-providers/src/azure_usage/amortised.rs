//! How an amortised data set shows itself where no manifest tells: it has the same headings as the actual cost.
//!
//! Only an amortised set has cost of commitments that nobody used. And what a reservation or savings plan covers costs
//! nothing in an actual set, where the commitment was paid with its purchase, but has its share in an amortised one, which
//! has no purchases of commitments
//! (<https://learn.microsoft.com/azure/cost-management-billing/reservations/understand-reserved-instance-usage-ea>,
//! <https://learn.microsoft.com/azure/cost-management-billing/savings-plan/utilization-cost-reports>).

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use billing_core::Fixed;

use crate::beside::is_any_of;

/// Charges for what nobody used.
const UNUSED: &[&str] = &["UnusedReservation", "UnusedSavingsPlan", "UnusedSavingPlan", "UnusedBenefit"];
/// Pricing models of commitments.
const COMMITMENTS: &[&str] = &["Reservation", "SavingsPlan", "SavingPlan"];

/// What the rows of a table have shown. Readers of the same table share it.
#[derive(Default)]
pub(super) struct Amortised {
    /// A charge for what nobody used.
    unused: OnceLock<String>,
    /// A pricing model whose covered usage has a cost.
    covered: OnceLock<String>,
    /// Whether a commitment was bought or given back, at a cost.
    bought: AtomicBool,
}

impl Amortised {
    /// Looks at a row.
    pub(super) fn look(&self, charge_type: &str, pricing_model: &str, cost: &str) {
        if is_any_of(charge_type, UNUSED) {
            self.note(&self.unused, charge_type, cost);
        } else if !is_any_of(pricing_model, COMMITMENTS) {
        } else if is_any_of(charge_type, &["Usage"]) {
            self.note(&self.covered, pricing_model, cost);
        } else if is_any_of(charge_type, &["Purchase", "Refund"]) && has_cost(cost) {
            self.bought.store(true, Ordering::Relaxed);
        }
    }

    fn note(&self, seen: &OnceLock<String>, what: &str, cost: &str) {
        if seen.get().is_none() && has_cost(cost) {
            seen.get_or_init(|| what.to_owned());
        }
    }

    /// Whether the table may be an invoice's.
    pub(super) fn judge(&self) -> Result<(), String> {
        let cure = "and does not add up to the invoice; export the actual cost";
        if let Some(charge_type) = self.unused.get() {
            return Err(format!(
                "this is an amortised cost export, as its '{charge_type}' cost shows, {cure}"
            ));
        }
        match self.covered.get().filter(|_| !self.bought.load(Ordering::Relaxed)) {
            Some(model) => Err(format!(
                "this is an amortised cost export, as usage that a {model} covers has a cost in it, {cure}"
            )),
            None => Ok(()),
        }
    }
}

fn has_cost(cost: &str) -> bool {
    Fixed::parse(cost.as_bytes()).is_ok_and(|cost| !cost.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, &str, &str)], refused: bool) {
        let amortised = Amortised::default();
        for (charge_type, pricing_model, cost) in rows {
            amortised.look(charge_type, pricing_model, cost);
        }
        assert_eq!(amortised.judge().is_err(), refused, "{rows:?}");
    }

    #[test]
    fn unused_commitments_and_covered_usage_with_cost_show_an_amortised_set() {
        check(&[("UnusedReservation", "Reservation", "0.5")], true);
        check(&[("unusedsavingsplan", "", "-0.5")], true);
        check(&[("UnusedReservation", "Reservation", "0")], false);
        check(&[("Usage", "Reservation", "0.5")], true);
        check(&[("Usage", "SavingsPlan", "0.5"), ("Usage", "OnDemand", "3")], true);
        check(&[("Usage", "Savings Plan", "0.5"), ("Usage", "On Demand", "3")], true);
        check(&[("UnusedBenefit", "", "0.5")], true);
        check(&[("UnusedSavingPlan", "", "1E-9")], true);
        // A covered row without cost, or the purchase of nothing, changes nothing.
        check(&[("Usage", "Reservation", "0.00"), ("Usage", "Reservation", "0.01")], true);
        check(&[("Purchase", "Reservation", "0"), ("Usage", "Reservation", "0.01")], true);
        check(&[("Purchase", "OnDemand", "9"), ("Usage", "Reservation", "0.01")], true);
        check(&[("Purchase", "Reservation", "9"), ("UnusedReservation", "Reservation", "0.01")], true);
    }

    #[test]
    fn an_actual_set_is_taken() {
        check(
            &[
                ("Purchase", "Reservation", "21.5"),
                ("Usage", "Reservation", "0"),
                ("Refund", "Reservation", "-1"),
            ],
            false,
        );
        check(&[("Usage", "OnDemand", "3")], false);
        check(&[("UnusedReservation", "Reservation", "0E-10"), ("Usage", "Reservation", "0E-5")], false);
        // Only the actual cost has what commitments are bought for.
        check(&[("Usage", "Reservation", "0.01"), ("Refund", "Reservation", "-1")], false);
        check(&[("Usage", "Reservation", "much")], false);
    }
}
