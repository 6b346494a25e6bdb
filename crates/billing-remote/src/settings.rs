//! The settings of clouds and of the way to them, under the names that the clouds' own tools use.

use std::collections::BTreeMap;

/// A setting that this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteSetting {
    /// The variable.
    pub name: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
    /// What it is, for people.
    pub help: &'static str,
}

const fn plain(name: &'static str, help: &'static str) -> RemoteSetting {
    RemoteSetting { name, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> RemoteSetting {
    RemoteSetting { name, secret: true, help }
}

/// All settings of this crate, in the order in which they are documented.
pub const SETTINGS: &[RemoteSetting] = &[
    plain("CA_BUNDLE", "PEM file with certificates that are trusted beside the system's own."),
    plain("HTTPS_PROXY", "Proxy for https addresses: `http://proxy.example.com:3128`."),
    plain("HTTP_PROXY", "Proxy for http addresses."),
    plain("NO_PROXY", "Hosts that are reached without a proxy, with commas between."),
    secret(
        "AWS_ACCESS_KEY_ID",
        "S3: key. Without one: web identity, then the task's or machine's own identity.",
    ),
    secret("AWS_SECRET_ACCESS_KEY", "S3: the key's secret."),
    secret("AWS_SESSION_TOKEN", "S3: token of a temporary key."),
    plain("AWS_REGION", "S3: region of the bucket; wins over AWS_DEFAULT_REGION."),
    plain("AWS_DEFAULT_REGION", "S3: region of the bucket; default us-east-1."),
    plain(
        "AWS_ENDPOINT_URL_S3",
        "S3: address of another service that speaks S3; wins over AWS_ENDPOINT_URL.",
    ),
    plain("AWS_ENDPOINT_URL", "S3: address of another service that speaks S3."),
    plain("AWS_VIRTUAL_HOSTED_STYLE", "S3: `True` when the bucket is a part of the endpoint's host name."),
    plain("AWS_WEB_IDENTITY_TOKEN_FILE", "S3: file with the token of a web identity, with AWS_ROLE_ARN."),
    plain("AWS_ROLE_ARN", "S3: the role that a web identity takes on."),
    plain("AWS_ROLE_SESSION_NAME", "S3: how a session of that role is called."),
    plain("AWS_ENDPOINT_URL_STS", "S3: where a web identity is exchanged; default: STS of the region."),
    plain("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "S3: set by ECS: where a task finds its identity."),
    plain("AWS_CONTAINER_CREDENTIALS_FULL_URI", "S3: set by EKS: where a pod finds its identity."),
    plain("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "S3: set by EKS: the token for it."),
    plain("AWS_EC2_METADATA_SERVICE_ENDPOINT", "S3: where a machine finds its identity."),
    plain("AZURE_STORAGE_ACCOUNT", "Azure blobs: the storage account; also AZURE_STORAGE_ACCOUNT_NAME."),
    plain("AZURE_STORAGE_ACCOUNT_NAME", "Azure blobs: the storage account."),
    secret("AZURE_STORAGE_KEY", "Azure blobs: the account's key. Wins over a token, that over an identity."),
    secret("AZURE_STORAGE_SAS_TOKEN", "Azure blobs: a shared access signature."),
    plain("AZURE_STORAGE_ENDPOINT", "Azure blobs: address of the account, where it is another one."),
    plain("AZURE_TENANT_ID", "Azure: tenant of a service principal."),
    plain("AZURE_CLIENT_ID", "Azure: the service principal, or a managed identity of several."),
    secret("AZURE_CLIENT_SECRET", "Azure: the service principal's secret."),
    plain("AZURE_FEDERATED_TOKEN_FILE", "Azure: set by workload identity: the token's file."),
    plain("AZURE_AUTHORITY_HOST", "Azure: where tokens are asked for; default login.microsoftonline.com."),
    plain("GOOGLE_APPLICATION_CREDENTIALS", "Google: file with the key of a service account."),
    secret("GOOGLE_SERVICE_ACCOUNT_KEY", "Google: that key itself, as JSON; it is never written to a disk."),
    plain(
        "GOOGLE_STORAGE_ENDPOINT",
        "Google storage: address of another service; wins over STORAGE_EMULATOR_HOST.",
    ),
    plain("STORAGE_EMULATOR_HOST", "Google storage: an emulator, which is asked without a key."),
];

/// The values of [`SETTINGS`]; its `Debug` shows which are set, and no value.
#[derive(Clone, Default)]
pub struct RemoteSettings(BTreeMap<&'static str, String>);

impl RemoteSettings {
    /// Asks for the value of each setting; an empty one counts as not set. Nothing is read from the environment here:
    /// the caller decides whether values come from it, from a file, or from Vault.
    pub fn read(value: &dyn Fn(&str) -> Option<String>) -> Self {
        let pairs = SETTINGS.iter().filter_map(|setting| {
            // Proxies are commonly written in small letters too.
            let small = || setting.name.ends_with("PROXY").then(|| setting.name.to_ascii_lowercase());
            let value = value(setting.name).or_else(|| value(&small()?))?;
            (!value.trim().is_empty()).then_some((setting.name, value))
        });
        Self(pairs.collect())
    }

    /// The value of a setting.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }
}

impl std::fmt::Debug for RemoteSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_shown_and_an_empty_one_is_none() {
        let settings = RemoteSettings::read(&|name| match name {
            "AWS_SECRET_ACCESS_KEY" => Some("hush".to_owned()),
            "AWS_REGION" => Some(" ".to_owned()),
            _ => None,
        });
        assert_eq!(format!("{settings:?}"), r#"{"AWS_SECRET_ACCESS_KEY"}"#);
        assert_eq!(settings.get("AWS_SECRET_ACCESS_KEY"), Some("hush"));
        assert_eq!(settings.get("AWS_REGION"), None);
    }
}
