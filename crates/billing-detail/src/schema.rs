//! The columns of detail, in order: named after FOCUS, what FOCUS does not have with `x_`.

use std::sync::Arc;

use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    errors::ParquetError,
    schema::types::{Type, TypePtr},
};

use crate::canonical::Canonical;

/// How a column is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A text that all line items of a kind share.
    Shared,
    /// A text of the row itself, and how it counts for the content.
    Own(Canonical),
    /// An amount with 18 digits after the point. A finer one is cut there; `x_BilledCostText` has all of it.
    Amount,
    /// A line number.
    Line,
}

/// Digits of an amount, before and after the point together.
pub(crate) const PRECISION: i32 = 38;
/// Digits of an amount after the point.
pub(crate) const SCALE: i32 = 18;
/// Bytes of an amount.
pub(crate) const AMOUNT_BYTES: usize = 16;

/// How many columns are [`Kind::Shared`].
pub(crate) const SHARED: usize = 16;
/// How many columns are [`Kind::Own`].
pub(crate) const OWN: usize = 11;

/// All columns.
pub(crate) const COLUMNS: &[(&str, Kind)] = &[
    ("ProviderName", Kind::Shared),
    ("SubAccountId", Kind::Shared),
    ("SubAccountName", Kind::Shared),
    ("BillingPeriodStart", Kind::Shared),
    ("ChargePeriodStart", Kind::Own(Canonical::Time)),
    ("ChargePeriodEnd", Kind::Own(Canonical::Ignored)),
    ("ChargeCategory", Kind::Shared),
    ("ChargeDescription", Kind::Own(Canonical::Text)),
    ("ServiceCategory", Kind::Shared),
    ("ServiceName", Kind::Shared),
    ("RegionId", Kind::Shared),
    ("x_CommitmentTerm", Kind::Shared),
    ("BillingCurrency", Kind::Shared),
    ("BilledCost", Kind::Amount),
    ("x_BilledCostText", Kind::Own(Canonical::Ignored)),
    ("EffectiveCost", Kind::Amount),
    ("ListCost", Kind::Own(Canonical::Ignored)),
    ("PricingQuantity", Kind::Own(Canonical::Number)),
    ("PricingUnit", Kind::Own(Canonical::Ignored)),
    ("ResourceId", Kind::Own(Canonical::Text)),
    ("ResourceName", Kind::Own(Canonical::Ignored)),
    ("SkuId", Kind::Own(Canonical::Text)),
    ("InvoiceId", Kind::Shared),
    ("InvoiceIssuerName", Kind::Shared),
    ("Tags", Kind::Own(Canonical::Text)),
    ("x_CostCenterTag", Kind::Shared),
    ("x_ComponentTag", Kind::Shared),
    ("x_ServiceTag", Kind::Shared),
    ("x_File", Kind::Shared),
    ("x_Line", Kind::Line),
];

/// The place of `Tags` among the [`Kind::Own`] columns.
pub(crate) const TAGS: usize = 10;

/// The columns as Parquet has them. A text that is not there is null.
pub(crate) fn parquet() -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> =
        COLUMNS.iter().map(|(name, kind)| field(name, *kind).map(Arc::new)).collect();
    Type::group_type_builder("line_items").with_fields(fields?).build().map(Arc::new)
}

fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    match kind {
        Kind::Shared | Kind::Own(_) => Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_repetition(Repetition::OPTIONAL)
            .build(),
        Kind::Amount => Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::decimal(SCALE, PRECISION)))
            .with_length(AMOUNT_BYTES as i32)
            .with_precision(PRECISION)
            .with_scale(SCALE)
            .with_repetition(Repetition::OPTIONAL)
            .build(),
        Kind::Line => {
            Type::primitive_type_builder(name, Physical::INT64).with_repetition(Repetition::REQUIRED).build()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_counted_right() {
        let count = |wanted: fn(&Kind) -> bool| COLUMNS.iter().filter(|(_, kind)| wanted(kind)).count();
        assert_eq!(count(|kind| *kind == Kind::Shared), SHARED);
        assert_eq!(count(|kind| matches!(kind, Kind::Own(_))), OWN);
        let own: Vec<&str> =
            COLUMNS.iter().filter(|(_, kind)| matches!(kind, Kind::Own(_))).map(|(name, _)| *name).collect();
        assert_eq!(own[TAGS], "Tags");
        assert_eq!(parquet().unwrap().get_fields().len(), COLUMNS.len());
    }
}
