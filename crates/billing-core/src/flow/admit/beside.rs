//! Charges that a provider delivers in its bill or beside it: which document has them, so that they are billed once.
//!
//! Azure tells marketplace charges and reservations in lists of their own, and among the rows of its usage export. A list
//! adds to the bill where the bill is without them, and doubles them where it is not (rule R15).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{InForce, Refusal};
use crate::{
    decimal::Decimal,
    document::Content,
    ids::Provider,
    money::{Cost, Currency},
    period::Period,
};

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

/// Such charges of a document: what its buckets of each kind come to in each period.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BesideCharges(BTreeMap<BesidePeriod, BTreeSet<(Currency, Decimal)>>);

impl BesideCharges {
    /// Adds a bucket.
    pub fn add(&mut self, of: BesidePeriod, cost: &Cost) {
        self.0.entry(of).or_default().insert((cost.currency.clone(), cost.amount.clone()));
    }

    /// The providers' periods of which both documents have charges of one kind.
    fn common<'b>(&'b self, other: &'b Self) -> impl Iterator<Item = &'b BesidePeriod> {
        self.0.keys().filter(|of| other.0.contains_key(of))
    }

    /// Those of which charges of the same amount stand in the other document.
    fn common_amounts<'b>(&'b self, other: &'b Self) -> impl Iterator<Item = &'b BesidePeriod> {
        let has_common = |of: &BesidePeriod, costs: &BTreeSet<(Currency, Decimal)>| {
            let known = other.0.get(of);
            known.is_some_and(|known| costs.intersection(known).any(|(_, amount)| !amount.is_zero()))
        };
        self.0.iter().filter(move |(of, costs)| has_common(of, costs)).map(|(of, _)| of)
    }

    /// The providers' periods of which both documents have such charges.
    pub(super) fn common_periods(&self, other: &Self) -> BTreeSet<(Provider, Period)> {
        self.common(other).map(|(provider, period, _)| (provider.clone(), *period)).collect()
    }

    /// Those of periods of which another version has none.
    fn of_other_periods(&self, known: &Self) -> Self {
        let fresh = self.0.iter().filter(|(of, _)| !known.0.contains_key(of));
        Self(fresh.map(|(of, costs)| (of.clone(), costs.clone())).collect())
    }

    /// Those that another version does not have.
    fn without(&self, known: &Self) -> Self {
        let fresh = |(of, costs): (&BesidePeriod, &BTreeSet<(Currency, Decimal)>)| {
            let costs = known.0.get(of).map_or_else(|| costs.clone(), |known| costs - known);
            (of.clone(), costs)
        };
        Self(self.0.iter().map(fresh).collect())
    }

    /// Purchases and refunds of reservations that look like one here and in another month there: of the same amount, and a
    /// purchase no further than a month away. A refund is told in the month of its purchase by the list, and in its own by
    /// the bill.
    fn in_other_month<'b>(&'b self, other: &'b Self) -> Option<(&'b BesidePeriod, &'b BesidePeriod, Cost)> {
        let mut pairs = self.0.iter().flat_map(|new| other.0.iter().map(move |known| (new, known)));
        pairs.find_map(|((new, costs), (known, known_costs))| {
            let is_next = new.1 == known.1.next() || new.1 == known.1.previous();
            let (same_kind, is_other_month) = ((&new.0, new.2) == (&known.0, known.2), new.1 != known.1);
            let mut alike = costs.intersection(known_costs).filter(|(_, amount)| !amount.is_zero());
            let (currency, amount) = alike.find(|(_, amount)| is_next || amount.is_negative())?;
            let found = same_kind && is_other_month && new.2 == Beside::Reservations;
            found.then(|| (new, known, Cost::new(amount.clone(), currency.clone())))
        })
    }
}

/// Charges that are no purchase, refund or cancellation, whatever commitment they name.
const NO_PURCHASE: [&str; 7] = [
    "Usage",
    "UnusedReservation",
    "UnusedSavingsPlan",
    "UnusedSavingPlan",
    "UnusedBenefit",
    "Tax",
    "RoundingAdjustment",
];

impl Beside {
    /// Which of them a charge is, by what its bucket says: additions, and the rows of other publishers in Azure's bill,
    /// have the service category `Marketplace` or `Reservations`; what commitments cost in that bill has a term, or the
    /// kind of commitment in its place.
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
        let is_purchase = !NO_PURCHASE.iter().any(|kind| kind.eq_ignore_ascii_case(charge_category));
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
pub fn beside(content: &Content) -> BesideCharges {
    let mut charges = BesideCharges::default();
    for bucket in &content.buckets {
        let key = &bucket.key;
        let kind =
            Beside::of(&key.provider, &key.charge_category, &key.service_category, &key.commitment_term);
        if let Some(kind) = kind {
            let cost = Cost::new(bucket.billed_cost.clone(), key.currency.clone());
            charges.add((key.provider.clone(), key.period, kind), &cost);
        }
    }
    charges
}

/// Whether two documents are of one kind, so that the same account in the same period is a second bill.
pub(super) fn comparable(new: &BesideCharges, purpose: Purpose, other: &InForce) -> bool {
    purpose == other.purpose && (purpose == Purpose::FullBill || new.common(&other.beside).next().is_some())
}

/// Refuses charges beside a bill that has them, and a bill with charges that are in force beside it.
/// What the version in force has beside another document was accepted with it.
pub(super) fn check(
    new: &BesideCharges,
    purpose: Purpose,
    own: Option<&InForce>,
    others: &[InForce],
) -> Result<(), Refusal> {
    let nothing = BesideCharges::default();
    let accepted = own.map_or(&nothing, |own| &own.beside);
    let (periods, charges) = (new.of_other_periods(accepted), new.without(accepted));
    // All of them at once: whoever accepts one should know of the others.
    let mut found = Vec::new();
    for other in others.iter().filter(|other| other.purpose != purpose) {
        let charge = |of: &BesidePeriod| (of.2, of.0.clone(), of.1, other.name.clone());
        let common = periods.common(&other.beside).chain(charges.common_amounts(&other.beside));
        found.extend(common.collect::<BTreeSet<_>>().into_iter().map(charge));
    }
    if !found.is_empty() {
        return Err(Refusal::BesideAndInside { charges: found });
    }
    for other in others.iter().filter(|other| other.purpose != purpose) {
        if let Some(((provider, period, kind), (_, known_period, _), cost)) =
            charges.in_other_month(&other.beside)
        {
            return Err(Refusal::BesideInOtherMonth {
                kind: *kind,
                provider: provider.clone(),
                period: *period,
                cost,
                known_period: *known_period,
                name: other.name.clone(),
            });
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
        bucket::{Bucket, BucketKey},
        document::{Digest, FileContent, Slice},
    };

    /// Content of one Azure account in October: charge category, service category and term of its only row.
    fn content(digest: u128, charge: &str, service: &str, term: &str) -> Content {
        content_of(digest, [charge, service, term], "2026-10", "21")
    }

    /// The same of another month and cost.
    fn content_of(digest: u128, [charge, service, term]: [&str; 3], month: &str, cost: &str) -> Content {
        let (provider, period) = (Provider::named("Azure"), month.parse().unwrap());
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
        let cost: Decimal = cost.parse().unwrap();
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
    fn charges_that_name_a_commitment_are_its_price_unless_they_are_known_not_to_be() {
        let of = |charge: &str, term: &str| Beside::of(&Provider::named("Azure"), charge, "Compute", term);
        for charge in ["Purchase", "refund", "Cancellation", "Adjustment", ""] {
            assert_eq!(of(charge, "Reservation"), Some(Beside::Reservations), "{charge}");
            assert_eq!(of(charge, ""), None, "{charge}");
        }
        for charge in NO_PURCHASE {
            assert_eq!(of(charge, "P1Y"), None, "{charge}");
        }
        assert_eq!(Beside::of(&Provider::named("AWS"), "Purchase", "Compute", "1yr"), None);
    }

    #[test]
    fn a_purchase_may_stand_in_the_next_month_and_a_refund_in_any() {
        for (amount, month, twice) in [
            ("500", "2026-11", true),
            ("500.00", "2026-09", true),
            ("500", "2026-12", false),
            ("501", "2026-11", false),
            ("-500", "2026-12", true),
        ] {
            let known = if amount.starts_with('-') { "-500" } else { "500" };
            let bill = content_of(1, ["Purchase", "Compute", "Reservation"], "2026-10", known);
            let list = content_of(2, ["Purchase", "Reservations", "P1Y"], month, amount);
            let (bill, list) = ((&bill, Purpose::FullBill), (&list, Purpose::Addition));
            for (new, known) in [(list, bill), (bill, list)] {
                let admitted = check(new, known, false);
                assert_eq!(
                    matches!(admitted, Err(Refusal::BesideInOtherMonth { .. })),
                    twice,
                    "{amount} {month} {admitted:?}"
                );
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
