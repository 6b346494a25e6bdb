//! `CREDITS=net`: what is exported, and what is carried to the next invoice (R11).

use std::collections::BTreeMap;

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
    /// Lowers each customer's positive lines by its negative ones, never below zero, and defers the rest. What was
    /// taken up although its deferral is void by now is due again; it stands behind the customer's other lines.
    pub(super) fn net(&self, target: &str, period: Period, lines: &mut Vec<Line>) {
        let netted = |line: &Line| !matches!(line.subject, Subject::Recovery(_));
        let mut opening: BTreeMap<String, i128> = BTreeMap::new();
        if self.settings.net {
            for line in lines.iter().filter(|line| netted(line)) {
                opening.entry(line.customer.clone()).or_default();
            }
        }
        let invoices = self.invoices.iter().filter(|invoice| !invoice.void && invoice.target == target);
        for line in invoices.flat_map(|invoice| &invoice.lines).filter(|line| line.kind == Kind::Carry) {
            *opening.entry(line.customer.clone()).or_default() += line.amount;
        }
        for (customer, opening) in opening {
            let of_customer = |line: &&mut Line| line.customer == customer && netted(line);
            let mut mine: Vec<&mut Line> = lines.iter_mut().filter(of_customer).collect();
            if mine.is_empty() && self.settings.net && opening >= 0 {
                continue;
            }
            let own = self.cost_center(&customer, period).or(mine.first().map(|line| &*line.cost_center));
            let Some(cost_center) = own.map(str::to_owned) else { continue };
            let mut rest = 0;
            let mut due = -opening;
            if self.settings.net {
                due = due.max(0);
                let mut credits = vec![Credit { cost_center: cost_center.clone(), left: opening.max(0) }];
                for line in mine.iter_mut().filter(|line| line.amount < 0) {
                    credits.push(Credit { cost_center: line.cost_center.clone(), left: -line.amount });
                    line.exported = 0;
                }
                for same in [true, false] {
                    for credit in &mut credits {
                        let positive = mine.iter_mut().map(|line| (&*line.cost_center, &mut line.exported));
                        for (of_line, exported) in positive.chain([(&*cost_center, &mut due)]) {
                            if same == (*of_line == credit.cost_center) && *exported > 0 {
                                let taken = credit.left.min(*exported);
                                *exported -= taken;
                                credit.left -= taken;
                            }
                        }
                    }
                }
                rest = credits.iter().map(|credit| credit.left).sum();
            }
            let amount = rest - opening;
            if amount != 0 {
                let charge = Charge { price: hundredths(amount), ..Charge::default() };
                let subject = Subject::Carry(customer.clone());
                let line = self.plain_line(Kind::Carry, subject, target, period, charge, &[]);
                let name = customer.clone();
                lines.push(Line { name, customer, cost_center, amount, exported: due, ..line });
            }
        }
    }
}
