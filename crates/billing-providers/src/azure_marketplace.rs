//! Azure's marketplace charges: what other publishers charge through Microsoft.
//!
//! The answer of `Microsoft.Consumption/marketplaces`
//! (<https://learn.microsoft.com/rest/api/consumption/marketplaces/list>), page by page as JSON, and the same columns as
//! CSV. Today's usage exports have these charges too; both together would bill them twice, and are refused.

use std::borrow::Cow;

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    Importer, Kind, Parameter,
    columns::{Column, Columns, Need, either, text},
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "azure-marketplace",
    aliases: &["AzureMarketPlaceImport"],
    summary: "Azure marketplace charges beside a usage export without them (JSON, CSV)",
    kind: Kind::Addition,
    provider: Some("Azure"),
    format: &AzureMarketplace,
    delivery: None,
    parameters: &[
        Parameter::open(
            "AZURE_BILLING_SCOPE",
            "the subscription or billing account whose charges are asked for",
        ),
        Parameter::open("AZURE_TENANT_ID", "the directory of the service principal"),
        Parameter::open("AZURE_CLIENT_ID", "the service principal"),
        Parameter::secret("AZURE_CLIENT_SECRET", "its secret"),
    ],
    permissions: &["Cost Management Reader on the subscription, or Enrollment reader on the billing account"],
    not_taken: &[
        "charges that stand in a usage export: they are part of that bill",
        "isEstimated: an estimated charge is taken as it is, and corrected by the next import of its month",
    ],
    sample: false,
};

struct AzureMarketplace;

const COST: &[&str] = &["pretaxcost", "extendedcost", "cost"];
const CURRENCY: &[&str] = &["currency", "currencycode", "billingcurrency"];
const SUBSCRIPTION: &[&str] = &["subscriptionguid", "subscriptionid"];
const START: &[&str] = &["usagestart", "usagestartdate", "date"];

const NEEDS: &[Need] = &[
    Need { shown: "pretaxCost or extendedCost", any_of: COST },
    Need { shown: "currency", any_of: CURRENCY },
    Need { shown: "subscriptionGuid or subscriptionId", any_of: SUBSCRIPTION },
    Need {
        shown: "usageStart or billingPeriodId",
        any_of: &["usagestart", "usagestartdate", "date", "billingperiodid"],
    },
    Need { shown: "publisherName", any_of: &["publishername"] },
];

/// The fields of a charge, where it comes as JSON.
const FIELDS: &[&str] = &[
    "properties.subscriptionGuid",
    "properties.subscriptionName",
    "properties.billingPeriodId",
    "properties.usageStart",
    "properties.usageEnd",
    "properties.pretaxCost",
    "properties.currency",
    "properties.consumedQuantity",
    "properties.unitOfMeasure",
    "properties.publisherName",
    "properties.offerName",
    "properties.planName",
    "properties.orderNumber",
    "properties.instanceId",
    "properties.instanceName",
    "properties.isRecurringCharge",
    "tags",
];

/// The last name of a path: `properties.pretaxCost` and `PretaxCost` are one.
pub(crate) fn name(heading: &str) -> String {
    heading.rsplit('.').next().unwrap_or(heading).replace([' ', '_'], "").to_ascii_lowercase()
}

impl TableFormat for AzureMarketplace {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::named(record, name);
        columns.check(NEEDS).map_err(|missing| {
            let usage = columns.has(&["chargetype"]) && columns.has(&["metercategory"]);
            let refused = "this is a usage export, which has the marketplace charges among its rows; import it with \
                           azure-usage";
            MissingColumns { refused: usage.then(|| refused.to_owned()), ..missing }
        })?;
        Ok(reader(columns, Fields::new))
    }

    fn required(&self) -> &'static str {
        "pretaxCost or extendedCost; currency; subscriptionGuid or subscriptionId; usageStart or billingPeriodId; \
         publisherName"
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
    cost: Option<Column>,
    currency: Option<Column>,
    subscription: Option<Column>,
    subscription_name: Option<Column>,
    period: Option<Column>,
    start: Option<Column>,
    end: Option<Column>,
    quantity: Option<Column>,
    unit: Option<Column>,
    publisher: Option<Column>,
    offer: Option<Column>,
    plan: Option<Column>,
    order: Option<Column>,
    resource_id: Option<Column>,
    resource_name: Option<Column>,
    recurring: Option<Column>,
    tags: Option<Column>,
}

impl Fields {
    fn new(columns: &mut Columns) -> Self {
        let mut find = |names: &[&str]| columns.find(names);
        Self {
            cost: find(COST),
            currency: find(CURRENCY),
            subscription: find(SUBSCRIPTION),
            subscription_name: find(&["subscriptionname"]),
            period: find(&["billingperiodid"]),
            start: find(START),
            end: find(&["usageend", "usageenddate"]),
            quantity: find(&["consumedquantity"]),
            unit: find(&["unitofmeasure"]),
            publisher: find(&["publishername"]),
            offer: find(&["offername"]),
            plan: find(&["planname"]),
            order: find(&["ordernumber"]),
            resource_id: find(&["instanceid"]),
            resource_name: find(&["instancename"]),
            recurring: find(&["isrecurringcharge"]),
            tags: find(&["tags"]),
        }
    }
}

/// What stands in a path behind a folder: the `123` of `/…/billingAccounts/123/…`.
fn of_path<'r>(path: &'r str, folder: &str) -> &'r str {
    let mut names = path.split('/').skip_while(|name| !name.eq_ignore_ascii_case(folder));
    names.nth(1).unwrap_or("")
}

impl Layout for Fields {
    fn read<'r>(&mut self, table: &Table, row: Row<'r>) -> RawLine<'r> {
        let (billed_cost, quantity) = (table.number(row, self.cost), table.number(row, self.quantity));
        let text = |column| text(row, column);
        let period = text(self.period);
        let is_purchase = text(self.recurring).eq_ignore_ascii_case("true");
        RawLine {
            provider_name: "Azure",
            billing_account_id: of_path(period, "billingAccounts"),
            sub_account_id: text(self.subscription),
            sub_account_name: text(self.subscription_name),
            // `/subscriptions/…/billingPeriods/202610`; a later one may be written `202610-1`.
            billing_period_start: either(of_path(period, "billingPeriods"), period)
                .get(..6)
                .unwrap_or(period),
            billing_period_end: "",
            charge_period_start: text(self.start),
            charge_period_end: text(self.end),
            charge_category: if is_purchase { "Purchase" } else { "Usage" },
            charge_description: text(self.plan),
            service_category: "Marketplace",
            service_name: either(text(self.offer), text(self.publisher)),
            region: "",
            commitment_term: "",
            billing_currency: text(self.currency),
            billed_cost,
            effective_cost: Cow::Borrowed(""),
            list_cost: Cow::Borrowed(""),
            quantity,
            unit: text(self.unit),
            resource_id: text(self.resource_id),
            resource_name: text(self.resource_name),
            sku: text(self.order),
            invoice_id: "",
            invoice_issuer: text(self.publisher),
            tags: Cow::Borrowed(text(self.tags)),
            is_undated: false,
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "BilledCost" => self.cost,
            "BillingCurrency" => self.currency,
            "BillingPeriodStart" => self.period,
            "ChargePeriodStart" => self.start,
            "SubAccountId" => self.subscription,
            "PricingQuantity" => self.quantity,
            "Tags" => self.tags,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    #[test]
    fn the_billing_period_and_account_stand_in_a_path() {
        let headings = FIELDS.join(",");
        let mut reader = lines::headings(&AzureMarketplace, &headings).unwrap();
        let path = "/providers/Microsoft.Billing/billingAccounts/123/providers/Microsoft.Billing/billingPeriods/202610-1";
        let row = format!(",,{path},2026-09-30T00:00:00Z,,0.67,USD,1,1 Hour,xyz,offer,plan,o-1,,,true,");
        lines::read(&mut *reader, &row, |line| {
            assert_eq!((line.billing_period_start, line.billing_account_id), ("202610", "123"));
            assert_eq!(
                (&*line.billed_cost, line.charge_category, line.invoice_issuer),
                ("0.67", "Purchase", "xyz")
            );
        });
    }

    #[test]
    fn a_usage_export_is_told_apart() {
        let headings = "ChargeType,MeterCategory,CostInBillingCurrency,Date,PublisherName";
        let missing = lines::headings(&AzureMarketplace, headings).err().unwrap();
        assert!(missing.refused.unwrap().contains("import it with azure-usage"));
    }
}
