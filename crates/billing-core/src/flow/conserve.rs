//! Between all stages: nothing is lost, nothing is billed twice.
//!
//! [`check_invoice`] is asserted when an invoice is built and again when it is read back. [`reconcile`] answers for
//! each provider where its cost went. [`audit`] holds the rules against all live lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    books::{BillRun, Books, CostInForce},
    catalog::CatalogIndex,
    decimal::Decimal,
    flow::{
        allocate::{self, Allocation},
        price::Charge,
    },
    ids::{AccountId, ComponentId, CustomerId, DocumentId, Provider},
    invoice::{Line, LiveLine, NewInvoice, SourceKey, Subject},
    money::{Currency, Money},
    period::Period,
    rounding::{Rounding, round_group},
};

/// Holds an invoice against what every invoice must be: lines in order, each the sum of its uses and sources, the
/// export rows adding up to the amount.
///
/// # Errors
/// A sentence that names the first thing that does not add up.
pub fn check_invoice(invoice: &NewInvoice) -> Result<(), String> {
    for (at, line) in invoice.lines.iter().enumerate() {
        let name = &line.name;
        if usize::try_from(line.line) != Ok(at + 1) {
            return Err(format!("line {} stands at place {}", line.line, at + 1));
        }
        let sources: Decimal = line.all_sources().map(|source| &source.cost).sum();
        if sources != line.cost {
            return Err(format!("the sources of '{name}' sum to {sources}, its cost is {}", line.cost));
        }
        if line.exact() + line.rounding_difference() != line.amount.to_decimal() {
            return Err(format!("cost, markup, price and rounding of '{name}' are not its amount"));
        }
        check_uses(line)?;
    }
    let exported: Money = invoice.lines.iter().map(|line| line.exported).sum();
    if exported != invoice.amount() {
        return Err(format!("the export rows sum to {exported}, the lines to {}", invoice.amount()));
    }
    Ok(())
}

fn check_uses(line: &Line) -> Result<(), String> {
    if line.uses.is_empty() {
        return Ok(());
    }
    let mut sum = Charge::default();
    for charge in &line.uses {
        let sources: Decimal = charge.sources.iter().map(|source| &source.cost).sum();
        if sources != charge.cost {
            return Err(format!(
                "the sources of use '{}' of '{}' are not its cost",
                charge.key.name, line.name
            ));
        }
        sum.add(&Charge::of_use(charge));
    }
    if sum != Charge::of(line) {
        return Err(format!("the uses of '{}' do not add up to the line", line.name));
    }
    Ok(())
}

/// What a version brought, as counted row by row on import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionTotal {
    /// The document.
    pub document: DocumentId,
    /// Its period.
    pub period: Period,
    /// The currency.
    pub currency: Currency,
    /// The exact sum of the billed cost of the rows taken.
    pub total: Decimal,
}

/// A rejection of a version in force, as reconciling sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectedCost {
    /// The period of the document.
    pub period: Period,
    /// The provider of the row, or of its document.
    pub provider: Provider,
    /// The currency of the row, or of its document.
    pub currency: Currency,
    /// The cost, where it could be read.
    pub cost: Option<Decimal>,
    /// Whether somebody waived it.
    pub waived: bool,
}

/// Where the cost of one provider, document period and currency went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reconciliation {
    /// The provider.
    pub provider: Provider,
    /// The period of the documents.
    pub period: Period,
    /// The provider's currency.
    pub currency: Currency,
    /// What the provider charged: rows taken and readable rejected ones.
    pub provider_total: Decimal,
    /// What live lines have at source cost.
    pub invoiced: Decimal,
    /// What nobody is named for.
    pub unallocated: Decimal,
    /// What waits for a cost centre or a rate.
    pub held: Decimal,
    /// What the next bill run invoices.
    pub open: Decimal,
    /// Rejected rows.
    pub rejected_rows: u64,
    /// What is known of their cost.
    pub rejected_total: Decimal,
    /// Rejected rows whose cost could not be read and that nobody waived.
    pub unreadable_rows: u64,
    /// What is missing; anything but zero is a mistake.
    pub difference: Decimal,
}

/// What [`reconcile`] works on, beside the books of all account targets.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The period of each document.
    pub documents: HashMap<DocumentId, Period>,
    /// The totals of the versions in force.
    pub totals: Vec<VersionTotal>,
    /// The rejections of the versions in force.
    pub rejections: Vec<RejectedCost>,
}

type RowKey = (Provider, Period, Currency);

#[derive(Default)]
struct Sums {
    taken: Decimal,
    invoiced: Decimal,
    unallocated: Decimal,
    held: Decimal,
    open: Decimal,
    rejected_rows: u64,
    rejected: Decimal,
    unreadable: u64,
    lost: Decimal,
}

/// Where all cost went (rule R13): per provider, document period and currency, at source cost, account lines only.
/// `run` lends its settings; its target and period do not matter.
pub fn reconcile(run: &BillRun, books: &Books, received: &Received) -> Vec<Reconciliation> {
    let mut sums: BTreeMap<RowKey, Sums> = BTreeMap::new();
    let row_of = |key: &SourceKey| -> RowKey {
        let period = received.documents.get(&key.document).copied().unwrap_or(Period::BEGINNING);
        (key.provider.clone(), period, key.currency.clone())
    };
    let mut remainders = Remainders::of(run, books);
    for cost in &books.costs {
        sums.entry(row_of(&cost.key)).or_default().taken += &cost.cost;
    }
    for live in &books.live {
        for source in &live.line.sources {
            sums.entry(row_of(&source.key)).or_default().invoiced += &source.original_cost;
        }
    }
    for (key, allocation, cost) in remainders.drain() {
        let sums = sums.entry(row_of(&key)).or_default();
        match allocation {
            Place::Unallocated => sums.unallocated += &cost,
            Place::Held => sums.held += &cost,
            Place::Open => sums.open += &cost,
        }
    }
    for rejected in &received.rejections {
        let key = (rejected.provider.clone(), rejected.period, rejected.currency.clone());
        let sums = sums.entry(key).or_default();
        sums.rejected_rows += 1;
        sums.unreadable += u64::from(rejected.cost.is_none() && !rejected.waived);
        sums.rejected += &rejected.cost.clone().unwrap_or_default();
    }
    for (row, lost) in lost(books, received, row_of) {
        sums.entry(row).or_default().lost += &lost;
    }
    sums.into_iter().map(|(key, sums)| sums.into_row(key)).collect()
}

impl Sums {
    fn into_row(self, (provider, period, currency): RowKey) -> Reconciliation {
        let provider_total = &(&self.taken + &self.lost) + &self.rejected;
        let placed = [&self.invoiced, &self.unallocated, &self.held, &self.open, &self.rejected];
        let difference = &provider_total - &placed.into_iter().sum::<Decimal>();
        Reconciliation {
            provider,
            period,
            currency,
            provider_total,
            invoiced: self.invoiced,
            unallocated: self.unallocated,
            held: self.held,
            open: self.open,
            rejected_rows: self.rejected_rows,
            rejected_total: self.rejected,
            unreadable_rows: self.unreadable,
            difference,
        }
    }
}

/// What the versions counted row by row but their buckets do not have: nothing, unless the ledger was damaged.
fn lost(books: &Books, received: &Received, row_of: impl Fn(&SourceKey) -> RowKey) -> Vec<(RowKey, Decimal)> {
    let mut buckets: HashMap<(DocumentId, &Currency), (Decimal, Option<RowKey>)> = HashMap::new();
    for cost in &books.costs {
        let entry = buckets.entry((cost.key.document, &cost.key.currency)).or_default();
        entry.0 += &cost.cost;
        entry.1.get_or_insert_with(|| row_of(&cost.key));
    }
    let unknown = |total: &VersionTotal| (Provider::named("unknown"), total.period, total.currency.clone());
    received
        .totals
        .iter()
        .filter_map(|total| {
            let (sum, row) = buckets.remove(&(total.document, &total.currency)).unwrap_or_default();
            let lost = &total.total - &sum;
            (!lost.is_zero()).then(|| (row.unwrap_or_else(|| unknown(total)), lost))
        })
        .collect()
}

/// Where a remainder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Unallocated,
    Held,
    Open,
}

/// What is owed at source cost and not on a live line, by source.
struct Remainders(BTreeMap<(SourceKey, Period), (Place, Decimal)>);

impl Remainders {
    fn of(run: &BillRun, books: &Books) -> Self {
        let index = CatalogIndex::new(&books.catalog);
        let mut live: HashMap<(AccountId, Period), Vec<&LiveLine>> = HashMap::new();
        for line in &books.live {
            if let Subject::Account(account) = line.line.subject {
                live.entry((account, line.line.period)).or_default().push(line);
            }
        }
        for lines in live.values_mut() {
            lines.sort_by_key(|line| line.at);
        }
        let mut places: HashMap<(AccountId, Period), Option<allocate::AccountPeriodTerms>> = HashMap::new();
        let mut remainders: BTreeMap<(SourceKey, Period), (Place, Decimal)> = BTreeMap::new();
        for cost in &books.costs {
            let place = Self::place(cost, run, books, &index, &live, &mut places);
            let entry = remainders.entry((cost.key.clone(), cost.period));
            let (known, sum) = entry.or_insert_with(|| (place, Decimal::zero()));
            *known = place;
            *sum += &cost.cost;
        }
        for line in &books.live {
            for source in &line.line.sources {
                let entry = remainders.entry((source.key.clone(), line.line.period));
                entry.or_insert_with(|| (Place::Open, Decimal::zero())).1 -= &source.original_cost;
            }
        }
        Self(remainders)
    }

    fn place(
        cost: &CostInForce,
        run: &BillRun,
        books: &Books,
        index: &CatalogIndex<'_>,
        live: &HashMap<(AccountId, Period), Vec<&LiveLine>>,
        terms: &mut HashMap<(AccountId, Period), Option<allocate::AccountPeriodTerms>>,
    ) -> Place {
        let Some(account) = index.account_of(&cost.key.provider, &cost.key.account_key) else {
            return Place::Unallocated;
        };
        let key = (account.id, cost.period);
        let terms = terms.entry(key).or_insert_with(|| {
            let live = live.get(&key).map_or(&[][..], Vec::as_slice);
            allocate::account_period_terms(account, cost.period, live, run, index)
        });
        match terms.as_ref().map(|terms| allocate::allocate(cost, terms, run, &books.rates)) {
            None => Place::Unallocated,
            Some(Allocation::NoCostCenter | Allocation::NoRate) => Place::Held,
            Some(Allocation::Line(..)) => Place::Open,
        }
    }

    fn drain(&mut self) -> impl Iterator<Item = (SourceKey, Place, Decimal)> {
        std::mem::take(&mut self.0).into_iter().map(|((key, _), (place, cost))| (key, place, cost))
    }
}

/// Holds all live lines against the rules: one set of terms per account and period, each group's amount the rounded
/// sum of its exact lines, a component's recovery the negative of what services were charged. Gives a sentence for
/// each rule that is broken.
pub fn audit(live: &[LiveLine], owned: &BTreeSet<(ComponentId, Period)>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut groups: BTreeMap<_, (Decimal, Money, Rounding)> = BTreeMap::new();
    let mut terms: BTreeMap<(AccountId, Period), BTreeMap<(CustomerId, Decimal), Decimal>> = BTreeMap::new();
    let mut recovery: BTreeMap<(ComponentId, Period), Decimal> = BTreeMap::new();
    for LiveLine { line, .. } in live {
        let key = (
            line.subject,
            &line.cost_center,
            line.period,
            line.customer,
            &line.product_number,
            &line.charge_factor,
        );
        let group =
            groups.entry((key, line.rounding)).or_insert((Decimal::zero(), Money::ZERO, line.rounding));
        group.0 += &line.exact();
        group.1 = group.1 + line.amount;
        match line.subject {
            Subject::Account(account) => {
                let factor = line.charge_factor.clone().unwrap_or_default();
                let of_terms = terms.entry((account, line.period)).or_default();
                *of_terms.entry((line.customer, factor)).or_default() += &line.cost;
            }
            Subject::Recovery(component) => {
                *recovery.entry((component, line.period)).or_default() += &line.cost
            }
            _ => {}
        }
        for charge in &line.uses {
            *recovery.entry((charge.key.component, line.period)).or_default() += &charge.cost;
        }
    }
    for ((key, _), (exact, amount, rounding)) in groups {
        if !matches!(key.0, Subject::Carry(_)) && round_group(&exact, rounding) != Some(amount) {
            broken.push(format!("{:?} {}: {exact} was invoiced as {amount}", key.0, key.2));
        }
    }
    for ((account, period), by_terms) in terms {
        if by_terms.values().filter(|cost| !cost.is_zero()).count() > 1 {
            broken.push(format!("account {account} is charged under more than one set of terms in {period}"));
        }
    }
    for (key, left) in recovery.into_iter().filter(|(key, left)| owned.contains(key) && !left.is_zero()) {
        broken.push(format!("component {} in {}: {left} was charged and not recovered", key.0, key.1));
    }
    broken
}
