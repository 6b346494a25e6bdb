//! Signed requests to AWS (Signature Version 4), with the credentials that object stores use too.

use object_store::{
    aws::{AwsAuthorizer, AwsCredential, AwsCredentialProvider},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HOST, HeaderValue},
};

use crate::{client, connect, error::RemoteError, retry::RetryPolicy, settings::RemoteSettings};

/// Signs requests to one service.
pub(crate) struct Signer {
    credentials: AwsCredentialProvider,
    service: &'static str,
    region: &'static str,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Signer {
    pub(crate) fn new(
        settings: &RemoteSettings,
        policy: &RetryPolicy,
        service: &'static str,
        region: &'static str,
    ) -> Result<Self, RemoteError> {
        Ok(Self { credentials: connect::aws_credentials(settings, policy)?, service, region })
    }

    /// The headers of a POST of this JSON, with its signature.
    ///
    /// # Errors
    /// When no credentials can be had, or the address cannot be signed.
    pub(crate) fn sign(
        &self,
        endpoint: &str,
        target: &'static str,
        body: &str,
    ) -> Result<Vec<(String, String)>, RemoteError> {
        let credential = self.credential(endpoint)?;
        let mut request = HttpRequest::new(HttpRequestBody::from(body.to_owned()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{endpoint}/").parse().map_err(|_| {
            RemoteError::address(endpoint, "this is not an address; write one like https://host.example.com")
        })?;
        // The library takes it for granted that these can be sent.
        let token = credential.token.as_deref().unwrap_or_default();
        if !credential.key_id.chars().chain(token.chars()).all(|c| c.is_ascii_graphic()) {
            let problem = "it has a character that no key has; check it, and AWS_SESSION_TOKEN";
            return Err(RemoteError::setting("AWS_ACCESS_KEY_ID", problem));
        }
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        headers.insert("x-amz-target", HeaderValue::from_static(target));
        AwsAuthorizer::new(&credential, self.service, self.region).authorize(&mut request, None);
        let sent = request.headers().iter().filter(|(name, _)| **name != HOST && **name != CONTENT_TYPE);
        Ok(sent
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect())
    }

    fn credential(&self, place: &str) -> Result<std::sync::Arc<AwsCredential>, RemoteError> {
        client::wait(self.credentials.get_credential())?.map_err(|error| {
            let cause = client::innermost(&error);
            let problem = format!(
                "no credentials could be had ({cause}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run \
                 where a role is given"
            );
            RemoteError::Unreachable { place: place.to_owned(), problem }
        })
    }
}
