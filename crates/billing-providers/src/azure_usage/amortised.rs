//! How an amortised data set shows itself where no manifest tells: it has the same headings as the actual cost.
//!
//! Only an amortised set has cost of commitments that nobody used. And what a reservation or savings plan covers costs
//! nothing in an actual set, where the commitment was paid with its purchase, but has its share in an amortised one
//! (<https://learn.microsoft.com/azure/cost-management-billing/reservations/understand-reserved-instance-usage-ea>).

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// What the rows of a table have shown. Readers of the same table share it.
#[derive(Default)]
pub(super) struct Amortised {
    /// A charge for what nobody used.
    unused: OnceLock<String>,
    /// A pricing model whose covered usage has a cost.
    covered: OnceLock<String>,
    /// Whether covered usage without cost was seen too.
    covered_free: AtomicBool,
}

impl Amortised {
    /// Looks at a row.
    pub(super) fn look(&self, charge_type: &str, pricing_model: &str, cost: &str) {
        let has_cost = || cost.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        let is_one_of =
            |text: &str, kinds: [&str; 2]| kinds.iter().any(|kind| kind.eq_ignore_ascii_case(text));
        if is_one_of(charge_type, ["UnusedReservation", "UnusedSavingsPlan"]) {
            if self.unused.get().is_none() && has_cost() {
                self.unused.get_or_init(|| charge_type.to_owned());
            }
        } else if is_one_of(pricing_model, ["Reservation", "SavingsPlan"])
            && charge_type.eq_ignore_ascii_case("Usage")
        {
            match has_cost() {
                true => drop(self.covered.get_or_init(|| pricing_model.to_owned())),
                false => self.covered_free.store(true, Ordering::Relaxed),
            }
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
        match self.covered.get().filter(|_| !self.covered_free.load(Ordering::Relaxed)) {
            Some(model) => Err(format!(
                "this is an amortised cost export, as usage that a {model} covers has a cost in it, {cure}"
            )),
            None => Ok(()),
        }
    }
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
        // Both kinds: the rows do not tell, so the cost is not refused.
        check(&[("Usage", "Reservation", "0.00"), ("Usage", "Reservation", "0.01")], false);
    }
}
