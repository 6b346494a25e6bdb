//! Exchange rates by address: the reference rates of the European Central Bank, or a copy of them.

use crate::{endpoint, error::RemoteError, http::Http};

/// The whole history is below 1 MB as a zip and below 10 MB as XML.
const BYTES_MAX: usize = 32 << 20;

/// Downloads a list of rates. The address is an https one, or one of this machine.
///
/// # Errors
/// When the address is another, when it does not answer, or when the answer is empty or far too long.
pub fn fetch(http: &Http, address: &str) -> Result<Vec<u8>, RemoteError> {
    let shown = address.split(['?', '#']).next().unwrap_or_default();
    if !endpoint::is_private(address) {
        let problem = "rates are taken from https addresses only; write one like \
                       https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip";
        return Err(RemoteError::address(shown.rsplit('@').next().unwrap_or_default(), problem));
    }
    let answer = http.get(address).following_redirects().body_max(BYTES_MAX).send()?;
    match answer.body().is_empty() {
        true => Err(RemoteError::damaged(answer.place(), "the answer is empty; check the address")),
        false => Ok(answer.body().to_vec()),
    }
}
