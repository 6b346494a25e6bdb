//! `CREDITS=net`: what is exported, and what is carried to the next invoice (R11).

use std::collections::BTreeSet;

use billing_core::Period;

use super::{Charge, Kind, Line, Oracle, Subject};
use crate::numbers::hundredths;

/// A credit that looks for something to lower.
struct Credit {
    cost_center: String,
    /// What is left of it, positive.
    left: i128,
}

impl Oracle {
    /// Lowers each customer's positive lines by its negative ones, never below zero, and defers the rest.
    pub(super) fn net(&self, target: &str, period: Period, lines: &mut Vec<Line>) {
        if !self.settings.net {
            return;
        }
        let netted = |line: &Line| !matches!(line.subject, Subject::Recovery(_));
        let customers: BTreeSet<String> =
            lines.iter().filter(|line| netted(line)).map(|line| line.customer.clone()).collect();
        for customer in customers {
            let subject = Subject::Carry(customer.clone());
            let carried = self
                .invoices
                .iter()
                .filter(|invoice| !invoice.void && invoice.target == target)
                .flat_map(|invoice| &invoice.lines)
                .filter(|line| line.subject == subject);
            let opening: i128 = carried.map(|line| line.amount).sum();
            let own = self.cost_center(&customer, period);
            let mut mine: Vec<&mut Line> =
                lines.iter_mut().filter(|line| line.customer == customer && netted(line)).collect();
            let cost_center = own.unwrap_or(&mine[0].cost_center).to_owned();
            let mut credits = vec![Credit { cost_center: cost_center.clone(), left: opening }];
            for line in mine.iter_mut().filter(|line| line.amount < 0) {
                credits.push(Credit { cost_center: line.cost_center.clone(), left: -line.amount });
                line.exported = 0;
            }
            for same in [true, false] {
                for credit in &mut credits {
                    for line in mine.iter_mut().filter(|line| line.exported > 0) {
                        if same == (line.cost_center == credit.cost_center) {
                            let taken = credit.left.min(line.exported);
                            line.exported -= taken;
                            credit.left -= taken;
                        }
                    }
                }
            }
            let rest: i128 = credits.iter().map(|credit| credit.left).sum();
            if rest != opening {
                let charge = Charge { price: hundredths(rest - opening), ..Charge::default() };
                let line = self.plain_line(Kind::Carry, subject, target, period, charge, &[]);
                let name = customer.clone();
                lines.push(Line { name, customer, cost_center, amount: rest - opening, exported: 0, ..line });
            }
        }
    }
}
