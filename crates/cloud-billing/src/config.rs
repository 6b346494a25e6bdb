//! Settings, one file per concern. They come from the process environment and from an env file, which it overrides.

pub mod env_file;
mod money;
pub mod providers;
mod store;
mod vars;

use std::{collections::BTreeMap, path::PathBuf};

use billing_core::{
    Currency,
    books::{Credits, RateMethod},
    cost_center::CostCenterPattern,
    ids::Target,
    rounding::Rounding,
    tags::TagNames,
};
use billing_remote::RemoteSettings;
use billing_store::Location;

pub use vars::{SettingError, Vars};

/// Why a file could not be read, with what to do.
pub fn io_cause(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "the file does not exist; check its name and folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            "it may not be read; ask its owner for the right to".to_owned()
        }
        std::io::ErrorKind::IsADirectory => "it is a folder; name a file".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not text in UTF-8; save it as UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// A setting, for the generated documentation.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it holds when nobody sets it.
    pub default: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// Everything that can be set, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the ledger is.
    pub ledger: Location,
    /// Where line-item detail is (`file:`, `s3:`, `az:` or `gs:` URL); a temporary folder when `None`.
    pub detail_url: Option<String>,
    /// The currency of invoices.
    pub currency: Currency,
    /// How groups are rounded.
    pub rounding: Rounding,
    /// How credits are exported.
    pub credits: Credits,
    /// Which rate of a month is taken from reference rates.
    pub rate_method: RateMethod,
    /// What a cost centre looks like.
    pub cost_centers: CostCenterPattern,
    /// The tags that billing reads.
    pub tag_names: TagNames,
    /// Default product numbers by target, where they are set.
    default_product_numbers: BTreeMap<String, String>,
    /// Where exports are written.
    pub export_dir: PathBuf,
    /// Whether `bill` writes its export to a file.
    pub save_csv: bool,
    /// Whether importers read the project's samples instead of fetching.
    pub process_samples: bool,
    /// The time zone in which "last month" is told.
    pub timezone: jiff::tz::TimeZone,
    /// Whether log lines are JSON.
    pub log_json: bool,
    /// Where providers' bills are.
    pub providers: providers::ProviderSettings,
    /// How clouds are reached, with their keys.
    pub remote: RemoteSettings,
}

impl Settings {
    /// Reads all settings.
    ///
    /// # Errors
    /// The first variable whose value cannot be understood, with what is accepted.
    pub fn read(vars: &Vars) -> Result<Self, SettingError> {
        let ledger = store::ledger(vars)?;
        store::no_upload(vars)?;
        Ok(Self {
            detail_url: store::detail_url(vars, &ledger)?,
            ledger,
            currency: money::currency(vars)?,
            rounding: money::rounding(vars)?,
            credits: money::credits(vars)?,
            rate_method: money::rate_method(vars)?,
            cost_centers: money::cost_centers(vars)?,
            tag_names: money::tag_names(vars),
            default_product_numbers: money::default_product_numbers(vars),
            export_dir: PathBuf::from(vars.get("EXPORT_DIR").unwrap_or(".")),
            save_csv: vars.flag("SAVE_CSV_TO_FILE", true)?,
            process_samples: vars.flag("PROCESS_SAMPLE_FILES", false)?,
            timezone: store::timezone(vars)?,
            log_json: vars.choice("LOG_FORMAT", &["text", "json"])?.is_some_and(|format| format == "json"),
            providers: providers::providers(vars),
            remote: providers::remote(vars),
        })
    }

    /// The product number of lines of a target that have none of their own.
    pub fn default_product_number(&self, target: &Target) -> String {
        self.default_product_numbers.get(target.as_str()).cloned().unwrap_or_default()
    }

    /// All settings, for the documentation, by concern.
    pub fn documentation() -> Vec<(&'static str, Vec<Setting>)> {
        vec![
            ("Ledger and detail", store::SETTINGS.to_vec()),
            ("Money", money::SETTINGS.to_vec()),
            ("Files and runs", store::RUN_SETTINGS.to_vec()),
            ("Providers' bills", providers::SETTINGS.to_vec()),
            ("The way to the clouds", providers::remote_documentation()),
        ]
    }
}
