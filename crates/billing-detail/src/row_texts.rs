//! Which texts of a row stand in which columns of the detail.

use billing_core::line_item::{LineItem, RawLine};

use crate::{
    canonical::shows_itself,
    schema::{OWN, SCALE, SHARED},
};

/// The texts of a row's own columns, in the order of the schema.
pub(crate) fn own_texts<'t>(raw: &'t RawLine<'_>, tags: &'t str) -> [&'t str; OWN] {
    [
        raw.charge_period_start,
        raw.charge_period_end,
        raw.charge_description,
        // What the decimal beside it shows need not be kept twice.
        if shows_itself(&raw.billed_cost, SCALE as usize) { "" } else { &raw.billed_cost },
        &raw.list_cost,
        &raw.quantity,
        raw.unit,
        raw.resource_id,
        raw.resource_name,
        raw.sku,
        tags,
    ]
}

/// The texts that the line items of a kind share, in the order of the schema.
pub(crate) fn shared_texts<'t>(item: &'t LineItem<'_>, period: &'t str, file: &'t str) -> [&'t str; SHARED] {
    let raw = &item.raw;
    [
        item.provider.as_str(),
        &item.account_key,
        item.account_name,
        period,
        raw.charge_category,
        raw.service_category,
        raw.service_name,
        raw.region,
        raw.commitment_term,
        item.currency.as_str(),
        raw.invoice_id,
        raw.invoice_issuer,
        item.tags.cost_center.as_deref().unwrap_or(""),
        item.tags.component.as_deref().unwrap_or(""),
        item.tags.service.as_deref().unwrap_or(""),
        file,
    ]
}
