//! Master data in the ledger.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use billing_core::{
    Period,
    catalog::{
        Account, AccountTerms, Catalog, Component, ComponentTerms, Customer, Part, PartPrice, Position,
        Service, ServiceTerms, Split, Use, UseTerms,
    },
    history::History,
    ids::{AccountId, ComponentId, CustomerId, PositionId, Provider, ServiceId, Target},
};

use crate::{
    db::{Row, Transaction, Value},
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

/// The providers that accounts are of.
///
/// # Errors
/// When the ledger cannot be read.
pub fn providers(tx: &mut Transaction<'_>) -> Result<Vec<Provider>, StoreError> {
    tx.map("SELECT DISTINCT provider FROM accounts ORDER BY provider", &[], |row| fields::provider(row, 0))
}

/// Whether master data alone may owe something to a target: a position, or a service.
///
/// # Errors
/// When the ledger cannot be read.
pub fn has_dues(tx: &mut Transaction<'_>, target: &Target) -> Result<bool, StoreError> {
    let position = "SELECT id FROM positions WHERE target = ? LIMIT 1";
    let services = *target == Target::ManagedCloudServices;
    Ok(!tx.query(position, &[target.as_str().into()])?.is_empty()
        || (services && !tx.query("SELECT id FROM services LIMIT 1", &[])?.is_empty()))
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
    let mut keys: HashMap<i64, Vec<String>> = HashMap::new();
    tx.each("SELECT account_id, account_key FROM account_keys ORDER BY account_id, place", &[], |row| {
        keys.entry(row.int(0)?).or_default().push(row.text(1)?.to_owned());
        Ok(())
    })?;
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
    let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
    for row in tx.query("SELECT component_id, tag FROM component_tags ORDER BY component_id, place", &[])? {
        tags.entry(row.int(0)?).or_default().push(row.text(1)?.to_owned());
    }
    let rows = tx.query("SELECT id, name, created_by_import FROM components ORDER BY id", &[])?;
    rows.iter()
        .map(|row| {
            let id = row.int(0)?;
            Ok(Component {
                id: ComponentId(id),
                name: row.text(1)?.to_owned(),
                tags: tags.remove(&id).unwrap_or_default(),
                terms: history(&mut terms, id),
                created_by_import: row.bool(2)?,
            })
        })
        .collect()
}

fn load_services(tx: &mut Transaction<'_>) -> Result<Vec<Service>, StoreError> {
    let mut uses = load_uses(tx)?;
    let sql = "SELECT service_id, from_period, customer_id, charge FROM service_terms";
    let mut terms = load_terms(tx, sql, |row| {
        Ok(ServiceTerms { customer: row.optional_int(2)?.map(CustomerId), charge: row.bool(3)? })
    })?;
    let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
    for row in tx.query("SELECT service_id, tag FROM service_tags ORDER BY service_id, place", &[])? {
        tags.entry(row.int(0)?).or_default().push(row.text(1)?.to_owned());
    }
    let sql = "SELECT id, name, product_number, service_type, created_by_import FROM services ORDER BY id";
    let rows = tx.query(sql, &[])?;
    rows.iter()
        .map(|row| {
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
        .collect()
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
    let rows = tx.query(sql, &[])?;
    rows.iter()
        .map(|row| {
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
        .collect()
}

/// Writes what differs between two states of the master data. Entities are matched by id; none disappears, but
/// positions that were never invoiced may.
///
/// # Errors
/// When the ledger refuses it, for example because two customers would have one name.
pub fn save(tx: &mut Transaction<'_>, before: &Catalog, after: &Catalog) -> Result<(), StoreError> {
    for (customer, known) in changed(&before.customers, &after.customers, |customer| customer.id) {
        save_customer(tx, customer, known.is_some())?;
    }
    // Keys and tags move when an alias joins two entities: all that go are cleared before any is written.
    let accounts = changed(&before.accounts, &after.accounts, |account| account.id);
    for (account, known) in accounts.iter().filter_map(|(account, known)| Some((account, (*known)?))) {
        let gone = known.keys.iter().filter(|_| account.keys != known.keys);
        let gone = gone.map(|key| vec![fields::borrowed(known.provider.as_str()), fields::borrowed(key)]);
        tx.execute_each("DELETE FROM account_keys WHERE provider = ? AND account_key = ?", gone)?;
    }
    for (account, known) in accounts {
        save_account(tx, account, known)?;
    }
    let components = changed(&before.components, &after.components, |component| component.id);
    for (_, known) in &components {
        let gone = known.iter().flat_map(|known| &known.tags).map(|tag| vec![fields::borrowed(tag)]);
        tx.execute_each("DELETE FROM component_tags WHERE tag = ?", gone)?;
    }
    for (component, known) in components {
        save_component(tx, component, known.is_some())?;
    }
    let services = changed(&before.services, &after.services, |service| service.id);
    for (_, known) in &services {
        let gone = known.iter().flat_map(|known| &known.tags).map(|tag| vec![fields::borrowed(tag)]);
        tx.execute_each("DELETE FROM service_tags WHERE tag = ?", gone)?;
    }
    for (service, known) in services {
        save_service(tx, service, known.is_some())?;
    }
    save_positions(tx, before, after)
}

/// What differs from before, with what it was before.
fn changed<'a, T: PartialEq, I: Eq + Hash>(
    before: &'a [T],
    after: &'a [T],
    id: impl Fn(&T) -> I,
) -> Vec<(&'a T, Option<&'a T>)> {
    let before: HashMap<I, &T> = before.iter().map(|entity| (id(entity), entity)).collect();
    let with_known = after.iter().map(|entity| (entity, before.get(&id(entity)).copied()));
    with_known.filter(|(entity, known)| known.is_none_or(|known| known != *entity)).collect()
}

/// Updates the row of an id where it is known, or inserts it. `columns` are set to `values`; the id comes last in both
/// statements.
fn put(
    tx: &mut Transaction<'_>,
    table: &str,
    columns: &[&str],
    (id, known): (i64, bool),
    values: Vec<Value<'_>>,
) -> Result<(), StoreError> {
    let mut params = values;
    params.push(Value::Int(id));
    let sql = if known {
        format!("UPDATE {table} SET {} WHERE id = ?", columns.join(" = ?, ") + " = ?")
    } else {
        let marks = vec!["?"; columns.len() + 1].join(", ");
        format!("INSERT INTO {table} ({}, id) VALUES ({marks})", columns.join(", "))
    };
    tx.execute(&sql, &params).map(|_| ())
}

/// Removes what belonged to an entity that is known; a new one has nothing yet.
fn clear(
    tx: &mut Transaction<'_>,
    tables: &[&str],
    column: &str,
    (id, known): (i64, bool),
) -> Result<(), StoreError> {
    for table in tables.iter().filter(|_| known) {
        tx.execute(&format!("DELETE FROM {table} WHERE {column} = ?"), &[id.into()])?;
    }
    Ok(())
}

fn save_customer(tx: &mut Transaction<'_>, customer: &Customer, known: bool) -> Result<(), StoreError> {
    let id = customer.id.0;
    let email = fields::optional_text(customer.email.as_ref());
    put(tx, "customers", &["name", "email"], (id, known), vec![fields::text(&customer.name), email])?;
    clear(tx, &["customer_terms"], "customer_id", (id, known))?;
    let rows = customer.cost_center.entries().iter().map(|(from, cost_center)| {
        vec![Value::Int(id), fields::text(from), fields::optional_text(cost_center.as_ref())]
    });
    tx.execute_each(
        "INSERT INTO customer_terms (customer_id, from_period, cost_center) VALUES (?, ?, ?)",
        rows,
    )
}

fn save_account(
    tx: &mut Transaction<'_>,
    account: &Account,
    before: Option<&Account>,
) -> Result<(), StoreError> {
    let (id, known) = (account.id.0, before.is_some());
    let values = vec![
        fields::text(&account.provider),
        fields::text(&account.provider_id),
        fields::text(&account.name),
        fields::optional_text(account.provider_name.as_ref()),
        fields::optional_text(account.product_number.as_ref()),
    ];
    put(
        tx,
        "accounts",
        &["provider", "provider_id", "name", "provider_name", "product_number"],
        (id, known),
        values,
    )?;
    let keys = account.keys.iter().zip(0i64..);
    let keys =
        keys.filter(|_| before.is_none_or(|before| before.keys != account.keys)).map(|(key, place)| {
            vec![fields::text(&account.provider), fields::text(key), Value::Int(id), Value::Int(place)]
        });
    let sql = "INSERT INTO account_keys (provider, account_key, account_id, place) VALUES (?, ?, ?, ?)";
    tx.execute_each(sql, keys)?;
    clear(tx, &["account_terms"], "account_id", (id, known))?;
    let rows = account.terms.entries().iter().map(|(from, terms)| {
        let customer = terms.customer.map_or(Value::Null, |customer| Value::Int(customer.0));
        vec![Value::Int(id), fields::text(from), customer, fields::text(&terms.charge_factor)]
    });
    let sql =
        "INSERT INTO account_terms (account_id, from_period, customer_id, charge_factor) VALUES (?, ?, ?, ?)";
    tx.execute_each(sql, rows)
}

fn save_component(tx: &mut Transaction<'_>, component: &Component, known: bool) -> Result<(), StoreError> {
    let id = component.id.0;
    let values = vec![fields::text(&component.name), component.created_by_import.into()];
    put(tx, "components", &["name", "created_by_import"], (id, known), values)?;
    let tags = component.tags.iter().zip(0i64..);
    let tags = tags.map(|(tag, place)| vec![fields::text(tag), Value::Int(id), Value::Int(place)]);
    tx.execute_each("INSERT INTO component_tags (tag, component_id, place) VALUES (?, ?, ?)", tags)?;
    clear(tx, &["parts", "component_terms"], "component_id", (id, known))?;
    let rows = component.terms.entries().iter().map(|(from, terms)| {
        let owner = terms.owner.map_or(Value::Null, |owner| Value::Int(owner.0));
        let prices = [&terms.unit_price, &terms.cost_percentage, &terms.fixed_price].map(fields::text);
        let mut row = vec![Value::Int(id), fields::text(from)];
        row.extend(prices);
        row.extend([fields::text(&terms.split.as_str()), owner]);
        row
    });
    let sql = "INSERT INTO component_terms (component_id, from_period, unit_price, cost_percentage, fixed_price, \
               split, owner_id) VALUES (?, ?, ?, ?, ?, ?, ?)";
    tx.execute_each(sql, rows)?;
    let parts = component.terms.entries().iter().flat_map(|(from, terms)| {
        terms.parts.iter().zip(0i64..).map(move |(part, no)| {
            let (share, price) = match &part.price {
                PartPrice::CostShare(share) => (fields::text(share), Value::Null),
                PartPrice::PerUnit(price) => (Value::Null, fields::text(price)),
            };
            vec![Value::Int(id), fields::text(from), Value::Int(no), fields::text(&part.name), share, price]
        })
    });
    let sql = "INSERT INTO parts (component_id, from_period, part_no, name, cost_share_percentage, price_per_unit) \
               VALUES (?, ?, ?, ?, ?, ?)";
    tx.execute_each(sql, parts)
}

fn save_service(tx: &mut Transaction<'_>, service: &Service, known: bool) -> Result<(), StoreError> {
    let id = service.id.0;
    let values = vec![
        fields::text(&service.name),
        fields::optional_text(service.product_number.as_ref()),
        fields::optional_text(service.service_type.as_ref()),
        service.created_by_import.into(),
    ];
    put(
        tx,
        "services",
        &["name", "product_number", "service_type", "created_by_import"],
        (id, known),
        values,
    )?;
    let tags = service.tags.iter().zip(0i64..);
    let tags = tags.map(|(tag, place)| vec![fields::text(tag), Value::Int(id), Value::Int(place)]);
    tx.execute_each("INSERT INTO service_tags (tag, service_id, place) VALUES (?, ?, ?)", tags)?;
    clear(tx, &["use_terms", "uses", "service_terms"], "service_id", (id, known))?;
    let rows = service.terms.entries().iter().map(|(from, terms)| {
        let customer = terms.customer.map_or(Value::Null, |customer| Value::Int(customer.0));
        vec![Value::Int(id), fields::text(from), customer, terms.charge.into()]
    });
    let sql = "INSERT INTO service_terms (service_id, from_period, customer_id, charge) VALUES (?, ?, ?, ?)";
    tx.execute_each(sql, rows)?;
    let uses = service.uses.iter().zip(0i64..).map(|(of_service, no)| {
        let part = fields::optional_text(of_service.part.as_ref());
        let component = Value::Int(of_service.component.0);
        let made = of_service.created_by_import.into();
        vec![Value::Int(id), Value::Int(no), fields::text(&of_service.name), component, part, made]
    });
    let sql = "INSERT INTO uses (service_id, use_no, name, component_id, part, created_by_import) \
               VALUES (?, ?, ?, ?, ?, ?)";
    tx.execute_each(sql, uses)?;
    let terms = service.uses.iter().zip(0i64..).flat_map(|(of_service, no)| {
        of_service.terms.entries().iter().map(move |(from, terms)| {
            let quantity = fields::optional_text(terms.as_ref().map(|terms| &terms.quantity));
            let once = terms.as_ref().is_some_and(|terms| terms.once).into();
            vec![Value::Int(id), Value::Int(no), fields::text(from), quantity, once]
        })
    });
    let sql =
        "INSERT INTO use_terms (service_id, use_no, from_period, quantity, once) VALUES (?, ?, ?, ?, ?)";
    tx.execute_each(sql, terms)
}

fn save_positions(tx: &mut Transaction<'_>, before: &Catalog, after: &Catalog) -> Result<(), StoreError> {
    let kept: HashSet<PositionId> = after.positions.iter().map(|position| position.id).collect();
    for gone in before.positions.iter().filter(|known| !kept.contains(&known.id)) {
        tx.execute("DELETE FROM positions WHERE id = ?", &[gone.id.0.into()])?;
    }
    for (position, known) in changed(&before.positions, &after.positions, |position| position.id) {
        let values = vec![
            fields::optional_text(position.external_id.as_ref()),
            position.customer.0.into(),
            fields::text(&position.target),
            fields::text(&position.reason),
            fields::text(&position.amount),
            fields::text(&position.from),
        ];
        let columns = ["external_id", "customer_id", "target", "reason", "amount", "from_period"];
        put(tx, "positions", &columns, (position.id.0, known.is_some()), values)?;
    }
    Ok(())
}
