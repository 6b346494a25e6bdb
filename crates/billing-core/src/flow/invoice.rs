//! Stage 5 of 6: owed − live becomes the lines of a new invoice (docs/rules.md).
//!
//! *Owed* is computed afresh from the cost in force and the catalog; *live* is what issued invoices that are not void
//! already say. No row is ever marked as billed: a second run finds no difference, a void makes the same owed again,
//! a rewritten month shows up as a correction.

mod accounts;
mod credits;
mod groups;
mod positions;
mod recovery;
mod services;
mod sources;

use crate::{
    books::{BillRun, Books, Finding},
    catalog::CatalogIndex,
    flow::conserve,
    ids::Target,
    invoice::{Line, LiveLine, NewInvoice, Subject},
};

/// What a run comes to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// The invoice, where there is something to invoice.
    pub invoice: Option<NewInvoice>,
    /// What could not be invoiced.
    pub findings: Vec<Finding>,
}

/// Why a run cannot make an invoice at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceError {
    /// An amount beyond what an invoice can hold.
    #[error("the amount of '{0}' is too large for an invoice")]
    TooLarge(String),
    /// A mistake of the program, found before anything was written.
    #[error("the invoice does not add up, nothing was written: {0}")]
    Unbalanced(String),
}

/// What the stages below work with.
struct Context<'a> {
    run: &'a BillRun,
    books: &'a Books,
    index: CatalogIndex<'a>,
    /// The live lines of the target, the oldest first.
    live: Vec<&'a LiveLine>,
}

/// The invoice of a run, and what it could not invoice.
///
/// # Errors
/// When an amount is too large, or when the result fails its own checks.
pub fn make_invoice(run: &BillRun, books: &Books) -> Result<Outcome, InvoiceError> {
    let mut live: Vec<&LiveLine> = books.live.iter().filter(|live| live.target == run.target).collect();
    live.sort_by_key(|live| live.at);
    let context = Context { run, books, index: CatalogIndex::new(&books.catalog), live };
    let mut findings = Vec::new();
    let mut lines = match run.target {
        Target::Accounts(_) => accounts::lines(&context, &mut findings),
        Target::ManagedCloudServices => {
            let services = services::lines(&context, &mut findings);
            let recovered = recovery::lines(&context, &services, &mut findings);
            services.into_iter().chain(recovered).collect()
        }
    };
    lines.extend(positions::lines(&context, &mut findings));
    sort(&mut lines, &context.index);
    groups::round_lines(&mut lines, &context.live)?;
    let count = lines.len();
    credits::net(&mut lines, &context);
    if lines.len() > count {
        sort(&mut lines, &context.index);
    }
    for (at, line) in lines.iter_mut().enumerate() {
        line.line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        name_parties(line, &context.index);
    }
    let worth_it = lines.iter().any(|line| !line.amount.is_zero());
    let invoice = worth_it.then(|| NewInvoice {
        target: run.target.clone(),
        period: run.period,
        currency: run.currency.clone(),
        lines,
    });
    if let Some(invoice) = &invoice {
        conserve::check_invoice(invoice).map_err(InvoiceError::Unbalanced)?;
    }
    Ok(Outcome { invoice, findings })
}

/// The names of today: the invoice keeps them, whatever is renamed later.
fn name_parties(line: &mut Line, index: &CatalogIndex<'_>) {
    line.customer_name =
        index.customer(line.customer).map(|customer| customer.name.clone()).unwrap_or_default();
    for charge in &mut line.uses {
        let component = index.component(charge.key.component);
        charge.component_name = component.map(|component| component.name.clone()).unwrap_or_default();
    }
}

/// Lines stand by kind, name, cost centre and period (docs/rules.md); among equals by customer and account, as the outside
/// names them, so that the order does not depend on what the ledger met first.
fn sort_key<'a>(line: &'a Line, index: &CatalogIndex<'a>) -> impl Ord + use<'a> {
    let account = match line.subject {
        Subject::Account(id) => {
            index.account(id).and_then(|account| account.keys.first()).map(String::as_str)
        }
        _ => None,
    };
    let customer = index.customer(line.customer).map(|customer| customer.name.as_str());
    let place = (line.kind, line.name.as_str(), line.cost_center.as_str(), line.period);
    (place, customer, account, line.subject, line.alternative)
}

fn sort(lines: &mut Vec<Line>, index: &CatalogIndex<'_>) {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    {
        let keys: Vec<_> = lines.iter().map(|line| sort_key(line, index)).collect();
        order.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
    }
    let mut unsorted: Vec<Option<Line>> = lines.drain(..).map(Some).collect();
    lines.extend(order.into_iter().filter_map(|at| unsorted[at].take()));
}
