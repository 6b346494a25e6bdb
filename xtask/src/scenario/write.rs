//! `xtask scenario`: writes a month into a folder, with everything that is needed to play and to check it.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{CURRENCY, Digits, MONTH, Provider, Scenario, make};

const USAGE: &str =
    "usage: cargo run -p xtask -- scenario --seed S --provider aws|azure|gcp|focus --out DIR [--rows N]";
/// The number of usage rows where none is given.
const ROWS: usize = 200;

/// Carries out the command with its arguments.
///
/// # Errors
/// When an argument is wrong or a file cannot be written.
pub fn run(arguments: &[&str]) -> Result<String, String> {
    let (mut seed, mut provider, mut out, mut rows) = (None, None, None, ROWS);
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value\n{USAGE}", pair.concat())) };
        let wrong = || format!("{name} cannot be '{value}'\n{USAGE}");
        match *name {
            "--seed" => seed = Some(value.parse().map_err(|_| wrong())?),
            "--provider" => provider = Some(Provider::named(value).ok_or_else(wrong)?),
            "--out" => out = Some(Path::new(*value)),
            "--rows" => rows = value.parse().map_err(|_| wrong())?,
            _ => return Err(format!("there is no {name}\n{USAGE}")),
        }
    }
    let (Some(seed), Some(provider), Some(out)) = (seed, provider, out) else { return Err(USAGE.to_owned()) };
    let scenario = make(provider, seed, rows, Digits::Many);
    write(&scenario, out)?;
    Ok(format!(
        "{} rows, and {} later, in {}\n",
        scenario.versions[0].len(),
        scenario.versions[1].len(),
        out.display()
    ))
}

/// Writes a scenario: `catalog.yaml`, `settings.env`, `rates.json`, and in `first` and `later` the month in all forms,
/// `control.json` (by form) and `expected.json`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(scenario: &Scenario, out: &Path) -> Result<(), String> {
    let settings = scenario.settings().into_iter().map(|(name, value)| format!("{name}={value}\n"));
    put(out, "settings.env", &settings.collect::<String>())?;
    put(out, "catalog.yaml", &scenario.catalog())?;
    let rate = |(from, rate): &(&str, &str)| {
        let months = [MONTH.before().to_string(), MONTH.to_string()];
        json!({ "from": from, "to": CURRENCY, "months": months, "rate": rate })
    };
    put_json(out, "rates.json", &scenario.rates.iter().map(rate).collect())?;
    for (version, name) in ["first", "later"].into_iter().enumerate() {
        let folder = out.join(name);
        let mut controls = serde_json::Map::new();
        for form in scenario.provider.forms() {
            put(&folder, form.file(), &form.text(&scenario.table(version, *form)))?;
            controls.insert(form.file().to_owned(), scenario.control(version, *form)?);
        }
        if scenario.provider == Provider::Aws {
            for (path, text) in scenario.delivery(version) {
                put(&folder, &format!("aws-delivery/{path}"), &text)?;
            }
        }
        put_json(&folder, "control.json", &Value::Object(controls))?;
        put_json(&folder, "expected.json", &scenario.expected(version)?)?;
    }
    Ok(())
}

fn put_json(folder: &Path, name: &str, value: &Value) -> Result<(), String> {
    put(folder, name, &format!("{value:#}\n"))
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// Customers, and accounts with their terms. What the provider names keeps that name.
pub fn catalog(scenario: &Scenario) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut yaml = format!("currency: {CURRENCY}\ncustomers:\n");
    for customer in &scenario.customers {
        yaml.push_str(&format!("  - name: {}\n", quoted(&customer.name)));
        if let Some(cost_center) = &customer.cost_center {
            yaml.push_str(&format!("    cost_center: {}\n", quoted(cost_center)));
        }
    }
    yaml.push_str("accounts:\n");
    for account in &scenario.accounts {
        yaml.push_str(&format!("  - provider: {}\n    id: {}\n", account.provider, quoted(&account.id)));
        yaml.push_str(&format!("    charge_factor: {}\n", account.factor));
        let customer = account.customer.map(|customer| scenario.customers[customer].name.as_str());
        let optional = [
            ("name", account.catalog_name.as_deref()),
            ("customer", customer),
            ("product_number", account.product_number.as_deref()),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                yaml.push_str(&format!("    {key}: {}\n", quoted(value)));
            }
        }
    }
    yaml
}
