//! Master data: customers, accounts, components with parts, services with uses, positions.

use std::collections::HashMap;

use crate::{
    cost_center::CostCenterPattern,
    decimal::Decimal,
    history::History,
    ids::{AccountId, ComponentId, CustomerId, PositionId, Provider, ServiceId, Target},
    period::Period,
};

/// Who gets invoices and mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    /// Its id in the ledger.
    pub id: CustomerId,
    /// Its name, unique.
    pub name: String,
    /// Where statements are mailed to; without one there is no mail.
    pub email: Option<String>,
    /// The cost centre that its lines are booked to. May be unset or not match the pattern: then its cost is held.
    pub cost_center: History<Option<String>>,
}

impl Customer {
    /// The valid cost centre for a period. The first valid one holds for the periods that were held for want of it.
    pub fn cost_center_at(&self, period: Period, pattern: &CostCenterPattern) -> Option<&str> {
        let valid = |value: &Option<String>| pattern.valid(value.as_deref()).is_some();
        self.cost_center.at_or_first(period, valid).and_then(|value| value.as_deref())
    }
}

/// What an account owes under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountTerms {
    /// Who pays; nobody yet where the cost is unallocated.
    pub customer: Option<CustomerId>,
    /// What the cost is multiplied with. Not negative.
    pub charge_factor: Decimal,
}

impl Default for AccountTerms {
    fn default() -> Self {
        Self { customer: None, charge_factor: Decimal::one() }
    }
}

/// A subscription, account or project at a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id in the ledger.
    pub id: AccountId,
    /// Its provider.
    pub provider: Provider,
    /// The provider's id as first written.
    pub provider_id: String,
    /// The ids in normal form under which it is known: its own, and those joined by `aliases`.
    pub keys: Vec<String>,
    /// Its name; follows the provider's.
    pub name: String,
    /// The name that the provider last gave it; a catalog file may have named it otherwise since.
    pub provider_name: Option<String>,
    /// The product number of its lines.
    pub product_number: Option<String>,
    /// Customer and factor.
    pub terms: History<AccountTerms>,
}

impl Account {
    /// Customer and factor for a period. The first customer holds for the periods before it too (rule R5).
    pub fn terms_at(&self, period: Period) -> Option<&AccountTerms> {
        self.terms.at_or_first(period, |terms| terms.customer.is_some())
    }
}

/// How the quantities of a component's uses are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Split {
    /// Each use pays its quantity, whatever the others have.
    #[default]
    AsGiven,
    /// Each use pays its quantity's share in the sum of all quantities, so that all is recovered.
    Proportional,
}

impl Split {
    /// The name in the catalog file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsGiven => "as-given",
            Self::Proportional => "proportional",
        }
    }

    /// Reads the name in the catalog file.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AsGiven, Self::Proportional].into_iter().find(|split| split.as_str() == text)
    }
}

/// How a part of a component is priced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PartPrice {
    /// This percentage of the component's prices and cost.
    CostShare(Decimal),
    /// A price of its own for each unit, instead of all other prices.
    PerUnit(Decimal),
}

/// A priced aspect of a component: its CPU, its storage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name, unique within the component.
    pub name: String,
    /// Its price.
    pub price: PartPrice,
}

/// The prices of a component.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ComponentTerms {
    /// Price × quantity.
    pub unit_price: Decimal,
    /// Percentage of the component's billed cost × quantity.
    pub cost_percentage: Decimal,
    /// Once per use.
    pub fixed_price: Decimal,
    /// How quantities are taken.
    pub split: Split,
    /// Who gets the recovered cost as a credit.
    pub owner: Option<CustomerId>,
    /// Its parts.
    pub parts: Vec<Part>,
}

impl ComponentTerms {
    /// The price of the part of this name.
    pub fn part(&self, name: &str) -> Option<&PartPrice> {
        self.parts.iter().find(|part| part.name == name).map(|part| &part.price)
    }
}

/// What costs money and is shared: a cluster, a database server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Component {
    /// Its id in the ledger.
    pub id: ComponentId,
    /// Its name, unique.
    pub name: String,
    /// The values of the component tag that mean it: its name, and those it had before.
    pub tags: Vec<String>,
    /// Its prices.
    pub terms: History<ComponentTerms>,
    /// Whether an import made it from a tag.
    pub created_by_import: bool,
}

/// How much of a component a service uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UseTerms {
    /// The quantity. Not negative.
    pub quantity: Decimal,
    /// Owed once ever, in its first period.
    pub once: bool,
}

/// A service's use of a component. It is known by service, name, component and part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// The component.
    pub component: ComponentId,
    /// The part of the component, if it is only of a part.
    pub part: Option<String>,
    /// The quantity from a period on; `None` where the use has ended.
    pub terms: History<Option<UseTerms>>,
    /// Whether an import made it from tags.
    pub created_by_import: bool,
}

impl Use {
    /// The quantity in a period; `None` where the use does not exist in it.
    pub fn at(&self, period: Period) -> Option<&UseTerms> {
        self.terms.at(period).and_then(Option::as_ref)
    }
}

/// Who pays for a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceTerms {
    /// Who pays; nobody yet where it is not invoiced.
    pub customer: Option<CustomerId>,
    /// Whether it is invoiced; else it is only shown.
    pub charge: bool,
}

impl Default for ServiceTerms {
    fn default() -> Self {
        Self { customer: None, charge: true }
    }
}

/// What a customer has, and which components it uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its id in the ledger.
    pub id: ServiceId,
    /// Its name, unique.
    pub name: String,
    /// The values of the service tag that mean it: its name, and those it had before.
    pub tags: Vec<String>,
    /// The product number of its lines.
    pub product_number: Option<String>,
    /// What kind of service it is, for people: `kubernetes`.
    pub service_type: Option<String>,
    /// Who pays.
    pub terms: History<ServiceTerms>,
    /// Its uses, also those that have ended.
    pub uses: Vec<Use>,
    /// Whether an import made it from a tag.
    pub created_by_import: bool,
}

impl Service {
    /// Who pays in a period. The first customer holds for the periods before it too.
    pub fn customer_at(&self, period: Period) -> Option<CustomerId> {
        self.terms.at_or_first(period, |terms| terms.customer.is_some()).and_then(|terms| terms.customer)
    }

    /// Whether it is invoiced in a period: as it was said when it got the customer that holds for the period.
    pub fn is_charged_at(&self, period: Period) -> bool {
        let with_customer = self.terms.at_or_first(period, |terms| terms.customer.is_some());
        with_customer.or_else(|| self.terms.at_or_first(period, |_| true)).is_none_or(|terms| terms.charge)
    }
}

/// A manual credit or fee, owed once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// Its id in the ledger.
    pub id: PositionId,
    /// Its id in the catalog file, where it has one.
    pub external_id: Option<String>,
    /// Who pays or gets it.
    pub customer: CustomerId,
    /// On whose invoice.
    pub target: Target,
    /// What it is for: the name of its line.
    pub reason: String,
    /// How much, in the invoice currency; negative for a credit.
    pub amount: Decimal,
    /// The first period it may be invoiced in.
    pub from: Period,
}

/// All master data.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Catalog {
    pub customers: Vec<Customer>,
    pub accounts: Vec<Account>,
    pub components: Vec<Component>,
    pub services: Vec<Service>,
    pub positions: Vec<Position>,
}

/// Look-ups in a catalog.
pub struct CatalogIndex<'c> {
    customers: HashMap<CustomerId, &'c Customer>,
    accounts: HashMap<AccountId, &'c Account>,
    account_keys: HashMap<(&'c Provider, &'c str), &'c Account>,
    components: HashMap<ComponentId, &'c Component>,
    component_tags: HashMap<&'c str, &'c Component>,
    services: HashMap<ServiceId, &'c Service>,
}

impl<'c> CatalogIndex<'c> {
    /// The look-ups of a catalog.
    pub fn new(catalog: &'c Catalog) -> Self {
        let accounts = || catalog.accounts.iter();
        Self {
            customers: catalog.customers.iter().map(|customer| (customer.id, customer)).collect(),
            accounts: accounts().map(|account| (account.id, account)).collect(),
            account_keys: accounts()
                .flat_map(|account| {
                    account.keys.iter().map(move |key| ((&account.provider, key.as_str()), account))
                })
                .collect(),
            components: catalog.components.iter().map(|component| (component.id, component)).collect(),
            component_tags: catalog
                .components
                .iter()
                .flat_map(|component| component.tags.iter().map(move |tag| (tag.as_str(), component)))
                .collect(),
            services: catalog.services.iter().map(|service| (service.id, service)).collect(),
        }
    }

    /// The customer of an id.
    pub fn customer(&self, id: CustomerId) -> Option<&'c Customer> {
        self.customers.get(&id).copied()
    }

    /// The account of an id.
    pub fn account(&self, id: AccountId) -> Option<&'c Account> {
        self.accounts.get(&id).copied()
    }

    /// The account that a provider's id in normal form means.
    pub fn account_of(&self, provider: &Provider, key: &str) -> Option<&'c Account> {
        // The map's key borrows from the catalog; a look-up may borrow for less long.
        let accounts: &HashMap<(&Provider, &str), &'c Account> = &self.account_keys;
        accounts.get(&(provider, key)).copied()
    }

    /// The component of an id.
    pub fn component(&self, id: ComponentId) -> Option<&'c Component> {
        self.components.get(&id).copied()
    }

    /// The component that a tag means.
    pub fn component_of(&self, tag: &str) -> Option<&'c Component> {
        self.component_tags.get(tag).copied()
    }

    /// The service of an id.
    pub fn service(&self, id: ServiceId) -> Option<&'c Service> {
        self.services.get(&id).copied()
    }
}
