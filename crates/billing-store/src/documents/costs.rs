//! The cost in force, as billing reads it.

use std::collections::HashMap;

use billing_core::{
    Decimal, Period,
    books::CostInForce,
    ids::{DocumentId, Provider},
    invoice::SourceKey,
};

use crate::{
    db::{Row, Transaction},
    error::StoreError,
    fields,
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
    let columns = "SELECT v.document_id, v.version, b.provider, b.account_key, b.period, b.service_name, \
                   b.cost_center_tag, b.component_tag, b.currency, b.row_count, b.billed_cost \
                   FROM buckets b JOIN versions v ON v.id = b.version_id WHERE v.in_force = 1";
    let rows = match filter {
        CostFilter::Provider(provider) => {
            tx.query(&format!("{columns} AND b.provider = ?"), &[provider.as_str().into()])?
        }
        CostFilter::Components => tx.query(&format!("{columns} AND b.component_tag IS NOT NULL"), &[])?,
        CostFilter::All => tx.query(columns, &[])?,
    };
    let mut costs: HashMap<(SourceKey, u32, Period), (u64, Decimal)> = HashMap::new();
    for row in rows {
        let (key, version, period) = cost_key(&row)?;
        let (rows, cost) = costs.entry((key, version, period)).or_default();
        *rows += fields::count(&row, 9)?;
        *cost += &fields::decimal(&row, 10)?;
    }
    let mut costs: Vec<CostInForce> = costs
        .into_iter()
        .map(|((key, version, period), (rows, cost))| CostInForce { key, version, period, rows, cost })
        .collect();
    costs.sort_by(|a, b| (a.period, &a.key).cmp(&(b.period, &b.key)));
    Ok(costs)
}

fn cost_key(row: &Row) -> Result<(SourceKey, u32, Period), StoreError> {
    let key = SourceKey {
        document: DocumentId(row.int(0)?),
        provider: fields::provider(row, 2)?,
        account_key: fields::shared(row, 3)?,
        service_name: fields::shared(row, 5)?,
        cost_center_tag: fields::optional_shared(row, 6)?,
        component_tag: fields::optional_shared(row, 7)?,
        currency: fields::currency(row, 8)?,
    };
    Ok((key, fields::small(row, 1)?, fields::period(row, 4)?))
}
