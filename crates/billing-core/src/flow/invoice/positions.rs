//! Position lines: manual credits and fees, each exactly once.

use super::Context;
use crate::{
    books::{Finding, HeldSubject},
    catalog::Position,
    decimal::Decimal,
    invoice::{Line, LineKind, Subject},
    money::Cost,
};

/// The positions of the run's target that are not on a live line yet.
pub fn lines(context: &Context<'_>, findings: &mut Vec<Finding>) -> Vec<Line> {
    let due =
        |position: &&Position| position.target == context.run.target && position.from <= context.run.period;
    context
        .books
        .catalog
        .positions
        .iter()
        .filter(due)
        .filter_map(|position| line(position, context, findings))
        .collect()
}

fn line(position: &Position, context: &Context<'_>, findings: &mut Vec<Finding>) -> Option<Line> {
    let run = context.run;
    let live: Vec<_> =
        context.live.iter().filter(|live| live.line.subject == Subject::Position(position.id)).collect();
    let price = &position.amount - &live.iter().map(|live| &live.line.price).sum::<Decimal>();
    if price.is_zero() {
        return None;
    }
    let customer = context.index.customer(position.customer)?;
    let Some(cost_center) = customer.cost_center_at(run.period, &run.cost_centers) else {
        findings.push(Finding::NoCostCenter {
            customer: customer.id,
            subject: HeldSubject::Position(position.id),
            period: run.period,
            amount: Cost::new(price, run.currency.clone()),
        });
        return None;
    };
    Some(Line {
        name: position.reason.clone(),
        cost_center: cost_center.to_owned(),
        product_number: run.default_product_number.clone(),
        price,
        rounding: run.rounding,
        ..Line::blank(LineKind::Position, Subject::Position(position.id), customer.id, run.period)
    })
}
