//! Reads the master data.

use std::collections::HashMap;

use billing_core::{
    Period,
    catalog::{
        Account, AccountTerms, Catalog, Component, ComponentTerms, Customer, Part, PartPrice, Position,
        Service, ServiceTerms, Split, Use, UseTerms,
    },
    history::History,
    ids::{AccountId, ComponentId, CustomerId, PositionId, ServiceId, Target},
};

use crate::{
    db::{Row, Transaction},
    error::StoreError,
    fields::{self, Texts},
};

type Entries<T> = HashMap<i64, Vec<(Period, T)>>;

/// All master data.
///
/// # Errors
/// When the ledger cannot be read.
pub fn load(tx: &mut Transaction<'_>) -> Result<Catalog, StoreError> {
    Ok(Catalog {
        customers: load_customers(tx)?,
        accounts: load_accounts(tx)?,
        components: load_components(tx)?,
        services: load_services(tx)?,
        positions: load_positions(tx)?,
    })
}

/// Collects the rows of a table of terms: owner, period, then what `value` reads.
fn load_terms<T>(
    tx: &mut Transaction<'_>,
    sql: &str,
    value: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Entries<T>, StoreError> {
    let mut entries: Entries<T> = HashMap::new();
    tx.each(sql, &[], |row| {
        entries.entry(row.int(0)?).or_default().push((fields::period(row, 1)?, value(row)?));
        Ok(())
    })?;
    Ok(entries)
}

/// The texts of each owner, in the order of the rows.
fn load_lists(tx: &mut Transaction<'_>, sql: &str) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let mut lists: HashMap<i64, Vec<String>> = HashMap::new();
    tx.each(sql, &[], |row| {
        lists.entry(row.int(0)?).or_default().push(row.text(1)?.to_owned());
        Ok(())
    })?;
    Ok(lists)
}

fn history<T: Clone + PartialEq>(entries: &mut Entries<T>, id: i64) -> History<T> {
    History::of(entries.remove(&id).unwrap_or_default())
}

fn load_customers(tx: &mut Transaction<'_>) -> Result<Vec<Customer>, StoreError> {
    let sql = "SELECT customer_id, from_period, cost_center FROM customer_terms";
    let mut cost_centers = load_terms(tx, sql, |row| fields::optional_string(row, 2))?;
    tx.map("SELECT id, name, email FROM customers ORDER BY id", &[], |row| {
        let id = row.int(0)?;
        Ok(Customer {
            id: CustomerId(id),
            name: row.text(1)?.to_owned(),
            email: fields::optional_string(row, 2)?,
            cost_center: history(&mut cost_centers, id),
        })
    })
}

fn load_accounts(tx: &mut Transaction<'_>) -> Result<Vec<Account>, StoreError> {
    let mut keys =
        load_lists(tx, "SELECT account_id, account_key FROM account_keys ORDER BY account_id, place")?;
    let sql = "SELECT account_id, from_period, customer_id, charge_factor FROM account_terms";
    let mut terms = load_terms(tx, sql, |row| {
        let customer = row.optional_int(2)?.map(CustomerId);
        Ok(AccountTerms { customer, charge_factor: fields::decimal(row, 3)? })
    })?;
    let sql =
        "SELECT id, provider, provider_id, name, provider_name, product_number FROM accounts ORDER BY id";
    let mut texts = Texts::default();
    tx.map(sql, &[], |row| {
        let id = row.int(0)?;
        Ok(Account {
            id: AccountId(id),
            provider: texts.provider(row, 1)?,
            provider_id: row.text(2)?.to_owned(),
            keys: keys.remove(&id).unwrap_or_default(),
            name: row.text(3)?.to_owned(),
            provider_name: fields::optional_string(row, 4)?,
            product_number: fields::optional_string(row, 5)?,
            terms: history(&mut terms, id),
        })
    })
}

fn load_components(tx: &mut Transaction<'_>) -> Result<Vec<Component>, StoreError> {
    let mut parts: HashMap<(i64, Period), Vec<Part>> = HashMap::new();
    let sql = "SELECT component_id, from_period, name, cost_share_percentage, price_per_unit FROM parts \
               ORDER BY component_id, from_period, part_no";
    for row in tx.query(sql, &[])? {
        let price = match (fields::optional_decimal(&row, 3)?, fields::optional_decimal(&row, 4)?) {
            (_, Some(price)) => PartPrice::PerUnit(price),
            (share, None) => PartPrice::CostShare(share.unwrap_or_default()),
        };
        let part = Part { name: row.text(2)?.to_owned(), price };
        parts.entry((row.int(0)?, fields::period(&row, 1)?)).or_default().push(part);
    }
    let sql = "SELECT component_id, from_period, unit_price, cost_percentage, fixed_price, split, owner_id \
               FROM component_terms";
    let mut terms = load_terms(tx, sql, |row| {
        Ok(ComponentTerms {
            unit_price: fields::decimal(row, 2)?,
            cost_percentage: fields::decimal(row, 3)?,
            fixed_price: fields::decimal(row, 4)?,
            split: fields::parsed(row, 5, "a split", Split::parse)?,
            owner: row.optional_int(6)?.map(CustomerId),
            parts: parts.get(&(row.int(0)?, fields::period(row, 1)?)).cloned().unwrap_or_default(),
        })
    })?;
    let mut tags =
        load_lists(tx, "SELECT component_id, tag FROM component_tags ORDER BY component_id, place")?;
    tx.map("SELECT id, name, created_by_import FROM components ORDER BY id", &[], |row| {
        let id = row.int(0)?;
        Ok(Component {
            id: ComponentId(id),
            name: row.text(1)?.to_owned(),
            tags: tags.remove(&id).unwrap_or_default(),
            terms: history(&mut terms, id),
            created_by_import: row.bool(2)?,
        })
    })
}

fn load_services(tx: &mut Transaction<'_>) -> Result<Vec<Service>, StoreError> {
    let mut uses = load_uses(tx)?;
    let sql = "SELECT service_id, from_period, customer_id, charge FROM service_terms";
    let mut terms = load_terms(tx, sql, |row| {
        Ok(ServiceTerms { customer: row.optional_int(2)?.map(CustomerId), charge: row.bool(3)? })
    })?;
    let mut tags = load_lists(tx, "SELECT service_id, tag FROM service_tags ORDER BY service_id, place")?;
    let sql = "SELECT id, name, product_number, service_type, created_by_import FROM services ORDER BY id";
    tx.map(sql, &[], |row| {
        let id = row.int(0)?;
        Ok(Service {
            id: ServiceId(id),
            name: row.text(1)?.to_owned(),
            tags: tags.remove(&id).unwrap_or_default(),
            product_number: fields::optional_string(row, 2)?,
            service_type: fields::optional_string(row, 3)?,
            terms: history(&mut terms, id),
            uses: uses.remove(&id).unwrap_or_default(),
            created_by_import: row.bool(4)?,
        })
    })
}

fn load_uses(tx: &mut Transaction<'_>) -> Result<HashMap<i64, Vec<Use>>, StoreError> {
    let mut terms: HashMap<_, Vec<(Period, Option<UseTerms>)>> = HashMap::new();
    for row in tx.query("SELECT service_id, use_no, from_period, quantity, once FROM use_terms", &[])? {
        let once = row.bool(4)?;
        let value = fields::optional_decimal(&row, 3)?.map(|quantity| UseTerms { quantity, once });
        terms.entry((row.int(0)?, row.int(1)?)).or_default().push((fields::period(&row, 2)?, value));
    }
    let mut uses: HashMap<i64, Vec<Use>> = HashMap::new();
    let sql = "SELECT service_id, use_no, name, component_id, part, created_by_import FROM uses \
               ORDER BY service_id, use_no";
    for row in tx.query(sql, &[])? {
        let key = (row.int(0)?, row.int(1)?);
        uses.entry(key.0).or_default().push(Use {
            name: row.text(2)?.to_owned(),
            component: ComponentId(row.int(3)?),
            part: fields::optional_string(&row, 4)?,
            terms: History::of(terms.remove(&key).unwrap_or_default()),
            created_by_import: row.bool(5)?,
        });
    }
    Ok(uses)
}

fn load_positions(tx: &mut Transaction<'_>) -> Result<Vec<Position>, StoreError> {
    let sql =
        "SELECT id, external_id, customer_id, target, reason, amount, from_period FROM positions ORDER BY id";
    tx.map(sql, &[], |row| {
        Ok(Position {
            id: PositionId(row.int(0)?),
            external_id: fields::optional_string(row, 1)?,
            customer: CustomerId(row.int(2)?),
            target: Target::named(row.text(3)?),
            reason: row.text(4)?.to_owned(),
            amount: fields::decimal(row, 5)?,
            from: fields::period(row, 6)?,
        })
    })
}
