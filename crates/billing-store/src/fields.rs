//! Reading typed values out of rows: what the ledger holds must be what the program wrote, else it is damaged.

use std::{collections::HashSet, sync::Arc};

use billing_core::{
    Currency, Decimal, Money, Period,
    ids::{DocumentId, Provider},
    invoice::SourceKey,
};

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
pub(crate) fn counted(count: u64) -> Result<Value<'static>, StoreError> {
    i64::try_from(count).map(Value::Int).map_err(|_| StoreError::TooLarge(count.to_string()))
}

/// Anything that shows itself as text.
pub(crate) fn text(value: &impl ToString) -> Value<'static> {
    Value::from(value.to_string())
}

/// Anything that shows itself as text, and may be missing.
pub(crate) fn optional_text<T: ToString>(value: Option<T>) -> Value<'static> {
    value.map_or(Value::Null, |value| Value::from(value.to_string()))
}

/// Text that is there already.
pub(crate) fn borrowed(text: &str) -> Value<'_> {
    Value::from(text)
}

/// Text that is there already, or missing.
pub(crate) fn optional_borrowed<T: AsRef<str>>(text: Option<&T>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::from(text.as_ref()))
}

/// Texts that occur in row after row, each kept once.
#[derive(Default)]
pub(crate) struct Texts {
    known: HashSet<Arc<str>>,
    /// The last text of each column: rows that follow each other have much in common.
    last: Vec<Option<Arc<str>>>,
    providers: Vec<(String, Provider)>,
    currencies: Vec<Currency>,
}

impl Texts {
    /// The text of a column.
    pub(crate) fn shared(&mut self, row: &Row, column: usize) -> Result<Arc<str>, StoreError> {
        let text = row.text(column)?;
        if self.last.len() <= column {
            self.last.resize(column + 1, None);
        }
        if let Some(last) = self.last[column].as_ref().filter(|last| ***last == *text) {
            return Ok(last.clone());
        }
        let shared = match self.known.get(text) {
            Some(known) => known.clone(),
            None => {
                let shared: Arc<str> = text.into();
                self.known.insert(shared.clone());
                shared
            }
        };
        self.last[column] = Some(shared.clone());
        Ok(shared)
    }

    /// The text of a column that may be missing.
    pub(crate) fn optional_shared(
        &mut self,
        row: &Row,
        column: usize,
    ) -> Result<Option<Arc<str>>, StoreError> {
        match row.optional_text(column)? {
            Some(_) => self.shared(row, column).map(Some),
            None => Ok(None),
        }
    }

    /// The provider in a column. There are few.
    pub(crate) fn provider(&mut self, row: &Row, column: usize) -> Result<Provider, StoreError> {
        let text = row.text(column)?;
        if let Some((_, provider)) = self.providers.iter().find(|(known, _)| known == text) {
            return Ok(provider.clone());
        }
        let provider = Provider::named(text);
        self.providers.push((text.to_owned(), provider.clone()));
        Ok(provider)
    }

    /// What cost of a document is told apart by, in six columns from `first` on: provider, account key, service name,
    /// cost-centre tag, component tag, currency.
    pub(crate) fn source_key(
        &mut self,
        document: DocumentId,
        row: &Row,
        first: usize,
    ) -> Result<SourceKey, StoreError> {
        Ok(SourceKey {
            document,
            provider: self.provider(row, first)?,
            account_key: self.shared(row, first + 1)?,
            service_name: self.shared(row, first + 2)?,
            cost_center_tag: self.optional_shared(row, first + 3)?,
            component_tag: self.optional_shared(row, first + 4)?,
            currency: self.currency(row, first + 5)?,
        })
    }

    /// The currency in a column. There are few.
    pub(crate) fn currency(&mut self, row: &Row, column: usize) -> Result<Currency, StoreError> {
        let text = row.text(column)?;
        if let Some(known) = self.currencies.iter().find(|known| known.as_str() == text) {
            return Ok(known.clone());
        }
        let currency = currency(row, column)?;
        self.currencies.push(currency.clone());
        Ok(currency)
    }
}
