//! The columns of detail, in order: named after FOCUS, what FOCUS does not have with `x_`.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

/// How a column is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text that many rows share.
    Shared,
    /// A text that mostly differs from row to row.
    Text,
    /// An amount with 18 digits after the point. A finer one is cut there; `x_BilledCostText` has all of it.
    Amount,
    /// A line number.
    Line,
}

/// Digits of an amount, before and after the point together.
pub(crate) const PRECISION: u8 = 38;
/// Digits of an amount after the point.
pub(crate) const SCALE: u8 = 18;

/// All columns.
pub(crate) const COLUMNS: &[(&str, Kind)] = &[
    ("ProviderName", Kind::Shared),
    ("SubAccountId", Kind::Shared),
    ("SubAccountName", Kind::Shared),
    ("BillingPeriodStart", Kind::Shared),
    ("ChargePeriodStart", Kind::Shared),
    ("ChargePeriodEnd", Kind::Shared),
    ("ChargeCategory", Kind::Shared),
    ("ChargeDescription", Kind::Shared),
    ("ServiceCategory", Kind::Shared),
    ("ServiceName", Kind::Shared),
    ("RegionId", Kind::Shared),
    ("x_CommitmentTerm", Kind::Shared),
    ("BillingCurrency", Kind::Shared),
    ("BilledCost", Kind::Amount),
    ("x_BilledCostText", Kind::Text),
    ("EffectiveCost", Kind::Amount),
    ("ListCost", Kind::Text),
    ("PricingQuantity", Kind::Text),
    ("PricingUnit", Kind::Shared),
    ("ResourceId", Kind::Text),
    ("ResourceName", Kind::Shared),
    ("SkuId", Kind::Shared),
    ("InvoiceId", Kind::Shared),
    ("Tags", Kind::Shared),
    ("x_CostCenterTag", Kind::Shared),
    ("x_ComponentTag", Kind::Shared),
    ("x_ServiceTag", Kind::Shared),
    ("x_File", Kind::Shared),
    ("x_Line", Kind::Line),
];

/// The columns as Arrow has them. A text that is not there is null.
pub(crate) fn arrow() -> Arc<Schema> {
    let fields: Vec<Field> = COLUMNS
        .iter()
        .map(|(name, kind)| match kind {
            Kind::Shared | Kind::Text => Field::new(*name, DataType::Utf8, true),
            Kind::Amount => Field::new(*name, DataType::Decimal128(PRECISION, SCALE as i8), true),
            Kind::Line => Field::new(*name, DataType::Int64, false),
        })
        .collect();
    Arc::new(Schema::new(fields))
}
