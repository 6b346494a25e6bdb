//! Where providers are asked: their own addresses, or what a setting names instead.

use reqwest::Url;

use crate::{error::RemoteError, settings::RemoteSettings};

/// The address that one of these settings names, else the usual one; without a slash at the end.
///
/// # Errors
/// When the setting is no address, or one at which credentials would travel in the clear.
pub(crate) fn endpoint(
    settings: &RemoteSettings,
    names: &[&'static str],
    usual: &str,
) -> Result<String, RemoteError> {
    let Some((name, value)) = first(settings, names) else { return Ok(usual.to_owned()) };
    match is_private(value) {
        true => Ok(value.trim_end_matches('/').to_owned()),
        false => Err(RemoteError::setting(
            name,
            "not understood: write an address like https://host.example.com (http only for this machine itself)",
        )),
    }
}

/// The first of these settings that is set: its name and value.
pub(crate) fn first<'s>(
    settings: &'s RemoteSettings,
    names: &[&'static str],
) -> Option<(&'static str, &'s str)> {
    names.iter().find_map(|name| Some((*name, settings.get(name)?)))
}

/// Whether nobody on the way can read what is sent there: https, or an address of this machine.
pub(crate) fn is_private(address: &str) -> bool {
    match Url::parse(address) {
        Ok(url) => url.has_host() && (url.scheme() == "https" || is_loopback(&url)),
        Err(_) => false,
    }
}

/// Whether an address is plain http on this machine: an emulator, which has no credentials.
pub(crate) fn is_emulator(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_loopback(&url))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    url.scheme() == "http" && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

/// Whether two addresses have the same scheme, host and port, so that what was meant for one may be sent to the other.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_nowhere_in_the_clear() {
        for address in
            ["https://a.example", "http://127.0.0.1:80/x", "http://localhost:9050", "http://[::1]:1"]
        {
            assert!(is_private(address), "{address}");
        }
        for address in ["http://a.example", "http://127.0.0.1.example", "ftp://localhost", "localhost", ""] {
            assert!(!is_private(address), "{address}");
        }
        let settings = RemoteSettings::read(&|name| {
            (name == "AZURE_AUTHORITY_HOST").then(|| "http://login.example/".to_owned())
        });
        let error = endpoint(&settings, &["AZURE_AUTHORITY_HOST"], "https://usual").unwrap_err();
        assert!(error.to_string().starts_with("setting AZURE_AUTHORITY_HOST: not understood"), "{error}");
        assert_eq!(endpoint(&settings, &["CA_BUNDLE"], "https://usual").unwrap(), "https://usual");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://a.example/x?y", "https://a.example:443/z"));
        assert!(!same_origin("https://a.example/x", "https://a.example.org/x"));
        assert!(!same_origin("https://a.example/x", "http://a.example/x"));
        assert_eq!(encoded("a b/ü:"), "a%20b%2F%C3%BC%3A");
    }
}
