//! Rejected rows of versions, and remarks about rows that were taken.

use std::collections::HashMap;

use billing_core::{
    Cost, Currency, Period,
    document::Content,
    flow::conserve::{Received, RejectedCost, VersionTotal},
    ids::{Provider, RejectionId},
};

use super::versions;
use crate::{
    db::{Row, Transaction, Value},
    error::StoreError,
    fields,
};

/// A rejection as the ledger keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectionRecord {
    /// Its id.
    pub id: RejectionId,
    /// The document's name.
    pub document: String,
    /// The document's version.
    pub version: u32,
    /// Whether that version is in force.
    pub in_force: bool,
    /// The document's period.
    pub document_period: Period,
    /// The importer of the document.
    pub importer: String,
    /// The rejected row.
    pub rejection: billing_core::rejection::Rejection,
    /// Why it was waived, where it was.
    pub waived_why: Option<String>,
}

pub(super) fn insert(tx: &mut Transaction<'_>, version: i64, content: &Content) -> Result<(), StoreError> {
    let sql = "INSERT INTO rejections (id, version_id, kind, file, line, column_name, found, reason, provider, period, \
               currency, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for row in &content.rejections {
        let id = tx.next_id("rejections")?;
        let place = [fields::text(&row.file), fields::counted(row.line)?, fields::text(&row.column)];
        let [file, line, column] = place;
        let params = [
            id.into(),
            version.into(),
            "row".into(),
            file,
            line,
            column,
            fields::text(&row.text),
            fields::text(&row.reason),
            fields::optional_text(row.provider.as_ref()),
            fields::optional_text(row.period),
            fields::optional_text(row.currency.as_ref()),
            fields::optional_text(row.cost.as_ref().map(|cost| &cost.amount)),
        ];
        tx.execute(sql, &params)?;
    }
    for remark in &content.remarks {
        let id = tx.next_id("rejections")?;
        let head = [id.into(), version.into(), "remark".into(), fields::text(&remark.file)];
        let [id, version, kind, file] = head;
        let line = fields::counted(remark.line)?;
        let column = fields::text(&remark.column);
        let (found, reason) = (fields::text(&remark.text), fields::text(&remark.reason));
        let none = Value::Null;
        let params = [
            id,
            version,
            kind,
            file,
            line,
            column,
            found,
            reason,
            none.clone(),
            none.clone(),
            none.clone(),
            none,
        ];
        tx.execute(sql, &params)?;
    }
    Ok(())
}

/// All rejected rows, of all versions; remarks are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn rejections(tx: &mut Transaction<'_>) -> Result<Vec<RejectionRecord>, StoreError> {
    tx.query(&format!("{RECORDS} ORDER BY r.id"), &[])?.iter().map(rejection).collect()
}

/// The rejected rows of a version; remarks are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn rejections_of(tx: &mut Transaction<'_>, version: i64) -> Result<Vec<RejectionRecord>, StoreError> {
    let sql = format!("{RECORDS} AND r.version_id = ? ORDER BY r.id");
    tx.query(&sql, &[version.into()])?.iter().map(rejection).collect()
}

const RECORDS: &str = "SELECT r.id, d.job, d.period, v.version, v.in_force, d.importer, r.file, r.line, \
                       r.column_name, r.found, r.reason, r.provider, r.period, r.currency, r.cost, r.waived_why \
                       FROM rejections r JOIN versions v ON v.id = r.version_id \
                       JOIN documents d ON d.id = v.document_id WHERE r.kind = 'row'";

fn rejection(row: &Row) -> Result<RejectionRecord, StoreError> {
    let document_period = fields::period(row, 2)?;
    let cost = match (fields::optional_decimal(row, 14)?, row.optional_text(13)?) {
        (Some(amount), Some(_)) => Some(Cost::new(amount, fields::currency(row, 13)?)),
        _ => None,
    };
    Ok(RejectionRecord {
        id: RejectionId(row.int(0)?),
        document: format!("{}/{document_period}", row.text(1)?),
        version: fields::small(row, 3)?,
        in_force: row.bool(4)?,
        document_period,
        importer: row.text(5)?.to_owned(),
        rejection: billing_core::rejection::Rejection {
            file: row.text(6)?.to_owned(),
            line: fields::count(row, 7)?,
            column: row.text(8)?.to_owned(),
            text: row.text(9)?.to_owned(),
            reason: row.text(10)?.to_owned(),
            provider: row.optional_text(11)?.map(Provider::named),
            period: row.optional_text(12)?.and_then(|text| text.parse().ok()),
            currency: row.optional_text(13)?.and_then(Currency::parse),
            cost,
        },
        waived_why: fields::optional_string(row, 15)?,
    })
}

/// Waives a rejection: its money is given up by name.
///
/// # Errors
/// When the ledger refuses it.
pub fn waive(tx: &mut Transaction<'_>, rejection: RejectionId, why: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE rejections SET waived_why = ? WHERE id = ? AND kind = 'row'";
    Ok(tx.execute(sql, &[why.into(), rejection.0.into()])? > 0)
}

/// What reconciling needs to know of the versions in force.
///
/// # Errors
/// When the ledger cannot be read.
pub fn received(tx: &mut Transaction<'_>) -> Result<Received, StoreError> {
    let versions = versions(tx)?;
    let mut received = Received::default();
    for version in &versions {
        received.documents.insert(version.document, version.period);
    }
    for version in versions.iter().filter(|version| version.in_force) {
        received.totals.extend(version.totals.iter().map(|(currency, total)| VersionTotal {
            document: version.document,
            period: version.period,
            currency: currency.clone(),
            total: total.clone(),
        }));
    }
    let usual = usual_keys(tx)?;
    for record in rejections(tx)?.into_iter().filter(|record| record.in_force) {
        let usual = usual.get(&(record.document.clone(), record.version));
        let currency = record.rejection.currency.clone();
        received.rejections.push(RejectedCost {
            period: record.document_period,
            provider: record
                .rejection
                .provider
                .or(usual.map(|(p, _)| p.clone()))
                .unwrap_or(Provider::named("unknown")),
            currency: currency.or(usual.map(|(_, c)| c.clone())).unwrap_or_else(unknown_currency),
            cost: record.rejection.cost.map(|cost| cost.amount),
            waived: record.waived_why.is_some(),
        });
    }
    Ok(received)
}

/// ISO 4217's code for "no currency".
fn unknown_currency() -> Currency {
    #[allow(clippy::expect_used, reason = "three letters are a currency code")]
    Currency::parse("XXX").expect("a currency code")
}

type UsualKeys = HashMap<(String, u32), (Provider, Currency)>;

/// The provider and currency of most rows of each version in force: what a row that tells neither is taken for.
fn usual_keys(tx: &mut Transaction<'_>) -> Result<UsualKeys, StoreError> {
    let sql = "SELECT d.job, d.period, v.version, b.provider, b.currency, SUM(b.row_count) FROM buckets b \
               JOIN versions v ON v.id = b.version_id JOIN documents d ON d.id = v.document_id WHERE v.in_force = 1 \
               AND v.id IN (SELECT version_id FROM rejections WHERE kind = 'row') \
               GROUP BY d.job, d.period, v.version, b.provider, b.currency";
    let mut counts: HashMap<(String, u32), HashMap<(Provider, Currency), u64>> = HashMap::new();
    for row in tx.query(sql, &[])? {
        let version = (format!("{}/{}", row.text(0)?, row.text(1)?), fields::small(&row, 2)?);
        let key = (fields::provider(&row, 3)?, fields::currency(&row, 4)?);
        *counts.entry(version).or_default().entry(key).or_default() += fields::count(&row, 5)?;
    }
    let most = |keys: HashMap<(Provider, Currency), u64>| {
        keys.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0))).map(|(key, _)| key)
    };
    Ok(counts.into_iter().filter_map(|(version, keys)| Some((version, most(keys)?))).collect())
}

/// Hands the rejections and remarks of one version to another, which has all its rows and more.
///
/// # Errors
/// When the ledger refuses it.
pub fn move_rejections(tx: &mut Transaction<'_>, from: i64, to: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE rejections SET version_id = ? WHERE version_id = ?", &[to.into(), from.into()])
        .map(|_| ())
}
