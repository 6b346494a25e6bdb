//! Google's tokens: a service account's signed assertion is exchanged for an access token.

use crate::{
    endpoint,
    error::RemoteError,
    google::key::ServiceAccountKey,
    http::Http,
    token::{self, TokenCache},
};

/// Tokens of one service account for one scope.
#[derive(Debug)]
pub(crate) struct GoogleTokens {
    http: Http,
    key: ServiceAccountKey,
    scope: &'static str,
    cache: TokenCache,
}

impl GoogleTokens {
    /// Tokens of this account.
    ///
    /// # Errors
    /// When the key wants its assertions sent in the clear.
    pub(crate) fn new(http: Http, key: ServiceAccountKey, scope: &'static str) -> Result<Self, RemoteError> {
        if !endpoint::is_private(&key.token_uri) {
            let problem = "the key's token_uri is no https address; use the key as Google made it";
            return Err(RemoteError::setting("GOOGLE_SERVICE_ACCOUNT_KEY", problem));
        }
        Ok(Self { http, key, scope, cache: TokenCache::default() })
    }

    /// A token that holds for the next minutes.
    ///
    /// # Errors
    /// When none is granted.
    /// Source: <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>
    pub(crate) fn bearer(&self) -> Result<String, RemoteError> {
        let now = token::now();
        self.cache.get(now, || {
            let assertion = self.key.assertion(self.scope, now)?;
            let grant =
                [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
            let needs = format!("a key of {} that is not deleted, and a clock that is right", self.key.email);
            self.http.post(&self.key.token_uri).form(&grant).repeatable().needs(&needs).send()
        })
    }
}
