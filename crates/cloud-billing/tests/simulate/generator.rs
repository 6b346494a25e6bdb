//! Random histories: small worlds in which everything that the rules speak of happens now and then.

mod documents;
mod master_data;
mod plan;

use std::collections::BTreeMap;

use billing_core::{Decimal, Period};
use xtask::random::Rng;

use crate::{
    history::{ComponentEntry, History, PositionEntry, Row, SERVICES, ServiceEntry, Settings, Step},
    numbers::Rounding,
};

/// Rates of the foreign currency.
const RATES: &[&str] = &["0.95", "1.0625", "0.933333333333"];
/// The component whose uses are owed once.
const SETUP: &str = "setup";

/// Cost centres: valid under both patterns, under one, under none.
const COST_CENTERS: &[&str] = &["C1", "C2", "C3", "C4", "C5", "TODO", "C12", " "];
const FACTORS: &[&str] = &["1", "1", "1.1", "0.95", "0", "1.075", "2", "1.3333", "0.005"];
const PERCENTAGES: &[&str] = &["0", "100", "105", "110", "50", "33.3", "200", "12.5"];
const PRICES: &[&str] = &["0", "0", "5", "50", "0.005", "-3", "12.345", "0.125", "20"];
const SHARES: &[&str] = &["50", "25", "33.33", "100", "0"];
const QUANTITIES: &[&str] = &["1", "1", "2", "0.3", "0.125", "3", "7", "0", "0.333333"];
const AMOUNTS: &[&str] = &["-30", "25", "0.5", "-100.005", "12.345", "1000", "-0.004"];

/// An account that may appear in documents.
#[derive(Clone)]
struct AccountPlan {
    provider: &'static str,
    provider_written: &'static str,
    id: String,
    written: Vec<String>,
    on_billing_account: bool,
    name: String,
    joined: bool,
}

struct Generator {
    rng: Rng,
    accounts: Vec<AccountPlan>,
    customers: Vec<String>,
    components: Vec<ComponentEntry>,
    services: Vec<ServiceEntry>,
    positions: Vec<PositionEntry>,
    periods: Vec<Period>,
    /// One job for all providers, or one each.
    one_job: bool,
    /// Whether rows in a currency without rate appear.
    foreign: bool,
    /// What was last delivered, by job and document period.
    delivered: BTreeMap<(String, Period), Vec<Vec<Row>>>,
    skus: usize,
}

/// The history of a seed.
pub fn history(seed: u64) -> History {
    let mut rng = Rng::new(seed);
    let settings = Settings {
        rounding: rng.pick(&[Rounding::Cent, Rounding::Cent, Rounding::Unit, Rounding::UnitUp]),
        net: rng.chance(35),
        pattern: rng.chance(60),
        default_product_numbers: rng.chance(50),
    };
    let mut generator = Generator::new(rng);
    let steps = generator.steps();
    History { settings, steps }
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).expect("a number")
}

impl Generator {
    fn new(mut rng: Rng) -> Self {
        let first = Period::new(2025, 11).expect("a month");
        let count = rng.between(2, 4);
        let periods = std::iter::successors(Some(first), |period| Some(period.next())).take(count).collect();
        let customers = ["Shop", "Data", "Core", "Lab"];
        let customers = customers[..rng.between(2, 4)].iter().map(|name| (*name).to_owned()).collect();
        let mut generator = Self {
            accounts: Vec::new(),
            customers,
            components: Vec::new(),
            services: Vec::new(),
            positions: Vec::new(),
            periods,
            one_job: rng.chance(40),
            foreign: rng.chance(20),
            delivered: BTreeMap::new(),
            skus: 0,
            rng,
        };
        generator.plan_accounts();
        generator.plan_components();
        generator.plan_services();
        generator
    }

    fn value(&mut self, choices: &[&str]) -> Decimal {
        number(self.rng.pick(choices))
    }

    fn customer(&mut self) -> String {
        self.rng.pick(&self.customers)
    }

    fn period(&mut self) -> Period {
        self.rng.pick(&self.periods)
    }

    fn target(&mut self) -> String {
        if self.rng.chance(45) {
            return SERVICES.to_owned();
        }
        self.rng.pick(&self.accounts).provider.to_owned()
    }

    fn from(&mut self) -> Option<Period> {
        let period = self.period();
        self.rng.chance(35).then_some(period)
    }

    fn job(&self, provider: &str) -> String {
        if self.one_job { "bill".to_owned() } else { format!("bill-{provider}") }
    }

    fn jobs(&self) -> Vec<String> {
        let mut jobs: Vec<String> = self.accounts.iter().map(|plan| self.job(plan.provider)).collect();
        jobs.sort();
        jobs.dedup();
        jobs
    }

    /// The accounts that a job delivers.
    fn accounts_of(&self, job: &str) -> Vec<usize> {
        (0..self.accounts.len()).filter(|at| self.job(self.accounts[*at].provider) == job).collect()
    }

    fn steps(&mut self) -> Vec<Step> {
        let count = self.rng.between(10, 25);
        let mut steps = Vec::new();
        let mut month = 0;
        if self.rng.chance(50) {
            steps.push(self.first_catalog());
        }
        for job in self.jobs() {
            steps.push(self.import(&job, self.periods[0]));
        }
        if steps.len() == self.jobs().len() {
            steps.push(self.first_catalog());
        }
        while steps.len() < count {
            steps.extend(self.some_step(&mut month));
        }
        // At the end all is made up.
        let last = self.periods[self.periods.len() - 1];
        let mut targets: Vec<String> = self.accounts.iter().map(|plan| plan.provider.to_owned()).collect();
        targets.sort();
        targets.dedup();
        targets.push(SERVICES.to_owned());
        steps.extend(targets.into_iter().map(|target| Step::Bill { target, period: last }));
        steps
    }

    /// What happens next, mostly in the month that has come.
    fn some_step(&mut self, month: &mut usize) -> Vec<Step> {
        let step = match self.rng.below(100) {
            0..12 if *month + 1 < self.periods.len() => {
                *month += 1;
                let jobs = self.jobs();
                let job = self.rng.pick(&jobs);
                Some(self.import(&job, self.periods[*month]))
            }
            0..28 => {
                let jobs = self.jobs();
                let job = self.rng.pick(&jobs);
                let period = self.periods[self.rng.between(month.saturating_sub(1), *month)];
                Some(self.import(&job, period))
            }
            28..33 => self.again(),
            33..38 => self.more(),
            38..58 => Some(self.apply()),
            58..86 => {
                let older = self.rng.chance(25);
                let period = if older { self.period() } else { self.periods[*month] };
                Some(Step::Bill { target: self.target(), period })
            }
            86..93 => Some(Step::Void { pick: self.rng.below(64) }),
            93..95 => Some(Step::Withdraw { pick: self.rng.below(64) }),
            95 if self.rng.chance(40) => Some(Step::Net(self.rng.chance(50))),
            95 => Some(Step::Rounding(self.rng.pick(&[Rounding::Cent, Rounding::Unit, Rounding::UnitUp]))),
            96 if self.foreign => {
                let rate = self.value(RATES);
                Some(Step::Rate { period: self.period(), rate })
            }
            97 => Some(Step::Issue { target: self.target() }),
            _ => {
                let period = self.periods[*month];
                let target = self.target();
                if self.rng.chance(50) {
                    return vec![Step::Draft { target: target.clone(), period }, Step::Issue { target }];
                }
                Some(Step::Draft { target, period })
            }
        };
        step.into_iter().collect()
    }
}
