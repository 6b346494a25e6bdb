//! AWS Organizations: the list of an organization's accounts.
//!
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    aws::signature::Signer,
    endpoint,
    error::RemoteError,
    http::{Answer, Http},
    settings::RemoteSettings,
};

const TARGET: &str = "AWSOrganizationsV20161128.ListAccounts";
const NEEDS: &str =
    "the permission organizations:ListAccounts in the management account or a delegated administrator's";
/// The most that the service allows.
const PAGE_ACCOUNTS: u32 = 20;
/// A list with more pages goes round in circles.
const PAGES_MAX: u32 = 10_000;
/// How often a page is asked for while the service says that it is asked too often.
const ATTEMPTS: u32 = 8;

/// An account of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListedAccount {
    /// The number of the account, with its leading zeros.
    pub id: String,
    /// Its name; empty where it has none.
    #[serde(default)]
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`.
    #[serde(default)]
    pub status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    accounts: Vec<ListedAccount>,
    next_token: Option<String>,
}

/// The organization that the settings' credentials belong to.
#[derive(Debug)]
pub struct Organization {
    http: Http,
    endpoint: String,
    signer: Signer,
}

impl Organization {
    /// Connects with the credentials of the settings: keys, a web identity, or the machine's own.
    ///
    /// # Errors
    /// When a setting is not understood. Nothing is sent yet.
    pub fn connect(settings: &RemoteSettings, http: &Http) -> Result<Self, RemoteError> {
        let region =
            endpoint::first(settings, &["AWS_REGION", "AWS_DEFAULT_REGION"]).map_or("", |(_, region)| region);
        let (region, usual) = home(region);
        let names = ["AWS_ENDPOINT_URL_ORGANIZATIONS", "AWS_ENDPOINT_URL"];
        let endpoint = endpoint::endpoint(settings, &names, usual)?;
        let signer = Signer::new(settings, http.policy(), "organizations", region)?;
        Ok(Self { http: http.clone(), endpoint, signer })
    }

    /// All accounts, closed ones included, sorted by id.
    ///
    /// # Errors
    /// When the list is refused, is empty, or does not end.
    pub fn accounts(&self) -> Result<Vec<ListedAccount>, RemoteError> {
        let mut accounts = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut question = json!({"MaxResults": PAGE_ACCOUNTS});
            if let Some(token) = &token {
                question["NextToken"] = token.as_str().into();
            }
            let answer = self.ask(&question.to_string())?;
            let page: Page = answer.json()?;
            accounts.extend(page.accounts);
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return finished(answer.place(), accounts);
            }
        }
        Err(RemoteError::damaged(&self.endpoint, "the list of accounts does not end; report it"))
    }

    /// Asks for a page. The service says 400 where others say 429, so that is tried again here.
    fn ask(&self, body: &str) -> Result<Answer, RemoteError> {
        let mut attempt = 1;
        loop {
            let mut request = self.http.post(&format!("{}/", self.endpoint)).repeatable().needs(NEEDS);
            for (name, value) in self.signer.sign(&self.endpoint, TARGET, body)? {
                request = request.header(&name, &value);
            }
            let error = match request.body("application/x-amz-json-1.1", body).send() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let busy = matches!(
                error.code(),
                Some("TooManyRequestsException" | "ThrottlingException" | "ConcurrentModificationException")
            );
            if !busy || attempt >= ATTEMPTS {
                return Err(error);
            }
            self.http.pause(Duration::from_secs(1 << attempt.min(5)));
            attempt += 1;
        }
    }
}

fn finished(place: &str, mut accounts: Vec<ListedAccount>) -> Result<Vec<ListedAccount>, RemoteError> {
    if accounts.is_empty() {
        let problem =
            "the organization has no account, which cannot be; nothing was taken: run the command again";
        return Err(RemoteError::damaged(place, problem));
    }
    accounts.sort_by(|left, right| left.id.cmp(&right.id));
    accounts.dedup_by(|next, kept| next.id == kept.id);
    Ok(accounts)
}

/// The service has one home in each partition: its region and address.
/// Source: <https://docs.aws.amazon.com/general/latest/gr/ao.html>
fn home(region: &str) -> (&'static str, &'static str) {
    if region.starts_with("cn-") {
        ("cn-northwest-1", "https://organizations.cn-northwest-1.amazonaws.com.cn")
    } else if region.starts_with("us-gov-") {
        ("us-gov-west-1", "https://organizations.us-gov-west-1.amazonaws.com")
    } else {
        ("us-east-1", "https://organizations.us-east-1.amazonaws.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_in_order_and_never_empty() {
        let account =
            |id: &str| ListedAccount { id: id.to_owned(), name: String::new(), status: String::new() };
        let accounts = finished("here", vec![account("2"), account("01"), account("2")]).unwrap();
        assert_eq!(accounts, [account("01"), account("2")]);
        assert!(finished("here", Vec::new()).unwrap_err().to_string().contains("nothing was taken"));
    }
}
