//! Netting of credits (rule R11): changes what is exported, not the lines.

use std::collections::BTreeSet;

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
    let carried = |live: &&&crate::invoice::LiveLine| matches!(live.line.subject, Subject::Carry(_));
    let mut customers: BTreeSet<CustomerId> = lines.iter().map(|line| line.customer).collect();
    customers.extend(context.live.iter().filter(carried).map(|live| live.line.customer));
    for customer in customers {
        let carry = carry_line(customer, lines, context);
        lines.extend(carry);
        if context.run.credits == Credits::Net {
            lower_rows(customer, lines);
        }
    }
}

/// A recovery is its owner's income: it is never netted.
fn is_netted(line: &Line, customer: CustomerId) -> bool {
    line.customer == customer && !matches!(line.subject, Subject::Recovery(_))
}

fn carry_line(customer: CustomerId, lines: &[Line], context: &Context<'_>) -> Option<Line> {
    let run = context.run;
    let carried = |live: &&&crate::invoice::LiveLine| live.line.subject == Subject::Carry(customer);
    // Each live carry line kept so much credit back; together they are what is still to be given.
    let opening: Money = context.live.iter().filter(carried).map(|live| live.line.amount).sum();
    let net: Money = lines.iter().filter(|line| is_netted(line, customer)).map(|line| line.amount).sum();
    let closing = match run.credits {
        Credits::Net => (opening - net).max(Money::ZERO),
        Credits::Lines => Money::ZERO,
    };
    let amount = closing - opening;
    if amount.is_zero() {
        return None;
    }
    let customer = context.index.customer(customer)?;
    let of_line =
        || lines.iter().find(|line| is_netted(line, customer.id)).map(|line| line.cost_center.clone());
    let of_carry = || context.live.iter().find(carried).map(|live| live.line.cost_center.clone());
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

/// Takes each negative row out of the positive ones: of the same cost centre first, then in line order.
fn lower_rows(customer: CustomerId, lines: &mut [Line]) {
    let netted = |line: &Line| is_netted(line, customer);
    let negative: Vec<usize> =
        (0..lines.len()).filter(|at| netted(&lines[*at]) && lines[*at].exported < Money::ZERO).collect();
    for credit in negative {
        for same_cost_center in [true, false] {
            for row in 0..lines.len() {
                let same = lines[row].cost_center == lines[credit].cost_center;
                if !netted(&lines[row]) || lines[row].exported <= Money::ZERO || same != same_cost_center {
                    continue;
                }
                let lowered = lines[row].exported.min(-lines[credit].exported);
                lines[row].exported = lines[row].exported - lowered;
                lines[credit].exported = lines[credit].exported + lowered;
            }
        }
    }
}
