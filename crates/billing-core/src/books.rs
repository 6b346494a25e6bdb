//! What billing works on: the cost in force, the catalog, the live lines, the rates, and what a run is asked to do.

use std::collections::BTreeMap;

use crate::{
    catalog::{Account, Catalog, CatalogIndex},
    cost_center::CostCenterPattern,
    decimal::Decimal,
    ids::{AccountId, ComponentId, CustomerId, PositionId, ServiceId, Target},
    invoice::{LiveLine, SourceKey, Subject},
    money::{Cost, Currency},
    period::Period,
    rounding::Rounding,
};

/// Buckets of a version in force, summed as far as billing and explanations tell them apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CostInForce {
    /// Document, account, service, tags and currency.
    pub key: SourceKey,
    /// The document's version.
    pub version: u32,
    /// The billing period.
    pub period: Period,
    /// How many line items.
    pub rows: u64,
    /// The exact sum of their billed cost, in the key's currency.
    pub cost: Decimal,
}

/// Pinned exchange rates: one per pair of currencies and billing period.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rates(BTreeMap<(Currency, Currency, Period), Decimal>);

impl Rates {
    /// Pins a rate: one unit of `from` is `rate` units of `to`.
    pub fn pin(&mut self, from: Currency, to: Currency, period: Period, rate: Decimal) {
        self.0.insert((from, to, period), rate);
    }

    /// The rate of a period.
    pub fn get(&self, from: &Currency, to: &Currency, period: Period) -> Option<&Decimal> {
        self.0.get(&(from.clone(), to.clone(), period))
    }
}

/// How a customer's credits are exported (the setting `CREDITS`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Credits {
    /// A credit is a row of its own, negative.
    #[default]
    Lines,
    /// Credits lower the customer's other rows, never below zero; the rest is carried to the next invoice.
    Net,
}

impl Credits {
    /// The name of the setting's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Net => "net",
        }
    }

    /// Reads the setting's value.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Lines, Self::Net].into_iter().find(|credits| credits.as_str() == text)
    }
}

/// Which rate of a month is taken from reference rates (the setting `FX_RATE`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RateMethod {
    /// The average of the month's days.
    #[default]
    Average,
    /// That of the month's last day.
    LastDay,
}

impl RateMethod {
    /// The name of the setting's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::LastDay => "last-day",
        }
    }

    /// Reads the setting's value.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Average, Self::LastDay].into_iter().find(|method| method.as_str() == text)
    }
}

/// What a bill run is asked to do.
#[derive(Clone, Debug)]
pub struct BillRun {
    /// Whom to invoice.
    pub target: Target,
    /// The last period to make up.
    pub period: Period,
    /// The invoice's currency.
    pub currency: Currency,
    /// How groups that begin now are rounded.
    pub rounding: Rounding,
    /// How credits are exported.
    pub credits: Credits,
    /// What a cost centre looks like.
    pub cost_centers: CostCenterPattern,
    /// The product number of lines that have none of their own.
    pub default_product_number: String,
    /// For ManagedCloudServices: the period of its first invoice ever, void or not.
    pub first_period: Option<Period>,
}

impl BillRun {
    /// The periods that this run makes up for services (rule R2): from the first one ever billed to the asked one;
    /// an older one only by itself.
    pub fn service_periods(&self) -> impl Iterator<Item = Period> + use<> {
        let first = self.first_period.unwrap_or(self.period).min(self.period);
        first.through(self.period)
    }

    /// Whether a period of the target is made up by this run.
    pub fn covers(&self, period: Period) -> bool {
        let first = match self.target {
            Target::Accounts(_) => Period::BEGINNING,
            Target::ManagedCloudServices => self.first_period.unwrap_or(self.period).min(self.period),
        };
        (first..=self.period).contains(&period)
    }
}

/// Everything a run works on.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Master data.
    pub catalog: Catalog,
    /// The cost of the versions in force: of the target's provider, or of all components.
    pub costs: Vec<CostInForce>,
    /// The lines that count, of the run's target, the oldest first.
    pub live: Vec<LiveLine>,
    /// Exchange rates.
    pub rates: Rates,
}

impl Books {
    /// The books, with accounts that were joined by an alias made one: lines of the one that has no id left are lines of
    /// the one that has its id now (rule R1).
    pub fn new(catalog: Catalog, costs: Vec<CostInForce>, live: Vec<LiveLine>, rates: Rates) -> Self {
        let mut books = Self { catalog, costs, live, rates };
        let joined = books.joined_accounts();
        if joined.is_empty() {
            return books;
        }
        for live in &mut books.live {
            if let Subject::Account(account) = &mut live.line.subject {
                *account = joined.get(account).copied().unwrap_or(*account);
            }
        }
        books
    }

    fn joined_accounts(&self) -> BTreeMap<AccountId, AccountId> {
        let without_id: Vec<&Account> =
            self.catalog.accounts.iter().filter(|account| account.keys.is_empty()).collect();
        if without_id.is_empty() {
            return BTreeMap::new();
        }
        let index = CatalogIndex::new(&self.catalog);
        without_id
            .into_iter()
            .filter_map(|account| {
                let key = account.provider.account_key(&account.provider_id);
                Some((account.id, index.account_of(&account.provider, &key)?.id))
            })
            .collect()
    }
}

/// Something that a run could not invoice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// An account's cost has no customer.
    AccountWithoutCustomer {
        /// The account.
        account: AccountId,
        /// The billing period.
        period: Period,
        /// The cost that waits, in the provider's currency.
        cost: Cost,
    },
    /// A service that should be charged has no customer.
    ServiceWithoutCustomer {
        /// The service.
        service: ServiceId,
        /// The billing period.
        period: Period,
        /// What its customer would owe, exact.
        amount: Cost,
    },
    /// A cost centre is missing or does not match the pattern: the amount is held.
    NoCostCenter {
        /// Whose cost centre it is.
        customer: CustomerId,
        /// What waits for it.
        subject: HeldSubject,
        /// The billing period.
        period: Period,
        /// What is held; an account's cost in the provider's currency.
        amount: Cost,
    },
    /// An exchange rate is missing: the cost is held.
    NoRate {
        /// What waits for it.
        subject: HeldSubject,
        /// The billing period.
        period: Period,
        /// The cost, in the provider's currency.
        cost: Cost,
    },
    /// A use is of a part that its component does not have in the period: its price is held.
    NoPart {
        /// The component.
        component: ComponentId,
        /// The part.
        part: String,
        /// The service that uses it.
        service: ServiceId,
        /// The billing period.
        period: Period,
    },
    /// The quantities of a proportional component (or of one of its parts) add up to zero: its prices are held.
    NoQuantities {
        /// The component.
        component: ComponentId,
        /// The part, where the uses are of a part.
        part: Option<String>,
        /// The billing period.
        period: Period,
    },
}

/// What a held amount belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HeldSubject {
    /// An account's cost.
    Account(AccountId),
    /// A service's price.
    Service(ServiceId),
    /// A position.
    Position(PositionId),
    /// A component's cost or the recovery of it.
    Component(ComponentId),
}

impl Finding {
    /// Whether a person has to do something before the books are complete (exit code 3). Cost that nobody is named
    /// for is only listed.
    pub fn needs_a_person(&self) -> bool {
        !matches!(self, Self::AccountWithoutCustomer { .. } | Self::ServiceWithoutCustomer { .. })
    }
}
