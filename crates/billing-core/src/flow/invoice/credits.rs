//! Netting of credits (rule R11): changes what is exported, not the lines.

use std::collections::BTreeMap;

use super::Context;
use crate::{
    books::Credits,
    ids::CustomerId,
    invoice::{Line, LineKind, Subject},
    money::Money,
};

/// With `CREDITS=net`: lowers each customer's positive rows by its negative ones and by what was carried, and adds a
/// carry line that defers what is left or takes up what was deferred. With `CREDITS=lines`: gives out what earlier
/// invoices deferred.
pub fn net(lines: &mut Vec<Line>, context: &Context<'_>) {
    let mut customers: BTreeMap<CustomerId, OfCustomer> = BTreeMap::new();
    for live in &context.live {
        if let Subject::Carry(customer) = live.line.subject {
            // Each live carry line kept so much credit back; together they are what is still to be given.
            let known = customers.entry(customer).or_default();
            known.opening = known.opening + live.line.amount;
            known.carried_to.get_or_insert_with(|| live.line.cost_center.clone());
        }
    }
    if context.run.credits == Credits::Lines && customers.is_empty() {
        return;
    }
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_netted(line)) {
        let known = customers.entry(line.customer).or_default();
        known.net = known.net + line.amount;
        known.lines.push(at);
    }
    for (customer, mut known) in customers {
        if let Some(carry) = carry_line(customer, &known, lines, context) {
            known.lines.push(lines.len());
            lines.push(carry);
        }
        if context.run.credits == Credits::Net {
            lower_rows(&known.lines, lines);
        }
    }
}

/// What netting looks at of a customer.
#[derive(Default)]
struct OfCustomer {
    opening: Money,
    /// The cost centre of its first live carry line.
    carried_to: Option<String>,
    /// The sum of its new lines.
    net: Money,
    /// The places of its new lines.
    lines: Vec<usize>,
}

/// A recovery is its owner's income: it is never netted.
fn is_netted(line: &Line) -> bool {
    !matches!(line.subject, Subject::Recovery(_))
}

fn carry_line(
    customer: CustomerId,
    known: &OfCustomer,
    lines: &[Line],
    context: &Context<'_>,
) -> Option<Line> {
    let run = context.run;
    let closing = match run.credits {
        Credits::Net => (known.opening - known.net).max(Money::ZERO),
        Credits::Lines => Money::ZERO,
    };
    let amount = closing - known.opening;
    if amount.is_zero() {
        return None;
    }
    let customer = context.index.customer(customer)?;
    let of_line = || known.lines.first().map(|at| lines[*at].cost_center.clone());
    let of_carry = || known.carried_to.clone();
    let own = customer.cost_center_at(run.period, &run.cost_centers).map(str::to_owned);
    Some(Line {
        name: customer.name.clone(),
        cost_center: own.or_else(of_line).or_else(of_carry).unwrap_or_default(),
        product_number: run.default_product_number.clone(),
        price: amount.to_decimal(),
        amount,
        exported: amount,
        ..Line::blank(LineKind::Carry, Subject::Carry(customer.id), customer.id, run.period)
    })
}

/// Takes each negative row out of the positive ones: of the same cost centre first, then in line order. `own` are the
/// places of one customer's lines.
fn lower_rows(own: &[usize], lines: &mut [Line]) {
    let negative = own.iter().copied().filter(|at| lines[*at].exported < Money::ZERO);
    for credit in negative.collect::<Vec<_>>() {
        for same_cost_center in [true, false] {
            for &row in own {
                let same = lines[row].cost_center == lines[credit].cost_center;
                if lines[row].exported <= Money::ZERO || same != same_cost_center {
                    continue;
                }
                let lowered = lines[row].exported.min(-lines[credit].exported);
                lines[row].exported = lines[row].exported - lowered;
                lines[credit].exported = lines[credit].exported + lowered;
            }
        }
    }
}
