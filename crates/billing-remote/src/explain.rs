//! What the errors of object stores say, without the addresses in them: a signature may be part of one.

use std::error::Error;

use crate::{
    client,
    error::{Refusal, RemoteError},
    location::{Cloud, Location},
    refusal,
};

/// Where machines and tasks of the clouds find their identity.
const IDENTITY: &[&str] = &["169.254.169.254", "169.254.170.2", "metadata.google.internal", "metadata:"];

/// The sentence for an error of the library that speaks to object stores. `needs` is the right that the request takes.
pub(crate) fn store_error(
    location: &Location,
    key: &str,
    error: &object_store::Error,
    needs: &str,
) -> RemoteError {
    let place = if key.is_empty() { location.to_string() } else { location.address(key) };
    let text = error.to_string();
    if IDENTITY.iter().any(|host| text.contains(host)) {
        return RemoteError::Unreachable { place, problem: without_identity(location.cloud).to_owned() };
    }
    if text.contains("redirect without LOCATION") {
        let problem = "the bucket is in another region; set AWS_REGION to it".to_owned();
        return RemoteError::Unreachable { place, problem };
    }
    let refusal = match status_and_body(&text) {
        Some((status, body)) => refusal::read(status, body.as_bytes()),
        None => match kind_status(error) {
            Some(status) => Refusal { status, ..Refusal::default() },
            None => return transport(&place, error),
        },
    };
    let cure = refusal.code.as_deref().and_then(|code| cure(location.cloud, code));
    match cure {
        Some(cure) => RemoteError::Refused { place, refusal, cure: cure.to_owned() },
        None => refusal::refused(place, refusal, Some(needs)),
    }
}

fn transport(place: &str, error: &(dyn Error + 'static)) -> RemoteError {
    client::unreachable(place, error)
}

/// The answer in a text like `… status code: 403 Forbidden: <Error>…`.
fn status_and_body(text: &str) -> Option<(u16, &str)> {
    let (_, rest) = text.split_once("status code: ")?;
    let status = rest.get(..3)?.parse().ok()?;
    Some((status, rest.split_once(": ").map_or("", |(_, body)| body)))
}

fn kind_status(error: &object_store::Error) -> Option<u16> {
    match error {
        object_store::Error::NotFound { .. } => Some(404),
        object_store::Error::PermissionDenied { .. } => Some(403),
        object_store::Error::Unauthenticated { .. } => Some(401),
        object_store::Error::Precondition { .. } => Some(412),
        object_store::Error::AlreadyExists { .. } => Some(409),
        _ => None,
    }
}

fn without_identity(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::S3 => {
            "no key is set, and this machine has no identity at AWS; set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, or give the machine, task or pod a role"
        }
        Cloud::Azure => {
            "no key is set, and this machine has no identity at Azure; set AZURE_STORAGE_KEY, \
             AZURE_STORAGE_SAS_TOKEN or AZURE_CLIENT_ID with its secret and tenant, or assign a managed identity"
        }
        Cloud::Google => {
            "no key is set, and this machine has no identity at Google; set GOOGLE_APPLICATION_CREDENTIALS or \
             GOOGLE_SERVICE_ACCOUNT_KEY, or run it with a service account"
        }
    }
}

/// What to do about a code that the store gave.
/// Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>,
/// <https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes>
fn cure(cloud: Cloud, code: &str) -> Option<&'static str> {
    Some(match code {
        "SignatureDoesNotMatch" => "the secret does not fit the key: check AWS_SECRET_ACCESS_KEY",
        "InvalidAccessKeyId" | "NotSignedUp" => "the key is not known there: check AWS_ACCESS_KEY_ID",
        "ExpiredToken" | "TokenRefreshRequired" => "the temporary key has expired: get a new one",
        "RequestTimeTooSkewed" => "the clock of this machine is wrong: set it",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" if cloud == Cloud::S3 => {
            "the bucket is in another region: set AWS_REGION to it"
        }
        "NoSuchBucket" | "ContainerNotFound" => "there is no such bucket: check its name",
        "NoSuchKey" | "BlobNotFound" => "there is no such object: check its name",
        "AuthenticationFailed" => {
            "the key or signature is wrong or has expired: check AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN"
        }
        "AuthorizationFailure" => {
            "the signature or the account's firewall does not allow it: check AZURE_STORAGE_SAS_TOKEN or \
             AZURE_STORAGE_KEY, and the network rules of the account"
        }
        _ => return None,
    })
}
