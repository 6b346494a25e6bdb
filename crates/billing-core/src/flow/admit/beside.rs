//! Charges that a provider delivers in its bill or beside it: which document has them, so that they are billed once.
//!
//! Azure tells marketplace charges and reservations in lists of their own, and among the rows of its usage export. A list
//! adds to the bill where the bill is without them, and doubles them where it is not (rule R15).

use std::{collections::BTreeSet, fmt};

use super::{InForce, Refusal};
use crate::{document::Content, ids::Provider, period::Period};

/// What a document is to an account's period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Purpose {
    /// Everything that the provider charged. An account has one of it in a period.
    #[default]
    FullBill,
    /// Something beside the bill.
    Addition,
}

/// Charges that stand in a bill or beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Beside {
    /// What other publishers charge through the provider.
    Marketplace,
    /// Purchases and refunds of reservations.
    Reservations,
}

/// Such charges of a provider in a billing period.
pub type BesidePeriod = (Provider, Period, Beside);

impl Beside {
    /// Which of them a charge is, by what its bucket says: additions, and the rows of other publishers in Azure's usage
    /// export, have the service category `Marketplace` or `Reservations`; purchases and refunds of commitments in that
    /// export have a term.
    pub fn of(
        provider: &Provider,
        charge_category: &str,
        service_category: &str,
        commitment_term: &str,
    ) -> Option<Self> {
        match service_category {
            "Marketplace" => return Some(Self::Marketplace),
            "Reservations" => return Some(Self::Reservations),
            _ => {}
        }
        let is_purchase =
            ["Purchase", "Refund"].iter().any(|kind| kind.eq_ignore_ascii_case(charge_category));
        (provider.as_str() == "Azure" && is_purchase && !commitment_term.is_empty())
            .then_some(Self::Reservations)
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Marketplace => "marketplace charges",
            Self::Reservations => "reservation purchases",
        })
    }
}

/// The charges of content that a provider may also deliver elsewhere.
pub fn beside(content: &Content) -> BTreeSet<BesidePeriod> {
    let of = |bucket: &crate::bucket::Bucket| {
        let key = &bucket.key;
        let kind =
            Beside::of(&key.provider, &key.charge_category, &key.service_category, &key.commitment_term)?;
        Some((key.provider.clone(), key.period, kind))
    };
    content.buckets.iter().filter_map(of).collect()
}

/// Whether two documents are of one kind, so that the same account in the same period is a second bill.
pub(super) fn comparable(new: &BTreeSet<BesidePeriod>, purpose: Purpose, other: &InForce) -> bool {
    purpose == other.purpose && (purpose == Purpose::FullBill || !new.is_disjoint(&other.beside))
}

/// Refuses charges beside a bill that has them, and a bill with charges that are in force beside it.
pub(super) fn check(
    new: &BTreeSet<BesidePeriod>,
    purpose: Purpose,
    others: &[InForce],
) -> Result<(), Refusal> {
    for other in others.iter().filter(|other| other.purpose != purpose) {
        if let Some((provider, period, kind)) = new.intersection(&other.beside).next() {
            let (provider, name) = (provider.clone(), other.name.clone());
            return Err(Refusal::BesideAndInside { kind: *kind, provider, period: *period, name });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{Admission, AdmitOptions, admit},
        *,
    };
    use crate::{
        Decimal,
        bucket::{Bucket, BucketKey},
        document::{Digest, FileContent, Slice},
        money::Currency,
    };

    /// Content of one Azure account in October: charge category, service category and term of its only row.
    fn content(digest: u128, charge: &str, service: &str, term: &str) -> Content {
        let (provider, period) = (Provider::named("Azure"), "2026-10".parse().unwrap());
        let text = |text: &str| -> Arc<str> { text.into() };
        let key = BucketKey {
            provider: provider.clone(),
            account_key: text("a"),
            period,
            charge_category: text(charge),
            service_category: text(service),
            service_name: text(""),
            region: text(""),
            commitment_term: text(term),
            cost_center_tag: None,
            component_tag: None,
            service_tag: None,
            currency: Currency::parse("CHF").unwrap(),
        };
        let cost = Decimal::from(21);
        let bucket = Bucket { key, rows: 1, billed_cost: cost.clone(), effective_cost: cost };
        let slice = Slice { provider, period, rows: 1, digest: Digest(digest) };
        let file = FileContent { name: "f".to_owned(), rows: 1, rejected: 0, slices: vec![slice] };
        Content { files: vec![file], buckets: vec![bucket], ..Content::default() }
    }

    fn in_force(job: &str, purpose: Purpose, content: &Content) -> InForce {
        InForce {
            name: format!("{job}/2026-10"),
            job: job.to_owned(),
            purpose,
            rows: 1,
            files: content.files.iter().map(|file| file.slices.clone()).collect(),
            account_periods: super::super::account_periods(content),
            beside: beside(content),
            ..InForce::default()
        }
    }

    fn check(new: (&Content, Purpose), known: (&Content, Purpose), add: bool) -> Result<Admission, Refusal> {
        let options = AdmitOptions { add, purpose: new.1, ..AdmitOptions::default() };
        admit(new.0, None, &[in_force("other", known.1, known.0)], options, "job")
    }

    #[test]
    fn an_addition_adds_to_a_bill_without_its_charges_and_doubles_one_with_them() {
        let usage = content(1, "Usage", "Compute", "");
        let purchase = content(2, "Purchase", "Compute", "12");
        let shop = content(3, "Usage", "Marketplace", "");
        let reservations = content(4, "Purchase", "Reservations", "P1Y");
        let marketplace = content(5, "Purchase", "Marketplace", "");
        for (bill, addition, twice) in [
            (&usage, &reservations, false),
            (&usage, &marketplace, false),
            (&purchase, &reservations, true),
            (&purchase, &marketplace, false),
            (&shop, &marketplace, true),
            (&shop, &reservations, false),
        ] {
            let (bill, addition) = ((bill, Purpose::FullBill), (addition, Purpose::Addition));
            for (new, known) in [(addition, bill), (bill, addition)] {
                let admitted = check(new, known, false);
                assert_eq!(matches!(admitted, Err(Refusal::BesideAndInside { .. })), twice, "{admitted:?}");
                assert_eq!(check(new, known, true), Ok(Admission::Accepted));
            }
        }
    }

    #[test]
    fn the_same_addition_from_another_job_is_a_second_one() {
        let (one, two) =
            (content(1, "Purchase", "Reservations", ""), content(2, "Purchase", "Reservations", ""));
        let marketplace = content(3, "Purchase", "Marketplace", "");
        let addition = Purpose::Addition;
        assert!(matches!(check((&one, addition), (&two, addition), false), Err(Refusal::SecondBill { .. })));
        assert_eq!(check((&one, addition), (&marketplace, addition), false), Ok(Admission::Accepted));
    }

    #[test]
    fn a_job_delivers_a_bill_or_additions() {
        let (usage, reservations) = (content(1, "Usage", "", ""), content(2, "Purchase", "Reservations", ""));
        let own = in_force("job", Purpose::FullBill, &usage);
        let options = AdmitOptions { add: true, purpose: Purpose::Addition, ..AdmitOptions::default() };
        let refused = admit(&reservations, Some(&own), &[], options, "job").unwrap_err();
        assert!(refused.to_string().contains("name a job of its own with -n"), "{refused}");
    }
}
