//! Azure's paged lists: reservation transactions and marketplace charges. Each page is kept as it was delivered.
//!
//! Sources: <https://learn.microsoft.com/rest/api/consumption/reservation-transactions/list>,
//! <https://learn.microsoft.com/rest/api/consumption/marketplaces/list>

use std::{fs, path::Path};

use billing_core::Period;
use serde_json::Value;

use crate::{
    azure::{
        cost_details::last_day,
        manager::{AzureManager, BillingScope},
    },
    endpoint::encoded,
    error::RemoteError,
    fetched::FetchedFile,
};

const VERSION: &str = "2024-08-01";
const NEEDS: &str = "the role Billing Reader on the scope (Enrollment Reader for an enrollment)";
/// A list with more pages goes round in circles.
const PAGES_MAX: usize = 100_000;

impl AzureManager {
    /// Downloads the reservation transactions of a month: purchases, refunds, cancellations. The scope is an enrollment, a
    /// billing account or a billing profile. Asked for days, the service answers for the billing months of the first and the
    /// last one as a whole, and a refund keeps the billing month of its purchase.
    ///
    /// # Errors
    /// When the list is refused, is empty, or does not arrive whole.
    pub fn reservation_transactions(
        &self,
        scope: &BillingScope,
        month: Period,
        folder: &Path,
    ) -> Result<Vec<FetchedFile>, RemoteError> {
        let filter =
            format!("properties/eventDate ge {month}-01 AND properties/eventDate le {}", last_day(month));
        self.list(scope, "", "reservationTransactions", Some(&filter), month, folder)
    }

    /// Downloads the marketplace charges of a month.
    ///
    /// # Errors
    /// When the list is refused, is empty, or does not arrive whole.
    pub fn marketplace_charges(
        &self,
        scope: &BillingScope,
        month: Period,
        folder: &Path,
    ) -> Result<Vec<FetchedFile>, RemoteError> {
        if scope.is_enrollment() {
            let period = format!(
                "/providers/Microsoft.Billing/billingPeriods/{:04}{:02}",
                month.year(),
                month.month()
            );
            return self.list(scope, &period, "marketplaces", None, month, folder);
        }
        let filter = format!(
            "properties/usageStart ge '{month}-01T00:00:00Z' and properties/usageStart lt '{}-01T00:00:00Z'",
            month.next()
        );
        self.list(scope, "", "marketplaces", Some(&filter), month, folder)
    }

    fn list(
        &self,
        scope: &BillingScope,
        below: &str,
        what: &str,
        filter: Option<&str>,
        month: Period,
        folder: &Path,
    ) -> Result<Vec<FetchedFile>, RemoteError> {
        let mut address = self
            .address(scope, &format!("{below}/providers/Microsoft.Consumption/{what}?api-version={VERSION}"));
        if let Some(filter) = filter {
            address.push_str(&format!("&$filter={}", encoded(filter)));
        }
        let (mut files, mut rows) = (Vec::new(), 0);
        for number in 1..=PAGES_MAX {
            let answer = self.get(&address, NEEDS).map_err(too_long)?;
            let place = answer.place().to_owned();
            if answer.status() == 204 {
                return Err(nothing(&place, scope, what, month));
            }
            let page: Value = answer.json()?;
            let list = page["value"].as_array().ok_or_else(|| {
                RemoteError::damaged(&place, "the answer has no list; check AZURE_BILLING_SCOPE")
            })?;
            rows += list.len();
            let next = page["nextLink"].as_str().filter(|link| !link.is_empty());
            // The last page is kept also where it is empty: it shows that the list is complete.
            if !list.is_empty() || (next.is_none() && !files.is_empty()) {
                let path = folder.join(format!("{what}-{number:05}.json"));
                fs::write(&path, answer.body())
                    .map_err(|error| RemoteError::local(&path, "writing", &error))?;
                files.push(FetchedFile { name: format!("{place} page {number}"), path });
            }
            match next {
                Some(link) => address = self.own(&place, link)?,
                None if rows == 0 => return Err(nothing(&place, scope, what, month)),
                None => return Ok(files),
            }
        }
        Err(RemoteError::damaged(self.address(scope, ""), "the list does not end; report it"))
    }
}

/// The service refuses to answer with more than 12 MB, and asks for fewer days than the month that it answers for anyway.
fn too_long(error: RemoteError) -> RemoteError {
    match error {
        RemoteError::Refused { place, refusal, cure } if refusal.status == 400 => {
            let cure = format!(
                "{cure}; a list of more than 12 MB is not answered: set AZURE_BILLING_SCOPE to a smaller scope, or import \
                 exported files with -f FILE"
            );
            RemoteError::Refused { place, refusal, cure }
        }
        error => error,
    }
}

fn nothing(place: &str, scope: &BillingScope, what: &str, month: Period) -> RemoteError {
    let problem = format!(
        "the list of {what} of {month} at {scope} is empty; nothing was taken: check AZURE_BILLING_SCOPE and --period"
    );
    RemoteError::damaged(place, problem)
}
