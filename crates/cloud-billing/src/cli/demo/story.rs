//! What the demo plays, and what it says about it.

use anyhow::{Context as _, Result};
use billing_core::{
    Period,
    ids::{InvoiceNumber, Target},
    invoice::{LineKind, LineRef},
};

use super::{
    super::{
        Done, apply, bill as bill_command, explain, import as import_command, import_diff, print, reconcile,
        report,
    },
    folder::{Folder, Months},
};
use crate::{
    app::App,
    flow::{
        bill::{self, Mode},
        documents,
        import::{ImportRequest, import},
        look,
        master_data::{self, ApplyRequest},
        void,
    },
    outputs::Format,
};

/// Plays the story.
pub fn play(app: &mut App, folder: &Folder, months: Months) -> Result<Done> {
    print(&format!("The demo works in {}. Its commands are for that folder.\n", folder.path().display()))?;
    let mut story = Story { app, folder, months };
    story.first_month()?;
    story.second_month()?;
    story.explain_a_correction()?;
    story.void_and_again()?;
    story.repair()?;
    story.every_cent()
}

struct Story<'a> {
    app: &'a mut App,
    folder: &'a Folder,
    months: Months,
}

impl Story<'_> {
    fn first_month(&mut self) -> Result<()> {
        let first = self.months.first;
        chapter(
            "1. The first bill arrives",
            "A platform team runs a Kubernetes cluster and a database on Azure; tags name them as components. The import \
             creates the accounts and components that it meets.",
        )?;
        self.import("azure-usage", "azure", "azure-first-month.csv")?;
        chapter(
            "2. Who pays, and what things cost",
            "One file names customers, cost centres, factors, prices and uses. Applying it shows the difference.",
        )?;
        self.apply("catalog.yaml")?;
        chapter(
            "3. Bill the first month",
            "Each account's cost × its factor; each service's share of cluster and database; the platform team gets back \
             what the others pay. The research team's cost centre is not known yet: its cost is held, not lost.",
        )?;
        self.bill("all", first)
    }

    fn second_month(&mut self) -> Result<()> {
        let second = self.months.second;
        chapter(
            "4. The provider rewrites the first month",
            "A lower price and a refund. The new version takes the old one's place; what was invoiced does not change.",
        )?;
        self.import("azure-usage", "azure", "azure-first-month-rewritten.csv")?;
        let document = format!("azure/{}", self.months.first);
        command(&format!("import-diff {document} 1 2"))?;
        let rows = documents::compare(self.app, &document, [1, 2])?;
        print(&import_diff::listing(&rows).render(Format::Table))?;
        chapter(
            "5. The second month, from two providers",
            "Azure with a row that cannot be read (it is rejected with its place, the rest goes on) and an account that \
             nobody owns; AWS as FOCUS with a credit, a tax and a correction.",
        )?;
        self.import("azure-usage", "azure", "azure-second-month.csv")?;
        self.import("focus", "aws", "aws-focus-second-month.csv")?;
        chapter(
            "6. Master data changes",
            "The research team's cost centre is found; the shop's factor rises from now on.",
        )?;
        self.apply("catalog-change.yaml")?;
        chapter(
            "7. Bill the second month",
            "An invoice is the difference of what is owed and what is invoiced: the second month, corrections of the \
             first at its old factor, and the research team's held cost of both months.",
        )?;
        self.bill("all", second)
    }

    fn explain_a_correction(&mut self) -> Result<()> {
        chapter(
            "8. Where does that amount come from?",
            "A correction, down to the provider's own rows of both versions.",
        )?;
        let invoices = self.app.ledger.read(billing_store::invoices::list)?;
        let mut corrections = Vec::new();
        for invoice in &invoices {
            let invoice = crate::flow::invoices::find(self.app, invoice.number)?;
            let of_azure = invoice.content.target == Target::named("Azure");
            let lines =
                invoice.content.lines.iter().filter(|line| of_azure && line.kind == LineKind::Correction);
            corrections.extend(lines.map(|line| LineRef { invoice: invoice.number, line: line.line }));
        }
        let at = corrections
            .into_iter()
            .next_back()
            .context("the demo has no correction: a mistake of the program")?;
        command(&format!("explain {}/{} --rows", at.invoice, at.line))?;
        print(&explain::text(&look::explain(self.app, at, true)?))
    }

    fn void_and_again(&mut self) -> Result<()> {
        chapter(
            "9. A wrong invoice is void, and made again",
            "Its cancellation is written beside it; what it said is owed again, under a new number.",
        )?;
        let invoices = self.app.ledger.read(billing_store::invoices::list)?;
        let aws = invoices.iter().rfind(|invoice| invoice.target == Target::named("AWS"));
        let number: InvoiceNumber =
            aws.context("the demo has no AWS invoice: a mistake of the program")?.number;
        command(&format!("invoice void {number} --why 'to show it'"))?;
        void::void(self.app, number, "to show it")?;
        self.bill("AWS", self.months.second)
    }

    fn repair(&mut self) -> Result<()> {
        chapter("10. The repaired row", "The same document again, repaired: only the missing row is new.")?;
        self.import("azure-usage", "azure", "azure-second-month-repaired.csv")?;
        self.bill("Azure", self.months.second)
    }

    fn every_cent(&mut self) -> Result<Done> {
        chapter(
            "11. Every cent is accounted for",
            "provider_total = invoiced + unallocated + held + open + rejected + difference, at the provider's cost. What \
             is unallocated belongs to the account that nobody owns.",
        )?;
        command("reconcile")?;
        let rows = look::reconcile(self.app, None)?;
        print(&reconcile::listing(&rows).render(Format::Table))?;
        command("invoices")?;
        let invoices = self.app.ledger.read(billing_store::invoices::list)?;
        print(&report::invoice_listing(&invoices).render(Format::Table))?;
        let balanced = rows.iter().all(|row| row.difference.is_zero() && row.unreadable_rows == 0);
        let dir = self.folder.path().display();
        let verdict = if balanced {
            "The difference is 0."
        } else {
            "The difference is not 0: a mistake of the program."
        };
        print(&format!(
            "\n{verdict} The invoices as files are in {dir}/exports.\nGo on yourself: cloud-billing -e {dir}/demo.env \
             invoices\n"
        ))?;
        Ok(Done::needs_a_person(!balanced))
    }

    fn import(&mut self, importer: &str, job: &str, file: &str) -> Result<()> {
        command(&format!("import {importer} -n {job} -f documents/{file}"))?;
        let request = ImportRequest {
            importer: importer.to_owned(),
            job: job.to_owned(),
            files: vec![self.folder.file("documents").join(file)],
            ..ImportRequest::default()
        };
        let report = import(self.app, &request, &mut |_| {})?;
        for rejection in &report.rejections {
            print(&format!(
                "rejected: {file} line {}, column {}: '{}': {}\n",
                rejection.line, rejection.column, rejection.text, rejection.reason
            ))?;
        }
        print(&import_command::text(&report))
    }

    fn apply(&mut self, file: &str) -> Result<()> {
        command(&format!("apply -f {file}"))?;
        let path = self.folder.file(file);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let applied = master_data::apply(self.app, file, &text, ApplyRequest::default())?;
        print(&apply::difference(&applied, false))
    }

    fn bill(&mut self, target: &str, period: Period) -> Result<()> {
        command(&format!("bill {target} --period {period}"))?;
        for target in bill::targets(self.app, target)? {
            let bill = bill::bill(self.app, &target, period, Mode::Issue)?;
            if bill.invoice.is_none() && bill.findings.is_empty() {
                continue;
            }
            print(&bill_command::text(&bill, Mode::Issue))?;
            for finding in report::findings(&bill) {
                print(&format!("{finding}\n"))?;
            }
            if let Some(rejections) = report::rejections(&bill) {
                print(&format!("{rejections}\n"))?;
            }
            print("\n")?;
        }
        Ok(())
    }
}

fn chapter(title: &str, text: &str) -> Result<()> {
    print(&format!("\n=== {title} ===\n{text}\n"))
}

fn command(line: &str) -> Result<()> {
    print(&format!("\n$ cloud-billing -e demo.env {line}\n"))
}
