//! Stage 6 of 6: an invoice becomes the rows that every file, mail and page renders.

use crate::{
    ids::{InvoiceNumber, Target},
    invoice::NewInvoice,
    money::Money,
    period::Period,
};

/// One row of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementRow {
    /// The name with its marks and number: `shop-prod(AlternativeCostCenter)_3`.
    pub name: String,
    /// Where it is booked.
    pub cost_center: String,
    /// The product number.
    pub product_number: String,
    /// The amount.
    pub amount: Money,
}

/// An invoice as the outside sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The invoice's number.
    pub number: InvoiceNumber,
    /// Whom it is for.
    pub target: Target,
    /// The run's period.
    pub period: Period,
    /// Its rows, those of amount 0 left out, numbered from 1.
    pub rows: Vec<StatementRow>,
}

/// The statement of an invoice.
pub fn statement(number: InvoiceNumber, invoice: &NewInvoice) -> Statement {
    let exported = invoice.lines.iter().filter(|line| !line.exported.is_zero());
    let rows = exported
        .enumerate()
        .map(|(at, line)| {
            let mark = if line.alternative { "(AlternativeCostCenter)" } else { "" };
            StatementRow {
                name: format!("{}{mark}_{}", line.name, at + 1),
                cost_center: line.cost_center.clone(),
                product_number: line.product_number.clone(),
                amount: line.exported,
            }
        })
        .collect();
    Statement { number, target: invoice.target.clone(), period: invoice.period, rows }
}

impl Statement {
    /// The same statement with every amount negated: the cancellation of a void invoice.
    #[must_use]
    pub fn cancellation(&self) -> Statement {
        let rows = self.rows.iter().map(|row| StatementRow { amount: -row.amount, ..row.clone() }).collect();
        Statement { rows, ..self.clone() }
    }

    /// The sum of its rows.
    pub fn amount(&self) -> Money {
        self.rows.iter().map(|row| row.amount).sum()
    }
}
