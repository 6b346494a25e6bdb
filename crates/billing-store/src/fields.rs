//! Reading typed values out of rows: what the ledger holds must be what the program wrote, else it is damaged.

use std::sync::Arc;

use billing_core::{Currency, Decimal, Money, Period, ids::Provider};

use crate::{
    db::{Row, Value},
    error::StoreError,
};

fn damaged(what: &str, text: &str) -> StoreError {
    StoreError::Damaged { what: format!("'{text}' is not {what}") }
}

/// A column read by a function that may not know the text.
pub(crate) fn parsed<T>(
    row: &Row,
    column: usize,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text = row.text(column)?;
    parse(text).ok_or_else(|| damaged(what, text))
}

pub(crate) fn decimal(row: &Row, column: usize) -> Result<Decimal, StoreError> {
    parsed(row, column, "an amount", exact)
}

pub(crate) fn optional_decimal(row: &Row, column: usize) -> Result<Option<Decimal>, StoreError> {
    match row.optional_text(column)? {
        None => Ok(None),
        Some(text) => exact(text).map(Some).ok_or_else(|| damaged("an amount", text)),
    }
}

/// What [`Decimal`] displays, of any length: products in the ledger may be finer than a provider's number.
fn exact(text: &str) -> Option<Decimal> {
    if let Ok(number) = Decimal::parse(text) {
        return Some(number);
    }
    Decimal::from_digits(text)
}

pub(crate) fn money(row: &Row, column: usize) -> Result<Money, StoreError> {
    parsed(row, column, "an invoice amount", |text| exact(text).as_ref().and_then(Money::from_decimal))
}

pub(crate) fn period(row: &Row, column: usize) -> Result<Period, StoreError> {
    parsed(row, column, "a period", |text| text.parse().ok())
}

pub(crate) fn currency(row: &Row, column: usize) -> Result<Currency, StoreError> {
    parsed(row, column, "a currency", Currency::parse)
}

pub(crate) fn provider(row: &Row, column: usize) -> Result<Provider, StoreError> {
    row.text(column).map(Provider::named)
}

pub(crate) fn shared(row: &Row, column: usize) -> Result<Arc<str>, StoreError> {
    row.text(column).map(Arc::from)
}

pub(crate) fn optional_shared(row: &Row, column: usize) -> Result<Option<Arc<str>>, StoreError> {
    Ok(row.optional_text(column)?.map(Arc::from))
}

pub(crate) fn optional_string(row: &Row, column: usize) -> Result<Option<String>, StoreError> {
    Ok(row.optional_text(column)?.map(str::to_owned))
}

pub(crate) fn count(row: &Row, column: usize) -> Result<u64, StoreError> {
    let number = row.int(column)?;
    u64::try_from(number).map_err(|_| damaged("a count", &number.to_string()))
}

pub(crate) fn small(row: &Row, column: usize) -> Result<u32, StoreError> {
    let number = row.int(column)?;
    u32::try_from(number).map_err(|_| damaged("a small number", &number.to_string()))
}

/// A count as a value.
pub(crate) fn counted(count: u64) -> Result<Value, StoreError> {
    i64::try_from(count).map(Value::Int).map_err(|_| StoreError::TooLarge(count.to_string()))
}

/// Anything that shows itself as text.
pub(crate) fn text(value: &impl ToString) -> Value {
    Value::Text(value.to_string())
}

/// Text that may be missing.
pub(crate) fn optional_text<T: ToString>(value: Option<T>) -> Value {
    value.map_or(Value::Null, |value| Value::Text(value.to_string()))
}
