//! AWS's cost and usage report: the legacy report, and its successor in AWS Data Exports (CUR 2.0).
//!
//! Fields: <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html> and
//! <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>. Headings are written with slashes
//! (`lineItem/UnblendedCost`) or with underscores (`line_item_unblended_cost`); one table of names serves both. A data
//! export is a query and may leave columns out; the columns of a legacy report change within a month.
//!
//! Taken is every line item, whatever its type: usage, tax, fees, credits, refunds, discounts, and savings plans' covered
//! usage beside its negation. Billed is the unblended cost, which adds up to AWS's invoices. The charge category is AWS's
//! own line item type. Not taken are blended and net costs, and the columns of split cost allocation, which show shares
//! of a cost that its own row has already.

mod effective;
pub(crate) mod manifest;
mod tags;

use std::borrow::Cow;

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use self::{effective::EffectiveCost, tags::Tags};
use crate::{
    Importer, Kind, Parameter,
    columns::{Column, Columns, Need, either, text},
    focus,
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "aws-cur",
    aliases: &["AwsImport"],
    summary: "AWS cost and usage report, legacy or CUR 2.0 (CSV, Parquet)",
    kind: Kind::FullBill,
    provider: Some("AWS"),
    format: &AwsCur,
    delivery: Some(&manifest::AwsDelivery { focus: false }),
    parameters: &[
        Parameter::open("AWS_CUR_URL", "where the report is delivered: s3://BUCKET/PREFIX"),
        Parameter::open("AWS_CUR_REPORT", "the report's name, where several are delivered there"),
    ],
    permissions: &[
        "s3:ListBucket on the bucket, for the prefix",
        "s3:GetObject on the objects below the prefix",
        "kms:Decrypt on the bucket's key, where it has one of its own",
    ],
    not_taken: &[
        "blended and net costs: the unblended cost adds up to the invoices, discounts are rows of their own",
        "splitLineItem columns: shares of a cost that its own row has already",
        "amortised costs that a query leaves out: without savingsPlan/SavingsPlanEffectiveCost and the like, the effective \
         cost of covered usage is 0; the billed cost is not concerned",
        "product, pricing and cost category columns beyond family, region, SKU, term and unit",
    ],
    sample: false,
};

struct AwsCur;

const NEEDS: &[Need] = &[
    Need { shown: "lineItem/UnblendedCost", any_of: &["lineitemunblendedcost"] },
    Need { shown: "lineItem/CurrencyCode", any_of: &["lineitemcurrencycode"] },
    Need {
        shown: "lineItem/UsageAccountId or bill/PayerAccountId",
        any_of: &["lineitemusageaccountid", "billpayeraccountid"],
    },
    Need {
        shown: "bill/BillingPeriodStartDate or lineItem/UsageStartDate",
        any_of: &["billbillingperiodstartdate", "lineitemusagestartdate"],
    },
];

/// A heading as it is compared: `lineItem/UnblendedCost` and `line_item_unblended_cost` are one name.
fn name(heading: &str) -> String {
    let letters = heading.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

impl TableFormat for AwsCur {
    fn headings(&self, record: Row<'_>, tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::named(record, name);
        columns.check(NEEDS).map_err(|missing| focus::told_apart(missing, &columns, "AWS's own report"))?;
        columns.check_doubled(NEEDS)?;
        Ok(reader(columns, |columns| Fields::new(columns, tags)))
    }

    fn required(&self) -> &'static str {
        "lineItem/UnblendedCost, lineItem/CurrencyCode, lineItem/UsageAccountId or bill/PayerAccountId, and \
         bill/BillingPeriodStartDate or lineItem/UsageStartDate, with slashes or as line_item_unblended_cost"
    }

    fn preamble_max(&self) -> usize {
        0
    }
}

#[derive(Clone)]
struct Fields {
    payer_account_id: Option<Column>,
    usage_account_id: Option<Column>,
    usage_account_name: Option<Column>,
    billing_period_start: Option<Column>,
    billing_period_end: Option<Column>,
    usage_start: Option<Column>,
    usage_end: Option<Column>,
    line_item_type: Option<Column>,
    description: Option<Column>,
    product_family: Option<Column>,
    product_code: Option<Column>,
    region_code: Option<Column>,
    region: Option<Column>,
    purchase_term: Option<Column>,
    lease_contract_length: Option<Column>,
    currency: Option<Column>,
    unblended_cost: Option<Column>,
    on_demand_cost: Option<Column>,
    usage_amount: Option<Column>,
    unit: Option<Column>,
    resource_id: Option<Column>,
    sku: Option<Column>,
    usage_type: Option<Column>,
    invoice_id: Option<Column>,
    /// Who issued the invoice, best first: the issuing entity, the seller of record, the billing entity.
    issuers: [Option<Column>; 3],
    /// Whose cost the row shows a share of, with split cost allocation.
    split_of: [Option<Column>; 2],
    effective: EffectiveCost,
    tags: Tags,
}

impl Fields {
    fn new(columns: &mut Columns, tag_names: &TagNames) -> Self {
        let effective = EffectiveCost::new(columns);
        let tags = Tags::new(columns, tag_names);
        let mut find = |name: &str| columns.find(&[name]);
        Self {
            payer_account_id: find("billpayeraccountid"),
            usage_account_id: find("lineitemusageaccountid"),
            usage_account_name: find("lineitemusageaccountname"),
            billing_period_start: find("billbillingperiodstartdate"),
            billing_period_end: find("billbillingperiodenddate"),
            usage_start: find("lineitemusagestartdate"),
            usage_end: find("lineitemusageenddate"),
            line_item_type: find("lineitemlineitemtype"),
            description: find("lineitemlineitemdescription"),
            product_family: find("productproductfamily"),
            product_code: find("lineitemproductcode"),
            region_code: find("productregioncode"),
            region: find("productregion"),
            purchase_term: find("savingsplanpurchaseterm"),
            lease_contract_length: find("pricingleasecontractlength"),
            currency: find("lineitemcurrencycode"),
            unblended_cost: find("lineitemunblendedcost"),
            on_demand_cost: find("pricingpublicondemandcost"),
            usage_amount: find("lineitemusageamount"),
            unit: find("pricingunit"),
            resource_id: find("lineitemresourceid"),
            sku: find("productsku"),
            usage_type: find("lineitemusagetype"),
            invoice_id: find("billinvoiceid"),
            issuers: [find("billinvoicingentity"), find("lineitemlegalentity"), find("billbillingentity")],
            split_of: [find("splitlineitemparentresourceid"), find("splitlineitemsplitcost")],
            effective,
            tags,
        }
    }

    /// What is billed for the row. Rows that split cost allocation adds have no cost of their own: it is their parent's.
    fn billed<'r>(&self, row: Row<'r>) -> &'r str {
        let cost = text(row, self.unblended_cost);
        let is_share = || self.split_of.iter().any(|column| !text(row, *column).is_empty());
        if cost.is_empty() && is_share() { "0" } else { cost }
    }
}

impl Layout for Fields {
    fn read<'r>(&mut self, _: &Table, row: Row<'r>) -> RawLine<'r> {
        let text = |column| text(row, column);
        let line_item_type = text(self.line_item_type);
        let billed = self.billed(row);
        let [invoicing, legal, billing] = self.issuers.map(text);
        RawLine {
            provider_name: "AWS",
            billing_account_id: text(self.payer_account_id),
            sub_account_id: text(self.usage_account_id),
            sub_account_name: text(self.usage_account_name),
            billing_period_start: text(self.billing_period_start),
            billing_period_end: text(self.billing_period_end),
            charge_period_start: text(self.usage_start),
            charge_period_end: text(self.usage_end),
            charge_category: line_item_type,
            charge_description: text(self.description),
            service_category: text(self.product_family),
            service_name: text(self.product_code),
            region: either(text(self.region_code), text(self.region)),
            commitment_term: either(text(self.purchase_term), text(self.lease_contract_length)),
            billing_currency: text(self.currency),
            billed_cost: Cow::Borrowed(billed),
            effective_cost: self.effective.of(line_item_type, billed, row),
            list_cost: Cow::Borrowed(text(self.on_demand_cost)),
            quantity: Cow::Borrowed(text(self.usage_amount)),
            unit: text(self.unit),
            resource_id: text(self.resource_id),
            resource_name: "",
            sku: either(text(self.sku), text(self.usage_type)),
            invoice_id: text(self.invoice_id),
            invoice_issuer: either(invoicing, either(legal, billing)),
            tags: self.tags.of(row),
            is_undated: false,
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "BilledCost" => self.unblended_cost,
            "EffectiveCost" => self.effective.last().or(self.unblended_cost),
            "BillingCurrency" => self.currency,
            "BillingPeriodStart" => self.billing_period_start,
            "BillingPeriodEnd" => self.billing_period_end,
            "ChargePeriodStart" => self.usage_start,
            "SubAccountId" => self.usage_account_id.or(self.payer_account_id),
            "BillingAccountId" => self.payer_account_id,
            "SubAccountName" => self.usage_account_name,
            "ChargeCategory" => self.line_item_type,
            "PricingQuantity" => self.usage_amount,
            "Tags" => self.tags.first(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    const HEADINGS: &str = "lineItem/UsageAccountId,bill/BillingPeriodStartDate,lineItem/CurrencyCode,\
                            lineItem/LineItemType,lineItem/UnblendedCost";

    fn read(more_headings: &str, row: &str, look: impl FnOnce(RawLine<'_>)) {
        let headings = format!("{HEADINGS}{more_headings}");
        lines::read(&mut *lines::headings(&AwsCur, &headings).unwrap(), row, look);
    }

    #[test]
    fn slashes_and_underscores_are_one_name() {
        let headings = "line_item_usage_account_id,bill_billing_period_start_date,line_item_currency_code,\
                        line_item_line_item_type,line_item_unblended_cost,line_item_usage_account_name,\
                        bill_invoicing_entity,bill_billing_entity";
        let mut reader = lines::headings(&AwsCur, headings).unwrap();
        let row = "1,2026-10-01,USD,Tax,0.25,shop,AWS EMEA SARL,AWS";
        lines::read(&mut *reader, row, |line| {
            assert_eq!(
                (&*line.billed_cost, line.sub_account_name, line.charge_category),
                ("0.25", "shop", "Tax")
            );
            assert_eq!((line.invoice_issuer, line.provider_name), ("AWS EMEA SARL", "AWS"));
        });
        assert_eq!(reader.heading("BilledCost"), "line_item_unblended_cost");
    }

    #[test]
    fn a_share_of_another_row_s_cost_costs_nothing_and_an_empty_cost_stays_empty() {
        let more = ",splitLineItem/ParentResourceId,splitLineItem/SplitCost";
        for (row, cost) in [
            ("1,2026-10-01,USD,Usage,,i-1,0.75", "0"),
            ("1,2026-10-01,USD,Usage,,,0.75", "0"),
            ("1,2026-10-01,USD,Usage,0.5,i-1,0.75", "0.5"),
            ("1,2026-10-01,USD,Usage,,,", ""),
        ] {
            read(more, row, |line| assert_eq!(&*line.billed_cost, cost, "{row}"));
        }
    }

    #[test]
    fn what_stands_for_nothing_is_nothing() {
        read(
            ",lineItem/ResourceId,,lineItem/LegalEntity",
            "1,2026-10-01,USD,Usage,1.0,None,x,NULL",
            |line| {
                assert_eq!((line.resource_id, line.invoice_issuer), ("", ""));
            },
        );
    }

    #[test]
    fn another_table_is_told_apart() {
        let headings = "BilledCost,ChargeCategory,BillingCurrency,SubAccountId,BillingPeriodStart";
        let missing = lines::headings(&AwsCur, headings).err().unwrap();
        assert!(missing.refused.unwrap().contains("import it with focus"));
    }
}
