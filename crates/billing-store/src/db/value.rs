//! What goes into a statement and comes out of a query: whole numbers, text and NULL, and nothing else.

use std::{borrow::Cow, sync::Arc};

use crate::error::{StoreError, brief};

/// A value of the ledger. There is no kind for fractions: money is text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value<'a> {
    /// Nothing known.
    Null,
    /// A whole number; 0 and 1 also stand for no and yes.
    Int(i64),
    /// Text, also for amounts, periods and moments.
    Text(Cow<'a, str>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl TryFrom<u64> for Value<'_> {
    type Error = StoreError;

    fn try_from(number: u64) -> Result<Self, StoreError> {
        i64::try_from(number).map(Self::Int).map_err(|_| StoreError::TooLarge(number.to_string()))
    }
}

impl TryFrom<usize> for Value<'_> {
    type Error = StoreError;

    fn try_from(number: usize) -> Result<Self, StoreError> {
        i64::try_from(number).map(Self::Int).map_err(|_| StoreError::TooLarge(number.to_string()))
    }
}

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of a result. Its columns are counted from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    values: Vec<Value<'static>>,
    sql: Arc<str>,
}

impl Row {
    pub(crate) fn new(values: Vec<Value<'static>>, sql: &Arc<str>) -> Self {
        Self { values, sql: Arc::clone(sql) }
    }

    /// Puts text into a column, into the memory of the text that was there.
    pub(crate) fn put_text(&mut self, column: usize, text: &str) {
        match self.values.get_mut(column) {
            Some(Value::Text(Cow::Owned(known))) => {
                known.clear();
                known.push_str(text);
            }
            _ => self.put(column, Value::from(text.to_owned())),
        }
    }

    /// Puts a value into a column.
    pub(crate) fn put(&mut self, column: usize, value: Value<'static>) {
        if let Some(known) = self.values.get_mut(column) {
            *known = value;
        }
    }

    /// The whole number in a column.
    ///
    /// # Errors
    /// When it is NULL or text.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        match self.values.get(column) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(self.wrong(column, "a whole number")),
        }
    }

    /// The text in a column.
    ///
    /// # Errors
    /// When it is NULL or a number.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(self.wrong(column, "text")),
        }
    }

    /// The whole number in a column that may be NULL.
    ///
    /// # Errors
    /// When it is text.
    pub fn optional_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.values.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// The text in a column that may be NULL.
    ///
    /// # Errors
    /// When it is a number.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.values.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The yes or no in a column.
    ///
    /// # Errors
    /// When it is anything but 1 or 0.
    pub fn bool(&self, column: usize) -> Result<bool, StoreError> {
        match self.values.get(column) {
            Some(Value::Int(0)) => Ok(false),
            Some(Value::Int(1)) => Ok(true),
            _ => Err(self.wrong(column, "0 or 1")),
        }
    }

    fn wrong(&self, column: usize, expected: &'static str) -> StoreError {
        let found = match self.values.get(column) {
            None => "not there".to_owned(),
            Some(Value::Null) => "NULL".to_owned(),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Text(_)) => "text".to_owned(),
        };
        StoreError::Value { column, expected, found, sql: brief(&self.sql) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_made_of_what_rust_has() {
        assert_eq!(Value::from(true), Value::Int(1));
        assert_eq!(Value::from(7_u32), Value::Int(7));
        assert_eq!(Value::from(Some("a")), Value::Text("a".into()));
        assert_eq!(Value::from(None::<String>), Value::Null);
        assert_eq!(Value::try_from(u64::MAX >> 1).unwrap(), Value::Int(i64::MAX));
        assert_eq!(
            Value::try_from(u64::MAX).unwrap_err().to_string(),
            "the number 18446744073709551615 is too large for the ledger"
        );
    }

    #[test]
    fn a_value_of_another_kind_is_an_error_with_its_place() {
        let sql = Arc::from("SELECT a,\n       b FROM t");
        let row = Row::new(vec![Value::Null, Value::from("x"), Value::Int(2)], &sql);
        let message = |error: StoreError| error.to_string();
        let place = "(statement: SELECT a, b FROM t)";
        assert_eq!(
            message(row.int(0).unwrap_err()),
            format!("column 0 of the result should be a whole number and is NULL {place}")
        );
        assert_eq!(
            message(row.optional_int(1).unwrap_err()),
            format!("column 1 of the result should be a whole number and is text {place}")
        );
        assert_eq!(
            message(row.bool(2).unwrap_err()),
            format!("column 2 of the result should be 0 or 1 and is 2 {place}")
        );
        assert_eq!(
            message(row.text(3).unwrap_err()),
            format!("column 3 of the result should be text and is not there {place}")
        );
        assert_eq!(row.optional_text(0).unwrap(), None);
    }
}
