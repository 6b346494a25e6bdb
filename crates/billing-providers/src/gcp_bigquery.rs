//! Google Cloud's billing export to BigQuery, standard or detailed: as JSON rows, as a flat table, as Parquet.
//!
//! Fields: <https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage> and
//! <https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage>. Nested fields are named by
//! their path, with points or underscores between the names.
//!
//! A row is billed with its cost and all its credits, which are negative. The billing period is the invoice's month: late
//! usage is invoiced in a later one. Every cost type is taken: regular, tax, adjustment and rounding error. Tax is told by
//! project since September 2020; what is tied to no project, as support and its tax, belongs to the billing account. The
//! detailed table has all of the standard one; importing
//! both would bill everything twice, and is refused.

mod credits;

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    Importer, Kind, Parameter,
    columns::{Column, Columns, Need, either, text},
    focus,
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "gcp-bigquery",
    aliases: &["GCPBigQueryImport"],
    summary: "Google Cloud billing export of BigQuery, standard or detailed (JSON rows, CSV, Parquet)",
    kind: Kind::FullBill,
    provider: Some("GCP"),
    format: &GcpBigQuery,
    delivery: None,
    parameters: &[
        Parameter::open("GCP_BILLING_TABLE", "the table of the export: PROJECT.DATASET.TABLE"),
        Parameter::open("GCP_BILLING_LOCATION", "where its data set lies, as EU or europe-west6"),
        Parameter::secret("GOOGLE_SERVICE_ACCOUNT_KEY", "the service account's key, as JSON"),
        Parameter::open("GOOGLE_APPLICATION_CREDENTIALS", "or the path of a file with that key"),
    ],
    permissions: &[
        "roles/bigquery.dataViewer on the data set of the export",
        "roles/bigquery.jobUser on the project that pays for the query",
    ],
    not_taken: &[
        "list prices, system labels, ancestors of projects, and the other columns that billing does not look at",
        "the pricing export",
    ],
    sample: false,
};

struct GcpBigQuery;

const NEEDS: &[Need] = &[
    Need { shown: "cost", any_of: &["cost"] },
    Need { shown: "credits", any_of: &["credits"] },
    Need { shown: "currency", any_of: &["currency"] },
    Need { shown: "invoice.month", any_of: &["invoice_month"] },
    Need { shown: "project.id or billing_account_id", any_of: &["project_id", "billing_account_id"] },
];

/// The fields of a row that are read, where it comes as JSON.
const FIELDS: &[&str] = &[
    "billing_account_id",
    "invoice.month",
    "cost",
    "credits",
    "currency",
    "cost_type",
    "project.id",
    "project.name",
    "project.labels",
    "labels",
    "tags",
    "service.id",
    "service.description",
    "sku.id",
    "sku.description",
    "usage_start_time",
    "usage_end_time",
    "location.location",
    "location.region",
    "usage.amount_in_pricing_units",
    "usage.pricing_unit",
    "cost_at_list",
    "resource.name",
    "resource.global_name",
];

impl TableFormat for GcpBigQuery {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::named(record, |heading| heading.replace('.', "_").to_ascii_lowercase());
        columns.check(NEEDS).map_err(|missing| focus::told_apart(missing, &columns, "Google's own"))?;
        Ok(reader(columns, Fields::new))
    }

    fn required(&self) -> &'static str {
        "cost, credits, currency, invoice.month, and project.id or billing_account_id"
    }

    fn preamble_max(&self) -> usize {
        0
    }

    fn json_fields(&self) -> &'static [&'static str] {
        FIELDS
    }
}

/// What the rows of a table have shown. Readers of the same table share it.
#[derive(Default)]
struct Seen {
    /// Any row.
    rows: AtomicBool,
    /// Credits of a row; where it has none, an empty list.
    credits: AtomicBool,
}

#[derive(Clone)]
struct Fields {
    billing_account_id: Option<Column>,
    project_id: Option<Column>,
    project_name: Option<Column>,
    invoice_month: Option<Column>,
    usage_start: Option<Column>,
    usage_end: Option<Column>,
    cost_type: Option<Column>,
    cost: Option<Column>,
    credits: Option<Column>,
    /// Whether the last row's amount could not be read because of its credits.
    credits_unreadable: bool,
    seen: Arc<Seen>,
    /// Whether the table's rows name their fields: then its headings do not show whether there are credits.
    is_json: bool,
    currency: Option<Column>,
    list_cost: Option<Column>,
    service_id: Option<Column>,
    service: Option<Column>,
    sku_id: Option<Column>,
    sku: Option<Column>,
    region: Option<Column>,
    location: Option<Column>,
    quantity: Option<Column>,
    unit: Option<Column>,
    resource_id: Option<Column>,
    resource_name: Option<Column>,
    /// Labels of the resource, of its project, and tags: of one name the first counts.
    labels: [Option<Column>; 3],
}

impl Fields {
    fn new(columns: &mut Columns) -> Self {
        let is_json = columns.headings() == FIELDS;
        let mut find = |name: &str| columns.find(&[name]);
        Self {
            billing_account_id: find("billing_account_id"),
            project_id: find("project_id"),
            project_name: find("project_name"),
            invoice_month: find("invoice_month"),
            usage_start: find("usage_start_time"),
            usage_end: find("usage_end_time"),
            cost_type: find("cost_type"),
            cost: find("cost"),
            credits: find("credits"),
            credits_unreadable: false,
            seen: Arc::default(),
            is_json,
            currency: find("currency"),
            list_cost: find("cost_at_list"),
            service_id: find("service_id"),
            service: find("service_description"),
            sku_id: find("sku_id"),
            sku: find("sku_description"),
            region: find("location_region"),
            location: find("location_location"),
            quantity: find("usage_amount_in_pricing_units"),
            unit: find("usage_pricing_unit"),
            resource_id: find("resource_global_name"),
            resource_name: find("resource_name"),
            labels: [find("labels"), find("project_labels"), find("tags")],
        }
    }

    /// The cost with its credits. Credits that cannot be read take the place of the amount, to be rejected with their
    /// own text.
    fn billed<'r>(&mut self, row: Row<'r>) -> Cow<'r, str> {
        let (cost, credits) = (text(row, self.cost), text(row, self.credits));
        self.seen.rows.store(true, Ordering::Relaxed);
        if !credits.is_empty() {
            self.seen.credits.store(true, Ordering::Relaxed);
        }
        let billed = credits::with_credits(cost, credits);
        self.credits_unreadable = billed.is_none();
        billed.unwrap_or(Cow::Borrowed(credits))
    }

    /// The row's labels as one list of keys and values.
    fn tags<'r>(&self, row: Row<'r>) -> Cow<'r, str> {
        let lists =
            self.labels.map(|column| text(row, column)).map(|list| if list == "[]" { "" } else { list });
        let Some(first) = lists.iter().position(|list| !list.is_empty()) else { return Cow::Borrowed("") };
        let Some(inner) = members(lists[first]) else { return Cow::Borrowed(lists[first]) };
        let more: Vec<&str> = lists[first + 1..].iter().copied().filter_map(members).collect();
        if more.is_empty() {
            return Cow::Borrowed(lists[first]);
        }
        Cow::Owned(format!("[{inner},{}]", more.join(",")))
    }
}

/// What stands in the brackets of a list of JSON objects; nothing for a text of another form, to which nothing can be
/// added: some tools write lists in their own language's form.
fn members(list: &str) -> Option<&str> {
    let inner = list.strip_prefix('[')?.strip_suffix(']')?.trim();
    inner.strip_prefix('{').is_some_and(|object| object.trim_start().starts_with('"')).then_some(inner)
}

impl Layout for Fields {
    fn read<'r>(&mut self, _: &Table, row: Row<'r>) -> RawLine<'r> {
        let billed_cost = self.billed(row);
        let text = |column| text(row, column);
        let month = text(self.invoice_month);
        RawLine {
            provider_name: "GCP",
            billing_account_id: text(self.billing_account_id),
            sub_account_id: text(self.project_id),
            sub_account_name: text(self.project_name),
            // A row without a month must not fall back to the date of its usage.
            billing_period_start: if month.is_empty() { "no month" } else { month },
            billing_period_end: "",
            charge_period_start: text(self.usage_start),
            charge_period_end: text(self.usage_end),
            charge_category: either(text(self.cost_type), "regular"),
            charge_description: text(self.sku),
            service_category: "",
            service_name: either(text(self.service), text(self.service_id)),
            region: either(text(self.region), text(self.location)),
            commitment_term: "",
            billing_currency: text(self.currency),
            billed_cost,
            effective_cost: Cow::Borrowed(""),
            list_cost: Cow::Borrowed(text(self.list_cost)),
            quantity: Cow::Borrowed(text(self.quantity)),
            unit: text(self.unit),
            resource_id: text(self.resource_id),
            resource_name: text(self.resource_name),
            sku: text(self.sku_id),
            invoice_id: "",
            // Who sells is told, but not who issues the invoice.
            invoice_issuer: "",
            tags: self.tags(row),
            is_undated: false,
        }
    }

    fn judge(&self) -> Result<(), String> {
        let has = |what: &AtomicBool| what.load(Ordering::Relaxed);
        if self.is_json && has(&self.seen.rows) && !has(&self.seen.credits) {
            let problem = "no row has credits, so that what they give back would be billed; export the rows with their \
                           field credits";
            return Err(problem.to_owned());
        }
        Ok(())
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        match focus_column {
            "BilledCost" if self.credits_unreadable => self.credits,
            "BilledCost" => self.cost,
            "BillingCurrency" => self.currency,
            "BillingPeriodStart" => self.invoice_month,
            "ChargePeriodStart" => self.usage_start,
            "SubAccountId" => self.project_id.or(self.billing_account_id),
            "BillingAccountId" => self.billing_account_id,
            "SubAccountName" => self.project_name,
            "ChargeCategory" => self.cost_type,
            "PricingQuantity" => self.quantity,
            "Tags" => self.labels[0],
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    const HEADINGS: &str = "cost,credits,currency,invoice.month,project.id,billing_account_id,usage_start_time,\
                            labels,project.labels,tags";

    fn read(row: &str, look: impl FnOnce(RawLine<'_>)) {
        lines::read(&mut *lines::headings(&GcpBigQuery, HEADINGS).unwrap(), row, look);
    }

    #[test]
    fn paths_have_points_or_underscores() {
        for headings in [HEADINGS, &HEADINGS.replace('.', "_")] {
            let mut reader = lines::headings(&GcpBigQuery, headings).unwrap();
            lines::read(&mut *reader, "1.5,,CHF,202610,shop,B-1,2026-09-30 23:00:00 UTC,,,", |line| {
                assert_eq!((&*line.billed_cost, line.billing_period_start), ("1.5", "202610"));
                assert_eq!((line.sub_account_id, line.billing_account_id), ("shop", "B-1"));
            });
        }
    }

    #[test]
    fn a_row_without_month_is_not_put_into_the_month_of_its_usage() {
        read("1.5,,CHF,,shop,B-1,2026-09-30 23:00:00 UTC,,,", |line| {
            assert_eq!(line.billing_period_start, "no month");
        });
    }

    #[test]
    fn credits_are_added_and_unreadable_ones_are_told() {
        let mut reader = lines::headings(&GcpBigQuery, HEADINGS).unwrap();
        lines::read(&mut *reader, r#"1.5,[{"amount":-0.25}],CHF,202610,shop,,,,,"#, |line| {
            assert_eq!(line.billed_cost, "1.25");
        });
        assert_eq!(reader.heading("BilledCost"), "cost");
        lines::read(&mut *reader, "1.5,some,CHF,202610,shop,,,,,", |line| {
            assert_eq!(line.billed_cost, "some")
        });
        assert_eq!(reader.heading("BilledCost"), "credits");
    }

    #[test]
    fn labels_of_the_resource_its_project_and_tags_are_one_list() {
        for (labels, tags) in [
            (r#"[{"1"}],[],"#, r#"[{"1"}]"#),
            (r#",[{"2"}],"#, r#"[{"2"}]"#),
            (r#",,[{"3"}]"#, r#"[{"3"}]"#),
            (r#"[{"1"}],[{ "2"}],[{"3"}]"#, r#"[{"1"},{ "2"},{"3"}]"#),
            (r#"{"1"},[{"2"}],"#, r#"{"1"}"#),
            (r#"[{"1"}],[{'2'}],"#, r#"[{"1"}]"#),
            (",[{'2'}],", "[{'2'}]"),
            ("[],[],[]", ""),
        ] {
            read(&format!("1,,CHF,202610,shop,,,{labels}"), |line| assert_eq!(line.tags, tags, "{labels}"));
        }
    }

    #[test]
    fn rows_in_json_without_credits_are_no_bill() {
        let row = |credits: &str| {
            let text = |path: &&str| match *path {
                "cost" => "1.5".to_owned(),
                "credits" => credits.to_owned(),
                _ => String::new(),
            };
            FIELDS.iter().map(text).collect::<Vec<_>>().join(",")
        };
        let mut reader = lines::headings(&GcpBigQuery, &FIELDS.join(",")).unwrap();
        assert_eq!(reader.finish(), Ok(()));
        lines::read(&mut *reader.fork(), &row(""), |_| ());
        assert!(reader.finish().unwrap_err().contains("field credits"));
        lines::read(&mut *reader, &row("[]"), |_| ());
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_table_without_credits_is_not_a_bill() {
        let missing = lines::headings(&GcpBigQuery, "cost,currency,invoice.month,project.id").err().unwrap();
        assert_eq!(missing.missing, ["credits"]);
    }
}
