//! FOCUS: one table for the bills of several providers, and the same month of any provider in FOCUS columns.
//!
//! Columns: <https://focus.finops.org/focus-specification>, version 1.2.

use super::{
    maker::Maker,
    model::{Account, Row, Writing},
    table::{Table, json_list, json_object, pairs},
};

const COLUMNS: &[&str] = &[
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "ResourceId",
    "ServiceCategory",
    "ServiceName",
    "SkuId",
    "SubAccountId",
    "SubAccountName",
    "Tags",
    "x_Discounts",
];

/// The rows as a table.
pub fn table(rows: &[Row], accounts: &[Account]) -> Table {
    Table::of(COLUMNS, rows, |row, column| cell(row, accounts, column))
}

fn cell(row: &Row, accounts: &[Account], column: &str) -> String {
    let account = &accounts[row.account];
    let own = row.account != row.payer;
    // Some write the word for nothing, some write nothing.
    let nothing = if row.number.is_multiple_of(3) { "NULL" } else { "" };
    let or_nothing = |text: &str| if text.is_empty() { nothing } else { text }.to_owned();
    let moment = |month: super::model::Month, day: u8| format!("{}T00:00:00Z", month.day(day));
    match column {
        "BilledCost" => row.billed().unwrap_or_default().to_string(),
        "BillingAccountId" => accounts[row.payer].id.clone(),
        "BillingCurrency" => row.currency.to_owned(),
        "BillingPeriodEnd" => moment(row.month.after(), 1),
        "BillingPeriodStart" => moment(row.month, 1),
        "ChargeCategory" => row.category.to_owned(),
        "ChargeClass" => row.more("ChargeClass"),
        "ChargeDescription" => row.description.clone(),
        "ChargePeriodStart" => moment(row.month, row.day),
        // Neither of them is what is billed.
        "EffectiveCost" | "ListCost" | "ContractedCost" => "77.25".to_owned(),
        "InvoiceId" => or_nothing(&row.invoice),
        "InvoiceIssuerName" => or_nothing(row.issuer),
        "ProviderName" => provider(row, account),
        "RegionId" => or_nothing(row.region),
        "ResourceId" => or_nothing(&row.resource),
        "ServiceCategory" => row.family.to_owned(),
        "ServiceName" => row.service.to_owned(),
        "SubAccountId" if !own => nothing.to_owned(),
        "SubAccountId" => account.id.clone(),
        "SubAccountName" if own => or_nothing(account.name.as_deref().unwrap_or_default()),
        "Tags" => tags(row, nothing),
        _ => row.more(column),
    }
}

/// A provider in one of the spellings that are in use.
fn provider(row: &Row, account: &Account) -> String {
    let spellings: &[&str] = match account.provider {
        "Azure" => &["Microsoft", "Azure"],
        "AWS" => &["AWS", "Amazon Web Services"],
        "GCP" => &["Google Cloud", "google cloud platform"],
        other => &[other],
    };
    spellings[row.number % spellings.len()].to_owned()
}

fn tags(row: &Row, nothing: &str) -> String {
    match (row.writing, row.tags.is_empty()) {
        (_, true) => nothing.to_owned(),
        (Writing::Usual, _) => json_object(&row.tags),
        (Writing::List, _) => json_list(&row.tags),
        (Writing::Pairs, _) => pairs(&row.tags),
        (Writing::Broken, _) => format!("{{{}", pairs(&row.tags)),
    }
}

/// FOCUS's month while it is made.
struct FocusMonth<'m> {
    maker: &'m mut Maker,
    /// For each provider: its billing account and the accounts below it.
    providers: Vec<(usize, Vec<usize>)>,
}

/// Fills a month. Gives the rows that only its later version has.
pub fn fill(maker: &mut Maker, rows: usize) -> Vec<Row> {
    let mut providers = Vec::new();
    for (provider, id) in
        [("Oracle", "ocid1"), ("AWS", "0000000012"), ("Azure", "0f6c-"), ("GCP", "project-")]
    {
        let payer = maker.account(provider, format!("{id}00"), None);
        let mut sub_account = |at: usize| {
            let name = (at % 3 != 2).then(|| format!("{provider} account {at}"));
            maker.account(provider, format!("{id}{:02}", at + 1), name)
        };
        providers.push((payer, (0..3).map(&mut sub_account).collect()));
    }
    let mut focus = FocusMonth { maker, providers };
    for _ in 0..rows {
        let row = focus.usage();
        focus.maker.rows.push(row);
    }
    focus.others();
    focus.later()
}

impl FocusMonth<'_> {
    fn row(&mut self) -> Row {
        let (payer, accounts) = self.maker.rng.pick(&self.providers);
        let account = self.maker.rng.pick(&accounts);
        let provider = self.maker.accounts[account].provider;
        let (currency, issuer, invoice) = self.maker.rng.pick(match provider {
            "AWS" => &[
                ("USD", "Amazon Web Services EMEA SARL", "A-1"),
                ("USD", "Amazon Web Services, Inc.", "A-2"),
                ("EUR", "Amazon Web Services EMEA SARL", "A-3"),
                ("USD", "", ""),
            ],
            "Azure" => &[("CHF", "Microsoft Ireland", "M-1"), ("CHF", "Microsoft Ireland", "")],
            "GCP" => &[("CHF", "Google Cloud EMEA", "G-1"), ("USD", "Google Cloud EMEA", "G-2")],
            _ => &[("EUR", "Oracle", "O-1"), ("CHF", "Oracle", "O-2"), ("JPY", "Oracle", "O-3")],
        });
        let row = self.maker.row(account, payer, currency);
        Row { issuer, invoice: invoice.to_owned(), ..row }
    }

    fn plain(&mut self, category: &'static str, cost: String) -> Row {
        Row {
            category,
            cost,
            tags: Vec::new(),
            fixed: true,
            service: "Billing",
            family: "Other",
            ..self.row()
        }
    }

    fn usage(&mut self) -> Row {
        let row = self.row();
        let rng = &mut self.maker.rng;
        let (service, family) = rng.pick(&[
            ("Virtual Machines", "Compute"),
            ("Object Storage", "Storage"),
            ("Database", "Databases"),
        ]);
        let region = rng.pick(&["eu-1", "eu-2", ""]);
        let resource = if rng.chance(70) { format!("r/{}", rng.below(50)) } else { String::new() };
        let writing = rng.pick(&[
            Writing::Usual,
            Writing::Usual,
            Writing::Usual,
            Writing::List,
            Writing::Pairs,
            Writing::Broken,
        ]);
        let description = format!("{service}, \"small\" in {region}");
        Row { service, family, region, resource, writing, description, ..row }
    }

    fn others(&mut self) {
        let mut rows = Vec::new();
        for (category, sign) in
            [("Tax", ""), ("Purchase", ""), ("Credit", "-"), ("Adjustment", "-"), ("Adjustment", "")]
        {
            for _ in 0..self.maker.rng.between(1, 4) {
                let cost = format!("{sign}{}", self.maker.fee(60));
                let row = self.plain(category, cost);
                // Of the whole billing account.
                let account = if category == "Tax" { row.payer } else { row.account };
                rows.push(Row { account, ..row });
            }
        }
        for _ in 0..2 {
            let row = self.usage();
            rows.push(Row { issuer: "Northwind Software GmbH", invoice: "MP-1".to_owned(), ..row });
        }
        // A credit memo, and what a provider corrects of an earlier month.
        let cost = format!("-{}", self.maker.fee(30));
        rows.push(
            Row { invoice: "CM-17".to_owned(), ..self.plain("Credit", cost) }
                .with("ChargeClass", "Correction"),
        );
        let cost = format!("-{}", self.maker.fee(10));
        let month = self.maker.month.before();
        rows.push(Row { month, day: 9, ..self.plain("Usage", cost) }.with("ChargeClass", "Correction"));
        self.maker.rows.extend(rows);
    }

    fn later(&mut self) -> Vec<Row> {
        let mut rows: Vec<Row> = (0..self.maker.rng.between(2, 5)).map(|_| self.usage()).collect();
        let cost = format!("-{}", self.maker.fee(12));
        rows.push(self.plain("Credit", cost).with("ChargeClass", "Correction"));
        for _ in 0..self.maker.rng.between(1, 4) {
            let month = self.maker.month.before();
            rows.push(Row { month, day: 20, ..self.usage() });
        }
        rows
    }
}
