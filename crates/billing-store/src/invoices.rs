//! Invoices, their lines and sources, and the files that were made of them.

mod exports;
mod write;

use std::collections::HashMap;

use billing_core::{
    Currency, Decimal, Money, Period,
    catalog::{PartPrice, Split},
    flow::conserve,
    ids::{AccountId, ComponentId, CustomerId, DocumentId, InvoiceNumber, PositionId, ServiceId, Target},
    invoice::{
        Invoice, InvoiceState, Line, LineKind, LineRef, LiveLine, NewInvoice, Source, Subject, UseCharge,
        UseKey, UsePrices,
    },
    rounding::Rounding,
};

pub use exports::{ExportRecord, export_written, exports, insert_export};
pub use write::{delete_draft, insert, set_state, void};

use crate::{
    db::{Row, Transaction, Value},
    error::StoreError,
    fields::{self, Texts},
};

fn subject(kind: &str, id: i64) -> Option<Subject> {
    Some(match kind {
        "account" => Subject::Account(AccountId(id)),
        "service" => Subject::Service(ServiceId(id)),
        "position" => Subject::Position(PositionId(id)),
        "recovery" => Subject::Recovery(ComponentId(id)),
        "carry" => Subject::Carry(CustomerId(id)),
        _ => return None,
    })
}

/// Which invoices to read the lines of.
enum Which<'a> {
    One(InvoiceNumber),
    /// Those that are issued and not void, of one target or of all.
    Live(Option<&'a Target>),
}

impl Which<'_> {
    /// The end of a statement on a table with an `invoice_number`, and its values.
    fn condition(&self) -> (&'static str, Vec<Value<'_>>) {
        match self {
            Self::One(number) => (" WHERE t.invoice_number = ?", vec![number.0.into()]),
            Self::Live(None) => (
                " WHERE t.invoice_number IN (SELECT number FROM invoices WHERE state = 'issued')",
                Vec::new(),
            ),
            Self::Live(Some(target)) => (
                " WHERE t.invoice_number IN (SELECT number FROM invoices WHERE state = 'issued' AND target = ?)",
                vec![target.as_str().into()],
            ),
        }
    }
}

type LineKey = (i64, i64);

fn lines(tx: &mut Transaction<'_>, which: &Which<'_>) -> Result<Vec<(i64, Line)>, StoreError> {
    let (condition, params) = which.condition();
    let mut sources = load_sources(tx, condition, &params)?;
    let mut uses = load_uses(tx, condition, &params, &mut sources)?;
    let sql = format!(
        "SELECT t.invoice_number, t.line, t.kind, t.subject_kind, t.subject_id, t.corrects_invoice, t.corrects_line, \
         t.name, t.customer_id, t.customer_name, t.cost_center, t.alternative, t.product_number, t.period, t.charge_factor, \
         t.quantity, t.cost, t.markup, t.price, t.rounding_mode, t.amount, t.exported FROM invoice_lines t{condition} \
         ORDER BY t.invoice_number, t.line"
    );
    let mut lines = Vec::new();
    tx.each(&sql, &params, |row| {
        let key = (row.int(0)?, row.int(1)?);
        let own = sources.remove(&(key, 0)).unwrap_or_default();
        lines.push((key.0, line(row, own, uses.remove(&key).unwrap_or_default())?));
        Ok(())
    })?;
    Ok(lines)
}

fn line(row: &Row, sources: Vec<Source>, uses: Vec<UseCharge>) -> Result<Line, StoreError> {
    let subject_id = row.int(4)?;
    let corrects = match (row.optional_int(5)?, row.optional_int(6)?) {
        (Some(invoice), Some(line)) => {
            Some(LineRef { invoice: InvoiceNumber(invoice), line: u32::try_from(line).unwrap_or(0) })
        }
        _ => None,
    };
    Ok(Line {
        line: fields::small(row, 1)?,
        kind: fields::parsed(row, 2, "a kind of line", LineKind::parse)?,
        subject: fields::parsed(row, 3, "a subject", |kind| subject(kind, subject_id))?,
        corrects,
        name: row.text(7)?.to_owned(),
        customer: CustomerId(row.int(8)?),
        customer_name: row.text(9)?.to_owned(),
        cost_center: row.text(10)?.to_owned(),
        alternative: row.bool(11)?,
        product_number: row.text(12)?.to_owned(),
        period: fields::period(row, 13)?,
        charge_factor: fields::optional_decimal(row, 14)?,
        quantity: fields::decimal(row, 15)?,
        cost: fields::decimal(row, 16)?,
        markup: fields::decimal(row, 17)?,
        price: fields::decimal(row, 18)?,
        rounding: fields::parsed(row, 19, "a rounding", Rounding::parse)?,
        amount: fields::money(row, 20)?,
        exported: fields::money(row, 21)?,
        sources,
        uses,
    })
}

fn load_sources(
    tx: &mut Transaction<'_>,
    condition: &str,
    params: &[Value<'_>],
) -> Result<HashMap<(LineKey, i64), Vec<Source>>, StoreError> {
    let sql = format!(
        "SELECT t.invoice_number, t.line, t.use_no, t.document_id, t.provider, t.account_key, t.service_name, \
         t.cost_center_tag, t.component_tag, t.currency, t.version, t.row_count, t.original_cost, t.rate, t.cost \
         FROM line_sources t{condition} ORDER BY t.invoice_number, t.line, t.use_no, t.source_no"
    );
    let mut sources: HashMap<(LineKey, i64), Vec<Source>> = HashMap::new();
    // The sources of a line or use follow each other.
    let mut place = None;
    let mut of_place = Vec::new();
    let mut texts = Texts::default();
    tx.each(&sql, params, |row| {
        let at = ((row.int(0)?, row.int(1)?), row.int(2)?);
        if place != Some(at)
            && let Some(before) = place.replace(at)
        {
            sources.insert(before, std::mem::take(&mut of_place));
        }
        of_place.push(source(row, &mut texts)?);
        Ok(())
    })?;
    if let Some(last) = place {
        sources.insert(last, of_place);
    }
    Ok(sources)
}

fn source(row: &Row, texts: &mut Texts) -> Result<Source, StoreError> {
    Ok(Source {
        key: texts.source_key(DocumentId(row.int(3)?), row, 4)?,
        version: fields::small(row, 10)?,
        rows: row.int(11)?,
        original_cost: fields::decimal(row, 12)?,
        rate: fields::optional_decimal(row, 13)?,
        cost: fields::decimal(row, 14)?,
    })
}

fn load_uses(
    tx: &mut Transaction<'_>,
    condition: &str,
    params: &[Value<'_>],
    sources: &mut HashMap<(LineKey, i64), Vec<Source>>,
) -> Result<HashMap<LineKey, Vec<UseCharge>>, StoreError> {
    let sql = format!(
        "SELECT t.invoice_number, t.line, t.use_no, t.service_id, t.name, t.component_id, t.component_name, t.part, t.unit_price, \
         t.cost_percentage, t.fixed_price, t.split, t.part_cost_share, t.part_price_per_unit, t.quantity, t.share, \
         t.cost, t.markup, t.price FROM line_uses t{condition} ORDER BY t.invoice_number, t.line, t.use_no"
    );
    let mut uses: HashMap<LineKey, Vec<UseCharge>> = HashMap::new();
    for row in tx.query(&sql, params)? {
        let line = (row.int(0)?, row.int(1)?);
        let part = match (fields::optional_decimal(&row, 12)?, fields::optional_decimal(&row, 13)?) {
            (Some(share), _) => Some(PartPrice::CostShare(share)),
            (_, price) => price.map(PartPrice::PerUnit),
        };
        let charge = UseCharge {
            key: UseKey {
                service: ServiceId(row.int(3)?),
                name: row.text(4)?.to_owned(),
                component: ComponentId(row.int(5)?),
                part: fields::optional_string(&row, 7)?,
            },
            component_name: row.text(6)?.to_owned(),
            prices: UsePrices {
                unit_price: fields::decimal(&row, 8)?,
                cost_percentage: fields::decimal(&row, 9)?,
                fixed_price: fields::decimal(&row, 10)?,
                split: fields::parsed(&row, 11, "a split", Split::parse)?,
                part,
            },
            quantity: fields::decimal(&row, 14)?,
            share: fields::decimal(&row, 15)?,
            cost: fields::decimal(&row, 16)?,
            markup: fields::decimal(&row, 17)?,
            price: fields::decimal(&row, 18)?,
            sources: sources.remove(&(line, row.int(2)?)).unwrap_or_default(),
        };
        uses.entry(line).or_default().push(charge);
    }
    Ok(uses)
}

/// An invoice as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvoiceSummary {
    /// Its number.
    pub number: InvoiceNumber,
    /// Whom it is for.
    pub target: Target,
    /// The run's period.
    pub period: Period,
    /// Its state.
    pub state: InvoiceState,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The sum of its lines.
    pub amount: Money,
    /// The provider's cost in its lines, exact.
    pub cost: Decimal,
    /// How many lines it has.
    pub lines: usize,
    /// When it was made: RFC 3339, UTC.
    pub created: String,
}

impl From<&Invoice> for InvoiceSummary {
    fn from(invoice: &Invoice) -> Self {
        Self {
            number: invoice.number,
            target: invoice.content.target.clone(),
            period: invoice.content.period,
            state: invoice.state,
            currency: invoice.content.currency.clone(),
            amount: invoice.content.amount(),
            cost: invoice.content.cost().amount,
            lines: invoice.content.lines.len(),
            created: invoice.created.clone(),
        }
    }
}

/// All invoices, the oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn list(tx: &mut Transaction<'_>) -> Result<Vec<InvoiceSummary>, StoreError> {
    let mut sums: HashMap<i64, (Money, Decimal, usize)> = HashMap::new();
    for row in tx.query("SELECT invoice_number, amount, cost FROM invoice_lines", &[])? {
        let (amount, cost, lines) = sums.entry(row.int(0)?).or_default();
        *amount = *amount + fields::money(&row, 1)?;
        *cost += &fields::decimal(&row, 2)?;
        *lines += 1;
    }
    let sql = "SELECT number, target, period, state, currency, created FROM invoices ORDER BY number";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            let (amount, cost, lines) = sums.remove(&row.int(0)?).unwrap_or_default();
            Ok(InvoiceSummary {
                number: InvoiceNumber(row.int(0)?),
                target: Target::named(row.text(1)?),
                period: fields::period(row, 2)?,
                state: fields::parsed(row, 3, "a state", InvoiceState::parse)?,
                currency: fields::currency(row, 4)?,
                amount,
                cost,
                lines,
                created: row.text(5)?.to_owned(),
            })
        })
        .collect()
}

/// One invoice, checked as it was when it was made.
///
/// # Errors
/// When the ledger cannot be read, or when what it holds does not add up any more.
pub fn find(tx: &mut Transaction<'_>, number: InvoiceNumber) -> Result<Option<Invoice>, StoreError> {
    let sql = "SELECT target, period, currency, state, created FROM invoices WHERE number = ?";
    let Some(row) = tx.query_one(sql, &[number.0.into()])? else { return Ok(None) };
    let content = NewInvoice {
        target: Target::named(row.text(0)?),
        period: fields::period(&row, 1)?,
        currency: fields::currency(&row, 2)?,
        lines: lines(tx, &Which::One(number))?.into_iter().map(|(_, line)| line).collect(),
    };
    let damaged = |what: String| StoreError::Damaged { what: format!("invoice {number}: {what}") };
    conserve::check_invoice(&content).map_err(damaged)?;
    let state = fields::parsed(&row, 3, "a state", InvoiceState::parse)?;
    Ok(Some(Invoice { number, state, created: row.text(4)?.to_owned(), content }))
}

/// Whom an invoice is for.
///
/// # Errors
/// When the ledger cannot be read.
pub fn target(tx: &mut Transaction<'_>, number: InvoiceNumber) -> Result<Option<Target>, StoreError> {
    let row = tx.query_one("SELECT target FROM invoices WHERE number = ?", &[number.0.into()])?;
    row.map(|row| row.text(0).map(Target::named)).transpose()
}

/// The lines that count, of one target or of all, the oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn live(tx: &mut Transaction<'_>, target: Option<&Target>) -> Result<Vec<LiveLine>, StoreError> {
    let mut heads = HashMap::new();
    for row in tx.query("SELECT number, target, currency FROM invoices WHERE state = 'issued'", &[])? {
        heads.insert(row.int(0)?, (Target::named(row.text(1)?), fields::currency(&row, 2)?));
    }
    let lines = lines(tx, &Which::Live(target))?;
    Ok(lines
        .into_iter()
        .filter_map(|(number, line)| {
            let (target, currency) = heads.get(&number)?.clone();
            let at = LineRef { invoice: InvoiceNumber(number), line: line.line };
            Some(LiveLine { at, target, currency, line })
        })
        .collect())
}

/// The targets and periods that live lines are of.
///
/// # Errors
/// When the ledger cannot be read.
pub fn live_periods(tx: &mut Transaction<'_>) -> Result<Vec<(Target, Period)>, StoreError> {
    let sql = "SELECT DISTINCT i.target, l.period FROM invoice_lines l JOIN invoices i ON i.number = l.invoice_number \
               WHERE i.state = 'issued'";
    let rows = tx.query(sql, &[])?;
    rows.iter().map(|row| Ok((Target::named(row.text(0)?), fields::period(row, 1)?))).collect()
}

/// The heads of all invoices, without lines: number, target, period, state.
///
/// # Errors
/// When the ledger cannot be read.
pub fn heads(
    tx: &mut Transaction<'_>,
) -> Result<Vec<(InvoiceNumber, Target, Period, InvoiceState)>, StoreError> {
    let rows = tx.query("SELECT number, target, period, state FROM invoices ORDER BY number", &[])?;
    rows.iter()
        .map(|row| {
            let state = fields::parsed(row, 3, "a state", InvoiceState::parse)?;
            Ok((InvoiceNumber(row.int(0)?), Target::named(row.text(1)?), fields::period(row, 2)?, state))
        })
        .collect()
}

/// The highest id of a position that any invoice names, void ones too.
///
/// # Errors
/// When the ledger cannot be read.
pub fn last_position(tx: &mut Transaction<'_>) -> Result<PositionId, StoreError> {
    let sql = "SELECT COALESCE(MAX(subject_id), 0) FROM invoice_lines WHERE subject_kind = 'position'";
    Ok(PositionId(tx.query_one(sql, &[])?.map_or(Ok(0), |row| row.int(0))?))
}

/// The last number that was given to an invoice; 0 while there is none.
///
/// # Errors
/// When the ledger cannot be read.
pub fn last_number(tx: &mut Transaction<'_>) -> Result<i64, StoreError> {
    let sql = r#"SELECT "last_value" FROM sequences WHERE name = 'invoices'"#;
    tx.query_one(sql, &[])?.map_or(Ok(0), |row| row.int(0))
}
