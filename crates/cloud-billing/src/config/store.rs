//! Settings of where things are kept and written, and of runs.

use std::path::Path;

use billing_store::Location;

use super::{
    Setting,
    vars::{SettingError, Vars, unreadable},
};

/// What can be set of the ledger.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "DATABASE_URL", default: "", help: "Ledger: `sqlite:FILE`. Wins over the ones below." },
    Setting { name: "DATABASE_PATH", default: "cloud-billing.db", help: "SQLite file of the ledger." },
    Setting { name: "USE_IN_MEMORY_DB", default: "False", help: "A ledger in memory, for tests." },
    Setting { name: "USE_MYSQL", default: "False", help: "Not available in this version." },
    Setting { name: "USE_VAULT", default: "False", help: "Not available in this version." },
    Setting {
        name: "DETAIL_URL",
        default: "a folder beside the SQLite file",
        help: "Where line-item detail is kept: `file:/folder`, `s3://bucket/folder`, `az://…` or `gs://…`. Several \
               ledgers may share it, also copies and restored backups of one: a ledger removes only what its own \
               interrupted imports left there, never detail that was in force once.",
    },
];

/// What can be set of files and runs.
pub const RUN_SETTINGS: &[Setting] = &[
    Setting { name: "EXPORT_DIR", default: ".", help: "Where `bill` writes its exports." },
    Setting { name: "EXPORT_FORMAT", default: "sap", help: "Format of exports: `sap`." },
    Setting {
        name: "SAVE_CSV_TO_FILE",
        default: "True",
        help: "Whether `bill` writes its export to a file.",
    },
    Setting { name: "UPLOAD_CSV", default: "False", help: "Not available in this version." },
    Setting {
        name: "PROCESS_SAMPLE_FILES",
        default: "False",
        help: "Importers without a file read the project's samples, shifted to last month.",
    },
    Setting {
        name: "PERIOD_TIMEZONE",
        default: "UTC",
        help: "Time zone in which it is decided which month is last month: `Europe/Zurich`.",
    },
    Setting { name: "LOG_FORMAT", default: "text", help: "Log lines as `text` or `json`." },
    Setting {
        name: "APPLICATION_SETTINGS",
        default: "",
        help: "Env file that is read when `-e` is not given. The process environment wins over it.",
    },
];

pub(super) fn ledger(vars: &Vars) -> Result<Location, SettingError> {
    if vars.flag("USE_VAULT", false)? {
        let what = "secrets from Vault are not available in this version: set it to False".to_owned();
        return Err(SettingError::NotAvailable { name: "USE_VAULT".to_owned(), what });
    }
    vars.choice("EXPORT_FORMAT", &["sap"])?;
    let not_understood =
        |name: &str, cause: String| SettingError::NotAvailable { name: name.to_owned(), what: cause };
    if let Some(url) = vars.get("DATABASE_URL") {
        return Location::parse(url).map_err(|error| not_understood("DATABASE_URL", error.to_string()));
    }
    if vars.flag("USE_IN_MEMORY_DB", false)? {
        return Ok(Location::SqliteMemory);
    }
    if vars.flag("USE_MYSQL", false)? {
        let what =
            "a ledger on MySQL is not available in this version: set it to False and set DATABASE_PATH"
                .to_owned();
        return Err(not_understood("USE_MYSQL", what));
    }
    Ok(Location::SqliteFile(vars.get("DATABASE_PATH").unwrap_or("cloud-billing.db").into()))
}

/// Exports cannot be uploaded: a setting that says so must not be passed over.
pub(super) fn no_upload(vars: &Vars) -> Result<(), SettingError> {
    if vars.flag("UPLOAD_CSV", false)? {
        let what = "this version cannot upload: set it to False and send the file yourself".to_owned();
        return Err(SettingError::NotAvailable { name: "UPLOAD_CSV".to_owned(), what });
    }
    Ok(())
}

pub(super) fn detail_url(vars: &Vars, ledger: &Location) -> Result<Option<String>, SettingError> {
    if let Some(url) = vars.get("DETAIL_URL") {
        return Ok(Some(url.to_owned()));
    }
    Ok(match ledger {
        Location::SqliteFile(path) => Some(beside(path)),
        _ => None,
    })
}

/// The folder of detail beside a ledger's file: `cloud-billing.db` → `cloud-billing.detail`.
fn beside(ledger: &Path) -> String {
    format!("file:{}", ledger.with_extension("detail").display())
}

pub(super) fn timezone(vars: &Vars) -> Result<jiff::tz::TimeZone, SettingError> {
    let name = vars.get("PERIOD_TIMEZONE").unwrap_or("UTC");
    jiff::tz::TimeZone::get(name)
        .map_err(|_| unreadable("PERIOD_TIMEZONE", name, "write a time zone like Europe/Zurich or UTC"))
}
