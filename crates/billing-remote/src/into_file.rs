//! The answer to a request, downloaded into a file.

use std::path::Path;

use async_trait::async_trait;
use reqwest::{
    Response,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE},
};

use crate::{
    client,
    download::{self, Downloaded, Opened, Source},
    error::RemoteError,
    http::Request,
    retry::Failure,
    verify,
};

impl Request {
    /// Downloads the answer into a file, which appears under its name only when it is complete and its checksum, where
    /// the server gives one, is right. A broken connection is resumed where it broke, if the server can, else it starts
    /// anew. The folder of the file must exist.
    ///
    /// # Errors
    /// As for [`Request::send`]; also when the file cannot be written.
    pub fn download(self, to: &Path) -> Result<Downloaded, RemoteError> {
        let policy = self.policy().clone();
        client::wait(download::run(&FromHttp(&self), to, &policy))?
    }
}

/// A request whose answer is downloaded.
struct FromHttp<'r>(&'r Request);

#[async_trait]
impl Source for FromHttp<'_> {
    fn place(&self) -> String {
        self.0.place()
    }

    async fn open(&self, from: u64, tag: Option<&str>) -> Result<Opened, Failure> {
        let mut headers = HeaderMap::new();
        if let (1.., Some(tag)) = (from, tag)
            && let (Ok(range), Ok(tag)) =
                (HeaderValue::from_str(&format!("bytes={from}-")), HeaderValue::from_str(tag))
        {
            headers.insert(RANGE, range);
            headers.insert(IF_RANGE, tag);
        }
        let response = self.0.attempt(headers).await?;
        Ok(opened(response))
    }
}

fn opened(response: Response) -> Opened {
    let headers = response.headers().clone();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (start, total) = match response.status().as_u16() {
        206 => content_range(text(CONTENT_RANGE).unwrap_or_default()),
        _ => (0, text(CONTENT_LENGTH).and_then(|length| length.parse().ok())),
    };
    // A weak tag does not promise the same bytes.
    let tag = text(ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned);
    let body = Box::pin(futures_util::TryStreamExt::map_err(response.bytes_stream(), |error| {
        client::innermost(&error)
    }));
    Opened { start, total, tag, checksum: verify::expected(&headers, false), body }
}

/// `bytes 100-199/200`: where the part starts and how long the whole is.
fn content_range(text: &str) -> (u64, Option<u64>) {
    let read = || {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        Some((range.split('-').next()?.parse().ok()?, total.parse().ok()))
    };
    // What cannot be read is no part that was asked for, so it starts anew.
    read().unwrap_or((u64::MAX, None))
}
