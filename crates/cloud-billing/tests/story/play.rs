//! The story: two months of the demo's documents with all that may happen to them, played through the library. Each
//! step checks what it came to; what all of it came to is in `expected.txt`.

use billing_core::{Period, apply::Applied, ids::InvoiceNumber};
use billing_store::invoices;
use cloud_billing::{
    app::{App, Clock},
    catalog_file,
    config::{Settings, Vars},
    flow::{
        bill::{self, BillReport, Mode},
        documents,
        import::{ImportReport, ImportRequest, import},
        look,
        master_data::{self, ApplyRequest},
        rates, void,
    },
    samples,
};

use super::papers::{self, MONTHS, Papers};

/// A reason with all that must be quoted somewhere.
const WHY: &str = "it's \"wrong\"; 100 % \\ \u{1f600}\nsecond line";

/// Opens a ledger, with detail and exports under `folder`, at a moment of the month after the story's second.
pub fn open(ledger: &str, folder: &std::path::Path) -> App {
    let detail = format!("file:{}", folder.join("detail").display());
    let exports = folder.join("exports").display().to_string();
    let vars = Vars::new([
        ("DATABASE_URL", ledger),
        ("DETAIL_URL", &detail),
        ("EXPORT_DIR", &exports),
        ("COST_CENTER_PATTERN", r"\d{7}-\d{10}"),
        ("Default_Constants_AzureProvider", "4711"),
        ("Default_Constants_AWSProvider", "4712"),
        ("Default_Constants_ManagedCloudServices", "815"),
    ]);
    let now: jiff::Timestamp = "2026-11-22T12:34:56Z".parse().unwrap();
    App::open(Settings::read(&vars).unwrap(), "Zoë".to_owned(), Clock::Fixed(now)).unwrap()
}

/// Who plays, on which ledger, with which documents.
pub struct Player<'a> {
    pub app: &'a mut App,
    pub papers: &'a Papers,
}

impl Player<'_> {
    /// All of the story.
    pub fn play(&mut self) {
        self.first_month();
        self.second_month_arrives();
        self.foreign_currency();
        self.positions();
        self.second_month_is_billed();
        self.added_and_void();
        self.waived_and_repaired();
        self.withdrawn_and_back();
        self.quantities_and_prices();
    }

    /// The first bill comes, master data is named, and what they come to is invoiced, Azure's by way of two drafts.
    pub fn first_month(&mut self) {
        self.first_bill();
        assert_eq!(self.bill_as("Azure", 0, Mode::DryRun).as_deref(), Some("000001"));
        assert_eq!(self.bill_as("Azure", 0, Mode::Draft).as_deref(), Some("000001"));
        // the second draft takes the first one's place, and the number of that is not used again
        assert_eq!(self.bill_as("Azure", 0, Mode::Draft).as_deref(), Some("000002"));
        assert!(self.app.ledger.read(|tx| invoices::find(tx, InvoiceNumber(1))).unwrap().is_none());
        bill::issue(self.app, InvoiceNumber(2)).unwrap();
        assert_eq!(self.bill_all(0), ["000003"]);
        assert_eq!(self.bill_all(0), [""; 0], "billing again makes nothing");
    }

    /// The first document and the sample catalog.
    pub fn first_bill(&mut self) {
        let report = self.import("azure-usage", "azure", "azure-first-month.csv", false);
        assert_eq!((report.version.rows, report.created.len()), (11, 6));
        assert!(self.import("azure-usage", "azure", "azure-first-month.csv", false).already_imported);
        assert_eq!(self.apply(samples::CATALOG, ApplyRequest::default()).changes.len(), 17);
        assert!(self.apply(samples::CATALOG, ApplyRequest::default()).changes.is_empty());
    }

    fn second_month_arrives(&mut self) {
        let rewritten = self.import("azure-usage", "azure", "azure-first-month-rewritten.csv", false);
        assert_eq!((rewritten.version.version, rewritten.previous.unwrap().version), (2, 1));
        assert_eq!(documents::compare(self.app, "azure/2026-09", [1, 2]).unwrap().len(), 2);
        let second = self.import("azure-usage", "azure", "azure-second-month.csv", false);
        assert_eq!((second.version.rows, second.version.rejected), (14, 1));
        self.import("focus", "aws", "aws-focus-second-month.csv", false);
        assert_eq!(self.apply(samples::CATALOG_CHANGE, ApplyRequest::default()).changes.len(), 2);
    }

    /// Cost in a foreign currency is held until its rate is pinned; a second rate takes the first one's place.
    fn foreign_currency(&mut self) {
        let report = self.import("focus", "euro", "euro.csv", false);
        let created = [
            "account Example Cloud Tenant",
            "account Example Cloud tenant",
            "component Queue",
            "component queue",
        ];
        assert_eq!(report.created, created);
        assert_eq!(self.apply(papers::EURO_CATALOG, ApplyRequest::default()).changes.len(), 4);
        let bill = self.bill("Example Cloud", 1, Mode::Issue);
        assert!(bill.invoice.is_none() && bill.needs_a_person(), "{:?}", bill.findings);
        for rate in ["0.95", "0.9456"] {
            let currency = |code| billing_core::Currency::parse(code).unwrap();
            let period = MONTHS[1].parse().unwrap();
            rates::set(self.app, currency("EUR"), currency("CHF"), period, rate.parse().unwrap()).unwrap();
        }
    }

    /// A position is changed before it is invoiced, another goes because the file does not name it any more.
    fn positions(&mut self) {
        let positions = |amount| papers::POSITIONS.replace("AMOUNT", amount);
        assert_eq!(self.apply(&positions("-12.34"), ApplyRequest::default()).changes.len(), 2);
        assert_eq!(self.apply(&positions("-10.00"), ApplyRequest::default()).changes.len(), 1);
        let catalog = self.catalog();
        let (without, last) = catalog.split_at(catalog.rfind("  - customer:").unwrap());
        assert!(last.contains("Entered by mistake"), "the position stands last: {catalog}");
        let prune = ApplyRequest { prune: true, ..ApplyRequest::default() };
        assert_eq!(self.apply(without, prune).changes.len(), 1);
    }

    fn second_month_is_billed(&mut self) {
        assert_eq!(self.bill_all(1), ["000004", "000005", "000006", "000007"]);
        let changed = papers::POSITIONS.replace("AMOUNT", "-11");
        let refused =
            master_data::apply(self.app, "late.yaml", &changed, ApplyRequest::default()).unwrap_err();
        assert!(refused.to_string().contains("stands on an issued invoice"), "{refused}");
    }

    /// More rows for a document, and then its invoice is void.
    fn added_and_void(&mut self) {
        let added = self.import("focus", "aws", "more.csv", true);
        assert_eq!((added.version.version, added.version.rows), (2, 7));
        assert_eq!(self.bill_as("AWS", 1, Mode::Issue).as_deref(), Some("000008"));
        void::void(self.app, InvoiceNumber(4), WHY).unwrap();
        assert_eq!(self.bill_as("AWS", 1, Mode::Issue).as_deref(), Some("000009"));
        void::void(self.app, InvoiceNumber(4), "again").unwrap();
    }

    /// The row that could not be read is given up by name, then it comes after all; a customer is renamed, two
    /// accounts are joined.
    fn waived_and_repaired(&mut self) {
        let balanced = |player: &mut Self| {
            let rows = look::reconcile(player.app, None).unwrap();
            rows.iter().map(|row| row.unreadable_rows).sum::<u64>() == 0
        };
        assert!(!balanced(self));
        documents::waive(self.app, 1, WHY).unwrap();
        assert!(documents::waive(self.app, 99, WHY).is_err());
        assert!(balanced(self));
        self.import("azure-usage", "azure", "repaired.csv", false);
        assert_eq!(self.apply(papers::RENAMED, ApplyRequest::default()).changes.len(), 2);
        assert_eq!(self.bill_as("Azure", 1, Mode::Issue).as_deref(), Some("000010"));
    }

    /// A document is taken out of force, what it owed is taken back, and both come again.
    fn withdrawn_and_back(&mut self) {
        assert!(documents::withdraw(self.app, "euro/2026-10", WHY).unwrap().is_some());
        assert!(documents::withdraw(self.app, "euro/2026-10", WHY).unwrap().is_none());
        assert_eq!(self.bill_as("Example Cloud", 1, Mode::Issue).as_deref(), Some("000011"));
        assert_eq!(self.import("focus", "euro", "euro.csv", false).version.version, 2);
        assert_eq!(self.bill_as("Example Cloud", 1, Mode::Issue).as_deref(), Some("000012"));
    }

    /// A quantity is corrected in a month with an invoice, by way of a draft that is made void; prices change after it,
    /// and the printed catalog is in force.
    fn quantities_and_prices(&mut self) {
        let from = |period: &str| ApplyRequest { from: period.parse().ok(), ..ApplyRequest::default() };
        assert_eq!(self.apply(papers::LARGER_DATABASE, from(MONTHS[1])).changes.len(), 1);
        assert_eq!(self.bill_as("ManagedCloudServices", 1, Mode::Draft).as_deref(), Some("000013"));
        assert!(!void::void(self.app, InvoiceNumber(13), WHY).unwrap().was_void);
        assert!(self.app.ledger.read(|tx| invoices::find(tx, InvoiceNumber(13))).unwrap().is_none());
        assert_eq!(self.bill_as("ManagedCloudServices", 1, Mode::Issue).as_deref(), Some("000014"));
        assert_eq!(self.apply(papers::NEW_PRICES, ApplyRequest::default()).changes.len(), 1);
        assert_eq!(self.bill_all(1), [""; 0], "prices of a later month change nothing");
        let catalog = self.catalog();
        assert!(self.apply(&catalog, ApplyRequest::default()).changes.is_empty(), "{catalog}");
        assert_eq!(self.catalog(), catalog);
    }

    fn catalog(&mut self) -> String {
        let catalog = self.app.ledger.read(billing_store::catalog::load).unwrap();
        catalog_file::write(&catalog, &self.app.settings.currency)
    }

    fn import(&mut self, importer: &str, job: &str, file: &str, add: bool) -> ImportReport {
        let request = ImportRequest {
            importer: importer.to_owned(),
            job: job.to_owned(),
            files: vec![self.papers.file(file)],
            add,
            ..ImportRequest::default()
        };
        import(self.app, &request, &mut |_| {}).unwrap_or_else(|error| panic!("{file}: {error:?}"))
    }

    fn apply(&mut self, text: &str, request: ApplyRequest) -> Applied {
        master_data::apply(self.app, "catalog.yaml", text, request)
            .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    fn bill(&mut self, target: &str, month: usize, mode: Mode) -> BillReport {
        let period: Period = MONTHS[month].parse().unwrap();
        let targets = bill::targets(self.app, target).unwrap();
        bill::bill(self.app, &targets[0], period, mode).unwrap_or_else(|error| panic!("{target}: {error:?}"))
    }

    /// The number of the invoice that was made, where there was something to invoice.
    pub fn bill_as(&mut self, target: &str, month: usize, mode: Mode) -> Option<String> {
        self.bill(target, month, mode).invoice.map(|invoice| invoice.number.to_string())
    }

    fn bill_all(&mut self, month: usize) -> Vec<String> {
        let targets = bill::targets(self.app, "all").unwrap();
        targets.iter().filter_map(|target| self.bill_as(target.as_str(), month, Mode::Issue)).collect()
    }
}
