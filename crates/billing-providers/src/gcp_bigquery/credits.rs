//! The credits of a row of Google's export: a list of objects with a negative `amount` each.

use std::borrow::Cow;

use billing_core::{Decimal, Fixed};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What is read of a credit: its amount as it is written, so that no digit is lost. Some tools change the case of names.
#[derive(Deserialize)]
struct Credit<'r> {
    #[serde(borrow, alias = "Amount", alias = "AMOUNT")]
    amount: &'r RawValue,
}

/// The exact sum of a cost and its credits; nothing where the credits cannot be read. A cost that cannot be read comes
/// back as it is.
pub(super) fn with_credits<'r>(cost: &'r str, credits: &str) -> Option<Cow<'r, str>> {
    if matches!(credits, "" | "[]" | "{}") {
        return Some(Cow::Borrowed(cost));
    }
    let Ok(cost_number) = Fixed::parse(cost.as_bytes()) else { return Some(Cow::Borrowed(cost)) };
    let credits: Vec<Credit<'_>> = serde_json::from_str(credits).ok()?;
    let mut sum = cost_number;
    for credit in credits {
        let amount = credit.amount.get().trim_matches('"').trim();
        sum = sum.checked_add(Fixed::parse(amount.as_bytes()).ok()?)?;
    }
    Some(Cow::Owned(Decimal::from(sum).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cost: &str, credits: &str, billed: Option<&str>) {
        assert_eq!(with_credits(cost, credits).as_deref(), billed, "{cost} {credits}");
    }

    #[test]
    fn amounts_are_added_as_they_are_written() {
        check("1005.004832999999984", "[]", Some("1005.004832999999984"));
        check("0.1", r#"[{"name":"a","amount":-0.1},{"amount":-2E-20}]"#, Some("-0.00000000000000000002"));
        check("1", r#"[{"amount":"-0.25"},{"amount":0}]"#, Some("0.75"));
        check("1", r#"[{"Amount":-0.5},{"AMOUNT":"-0.25"}]"#, Some("0.25"));
        check("0.1", r#"[{"amount":-0.30000000000000004}]"#, Some("-0.20000000000000004"));
    }

    #[test]
    fn what_cannot_be_read_is_not_left_out() {
        for credits in [
            "-0.25",
            "[{",
            r#"[{"amount":"some"}]"#,
            r#"[{"amount":null}]"#,
            r#"[{"amount":""}]"#,
            r#"[{"name":"a discount"}]"#,
            r#"[{"amount":{"v":1}}]"#,
            "[1]",
            r#"[{"amount":-1,"Amount":-1}]"#,
        ] {
            check("1", credits, None);
        }
        check("", r#"[{"amount":-1}]"#, Some(""));
        check("much", r#"[{"amount":-1}]"#, Some("much"));
    }
}
