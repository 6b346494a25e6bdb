//! What the simulator drives and looks at: a trait, so that tests can bend what is seen, and the program behind it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use billing_core::{
    Currency, Decimal, Period,
    books::{CostInForce, Credits, Finding},
    catalog::Catalog,
    flow::{conserve::Reconciliation, statement::statement},
    ids::{InvoiceNumber, Target},
    invoice::{Invoice, LiveLine},
    rounding::Rounding as ProgramRounding,
};
use billing_store::{
    StoreError, catalog,
    documents::{self, CostFilter, VersionRecord},
    invoices::{self, ExportRecord},
};
use cloud_billing::{
    app::{App, Clock},
    config::{Settings as ProgramSettings, Vars},
    flow::{bill, documents as withdraw, import, look, master_data, rates, void},
    outputs::sap_csv,
};

use crate::{
    history::{CURRENCY, CatalogFile, FOREIGN, Import, SERVICES, Settings},
    numbers::Rounding,
    render::{catalog_yaml, month_csv},
};

/// What an import came to.
#[derive(Clone, Debug)]
pub enum Imported {
    /// A new version is in force.
    New,
    /// The same document has this content already.
    Already,
    /// It was refused.
    Refused(String),
}

/// What a bill run came to.
#[derive(Clone, Debug)]
pub struct Billed {
    /// The invoice.
    pub invoice: Option<Invoice>,
    /// What could not be invoiced.
    pub findings: Vec<Finding>,
}

/// How to bill.
pub use bill::Mode;

/// All that the books hold, as anybody can read it.
#[derive(Clone, Debug)]
pub struct Books {
    /// All invoices with their lines and sources, also void ones and drafts.
    pub invoices: Vec<Invoice>,
    /// The lines that count.
    pub live: Vec<LiveLine>,
    /// The stored files.
    pub exports: Vec<ExportRecord>,
    /// The files in the export folder.
    pub files: BTreeMap<String, String>,
    /// All invoices rendered anew, by number.
    pub rendered: BTreeMap<i64, String>,
    /// All versions.
    pub versions: Vec<VersionRecord>,
    /// Cost in force.
    pub costs: Vec<CostInForce>,
    /// The reconciliation.
    pub reconciled: Vec<Reconciliation>,
    /// Master data.
    pub catalog: Catalog,
}

/// Something that imports, bills and tells what it has.
pub trait World {
    /// Imports a document.
    fn import(&mut self, import: &Import) -> Imported;
    /// Applies a catalog file.
    fn apply(&mut self, file: &CatalogFile, from: Option<Period>) -> Result<(), String>;
    /// Bills a target.
    fn bill(&mut self, target: &str, period: Period, mode: Mode) -> Result<Billed, String>;
    /// Voids an invoice.
    fn void(&mut self, number: i64) -> Result<(), String>;
    /// Withdraws a document.
    fn withdraw(&mut self, job: &str, period: Period) -> Result<(), String>;
    /// Pins a rate of the foreign currency.
    fn pin(&mut self, period: Period, rate: &Decimal) -> Result<(), String>;
    /// Changes `ROUNDING`.
    fn set_rounding(&mut self, rounding: Rounding);
    /// Changes `CREDITS`.
    fn set_net(&mut self, net: bool);
    /// Issues a draft.
    fn issue(&mut self, number: i64) -> Result<Billed, String>;
    /// Reads everything.
    fn books(&mut self) -> Result<Books, String>;
}

/// The program, on a ledger in memory.
pub struct Program {
    app: App,
    folder: tempfile::TempDir,
    imports: usize,
}

impl Program {
    /// A program without any data.
    pub fn new(settings: &Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = |path: PathBuf| path.display().to_string();
        let mut vars: Vec<(String, String)> = vec![
            ("USE_IN_MEMORY_DB".into(), "True".into()),
            ("DETAIL_URL".into(), format!("file:{}", text(folder.path().join("detail")))),
            ("EXPORT_DIR".into(), text(folder.path().join("exports"))),
            ("CURRENCY".into(), CURRENCY.into()),
            ("ROUNDING".into(), settings.rounding.setting().into()),
            ("CREDITS".into(), if settings.net { "net" } else { "lines" }.into()),
        ];
        if settings.pattern {
            vars.push(("COST_CENTER_PATTERN".into(), Settings::PATTERN.into()));
        }
        for target in ["Azure", "AWS", "Oracle", SERVICES] {
            let number = settings.default_product_number(target);
            let suffix = if target == SERVICES { "" } else { "Provider" };
            vars.push((format!("Default_Constants_{target}{suffix}"), number));
        }
        let settings = ProgramSettings::read(&Vars::new(vars)).expect("settings that can be read");
        let moment = "2026-04-03T06:00:00Z".parse().expect("a moment");
        let app = App::open(settings, "simulator".to_owned(), Clock::Fixed(moment)).expect("an empty ledger");
        Self { app, folder, imports: 0 }
    }
}

impl World for Program {
    fn import(&mut self, import: &Import) -> Imported {
        self.imports += 1;
        let mut files = Vec::new();
        for (at, rows) in import.files.iter().enumerate() {
            let path = self.folder.path().join(format!("{}-{at}.csv", self.imports));
            fs::write(&path, month_csv(rows)).expect("a file to import");
            files.push(path);
        }
        let request = import::ImportRequest {
            importer: "focus".to_owned(),
            job: import.job.clone(),
            files,
            period: import.period,
            add: import.add,
            replace: import.replace,
        };
        match import::import(&mut self.app, &request, &mut |_| {}) {
            Ok(report) if report.already_imported => Imported::Already,
            Ok(_) => Imported::New,
            Err(error) => Imported::Refused(format!("{error:#}")),
        }
    }

    fn apply(&mut self, file: &CatalogFile, from: Option<Period>) -> Result<(), String> {
        let request = master_data::ApplyRequest { from, ..Default::default() };
        let applied = master_data::apply(&mut self.app, "catalog.yaml", &catalog_yaml(file), request);
        applied.map(|_| ()).map_err(|error| format!("{error:#}"))
    }

    fn bill(&mut self, target: &str, period: Period, mode: Mode) -> Result<Billed, String> {
        let report = bill::bill(&mut self.app, &Target::named(target), period, mode);
        let report = report.map_err(|error| format!("{error:#}"))?;
        Ok(Billed { invoice: report.invoice, findings: report.findings })
    }

    fn void(&mut self, number: i64) -> Result<(), String> {
        let voided = void::void(&mut self.app, InvoiceNumber(number), "simulated");
        voided.map(|_| ()).map_err(|error| format!("{error:#}"))
    }

    fn withdraw(&mut self, job: &str, period: Period) -> Result<(), String> {
        match withdraw::withdraw(&mut self.app, &format!("{job}/{period}"), "simulated") {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("was not in force".to_owned()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    fn pin(&mut self, period: Period, rate: &Decimal) -> Result<(), String> {
        let currency = |code: &str| Currency::parse(code).expect("a currency code");
        let pinned = rates::set(&mut self.app, currency(FOREIGN), currency(CURRENCY), period, rate.clone());
        pinned.map(|_| ()).map_err(|error| format!("{error:#}"))
    }

    fn set_rounding(&mut self, rounding: Rounding) {
        self.app.settings.rounding = ProgramRounding::parse(rounding.setting()).expect("a way to round");
    }

    fn set_net(&mut self, net: bool) {
        self.app.settings.credits = if net { Credits::Net } else { Credits::Lines };
    }

    fn issue(&mut self, number: i64) -> Result<Billed, String> {
        let report =
            bill::issue(&mut self.app, InvoiceNumber(number)).map_err(|error| format!("{error:#}"))?;
        Ok(Billed { invoice: report.invoice, findings: report.findings })
    }

    fn books(&mut self) -> Result<Books, String> {
        let reconciled = look::reconcile(&mut self.app, None).map_err(|error| format!("{error:#}"))?;
        let mut books = self
            .app
            .ledger
            .read(|tx| {
                let mut books = Books {
                    invoices: Vec::new(),
                    live: invoices::live(tx, None)?,
                    exports: Vec::new(),
                    files: BTreeMap::new(),
                    rendered: BTreeMap::new(),
                    versions: documents::versions(tx)?,
                    costs: documents::costs_in_force(tx, CostFilter::All)?,
                    reconciled,
                    catalog: catalog::load(tx)?,
                };
                for (number, ..) in invoices::heads(tx)? {
                    books.exports.extend(invoices::exports(tx, Some(number))?);
                    books.invoices.extend(invoices::find(tx, number)?);
                }
                Ok::<_, StoreError>(books)
            })
            .map_err(|error| error.to_string())?;
        for invoice in &books.invoices {
            let text = sap_csv::render(&statement(invoice.number, &invoice.content));
            books.rendered.insert(invoice.number.0, text);
        }
        let folder = fs::read_dir(self.folder.path().join("exports"));
        for file in folder.into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            books.files.insert(name, fs::read_to_string(file.path()).map_err(|error| error.to_string())?);
        }
        Ok(books)
    }
}
