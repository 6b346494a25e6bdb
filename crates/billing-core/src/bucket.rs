//! Buckets: line items of a document version, summed by what billing looks at.

use std::sync::Arc;

use crate::{decimal::Decimal, ids::Provider, money::Currency, period::Period};

/// What the line items of a bucket have in common. What billing tells cost apart by comes first, so that buckets in the
/// order of their keys need no sorting when their cost is read again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BucketKey {
    /// The provider.
    pub provider: Provider,
    /// The account id in the provider's normal form.
    pub account_key: Arc<str>,
    /// The billing period.
    pub period: Period,
    /// FOCUS `ServiceName`.
    pub service_name: Arc<str>,
    /// The value of the cost-centre tag, as written.
    pub cost_center_tag: Option<Arc<str>>,
    /// The value of the component tag.
    pub component_tag: Option<Arc<str>>,
    /// The currency of the costs.
    pub currency: Currency,
    /// FOCUS `ChargeCategory`: Usage, Purchase, Tax, Credit, Adjustment, or the provider's own word.
    pub charge_category: Arc<str>,
    /// FOCUS `ServiceCategory`.
    pub service_category: Arc<str>,
    /// FOCUS `RegionId`.
    pub region: Arc<str>,
    /// The term of a reservation or commitment.
    pub commitment_term: Arc<str>,
    /// The value of the service tag.
    pub service_tag: Option<Arc<str>>,
}

/// The sum of the line items with one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// What they have in common.
    pub key: BucketKey,
    /// How many there are.
    pub rows: u64,
    /// The exact sum of their billed costs, in the key's currency.
    pub billed_cost: Decimal,
    /// The exact sum of their amortised costs, where the provider tells them, in the key's currency.
    pub effective_cost: Decimal,
}
