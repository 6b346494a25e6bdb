//! The cost in force, as billing reads it.

use billing_core::{Period, books::CostInForce, ids::Provider, invoice::SourceKey};

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
    let columns = "SELECT v.document_id, b.provider, b.account_key, b.service_name, b.cost_center_tag, \
                   b.component_tag, b.currency, v.version, b.period, b.row_count, b.billed_cost \
                   FROM buckets b JOIN versions v ON v.id = b.version_id WHERE v.in_force = 1";
    let (sql, params) = match filter {
        CostFilter::Provider(provider) => {
            // A version that has no row of the provider is not searched for one.
            let versions = "AND v.id IN (SELECT version_id FROM slices WHERE provider = ?)";
            let name = || provider.as_str().into();
            (format!("{columns} AND b.provider = ? {versions}"), vec![name(), name()])
        }
        CostFilter::Components => (format!("{columns} AND b.component_tag IS NOT NULL"), vec![]),
        CostFilter::All => (columns.to_owned(), vec![]),
    };
    let mut costs: Vec<CostInForce> = Vec::new();
    let mut texts = Texts::default();
    tx.each(&sql, &params, |row| {
        costs.push(cost(row, &mut texts)?);
        Ok(())
    })?;
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

fn cost(row: &Row, texts: &mut Texts) -> Result<CostInForce, StoreError> {
    Ok(CostInForce {
        key: texts.source_key(row, 0)?,
        version: fields::small(row, 7)?,
        period: fields::period(row, 8)?,
        rows: fields::count(row, 9)?,
        cost: fields::decimal(row, 10)?,
    })
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
