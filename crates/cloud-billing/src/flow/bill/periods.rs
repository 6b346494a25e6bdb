//! Which periods of a target are invoiced.

use std::collections::{BTreeMap, BTreeSet};

use billing_core::{Period, ids::Target, invoice::InvoiceState};
use billing_store::{StoreError, Transaction, invoices};

/// The period of a target's first invoice ever, void or not; drafts do not count.
pub(super) fn first_period(tx: &mut Transaction<'_>, target: &Target) -> Result<Option<Period>, StoreError> {
    let heads = invoices::heads(tx)?;
    let first = heads.into_iter().find(|(_, of, _, state)| of == target && *state != InvoiceState::Draft);
    Ok(first.map(|(_, _, period, _)| period))
}

/// The first period of each target, from that of its first invoice on, that no issued invoice and no live line is of
/// (rule R5); targets without issued invoice are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn first_open(tx: &mut Transaction<'_>) -> Result<BTreeMap<Target, Period>, StoreError> {
    let mut issued: BTreeMap<Target, BTreeSet<Period>> = BTreeMap::new();
    let mut first: BTreeMap<Target, Period> = BTreeMap::new();
    for (_, target, period, state) in invoices::heads(tx)? {
        if state != InvoiceState::Draft {
            first.entry(target.clone()).or_insert(period);
        }
        if state == InvoiceState::Issued {
            issued.entry(target).or_default().insert(period);
        }
    }
    // A run makes up earlier periods too: those that it has lines of are invoiced as well.
    for (target, period) in invoices::live_periods(tx)? {
        issued.entry(target).or_default().insert(period);
    }
    let open = |(target, periods): (Target, BTreeSet<Period>)| {
        let mut period = first.get(&target).copied().unwrap_or(Period::BEGINNING);
        while periods.contains(&period) {
            period = period.next();
        }
        (target, period)
    };
    Ok(issued.into_iter().map(open).collect())
}
