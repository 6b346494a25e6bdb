//! Azure Resource Manager: requests in the name of a service principal, at one billing scope.

use std::fmt;

use serde_json::Value;

use crate::{
    azure::token::AzureTokens,
    endpoint::{self, same_origin},
    error::RemoteError,
    http::{Answer, Http, Request},
    settings::RemoteSettings,
};

/// Whose cost is asked for: `/subscriptions/…`, or `/providers/Microsoft.Billing/billingAccounts/…` and what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingScope(String);

impl BillingScope {
    /// Reads a scope, with or without a slash at its ends.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('/');
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/-_.:".contains(c);
        let lower = text.to_ascii_lowercase();
        let known = ["subscriptions/", "providers/microsoft.billing/billingaccounts/"];
        let fits = known.iter().any(|start| lower.starts_with(start) && lower.len() > start.len());
        let plain = text.chars().all(allowed) && !text.split('/').any(|part| matches!(part, "" | "." | ".."));
        (fits && plain).then(|| Self(format!("/{text}")))
    }

    /// Whether it is an enrollment, or a part of one: its id is a number, that of other agreements has colons.
    /// Source: <https://learn.microsoft.com/azure/cost-management-billing/costs/understand-work-scopes>
    pub(crate) fn is_enrollment(&self) -> bool {
        let account = self.0.split('/').nth(4).unwrap_or_default();
        !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl fmt::Display for BillingScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Azure's management interface.
#[derive(Debug)]
pub struct AzureManager {
    pub(crate) http: Http,
    endpoint: String,
    tokens: AzureTokens,
}

impl AzureManager {
    /// Connects to the endpoint of the settings with their service principal.
    ///
    /// # Errors
    /// When a setting is missing or not understood. Nothing is sent yet.
    pub fn connect(settings: &RemoteSettings, http: &Http) -> Result<Self, RemoteError> {
        let usual = "https://management.azure.com";
        let endpoint = endpoint::endpoint(settings, &["AZURE_RESOURCE_MANAGER_ENDPOINT"], usual)?;
        // A token for an emulator on this machine is asked for as for the service that it plays.
        let resource = if endpoint::is_emulator(&endpoint) { usual } else { &endpoint };
        let tokens = AzureTokens::new(settings, http, resource)?;
        Ok(Self { http: http.clone(), endpoint, tokens })
    }

    /// The address of something below a scope.
    pub(crate) fn address(&self, scope: &BillingScope, rest: &str) -> String {
        format!("{}{scope}{rest}", self.endpoint)
    }

    pub(crate) fn get(&self, address: &str, needs: &str) -> Result<Answer, RemoteError> {
        self.send(self.http.get(address), needs)
    }

    pub(crate) fn post(&self, address: &str, body: &Value, needs: &str) -> Result<Answer, RemoteError> {
        // Asking twice for the same report makes it twice, and charges nothing.
        self.send(self.http.post(address).json(body).repeatable(), needs)
    }

    fn send(&self, request: Request, needs: &str) -> Result<Answer, RemoteError> {
        request.bearer(&self.tokens.bearer()?).needs(needs).send()
    }

    /// An address that an answer names, to be asked with the same token: only where the token belongs.
    pub(crate) fn own(&self, place: &str, address: &str) -> Result<String, RemoteError> {
        match same_origin(address, &self.endpoint) {
            true => Ok(address.to_owned()),
            false => {
                let problem = "the answer points to another host, to which no token is sent; \
                               check AZURE_RESOURCE_MANAGER_ENDPOINT";
                Err(RemoteError::damaged(place, problem))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_subscriptions_and_billing_accounts() {
        let read =
            |text: &str| BillingScope::parse(text).map(|scope| (scope.to_string(), scope.is_enrollment()));
        let account = "/providers/Microsoft.Billing/billingAccounts";
        assert_eq!(read("subscriptions/0f6c/"), Some(("/subscriptions/0f6c".to_owned(), false)));
        assert_eq!(read(&format!("{account}/1234")), Some((format!("{account}/1234"), true)));
        assert_eq!(
            read(&format!("{account}/12/departments/3")),
            Some((format!("{account}/12/departments/3"), true))
        );
        let agreement = format!("{account}/a-b:c_2019-05-31/billingProfiles/X-Y");
        assert_eq!(read(&agreement), Some((agreement.clone(), false)));
        for wrong in
            ["", "/subscriptions/", "1234", "/subscriptions/a?b", "/subscriptions/../x", "/subscriptions//x"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
