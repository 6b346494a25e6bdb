//! Azure's reservation transactions: purchases, refunds and cancellations of reservations.
//!
//! The answers of `Microsoft.Consumption/reservationTransactions` for an enrolment and for a billing profile
//! (<https://learn.microsoft.com/rest/api/consumption/reservation-transactions/list>), page by page as JSON, saved answers
//! of the older reporting API, and the exports as CSV with 23 (enterprise) or 20 columns (customer agreement).
//!
//! Refunds and cancellations are negative, whether the amount carries the sign or only the type of the event tells: today's
//! answers write `-21.0`, older files the bare amount. A refund is posted to the billing month of its purchase. Purchases
//! also stand in the usage export; both together would bill them twice, and are refused, also where the two have them in
//! different months.

use std::borrow::Cow;

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    Importer, Kind, Parameter,
    azure_marketplace::name,
    columns::{Column, Columns, Need, either, text},
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "azure-reservations",
    aliases: &["AzureReservedInstanceImport"],
    summary: "Azure reservation purchases and refunds beside a usage export without them (JSON, CSV)",
    kind: Kind::Addition,
    provider: Some("Azure"),
    format: &AzureReservations,
    delivery: None,
    parameters: &[
        Parameter::open("AZURE_BILLING_SCOPE", "the billing account (EA) or billing profile (MCA)"),
        Parameter::open("AZURE_TENANT_ID", "the directory of the service principal"),
        Parameter::open("AZURE_CLIENT_ID", "the service principal"),
        Parameter::secret("AZURE_CLIENT_SECRET", "its secret"),
    ],
    permissions: &["Enrollment reader on the billing account (EA), or Billing profile reader (MCA)"],
    not_taken: &[
        "transactions that stand in a usage export: they are part of that bill",
        "prepayment and overage",
        "days: Azure answers for whole billing months, and keeps a refund in the billing month of its purchase",
    ],
    sample: false,
};

struct AzureReservations;

const ACCOUNTS: &[&str] = &[
    "purchasingsubscriptionguid",
    "purchasingenrollment",
    "currentenrollmentid",
    "currentenrollment",
    "billingprofileid",
];

const NEEDS: &[Need] = &[
    Need { shown: "amount", any_of: &["amount"] },
    Need { shown: "currency", any_of: &["currency"] },
    Need { shown: "eventType", any_of: &["eventtype"] },
    Need { shown: "eventDate or billingMonth", any_of: &["eventdate", "billingmonth"] },
    Need { shown: "reservationOrderId", any_of: &["reservationorderid"] },
    Need { shown: "purchasingSubscriptionGuid, purchasingEnrollment or billingProfileId", any_of: ACCOUNTS },
];

/// The fields of a transaction, where it comes as JSON.
const FIELDS: &[&str] = &[
    "properties.eventDate",
    "properties.eventType",
    "properties.amount",
    "properties.currency",
    "properties.quantity",
    "properties.reservationOrderId",
    "properties.reservationOrderName",
    "properties.description",
    "properties.armSkuName",
    "properties.term",
    "properties.region",
    "properties.purchasingSubscriptionGuid",
    "properties.purchasingSubscriptionName",
    "properties.purchasingEnrollment",
    "properties.currentEnrollment",
    "properties.billingMonth",
    "properties.billingProfileId",
    "properties.invoice",
];

impl TableFormat for AzureReservations {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::named(record, name);
        columns.check(NEEDS)?;
        Ok(reader(columns, Fields::new))
    }

    fn required(&self) -> &'static str {
        "amount, currency, eventType, eventDate or billingMonth, reservationOrderId, and purchasingSubscriptionGuid, \
         purchasingEnrollment or billingProfileId"
    }

    fn preamble_max(&self) -> usize {
        5
    }

    fn json_fields(&self) -> &'static [&'static str] {
        FIELDS
    }
}

#[derive(Clone)]
struct Fields {
    amount: Option<Column>,
    currency: Option<Column>,
    event_type: Option<Column>,
    event_date: Option<Column>,
    billing_month: Option<Column>,
    order: Option<Column>,
    order_name: Option<Column>,
    description: Option<Column>,
    sku: Option<Column>,
    term: Option<Column>,
    region: Option<Column>,
    quantity: Option<Column>,
    subscription: Option<Column>,
    subscription_name: Option<Column>,
    billing_account: Option<Column>,
    invoice: Option<Column>,
}

impl Fields {
    fn new(columns: &mut Columns) -> Self {
        let mut find = |names: &[&str]| columns.find(names);
        Self {
            amount: find(&["amount"]),
            currency: find(&["currency"]),
            event_type: find(&["eventtype"]),
            event_date: find(&["eventdate"]),
            billing_month: find(&["billingmonth"]),
            order: find(&["reservationorderid"]),
            order_name: find(&["reservationordername"]),
            description: find(&["description"]),
            sku: find(&["armskuname"]),
            term: find(&["term"]),
            region: find(&["region"]),
            quantity: find(&["quantity"]),
            subscription: find(&["purchasingsubscriptionguid"]),
            subscription_name: find(&["purchasingsubscriptionname"]),
            billing_account: find(&ACCOUNTS[1..]),
            invoice: find(&["invoice", "invoiceid"]),
        }
    }
}

/// What an event costs: a refund or cancellation gives money back, also where the amount has no sign.
fn signed<'r>(event_type: &str, amount: Cow<'r, str>) -> Cow<'r, str> {
    let gives_back = ["Refund", "Cancel"]
        .iter()
        .any(|kind| event_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)));
    let has_digits = amount.bytes().any(|byte| byte.is_ascii_digit());
    if gives_back && has_digits && !amount.starts_with('-') {
        return Cow::Owned(format!("-{}", amount.trim_start_matches('+')));
    }
    amount
}

impl Layout for Fields {
    fn read<'r>(&mut self, table: &Table, row: Row<'r>) -> RawLine<'r> {
        let (amount, quantity) = (table.number(row, self.amount), table.number(row, self.quantity));
        let text = |column| text(row, column);
        let event_type = text(self.event_type);
        RawLine {
            provider_name: "Azure",
            billing_account_id: text(self.billing_account),
            sub_account_id: text(self.subscription),
            sub_account_name: text(self.subscription_name),
            billing_period_start: either(text(self.billing_month), text(self.event_date)),
            billing_period_end: "",
            charge_period_start: text(self.event_date),
            charge_period_end: "",
            charge_category: event_type,
            charge_description: either(text(self.description), text(self.order_name)),
            service_category: "Reservations",
            service_name: "Microsoft.Capacity",
            region: text(self.region),
            commitment_term: text(self.term),
            billing_currency: text(self.currency),
            billed_cost: signed(event_type, amount),
            effective_cost: Cow::Borrowed(""),
            list_cost: Cow::Borrowed(""),
            quantity,
            unit: "",
            resource_id: text(self.order),
            resource_name: text(self.order_name),
            sku: text(self.sku),
            invoice_id: text(self.invoice),
            invoice_issuer: "",
            tags: Cow::Borrowed(""),
            is_undated: false,
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "BilledCost" => self.amount,
            "BillingCurrency" => self.currency,
            "BillingPeriodStart" => self.billing_month,
            "ChargePeriodStart" => self.event_date,
            "SubAccountId" => self.subscription.or(self.billing_account),
            "BillingAccountId" => self.billing_account,
            "ChargeCategory" => self.event_type,
            "PricingQuantity" => self.quantity,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refunds_and_cancellations_give_back_with_or_without_a_sign() {
        for (event_type, amount, cost) in [
            ("Purchase", "21.5", "21.5"),
            ("Refund", "-21.5", "-21.5"),
            ("Refund", "21.5", "-21.5"),
            ("cancel", "21.5", "-21.5"),
            ("Cancellation", "+21.5", "-21.5"),
            ("Purchase", "-21.5", "-21.5"),
            ("Refund", "", ""),
            ("Refund", "none", "none"),
        ] {
            assert_eq!(signed(event_type, amount.into()), cost, "{event_type} {amount}");
        }
    }
}
