//! The catalog file: YAML, with the line of everything that may be wrong. Numbers are read as text, so `1.10` and
//! `"1.10"` are the same number and no float is between.

mod node;
mod write;

use billing_core::{
    Decimal,
    apply::{
        AccountEntry, CatalogFile, ComponentEntry, CustomerEntry, Located, PartEntry, PositionEntry, Remark,
        ServiceEntry, UseEntry,
    },
    catalog::{PartPrice, Split},
};
use marked_yaml::LoaderOptions;

use node::Mapping;
pub use write::{quoted, write};

/// Reads a catalog file.
///
/// # Errors
/// All that is wrong with its form, by line: unknown keys, missing values, numbers that are none.
pub fn parse(text: &str) -> Result<CatalogFile, Vec<Remark>> {
    if text.trim().is_empty()
        || text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
    {
        return Ok(CatalogFile::default());
    }
    let options = LoaderOptions::default().error_on_duplicate_keys(true).prevent_coercion(true);
    let root = marked_yaml::parse_yaml_with_options(0, text, options)
        .map_err(|error| vec![node::load_error(&error)])?;
    let mut problems = Vec::new();
    let file = catalog(&root, &mut problems);
    if problems.is_empty() { Ok(file) } else { Err(problems) }
}

const KEYS: [&str; 6] = ["currency", "customers", "accounts", "components", "services", "positions"];

fn catalog(root: &marked_yaml::Node, problems: &mut Vec<Remark>) -> CatalogFile {
    let Some(root) = Mapping::of(root, "the catalog", &KEYS, problems) else { return CatalogFile::default() };
    CatalogFile {
        currency: root.text("currency", problems),
        customers: root.list("customers", problems, customer),
        accounts: root.list("accounts", problems, account),
        components: root.list("components", problems, component),
        services: root.list("services", problems, service),
        positions: root.list("positions", problems, position),
    }
}

fn customer(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<CustomerEntry> {
    let map = Mapping::of(node, "a customer", &["name", "previous_name", "email", "cost_center"], problems)?;
    Some(CustomerEntry {
        name: map.required("name", problems)?,
        previous_name: map.text("previous_name", problems),
        email: map.nullable("email", problems),
        cost_center: map.nullable("cost_center", problems),
    })
}

fn account(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<AccountEntry> {
    let keys = ["provider", "id", "name", "customer", "charge_factor", "product_number", "aliases"];
    let map = Mapping::of(node, "an account", &keys, problems)?;
    Some(AccountEntry {
        provider: map.required("provider", problems)?,
        id: map.required("id", problems)?,
        name: map.text("name", problems).map(|name| name.value),
        customer: map.nullable("customer", problems),
        charge_factor: map.number("charge_factor", problems),
        product_number: plain(map.nullable("product_number", problems)),
        aliases: map.list("aliases", problems, node::scalar),
    })
}

fn component(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<ComponentEntry> {
    let keys =
        ["name", "previous_name", "unit_price", "cost_percentage", "fixed_price", "split", "owner", "parts"];
    let map = Mapping::of(node, "a component", &keys, problems)?;
    let split = map.text("split", problems).and_then(|text| {
        let split = Split::parse(&text.value);
        if split.is_none() {
            let message = format!("split '{}' is unknown: write as-given or proportional", text.value);
            problems.push(Remark { line: text.line, message });
        }
        split
    });
    Some(ComponentEntry {
        name: map.required("name", problems)?,
        previous_name: map.text("previous_name", problems),
        unit_price: map.number("unit_price", problems).map(|number| number.value),
        cost_percentage: map.number("cost_percentage", problems),
        fixed_price: map.number("fixed_price", problems).map(|number| number.value),
        split,
        owner: map.nullable("owner", problems),
        parts: map.optional_list("parts", problems, part),
    })
}

fn part(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<PartEntry> {
    let map = Mapping::of(node, "a part", &["name", "cost_share_percentage", "price_per_unit"], problems)?;
    let name = map.required("name", problems)?;
    let (share, price) =
        (map.number("cost_share_percentage", problems), map.number("price_per_unit", problems));
    let price = match (share, price) {
        (Some(share), None) => PartPrice::CostShare(share.value),
        (None, Some(price)) => PartPrice::PerUnit(price.value),
        (share, _) => {
            let what = if share.is_some() { "both" } else { "neither" };
            let message = format!(
                "part '{}' has {what} of cost_share_percentage and price_per_unit: give exactly one",
                name.value
            );
            problems.push(Remark { line: name.line, message });
            return None;
        }
    };
    Some(PartEntry { name, price })
}

fn service(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<ServiceEntry> {
    let keys = ["name", "previous_name", "customer", "product_number", "type", "charge", "uses"];
    let map = Mapping::of(node, "a service", &keys, problems)?;
    Some(ServiceEntry {
        name: map.required("name", problems)?,
        previous_name: map.text("previous_name", problems),
        customer: map.nullable("customer", problems),
        product_number: plain(map.nullable("product_number", problems)),
        service_type: plain(map.nullable("type", problems)),
        charge: map.flag("charge", problems),
        uses: map.optional_list("uses", problems, of_service),
    })
}

fn of_service(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<UseEntry> {
    let map = Mapping::of(node, "a use", &["name", "component", "part", "quantity", "once"], problems)?;
    Some(UseEntry {
        name: map.required("name", problems)?,
        component: map.required("component", problems)?,
        part: map.nullable("part", problems).flatten(),
        quantity: map.number("quantity", problems),
        once: map.flag("once", problems).unwrap_or(false),
    })
}

fn position(node: &marked_yaml::Node, problems: &mut Vec<Remark>) -> Option<PositionEntry> {
    let map = Mapping::of(node, "a position", &["id", "customer", "target", "reason", "amount"], problems)?;
    let amount: Option<Located<Decimal>> = map.number("amount", problems);
    if amount.is_none() {
        map.required("amount", problems)?;
    }
    Some(PositionEntry {
        id: map.text("id", problems),
        customer: map.required("customer", problems)?,
        target: map.required("target", problems)?,
        reason: map.required("reason", problems)?,
        amount: amount?,
    })
}

fn plain(text: Option<Option<Located<String>>>) -> Option<Option<String>> {
    text.map(|text| text.map(|text| text.value))
}
