//! Made-up months of every provider, with what must come out of them: control totals and the right invoice lines.
//!
//! The months have what no public sample has (see `docs/made-up-months.md`). What is right is computed here, by
//! numbers and rules of this module's own, and not by asking the program under test.

mod aws;
mod azure;
mod control;
mod delivery;
mod exact;
mod expected;
mod focus;
mod gcp;
mod maker;
mod model;
mod table;
mod write;

use serde_json::Value;

use self::{azure::Family, maker::Maker};
pub use self::{
    exact::Exact,
    maker::CURRENCY,
    model::{Account, Month, Row},
    table::Table,
    write::{run, write},
};

/// The billing month of all scenarios.
pub const MONTH: Month = Month { year: 2026, month: 10 };
/// What a cost centre looks like in all scenarios, as a regular expression.
pub const COST_CENTER_PATTERN: &str = r"\d{7}-\d{10}";

/// Whose month it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Several providers in one FOCUS table.
    Focus,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Aws, Self::Azure, Self::Gcp, Self::Focus];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Focus => "focus",
        }
    }

    /// The provider of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// The forms in which the provider writes its month, the usual one first.
    pub fn forms(self) -> &'static [Form] {
        match self {
            Self::Aws => &[Form::AwsSlash, Form::AwsUnderscore, Form::AwsMap],
            Self::Azure => &[Form::AzureEnterprise, Form::AzureEnterpriseToo, Form::AzureCustomer],
            Self::Gcp => &[Form::GcpFlat, Form::GcpNested],
            Self::Focus => &[Form::Focus],
        }
    }
}

/// A way to write a month down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// AWS's legacy report, `lineItem/UnblendedCost`.
    AwsSlash,
    /// AWS's report for Athena, `line_item_unblended_cost`.
    AwsUnderscore,
    /// AWS's data export, with one map of tags.
    AwsMap,
    /// Azure's enterprise agreement.
    AzureEnterprise,
    /// The same under other names.
    AzureEnterpriseToo,
    /// Azure's customer agreement.
    AzureCustomer,
    /// Google's table, flattened: CSV.
    GcpFlat,
    /// Google's table, nested: JSON lines.
    GcpNested,
    /// FOCUS, also of a month of a single provider.
    Focus,
}

impl Form {
    /// The importer that reads it.
    pub fn importer(self) -> &'static str {
        match self {
            Self::AwsSlash | Self::AwsUnderscore | Self::AwsMap => "aws-cur",
            Self::AzureEnterprise | Self::AzureEnterpriseToo | Self::AzureCustomer => "azure-usage",
            Self::GcpFlat | Self::GcpNested => "gcp-bigquery",
            Self::Focus => "focus",
        }
    }

    /// The name of a file of it.
    pub fn file(self) -> &'static str {
        match self {
            Self::AwsSlash => "aws-slash.csv",
            Self::AwsUnderscore => "aws-underscore.csv",
            Self::AwsMap => "aws-map.csv",
            Self::AzureEnterprise => "azure-enterprise.csv",
            Self::AzureEnterpriseToo => "azure-enterprise-too.csv",
            Self::AzureCustomer => "azure-customer.csv",
            Self::GcpFlat => "gcp-flat.csv",
            Self::GcpNested => "gcp-nested.jsonl",
            Self::Focus => "focus.csv",
        }
    }

    /// A table of it as a file's text.
    pub fn text(self, table: &Table) -> String {
        if self == Self::GcpNested { table.json_lines(gcp::VERBATIM) } else { table.csv() }
    }

    /// Whether a row names the provider's invoice.
    fn has_invoice_ids(self) -> bool {
        !matches!(self, Self::AzureEnterprise | Self::AzureEnterpriseToo | Self::GcpFlat | Self::GcpNested)
    }

    /// Whether a row names who issued that invoice.
    fn has_issuers(self) -> bool {
        matches!(self, Self::AwsSlash | Self::AwsUnderscore | Self::AwsMap | Self::Focus)
    }
}

/// A month in two versions, and who pays for it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Whose month it is.
    pub provider: Provider,
    /// What it was made from.
    pub seed: u64,
    /// Who bears the cost.
    pub accounts: Vec<Account>,
    /// Who pays.
    pub customers: Vec<model::Customer>,
    /// Currency and what one unit of it is worth, for both of the months that the rows are of.
    pub rates: Vec<(&'static str, &'static str)>,
    /// The rows as they are first, and as they are later.
    pub versions: [Vec<Row>; 2],
}

/// How long the numbers of a scenario may get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digits {
    /// As many digits as bills have.
    Many,
    /// No more than a binary number of eight bytes keeps, for formats that are made of such.
    Binary,
}

/// Makes a month from a seed: the same one each time. `rows` is the number of usage rows; some fifty others stand
/// beside them.
pub fn make(provider: Provider, seed: u64, rows: usize, digits: Digits) -> Scenario {
    let digits_max = match (digits, provider) {
        (Digits::Binary, _) => 13,
        // Google's own table is made of binary numbers.
        (Digits::Many, Provider::Gcp) => 15,
        (Digits::Many, _) => 34,
    };
    let mut maker = Maker::new(seed, MONTH, digits_max);
    let fill = match provider {
        Provider::Aws => aws::fill,
        Provider::Azure => azure::fill,
        Provider::Gcp => gcp::fill,
        Provider::Focus => focus::fill,
    };
    let late = fill(&mut maker, rows);
    let Maker { mut rng, accounts, customers, rows: mut first, .. } = maker;
    rng.shuffle(&mut first);
    let mut later = maker::rewritten(&mut rng, &first);
    later.extend(late);
    if provider == Provider::Aws {
        aws::finish(&mut later);
    }
    // Now and then a rate is missing: that cost is held.
    let mut rates =
        vec![("USD", "0.8125"), ("EUR", "0.93456789"), ("INR", "0.0097"), ("JPY", "0.005512345678")];
    if rng.chance(40) {
        rates.remove(rng.below(rates.len()));
    }
    Scenario { provider, seed, accounts, customers, rates, versions: [first, later] }
}

impl Scenario {
    /// The rows of a version, 0 or 1, as a table.
    pub fn table(&self, version: usize, form: Form) -> Table {
        self.table_of(&self.versions[version], form)
    }

    /// Rows of this month as a table.
    pub fn table_of(&self, rows: &[Row], form: Form) -> Table {
        let accounts = &self.accounts;
        match form {
            Form::AwsSlash => aws::table(rows, accounts, aws::Names::Slash, false),
            Form::AwsUnderscore => aws::table(rows, accounts, aws::Names::Underscore, false),
            Form::AwsMap => aws::table(rows, accounts, aws::Names::Map, false),
            Form::AzureEnterprise => azure::table(rows, accounts, Family::Enterprise),
            Form::AzureEnterpriseToo => azure::table(rows, accounts, Family::EnterpriseToo),
            Form::AzureCustomer => azure::table(rows, accounts, Family::Customer),
            Form::GcpFlat | Form::GcpNested => gcp::table(rows, accounts),
            Form::Focus => focus::table(rows, accounts),
        }
    }

    /// AWS's month in two files, of which the first lacks the columns that appear in the middle of the month.
    pub fn growing_tables(&self, version: usize) -> [Table; 2] {
        let (early, late): (Vec<Row>, Vec<Row>) =
            self.versions[version].iter().cloned().partition(|row| row.early);
        [(early, true), (late, false)]
            .map(|(rows, early)| aws::table(&rows, &self.accounts, aws::Names::Slash, early))
    }

    /// The month as it lies in a bucket, manifests and strays included: path and text of each file. Empty for providers
    /// that deliver in another way.
    pub fn delivery(&self, version: usize) -> Vec<(String, String)> {
        match self.provider {
            Provider::Aws => delivery::aws(self, version),
            Provider::Azure => delivery::azure(self, version),
            Provider::Gcp | Provider::Focus => Vec::new(),
        }
    }

    /// The month's targets: the providers that it has cost of.
    pub fn targets(&self) -> Vec<&'static str> {
        let mut targets: Vec<_> = self.accounts.iter().map(|account| account.provider).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Rows and exact sums of a version in total, by provider, period and currency, and by the provider's own invoice.
    ///
    /// # Errors
    /// When a number of the month cannot be read.
    pub fn control(&self, version: usize, form: Form) -> Result<Value, String> {
        control::control(self, version, form)
    }

    /// The right invoice of each target for a version, after that of the version before was issued, and where the cost
    /// of the version went.
    ///
    /// # Errors
    /// When a number of the month cannot be read.
    pub fn expected(&self, version: usize) -> Result<Value, String> {
        expected::expected(self, version)
    }

    /// The settings that the expected lines hold for.
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut settings = vec![
            ("CURRENCY".to_owned(), CURRENCY.to_owned()),
            ("COST_CENTER_PATTERN".to_owned(), COST_CENTER_PATTERN.to_owned()),
        ];
        let product_number =
            |target: &&str| (format!("Default_Constants_{target}Provider"), default_product_number(target));
        settings.extend(self.targets().iter().map(product_number));
        settings
    }

    /// The catalog file.
    pub fn catalog(&self) -> String {
        write::catalog(self)
    }
}

fn default_product_number(target: &str) -> String {
    format!("default-{target}")
}
