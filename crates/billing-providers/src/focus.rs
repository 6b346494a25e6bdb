//! FOCUS, the open format for cost and usage (<https://focus.finops.org>), versions 1.0 to 1.4, as CSV or Parquet.
//!
//! Taken from any provider that writes it. `BilledCost` is what is billed; the other costs are kept for showing.
//! Not taken: contract commitments and the other data sets of FOCUS, and columns that billing does not look at.

use billing_core::{
    Period,
    line_item::{RawLine, Row},
    ports::{Delivery, Manifest, MissingColumns, NoManifest, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    Importer, Kind, Parameter,
    aws_cur::manifest::AwsDelivery,
    azure_usage::manifest::AzureDelivery,
    beside::{MARKETPLACE, Marks, is_of_other_publisher},
    columns::{Column, Columns, Need, either, text},
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "focus",
    aliases: &[],
    summary: "FOCUS 1.0 to 1.4 cost and usage of any provider (CSV, Parquet)",
    kind: Kind::FullBill,
    provider: None,
    format: &Focus,
    delivery: Some(&FocusDelivery),
    parameters: &[Parameter::open(
        "FOCUS_URL",
        "where an export is delivered: s3://, az:// or gs://, with its prefix",
    )],
    permissions: &["reading and listing the objects below the prefix"],
    not_taken: &[
        "contract commitments, invoice details, billing periods and the other data sets of FOCUS",
        "list and contracted prices, and columns that start with x_, but for Microsoft's term and kind of publisher",
    ],
    sample: true,
};

struct Focus;

/// AWS and Microsoft export FOCUS the way they export their own reports.
struct FocusDelivery;

impl FocusDelivery {
    const AWS: AwsDelivery = AwsDelivery { focus: true };
    const AZURE: AzureDelivery = AzureDelivery { kind: "FocusCost" };

    fn of(name: &str) -> &'static dyn Delivery {
        if Self::AWS.is_manifest(name) { &Self::AWS } else { &Self::AZURE }
    }
}

impl Delivery for FocusDelivery {
    fn is_manifest(&self, name: &str) -> bool {
        Self::of(name).is_manifest(name)
    }

    fn place(&self, name: &str) -> Option<(String, Period)> {
        Self::of(name).place(name)
    }

    fn keeps_newest_above(&self, name: &str) -> bool {
        Self::of(name).keeps_newest_above(name)
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Result<Manifest, NoManifest> {
        Self::of(name).read(name, bytes)
    }
}

const NEEDS: &[Need] = &[
    Need { shown: "BilledCost", any_of: &["billedcost"] },
    Need { shown: "BillingCurrency", any_of: &["billingcurrency"] },
    Need { shown: "ProviderName or ServiceProviderName", any_of: &["providername", "serviceprovidername"] },
    Need { shown: "SubAccountId or BillingAccountId", any_of: &["subaccountid", "billingaccountid"] },
    Need {
        shown: "BillingPeriodStart or ChargePeriodStart",
        any_of: &["billingperiodstart", "chargeperiodstart"],
    },
];

/// How Microsoft is called as a provider.
const MICROSOFT: [&str; 3] = ["Microsoft", "Microsoft Azure", "Azure"];

impl TableFormat for Focus {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::of(record);
        columns.check(NEEDS).map_err(|missing| {
            let azure = columns.has(&["costinbillingcurrency", "pretaxcost"]);
            let refused = "this is Azure's own cost export, not FOCUS; import it with azure-usage";
            MissingColumns { refused: azure.then(|| refused.to_owned()), ..missing }
        })?;
        Ok(reader(columns, Fields::new))
    }

    fn required(&self) -> &'static str {
        "BilledCost, BillingCurrency, ProviderName, SubAccountId or BillingAccountId, and BillingPeriodStart or \
         ChargePeriodStart"
    }

    fn preamble_max(&self) -> usize {
        0
    }
}

/// Why a table lacks the columns of another format, where it is FOCUS. `wanted` is whose format it would have to be:
/// `Azure's own`.
pub(crate) fn told_apart(missing: MissingColumns, columns: &Columns, wanted: &str) -> MissingColumns {
    let is_focus = columns.has(&["billedcost"]) && columns.has(&["chargecategory"]);
    let refused = || format!("this is a FOCUS export, not {wanted}; import it with focus");
    MissingColumns { refused: is_focus.then(refused), ..missing }
}

#[derive(Clone)]
struct Fields {
    /// Who sells: FOCUS 1.3 has a new name for it, and 1.4 has no other. Older versions also name the publisher.
    providers: [Option<Column>; 3],
    billing_account_id: Option<Column>,
    sub_account_id: Option<Column>,
    sub_account_name: Option<Column>,
    billing_period_start: Option<Column>,
    billing_period_end: Option<Column>,
    charge_period_start: Option<Column>,
    charge_period_end: Option<Column>,
    charge_category: Option<Column>,
    charge_description: Option<Column>,
    service_category: Option<Column>,
    service_name: Option<Column>,
    region: Option<Column>,
    /// FOCUS itself has no term: Microsoft adds one, others tell the kind of commitment.
    commitment_terms: [Option<Column>; 2],
    /// The id and the name of the commitment that a row is for.
    commitment: [Option<Column>; 2],
    pricing_category: Option<Column>,
    /// The kind of publisher, as Microsoft tells it: in its FOCUS and, in older exports, in its own words.
    publisher_kinds: [Option<Column>; 2],
    billing_currency: Option<Column>,
    billed_cost: Option<Column>,
    effective_cost: Option<Column>,
    list_cost: Option<Column>,
    quantity: Option<Column>,
    unit: Option<Column>,
    resource_id: Option<Column>,
    resource_name: Option<Column>,
    sku: Option<Column>,
    invoice_id: Option<Column>,
    invoice_issuer: Option<Column>,
    tags: Option<Column>,
}

impl Fields {
    fn new(columns: &mut Columns) -> Self {
        let mut find = |name: &str| columns.find(&[name]);
        Self {
            providers: [find("providername"), find("serviceprovidername"), find("publishername")],
            billing_account_id: find("billingaccountid"),
            sub_account_id: find("subaccountid"),
            sub_account_name: find("subaccountname"),
            billing_period_start: find("billingperiodstart"),
            billing_period_end: find("billingperiodend"),
            charge_period_start: find("chargeperiodstart"),
            charge_period_end: find("chargeperiodend"),
            charge_category: find("chargecategory"),
            charge_description: find("chargedescription"),
            service_category: find("servicecategory"),
            service_name: find("servicename"),
            region: find("regionid").or_else(|| find("regionname")),
            commitment_terms: [find("x_skuterm"), find("commitmentdiscounttype")],
            commitment: [find("commitmentdiscountid"), find("commitmentdiscountname")],
            pricing_category: find("pricingcategory"),
            publisher_kinds: [find("x_publishercategory"), find("x_publishertype")],
            billing_currency: find("billingcurrency"),
            billed_cost: find("billedcost"),
            effective_cost: find("effectivecost"),
            list_cost: find("listcost"),
            quantity: find("pricingquantity").or_else(|| find("consumedquantity")),
            unit: find("pricingunit").or_else(|| find("consumedunit")),
            resource_id: find("resourceid"),
            resource_name: find("resourcename"),
            sku: find("skuid"),
            invoice_id: find("invoiceid"),
            invoice_issuer: find("invoiceissuername"),
            tags: find("tags"),
        }
    }
}

impl Fields {
    /// The term of a commitment, or its kind. Microsoft tells the price of one in a list of its own too.
    fn commitment_term<'r>(&self, row: Row<'r>, is_microsoft: bool) -> &'r str {
        let text = |column| text(row, column);
        let [term, commitment] = self.commitment_terms.map(text);
        let term = either(term, commitment);
        if !is_microsoft {
            return term;
        }
        let marks = Marks {
            charge: text(self.charge_category),
            kind: text(self.pricing_category),
            named: self.commitment.map(text),
            service: "",
            resource: text(self.resource_id),
            product: text(self.charge_description),
            untold: self.commitment_terms.iter().chain(&self.commitment).flatten().next().is_none(),
        };
        marks.term(term)
    }

    /// The service's category. What other publishers charge through Microsoft stands in a list of its own too, and has the
    /// same category in both.
    fn service_category<'r>(&self, row: Row<'r>, is_microsoft: bool) -> &'r str {
        let text = |column| text(row, column);
        let kind = || {
            let [category, kind] = self.publisher_kinds.map(text);
            either(category, kind)
        };
        match is_microsoft && is_of_other_publisher(kind(), text(self.providers[2])) {
            true => MARKETPLACE,
            false => text(self.service_category),
        }
    }
}

impl Layout for Fields {
    fn read<'r>(&mut self, _: &Table, row: Row<'r>) -> RawLine<'r> {
        let text = |column| text(row, column);
        let [provider, service_provider, publisher] = self.providers.map(text);
        let provider = either(provider, either(service_provider, publisher));
        let is_microsoft = MICROSOFT.iter().any(|name| name.eq_ignore_ascii_case(provider));
        RawLine {
            provider_name: provider,
            billing_account_id: text(self.billing_account_id),
            sub_account_id: text(self.sub_account_id),
            sub_account_name: text(self.sub_account_name),
            billing_period_start: text(self.billing_period_start),
            billing_period_end: text(self.billing_period_end),
            charge_period_start: text(self.charge_period_start),
            charge_period_end: text(self.charge_period_end),
            charge_category: text(self.charge_category),
            charge_description: text(self.charge_description),
            service_category: self.service_category(row, is_microsoft),
            service_name: text(self.service_name),
            region: text(self.region),
            commitment_term: self.commitment_term(row, is_microsoft),
            billing_currency: text(self.billing_currency),
            billed_cost: text(self.billed_cost).into(),
            effective_cost: text(self.effective_cost).into(),
            list_cost: text(self.list_cost).into(),
            quantity: text(self.quantity).into(),
            unit: text(self.unit),
            resource_id: text(self.resource_id),
            resource_name: text(self.resource_name),
            sku: text(self.sku),
            invoice_id: text(self.invoice_id),
            invoice_issuer: text(self.invoice_issuer),
            tags: text(self.tags).into(),
            is_undated: self.charge_period_start.is_some() && text(self.charge_period_start).is_empty(),
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "ProviderName" => self.providers.into_iter().flatten().next(),
            "BillingAccountId" => self.billing_account_id,
            "SubAccountId" => self.sub_account_id,
            "SubAccountName" => self.sub_account_name,
            "BillingPeriodStart" => self.billing_period_start,
            "BillingPeriodEnd" => self.billing_period_end,
            "ChargePeriodStart" => self.charge_period_start,
            "ChargeCategory" => self.charge_category,
            "BillingCurrency" => self.billing_currency,
            "BilledCost" => self.billed_cost,
            "EffectiveCost" => self.effective_cost,
            "Tags" => self.tags,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    fn read(headings: &str, row: &str, look: impl FnOnce(RawLine<'_>)) {
        lines::read(&mut *lines::headings(&Focus, headings).unwrap(), row, look);
    }

    #[test]
    fn the_provider_has_had_three_names() {
        let headings = "BilledCost,BillingCurrency,SubAccountId,BillingPeriodStart,PublisherName,\
                        ServiceProviderName,ProviderName";
        read(headings, "1,CHF,a,2026-10-01,p,s,x", |line| assert_eq!(line.provider_name, "x"));
        read(headings, "1,CHF,a,2026-10-01,p,s,NULL", |line| assert_eq!(line.provider_name, "s"));
        read(headings, "1,CHF,a,2026-10-01,p,,", |line| assert_eq!(line.provider_name, "p"));
    }

    #[test]
    fn what_microsoft_also_tells_in_lists_is_marked() {
        let headings = "BilledCost,BillingCurrency,SubAccountId,BillingPeriodStart,ProviderName,PublisherName,\
                        ServiceCategory,ChargeCategory,CommitmentDiscountId,CommitmentDiscountType,x_PublisherCategory";
        for (row, category, term) in [
            ("Microsoft,Acme,AI,Usage,,,Vendor", "Marketplace", ""),
            ("Azure,Acme,AI,Usage,,,", "Marketplace", ""),
            ("Microsoft,Microsoft,AI,Usage,,,Cloud Provider", "AI", ""),
            ("AWS,Acme,AI,Purchase,arn,,", "AI", ""),
            ("Microsoft,Microsoft,AI,Purchase,/r/1,,", "AI", "Reservation"),
            ("Microsoft,Microsoft,AI,Purchase,/r/1,Savings Plan,", "AI", "Savings Plan"),
            ("Microsoft,Microsoft,AI,Usage,/r/1,,", "AI", ""),
        ] {
            read(headings, &format!("0,CHF,a,2026-10-01,{row}"), |line| {
                assert_eq!((line.service_category, line.commitment_term), (category, term), "{row}");
            });
        }
    }

    #[test]
    fn headings_have_any_case_and_null_is_nothing() {
        let headings =
            "billedcost, BILLINGCURRENCY ,subAccountId,billingPeriodStart,ProviderName,ServiceName";
        read(headings, "1.5,CHF,a,2026-10-01,AWS,NULL", |line| {
            assert_eq!((&*line.billed_cost, line.billing_currency, line.service_name), ("1.5", "CHF", ""));
        });
    }

    #[test]
    fn another_table_is_told_apart() {
        let missing = |headings: &str| lines::headings(&Focus, headings).err().unwrap();
        assert_eq!(
            missing("BilledCost,ProviderName,ChargePeriodStart"),
            MissingColumns {
                missing: vec!["BillingCurrency".into(), "SubAccountId or BillingAccountId".into()],
                found: 3,
                refused: None
            }
        );
        let azure = missing("SubscriptionId,CostInBillingCurrency,BillingCurrency,Date");
        assert!(azure.refused.unwrap().contains("import it with azure-usage"));
    }
}
