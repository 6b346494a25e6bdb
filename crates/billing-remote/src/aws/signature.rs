//! Signed requests to AWS (Signature Version 4), with the credentials that object stores use too.

use object_store::{
    aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsAuthorizer, AwsCredential, AwsCredentialProvider},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HOST, HeaderValue},
};

use crate::{client, error::RemoteError, settings::RemoteSettings};

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
        service: &'static str,
        region: &'static str,
    ) -> Result<Self, RemoteError> {
        Ok(Self { credentials: credentials(settings, region)?, service, region })
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

/// The settings of credentials, under the names that object_store gives them.
const CREDENTIALS: &[(&str, AmazonS3ConfigKey)] = &[
    ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
    ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
];

fn credentials(settings: &RemoteSettings, region: &str) -> Result<AwsCredentialProvider, RemoteError> {
    let mut builder = AmazonS3Builder::new().with_bucket_name("none").with_region(region);
    for (name, key) in CREDENTIALS {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    let store = builder.build().map_err(|error| RemoteError::Internal(error.to_string()))?;
    Ok(store.credentials().clone())
}
