//! What an import adds to the master data: accounts by id, and what tags name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    catalog::{Account, Catalog, Component, ComponentTerms, Service, ServiceTerms, Use, UseTerms},
    decimal::Decimal,
    document::Content,
    history::History,
    ids::{AccountId, ComponentId, Provider, ServiceId},
    period::Period,
};

/// The percentage of a component that an import makes.
const COST_PERCENTAGE: i64 = 105;

/// What an import made, for telling: `component k8s`.
pub type Created = Vec<String>;

/// Adds the accounts, components, services and uses that content names and the catalog does not know. Account names
/// follow the provider's. `first_open` is the first period of ManagedCloudServices without invoice, where it has one.
pub fn receive(catalog: &mut Catalog, content: &Content, first_open: Option<Period>) -> Created {
    let mut created = Vec::new();
    receive_accounts(catalog, content, &mut created);
    let mut pairs: BTreeMap<(Arc<str>, Option<Arc<str>>), Period> = BTreeMap::new();
    for bucket in &content.buckets {
        if let Some(component) = &bucket.key.component_tag {
            let period =
                pairs.entry((component.clone(), bucket.key.service_tag.clone())).or_insert(bucket.key.period);
            *period = (*period).min(bucket.key.period);
        }
    }
    for ((tag, service), period) in pairs {
        let component = component_of(catalog, &tag, &mut created);
        if let Some(service) = service {
            // Before the first services invoice a tag means all periods; later, those that have its cost.
            let from = if first_open.is_some() { period } else { Period::BEGINNING };
            use_of(catalog, &service, component, &tag, from, &mut created);
        }
    }
    created
}

fn receive_accounts(catalog: &mut Catalog, content: &Content, created: &mut Created) {
    let mut places: HashMap<(Provider, String), usize> = HashMap::new();
    for (at, account) in catalog.accounts.iter().enumerate() {
        places.extend(account.keys.iter().map(|key| ((account.provider.clone(), key.clone()), at)));
    }
    let mut last = catalog.accounts.iter().map(|account| account.id.0).max().unwrap_or(0);
    for seen in &content.accounts {
        let name = if seen.name.is_empty() { None } else { Some(seen.name.clone()) };
        let place = places.entry((seen.provider.clone(), seen.key.clone()));
        let at = *place.or_insert(catalog.accounts.len());
        if let Some(account) = catalog.accounts.get_mut(at) {
            follow_name(account, name, &seen.key);
            continue;
        }
        last += 1;
        created.push(format!("account {} {}", seen.provider, seen.id));
        catalog.accounts.push(Account {
            id: AccountId(last),
            provider: seen.provider.clone(),
            provider_id: seen.id.clone(),
            keys: vec![seen.key.clone()],
            name: name.clone().unwrap_or_else(|| seen.id.clone()),
            provider_name: name,
            product_number: None,
            terms: History::default(),
        });
    }
}

/// The account's name follows the provider's while it is the provider's: one that a person gave stays.
fn follow_name(account: &mut Account, name: Option<String>, key: &str) {
    // An alias has a name of its own at the provider; the account keeps that of its first id.
    if name.is_none()
        || account.provider_name == name
        || account.keys.first().is_none_or(|first| first != key)
    {
        return;
    }
    let is_providers =
        account.name == account.provider_id || account.provider_name.as_ref() == Some(&account.name);
    if let Some(name) = name {
        if is_providers {
            account.name.clone_from(&name);
        }
        account.provider_name = Some(name);
    }
}

fn component_of(catalog: &mut Catalog, tag: &str, created: &mut Created) -> ComponentId {
    if let Some(known) =
        catalog.components.iter().find(|component| component.tags.iter().any(|known| known == tag))
    {
        return known.id;
    }
    let id = ComponentId(catalog.components.iter().map(|component| component.id.0).max().unwrap_or(0) + 1);
    let terms =
        ComponentTerms { cost_percentage: Decimal::from(COST_PERCENTAGE), ..ComponentTerms::default() };
    created.push(format!("component {tag}"));
    catalog.components.push(Component {
        id,
        name: tag.to_owned(),
        tags: vec![tag.to_owned()],
        terms: History::starting(Period::BEGINNING, terms),
        created_by_import: true,
    });
    id
}

/// The service of a tag and its use of a component, each created once: a service that already uses the component, or
/// once did, is left as it is.
fn use_of(
    catalog: &mut Catalog,
    service: &str,
    component: ComponentId,
    tag: &str,
    from: Period,
    created: &mut Created,
) {
    let is_it = |known: &Service| known.tags.iter().any(|tag| tag == service);
    let at = match catalog.services.iter().position(is_it) {
        Some(at) => at,
        None => {
            let id = ServiceId(catalog.services.iter().map(|service| service.id.0).max().unwrap_or(0) + 1);
            created.push(format!("service {service}"));
            catalog.services.push(Service {
                id,
                name: service.to_owned(),
                tags: vec![service.to_owned()],
                product_number: None,
                service_type: None,
                terms: History::starting(Period::BEGINNING, ServiceTerms::default()),
                uses: Vec::new(),
                created_by_import: true,
            });
            catalog.services.len() - 1
        }
    };
    let uses = &mut catalog.services[at].uses;
    if uses.iter().any(|known| known.component == component) {
        return;
    }
    created.push(format!("use {tag} of service {service}"));
    uses.push(Use {
        name: tag.to_owned(),
        component,
        part: None,
        terms: History::starting(from, Some(UseTerms { quantity: Decimal::one(), once: false })),
        created_by_import: true,
    });
}
