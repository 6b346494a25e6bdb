//! The way out of this machine: one HTTP client for providers and object stores, and the threads that carry it.

use std::{
    error::Error,
    fs,
    future::Future,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Certificate, ClientBuilder, NoProxy, Proxy, Url, redirect::Policy};
use tokio::runtime::Runtime;

use crate::{error::RemoteError, settings::RemoteSettings};

/// What every request calls itself.
const USER_AGENT: &str = concat!("cloud-billing/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long nothing may come; an answer that keeps coming may take as long as it needs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for something that is asynchronous. The rest of the program is not: one thread of its own drives all
/// connections, and whoever waits works on what has come.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> Result<T, RemoteError> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("remote").enable_all().build().ok()
    });
    let none = || RemoteError::Internal("no thread for connections could be started".to_owned());
    Ok(runtime.as_ref().ok_or_else(none)?.block_on(future))
}

/// How a client is to be made; read once, as several clients are made from it.
#[derive(Clone)]
pub(crate) struct Way {
    certificates: Vec<Certificate>,
    proxies: Vec<Proxy>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Way")
    }
}

impl Way {
    /// Reads `CA_BUNDLE` and the proxies.
    pub(crate) fn new(settings: &RemoteSettings) -> Result<Self, RemoteError> {
        let certificates = match settings.get("CA_BUNDLE") {
            Some(path) => certificates(Path::new(path))?,
            None => Vec::new(),
        };
        let except = settings.get("NO_PROXY").and_then(NoProxy::from_string);
        let mut proxies = Vec::new();
        for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
            let Some(address) = settings.get(name) else { continue };
            let made = if name == "HTTPS_PROXY" { Proxy::https(address) } else { Proxy::http(address) };
            // The address may carry a password, so it is not repeated.
            let made = made.map_err(|_| {
                RemoteError::setting(
                    name,
                    "not understood: write an address like http://proxy.example.com:3128",
                )
            })?;
            proxies.push(made.no_proxy(except.clone()));
        }
        Ok(Self { certificates, proxies })
    }

    /// A client that follows no redirects.
    pub(crate) fn strict(&self) -> Result<reqwest::Client, RemoteError> {
        build(self.builder().redirect(Policy::none()))
    }

    /// A client for requests without credentials: it follows a few redirects, but never from https to http.
    pub(crate) fn following(&self) -> Result<reqwest::Client, RemoteError> {
        build(self.builder().redirect(Policy::custom(|attempt| {
            let downgraded = attempt.url().scheme() == "http"
                && attempt.previous().last().is_some_and(|url| url.scheme() == "https");
            if downgraded || attempt.previous().len() > 5 { attempt.stop() } else { attempt.follow() }
        })))
    }

    /// What all clients have in common. The environment's own proxies are not read: the settings already are.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(IDLE_TIMEOUT)
            .no_proxy();
        for certificate in &self.certificates {
            builder = builder.add_root_certificate(certificate.clone());
        }
        for proxy in &self.proxies {
            builder = builder.proxy(proxy.clone());
        }
        builder
    }
}

pub(crate) fn build(builder: ClientBuilder) -> Result<reqwest::Client, RemoteError> {
    builder.build().map_err(|error| {
        let problem =
            format!("no encrypted connection can be prepared ({}); check the file", innermost(&error));
        RemoteError::setting("CA_BUNDLE", problem)
    })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, RemoteError> {
    let bad = |problem: String| RemoteError::setting("CA_BUNDLE", format!("{}: {problem}", path.display()));
    let text = fs::read(path).map_err(|error| {
        bad(format!("the file cannot be read ({error}); name a PEM file with certificates"))
    })?;
    let found = Certificate::from_pem_bundle(&text).unwrap_or_default();
    if found.is_empty() {
        return Err(bad("the file has no certificate; name a PEM file with certificates".to_owned()));
    }
    Ok(found)
}

/// An address without its query, user and fragment: that is where secrets are.
pub(crate) fn place(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.to_string()
}

/// The sentence for a request that got no answer.
pub(crate) fn unreachable(place: &str, error: &(dyn Error + 'static)) -> RemoteError {
    let cause = innermost(error);
    let lower = cause.to_ascii_lowercase();
    let problem = if lower.contains("certificate") {
        format!("its certificate is not trusted ({cause}); set CA_BUNDLE to the certificates of your network")
    } else if lower.contains("dns") || lower.contains("lookup") {
        format!("its name is not known ({cause}); check the address and the network")
    } else if lower.contains("timed out") || lower.contains("timeout") {
        "it did not answer in time; check the network and HTTPS_PROXY, or run the command again".to_owned()
    } else {
        format!("it cannot be reached ({cause}); check the address, the network and HTTPS_PROXY")
    };
    RemoteError::Unreachable { place: place.to_owned(), problem }
}

/// The text of the first cause of an error. Those above it repeat the address, with its query.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    crate::refusal::shorten(&error.to_string())
}

/// Whether trying again may help: anything but a request that cannot be sent at all.
pub(crate) fn is_passing(error: &reqwest::Error) -> bool {
    !(error.is_builder()
        || error.is_redirect()
        || innermost(error).to_ascii_lowercase().contains("certificate"))
}

/// The clients that share a way.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) strict: reqwest::Client,
    pub(crate) following: reqwest::Client,
}

impl Clients {
    pub(crate) fn new(settings: &RemoteSettings) -> Result<Arc<Self>, RemoteError> {
        let way = Way::new(settings)?;
        Ok(Arc::new(Self { strict: way.strict()?, following: way.following()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_secrets() {
        let url = Url::parse("https://me:word@a.example:8443/b/c?sv=1&sig=SECRET#x").unwrap();
        assert_eq!(place(&url), "https://a.example:8443/b/c");
    }

    #[test]
    fn settings_of_the_way_are_checked() {
        let problem = |name: &'static str, value: &'static str| {
            let settings = RemoteSettings::read(&|asked| (asked == name).then(|| value.to_owned()));
            Way::new(&settings).unwrap_err().to_string()
        };
        let text = problem("CA_BUNDLE", "/no/such.pem");
        assert!(text.starts_with("setting CA_BUNDLE: /no/such.pem: the file cannot be read"), "{text}");
        let text = problem("CA_BUNDLE", "/dev/null");
        assert!(text.contains("the file has no certificate"), "{text}");
        let text = problem("HTTPS_PROXY", "http://me:hush@[");
        assert!(text.contains("not understood") && !text.contains("hush"), "{text}");
    }
}
