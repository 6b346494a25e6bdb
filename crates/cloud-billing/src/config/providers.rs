//! Settings of what is beyond this machine: where providers' bills are, and how clouds are reached.

use std::{collections::BTreeMap, fmt};

use billing_remote::RemoteSettings;

use super::{Setting, vars::Vars};

/// What can be set of providers' bills.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "AWS_CUR_URL",
        default: "",
        help: "`aws-cur`: where the report is delivered to, `s3://bucket/prefix`.",
    },
    Setting {
        name: "AWS_CUR_REPORT",
        default: "",
        help: "`aws-cur`: the name of the report or data export, where the prefix has several.",
    },
    Setting {
        name: "AZURE_EXPORT_URL",
        default: "",
        help: "`azure-usage`: where the actual-cost export is delivered to, `az://container/prefix`.",
    },
    Setting {
        name: "AZURE_BILLING_SCOPE",
        default: "",
        help: "`azure-usage` (where there is no export), `azure-reservations`, `azure-marketplace`: whose cost is asked \
               for, `/providers/Microsoft.Billing/billingAccounts/123` or `/subscriptions/…`.",
    },
    Setting {
        name: "GCP_BILLING_TABLE",
        default: "",
        help: "`gcp-bigquery`: the standard or the detailed export, `project.dataset.table`.",
    },
    Setting {
        name: "GCP_BILLING_LOCATION",
        default: "the table's own",
        help: "`gcp-bigquery`: where the dataset is, `EU`.",
    },
    Setting {
        name: "FOCUS_URL",
        default: "",
        help: "`focus`: where the files are, `s3://…`, `az://…` or `gs://…`.",
    },
];

/// What is set of [`SETTINGS`]. None of it is secret.
#[derive(Clone, Debug, Default)]
pub struct ProviderSettings(BTreeMap<&'static str, String>);

impl ProviderSettings {
    /// The value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

pub(super) fn providers(vars: &Vars) -> ProviderSettings {
    let set = SETTINGS.iter().filter_map(|setting| {
        let value = vars.get(setting.name)?.trim();
        (!value.is_empty()).then(|| (setting.name, value.to_owned()))
    });
    ProviderSettings(set.collect())
}

pub(super) fn remote(vars: &Vars) -> RemoteSettings {
    RemoteSettings::read(&|name| vars.get(name).map(str::to_owned))
}

/// The settings of the clouds, for the documentation.
pub(super) fn remote_documentation() -> Vec<Setting> {
    let setting =
        |known: &billing_remote::RemoteSetting| Setting { name: known.name, default: "", help: known.help };
    billing_remote::SETTINGS.iter().map(setting).collect()
}

/// A setting whose value is not what it should be.
pub fn not_understood(name: &str, accepted: impl fmt::Display) -> super::SettingError {
    super::SettingError::NotAvailable { name: name.to_owned(), what: format!("not understood: {accepted}") }
}
