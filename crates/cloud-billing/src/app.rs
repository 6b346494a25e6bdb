//! The program's hands: the only place that opens the ledger and the detail, and the only one that knows today.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use billing_core::{Period, books::BillRun, ids::Target};
use billing_detail::DetailStore;
use billing_store::{Database, Location, audit};

use crate::{
    config::{SettingError, Settings},
    remote_detail::DetailObjects,
};

/// Everything that the flow may use.
pub struct App {
    /// The settings.
    pub settings: Settings,
    /// The ledger.
    pub ledger: Database,
    /// The line items.
    pub detail: DetailStore,
    /// Who is at work, for the audit trail.
    pub actor: String,
    clock: Clock,
    /// The folder of detail that goes with a ledger in memory.
    _temporary: Option<tempfile::TempDir>,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's.
    Real,
    /// Always this moment, for tests.
    Fixed(jiff::Timestamp),
}

impl Clock {
    fn now(self) -> jiff::Timestamp {
        match self {
            Self::Real => jiff::Timestamp::now(),
            Self::Fixed(moment) => moment,
        }
    }
}

impl App {
    /// Opens the ledger and the detail.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub fn open(settings: Settings, actor: String, clock: Clock) -> Result<Self> {
        let is_new = matches!(&settings.ledger, Location::SqliteFile(path) if !path.exists());
        let ledger = Database::open(&settings.ledger)?;
        if is_new {
            tracing::warn!("Made a new ledger: {}", settings.ledger);
        }
        let mut temporary = None;
        let url = match &settings.detail_url {
            Some(url) => url.clone(),
            None => {
                let folder =
                    tempfile::tempdir().context("cannot make a temporary folder for line-item detail")?;
                let url = format!("file:{}", folder.path().display());
                temporary = Some(folder);
                url
            }
        };
        let unusable = |what: String| SettingError::NotAvailable { name: "DETAIL_URL".to_owned(), what };
        let detail = if billing_remote::Location::is_one(&url) {
            let objects = DetailObjects::connect(&url, &settings.remote)
                .map_err(|error| unusable(error.to_string()))?;
            DetailStore::remote(Arc::new(objects))
        } else {
            DetailStore::open(&url)
                .map_err(|error| unusable(error.to_string().trim_start_matches("DETAIL_URL ").to_owned()))?
        };
        Ok(Self { settings, ledger, detail, actor, clock, _temporary: temporary })
    }

    /// Now, as the ledger writes it: RFC 3339, UTC, to the second.
    pub fn now(&self) -> String {
        self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Today in the settings' time zone, as `2026-10-31`.
    pub fn today(&self) -> String {
        self.clock.now().to_zoned(self.settings.timezone.clone()).date().to_string()
    }

    /// The month before this one, in the settings' time zone.
    pub fn last_month(&self) -> Period {
        let today = self.clock.now().to_zoned(self.settings.timezone.clone()).date();
        let year = u16::try_from(today.year()).unwrap_or(1);
        let month = u8::try_from(today.month()).unwrap_or(1);
        Period::new(year, month).unwrap_or(Period::BEGINNING).previous()
    }

    /// An entry for the audit trail: `action` was done to `subject` now.
    pub fn audit(&self, action: &str, subject: &str, detail: &str) -> audit::AuditEntry {
        audit::AuditEntry {
            moment: self.now(),
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
        }
    }

    /// A run with the settings' terms. `first_period` is that of the target's first invoice.
    pub fn bill_run(&self, target: &Target, period: Period, first_period: Option<Period>) -> BillRun {
        BillRun {
            target: target.clone(),
            period,
            currency: self.settings.currency.clone(),
            rounding: self.settings.rounding,
            credits: self.settings.credits,
            cost_centers: self.settings.cost_centers.clone(),
            default_product_number: self.settings.default_product_number(target),
            first_period,
        }
    }
}
