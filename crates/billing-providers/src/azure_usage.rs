//! Azure's own cost export: the actual-cost data set of a subscription, billing account or enrolment, as CSV.
//!
//! Fields: <https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields>.
//! Five families of headings are in use (enterprise agreements in two forms, customer agreements, pay as you go, the
//! portal's download in any language); one table of names serves them all. The portal writes headings like
//! `Kosten (Cost)`, and up to a few lines before them.
//!
//! Taken are all charges, also refunds, purchases and rounding. Not taken is the amortised data set: it has the same
//! headings, but does not add up to the invoice.

mod amortised;
pub(crate) mod manifest;

use std::{borrow::Cow, sync::Arc};

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use self::amortised::Amortised;
use crate::{
    Importer, Kind, Parameter,
    beside::{MARKETPLACE, Marks, is_of_other_publisher},
    columns::{Column, Columns, Need, either, text},
    focus,
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "azure-usage",
    aliases: &["AzureImport"],
    summary: "Azure cost export, actual cost, of any agreement and language (CSV, Parquet)",
    kind: Kind::FullBill,
    provider: Some("Azure"),
    format: &AzureUsage,
    delivery: Some(&manifest::AzureDelivery { kind: "ActualCost" }),
    parameters: &[
        Parameter::open("AZURE_EXPORT_URL", "where an export is delivered: az://CONTAINER/PREFIX"),
        Parameter::open(
            "AZURE_BILLING_SCOPE",
            "without an export: the scope whose cost details are asked for",
        ),
        Parameter::open("AZURE_TENANT_ID", "the directory of the service principal"),
        Parameter::open("AZURE_CLIENT_ID", "the service principal"),
        Parameter::secret("AZURE_CLIENT_SECRET", "its secret"),
    ],
    permissions: &[
        "for an export: Storage Blob Data Reader on the container",
        "for cost details: Cost Management Reader on the subscription, or Billing account reader (MCA), or Enrollment \
         reader (EA)",
    ],
    not_taken: &[
        "amortised sets: they do not add up to the invoice",
        "runs of an export that are of a week or of chosen days: a bill is a month from its first day on",
        "tax, support and prepayments: Azure does not export them",
        "prices beyond the pay-as-you-go cost",
    ],
    sample: true,
};

struct AzureUsage;

/// The billed cost, best first.
const COSTS: &[&str] = &["costinbillingcurrency", "cost", "pretaxcost"];
const CURRENCY: &[&str] = &["billingcurrencycode", "billingcurrency", "currency"];
const SUBSCRIPTION_ID: &[&str] = &["subscriptionid", "subscriptionguid"];
const BILLING_ACCOUNT_ID: &[&str] = &["billingaccountid"];
const PERIOD_START: &[&str] = &["billingperiodstartdate", "billingperiodstart"];
const PERIOD_END: &[&str] = &["billingperiodenddate", "billingperiodend"];
const DATE: &[&str] = &["date", "usagedatetime", "usagedate"];
/// Prices, which are not taken, but show how numbers are written.
const PRICES: &[&str] = &["effectiveprice", "unitprice", "paygprice", "resourcerate"];

const NEEDS: &[Need] = &[
    Need { shown: "CostInBillingCurrency, Cost or PreTaxCost", any_of: COSTS },
    Need { shown: "BillingCurrency or Currency", any_of: CURRENCY },
    Need {
        shown: "SubscriptionId or BillingAccountId",
        any_of: &["subscriptionid", "subscriptionguid", "billingaccountid"],
    },
    Need {
        shown: "Date or BillingPeriodStartDate",
        any_of: &["date", "usagedatetime", "usagedate", "billingperiodstartdate", "billingperiodstart"],
    },
];

impl TableFormat for AzureUsage {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::of(record);
        columns.check(NEEDS).map_err(|missing| focus::told_apart(missing, &columns, "Azure's own"))?;
        Ok(reader(columns, Fields::new))
    }

    fn required(&self) -> &'static str {
        "CostInBillingCurrency, Cost or PreTaxCost; BillingCurrency or Currency; SubscriptionId or BillingAccountId; \
         Date or BillingPeriodStartDate"
    }

    fn preamble_max(&self) -> usize {
        20
    }
}

#[derive(Clone)]
struct Fields {
    /// The cost columns that the file has, best first.
    costs: Vec<Column>,
    /// The one that the last row was billed by.
    cost: Option<Column>,
    prices: Vec<Column>,
    billing_account_id: Option<Column>,
    subscription_id: Option<Column>,
    subscription_name: Option<Column>,
    period_start: Option<Column>,
    period_end: Option<Column>,
    date: Option<Column>,
    charge_type: Option<Column>,
    product: Option<Column>,
    service_family: Option<Column>,
    publisher_type: Option<Column>,
    publisher: Option<Column>,
    meter_category: Option<Column>,
    consumed_service: Option<Column>,
    location: Option<Column>,
    meter_region: Option<Column>,
    term: Option<Column>,
    currency: Option<Column>,
    list_cost: Option<Column>,
    quantity: Option<Column>,
    unit: Option<Column>,
    resource_id: Option<Column>,
    resource_name: Option<Column>,
    meter_id: Option<Column>,
    invoice_id: Option<Column>,
    tags: Option<Column>,
    pricing_model: Option<Column>,
    /// The id and the name of the commitment that a row is for.
    commitment: [Option<Column>; 2],
    amortised: Arc<Amortised>,
}

impl Fields {
    fn new(columns: &mut Columns) -> Self {
        let mut each = |names: &[&str]| names.iter().filter_map(|name| columns.find(&[name])).collect();
        let (costs, prices): (Vec<Column>, Vec<Column>) = (each(COSTS), each(PRICES));
        let mut find = |names: &[&str]| columns.find(names);
        Self {
            cost: costs.first().copied(),
            costs,
            prices,
            billing_account_id: find(BILLING_ACCOUNT_ID),
            subscription_id: find(SUBSCRIPTION_ID),
            subscription_name: find(&["subscriptionname"]),
            period_start: find(PERIOD_START),
            period_end: find(PERIOD_END),
            date: find(DATE),
            charge_type: find(&["chargetype"]),
            product: find(&["product", "productname", "metername"]),
            service_family: find(&["servicefamily"]),
            publisher_type: find(&["publishertype"]),
            publisher: find(&["publishername"]),
            meter_category: find(&["metercategory"]),
            consumed_service: find(&["consumedservice"]),
            location: find(&["resourcelocation", "location"]),
            meter_region: find(&["meterregion"]),
            term: find(&["term"]),
            currency: find(CURRENCY),
            list_cost: find(&["paygcostinbillingcurrency"]),
            quantity: find(&["quantity", "usagequantity"]),
            unit: find(&["unitofmeasure"]),
            resource_id: find(&["resourceid", "instanceid", "instancename"]),
            resource_name: find(&["resourcename"]),
            meter_id: find(&["meterid"]),
            invoice_id: find(&["invoiceid"]),
            tags: find(&["tags"]),
            pricing_model: find(&["pricingmodel"]),
            commitment: [find(&["reservationid", "benefitid"]), find(&["reservationname", "benefitname"])],
            amortised: Arc::default(),
        }
    }
}

impl Fields {
    /// What shows that a row is the price of a commitment.
    fn marks<'r>(&self, row: Row<'r>, charge_type: &'r str) -> Marks<'r> {
        Marks {
            charge: either(charge_type, "Usage"),
            kind: text(row, self.pricing_model),
            named: self.commitment.map(|column| text(row, column)),
            service: text(row, self.consumed_service),
            resource: text(row, self.resource_id),
            product: text(row, self.product),
            untold: [self.term, self.pricing_model]
                .into_iter()
                .chain(self.commitment)
                .flatten()
                .next()
                .is_none(),
        }
    }
}

impl Layout for Fields {
    fn read<'r>(&mut self, table: &Table, row: Row<'r>) -> RawLine<'r> {
        let best = self.costs.iter().find(|column| !text(row, Some(**column)).is_empty());
        self.cost = best.or(self.costs.first()).copied();
        for price in &self.prices {
            table.look(row, *price);
        }
        let billed_cost = table.number(row, self.cost);
        let list_cost = table.number(row, self.list_cost);
        let quantity = table.number(row, self.quantity);
        let text = |column| text(row, column);
        let charge_type = text(self.charge_type);
        // Where no model is told, a commitment that is named is one.
        let is_covered = self.commitment.into_iter().any(|column| !text(column).is_empty());
        let pricing_model = either(text(self.pricing_model), if is_covered { "Reservation" } else { "" });
        self.amortised.look(charge_type, pricing_model, &billed_cost);
        RawLine {
            provider_name: "Azure",
            billing_account_id: text(self.billing_account_id),
            sub_account_id: text(self.subscription_id),
            sub_account_name: text(self.subscription_name),
            billing_period_start: text(self.period_start),
            billing_period_end: text(self.period_end),
            charge_period_start: text(self.date),
            charge_period_end: "",
            charge_category: either(charge_type, "Usage"),
            charge_description: text(self.product),
            // What other publishers charge has a family of its own here, by which it is known beside a list of it.
            service_category: match is_of_other_publisher(text(self.publisher_type), text(self.publisher)) {
                true => MARKETPLACE,
                false => text(self.service_family),
            },
            service_name: either(text(self.meter_category), text(self.consumed_service)),
            region: either(text(self.location), text(self.meter_region)),
            commitment_term: self.marks(row, charge_type).term(text(self.term)),
            billing_currency: text(self.currency),
            billed_cost,
            effective_cost: Cow::Borrowed(""),
            list_cost,
            quantity,
            unit: text(self.unit),
            resource_id: text(self.resource_id),
            resource_name: text(self.resource_name),
            sku: text(self.meter_id),
            invoice_id: text(self.invoice_id),
            invoice_issuer: "",
            // Some exports write an empty JSON text for no tags.
            tags: Some(text(self.tags)).filter(|tags| *tags != "\"\"").unwrap_or("").into(),
            is_undated: self.date.is_some() && text(self.date).is_empty(),
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "BilledCost" => self.cost,
            "BillingCurrency" => self.currency,
            "BillingPeriodStart" => self.period_start,
            "BillingPeriodEnd" => self.period_end,
            "ChargePeriodStart" => self.date,
            "SubAccountId" => self.subscription_id.or(self.billing_account_id),
            "BillingAccountId" => self.billing_account_id,
            "SubAccountName" => self.subscription_name,
            "ChargeCategory" => self.charge_type,
            "PricingQuantity" => self.quantity,
            "Tags" => self.tags,
            _ => None,
        }
    }

    fn judge(&self) -> Result<(), String> {
        self.amortised.judge()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    fn reader(headings: &str) -> Box<dyn RowReader> {
        lines::headings(&AzureUsage, headings).unwrap()
    }

    #[test]
    fn the_best_cost_column_that_a_row_fills_counts() {
        let mut reader =
            reader("PreTaxCost,Cost,CostInBillingCurrency,Currency,BillingCurrency,SubscriptionId,Date");
        for (row, cost, heading) in [
            ("1,2,3,USD,CHF,s,10/01/2026", "3", "CostInBillingCurrency"),
            ("1,2,,USD,CHF,s,10/01/2026", "2", "Cost"),
            ("1,,,USD,CHF,s,10/01/2026", "1", "PreTaxCost"),
            (",,,USD,CHF,s,10/01/2026", "", "CostInBillingCurrency"),
        ] {
            lines::read(&mut *reader, row, |line| {
                assert_eq!((&*line.billed_cost, line.billing_currency), (cost, "CHF"));
            });
            assert_eq!(reader.heading("BilledCost"), heading);
        }
    }

    #[test]
    fn of_doubled_headings_the_first_counts() {
        let mut reader =
            reader("Kosten (Cost),Cost (Cost),Währung (BillingCurrency),SubscriptionId,Date (Date)");
        lines::read(&mut *reader, "1,2,CHF,s,10/01/2026", |line| assert_eq!(&*line.billed_cost, "1"));
        assert_eq!(reader.heading("BilledCost"), "Kosten (Cost)");
        assert_eq!(reader.heading("ProviderName"), "ProviderName");
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_heading_beside_its_translation_is_taken_where_they_agree() {
        let mut reader = reader("Kosten (Cost),Cost,Währung (BillingCurrency),SubscriptionId,Date (Date)");
        lines::read(&mut *reader, "1,1,CHF,s,10/01/2026", |line| assert_eq!(&*line.billed_cost, "1"));
        assert_eq!(reader.finish(), Ok(()));
        lines::read(&mut *reader.fork(), "1,2,CHF,s,10/01/2026", |_| ());
        let message = "the headings 'Kosten (Cost)' and 'Cost' mean one column";
        assert!(reader.finish().unwrap_err().starts_with(message));
    }

    #[test]
    fn the_amortised_data_set_is_refused() {
        let mut reader = reader("Cost,BillingCurrency,SubscriptionId,Date,ChargeType,PricingModel");
        lines::read(&mut *reader, "0,CHF,s,10/01/2026,UnusedReservation,Reservation", |_| ());
        assert_eq!(reader.finish(), Ok(()));
        lines::read(&mut *reader.fork(), "0.25,CHF,s,10/01/2026,UnusedReservation,Reservation", |_| ());
        assert_eq!(
            reader.finish().unwrap_err(),
            "this is an amortised cost export, as its 'UnusedReservation' cost shows, and does not add up to the \
             invoice; export the actual cost"
        );
    }

    #[test]
    fn usage_of_a_commitment_has_no_cost_where_no_pricing_model_is_told_either() {
        let headings = "Cost,BillingCurrency,SubscriptionId,Date,ChargeType,ReservationId";
        for (rows, refused) in [
            (&["1.5,CHF,s,10/01/2026,Usage,r-1"][..], true),
            (&["0,CHF,s,10/01/2026,Usage,r-1", "2,CHF,s,10/01/2026,Usage,"], false),
            (&["1.5,CHF,s,10/01/2026,Usage,r-1", "9,CHF,s,10/01/2026,Purchase,r-1"], false),
        ] {
            let mut reader = reader(headings);
            rows.iter().for_each(|row| lines::read(&mut *reader, row, |_| ()));
            assert_eq!(reader.finish().is_err(), refused, "{rows:?}");
        }
    }

    #[test]
    fn purchases_of_commitments_and_other_publishers_are_marked() {
        let mut reader = reader(
            "Cost,BillingCurrency,SubscriptionId,Date,ServiceFamily,ChargeType,PricingModel,Term,ReservationId,\
             PublisherType,PublisherName",
        );
        for (row, category, term) in [
            ("Compute,Purchase,Reservation,,R1,Azure,Microsoft", "Compute", "Reservation"),
            ("Compute,Refund,,,R1,,", "Compute", "Reservation"),
            ("Compute,Purchase,Savings Plan,P3Y,R1,,", "Compute", "P3Y"),
            ("Compute,Usage,Reservation,,R1,,", "Compute", ""),
            ("Compute,Usage,OnDemand,,,,Acme", "Marketplace", ""),
            ("Compute,Usage,OnDemand,,,Azure,Acme", "Compute", ""),
        ] {
            lines::read(&mut *reader, &format!("0,CHF,s,10/01/2026,{row}"), |line| {
                assert_eq!((line.service_category, line.commitment_term), (category, term), "{row}");
            });
        }
    }

    #[test]
    fn another_table_is_told_apart() {
        let headings = "BilledCost,ChargeCategory,BillingCurrency,SubAccountId,BillingPeriodStart";
        let missing = lines::headings(&AzureUsage, headings).err().unwrap();
        assert!(missing.refused.unwrap().contains("import it with focus"));
    }
}
