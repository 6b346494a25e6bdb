//! Documents: a month as it is delivered, rewritten, delivered again in another way, and added to.

use billing_core::Period;

use super::{COST_CENTERS, Generator};
use crate::history::{Broken, CURRENCY, FOREIGN, Import, Row, Step};

impl Generator {
    // --- documents ---

    fn cost(&mut self) -> String {
        let rng = &mut self.rng;
        let sign = if rng.chance(20) { "-" } else { "" };
        match rng.below(9) {
            0 => "0".to_owned(),
            1 | 2 => format!("{sign}{}", rng.below(300)),
            3 => format!("{sign}{}.{:02}", rng.below(200), rng.below(100)),
            4 => format!("{sign}{}.{}5", rng.below(20), rng.below(100)),
            5 => format!("{sign}{}.{:011}", rng.below(100), rng.bits() % 100_000_000_000),
            6 => format!("{sign}0.00000000001"),
            7 => format!("{sign}{}.{}", rng.below(1_000_000_000), rng.below(1000)),
            _ => format!("{sign}{}E-{}", 1 + rng.below(999), rng.below(6)),
        }
    }

    fn tag(&mut self) -> Option<String> {
        self.rng.chance(30).then(|| self.rng.pick(COST_CENTERS).to_owned())
    }

    fn component_tag(&mut self) -> Option<String> {
        if self.components.is_empty() || !self.rng.chance(45) {
            return None;
        }
        if self.rng.chance(5) {
            return Some("unheard-of".to_owned());
        }
        Some(self.rng.pick(&self.components).name)
    }

    fn row(&mut self, account: usize, period: Period) -> Row {
        let plan = self.accounts[account].clone();
        self.skus += 1;
        // Of a hundred rows one or two are the same as another in all that is told of them.
        let sku = if self.rng.chance(10) { 0 } else { self.skus };
        let component = self.component_tag();
        let foreign = self.foreign && self.rng.chance(30);
        let service_tag = component.is_some() && self.rng.chance(8);
        let service_tag = service_tag.then(|| self.rng.pick(&["web", "tagged"]).to_owned());
        Row {
            provider: plan.provider.to_owned(),
            provider_written: plan.provider_written.to_owned(),
            account: plan.id.clone(),
            account_written: self.rng.pick(&plan.written),
            on_billing_account: plan.on_billing_account,
            name: plan.name,
            period,
            currency: if foreign { FOREIGN } else { CURRENCY }.to_owned(),
            cost: self.cost(),
            cost_center: self.tag(),
            component,
            service_tag,
            broken: None,
            category: self
                .rng
                .pick(&["Usage", "Usage", "Purchase", "Tax", "Credit", "Adjustment"])
                .to_owned(),
            service: self.rng.pick(&["Compute", "Storage"]).to_owned(),
            sku: format!("sku-{sku}"),
        }
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
            let account = self.rng.pick(&accounts);
            let late = self.row(account, period.previous());
            files[0].push(late);
        }
        if files.iter().all(Vec::is_empty) {
            let row = self.row(accounts[0], period);
            files[0].push(row);
        }
        if self.rng.chance(6) {
            let account = self.rng.pick(&accounts);
            let broken = Some(self.rng.pick(&[Broken::Cost, Broken::Period]));
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
                    let account = self.rng.pick(&accounts);
                    let row = self.row(account, period);
                    files[file].push(row);
                }
                4 => files[file][at].cost_center = self.tag(),
                5 => files[file][at].component = self.component_tag(),
                6 => {
                    let account = self.rng.pick(&accounts);
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

    pub(super) fn import(&mut self, job: &str, period: Period) -> Step {
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
    pub(super) fn again(&mut self) -> Option<Step> {
        let delivered: Vec<_> =
            self.delivered.iter().map(|(key, files)| (key.clone(), files.clone())).collect();
        if delivered.is_empty() {
            return None;
        }
        let ((job, period), files) = self.rng.pick(&delivered);
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
    pub(super) fn more(&mut self) -> Option<Step> {
        let delivered: Vec<(String, Period)> = self.delivered.keys().cloned().collect();
        if delivered.is_empty() {
            return None;
        }
        let (job, period) = self.rng.pick(&delivered);
        let accounts = self.accounts_of(&job);
        let mut rows = Vec::new();
        for _ in 0..self.rng.between(1, 3) {
            let account = self.rng.pick(&accounts);
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
}
