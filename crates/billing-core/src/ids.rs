//! Names of things in the ledger, each of its own type, so that a customer is never taken for an account.

use std::{fmt, sync::Arc};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

ids! {
    /// A customer.
    CustomerId;
    /// An account, subscription or project at a provider.
    AccountId;
    /// A component: what costs money and is shared.
    ComponentId;
    /// A service.
    ServiceId;
    /// A manual credit or fee.
    PositionId;
    /// A provider's document: one job's delivery for one billing period, in all its versions.
    DocumentId;
    /// A rejection.
    RejectionId;
}

/// The number of an invoice. Never used again, also not after a void.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InvoiceNumber(pub i64);

impl InvoiceNumber {
    /// Reads a number as people type it, with or without leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number > 0).map(Self)
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:06}", self.0))
    }
}

/// A provider of cloud services by its one name here: `Azure`, `AWS`, `GCP`, others as they write themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provider(Arc<str>);

impl Provider {
    /// The name under which all spellings of a provider are one.
    pub fn named(text: &str) -> Self {
        let text = text.trim();
        let known = match text.to_ascii_lowercase().as_str() {
            "azure" | "microsoft" | "microsoft azure" => "Azure",
            "aws" | "amazon web services" => "AWS",
            "gcp" | "google" | "google cloud" | "google cloud platform" => "GCP",
            _ => text,
        };
        Self(known.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An account id in the form in which this provider's ids are compared.
    ///
    /// Azure: the subscription's GUID in small letters, also out of `/subscriptions/<guid>` as FOCUS exports write
    /// it. AWS: twelve digits; spreadsheets drop leading zeros. Others: as written, without blanks around.
    pub fn account_key(&self, id: &str) -> String {
        let id = id.trim();
        match self.as_str() {
            "Azure" => {
                let lower = id.to_ascii_lowercase();
                match lower.strip_prefix("/subscriptions/") {
                    Some(guid) => guid.trim_end_matches('/').to_owned(),
                    None => lower,
                }
            }
            "AWS" if id.len() < 12 && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{id:0>12}")
            }
            _ => id.to_owned(),
        }
    }
}

impl Provider {
    /// What is wrong with an account id that cannot be one of this provider's, with cause and cure.
    ///
    /// AWS: `6.10838E+11` is what a spreadsheet makes of twelve digits. The account cannot be known from it any more.
    pub fn account_problem(&self, id: &str) -> Option<&'static str> {
        let is_number = || {
            id.bytes().any(|byte| byte.is_ascii_digit())
                && id.bytes().any(|byte| matches!(byte, b'e' | b'E'))
                && id.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'e' | b'E'))
        };
        (self.as_str() == "AWS" && is_number()).then_some(
            "a spreadsheet has rounded the account's number; download the report again and import it unopened",
        )
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of the target that invoices services instead of accounts.
pub const MANAGED_CLOUD_SERVICES: &str = "ManagedCloudServices";

/// Whom a bill run is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// The accounts of one provider.
    Accounts(Provider),
    /// The services with their uses of components.
    ManagedCloudServices,
}

impl Target {
    /// The target of this name, whatever its case or the provider's spelling.
    pub fn named(text: &str) -> Self {
        if text.trim().eq_ignore_ascii_case(MANAGED_CLOUD_SERVICES) {
            return Self::ManagedCloudServices;
        }
        Self::Accounts(Provider::named(text))
    }

    /// The name, as in file names and settings.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accounts(provider) => provider.as_str(),
            Self::ManagedCloudServices => MANAGED_CLOUD_SERVICES,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_one_name() {
        for (text, name) in [
            ("Microsoft", "Azure"),
            ("MICROSOFT azure", "Azure"),
            ("Amazon Web Services", "AWS"),
            ("google cloud", "GCP"),
            (" Oracle ", "Oracle"),
        ] {
            assert_eq!(Provider::named(text).as_str(), name);
        }
    }

    #[test]
    fn an_account_id_has_one_form() {
        let azure = Provider::named("Azure");
        assert_eq!(azure.account_key("/subscriptions/0F6C-AA"), azure.account_key(" 0f6c-aa "));
        assert_eq!(Provider::named("AWS").account_key("51738928782"), "051738928782");
        assert_eq!(Provider::named("Oracle").account_key("OCID.A"), "OCID.A");
        let aws = Provider::named("AWS");
        assert!(aws.account_problem("6.10838E+11").is_some());
        assert!(aws.account_problem("610838000000").is_none() && aws.account_problem("E").is_none());
        assert!(azure.account_problem("6.10838E+11").is_none());
    }

    #[test]
    fn an_invoice_number_is_typed_with_or_without_zeros() {
        assert_eq!(InvoiceNumber::parse("000017"), InvoiceNumber::parse("17"));
        assert_eq!(InvoiceNumber::parse("-1"), None);
        assert_eq!(InvoiceNumber::parse("x"), None);
        assert_eq!(InvoiceNumber(17).to_string(), "000017");
    }
}
