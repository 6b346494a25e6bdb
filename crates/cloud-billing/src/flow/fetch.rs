//! Fetches a provider's documents: what the settings name becomes files on this machine, which are then read like those
//! that a person names.

use std::{collections::HashSet, path::Path};

use anyhow::{Context as _, Result, bail};
use billing_core::Period;
use billing_detail::Input;
use billing_providers::{Importer, delivery::Wanted};
use billing_remote::{
    FetchedFile, Http, Location, ObjectStore,
    aws::{ListedAccount, Organization},
    azure::{AzureManager, BillingScope},
    fetch_documents,
    google::{BigQuery, BillingTable, Months},
};
use tempfile::TempDir;

use super::usage;
use crate::{app::App, config::providers::not_understood};

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The files.
    pub inputs: Vec<Input>,
    /// The billing period, where a manifest or the question tells it.
    pub period: Option<Period>,
    /// The rows that a manifest says a file has, by the file's name.
    pub told: Vec<(String, u64)>,
    /// What lay beside them and is no part of a bill by its name.
    pub left_out: Vec<String>,
    /// The folder that they are in, which is removed with this.
    pub folder: TempDir,
}

/// Where a provider delivers to a bucket, the setting that names it and that of the report's name.
const DELIVERED: &[(&str, &str, Option<&str>)] = &[
    ("aws-cur", "AWS_CUR_URL", Some("AWS_CUR_REPORT")),
    ("azure-usage", "AZURE_EXPORT_URL", None),
    ("focus", "FOCUS_URL", None),
];

/// Importers whose folders hold months and older writings beside each other: without a manifest nobody knows which files
/// are the bill.
const NEED_MANIFEST: &[&str] = &["aws-cur", "azure-usage"];

/// Fetches the documents of an importer: from where the settings say that they are delivered, else from the provider
/// itself. Without a period the newest that is delivered is meant, of what must be asked for last month's.
///
/// # Errors
/// When a setting is missing (a wrong call), and when the provider refuses, has nothing, or does not deliver all of it.
pub fn documents(app: &App, importer: &Importer, period: Option<Period>) -> Result<Fetched> {
    let set = |name: &str| app.settings.providers.get(name);
    for (name, url, report) in DELIVERED {
        if let Some(address) = set(url).filter(|_| importer.name == *name) {
            let location = Location::parse(address).map_err(|error| not_understood(url, error))?;
            let wanted = Wanted { period, report: report.and_then(set) };
            let fetched = delivered(app, importer, &[location], wanted)?;
            if fetched.period.is_none() && NEED_MANIFEST.contains(name) {
                bail!(
                    "{address}: there is no manifest, so nobody knows which files are the bill: set {url} to the folder \
                     that {name} is delivered to, or name files with -f FILE"
                );
            }
            return Ok(fetched);
        }
    }
    let period = period.unwrap_or_else(|| app.last_month());
    let folder = temporary()?;
    let world =
        World { app, http: Http::new(&app.settings.remote)?, folder: folder.path(), importer, period };
    let files = match importer.name {
        "azure-usage" => world.cost_details()?,
        "azure-reservations" => {
            let (azure, scope) = world.azure()?;
            azure.reservation_transactions(&scope, period, world.folder)?
        }
        "azure-marketplace" => {
            let (azure, scope) = world.azure()?;
            azure.marketplace_charges(&scope, period, world.folder)?
        }
        "gcp-bigquery" => world.billing_table()?,
        "aws-accounts" => world.accounts()?,
        name => {
            return Err(usage(format!("{name} is read from files: name them with -f FILE{}", or_set(name))));
        }
    };
    let inputs = files.into_iter().map(|file| Input::File { name: file.name, path: file.path }).collect();
    Ok(Fetched { inputs, period: Some(period), told: Vec::new(), left_out: Vec::new(), folder })
}

fn or_set(name: &str) -> String {
    let setting = DELIVERED.iter().find(|(known, ..)| *known == name).map(|(_, url, _)| *url);
    setting.map(|setting| format!(", or set {setting} to where they are delivered")).unwrap_or_default()
}

/// Fetches the documents that lie at addresses of object stores.
///
/// # Errors
/// As for [`fetch_documents`], and when a setting of the store is missing.
pub fn delivered(
    app: &App,
    importer: &Importer,
    addresses: &[Location],
    wanted: Wanted<'_>,
) -> Result<Fetched> {
    let folder = temporary()?;
    let (mut inputs, mut period, mut told, mut left_out) = (Vec::new(), None, Vec::new(), Vec::new());
    for (number, location) in addresses.iter().enumerate() {
        let own = folder.path().join(number.to_string());
        std::fs::create_dir(&own).context("cannot make a temporary folder for what is fetched")?;
        let store = ObjectStore::connect(location, &app.settings.remote)?;
        let bill = fetch_documents(&store, importer.delivery, wanted, &own)?;
        let named = bill.files.iter().map(|file| file.name.clone()).zip(bill.rows);
        told.extend(named.filter_map(|(name, rows)| Some((name, rows?))));
        inputs.extend(bill.files.into_iter().map(|file| Input::File { name: file.name, path: file.path }));
        period = period.max(bill.period);
        left_out.extend(bill.left_out);
    }
    let mut seen = HashSet::new();
    if let Some(twice) = inputs.iter().find(|input| !seen.insert(input.name().to_owned())) {
        let name = twice.name();
        bail!("{name}: the file is given twice; name it once, or its cost would be counted twice");
    }
    Ok(Fetched { inputs, period, told, left_out, folder })
}

fn temporary() -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix("cloud-billing-").tempdir();
    made.context("cannot make a temporary folder for what is fetched: set TMPDIR to one with space")
}

/// What a fetch needs.
struct World<'a> {
    app: &'a App,
    http: Http,
    folder: &'a Path,
    importer: &'a Importer,
    period: Period,
}

impl World<'_> {
    /// Names all settings at once without which there is nothing to fetch. `A or B` is there when one of them is.
    fn needs(&self, names: &[&str]) -> Result<()> {
        let settings = &self.app.settings;
        let is_set =
            |name: &str| settings.providers.get(name).or_else(|| settings.remote.get(name)).is_some();
        let missing: Vec<&str> =
            names.iter().copied().filter(|names| !names.split(" or ").any(is_set)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (name, missing) = (self.importer.name, missing.join(", "));
        Err(usage(format!(
            "{name} cannot be fetched without the settings {missing}: set them (docs/settings.md), or name files with \
             -f FILE"
        )))
    }

    /// The value of a setting that is there.
    fn setting(&self, name: &str) -> &str {
        self.app.settings.providers.get(name).unwrap_or_default()
    }

    fn azure(&self) -> Result<(AzureManager, BillingScope)> {
        let name = "AZURE_BILLING_SCOPE";
        let secret = "AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE";
        self.needs(&[name, "AZURE_TENANT_ID", "AZURE_CLIENT_ID", secret])?;
        let scope = BillingScope::parse(self.setting(name)).ok_or_else(|| {
            let accepted =
                "write one like /providers/Microsoft.Billing/billingAccounts/123 or /subscriptions/ID";
            not_understood(name, accepted)
        })?;
        Ok((AzureManager::connect(&self.app.settings.remote, &self.http)?, scope))
    }

    fn cost_details(&self) -> Result<Vec<FetchedFile>> {
        let (azure, scope) = self.azure()?;
        Ok(azure.cost_details(&scope, self.period, &self.app.today(), self.folder)?)
    }

    fn billing_table(&self) -> Result<Vec<FetchedFile>> {
        let name = "GCP_BILLING_TABLE";
        let key = "GOOGLE_SERVICE_ACCOUNT_KEY or GOOGLE_APPLICATION_CREDENTIALS";
        // An emulator is asked without a key.
        match self.app.settings.remote.get("GOOGLE_BIGQUERY_ENDPOINT") {
            Some(_) => self.needs(&[name])?,
            None => self.needs(&[name, key])?,
        }
        let table = BillingTable::parse(self.setting(name)).ok_or_else(|| {
            not_understood(name, "write the export's table, like project.dataset.gcp_billing_export_v1_0123")
        })?;
        let bigquery = BigQuery::connect(&self.app.settings.remote, &self.http)?;
        let path = self.folder.join("rows.csv");
        let asked = Months {
            table: &table,
            month: self.period,
            columns: self.importer.format.json_fields(),
            location: self.app.settings.providers.get("GCP_BILLING_LOCATION"),
        };
        let rows = bigquery.fetch(&asked, &path)?;
        tracing::info!(rows, "Fetched {rows} rows of {table}");
        Ok(vec![FetchedFile { name: format!("{table} {}", self.period), path }])
    }

    /// The accounts, as a table.
    fn accounts(&self) -> Result<Vec<FetchedFile>> {
        let accounts = Organization::connect(&self.app.settings.remote, &self.http)?.accounts()?;
        let path = self.folder.join("accounts.csv");
        std::fs::write(&path, table_of(&accounts)).context("cannot write the list of accounts")?;
        Ok(vec![FetchedFile { name: "the organization's accounts".to_owned(), path }])
    }
}

/// Accounts as the table that the importer reads.
fn table_of(accounts: &[ListedAccount]) -> String {
    let mut table = "Id,Name,Status\n".to_owned();
    for account in accounts {
        let name = account.name.replace('"', "\"\"");
        table.push_str(&format!("{},\"{name}\",{}\n", account.id, account.status));
    }
    table
}
