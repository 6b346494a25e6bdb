//! What is owed, by a second opinion: an independent model of the rules R1–R17 of the design, written from the text
//! and not from the program. It keeps the facts as rows and the master data as assignments in the order in which
//! they were made, and computes everything anew for each question.

mod bill;
mod catalog;
mod documents;
mod netting;
mod reconcile;
mod services;

use std::collections::BTreeMap;

use billing_core::{Decimal, Period};

use crate::{
    history::{CURRENCY, ComponentTerms, PartPrice, Row, Settings},
    numbers::{Rounding, hundredths, round},
};

pub use documents::Outcome;
pub use reconcile::Reconciled;

/// What a line is, in the order of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Cost of an account.
    Account,
    /// Price of a service.
    Service,
    /// A position.
    Position,
    /// What changed after a line was issued.
    Correction,
    /// What a component's owner gets back.
    Recovery,
    /// Credit deferred or taken up.
    Carry,
}

/// What a line is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Subject {
    /// An account by provider and id.
    Account(String, String),
    /// A service by name.
    Service(String),
    /// A position by its place in the list.
    Position(usize),
    /// The recovery of a component, by name.
    Recovery(String),
    /// A customer's carried credit, by name.
    Carry(String),
}

/// A use of a component, in the order in which ties are broken.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct UseKey {
    /// The service's place in the order of creation.
    pub service: usize,
    /// The use's name.
    pub name: String,
    /// The component.
    pub component: String,
    /// The part.
    pub part: Option<String>,
}

/// The prices that a use was first charged under in a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prices {
    unit_price: Decimal,
    cost_percentage: Decimal,
    fixed_price: Decimal,
    proportional: bool,
    part: Option<PartPrice>,
}

/// Cost, markup and price, exact.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Charge {
    /// The provider's cost.
    pub cost: Decimal,
    /// What factor or percentage add.
    pub markup: Decimal,
    /// Prices and positions.
    pub price: Decimal,
}

impl Charge {
    fn add(&mut self, other: &Charge) {
        self.cost += &other.cost;
        self.markup += &other.markup;
        self.price += &other.price;
    }

    fn minus(&self, other: &Charge) -> Charge {
        Charge {
            cost: &self.cost - &other.cost,
            markup: &self.markup - &other.markup,
            price: &self.price - &other.price,
        }
    }

    fn is_zero(&self) -> bool {
        self.cost.is_zero() && self.markup.is_zero() && self.price.is_zero()
    }

    fn exact(&self) -> Decimal {
        &(&self.cost + &self.markup) + &self.price
    }
}

/// What a use is charged with, and what stays for it: prices and rates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UseCharge {
    prices: Prices,
    rates: Rates,
    charge: Charge,
}

/// Rates by currency.
pub type Rates = BTreeMap<String, Decimal>;

/// Cost by document and currency.
pub type Sources = BTreeMap<(usize, String), Decimal>;

/// A line of an invoice, as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// Who pays.
    pub customer: String,
    /// Where it is booked.
    pub cost_center: String,
    /// Whether the cost centre is a tag's.
    pub alternative: bool,
    /// The product number.
    pub product_number: String,
    /// The billing period of what is charged.
    pub period: Period,
    /// The account's factor.
    pub factor: Option<Decimal>,
    /// What is charged, exact.
    pub charge: Charge,
    /// What is invoiced, in hundredths.
    pub amount: i128,
    /// What is exported, in hundredths.
    pub exported: i128,
    /// How its group is rounded.
    pub rounding: Rounding,
    /// Where an account's cost comes from, in the provider's currency.
    pub sources: Sources,
    /// The rates of an account's sources.
    pub rates: Rates,
    /// What a service line charges for each use.
    pub uses: BTreeMap<UseKey, UseCharge>,
}

/// An invoice that was issued.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// Its number.
    pub number: i64,
    /// Its target.
    pub target: String,
    /// The run's period.
    pub period: Period,
    /// Whether it was voided.
    pub void: bool,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A value by the period from which it holds: the last one set at or before a period, in the order of setting, holds
/// in it. A later change from an earlier period thus also replaces what was set for later.
#[derive(Clone, Debug)]
pub struct Timeline<T>(Vec<(Period, T)>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Timeline<T> {
    /// Sets a value from `start` on. Said without a date, what is the last value already changes nothing: it must not
    /// undo what was dated.
    fn change(&mut self, asked: Option<Period>, start: Period, value: T) {
        if asked.is_some() || self.latest() != Some(&value) {
            self.set(start, value);
        }
    }
}

impl<T> Timeline<T> {
    fn set(&mut self, from: Period, value: T) {
        self.0.push((from, value));
    }

    fn at(&self, period: Period) -> Option<&T> {
        self.0.iter().rev().find(|(from, _)| *from <= period).map(|(_, value)| value)
    }

    /// What was set for the last period of all.
    fn latest(&self) -> Option<&T> {
        self.at(Period::new(9999, 12)?)
    }

    /// The periods after one at which something may change, in order.
    fn changes_after(&self, period: Period) -> Vec<Period> {
        let mut periods: Vec<Period> = self.0.iter().map(|(from, _)| *from).filter(|p| *p > period).collect();
        periods.sort();
        periods.dedup();
        periods
    }
}

#[derive(Clone, Debug, Default)]
struct Account {
    /// The ids that mean it: its own first, and those joined to it.
    keys: Vec<String>,
    name: String,
    product_number: Option<String>,
    customer: Timeline<String>,
    factor: Timeline<Decimal>,
}

#[derive(Clone, Debug)]
struct Use {
    name: String,
    component: String,
    part: Option<String>,
    /// Quantity and whether it is owed once; `None` where it has ended.
    terms: Timeline<Option<(Decimal, bool)>>,
}

#[derive(Clone, Debug)]
struct Service {
    name: String,
    product_number: Option<String>,
    customer: Timeline<String>,
    charge: Timeline<bool>,
    uses: Vec<Use>,
}

#[derive(Clone, Debug)]
struct Component {
    name: String,
    terms: Timeline<ComponentTerms>,
}

#[derive(Clone, Debug)]
struct Position {
    id: Option<String>,
    customer: String,
    target: String,
    reason: String,
    amount: Decimal,
    from: Period,
}

#[derive(Clone, Debug)]
struct Document {
    job: String,
    period: Period,
    /// The files of the version in force; `None` when it is withdrawn.
    files: Option<Vec<Vec<Row>>>,
}

/// The model.
#[derive(Clone, Debug)]
pub struct Oracle {
    settings: Settings,
    documents: Vec<Document>,
    customers: BTreeMap<String, Timeline<Option<String>>>,
    accounts: BTreeMap<(String, String), Account>,
    components: Vec<Component>,
    services: Vec<Service>,
    positions: Vec<Position>,
    invoices: Vec<Invoice>,
    /// Pinned rates of the foreign currency.
    rates: BTreeMap<Period, Decimal>,
    drafts: BTreeMap<String, Draft>,
}

/// A draft, and what it said when it was made.
#[derive(Clone, Debug)]
struct Draft {
    number: i64,
    period: Period,
    lines: Vec<Line>,
}

impl Oracle {
    /// Empty books.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            documents: Vec::new(),
            customers: BTreeMap::new(),
            accounts: BTreeMap::new(),
            components: Vec::new(),
            services: Vec::new(),
            positions: Vec::new(),
            invoices: Vec::new(),
            rates: BTreeMap::new(),
            drafts: BTreeMap::new(),
        }
    }

    /// Records an invoice with the lines that [`Oracle::bill`] told.
    pub fn issue(&mut self, number: i64, target: &str, period: Period, lines: Vec<Line>) {
        self.invoices.push(Invoice { number, target: target.to_owned(), period, void: false, lines });
        self.invoices.sort_by_key(|invoice| invoice.number);
    }

    /// Records a draft, in place of the target's last one.
    pub fn draft(&mut self, number: i64, target: &str, period: Period, lines: Vec<Line>) {
        self.drafts.insert(target.to_owned(), Draft { number, period, lines });
    }

    /// A draft's number and period, and its lines where they are still what is owed.
    pub fn draft_of(&self, target: &str) -> Option<(i64, Period, Option<Vec<Line>>)> {
        let draft = self.drafts.get(target)?;
        let today = self.bill(target, draft.period);
        Some((draft.number, draft.period, today.filter(|lines| *lines == draft.lines)))
    }

    /// Pins a rate.
    pub fn pin(&mut self, period: Period, rate: Decimal) {
        self.rates.insert(period, rate);
    }

    /// Changes how groups that begin now are rounded.
    pub fn set_rounding(&mut self, rounding: Rounding) {
        self.settings.rounding = rounding;
    }

    /// Changes how credits are exported from now on.
    pub fn set_net(&mut self, net: bool) {
        self.settings.net = net;
    }

    /// The account that an id means.
    fn account_of(&self, provider: &str, key: &str) -> Option<&(String, String)> {
        let of = |((of, _), account): &(&(String, String), &Account)| {
            of == provider && account.keys.iter().any(|known| known == key)
        };
        self.accounts.iter().find(of).map(|(id, _)| id)
    }

    /// The account that an id means, made where there is none.
    fn account_mut(&mut self, provider: &str, key: &str) -> &mut Account {
        let known = self.account_of(provider, key).cloned();
        let id = known.unwrap_or_else(|| (provider.to_owned(), key.to_owned()));
        let account = self.accounts.entry(id);
        account.or_insert_with(|| Account {
            keys: vec![key.to_owned()],
            name: key.to_owned(),
            ..Account::default()
        })
    }

    /// The rate of a currency: that of the first live line which has one, else what is pinned.
    fn rate<'o>(
        &'o self,
        currency: &str,
        period: Period,
        mut fixed: impl Iterator<Item = &'o Rates>,
    ) -> Option<Decimal> {
        if currency == CURRENCY {
            return Some(Decimal::one());
        }
        let fixed = fixed.find_map(|rates| rates.get(currency));
        fixed.or_else(|| self.rates.get(&period)).cloned()
    }

    /// All invoices, the oldest first.
    pub fn invoices(&self) -> &[Invoice] {
        &self.invoices
    }

    /// Makes an invoice void.
    pub fn void(&mut self, number: i64) {
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.number == number) {
            invoice.void = true;
        }
    }

    /// Rows of the versions in force that could be taken, with the document.
    fn facts(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.documents
            .iter()
            .enumerate()
            .flat_map(|(at, document)| document.files.iter().flatten().flatten().map(move |row| (at, row)))
            .filter(|(_, row)| row.broken.is_none())
    }

    /// Lines that count, the oldest first.
    fn live(&self) -> impl Iterator<Item = &Line> {
        self.invoices.iter().filter(|invoice| !invoice.void).flat_map(|invoice| &invoice.lines)
    }

    fn live_of(&self, subject: &Subject, period: Period) -> Vec<&Line> {
        self.live().filter(|line| line.subject == *subject && line.period == period).collect()
    }

    /// The customer's own cost centre, where it is one: the period's, else the first valid one after it.
    fn cost_center(&self, customer: &str, period: Period) -> Option<&str> {
        let timeline = self.customers.get(customer)?;
        let valid = |at: Period| {
            let value = timeline.at(at).and_then(|value| value.as_deref());
            value.filter(|value| self.settings.valid(value))
        };
        valid(period).or_else(|| timeline.changes_after(period).into_iter().find_map(valid))
    }

    /// What a group's new line is invoiced with: the rounded sum of all of it, less what was issued (R8).
    fn amount(live: &[&Line], new: &Charge, rounding: Rounding) -> i128 {
        let exact = live.iter().fold(new.exact(), |sum, line| sum + line.charge.exact());
        round(&exact, rounding) - live.iter().map(|line| line.amount).sum::<i128>()
    }
}

/// A line as text, for messages and for comparing.
pub fn show(line: &Line) -> String {
    let Line { kind, name, customer, cost_center, alternative, product_number, period, charge, .. } = line;
    let (cost, markup, price) = (&charge.cost, &charge.markup, &charge.price);
    format!(
        "{kind:?} {name} | {customer} {cost_center}{} | {product_number} | {period} | {cost} + {markup} + {price} | {} → {}",
        if *alternative { " (alternative)" } else { "" },
        hundredths(line.amount),
        hundredths(line.exported),
    )
}
