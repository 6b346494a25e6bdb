//! Writes what differs between two states of the master data.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use billing_core::{
    catalog::{Account, Catalog, Component, Customer, PartPrice, Service},
    ids::PositionId,
};

use crate::{
    db::{Transaction, Value},
    error::StoreError,
    fields,
};

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
    let gone = components.iter().filter_map(|(_, known)| *known).flat_map(|known| &known.tags);
    delete_tags(tx, "component_tags", gone)?;
    for (component, known) in components {
        save_component(tx, component, known.is_some())?;
    }
    let services = changed(&before.services, &after.services, |service| service.id);
    let gone = services.iter().filter_map(|(_, known)| *known).flat_map(|known| &known.tags);
    delete_tags(tx, "service_tags", gone)?;
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

fn delete_tags<'t>(
    tx: &mut Transaction<'_>,
    table: &str,
    tags: impl Iterator<Item = &'t String>,
) -> Result<(), StoreError> {
    let rows = tags.map(|tag| vec![fields::borrowed(tag)]);
    tx.execute_each(&format!("DELETE FROM {table} WHERE tag = ?"), rows)
}

/// Writes the tags that name an entity, in their order.
fn insert_tags(
    tx: &mut Transaction<'_>,
    table: &str,
    (column, id): (&str, i64),
    tags: &[String],
) -> Result<(), StoreError> {
    let rows = tags.iter().zip(0i64..);
    let rows = rows.map(|(tag, place)| vec![fields::text(tag), Value::Int(id), Value::Int(place)]);
    tx.execute_each(&format!("INSERT INTO {table} (tag, {column}, place) VALUES (?, ?, ?)"), rows)
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
    insert_tags(tx, "component_tags", ("component_id", id), &component.tags)?;
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
    insert_tags(tx, "service_tags", ("service_id", id), &service.tags)?;
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
