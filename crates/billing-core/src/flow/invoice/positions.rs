//! Position lines: manual credits and fees, each exactly once.

use std::collections::HashMap;

use super::Context;
use crate::{
    books::{Finding, HeldSubject},
    catalog::Position,
    decimal::Decimal,
    ids::PositionId,
    invoice::{Line, LineKind, Subject},
    money::Cost,
};

/// The positions of the run's target that are not on a live line yet.
pub fn lines(context: &Context<'_>, findings: &mut Vec<Finding>) -> Vec<Line> {
    let mut live: HashMap<PositionId, Decimal> = HashMap::new();
    for line in context.live.iter().map(|live| &live.line) {
        if let Subject::Position(position) = line.subject {
            *live.entry(position).or_default() += &line.price;
        }
    }
    let due =
        |position: &&Position| position.target == context.run.target && position.from <= context.run.period;
    context
        .books
        .catalog
        .positions
        .iter()
        .filter(due)
        .filter_map(|position| line(position, live.get(&position.id), context, findings))
        .collect()
}

fn line(
    position: &Position,
    live: Option<&Decimal>,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Line> {
    let run = context.run;
    let price = live.map_or_else(|| position.amount.clone(), |live| &position.amount - live);
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
