//! The cost in force, as billing reads it.

use billing_core::{
    Period,
    books::CostInForce,
    ids::{DocumentId, Provider},
    invoice::SourceKey,
};

use crate::{
    db::{Row, Transaction},
    error::StoreError,
    fields::{self, Texts},
};

/// Which cost to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CostFilter<'a> {
    /// Of one provider.
    Provider(&'a Provider),
    /// With a component tag.
    Components,
    /// All of it.
    All,
}

/// The cost in force, summed as far as billing tells it apart.
///
/// # Errors
/// When the ledger cannot be read.
pub fn costs_in_force(
    tx: &mut Transaction<'_>,
    filter: CostFilter<'_>,
) -> Result<Vec<CostInForce>, StoreError> {
    let mut costs: Vec<CostInForce> = Vec::new();
    let mut texts = Texts::default();
    for (id, document, version) in versions(tx, filter)? {
        let columns = "SELECT provider, account_key, service_name, cost_center_tag, component_tag, currency, period, \
                       row_count, billed_cost FROM buckets WHERE version_id = ?";
        let (sql, params) = match filter {
            CostFilter::Provider(provider) => {
                (format!("{columns} AND provider = ?"), vec![id.into(), provider.as_str().into()])
            }
            CostFilter::Components => (format!("{columns} AND component_tag IS NOT NULL"), vec![id.into()]),
            CostFilter::All => (columns.to_owned(), vec![id.into()]),
        };
        tx.each(&sql, &params, |row| {
            costs.push(cost(document, version, row, &mut texts)?);
            Ok(())
        })?;
    }
    // Within a version they are in this order already, where it is of one period.
    costs.sort_by(|a, b| place(a).cmp(&place(b)));
    costs.dedup_by(|more, sum| {
        let same = place(more) == place(sum);
        if same {
            sum.rows += more.rows;
            sum.cost += &more.cost;
        }
        same
    });
    Ok(costs)
}

/// What billing tells costs apart by, in the order in which it sees them.
fn place(cost: &CostInForce) -> (Period, &SourceKey, u32) {
    (cost.period, &cost.key, cost.version)
}

fn cost(document: DocumentId, version: u32, row: &Row, texts: &mut Texts) -> Result<CostInForce, StoreError> {
    Ok(CostInForce {
        key: texts.source_key(document, row, 0)?,
        version,
        period: fields::period(row, 6)?,
        rows: fields::count(row, 7)?,
        cost: fields::decimal(row, 8)?,
    })
}

/// The versions in force that can have such cost: row, document, version.
fn versions(
    tx: &mut Transaction<'_>,
    filter: CostFilter<'_>,
) -> Result<Vec<(i64, DocumentId, u32)>, StoreError> {
    let all = "SELECT id, document_id, version FROM versions WHERE in_force = 1";
    let (sql, params) = match filter {
        CostFilter::Provider(provider) => (
            format!("{all} AND id IN (SELECT version_id FROM slices WHERE provider = ?)"),
            vec![provider.as_str().into()],
        ),
        CostFilter::Components | CostFilter::All => (all.to_owned(), vec![]),
    };
    tx.map(&sql, &params, |row| Ok((row.int(0)?, DocumentId(row.int(1)?), fields::small(row, 2)?)))
}

/// Whether any cost of a provider is in force.
///
/// # Errors
/// When the ledger cannot be read.
pub fn has_cost(tx: &mut Transaction<'_>, provider: &Provider) -> Result<bool, StoreError> {
    let sql = "SELECT v.id FROM slices s JOIN versions v ON v.id = s.version_id \
               WHERE v.in_force = 1 AND s.provider = ? LIMIT 1";
    Ok(!tx.query(sql, &[provider.as_str().into()])?.is_empty())
}
