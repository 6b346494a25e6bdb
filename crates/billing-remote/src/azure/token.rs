//! Azure's tokens: the client-credentials flow of a service principal.

use crate::{
    endpoint::{self, encoded},
    error::RemoteError,
    http::Http,
    settings::RemoteSettings,
    token::{self, TokenCache},
};

/// Tokens of one service principal for one resource.
pub(crate) struct AzureTokens {
    http: Http,
    address: String,
    client: String,
    secret: Secret,
    scope: String,
    cache: TokenCache,
}

enum Secret {
    Text(String),
    /// A file whose content another service renews: the token of a workload identity.
    File(String),
}

impl std::fmt::Debug for AzureTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AzureTokens").field("address", &self.address).finish_non_exhaustive()
    }
}

impl AzureTokens {
    /// Tokens for `resource`, of the service principal that the settings name.
    ///
    /// # Errors
    /// When a setting is missing or not understood. Nothing is sent yet.
    pub(crate) fn new(settings: &RemoteSettings, http: &Http, resource: &str) -> Result<Self, RemoteError> {
        let needed = |name: &'static str, what: &str| {
            let missing = || RemoteError::setting(name, format!("is not set: give {what}"));
            settings.get(name).map(str::to_owned).ok_or_else(missing)
        };
        let tenant = needed("AZURE_TENANT_ID", "the tenant (directory) of the service principal")?;
        let client = needed("AZURE_CLIENT_ID", "the application (client) id of the service principal")?;
        let secret = match (settings.get("AZURE_CLIENT_SECRET"), settings.get("AZURE_FEDERATED_TOKEN_FILE")) {
            (Some(text), _) => Secret::Text(text.to_owned()),
            (None, Some(file)) => Secret::File(file.to_owned()),
            (None, None) => Secret::Text(needed("AZURE_CLIENT_SECRET", "the service principal's secret")?),
        };
        let host =
            endpoint::endpoint(settings, &["AZURE_AUTHORITY_HOST"], "https://login.microsoftonline.com")?;
        Ok(Self {
            http: http.clone(),
            address: format!("{host}/{}/oauth2/v2.0/token", encoded(&tenant)),
            client,
            secret,
            scope: format!("{resource}/.default"),
            cache: TokenCache::default(),
        })
    }

    /// A token that holds for the next minutes.
    ///
    /// # Errors
    /// When none is granted.
    /// Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>
    pub(crate) fn bearer(&self) -> Result<String, RemoteError> {
        self.cache.get(token::now(), || {
            let mut form = vec![
                ("grant_type", "client_credentials"),
                ("client_id", self.client.as_str()),
                ("scope", self.scope.as_str()),
            ];
            let proof;
            match &self.secret {
                Secret::Text(secret) => form.push(("client_secret", secret)),
                Secret::File(path) => {
                    proof = std::fs::read_to_string(path).map_err(|error| {
                        RemoteError::setting(
                            "AZURE_FEDERATED_TOKEN_FILE",
                            format!("{path}: the file cannot be read ({error}); name the file of the token"),
                        )
                    })?;
                    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                    form.extend([("client_assertion_type", kind), ("client_assertion", proof.trim())]);
                }
            }
            let needs =
                "AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret of that application that has not expired";
            self.http.post(&self.address).form(&form).repeatable().needs(needs).send()
        })
    }
}
