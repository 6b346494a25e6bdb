//! The program on a ledger in memory, driven through its flow, and its answers as the commands print them.

use std::{fs, path::PathBuf};

use billing_core::{Currency, Decimal, Period, document::Content, ids::Target};
use billing_detail::IngestOptions;
use billing_store::documents;
use cloud_billing::{
    app::{App, Clock},
    config::{Settings, Vars},
    flow::{
        bill::{self, BillReport},
        import::{ImportReport, ImportRequest, import},
        look, master_data, rates,
    },
    outputs::json,
};
use serde_json::Value;
use xtask::scenario::{CURRENCY, MONTH, Scenario};

/// A file: its name and bytes.
pub type File = (String, Vec<u8>);

/// A file of text.
pub fn file(name: &str, text: &str) -> File {
    (name.to_owned(), text.as_bytes().to_vec())
}

/// The program with the settings of a scenario.
pub struct Program {
    app: App,
    folder: tempfile::TempDir,
    deliveries: usize,
}

/// The period of all scenarios.
pub fn period() -> Period {
    MONTH.to_string().parse().unwrap()
}

impl Program {
    /// Without any data.
    pub fn new(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let mut vars = scenario.settings();
        for (name, value) in [
            ("USE_IN_MEMORY_DB", "True".to_owned()),
            ("DETAIL_URL", format!("file:{}", place("detail"))),
            ("EXPORT_DIR", place("exports")),
        ] {
            vars.push((name.to_owned(), value));
        }
        let settings = Settings::read(&Vars::new(vars)).unwrap();
        let moment = "2026-11-06T06:00:00Z".parse().unwrap();
        let app = App::open(settings, "months".to_owned(), Clock::Fixed(moment)).unwrap();
        Self { app, folder, deliveries: 0 }
    }

    /// Writes files into a new folder; the place of that folder.
    pub fn deliver(&mut self, files: &[File]) -> PathBuf {
        self.deliveries += 1;
        let folder = self.folder.path().join(format!("delivery-{}", self.deliveries));
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    /// Imports files as the month of a job.
    pub fn try_import(&mut self, importer: &str, job: &str, files: &[File]) -> Result<ImportReport, String> {
        let folder = self.deliver(files);
        let paths = files.iter().map(|(name, _)| folder.join(name)).collect();
        self.import_paths(importer, job, paths)
    }

    /// Adds files to the month of a job.
    pub fn try_add(&mut self, importer: &str, job: &str, files: &[File]) -> Result<ImportReport, String> {
        let folder = self.deliver(files);
        self.import_or_add(importer, job, files.iter().map(|(name, _)| folder.join(name)).collect(), true)
    }

    /// Imports files and folders as the month of a job.
    pub fn import_paths(
        &mut self,
        importer: &str,
        job: &str,
        files: Vec<PathBuf>,
    ) -> Result<ImportReport, String> {
        self.import_or_add(importer, job, files, false)
    }

    fn import_or_add(
        &mut self,
        importer: &str,
        job: &str,
        files: Vec<PathBuf>,
        add: bool,
    ) -> Result<ImportReport, String> {
        let request = ImportRequest {
            importer: importer.to_owned(),
            job: job.to_owned(),
            files,
            period: Some(period()),
            add,
            ..ImportRequest::default()
        };
        import(&mut self.app, &request, &mut |_| {}).map_err(|error| format!("{error:#}"))
    }

    /// Imports files, of which every row is taken.
    pub fn import(&mut self, importer: &str, job: &str, files: &[File]) -> ImportReport {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let report =
            self.try_import(importer, job, files).unwrap_or_else(|error| panic!("{names:?}: {error}"));
        assert_eq!(report.rejections, [], "{names:?}");
        report
    }

    /// What the reader makes of files, before any ledger hears of it.
    pub fn read(&mut self, importer: &str, files: &[File]) -> Content {
        let folder = self.deliver(files);
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
        let options = IngestOptions {
            format: billing_providers::importer(importer).unwrap().format,
            tag_names: self.app.settings.tag_names.clone(),
            default_period: Some(period()),
            rejections_max: 0,
            record_bytes_max: 1 << 20,
            progress: &mut |_| {},
        };
        let inputs = billing_detail::expand(&paths).unwrap();
        let ingested = billing_detail::ingest(&inputs, options, self.app.detail.begin().unwrap());
        ingested.unwrap_or_else(|error| panic!("{paths:?}: {error}")).content
    }

    /// What the ledger holds of an imported version.
    pub fn content(&mut self, report: &ImportReport) -> Content {
        let id = report.version.id;
        self.app.ledger.read(|tx| documents::content(tx, id)).unwrap()
    }

    /// The sums by the providers' own invoices, as `imports --invoices -o json` prints them.
    pub fn provider_invoices(&mut self) -> Vec<Value> {
        let records = self.app.ledger.read(documents::provider_invoices).unwrap();
        records.iter().map(json::provider_invoice).collect()
    }

    /// Applies the catalog and pins the rates of a scenario.
    pub fn settle(&mut self, scenario: &Scenario) {
        let request = master_data::ApplyRequest::default();
        let catalog = scenario.catalog();
        master_data::apply(&mut self.app, "catalog.yaml", &catalog, request)
            .unwrap_or_else(|error| panic!("{error:#}\n{catalog}"));
        let currency = |code: &str| Currency::parse(code).unwrap();
        for (from, rate) in &scenario.rates {
            for month in [MONTH.before(), MONTH] {
                let period = month.to_string().parse().unwrap();
                let rate = Decimal::parse(rate).unwrap();
                rates::set(&mut self.app, currency(from), currency(CURRENCY), period, rate).unwrap();
            }
        }
    }

    /// Bills a target and issues the invoice.
    pub fn bill(&mut self, target: &str) -> BillReport {
        bill::bill(&mut self.app, &Target::named(target), period(), bill::Mode::Issue)
            .unwrap_or_else(|error| panic!("{target}: {error:#}"))
    }

    /// Where all cost went, as `reconcile -o json` prints it.
    pub fn reconciliation(&mut self) -> Vec<Value> {
        let rows = look::reconcile(&mut self.app, None).unwrap();
        rows.iter().map(json::reconciliation).collect()
    }
}
