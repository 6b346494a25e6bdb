//! Azure: the actual-cost export of an enterprise agreement, in both of its forms, and of a customer agreement.
//!
//! Columns: <https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields>.

use super::{
    exact::Exact,
    maker::Maker,
    model::{Account, Row, Writing},
    table::{Table, json_object, pairs},
};

/// Whose agreement an export is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// Enterprise agreement: `Cost`, tags without braces.
    Enterprise,
    /// Enterprise agreement, other names: `CostInBillingCurrency`.
    EnterpriseToo,
    /// Customer agreement: small first letters, invoice ids.
    Customer,
}

const ENTERPRISE: &[&str] = &[
    "BillingAccountId",
    "BillingAccountName",
    "BillingPeriodStartDate",
    "BillingPeriodEndDate",
    "AccountName",
    "SubscriptionId",
    "SubscriptionName",
    "Date",
    "Product",
    "MeterId",
    "ServiceFamily",
    "MeterCategory",
    "MeterSubCategory",
    "Quantity",
    "EffectivePrice",
    "Cost",
    "UnitPrice",
    "BillingCurrency",
    "ResourceLocation",
    "ConsumedService",
    "ResourceId",
    "ResourceName",
    "AdditionalInfo",
    "Tags",
    "CostCenter",
    "UnitOfMeasure",
    "ResourceGroup",
    "ReservationId",
    "ProductOrderId",
    "Term",
    "PublisherName",
    "ChargeType",
    "Frequency",
    "PublisherType",
    "PricingModel",
    "CostAllocationRuleName",
    "benefitId",
];

const CUSTOMER: &[&str] = &[
    "invoiceId",
    "previousInvoiceId",
    "billingAccountId",
    "billingAccountName",
    "billingProfileId",
    "billingPeriodStartDate",
    "billingPeriodEndDate",
    "SubscriptionId",
    "subscriptionName",
    "date",
    "ProductId",
    "product",
    "meterId",
    "serviceFamily",
    "meterCategory",
    "quantity",
    "effectivePrice",
    "costInBillingCurrency",
    "billingCurrency",
    "costInPricingCurrency",
    "pricingCurrency",
    "exchangeRatePricingToBilling",
    "resourceLocation",
    "consumedService",
    "ResourceId",
    "tags",
    "unitOfMeasure",
    "resourceGroupName",
    "reservationId",
    "productOrderId",
    "term",
    "publisherName",
    "chargeType",
    "publisherType",
    "costAllocationRuleName",
];

/// The rows as a table.
pub fn table(rows: &[Row], accounts: &[Account], family: Family) -> Table {
    let columns = if family == Family::Customer { CUSTOMER } else { ENTERPRISE };
    let heading = |column: &&str| match (family, *column) {
        (Family::EnterpriseToo, "Cost") => "CostInBillingCurrency".to_owned(),
        (Family::EnterpriseToo, "BillingCurrency") => "BillingCurrencyCode".to_owned(),
        (Family::EnterpriseToo, "Product") => "ProductName".to_owned(),
        (_, column) => column.to_owned(),
    };
    let cells = |row: &Row| columns.iter().map(|column| cell(row, accounts, column, family)).collect();
    Table { headings: columns.iter().map(heading).collect(), rows: rows.iter().map(cells).collect() }
}

fn cell(row: &Row, accounts: &[Account], column: &str, family: Family) -> String {
    let own = row.account != row.payer;
    let account = &accounts[row.account];
    match column.to_ascii_lowercase().as_str() {
        "invoiceid" => row.invoice.clone(),
        "billingaccountid" => accounts[row.payer].id.clone(),
        "billingaccountname" => "Contoso-like Group".to_owned(),
        "billingperiodstartdate" => row.month.us_day(1),
        "billingperiodenddate" => row.month.us_day(row.month.last_day()),
        "subscriptionid" if own => written_id(row, account),
        "subscriptionname" if own => account.name.clone().unwrap_or_default(),
        "date" => row.month.us_day(row.day),
        "product" => row.description.clone(),
        "meterid" => format!("m-{}", row.service.len()),
        "servicefamily" => row.family.to_owned(),
        "metercategory" => row.service.to_owned(),
        "consumedservice" => "Microsoft.Compute".to_owned(),
        "quantity" => "1.5".to_owned(),
        "effectiveprice" | "unitprice" => "0.25".to_owned(),
        "cost" | "costinbillingcurrency" => row.cost.clone(),
        "billingcurrency" => row.currency.to_owned(),
        "pricingcurrency" => "USD".to_owned(),
        // Not what is billed: a reader that takes it is found out.
        "costinpricingcurrency" => "99.5".to_owned(),
        "resourcelocation" => row.region.to_owned(),
        "resourceid" => row.resource.clone(),
        "chargetype" => row.word.to_owned(),
        "tags" => tags(row, family),
        _ => row.more(column),
    }
}

/// Azure writes the same subscription in small letters and in capitals.
fn written_id(row: &Row, account: &Account) -> String {
    match account.name {
        Some(_) if row.number.is_multiple_of(4) => account.id.to_ascii_uppercase(),
        _ => account.id.clone(),
    }
}

fn tags(row: &Row, family: Family) -> String {
    let text = match (family, row.tags.is_empty()) {
        (_, true) => String::new(),
        (Family::Customer, _) => json_object(&row.tags),
        _ => pairs(&row.tags),
    };
    match row.writing {
        Writing::Broken if !text.is_empty() => text.chars().take(text.chars().count() - 2).collect(),
        _ => text,
    }
}

/// Azure's month while it is made.
struct AzureMonth<'m> {
    maker: &'m mut Maker,
    payer: usize,
    subscriptions: Vec<usize>,
}

/// Fills a month. Gives the rows that only its later version has.
pub fn fill(maker: &mut Maker, rows: usize) -> Vec<Row> {
    let payer = maker.account("Azure", "8611537".to_owned(), None);
    let count = maker.rng.between(4, 9);
    let mut subscription = |at: usize| {
        let name = (at % 3 != 2).then(|| format!("sub, no. {at}"));
        maker.account("Azure", format!("0f6c{at:04x}-1111-2222-3333-44445555aa{at:02x}"), name)
    };
    let subscriptions = (0..count).map(&mut subscription).collect();
    let mut azure = AzureMonth { maker, payer, subscriptions };
    for _ in 0..rows {
        azure.usage();
    }
    azure.commitments();
    azure.others();
    azure.later()
}

impl AzureMonth<'_> {
    fn row(&mut self, word: &'static str) -> Row {
        let account = self.maker.rng.pick(&self.subscriptions);
        // A billing profile of the group bills in another currency.
        let abroad = account == self.subscriptions[self.subscriptions.len() - 1];
        let currency = if abroad { "EUR" } else { "CHF" };
        let invoice = if abroad { "G000000002" } else { "G000000001" }.to_owned();
        let row = self.maker.row(account, self.payer, currency);
        let category = if word == "Usage" { "Usage" } else { "Purchase" };
        Row { word, category, invoice, ..row }.with("publisherType", "Azure").with("PublisherType", "Azure")
    }

    fn plain(&mut self, word: &'static str, cost: String) -> Row {
        Row {
            cost,
            tags: Vec::new(),
            fixed: true,
            service: "Virtual Machines",
            family: "Compute",
            ..self.row(word)
        }
    }

    fn push(&mut self, row: Row) {
        self.maker.rows.push(row);
    }

    fn usage(&mut self) {
        let row = self.row("Usage");
        let rng = &mut self.maker.rng;
        let (service, family) = rng.pick(&[
            ("Virtual Machines", "Compute"),
            ("Storage", "Storage"),
            ("Bandwidth", "Networking"),
            ("Azure Database for PostgreSQL", "Databases"),
        ]);
        let region = rng.pick(&["switzerlandnorth", "EU West", ""]);
        let resource = format!("/subscriptions/x/resourceGroups/rg{}/vm", rng.below(40));
        let writing = if rng.chance(4) { Writing::Broken } else { Writing::Usual };
        let description = format!("{service} - \"D2s\", {region}");
        self.push(Row { service, family, region, resource, description, writing, ..row });
    }

    /// Reservations: the purchase, use at no cost, and a refund. Unused hours cost nothing in the actual-cost set.
    fn commitments(&mut self) {
        let order = "49ed0e4d-0000-0000-0000-67c865056615";
        let ordered = |row: Row| {
            let row = row.with("ReservationId", order).with("reservationId", order).with("Term", "12");
            row.with("ProductOrderId", order).with("productOrderId", order).with("term", "12")
        };
        let cost = self.maker.fee(900);
        let row = ordered(self.plain("Purchase", cost));
        self.push(row);
        for _ in 0..self.maker.rng.between(1, 4) {
            let row = self.plain("Usage", "0".to_owned());
            self.push(row.with("ReservationId", order).with("reservationId", order));
        }
        let cost = format!("-{}", self.maker.fee(100));
        let row = ordered(self.plain("Refund", cost));
        self.push(Row { category: "Credit", ..row });
    }

    fn others(&mut self) {
        for _ in 0..self.maker.rng.between(1, 3) {
            let cost = format!("-0.00{}", self.maker.rng.digits(6));
            let row = Row { category: "Adjustment", ..self.plain("RoundingAdjustment", cost) };
            self.push(row);
        }
        for _ in 0..self.maker.rng.between(1, 3) {
            let row = self.row("Usage");
            let (seller, kind) = ("Northwind Software GmbH", "Marketplace");
            let row = Row { service: "SaaS", family: "SaaS", invoice: "M000000001".to_owned(), ..row };
            let row = row.with("PublisherType", kind).with("publisherType", kind);
            self.push(row.with("PublisherName", seller).with("publisherName", seller));
        }
        self.allocated();
        // Support of the whole billing account, and a credit memo with a number of its own.
        let cost = self.maker.fee(120);
        let row = self.plain("Purchase", cost);
        self.push(Row { account: self.payer, service: "Support", currency: "CHF", ..row });
        let cost = format!("-{}", self.maker.fee(30));
        let row = Row { category: "Credit", invoice: "C000000009".to_owned(), ..self.plain("Refund", cost) };
        self.push(row.with("previousInvoiceId", "G000000000"));
    }

    /// A cost that a rule moves from one subscription to another: two rows that cancel each other.
    fn allocated(&mut self) {
        let row = Row { fixed: true, service: "Storage", family: "Storage", ..self.row("Usage") };
        let rule = "shared storage";
        let row = row.with("CostAllocationRuleName", rule).with("costAllocationRuleName", rule);
        let cost = Exact::parse(&row.cost).unwrap_or_default().negated().to_string();
        let account = self.maker.rng.pick(&self.subscriptions);
        let back = Row { number: self.maker.next_number(), account, cost, ..row.clone() };
        self.push(row);
        self.push(back);
    }

    fn later(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for _ in 0..self.maker.rng.between(2, 5) {
            rows.push(Row { service: "Bandwidth", family: "Networking", ..self.row("Usage") });
        }
        let cost = format!("-{}", self.maker.fee(12));
        rows.push(Row { category: "Credit", ..self.plain("Refund", cost) });
        for _ in 0..self.maker.rng.between(1, 4) {
            let month = self.maker.month.before();
            rows.push(Row { month, day: 28, service: "Storage", family: "Storage", ..self.row("Usage") });
        }
        rows
    }
}
