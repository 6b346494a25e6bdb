//! A history: settings, and steps that stand on their own, so that any of them may be dropped to find the smallest
//! one that fails. A step carries the whole content that it brings; invoices and documents are picked by a number
//! that is taken modulo how many there are.

use std::fmt;

use billing_core::{Decimal, Period};

use crate::{
    numbers::Rounding,
    render::{catalog_yaml, month_csv},
};

/// The name of the target that invoices services.
pub const SERVICES: &str = "ManagedCloudServices";
/// The invoice currency of all histories.
pub const CURRENCY: &str = "CHF";

/// The other currency of providers.
pub const FOREIGN: &str = "EUR";

/// What is set for the whole history.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `ROUNDING`.
    pub rounding: Rounding,
    /// `CREDITS=net`.
    pub net: bool,
    /// `COST_CENTER_PATTERN`: `C` and a digit, or anything that is not blank.
    pub pattern: bool,
    /// `Default_Constants_…` of each target.
    pub default_product_numbers: bool,
}

impl Settings {
    /// The expression for `COST_CENTER_PATTERN`, where it is set.
    pub const PATTERN: &str = r"C\d";

    /// Whether a text is a cost centre.
    pub fn valid(&self, cost_center: &str) -> bool {
        if self.pattern {
            let bytes = cost_center.as_bytes();
            return bytes.len() == 2 && bytes[0] == b'C' && bytes[1].is_ascii_digit();
        }
        !cost_center.trim().is_empty()
    }

    /// The product number of lines that have none of their own.
    pub fn default_product_number(&self, target: &str) -> String {
        if self.default_product_numbers { format!("default-{target}") } else { String::new() }
    }
}

/// What cannot be read of a row, so that it is rejected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Broken {
    /// The cost: nobody knows how much is missing.
    Cost,
    /// The billing period: the cost is known.
    Period,
}

/// A row of a provider's document. Equal rows are the same content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// The provider as billing names it.
    pub provider: String,
    /// The provider as the file names it.
    pub provider_written: String,
    /// The account id as billing compares it.
    pub account: String,
    /// The account id as the file writes it.
    pub account_written: String,
    /// Whether it stands as the billing account, and there is no sub account.
    pub on_billing_account: bool,
    /// The account's name.
    pub name: String,
    /// The billing period.
    pub period: Period,
    /// `CHF`, or a currency that needs a rate.
    pub currency: String,
    /// The billed cost as written.
    pub cost: String,
    /// The cost-centre tag.
    pub cost_center: Option<String>,
    /// The component tag.
    pub component: Option<String>,
    /// The service tag beside it.
    pub service_tag: Option<String>,
    /// What cannot be read of it.
    pub broken: Option<Broken>,
    /// FOCUS `ChargeCategory`.
    pub category: String,
    /// FOCUS `ServiceName`.
    pub service: String,
    /// FOCUS `SkuId`: tells rows apart.
    pub sku: String,
}

impl Row {
    /// The billed cost.
    pub fn amount(&self) -> Decimal {
        Decimal::parse(&self.cost).expect("a cost that can be read")
    }
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The job.
    pub job: String,
    /// `--period`.
    pub period: Option<Period>,
    /// The files.
    pub files: Vec<Vec<Row>>,
    /// `--add`.
    pub add: bool,
    /// `--replace`.
    pub replace: bool,
}

/// A customer in a catalog file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerEntry {
    /// Its name.
    pub name: String,
    /// Its cost centre, where the file names one.
    pub cost_center: Option<String>,
}

/// An account in a catalog file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountEntry {
    /// Its provider.
    pub provider: String,
    /// Its id as billing compares it.
    pub id: String,
    /// Who pays.
    pub customer: Option<String>,
    /// `charge_factor`.
    pub factor: Option<Decimal>,
    /// `product_number`.
    pub product_number: Option<String>,
    /// `aliases`: other ids of the same account.
    pub aliases: Vec<String>,
}

/// How a part is priced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartPrice {
    /// `cost_share_percentage`.
    Share(Decimal),
    /// `price_per_unit`.
    PerUnit(Decimal),
}

/// The prices of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComponentTerms {
    /// `unit_price`.
    pub unit_price: Decimal,
    /// `cost_percentage`.
    pub cost_percentage: Decimal,
    /// `fixed_price`.
    pub fixed_price: Decimal,
    /// `split: proportional`.
    pub proportional: bool,
    /// `owner`.
    pub owner: Option<String>,
    /// `parts`.
    pub parts: Vec<(String, PartPrice)>,
}

impl ComponentTerms {
    /// The terms of a component that an import makes: its cost and five per cent.
    pub fn of_import() -> Self {
        Self {
            unit_price: Decimal::zero(),
            cost_percentage: Decimal::from(105),
            fixed_price: Decimal::zero(),
            proportional: false,
            owner: None,
            parts: Vec::new(),
        }
    }
}

/// A component in a catalog file, with all its prices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComponentEntry {
    /// Its name.
    pub name: String,
    /// Its prices.
    pub terms: ComponentTerms,
}

/// A use in a catalog file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UseEntry {
    /// Its name.
    pub name: String,
    /// The component.
    pub component: String,
    /// The part.
    pub part: Option<String>,
    /// The quantity.
    pub quantity: Decimal,
    /// Owed once ever.
    pub once: bool,
}

/// A service in a catalog file, with all its uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// Who pays.
    pub customer: Option<String>,
    /// `product_number`.
    pub product_number: Option<String>,
    /// `charge`.
    pub charge: bool,
    /// All its uses.
    pub uses: Vec<UseEntry>,
}

/// A position in a catalog file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PositionEntry {
    /// `id`.
    pub id: Option<String>,
    /// Who pays or gets it.
    pub customer: String,
    /// On whose invoice.
    pub target: String,
    /// What for.
    pub reason: String,
    /// How much.
    pub amount: Decimal,
}

/// A catalog file: only what it changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CatalogFile {
    /// `customers`.
    pub customers: Vec<CustomerEntry>,
    /// `accounts`.
    pub accounts: Vec<AccountEntry>,
    /// `components`.
    pub components: Vec<ComponentEntry>,
    /// `services`.
    pub services: Vec<ServiceEntry>,
    /// `positions`.
    pub positions: Vec<PositionEntry>,
}

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Imports a document.
    Import(Import),
    /// Applies a catalog file.
    Apply {
        /// The file.
        file: CatalogFile,
        /// `--from`.
        from: Option<Period>,
    },
    /// Bills a target: a dry run, the run, and the run again.
    Bill {
        /// The target.
        target: String,
        /// `--period`.
        period: Period,
    },
    /// Voids one of the issued invoices.
    Void {
        /// Which.
        pick: usize,
    },
    /// Withdraws one of the documents in force.
    Withdraw {
        /// Which.
        pick: usize,
    },
    /// Pins the rate of the foreign currency.
    Rate {
        /// The billing period.
        period: Period,
        /// One unit in the invoice currency.
        rate: Decimal,
    },
    /// Changes the setting `ROUNDING`.
    Rounding(Rounding),
    /// Changes the setting `CREDITS` to `net`, or back.
    Net(bool),
    /// Issues the draft of a target.
    Issue {
        /// The target.
        target: String,
    },
    /// Makes a draft, which counts for nothing.
    Draft {
        /// The target.
        target: String,
        /// `--period`.
        period: Period,
    },
}

/// Settings and steps.
#[derive(Clone, Debug)]
pub struct History {
    /// What is set.
    pub settings: Settings,
    /// What happens.
    pub steps: Vec<Step>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(import) => {
                write!(f, "import -n {}", import.job)?;
                if let Some(period) = import.period {
                    write!(f, " --period {period}")?;
                }
                f.write_str(if import.add { " --add" } else { "" })?;
                f.write_str(if import.replace { " --replace" } else { "" })?;
                for (at, rows) in import.files.iter().enumerate() {
                    write!(f, "\n  file {at}:")?;
                    for line in month_csv(rows).lines().skip(1) {
                        write!(f, "\n    {line}")?;
                    }
                }
                Ok(())
            }
            Self::Apply { file, from } => {
                f.write_str("apply")?;
                if let Some(from) = from {
                    write!(f, " --from {from}")?;
                }
                for line in catalog_yaml(file).lines() {
                    write!(f, "\n    {line}")?;
                }
                Ok(())
            }
            Self::Bill { target, period } => write!(f, "bill {target} --period {period}"),
            Self::Draft { target, period } => write!(f, "bill {target} --period {period} --draft"),
            Self::Rate { period, rate } => write!(f, "fx set {FOREIGN} {CURRENCY} {period} {rate}"),
            Self::Rounding(rounding) => write!(f, "ROUNDING={}", rounding.setting()),
            Self::Net(net) => write!(f, "CREDITS={}", if *net { "net" } else { "lines" }),
            Self::Issue { target } => write!(f, "invoice issue (the draft of {target})"),
            Self::Void { pick } => write!(f, "void invoice (pick {pick})"),
            Self::Withdraw { pick } => write!(f, "withdraw document (pick {pick})"),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { rounding, net, pattern, default_product_numbers } = &self.settings;
        writeln!(
            f,
            "rounding {}, net {net}, pattern {pattern}, product numbers {default_product_numbers}",
            rounding.setting()
        )?;
        self.steps.iter().enumerate().try_for_each(|(at, step)| writeln!(f, "{at}. {step}"))
    }
}

/// A step with less in it: without one of its rows, files or entries.
pub fn shorter(step: &Step) -> Vec<Step> {
    let mut all = Vec::new();
    match step {
        Step::Import(import) => {
            for file in 0..import.files.len() {
                for row in 0..import.files[file].len() {
                    let mut less = import.clone();
                    less.files[file].remove(row);
                    less.files.retain(|file| !file.is_empty());
                    if !less.files.is_empty() {
                        all.push(Step::Import(less));
                    }
                }
            }
        }
        Step::Apply { file, from } => {
            let mut without = |change: &dyn Fn(&mut CatalogFile)| {
                let mut file = file.clone();
                change(&mut file);
                all.push(Step::Apply { file, from: *from });
            };
            (0..file.customers.len()).for_each(|at| without(&|file| drop(file.customers.remove(at))));
            (0..file.accounts.len()).for_each(|at| without(&|file| drop(file.accounts.remove(at))));
            (0..file.components.len()).for_each(|at| without(&|file| drop(file.components.remove(at))));
            (0..file.positions.len()).for_each(|at| without(&|file| drop(file.positions.remove(at))));
            for at in 0..file.services.len() {
                without(&|file| drop(file.services.remove(at)));
                for used in 0..file.services[at].uses.len() {
                    without(&|file| drop(file.services[at].uses.remove(used)));
                }
            }
        }
        _ => {}
    }
    all
}
