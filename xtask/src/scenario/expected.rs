//! The right invoice lines, worked out from the rows by the rules as docs/rules.md states them.
//!
//! Per account, cost centre and period a line has the cost in the invoice's currency, the factor's markup, and an amount
//! rounded to cents. What comes after an issued line is a correction: the rounded sum of its group with it, less what
//! was issued (rule R8).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    CURRENCY, MONTH, Scenario, default_product_number,
    exact::Exact,
    model::{Account, Month, Row},
};

/// What is rounded together: account, period, cost centre.
type Group = (usize, Month, String);

/// What a group owes, or has.
#[derive(Clone, Default)]
struct Owed {
    cost: Exact,
    alternative: bool,
}

/// What the issued lines of a group have.
#[derive(Clone, Default)]
struct Issued {
    cost: Exact,
    amount: Exact,
}

/// Where the cost of a provider and currency goes, at source cost.
#[derive(Default)]
struct Places {
    total: Exact,
    invoiced: Exact,
    unallocated: Exact,
    held: Exact,
}

/// Where a row's cost goes.
enum Place {
    Line { cost_center: String, alternative: bool, converted: Exact },
    Unallocated,
    Held,
}

struct Line {
    kind: &'static str,
    group: Group,
    alternative: bool,
    cost: Exact,
    markup: Exact,
    amount: Exact,
}

/// What a version comes to after the versions before it were billed.
pub fn expected(scenario: &Scenario, version: usize) -> Result<Value, String> {
    let mut issued: BTreeMap<Group, Issued> = BTreeMap::new();
    for earlier in 0..version {
        for target in scenario.targets() {
            let lines = lines(scenario, &scenario.versions[earlier], target, &issued)?;
            issue(&mut issued, lines);
        }
    }
    let rows = &scenario.versions[version];
    let mut invoices = Vec::new();
    for target in scenario.targets() {
        let lines = lines(scenario, rows, target, &issued)?;
        if lines.iter().any(|line| !line.amount.is_zero()) {
            invoices.push(invoice(scenario, target, &lines));
        }
    }
    Ok(json!({ "invoices": invoices, "reconciliation": reconciliation(scenario, rows)? }))
}

/// Notes lines as issued. An invoice of nothing but lines without amount is not made.
fn issue(issued: &mut BTreeMap<Group, Issued>, lines: Vec<Line>) {
    if lines.iter().all(|line| line.amount.is_zero()) {
        return;
    }
    for line in lines {
        let known = issued.entry(line.group).or_default();
        known.cost = known.cost.plus(&line.cost);
        known.amount = known.amount.plus(&line.amount);
    }
}

fn place(scenario: &Scenario, row: &Row) -> Result<Place, String> {
    let Some(customer) = scenario.accounts[row.account].customer else { return Ok(Place::Unallocated) };
    let own = scenario.customers[customer].cost_center.as_deref();
    let tag = row.cost_center().filter(|tag| is_cost_center(tag) && Some(*tag) != own);
    let Some(cost_center) = tag.or(own).map(str::to_owned) else { return Ok(Place::Held) };
    let Some(rate) = rate(scenario, row.currency) else { return Ok(Place::Held) };
    let converted = row.billed()?.times(&rate);
    Ok(Place::Line { cost_center, alternative: tag.is_some(), converted })
}

/// Seven digits, a dash, ten digits, and nothing else.
fn is_cost_center(text: &str) -> bool {
    let are_digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('-').is_some_and(|(left, right)| are_digits(left, 7) && are_digits(right, 10))
}

fn rate(scenario: &Scenario, currency: &str) -> Option<Exact> {
    if currency == CURRENCY {
        return Exact::parse("1");
    }
    let known = scenario.rates.iter().find(|(from, _)| *from == currency);
    known.and_then(|(_, rate)| Exact::parse(rate))
}

/// What each group of a target owes.
fn owed(scenario: &Scenario, rows: &[Row], target: &str) -> Result<BTreeMap<Group, Owed>, String> {
    let mut owed: BTreeMap<Group, Owed> = BTreeMap::new();
    for row in rows.iter().filter(|row| scenario.accounts[row.account].provider == target) {
        if let Place::Line { cost_center, alternative, converted } = place(scenario, row)? {
            let group = owed.entry((row.account, row.month, cost_center)).or_default();
            group.cost = group.cost.plus(&converted);
            group.alternative = alternative;
        }
    }
    Ok(owed)
}

fn lines(
    scenario: &Scenario,
    rows: &[Row],
    target: &str,
    issued: &BTreeMap<Group, Issued>,
) -> Result<Vec<Line>, String> {
    let mut owed = owed(scenario, rows, target)?;
    for (account, month, cost_center) in issued.keys() {
        let account_of = &scenario.accounts[*account];
        if account_of.provider == target {
            let own =
                account_of.customer.and_then(|customer| scenario.customers[customer].cost_center.as_ref());
            let group = owed.entry((*account, *month, cost_center.clone())).or_default();
            group.alternative = own != Some(cost_center);
        }
    }
    let mut lines = Vec::new();
    for (group, Owed { cost, alternative }) in owed {
        let known = issued.get(&group).cloned().unwrap_or_default();
        let factor = factor(&scenario.accounts[group.0])?;
        let new = cost.minus(&known.cost);
        if new.is_zero() {
            continue;
        }
        let amount = cost.times(&factor).to_cents().minus(&known.amount);
        let corrects = issued.keys().any(|(account, month, _)| (*account, *month) == (group.0, group.1));
        let markup = new.times(&factor).minus(&new);
        let kind = if corrects { "correction" } else { "account" };
        lines.push(Line { kind, group, alternative, cost: new, markup, amount });
    }
    let key = |line: &Line| {
        let name = scenario.accounts[line.group.0].shown().to_owned();
        (line.kind == "correction", name, line.group.2.clone(), line.group.1)
    };
    lines.sort_by_key(key);
    Ok(lines)
}

fn factor(account: &Account) -> Result<Exact, String> {
    Exact::parse(account.factor).ok_or_else(|| format!("factor '{}' is no number", account.factor))
}

fn invoice(scenario: &Scenario, target: &str, lines: &[Line]) -> Value {
    let sum = |of: fn(&Line) -> &Exact| lines.iter().fold(Exact::zero(), |sum, line| sum.plus(of(line)));
    let all = lines.iter().enumerate().map(|(at, line)| shown(scenario, target, at + 1, line));
    json!({
        "target": target,
        "period": MONTH.to_string(),
        "currency": CURRENCY,
        "amount": sum(|line| &line.amount).to_string(),
        "cost": sum(|line| &line.cost).to_string(),
        "lines": all.collect::<Vec<_>>(),
    })
}

fn shown(scenario: &Scenario, target: &str, number: usize, line: &Line) -> Value {
    let (account, month, cost_center) = &line.group;
    let account = &scenario.accounts[*account];
    let customer = account.customer.map(|customer| scenario.customers[customer].name.as_str());
    let product_number = account.product_number.clone().unwrap_or_else(|| default_product_number(target));
    json!({
        "line": number,
        "kind": line.kind,
        "name": account.shown(),
        "customer": customer.unwrap_or_default(),
        "cost_center": cost_center,
        "alternative_cost_center": line.alternative,
        "product_number": product_number,
        "period": month.to_string(),
        "quantity": "1",
        "cost": line.cost.to_string(),
        "markup": line.markup.to_string(),
        "price": "0",
        "rounding": line.amount.minus(&line.cost).minus(&line.markup).to_string(),
        "amount": line.amount.to_string(),
    })
}

fn reconciliation(scenario: &Scenario, rows: &[Row]) -> Result<Vec<Value>, String> {
    let mut places: BTreeMap<(&str, &str), Places> = BTreeMap::new();
    for row in rows {
        let cost = row.billed()?;
        let places = places.entry((scenario.accounts[row.account].provider, row.currency)).or_default();
        places.total = places.total.plus(&cost);
        let sum = match place(scenario, row)? {
            Place::Line { .. } => &mut places.invoiced,
            Place::Unallocated => &mut places.unallocated,
            Place::Held => &mut places.held,
        };
        *sum = sum.plus(&cost);
    }
    let shown = |((provider, currency), places): ((&str, &str), Places)| {
        json!({
            "provider": provider,
            "period": MONTH.to_string(),
            "currency": currency,
            "provider_total": places.total.to_string(),
            "invoiced": places.invoiced.to_string(),
            "unallocated": places.unallocated.to_string(),
            "held": places.held.to_string(),
            "open": "0",
            "rejected_rows": 0,
            "rejected_total": "0",
            "difference": "0",
        })
    };
    Ok(places.into_iter().map(shown).collect())
}
