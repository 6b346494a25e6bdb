//! Requests to providers over HTTP: tried again where that helps, bounded in size, with errors that tell no secret.
//!
//! ```no_run
//! # use billing_remote::{Http, RemoteSettings, RemoteError};
//! # fn main() -> Result<(), RemoteError> {
//! # let settings = RemoteSettings::default();
//! let http = Http::new(&settings)?;
//! let answer = http
//!     .get("https://management.example.com/reports?api-version=1")
//!     .bearer("the token")
//!     .needs("the role Cost Management Reader on the scope")
//!     .send()?;
//! let report: serde_json::Value = answer.json()?;
//! # Ok(())
//! # }
//! ```

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{
    Method, Response, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use serde::de::DeserializeOwned;

use crate::{
    client::{self, Clients},
    error::RemoteError,
    refusal,
    retry::{self, Attempts, Failure, RetryPolicy},
    settings::RemoteSettings,
};

/// How long an answer may be where the request sets no other limit, in bytes.
const BODY_MAX: usize = 64 << 20;
/// How much of a refusal is read, in bytes.
const REFUSAL_MAX: usize = 64 << 10;

/// A client for providers' HTTP interfaces. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    clients: Arc<Clients>,
    policy: RetryPolicy,
}

/// A request that can be sent.
pub struct Request {
    http: Http,
    method: Method,
    url: Result<Url, RemoteError>,
    headers: HeaderMap,
    body: Bytes,
    repeatable: bool,
    follow: bool,
    body_max: usize,
    needs: Option<String>,
    flaw: Option<String>,
}

/// A successful answer (status 200 to 299) with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    place: String,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Http {
    /// A client that uses `CA_BUNDLE` and the proxy settings.
    ///
    /// # Errors
    /// When one of these settings cannot be used.
    pub fn new(settings: &RemoteSettings) -> Result<Self, RemoteError> {
        Self::with_policy(settings, RetryPolicy::default())
    }

    /// The same with other retries, as tests want them.
    ///
    /// # Errors
    /// As for [`Http::new`].
    pub fn with_policy(settings: &RemoteSettings, policy: RetryPolicy) -> Result<Self, RemoteError> {
        Ok(Self { clients: Clients::new(settings)?, policy })
    }

    /// How often this client tries, and how it waits; for loops that poll.
    #[must_use]
    pub fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// Waits, as between two questions for a report that is being made; tests only note it.
    pub fn pause(&self, pause: Duration) {
        // Without a thread for connections the next request says so.
        let _ = client::wait(self.policy.waiter.wait(pause));
    }

    /// Asks for something. It is tried again after any passing failure.
    #[must_use]
    pub fn get(&self, url: &str) -> Request {
        self.request(Method::GET, url)
    }

    /// Sends something. Unless it is marked by [`Request::repeatable`], it is tried again only when the server said that
    /// it did nothing (status 429) or no connection came about.
    #[must_use]
    pub fn post(&self, url: &str) -> Request {
        self.request(Method::POST, url)
    }

    fn request(&self, method: Method, url: &str) -> Request {
        Request {
            http: self.clone(),
            repeatable: method.is_safe(),
            method,
            url: parse(url),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            follow: false,
            body_max: BODY_MAX,
            needs: None,
            flaw: None,
        }
    }
}

fn parse(url: &str) -> Result<Url, RemoteError> {
    let shown = url.split(['?', '#']).next().unwrap_or_default();
    // What stands before an @ may be a password.
    let shown = shown.rsplit('@').next().unwrap_or_default();
    let problem = "this is not an address; write one like https://host/path";
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(RemoteError::address(shown, problem)),
    }
}

impl Request {
    /// Adds a header. Its value is never shown.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            _ => self.flaw = Some(format!("the header {name} has a character that cannot be sent")),
        }
        self
    }

    /// Adds a bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// Sends this text, of this content type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Bytes::from(body.into());
        self.header(CONTENT_TYPE.as_str(), content_type)
    }

    /// Sends JSON.
    #[must_use]
    pub fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Sends the fields of a form.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut encoder = Url::parse("form:").ok();
        if let Some(url) = &mut encoder {
            url.query_pairs_mut().extend_pairs(fields);
        }
        let body = encoder.and_then(|url| url.query().map(str::to_owned)).unwrap_or_default();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// Says that sending it twice does no harm, so that it is tried again like a GET.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Follows redirects. Only for requests without credentials, in the address too.
    #[must_use]
    pub fn following_redirects(mut self) -> Self {
        self.follow = true;
        self
    }

    /// Allows an answer of at most so many bytes; 64 MB without it.
    #[must_use]
    pub fn body_max(mut self, bytes: usize) -> Self {
        self.body_max = bytes;
        self
    }

    /// Says which right the request takes, for the message when it is refused: `the role Billing Account Viewer`.
    #[must_use]
    pub fn needs(mut self, right: &str) -> Self {
        self.needs = Some(right.to_owned());
        self
    }

    /// Sends the request, again where that may help, and reads the whole answer.
    ///
    /// # Errors
    /// When the server refuses it, no answer comes, or the answer is longer than allowed.
    pub fn send(self) -> Result<Answer, RemoteError> {
        client::wait(async move {
            let mut attempts = Attempts::new(&self.http.policy);
            loop {
                let failure = match self.attempt(HeaderMap::new()).await {
                    Ok(response) => match self.read(response).await {
                        Ok(answer) => return Ok(answer),
                        Err(failure) => failure,
                    },
                    Err(failure) => failure,
                };
                if !failure.passing || !attempts.again(failure.asked, &failure.error).await {
                    return Err(*failure.error);
                }
            }
        })?
    }

    /// How often it is tried.
    pub(crate) fn policy(&self) -> &RetryPolicy {
        &self.http.policy
    }

    /// The address without its query.
    pub(crate) fn place(&self) -> String {
        self.url.as_ref().map(client::place).unwrap_or_default()
    }

    /// Sends it once, with these headers besides its own.
    pub(crate) async fn attempt(&self, more: HeaderMap) -> Result<Response, Failure> {
        let fatal = |error| Failure::new(error, false);
        let url = match &self.url {
            Ok(url) => url.clone(),
            Err(_) => return Err(fatal(self.bad_address())),
        };
        let place = client::place(&url);
        if let Some(flaw) = &self.flaw {
            return Err(fatal(RemoteError::Internal(format!("{place}: {flaw}"))));
        }
        let clients = &self.http.clients;
        let client = if self.follow { &clients.following } else { &clients.strict };
        let mut request =
            client.request(self.method.clone(), url).headers(self.headers.clone()).headers(more);
        if !self.body.is_empty() || self.method == Method::POST {
            request = request.body(self.body.clone());
        }
        let response = request.send().await.map_err(|error| {
            let passing = client::is_passing(&error) && (self.repeatable || error.is_connect());
            Failure::new(client::unreachable(&place, &error), passing)
        })?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(place, response).await) }
    }

    fn bad_address(&self) -> RemoteError {
        match &self.url {
            Err(RemoteError::Address { address, problem }) => RemoteError::address(address, problem),
            _ => RemoteError::Internal("an address was not understood".to_owned()),
        }
    }

    async fn refused(&self, place: String, response: Response) -> Failure {
        let status = response.status().as_u16();
        let asked = retry::asked_wait(response.headers());
        let passing = retry::is_passing(status) && (self.repeatable || status == 429);
        // What of the refusal's own text comes in time explains it; without, the status does.
        let body = self.body_of(response, REFUSAL_MAX).await.unwrap_or_default();
        let refusal = refusal::read(status, &body);
        Failure { asked, ..Failure::new(refusal::refused(place, refusal, self.needs.as_deref()), passing) }
    }

    async fn read(&self, response: Response) -> Result<Answer, Failure> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.body_of(response, self.body_max).await?;
        Ok(Answer { place: self.place(), status, headers, body })
    }

    async fn body_of(&self, mut response: Response, max: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= max => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    let problem = format!("the answer is longer than {max} bytes; ask for less at once");
                    return Err(Failure::new(RemoteError::damaged(self.place(), problem), false));
                }
                Ok(None) => return Ok(body),
                Err(error) => {
                    let error = client::unreachable(&self.place(), &error);
                    return Err(Failure::new(error, self.repeatable));
                }
            }
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.place())
    }
}

impl Answer {
    /// The status: 200, or 202 for something that is being made.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The address that was asked, without its query; for messages.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// A header, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where the answer says that the result will be.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    /// How long the answer asks to wait before the next question.
    #[must_use]
    pub fn asked_wait(&self) -> Option<Duration> {
        retry::asked_wait(&self.headers)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of this form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, RemoteError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let problem =
                format!("the answer is not the JSON that was expected ({error}); check the address");
            RemoteError::damaged(&self.place, problem)
        })
    }
}
