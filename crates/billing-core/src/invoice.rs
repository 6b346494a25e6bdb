//! Invoices, their lines, and the sources behind them.

use std::sync::Arc;

use crate::{
    catalog::{PartPrice, Split},
    decimal::Decimal,
    ids::{
        AccountId, ComponentId, CustomerId, DocumentId, InvoiceNumber, PositionId, Provider, ServiceId,
        Target,
    },
    money::{Cost, Currency, Money},
    period::Period,
    rounding::Rounding,
};

/// What a line is, in the order in which lines stand on an invoice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LineKind {
    /// Cost of an account.
    Account,
    /// Price of a service.
    Service,
    /// A manual credit or fee.
    Position,
    /// What changed after a line was issued.
    Correction,
    /// What a component's owner gets back.
    Recovery,
    /// Credit deferred to the next invoice, or taken up from the last (`CREDITS=net`).
    Carry,
}

impl LineKind {
    /// All kinds, in order.
    pub const ALL: [Self; 6] =
        [Self::Account, Self::Service, Self::Position, Self::Correction, Self::Recovery, Self::Carry];

    /// The name in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Service => "service",
            Self::Position => "position",
            Self::Correction => "correction",
            Self::Recovery => "recovery",
            Self::Carry => "carry",
        }
    }

    /// Reads the name in outputs.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a line is about: what *owed* and *live* are compared for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// An account.
    Account(AccountId),
    /// A service.
    Service(ServiceId),
    /// A position.
    Position(PositionId),
    /// The recovery of a component's cost.
    Recovery(ComponentId),
    /// A customer's carried credit.
    Carry(CustomerId),
}

/// A line by the number of its invoice and its place on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineRef {
    /// The invoice.
    pub invoice: InvoiceNumber,
    /// The line, from 1.
    pub line: u32,
}

/// What the line items behind a source have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SourceKey {
    /// The document.
    pub document: DocumentId,
    /// The provider.
    pub provider: Provider,
    /// The account id in normal form.
    pub account_key: Arc<str>,
    /// FOCUS `ServiceName`.
    pub service_name: Arc<str>,
    /// The cost-centre tag, as written.
    pub cost_center_tag: Option<Arc<str>>,
    /// The component tag.
    pub component_tag: Option<Arc<str>>,
    /// The currency of the provider's cost.
    pub currency: Currency,
}

/// Cost behind a line: buckets of one version of a document. A correction has the new version's cost as it is now
/// and the old version's as it was billed, negated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Whose cost.
    pub key: SourceKey,
    /// The document's version.
    pub version: u32,
    /// Line items behind it; negative where they are taken back.
    pub rows: i64,
    /// The cost in the provider's currency (`key.currency`), exact.
    pub original_cost: Decimal,
    /// The pinned rate to the invoice's currency; `None` where both are the same.
    pub rate: Option<Decimal>,
    /// The cost in the invoice's currency, exact.
    pub cost: Decimal,
}

/// A use of a component by a service.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UseKey {
    /// The service.
    pub service: ServiceId,
    /// The use's name.
    pub name: String,
    /// The component.
    pub component: ComponentId,
    /// The part, if the use is of a part.
    pub part: Option<String>,
}

/// The prices that a use was first charged under in a period; they stay for that period (rule R3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UsePrices {
    /// Price × quantity.
    pub unit_price: Decimal,
    /// Percentage of the component's cost.
    pub cost_percentage: Decimal,
    /// Once per use.
    pub fixed_price: Decimal,
    /// How the quantity is taken.
    pub split: Split,
    /// The part's price, for a use of a part.
    pub part: Option<PartPrice>,
}

/// What a service line charges for one use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UseCharge {
    /// The use.
    pub key: UseKey,
    /// The component's name when it was charged.
    pub component_name: String,
    /// The prices it is charged under.
    pub prices: UsePrices,
    /// The quantity as given.
    pub quantity: Decimal,
    /// The quantity that prices are multiplied with: as given, or its share.
    pub share: Decimal,
    /// The component's cost, up to 100 %.
    pub cost: Decimal,
    /// What the percentage adds above.
    pub markup: Decimal,
    /// Prices.
    pub price: Decimal,
    /// Where the cost comes from; sums to `cost`.
    pub sources: Vec<Source>,
}

/// A row of an invoice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its place on the invoice, from 1.
    pub line: u32,
    /// What it is.
    pub kind: LineKind,
    /// What it is about.
    pub subject: Subject,
    /// The first line of what is corrected.
    pub corrects: Option<LineRef>,
    /// Its name: of the account, service or component, or the position's reason.
    pub name: String,
    /// Who pays.
    pub customer: CustomerId,
    /// The customer's name when the line was made.
    pub customer_name: String,
    /// Where it is booked.
    pub cost_center: String,
    /// Whether the cost centre is a tag's instead of the customer's.
    pub alternative: bool,
    /// The product number.
    pub product_number: String,
    /// The billing period of what is charged.
    pub period: Period,
    /// The account's factor; `None` on other lines.
    pub charge_factor: Option<Decimal>,
    /// The quantity, for people: the use's where there is one use, else 1.
    pub quantity: Decimal,
    /// Provider's cost in the invoice's currency, exact.
    pub cost: Decimal,
    /// What factor or percentage add to it, exact.
    pub markup: Decimal,
    /// Prices and positions, exact.
    pub price: Decimal,
    /// How its group is rounded.
    pub rounding: Rounding,
    /// What is invoiced.
    pub amount: Money,
    /// What stands in the export; differs from `amount` only where credits are netted.
    pub exported: Money,
    /// Where an account line's cost comes from; sums to `cost`.
    pub sources: Vec<Source>,
    /// What a service line charges for each use.
    pub uses: Vec<UseCharge>,
}

impl Line {
    /// A line that charges nothing yet: what a stage does not set is empty or zero. Rounding gives it its amount, its
    /// invoice its place.
    pub fn blank(kind: LineKind, subject: Subject, customer: CustomerId, period: Period) -> Self {
        Self {
            line: 0,
            kind,
            subject,
            corrects: None,
            name: String::new(),
            customer,
            customer_name: String::new(),
            cost_center: String::new(),
            alternative: false,
            product_number: String::new(),
            period,
            charge_factor: None,
            quantity: Decimal::one(),
            cost: Decimal::zero(),
            markup: Decimal::zero(),
            price: Decimal::zero(),
            rounding: Rounding::Cent,
            amount: Money::ZERO,
            exported: Money::ZERO,
            sources: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Cost, markup and price together, exact.
    pub fn exact(&self) -> Decimal {
        &(&self.cost + &self.markup) + &self.price
    }

    /// What rounding added: `amount − exact`.
    pub fn rounding_difference(&self) -> Decimal {
        &self.amount.to_decimal() - &self.exact()
    }

    /// All sources, also those of uses.
    pub fn all_sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().chain(self.uses.iter().flat_map(|charge| &charge.sources))
    }
}

/// The life of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InvoiceState {
    /// Looked at, counts for nothing.
    Draft,
    /// Counts; never changes again.
    Issued,
    /// Taken back; counts for nothing.
    Void,
}

impl InvoiceState {
    /// The name in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::Void => "void",
        }
    }

    /// Reads the name in outputs.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Issued, Self::Void].into_iter().find(|state| state.as_str() == text)
    }
}

/// What a bill run makes: an invoice without number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewInvoice {
    /// Whom it is for.
    pub target: Target,
    /// The run's period; lines have their own.
    pub period: Period,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Its lines, in order, numbered from 1.
    pub lines: Vec<Line>,
}

impl NewInvoice {
    /// The sum of its lines.
    pub fn amount(&self) -> Money {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// The provider's cost in its lines.
    pub fn cost(&self) -> Cost {
        Cost::new(self.lines.iter().map(|line| &line.cost).sum(), self.currency.clone())
    }
}

/// A stored invoice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invoice {
    /// Its number.
    pub number: InvoiceNumber,
    /// Its state.
    pub state: InvoiceState,
    /// When it was made: RFC 3339, UTC.
    pub created: String,
    /// What it says.
    pub content: NewInvoice,
}

/// A line that counts: of an issued invoice that is not void.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveLine {
    /// Where it stands.
    pub at: LineRef,
    /// Whom its invoice is for.
    pub target: Target,
    /// The invoice's currency.
    pub currency: Currency,
    /// The line.
    pub line: Line,
}
