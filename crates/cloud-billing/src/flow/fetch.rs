//! Fetches a provider's documents: what the settings name becomes files on this machine, which are then read like those
//! that a person names.

mod bucket;

use std::path::Path;

use anyhow::{Context as _, Result};
use billing_core::Period;
use billing_detail::Input;
use billing_providers::{Importer, delivery::Wanted};
use billing_remote::{
    FetchedFile, Http,
    aws::Organization,
    azure::{AzureManager, BillingScope},
    google::{BigQuery, BillingTable, Months},
};
use tempfile::TempDir;

use self::bucket::Take;
use super::usage;
use crate::{app::App, config::providers::not_understood};

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The files.
    pub inputs: Vec<Input>,
    /// The billing period, where it is known.
    pub period: Option<Period>,
    /// The folder that they are in, which is removed with this.
    pub folder: TempDir,
}

/// Fetches the documents of an importer for a billing period.
///
/// # Errors
/// When a setting is missing (a wrong call), and when the provider refuses, has nothing, or does not deliver all of it.
pub fn documents(app: &App, importer: &Importer, period: Period) -> Result<Fetched> {
    let folder = temporary()?;
    let world =
        World { app, http: Http::new(&app.settings.remote)?, folder: folder.path(), importer, period };
    let files = match importer.name {
        "aws-accounts" => world.accounts()?,
        "aws-cur" => world.delivered("AWS_CUR_URL", Some("AWS_CUR_REPORT"))?,
        "azure-usage" => match app.settings.providers.get("AZURE_EXPORT_URL") {
            Some(_) => world.delivered("AZURE_EXPORT_URL", None)?,
            None => world.cost_details()?,
        },
        "azure-reservations" => {
            let (azure, scope) = world.azure()?;
            azure.reservation_transactions(&scope, period, world.folder)?
        }
        "azure-marketplace" => {
            let (azure, scope) = world.azure()?;
            azure.marketplace_charges(&scope, period, world.folder)?
        }
        "focus" => world.delivered("FOCUS_URL", None)?,
        "gcp-bigquery" => world.billing_table()?,
        name => return Err(usage(format!("{name} is read from files only: name them with -f FILE"))),
    };
    Ok(Fetched { inputs: inputs(files), period: Some(period), folder })
}

/// Fetches what stands at addresses of object stores that a person named.
///
/// # Errors
/// When an address is not understood, or what stands there does not arrive whole.
pub fn addresses(
    app: &App,
    importer: &Importer,
    addresses: &[String],
    period: Option<Period>,
) -> Result<Fetched> {
    let folder = temporary()?;
    let (mut files, mut newest) = (Vec::new(), None);
    for (at, address) in addresses.iter().enumerate() {
        let own = folder.path().join(at.to_string());
        std::fs::create_dir(&own).context("cannot make a temporary folder for what is fetched")?;
        let take = Take { importer, wanted: Wanted { period, report: None }, strict: false };
        let taken = bucket::download(address, take, &app.settings.remote, &own)?;
        files.extend(taken.files);
        newest = newest.max(taken.period);
    }
    Ok(Fetched { inputs: inputs(files), period: newest, folder })
}

fn temporary() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("cloud-billing-").tempdir();
    folder.context("cannot make a temporary folder for what is fetched: set TMPDIR to one with space")
}

fn inputs(files: Vec<FetchedFile>) -> Vec<Input> {
    files.into_iter().map(|file| Input::File { name: file.name, path: file.path }).collect()
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

    /// What the provider delivers into the bucket that a setting names.
    fn delivered(&self, name: &str, report: Option<&str>) -> Result<Vec<FetchedFile>> {
        self.needs(&[name])?;
        let wanted = Wanted {
            period: Some(self.period),
            report: report.and_then(|report| self.app.settings.providers.get(report)),
        };
        let take = Take { importer: self.importer, wanted, strict: true };
        Ok(bucket::download(self.setting(name), take, &self.app.settings.remote, self.folder)?.files)
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
        let path = self.folder.join("rows.jsonl");
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
        let mut table = "Id,Name,Status\n".to_owned();
        for account in accounts {
            let name = account.name.replace('"', "\"\"");
            table.push_str(&format!("{},\"{name}\",{}\n", account.id, account.status));
        }
        let path = self.folder.join("accounts.csv");
        std::fs::write(&path, table).context("cannot write the list of accounts")?;
        Ok(vec![FetchedFile { name: "the organization's accounts".to_owned(), path }])
    }
}
