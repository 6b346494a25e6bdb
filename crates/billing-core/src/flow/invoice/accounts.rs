//! Account lines: per account, cost centre and period.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, groups::GroupKey, sources};
use crate::{
    books::{CostInForce, Finding, HeldSubject},
    catalog::Account,
    decimal::Decimal,
    flow::{
        allocate::{self, AccountPeriodTerms, Allocation, CostCenter},
        price::{Charge, account_charge},
    },
    ids::{AccountId, Target},
    invoice::{Line, LineKind, LiveLine, Source, Subject},
    money::{Cost, Currency, Totals},
    period::Period,
};

/// All account lines of the run.
pub fn lines(context: &Context<'_>, findings: &mut Vec<Finding>) -> Vec<Line> {
    let Target::Accounts(provider) = &context.run.target else { return Vec::new() };
    let mut costs: BTreeMap<(AccountId, Period), Vec<&CostInForce>> = BTreeMap::new();
    // Cost of one account mostly stands together.
    for together in context.books.costs.chunk_by(is_of_same_account) {
        let Some(CostInForce { key, period, .. }) = together.first() else { continue };
        let covered = key.provider == *provider && context.run.covers(*period);
        if let Some(account) = context.index.account_of(provider, &key.account_key).filter(|_| covered) {
            costs.entry((account.id, *period)).or_default().extend(together);
        }
    }
    let mut live: BTreeMap<(AccountId, Period), Vec<&LiveLine>> = BTreeMap::new();
    for line in &context.live {
        if let Subject::Account(account) = line.line.subject
            && context.run.covers(line.line.period)
        {
            live.entry((account, line.line.period)).or_default().push(line);
        }
    }
    let keys: BTreeSet<(AccountId, Period)> = costs.keys().chain(live.keys()).copied().collect();
    let mut lines = Vec::new();
    for (account, period) in keys {
        let Some(account) = context.index.account(account) else { continue };
        let key = (account.id, period);
        let month = AccountMonth {
            account,
            period,
            costs: costs.get(&key).map_or(&[][..], Vec::as_slice),
            live: live.get(&key).map_or(&[][..], Vec::as_slice),
        };
        month.lines(context, findings, &mut lines);
    }
    lines
}

fn is_of_same_account(a: &CostInForce, b: &CostInForce) -> bool {
    a.period == b.period && a.key.provider == b.key.provider && a.key.account_key == b.key.account_key
}

/// One account in one period: its cost in force and its live lines.
struct AccountMonth<'a> {
    account: &'a Account,
    period: Period,
    costs: &'a [&'a CostInForce],
    live: &'a [&'a LiveLine],
}

/// What tells an account's groups apart within a period.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Under the fixed terms, by cost centre.
    Fixed(String),
    /// Under other terms: owes nothing (rule R4).
    Other(GroupKey),
}

#[derive(Default)]
struct OwedAndLive<'a> {
    owed: Vec<Source>,
    alternative: bool,
    live: Vec<&'a LiveLine>,
}

impl<'a> AccountMonth<'a> {
    fn lines(&self, context: &Context<'a>, findings: &mut Vec<Finding>, lines: &mut Vec<Line>) {
        let terms =
            allocate::account_period_terms(self.account, self.period, self.live, context.run, &context.index);
        let Some(terms) = terms else {
            findings.extend(self.totals(self.costs).iter().filter(not_zero).map(|(currency, amount)| {
                let cost = Cost::new(amount.clone(), currency.clone());
                Finding::AccountWithoutCustomer { account: self.account.id, period: self.period, cost }
            }));
            return;
        };
        for (group, owed_and_live) in self.groups(&terms, context, findings) {
            lines.extend(self.line(&group, owed_and_live, &terms));
        }
    }

    fn groups(
        &self,
        terms: &AccountPeriodTerms,
        context: &Context<'a>,
        findings: &mut Vec<Finding>,
    ) -> BTreeMap<Group, OwedAndLive<'a>> {
        let mut groups: BTreeMap<Group, OwedAndLive<'a>> = BTreeMap::new();
        let mut no_cost_center = Vec::new();
        let mut no_rate = Vec::new();
        for cost in self.costs {
            match allocate::allocate(cost, terms, context.run, &context.books.rates) {
                Allocation::Line(CostCenter { value, alternative }, source) => {
                    let group = groups.entry(Group::Fixed(value)).or_default();
                    group.alternative = alternative;
                    group.owed.push(*source);
                }
                Allocation::NoCostCenter => no_cost_center.push(*cost),
                Allocation::NoRate => no_rate.push(*cost),
            }
        }
        self.report_held(terms, &no_cost_center, &no_rate, findings);
        for live in self.live {
            let key = if terms.are_of(&live.line) {
                Group::Fixed(live.line.cost_center.clone())
            } else {
                Group::Other(GroupKey::of(&live.line))
            };
            let group = groups.entry(key).or_default();
            if group.live.is_empty() && group.owed.is_empty() {
                group.alternative = live.line.alternative;
            }
            group.live.push(live);
        }
        groups
    }

    fn report_held(
        &self,
        terms: &AccountPeriodTerms,
        no_cost_center: &[&CostInForce],
        no_rate: &[&CostInForce],
        findings: &mut Vec<Finding>,
    ) {
        let subject = HeldSubject::Account(self.account.id);
        let period = self.period;
        for (currency, amount) in self.totals(no_cost_center).iter().filter(not_zero) {
            let amount = Cost::new(amount.clone(), currency.clone());
            findings.push(Finding::NoCostCenter { customer: terms.customer, subject, period, amount });
        }
        for (currency, amount) in self.totals(no_rate).iter().filter(not_zero) {
            let cost = Cost::new(amount.clone(), currency.clone());
            findings.push(Finding::NoRate { subject, period, cost });
        }
    }

    fn line(
        &self,
        group: &Group,
        owed_and_live: OwedAndLive<'a>,
        terms: &AccountPeriodTerms,
    ) -> Option<Line> {
        let OwedAndLive { owed, alternative, live } = owed_and_live;
        // The terms of the group: the fixed ones, or those of the lines that are taken back.
        let old = live.first().map(|live| &live.line).filter(|_| matches!(group, Group::Other(..)));
        let factor = match old {
            Some(line) => line.charge_factor.clone().unwrap_or_default(),
            None => terms.charge_factor.clone(),
        };
        let owed_cost = owed.iter().map(|source| &source.cost).sum();
        let mut charge = account_charge(&owed_cost, &factor);
        for live in &live {
            charge = charge.minus(&Charge::of(&live.line));
        }
        if charge.is_zero() {
            return None;
        }
        let live_sources = live.iter().flat_map(|live| live.line.all_sources());
        let cost_center = match (group, old) {
            (Group::Fixed(cost_center), _) => cost_center.clone(),
            (Group::Other(_), old) => old.map(|line| line.cost_center.clone()).unwrap_or_default(),
        };
        let kind = if terms.first.is_some() { LineKind::Correction } else { LineKind::Account };
        let customer = old.map_or(terms.customer, |line| line.customer);
        Some(Line {
            corrects: terms.first,
            name: self.account.name.clone(),
            cost_center,
            alternative,
            product_number: old.map_or(&terms.product_number, |line| &line.product_number).clone(),
            charge_factor: Some(factor),
            cost: charge.cost,
            markup: charge.markup,
            price: charge.price,
            rounding: old.map_or(terms.rounding, |line| line.rounding),
            sources: sources::difference(&owed, live_sources),
            ..Line::blank(kind, Subject::Account(self.account.id), customer, self.period)
        })
    }

    fn totals(&self, costs: &[&CostInForce]) -> Totals {
        let mut totals = Totals::default();
        for cost in costs {
            totals.add(&Cost::new(cost.cost.clone(), cost.key.currency.clone()));
        }
        totals
    }
}

/// What nets to nothing waits for nobody.
fn not_zero((_, amount): &(&Currency, &Decimal)) -> bool {
    !amount.is_zero()
}
