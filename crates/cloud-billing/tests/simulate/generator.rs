//! Random histories: small worlds in which everything that the rules speak of happens now and then.

use std::collections::BTreeMap;

use billing_core::{Decimal, Period};

use crate::{
    history::{
        AccountEntry, Broken, CURRENCY, CatalogFile, ComponentEntry, ComponentTerms, CustomerEntry, FOREIGN,
        History, Import, PartPrice, PositionEntry, Row, SERVICES, ServiceEntry, Settings, Step, UseEntry,
    },
    known,
    numbers::Rounding,
    rng::Rng,
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
        rounding: *rng.pick(&[Rounding::Cent, Rounding::Cent, Rounding::Unit, Rounding::UnitUp]),
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

    fn plan_accounts(&mut self) {
        let providers: &[(&'static str, &'static str)] =
            &[("Azure", "Microsoft"), ("AWS", "AWS"), ("Oracle", "Oracle")];
        let first = self.rng.below(3);
        let used = self.rng.between(1, 2);
        for at in 0..self.rng.between(2, 6) {
            let (provider, provider_written) = providers[(first + self.rng.below(used)) % 3];
            let (id, written) = match provider {
                "Azure" => {
                    let id = format!("0f6c-{at}");
                    let upper = id.to_ascii_uppercase();
                    (id.clone(), vec![id.clone(), upper, format!("/subscriptions/{id}")])
                }
                "AWS" => {
                    (format!("01234567890{at}"), vec![format!("01234567890{at}"), format!("1234567890{at}")])
                }
                _ => (format!("ocid.{at}"), vec![format!("ocid.{at}")]),
            };
            // Now and then two accounts share a name.
            let namesake = at > 0 && self.rng.chance(10);
            let name = if namesake { self.accounts[at - 1].name.clone() } else { format!("account-{at}") };
            let on_billing_account = self.rng.chance(10);
            self.accounts.push(AccountPlan {
                provider,
                provider_written,
                id,
                written,
                on_billing_account,
                name,
                joined: false,
            });
        }
    }

    fn plan_components(&mut self) {
        for name in ["cluster", "database", "network"].iter().take(self.rng.between(0, 3)) {
            let parts = match self.rng.below(3) {
                0 => Vec::new(),
                1 => vec![("cpu".to_owned(), PartPrice::Share(self.value(SHARES)))],
                _ => vec![
                    ("cpu".to_owned(), PartPrice::Share(self.value(SHARES))),
                    ("memory".to_owned(), PartPrice::Share(self.value(SHARES))),
                    ("storage".to_owned(), PartPrice::PerUnit(self.value(PRICES))),
                ],
            };
            let terms = self.component_terms(parts, true);
            self.components.push(ComponentEntry { name: (*name).to_owned(), terms });
        }
        if !self.components.is_empty() && self.rng.chance(40) {
            let terms = self.component_terms(Vec::new(), false);
            self.components.push(ComponentEntry { name: SETUP.to_owned(), terms });
        }
    }

    fn component_terms(&mut self, parts: Vec<(String, PartPrice)>, may_share: bool) -> ComponentTerms {
        ComponentTerms {
            unit_price: self.value(PRICES),
            cost_percentage: self.value(PERCENTAGES),
            fixed_price: self.value(PRICES),
            proportional: may_share && self.rng.chance(50),
            owner: self.rng.chance(50).then(|| self.customer()),
            parts,
        }
    }

    fn plan_services(&mut self) {
        if self.components.is_empty() {
            return;
        }
        for name in ["web", "batch", "mail", "search"].iter().take(self.rng.between(0, 4)) {
            let uses = self.uses();
            let service = ServiceEntry {
                name: (*name).to_owned(),
                customer: self.rng.chance(80).then(|| self.customer()),
                product_number: self.rng.chance(30).then(|| format!("product-{name}")),
                charge: !self.rng.chance(10),
                uses,
            };
            self.services.push(service);
        }
    }

    fn uses(&mut self) -> Vec<UseEntry> {
        let mut uses: Vec<UseEntry> = Vec::new();
        for _ in 0..self.rng.between(0, 4) {
            let used = self.new_use();
            let same = |known: &UseEntry| {
                (&known.name, &known.component, &known.part) == (&used.name, &used.component, &used.part)
            };
            if !uses.iter().any(same) {
                uses.push(used);
            }
        }
        uses
    }

    fn new_use(&mut self) -> UseEntry {
        let component = self.rng.pick(&self.components).clone();
        let parts = &component.terms.parts;
        let part = (!parts.is_empty() && self.rng.chance(65)).then(|| self.rng.pick(parts).0.clone());
        let name = (*self.rng.pick(&["namespace", "quota"])).to_owned();
        let once = component.name == SETUP;
        UseEntry { name, component: component.name, part, quantity: self.value(QUANTITIES), once }
    }

    fn value(&mut self, choices: &[&str]) -> Decimal {
        number(self.rng.pick::<&str>(choices))
    }

    fn customer(&mut self) -> String {
        self.rng.pick(&self.customers).clone()
    }

    fn period(&mut self) -> Period {
        *self.rng.pick(&self.periods)
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

    // --- documents ---

    fn cost(&mut self) -> String {
        let rng = &mut self.rng;
        let sign = if rng.chance(20) { "-" } else { "" };
        match rng.below(9) {
            0 => "0".to_owned(),
            1 | 2 => format!("{sign}{}", rng.below(300)),
            3 => format!("{sign}{}.{:02}", rng.below(200), rng.below(100)),
            4 => format!("{sign}{}.{}5", rng.below(20), rng.below(100)),
            5 => format!("{sign}{}.{:011}", rng.below(100), rng.next() % 100_000_000_000),
            6 => format!("{sign}0.00000000001"),
            7 => format!("{sign}{}.{}", rng.below(1_000_000_000), rng.below(1000)),
            _ => format!("{sign}{}E-{}", 1 + rng.below(999), rng.below(6)),
        }
    }

    fn tag(&mut self) -> Option<String> {
        self.rng.chance(30).then(|| (*self.rng.pick(COST_CENTERS)).to_owned())
    }

    fn component_tag(&mut self) -> Option<String> {
        if self.components.is_empty() || !self.rng.chance(45) {
            return None;
        }
        if self.rng.chance(5) {
            return Some("unheard-of".to_owned());
        }
        Some(self.rng.pick(&self.components).name.clone())
    }

    fn row(&mut self, account: usize, period: Period) -> Row {
        let plan = self.accounts[account].clone();
        self.skus += 1;
        // Of a hundred rows one or two are the same as another in all that is told of them.
        let sku = if self.rng.chance(10) { 0 } else { self.skus };
        let component = self.component_tag();
        let foreign = self.foreign && self.rng.chance(30);
        let service_tag = component.is_some() && self.rng.chance(8);
        let service_tag = service_tag.then(|| (*self.rng.pick(&["web", "tagged"])).to_owned());
        Row {
            provider: plan.provider.to_owned(),
            provider_written: plan.provider_written.to_owned(),
            account: plan.id.clone(),
            account_written: self.rng.pick(&plan.written).clone(),
            on_billing_account: plan.on_billing_account,
            name: plan.name,
            period,
            currency: if foreign { FOREIGN } else { CURRENCY }.to_owned(),
            cost: self.cost(),
            cost_center: self.tag(),
            component,
            service_tag,
            broken: None,
            category: (*self.rng.pick(&["Usage", "Usage", "Purchase", "Tax", "Credit", "Adjustment"]))
                .to_owned(),
            service: (*self.rng.pick(&["Compute", "Storage"])).to_owned(),
            sku: format!("sku-{sku}"),
        }
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

    fn month(&mut self, job: &str, period: Period) -> Vec<Vec<Row>> {
        let accounts = self.accounts_of(job);
        let mut files = vec![Vec::new(); if self.rng.chance(30) { 2 } else { 1 }];
        for account in &accounts {
            if self.rng.chance(15) {
                continue;
            }
            for _ in 0..self.rng.between(1, 4) {
                let row = self.row(*account, period);
                let file = self.rng.below(files.len());
                files[file].push(row);
            }
        }
        if self.rng.chance(25) && period > self.periods[0] {
            let account = *self.rng.pick(&accounts);
            let late = self.row(account, period.previous());
            files[0].push(late);
        }
        if files.iter().all(Vec::is_empty) {
            let row = self.row(accounts[0], period);
            files[0].push(row);
        }
        if self.rng.chance(6) {
            let account = *self.rng.pick(&accounts);
            let broken = Some(*self.rng.pick(&[Broken::Cost, Broken::Period]));
            let row = Row { broken, ..self.row(account, period) };
            files[0].push(row);
        }
        files.retain(|file| !file.is_empty());
        files
    }

    /// A month as it was delivered last, with some rows changed.
    fn rewritten(&mut self, job: &str, files: &[Vec<Row>]) -> Vec<Vec<Row>> {
        let accounts = self.accounts_of(job);
        let mut files = files.to_vec();
        for _ in 0..self.rng.between(1, 4) {
            let file = self.rng.below(files.len());
            if files[file].is_empty() {
                continue;
            }
            let at = self.rng.below(files[file].len());
            let period = files[file][at].period;
            let change = self.rng.below(9);
            match change {
                0 | 1 => files[file][at].cost = self.cost(),
                2 => {
                    files[file].remove(at);
                }
                3 => {
                    let account = *self.rng.pick(&accounts);
                    let row = self.row(account, period);
                    files[file].push(row);
                }
                4 => files[file][at].cost_center = self.tag(),
                5 => files[file][at].component = self.component_tag(),
                6 => {
                    let account = *self.rng.pick(&accounts);
                    let moved = self.row(account, period);
                    let sku = files[file][at].sku.clone();
                    files[file][at] = Row { cost: files[file][at].cost.clone(), sku, ..moved };
                }
                7 => {
                    let other = self.rng.below(files.len());
                    let row = files[file].remove(at);
                    files[other].push(row);
                }
                _ => {
                    let row = files[file][at].clone();
                    files[file].push(row);
                }
            }
        }
        files.retain(|file| !file.is_empty());
        if files.is_empty() {
            files.push(vec![self.row(accounts[0], self.periods[0])]);
        }
        files
    }

    fn import(&mut self, job: &str, period: Period) -> Step {
        if self.rng.chance(5) {
            // The provider renames an account.
            let at = self.rng.below(self.accounts.len());
            self.accounts[at].name = format!("renamed-{}", self.rng.below(3));
        }
        let key = (job.to_owned(), period);
        let (files, replace) = match self.delivered.get(&key).cloned() {
            Some(files) => (self.rewritten(job, &files), self.rng.chance(60)),
            None => (self.month(job, period), false),
        };
        self.delivered.insert(key, files.clone());
        // Rows alone tell the period where the newest of them is of it.
        let told = files.iter().flatten().map(|row| row.period).max() == Some(period);
        let period = (!told || self.rng.chance(30)).then_some(period);
        Step::Import(Import { job: job.to_owned(), period, files, add: false, replace })
    }

    /// The same content once more, in other files and in another order, under the same job or another.
    fn again(&mut self) -> Option<Step> {
        let delivered: Vec<_> =
            self.delivered.iter().map(|(key, files)| (key.clone(), files.clone())).collect();
        if delivered.is_empty() {
            return None;
        }
        let ((job, period), files) = self.rng.pick(&delivered).clone();
        let mut files = match self.rng.below(3) {
            0 => vec![files.into_iter().flatten().collect::<Vec<_>>()],
            1 => files.into_iter().rev().collect(),
            _ => files,
        };
        files.iter_mut().for_each(|file| file.reverse());
        let job = if self.rng.chance(50) { format!("other-{job}") } else { job };
        let replace = self.rng.chance(15);
        Some(Step::Import(Import { job, period: Some(period), files, add: false, replace }))
    }

    /// Other content for accounts that have a bill: from another job, or added to it.
    fn more(&mut self) -> Option<Step> {
        let delivered: Vec<(String, Period)> = self.delivered.keys().cloned().collect();
        if delivered.is_empty() {
            return None;
        }
        let (job, period) = self.rng.pick(&delivered).clone();
        let accounts = self.accounts_of(&job);
        let mut rows = Vec::new();
        for _ in 0..self.rng.between(1, 3) {
            let account = *self.rng.pick(&accounts);
            rows.push(self.row(account, period));
        }
        let add = self.rng.chance(60);
        let other = self.rng.chance(40);
        if add
            && !other
            && let Some(files) = self.delivered.get_mut(&(job.clone(), period))
        {
            files.push(rows.clone());
        }
        let job = if other { format!("other-{job}") } else { job };
        Some(Step::Import(Import { job, period: Some(period), files: vec![rows], add, replace: false }))
    }

    // --- master data ---

    fn account_entry(&mut self, at: usize, with_customer: bool) -> AccountEntry {
        let plan = self.accounts[at].clone();
        AccountEntry {
            provider: plan.provider.to_owned(),
            id: plan.id,
            customer: with_customer.then(|| self.customer()),
            factor: self.rng.chance(80).then(|| self.value(FACTORS)),
            product_number: self.rng.chance(20).then(|| format!("product-{at}")),
            aliases: Vec::new(),
        }
    }

    /// Two accounts that become one.
    fn join(&mut self, at: usize) -> Vec<String> {
        let other = self.rng.below(self.accounts.len());
        let same = self.accounts[other].provider == self.accounts[at].provider;
        if other == at || !same || self.accounts[at].joined || self.accounts[other].joined {
            return Vec::new();
        }
        self.accounts[at].joined = true;
        self.accounts[other].joined = true;
        vec![self.accounts[other].id.clone()]
    }

    fn customer_entry(&mut self, name: &str, valid: usize) -> CustomerEntry {
        let cost_center = match self.rng.chance(valid) {
            true => Some(*self.rng.pick(&COST_CENTERS[..5])),
            false => self.rng.chance(70).then(|| *self.rng.pick(COST_CENTERS)),
        };
        CustomerEntry { name: name.to_owned(), cost_center: cost_center.map(str::to_owned) }
    }

    /// The first catalog: all customers and components, most services, some accounts.
    fn first_catalog(&mut self) -> Step {
        let mut file = CatalogFile::default();
        for name in self.customers.clone() {
            let entry = self.customer_entry(&name, 75);
            file.customers.push(entry);
        }
        for at in 0..self.accounts.len() {
            if self.rng.chance(70) {
                let with_customer = self.rng.chance(85);
                let entry = self.account_entry(at, with_customer);
                file.accounts.push(entry);
            }
        }
        file.components.clone_from(&self.components);
        file.services.clone_from(&self.services);
        if self.rng.chance(30) {
            let position = self.new_position();
            file.positions.push(position);
        }
        Step::Apply { file, from: None }
    }

    fn new_position(&mut self) -> PositionEntry {
        let at = self.positions.len();
        let position = PositionEntry {
            id: self.rng.chance(50).then(|| format!("p{at}")),
            customer: self.customer(),
            target: self.target(),
            reason: format!("reason {at}"),
            amount: self.value(AMOUNTS),
        };
        self.positions.push(position.clone());
        position
    }

    fn apply(&mut self) -> Step {
        let mut file = CatalogFile::default();
        for _ in 0..self.rng.between(1, 2) {
            match self.rng.below(10) {
                0 | 1 => {
                    let name = self.customer();
                    let entry = self.customer_entry(&name, 80);
                    file.customers.retain(|known| known.name != entry.name);
                    file.customers.push(entry);
                }
                2..=4 => {
                    let at = self.rng.below(self.accounts.len());
                    let mut entry = self.account_entry(at, true);
                    if !known::ALIASES_AFTER_INVOICES && self.rng.chance(8) {
                        entry.aliases = self.join(at);
                    }
                    file.accounts.retain(|known| known.id != entry.id);
                    file.accounts.push(entry);
                }
                5 | 6 if !self.components.is_empty() => {
                    let entry = self.changed_component();
                    file.components.retain(|known| known.name != entry.name);
                    file.components.push(entry);
                }
                7 | 8 if !self.services.is_empty() => {
                    let entry = self.changed_service();
                    file.services.retain(|known| known.name != entry.name);
                    file.services.push(entry);
                }
                _ => {
                    let position = self.position();
                    let same =
                        |known: &PositionEntry| known.id == position.id && known.reason == position.reason;
                    file.positions.retain(|known| !same(known));
                    file.positions.push(position);
                }
            }
        }
        let from = self.from();
        Step::Apply { file, from }
    }

    /// A new position, one that is there already, or one with another amount.
    fn position(&mut self) -> PositionEntry {
        if self.positions.is_empty() || self.rng.chance(50) {
            return self.new_position();
        }
        let at = self.rng.below(self.positions.len());
        if self.positions[at].id.is_some() && self.rng.chance(50) {
            self.positions[at].amount = self.value(AMOUNTS);
        }
        self.positions[at].clone()
    }

    fn changed_component(&mut self) -> ComponentEntry {
        let at = self.rng.below(self.components.len());
        let ComponentEntry { name, terms } = self.components[at].clone();
        let parts = terms.parts.into_iter().map(|(part, price)| {
            let price = match price {
                PartPrice::Share(_) => PartPrice::Share(number(self.rng.pick::<&str>(SHARES))),
                PartPrice::PerUnit(_) => PartPrice::PerUnit(number(self.rng.pick::<&str>(PRICES))),
            };
            (part, price)
        });
        let parts = parts.collect();
        let changed = self.component_terms(parts, name != SETUP);
        // An owner stays until another one is named.
        let owner = changed.owner.or(terms.owner);
        self.components[at].terms = ComponentTerms { owner, ..changed };
        self.components[at].clone()
    }

    fn changed_service(&mut self) -> ServiceEntry {
        let at = self.rng.below(self.services.len());
        let mut service = self.services[at].clone();
        match self.rng.below(5) {
            0 => service.customer = Some(self.customer()),
            1 => service.charge = !service.charge,
            2 if !service.uses.is_empty() => {
                let at = self.rng.below(service.uses.len());
                service.uses.remove(at);
            }
            3 if !service.uses.is_empty() => {
                let at = self.rng.below(service.uses.len());
                service.uses[at].quantity = self.value(QUANTITIES);
            }
            _ => {
                let used = self.new_use();
                let same = |known: &UseEntry| {
                    (&known.name, &known.component, &known.part) == (&used.name, &used.component, &used.part)
                };
                service.uses.retain(|known| !same(known));
                service.uses.push(used);
            }
        }
        self.services[at] = service.clone();
        service
    }

    // --- steps ---

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
            let step = match self.rng.below(100) {
                0..12 if month + 1 < self.periods.len() => {
                    month += 1;
                    let jobs = self.jobs();
                    let job = self.rng.pick(&jobs).clone();
                    Some(self.import(&job, self.periods[month]))
                }
                0..28 => {
                    let jobs = self.jobs();
                    let job = self.rng.pick(&jobs).clone();
                    let period = self.periods[self.rng.between(month.saturating_sub(1), month)];
                    Some(self.import(&job, period))
                }
                28..33 => self.again(),
                33..38 => self.more(),
                38..58 => Some(self.apply()),
                58..86 => {
                    let older = self.rng.chance(25);
                    let period = if older { self.period() } else { self.periods[month] };
                    Some(Step::Bill { target: self.target(), period })
                }
                86..93 => Some(Step::Void { pick: self.rng.below(64) }),
                93..95 => Some(Step::Withdraw { pick: self.rng.below(64) }),
                95 if self.rng.chance(40) => Some(Step::Net(self.rng.chance(50))),
                95 => {
                    Some(Step::Rounding(*self.rng.pick(&[Rounding::Cent, Rounding::Unit, Rounding::UnitUp])))
                }
                96 if self.foreign => {
                    let rate = self.value(RATES);
                    Some(Step::Rate { period: self.period(), rate })
                }
                97 => Some(Step::Issue { target: self.target() }),
                _ => {
                    let period = self.periods[month];
                    let target = self.target();
                    if self.rng.chance(50) {
                        steps.push(Step::Draft { target: target.clone(), period });
                        Some(Step::Issue { target })
                    } else {
                        Some(Step::Draft { target, period })
                    }
                }
            };
            steps.extend(step);
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
}
