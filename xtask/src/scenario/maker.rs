//! What the months of all providers are made with: amounts, tags, parties, and the later version of a month.

use super::{
    exact::Exact,
    model::{Account, Customer, Month, Row, Writing},
};
use crate::random::Rng;

/// The currency of all invoices.
pub const CURRENCY: &str = "CHF";

/// A month while it is made.
pub struct Maker {
    /// Chance.
    pub rng: Rng,
    /// The month.
    pub month: Month,
    /// Who pays.
    pub customers: Vec<Customer>,
    /// Who bears the cost.
    pub accounts: Vec<Account>,
    /// The rows so far.
    pub rows: Vec<Row>,
    /// Digits that a number may have: formats with binary numbers keep no more than 15.
    pub digits_max: usize,
    /// Numbers given so far.
    made: usize,
}

impl Maker {
    /// An empty month.
    pub fn new(seed: u64, month: Month, digits_max: usize) -> Self {
        Self {
            rng: Rng::new(seed),
            month,
            customers: customers(),
            accounts: Vec::new(),
            rows: Vec::new(),
            digits_max,
            made: 0,
        }
    }

    /// Adds an account: with a name at the provider, with one in the catalog, or with none at all.
    pub fn account(&mut self, provider: &'static str, id: String, name: Option<String>) -> usize {
        let number = self.accounts.len();
        let catalog_name = (name.is_none() && self.rng.chance(60)).then(|| format!("named-{number}"));
        let product_number = self.rng.chance(30).then(|| format!("47{number:02}"));
        let factor = self.rng.pick(&["1", "1.1", "1.05", "1.075", "0.9", "1", "1.25", "0"]);
        // The first accounts show what can happen; the others fall to anyone.
        let customer = match number {
            0 => Some(0),
            1 => None,
            2 => Some(LAB),
            _ => Some(self.rng.below(self.customers.len())),
        };
        self.accounts.push(Account { provider, id, name, catalog_name, customer, factor, product_number });
        number
    }

    /// A row of an account with a random cost, tags and day; the caller says what it is.
    pub fn row(&mut self, account: usize, payer: usize, currency: &'static str) -> Row {
        let number = self.next_number();
        let cost = self.amount();
        let tags = self.tags();
        Row {
            number,
            account,
            payer,
            month: self.month,
            day: self.rng.between(1, usize::from(self.month.last_day())) as u8,
            currency,
            cost,
            credits: Vec::new(),
            word: "Usage",
            category: "Usage",
            service: "",
            family: "",
            region: "",
            description: String::new(),
            resource: String::new(),
            invoice: String::new(),
            issuer: "",
            tags,
            writing: Writing::Usual,
            early: false,
            fixed: false,
            more: std::collections::BTreeMap::new(),
        }
    }

    /// A row without tags that a later version leaves alone: a fee, a tax, a credit.
    pub fn plain(&mut self, account: usize, payer: usize, currency: &'static str, cost: String) -> Row {
        let row = self.row(account, payer, currency);
        Row { cost, tags: Vec::new(), fixed: true, ..row }
    }

    /// A number for a row.
    pub fn next_number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    /// An amount in one of the writings that bills have.
    pub fn amount(&mut self) -> String {
        let whole = self.rng.between(0, 300);
        let few = |rng: &mut Rng| rng.between(1, 9);
        match self.rng.below(20) {
            0 => "0".to_owned(),
            1 => "0.0000000000".to_owned(),
            2 => format!("-0.{}", self.rng.digits(6)),
            3 => format!("-{}.{}", whole % 20, self.rng.digits(4)),
            4 => format!("{}.{}E-{}", few(&mut self.rng), self.rng.digits(6), self.rng.between(5, 12)),
            5 => format!("{}.0E-10", few(&mut self.rng)),
            6 => "0.000000000001".to_owned(),
            7 => format!("{whole}"),
            8 => format!("{whole}.50"),
            9 => format!("{}.{}00", whole % 40, self.rng.digits(3)),
            10..13 => {
                let count = self.rng.between(10, self.digits_max.min(34));
                format!("0.0{}", self.rng.digits(count))
            }
            _ => format!("{whole}.{}", self.rng.digits(8)),
        }
    }

    /// An amount above zero with cents: a fee.
    pub fn fee(&mut self, most: usize) -> String {
        format!("{}.{}", self.rng.between(1, most), self.rng.digits(2))
    }

    fn tags(&mut self) -> Vec<(&'static str, String)> {
        let mut tags = Vec::new();
        let text = |text: &str| text.to_owned();
        match self.rng.below(14) {
            0..5 => {}
            5..8 => tags.push(("CostCenter", text(self.rng.pick(COST_CENTERS)))),
            8 => tags.push(("CostCenter", text("n/a"))),
            // One digit too many, one too few, a valid one inside of something else.
            9 => {
                let wrong = ["1000001-00000000012", "100001-0000000001", "CC 1000002-0000000002", "?"];
                tags.push(("CostCenter", text(self.rng.pick(&wrong))));
            }
            10 => tags.push(("CostCenter", String::new())),
            11 => {
                tags.push(("CostCenter", String::new()));
                tags.push(("costcenter", text(self.rng.pick(COST_CENTERS))));
            }
            12 => {
                tags.push(("costcenter", text(self.rng.pick(COST_CENTERS))));
                tags.push(("CostCenter", text(self.rng.pick(COST_CENTERS))));
            }
            _ => tags.push(("costcenter", text(self.rng.pick(COST_CENTERS)))),
        }
        if self.rng.chance(15) {
            tags.push(("billing-service-component", text(self.rng.pick(&["k8s-cluster", "database"]))));
            if self.rng.chance(60) {
                tags.push(("billing-service", text(self.rng.pick(&["Shop", "Search"]))));
            }
        } else if self.rng.chance(5) {
            // A service alone names nothing.
            tags.push(("billing-service", text("Shop")));
        }
        if self.rng.chance(25) {
            tags.push(("env", text(self.rng.pick(&["prod", "test", "a, \"quoted\" one; Zürich"]))));
        }
        tags
    }
}

/// The customer without a cost centre, by its place.
const LAB: usize = 2;

fn customers() -> Vec<Customer> {
    let customer = |name: &str, cost_center: Option<&str>| Customer {
        name: name.to_owned(),
        cost_center: cost_center.map(str::to_owned),
    };
    vec![
        customer("Shop team", Some("1000001-0000000001")),
        customer("Data team", Some("1000002-0000000002")),
        customer("Lab", None),
        customer("Platform \"P\" team: 4, Zürich", Some("1000004-0000000004")),
    ]
}

/// Cost centres that tags name; two of them are customers' own.
const COST_CENTERS: &[&str] =
    &["1000001-0000000001", "1000002-0000000002", "2000001-0000000009", "2000002-0000000009"];

/// The month as the provider writes it later: some rows cost something else, are tagged otherwise, or are gone.
pub fn rewritten(rng: &mut Rng, rows: &[Row]) -> Vec<Row> {
    let mut later = Vec::new();
    for row in rows {
        let mut row = row.clone();
        if !row.fixed {
            match rng.below(30) {
                0 => continue,
                1 => row.tags = vec![("CostCenter", rng.pick(COST_CENTERS).to_owned())],
                2 => row.tags = Vec::new(),
                3 | 4 => row.cost = moved(rng, &row.cost),
                _ => {}
            }
        }
        later.push(row);
    }
    later
}

/// A cost that was wrong by up to a few units.
fn moved(rng: &mut Rng, cost: &str) -> String {
    let sign = rng.pick(&["", "-"]);
    let by = format!("{sign}{}.{}", rng.below(4), rng.digits(5));
    match (Exact::parse(cost), Exact::parse(&by)) {
        // What grew too long for a binary number becomes the difference alone.
        (Some(cost), Some(by)) if cost.plus(&by).significant() <= 15 => cost.plus(&by).to_string(),
        _ => by,
    }
}
