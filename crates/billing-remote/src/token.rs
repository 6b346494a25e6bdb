//! Access tokens, kept in memory until shortly before they end.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::{error::RemoteError, http::Answer};

/// A token is renewed so many seconds before it ends, so that it holds while a request is on its way.
const MARGIN: i64 = 300;

/// What a token endpoint answers.
/// Source: <https://www.rfc-editor.org/rfc/rfc6749#section-5.1>
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: i64,
}

struct Held {
    token: String,
    until: i64,
}

/// The newest token of one account. Its `Debug` does not show it.
#[derive(Default)]
pub(crate) struct TokenCache(Mutex<Option<Held>>);

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenCache")
    }
}

impl TokenCache {
    /// The token that is held, else the one that `ask` brings. `now` is in seconds since 1970.
    pub(crate) fn get(
        &self,
        now: i64,
        ask: impl FnOnce() -> Result<Answer, RemoteError>,
    ) -> Result<String, RemoteError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_ref().filter(|held| now < held.until - MARGIN) {
            return Ok(held.token.clone());
        }
        let answer = ask()?;
        // What came is not repeated: it may be a token, if not in the form that was expected.
        let granted: Granted = serde_json::from_slice(answer.body()).map_err(|_| {
            RemoteError::damaged(
                answer.place(),
                "the answer has no access_token; check the address of the token service",
            )
        })?;
        *held = Some(Held { token: granted.access_token.clone(), until: now + granted.expires_in });
        Ok(granted.access_token)
    }
}

/// Now, in seconds since 1970.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
