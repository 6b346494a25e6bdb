//! How a bucket is reached: the settings of each cloud become a client of `object_store`.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use object_store::{
    BackoffConfig, ClientConfigKey, ClientOptions, GetOptions, ObjectStore as AnyStore, RetryConfig,
    StaticCredentialProvider,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService},
    gcp::{GcpCredential, GoogleCloudStorageBuilder},
};
use reqwest::{header::HeaderMap, redirect::Policy};

use crate::{
    client::{self, Way},
    error::RemoteError,
    location::{Cloud, Location},
    retry::{self, RetryPolicy, Waiter},
    settings::RemoteSettings,
};

/// How long one thing is tried. The signature of a request is good for some minutes only.
const RETRY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(300);

/// A client for the bucket of an address.
pub(crate) fn connect(
    location: &Location,
    settings: &RemoteSettings,
    policy: &RetryPolicy,
) -> Result<Arc<dyn AnyStore>, RemoteError> {
    let (connector, retry) = (Connector::new(settings, policy)?, retries(policy));
    match location.cloud {
        Cloud::S3 => s3(location, settings, connector, retry),
        Cloud::Azure => azure(location, settings, connector, retry),
        Cloud::Google => google(location, settings, connector, retry),
    }
}

/// The identity at AWS that the settings name, for services other than S3.
pub(crate) fn aws_credentials(
    settings: &RemoteSettings,
    policy: &RetryPolicy,
) -> Result<AwsCredentialProvider, RemoteError> {
    let builder = AmazonS3Builder::new()
        .with_bucket_name("none")
        .with_retry(retries(policy))
        .with_http_connector(Connector::new(settings, policy)?);
    let store = aws_identity(builder, settings)?.build().map_err(|_| {
        RemoteError::setting(
            "AWS_ACCESS_KEY_ID",
            "its value, or that of another setting of AWS, cannot be used",
        )
    })?;
    Ok(store.credentials().clone())
}

fn retries(policy: &RetryPolicy) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: policy.first_pause,
            max_backoff: policy.longest_pause,
            ..BackoffConfig::default()
        },
        max_retries: policy.attempts.saturating_sub(1) as usize,
        retry_timeout: RETRY_TIMEOUT,
    }
}

/// Whether an endpoint, which the user set, is without encryption.
fn options(endpoint: Option<&str>) -> ClientOptions {
    let open = endpoint.is_some_and(|endpoint| endpoint.to_ascii_lowercase().starts_with("http://"));
    ClientOptions::new().with_allow_http(open)
}

fn endpoint<'s>(
    settings: &'s RemoteSettings,
    names: &[&'static str],
) -> Result<Option<&'s str>, RemoteError> {
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, settings.get(name)?))) else {
        return Ok(None);
    };
    match reqwest::Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() => {
            Ok(Some(value.trim_end_matches('/')))
        }
        _ => Err(RemoteError::setting(
            name,
            "not understood: write an address like https://storage.example.com",
        )),
    }
}

fn s3(
    location: &Location,
    settings: &RemoteSettings,
    connector: Connector,
    retry: RetryConfig,
) -> Result<Arc<dyn AnyStore>, RemoteError> {
    let address = endpoint(settings, &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&location.bucket)
        .with_client_options(options(address))
        .with_retry(retry)
        .with_http_connector(connector);
    if let Some(address) = address {
        builder = builder.with_endpoint(address);
    }
    let builder = aws_identity(builder, settings)?;
    builder.build().map(|store| Arc::new(store) as _).map_err(|error| unusable(location, "AWS_…", &error))
}

/// Who asks, and in which region.
fn aws_identity(
    mut builder: AmazonS3Builder,
    settings: &RemoteSettings,
) -> Result<AmazonS3Builder, RemoteError> {
    if let Some(region) = settings.get("AWS_REGION").or_else(|| settings.get("AWS_DEFAULT_REGION")) {
        builder = builder.with_region(region);
    }
    for (name, other) in [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ] {
        if settings.get(name).is_some() && settings.get(other).is_none() {
            return Err(RemoteError::setting(other, format!("it must be set too, as {name} is")));
        }
    }
    for (name, key) in [
        ("AWS_ACCESS_KEY_ID", AmazonS3ConfigKey::AccessKeyId),
        ("AWS_SECRET_ACCESS_KEY", AmazonS3ConfigKey::SecretAccessKey),
        ("AWS_SESSION_TOKEN", AmazonS3ConfigKey::Token),
        ("AWS_VIRTUAL_HOSTED_STYLE", AmazonS3ConfigKey::VirtualHostedStyleRequest),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", AmazonS3ConfigKey::WebIdentityTokenFile),
        ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
        ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
        ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", AmazonS3ConfigKey::ContainerCredentialsFullUri),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", AmazonS3ConfigKey::MetadataEndpoint),
    ] {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(key, value);
        }
    }
    Ok(builder)
}

fn azure(
    location: &Location,
    settings: &RemoteSettings,
    connector: Connector,
    retry: RetryConfig,
) -> Result<Arc<dyn AnyStore>, RemoteError> {
    let address = endpoint(settings, &["AZURE_STORAGE_ENDPOINT"])?;
    let account = location.account.as_deref();
    let account = account.or_else(|| settings.get("AZURE_STORAGE_ACCOUNT"));
    let account = account.or_else(|| settings.get("AZURE_STORAGE_ACCOUNT_NAME")).ok_or_else(|| {
        let problem = format!("it is not set; set it to the storage account that {location} is in");
        RemoteError::setting("AZURE_STORAGE_ACCOUNT", problem)
    })?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(account)
        .with_container_name(&location.bucket)
        .with_client_options(options(address))
        .with_retry(retry)
        .with_http_connector(connector);
    if let Some(address) = address {
        builder = builder.with_endpoint(address.to_owned());
    }
    // The service principal is set for other things as well: what is meant for storage alone wins.
    let storage_alone = settings.get("AZURE_STORAGE_SAS_TOKEN").is_some();
    for (name, key) in [
        ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
        ("AZURE_STORAGE_SAS_TOKEN", AzureConfigKey::SasKey),
        ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
        ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
        ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
        ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
        ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
    ] {
        let of_storage = name.starts_with("AZURE_STORAGE_");
        if let Some(value) = settings.get(name).filter(|_| of_storage || !storage_alone) {
            builder = builder.with_config(key, value);
        }
    }
    let names = "AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN";
    builder.build().map(|store| Arc::new(store) as _).map_err(|error| unusable(location, names, &error))
}

fn google(
    location: &Location,
    settings: &RemoteSettings,
    connector: Connector,
    retry: RetryConfig,
) -> Result<Arc<dyn AnyStore>, RemoteError> {
    // An emulator's variable may lack the scheme; Google's own clients take it so.
    let emulator = settings.get("STORAGE_EMULATOR_HOST");
    let emulator =
        emulator.map(|host| if host.contains("://") { host.to_owned() } else { format!("http://{host}") });
    let own = endpoint(settings, &["GOOGLE_STORAGE_ENDPOINT"])?;
    let address = own.or(emulator.as_deref());
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&location.bucket)
        .with_client_options(options(address))
        .with_retry(retry)
        .with_http_connector(connector);
    if let Some(address) = address {
        builder = builder.with_base_url(address.trim_end_matches('/'));
    }
    let mut named = "GOOGLE_APPLICATION_CREDENTIALS";
    if let Some(key) = settings.get("GOOGLE_SERVICE_ACCOUNT_KEY") {
        named = "GOOGLE_SERVICE_ACCOUNT_KEY";
        builder = builder.with_service_account_key(key);
    } else if let Some(path) = settings.get("GOOGLE_APPLICATION_CREDENTIALS") {
        builder = builder.with_application_credentials(path);
    } else if own.is_none() && emulator.is_some() {
        let nobody = StaticCredentialProvider::new(GcpCredential { bearer: String::new() });
        builder = builder.with_credentials(Arc::new(nobody)).with_skip_signature(true);
    }
    builder.build().map(|store| Arc::new(store) as _).map_err(|error| unusable(location, named, &error))
}

/// The sentence for settings that the library refuses. Its own text is not shown: it may repeat a value.
fn unusable(location: &Location, names: &str, _error: &object_store::Error) -> RemoteError {
    let problem =
        format!("its value cannot be used for {location}; check it, for a file also that it is there");
    RemoteError::setting(names, problem)
}

/// Gives `object_store` clients of our own: the same certificates, proxies and limits as for everything else.
#[derive(Debug)]
struct Connector {
    way: Way,
    waiter: Waiter,
}

impl Connector {
    fn new(settings: &RemoteSettings, policy: &RetryPolicy) -> Result<Self, RemoteError> {
        Ok(Self { way: Way::new(settings)?, waiter: policy.waiter.clone() })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let open = options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() == Some("true");
        let builder = self.way.builder().redirect(Policy::none()).https_only(!open);
        let client = client::build(builder)
            .map_err(|error| object_store::Error::Generic { store: "client", source: Box::new(error) })?;
        Ok(HttpClient::new(Observed { client, waiter: self.waiter.clone() }))
    }
}

/// Takes the headers of the first answer to a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Option<HeaderMap>>>);

impl Seen {
    fn note(&self, headers: &HeaderMap) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get_or_insert_with(|| headers.clone());
    }

    /// The headers, if there was an answer.
    pub(crate) fn take(&self) -> HeaderMap {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    /// Options of a request whose answer's headers are wanted.
    pub(crate) fn options(&self) -> GetOptions {
        let mut options = GetOptions::default();
        options.extensions.insert(self.clone());
        options
    }
}

/// A client that notes the headers of answers where asked to, and waits as long as a server wants before the next
/// attempt; `object_store` itself does the attempts.
#[derive(Debug)]
struct Observed {
    client: reqwest::Client,
    waiter: Waiter,
}

#[async_trait]
impl HttpService for Observed {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let seen = request.extensions().get::<Seen>().cloned();
        let response = self.client.call(request).await?;
        let headers: &HeaderMap = response.headers();
        if response.status().is_success() {
            if let Some(seen) = seen {
                seen.note(headers);
            }
        } else if retry::is_passing(response.status().as_u16())
            && let Some(asked) = retry::asked_wait(headers)
        {
            self.waiter.wait(asked.min(retry::WAIT_MAX)).await;
        }
        Ok(response)
    }
}
