//! The key of a Google service account, and the assertions that it signs. It is held in memory only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::Deserialize;

use crate::{error::RemoteError, settings::RemoteSettings};

/// How long an assertion holds, in seconds: the longest that Google takes.
/// Source: <https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests>
const HOLDS: i64 = 3600;
const TEXT: &str = "GOOGLE_SERVICE_ACCOUNT_KEY";
const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

/// A service account with its private key.
pub(crate) struct ServiceAccountKey {
    pub(crate) email: String,
    /// Where assertions are exchanged for tokens.
    pub(crate) token_uri: String,
    id: String,
    pair: RsaKeyPair,
}

impl std::fmt::Debug for ServiceAccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccountKey").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The file that Google hands out, as far as it matters here.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key_id: String,
    #[serde(default)]
    private_key: String,
    #[serde(default)]
    token_uri: String,
}

impl ServiceAccountKey {
    /// The key that the settings give as text or name as a file; `None` when they do neither.
    ///
    /// # Errors
    /// When the file cannot be read, or when it is no key of a service account.
    pub(crate) fn of_settings(settings: &RemoteSettings) -> Result<Option<Self>, RemoteError> {
        if let Some(text) = settings.get(TEXT) {
            return Self::read(text).map(Some).map_err(|problem| RemoteError::setting(TEXT, problem));
        }
        let Some(path) = settings.get(FILE) else { return Ok(None) };
        let named = |problem: String| RemoteError::setting(FILE, format!("{path}: {problem}"));
        let text = std::fs::read_to_string(path).map_err(|error| {
            named(format!(
                "the file cannot be read ({error}); name the JSON file of the service account's key"
            ))
        })?;
        Self::read(&text).map(Some).map_err(named)
    }

    /// Reads the JSON of a key. No part of it is repeated in an error.
    fn read(text: &str) -> Result<Self, String> {
        let cure = "create a key of type JSON for the service account, and give all of it";
        let file: KeyFile = serde_json::from_str(text)
            .map_err(|_| format!("is not the JSON of a service account's key; {cure}"))?;
        if file.kind != "service_account" {
            return Err(format!("is not of type service_account; {cure}"));
        }
        let fields = [
            ("client_email", &file.client_email),
            ("private_key_id", &file.private_key_id),
            ("private_key", &file.private_key),
            ("token_uri", &file.token_uri),
        ];
        if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_empty()) {
            return Err(format!("has no {name}; {cure}"));
        }
        let bad = || format!("has a private_key that cannot be read; {cure}");
        let der = PrivatePkcs8KeyDer::from_pem_slice(file.private_key.as_bytes()).map_err(|_| bad())?;
        let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| bad())?;
        Ok(Self { email: file.client_email, token_uri: file.token_uri, id: file.private_key_id, pair })
    }

    /// A signed statement that this account asks for `scope`, made at `now` (seconds since 1970).
    ///
    /// # Errors
    /// When the key cannot sign.
    pub(crate) fn assertion(&self, scope: &str, now: i64) -> Result<String, RemoteError> {
        let header = serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": self.id});
        let claims = serde_json::json!({
            "iss": self.email, "scope": scope, "aud": self.token_uri, "iat": now, "exp": now + HOLDS,
        });
        let encoded = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let statement = format!("{}.{}", encoded(header), encoded(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), statement.as_bytes(), &mut signature)
            .map_err(|_| RemoteError::setting(TEXT, "the key cannot sign; create another one"))?;
        Ok(format!("{statement}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let problem = |text: &str| ServiceAccountKey::read(text).unwrap_err();
        assert!(problem("hush").starts_with("is not the JSON of a service account's key"));
        assert!(problem(r#"{"type": "authorized_user"}"#).starts_with("is not of type service_account"));
        let whole = r#"{"type":"service_account","client_email":"a@b","private_key_id":"1","private_key":"hush","token_uri":"x"}"#;
        assert!(problem(whole).starts_with("has a private_key that cannot be read"));
        assert!(problem(&whole.replace("\"x\"", "\"\"")).starts_with("has no token_uri"));
        assert!([problem("hush"), problem(whole)].iter().all(|problem| !problem.contains("hush")));
    }
}
