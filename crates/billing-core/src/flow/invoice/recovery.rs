//! Recovery lines: what a component's owner gets back is the cost that services were charged (rule R12).

use std::collections::BTreeMap;

use super::{Context, sources};
use crate::{
    books::{Finding, HeldSubject},
    catalog::Component,
    decimal::Decimal,
    ids::CustomerId,
    invoice::{Line, LineKind, LineRef, LiveLine, Source, Subject, UseCharge},
    money::Cost,
    period::Period,
    rounding::Rounding,
};

/// The recovery lines that belong to the live service lines and to `new` ones.
pub fn lines(context: &Context<'_>, new: &[Line], findings: &mut Vec<Finding>) -> Vec<Line> {
    let mut lines = Vec::new();
    for period in context.run.service_periods() {
        for component in &context.books.catalog.components {
            lines.extend(line(component, period, context, new, findings));
        }
    }
    lines
}

struct Terms {
    owner: CustomerId,
    cost_center: Option<String>,
    product_number: String,
    rounding: Rounding,
    first: Option<LineRef>,
}

fn line(
    component: &Component,
    period: Period,
    context: &Context<'_>,
    new: &[Line],
    findings: &mut Vec<Finding>,
) -> Option<Line> {
    let subject = Subject::Recovery(component.id);
    let is_recovery = |live: &&&LiveLine| live.line.subject == subject && live.line.period == period;
    let live: Vec<&LiveLine> = context.live.iter().filter(is_recovery).copied().collect();
    let terms = terms(component, period, &live, context)?;
    let recovered = recovered(component, period, context, new);
    let cost = &-recovered.iter().map(|source| &source.cost).sum::<Decimal>()
        - &live.iter().map(|live| &live.line.cost).sum::<Decimal>();
    if cost.is_zero() {
        return None;
    }
    let Some(cost_center) = terms.cost_center else {
        findings.push(Finding::NoCostCenter {
            customer: terms.owner,
            subject: HeldSubject::Component(component.id),
            period,
            amount: Cost::new(cost, context.run.currency.clone()),
        });
        return None;
    };
    let owed = sources::scaled(&recovered, &-Decimal::one());
    let kind = if terms.first.is_some() { LineKind::Correction } else { LineKind::Recovery };
    Some(Line {
        corrects: terms.first,
        name: component.name.clone(),
        cost_center,
        product_number: terms.product_number,
        cost,
        rounding: terms.rounding,
        sources: sources::difference(&owed, live.iter().flat_map(|live| &live.line.sources)),
        ..Line::blank(kind, subject, terms.owner, period)
    })
}

fn terms(component: &Component, period: Period, live: &[&LiveLine], context: &Context<'_>) -> Option<Terms> {
    let run = context.run;
    if let Some(first) = live.first() {
        return Some(Terms {
            owner: first.line.customer,
            cost_center: Some(first.line.cost_center.clone()),
            product_number: first.line.product_number.clone(),
            rounding: first.line.rounding,
            first: Some(first.at),
        });
    }
    let owner = context.index.customer(component.terms.at_or_first(period, |_| true)?.owner?)?;
    Some(Terms {
        owner: owner.id,
        cost_center: owner.cost_center_at(period, &run.cost_centers).map(str::to_owned),
        product_number: run.default_product_number.clone(),
        rounding: run.rounding,
        first: None,
    })
}

/// The sources of what services are charged of a component's cost, live lines and new ones together.
fn recovered(component: &Component, period: Period, context: &Context<'_>, new: &[Line]) -> Vec<Source> {
    let lines = context.live.iter().map(|live| &live.line).chain(new);
    let charges = lines.filter(|line| line.period == period).flat_map(|line| &line.uses);
    let mut sum: BTreeMap<_, Source> = BTreeMap::new();
    for source in
        charges.filter(|charge: &&UseCharge| charge.key.component == component.id).flat_map(|c| &c.sources)
    {
        sum.entry((&source.key, source.version))
            .and_modify(|known| {
                known.original_cost += &source.original_cost;
                known.cost += &source.cost;
            })
            .or_insert_with(|| source.clone());
    }
    sum.into_values().collect()
}
