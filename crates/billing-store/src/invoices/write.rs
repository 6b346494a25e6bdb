//! Storing invoices, and changing their state.

use billing_core::{
    catalog::PartPrice,
    ids::InvoiceNumber,
    invoice::{InvoiceState, Line, NewInvoice, Source, Subject},
};

use crate::{
    db::{Transaction, Value},
    error::StoreError,
    fields,
};

/// Stores an invoice under the next number.
///
/// # Errors
/// When the ledger refuses it.
pub fn insert(
    tx: &mut Transaction<'_>,
    invoice: &NewInvoice,
    state: InvoiceState,
    created: &str,
) -> Result<InvoiceNumber, StoreError> {
    let number = tx.next_id("invoices")?;
    let sql =
        "INSERT INTO invoices (number, target, period, currency, state, created) VALUES (?, ?, ?, ?, ?, ?)";
    let head =
        [fields::text(&invoice.target), fields::text(&invoice.period), fields::text(&invoice.currency)];
    let [target, period, currency] = head;
    tx.execute(sql, &[number.into(), target, period, currency, state.as_str().into(), created.into()])?;
    insert_lines(tx, number, &invoice.lines)?;
    insert_uses(tx, number, &invoice.lines)?;
    insert_sources(tx, number, &invoice.lines)?;
    Ok(InvoiceNumber(number))
}

fn subject_columns(subject: Subject) -> (&'static str, i64) {
    match subject {
        Subject::Account(id) => ("account", id.0),
        Subject::Service(id) => ("service", id.0),
        Subject::Position(id) => ("position", id.0),
        Subject::Recovery(id) => ("recovery", id.0),
        Subject::Carry(id) => ("carry", id.0),
    }
}

fn insert_lines(tx: &mut Transaction<'_>, number: i64, lines: &[Line]) -> Result<(), StoreError> {
    let sql = "INSERT INTO invoice_lines (invoice_number, line, kind, subject_kind, subject_id, corrects_invoice, \
               corrects_line, name, customer_id, customer_name, cost_center, alternative, product_number, period, charge_factor, \
               quantity, cost, markup, price, rounding_mode, amount, exported) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let rows = lines.iter().map(|line| {
        let (subject_kind, subject_id) = subject_columns(line.subject);
        vec![
            number.into(),
            line.line.into(),
            line.kind.as_str().into(),
            subject_kind.into(),
            subject_id.into(),
            line.corrects.map_or(Value::Null, |first| first.invoice.0.into()),
            line.corrects.map_or(Value::Null, |first| first.line.into()),
            fields::borrowed(&line.name),
            line.customer.0.into(),
            fields::borrowed(&line.customer_name),
            fields::borrowed(&line.cost_center),
            line.alternative.into(),
            fields::borrowed(&line.product_number),
            fields::text(&line.period),
            fields::optional_text(line.charge_factor.as_ref()),
            fields::text(&line.quantity),
            fields::text(&line.cost),
            fields::text(&line.markup),
            fields::text(&line.price),
            line.rounding.as_str().into(),
            fields::text(&line.amount.to_decimal()),
            fields::text(&line.exported.to_decimal()),
        ]
    });
    tx.execute_each(sql, rows)
}

fn insert_uses(tx: &mut Transaction<'_>, number: i64, lines: &[Line]) -> Result<(), StoreError> {
    let sql = "INSERT INTO line_uses (invoice_number, line, use_no, service_id, name, component_id, component_name, part, unit_price, \
               cost_percentage, fixed_price, split, part_cost_share, part_price_per_unit, quantity, share, cost, \
               markup, price) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let uses = lines
        .iter()
        .flat_map(|line| line.uses.iter().zip(1i64..).map(move |(charge, no)| (line, charge, no)));
    let rows = uses.map(|(line, charge, no)| {
        let prices = &charge.prices;
        let (share, per_unit) = match &prices.part {
            Some(PartPrice::CostShare(share)) => (fields::text(share), Value::Null),
            Some(PartPrice::PerUnit(price)) => (Value::Null, fields::text(price)),
            None => (Value::Null, Value::Null),
        };
        let mut row = vec![
            number.into(),
            line.line.into(),
            no.into(),
            charge.key.service.0.into(),
            fields::borrowed(&charge.key.name),
            charge.key.component.0.into(),
            fields::borrowed(&charge.component_name),
            fields::optional_text(charge.key.part.as_ref()),
        ];
        row.extend([&prices.unit_price, &prices.cost_percentage, &prices.fixed_price].map(fields::text));
        row.extend([prices.split.as_str().into(), share, per_unit]);
        let amounts = [&charge.quantity, &charge.share, &charge.cost, &charge.markup, &charge.price];
        row.extend(amounts.map(fields::text));
        row
    });
    tx.execute_each(sql, rows)
}

/// All sources of a line with the number of their use (0: the line's own) and their own number.
fn numbered_sources(line: &Line) -> Vec<(u32, i64, i64, &Source)> {
    let own = line.sources.iter().zip(1i64..).map(|(source, no)| (line.line, 0, no, source));
    let of_uses = line.uses.iter().zip(1i64..).flat_map(|(charge, use_no)| {
        charge.sources.iter().zip(1i64..).map(move |(source, no)| (line.line, use_no, no, source))
    });
    own.chain(of_uses).collect()
}

fn insert_sources(tx: &mut Transaction<'_>, number: i64, lines: &[Line]) -> Result<(), StoreError> {
    let sql = "INSERT INTO line_sources (invoice_number, line, use_no, source_no, document_id, version, provider, \
               account_key, service_name, cost_center_tag, component_tag, currency, row_count, original_cost, rate, \
               cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let rows = lines.iter().flat_map(numbered_sources).map(|(line, use_no, no, source)| {
        let key = &source.key;
        let cost = fields::text(&source.cost);
        // mostly both are the same, and writing numbers takes time
        let is_same = source.original_cost == source.cost;
        let original_cost = if is_same { cost.clone() } else { fields::text(&source.original_cost) };
        vec![
            number.into(),
            line.into(),
            use_no.into(),
            no.into(),
            key.document.0.into(),
            source.version.into(),
            fields::borrowed(key.provider.as_str()),
            fields::borrowed(&key.account_key),
            fields::borrowed(&key.service_name),
            fields::optional_borrowed(key.cost_center_tag.as_ref()),
            fields::optional_borrowed(key.component_tag.as_ref()),
            fields::borrowed(key.currency.as_str()),
            source.rows.into(),
            original_cost,
            fields::optional_text(source.rate.as_ref()),
            cost,
        ]
    });
    tx.execute_each(sql, rows)
}

/// Changes the state of an invoice.
///
/// # Errors
/// When the ledger refuses it.
pub fn set_state(
    tx: &mut Transaction<'_>,
    number: InvoiceNumber,
    state: InvoiceState,
) -> Result<(), StoreError> {
    let params = [state.as_str().into(), number.0.into()];
    tx.execute("UPDATE invoices SET state = ? WHERE number = ?", &params).map(|_| ())
}

/// Makes an invoice void.
///
/// # Errors
/// When the ledger refuses it.
pub fn void(
    tx: &mut Transaction<'_>,
    number: InvoiceNumber,
    why: &str,
    moment: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE invoices SET state = 'void', void_why = ?, voided = ? WHERE number = ?";
    tx.execute(sql, &[why.into(), moment.into(), number.0.into()]).map(|_| ())
}

/// Removes a draft with all that belongs to it. Its number is not used again.
///
/// # Errors
/// When the ledger refuses it.
pub fn delete_draft(tx: &mut Transaction<'_>, number: InvoiceNumber) -> Result<(), StoreError> {
    for table in ["line_sources", "line_uses", "invoice_lines"] {
        tx.execute(&format!("DELETE FROM {table} WHERE invoice_number = ?"), &[number.0.into()])?;
    }
    tx.execute("DELETE FROM invoices WHERE number = ? AND state = 'draft'", &[number.0.into()]).map(|_| ())
}
