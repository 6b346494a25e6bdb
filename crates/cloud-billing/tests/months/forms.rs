//! The same month otherwise: in other files, other orders, other packings and other forms.

use std::collections::BTreeMap;

use billing_core::{Decimal, document::Content};
use cloud_billing::outputs::json;
use serde_json::Value;
use xtask::scenario::{Digits, Form, Provider, Scenario, Table, make};

use crate::{
    pack,
    program::{File, Program, file},
};

/// Months that are looked at in all their forms; more come with `MONTHS_SEEDS`.
fn seeds() -> impl Iterator<Item = u64> {
    crate::seeds().step_by(8)
}

#[test]
fn other_files_of_the_same_rows_are_the_same_content_aws() {
    same_contents(Provider::Aws);
}

#[test]
fn other_files_of_the_same_rows_are_the_same_content_azure() {
    same_contents(Provider::Azure);
}

#[test]
fn other_files_of_the_same_rows_are_the_same_content_gcp() {
    same_contents(Provider::Gcp);
}

#[test]
fn other_files_of_the_same_rows_are_the_same_content_focus() {
    same_contents(Provider::Focus);
}

fn same_contents(provider: Provider) {
    for seed in seeds() {
        let scenario = make(provider, seed, 40, Digits::Many);
        for form in provider.forms().iter() {
            same_content(&scenario, *form, seed);
        }
    }
}

fn same_content(scenario: &Scenario, form: Form, seed: u64) {
    let table = scenario.table(0, form);
    let usual = [file(form.file(), &form.text(&table))];
    let mut program = Program::new(scenario);
    program.import(form.importer(), "bills", &usual);
    let content = program.read(form.importer(), &usual);
    for (what, files) in rewritten(&table, form, seed) {
        let place = format!("seed {seed}, {}, {what}", form.file());
        let again = program.import(form.importer(), "bills", &files);
        assert!(again.already_imported, "{place} is known again");
        let refused = program.try_import(form.importer(), "other", &files).unwrap_err();
        assert!(refused.contains("already imported"), "{place} under another job: {refused}");
        let other = program.read(form.importer(), &files);
        assert_eq!(other.slices(), content.slices(), "{place}: digests");
        assert_eq!(other.buckets, content.buckets, "{place}: buckets");
        assert_eq!(other.totals, content.totals, "{place}: totals");
        assert_eq!(other.invoices, content.invoices, "{place}: the provider's invoices");
    }
}

/// Other files with the same rows: what is other about them, and the files.
fn rewritten(table: &Table, form: Form, seed: u64) -> Vec<(&'static str, Vec<File>)> {
    let name = form.file();
    let one = |text: String| vec![file(name, &text)];
    let usual = form.text(table);
    let parts = pack::split(table, form, 3);
    let mut all = vec![
        ("shuffled", one(form.text(&pack::shuffled(table, seed)))),
        ("split", parts.clone()),
        ("split and shuffled", pack::split(&pack::shuffled(table, seed + 1), form, 5)),
        ("gz", vec![pack::gzip(&file(name, &usual))]),
        (
            "split, partly gz",
            parts
                .iter()
                .enumerate()
                .map(|(at, part)| if at == 1 { pack::gzip(part) } else { part.clone() })
                .collect(),
        ),
        ("zip", vec![pack::zip(&parts)]),
        ("CR LF", one(usual.replace('\n', "\r\n"))),
        ("no last line end", one(usual.trim_end().to_owned())),
    ];
    if form == Form::GcpNested {
        all.push(("one array", one(format!("[{}]", usual.trim_end().replace('\n', ",\n")))));
    } else {
        all.push(("quoted", one(pack::quoted(table))));
        all.push(("byte order mark", one(format!("\u{feff}{usual}"))));
        all.push(("other columns", one(form.text(&pack::columns_shuffled(table, seed)))));
    }
    all
}

#[test]
fn columns_that_appear_in_mid_month_change_nothing() {
    for seed in seeds() {
        let scenario = make(Provider::Aws, seed, 60, Digits::Many);
        let mut program = Program::new(&scenario);
        let usual = [file("one.csv", &scenario.table(0, Form::AwsSlash).csv())];
        program.import("aws-cur", "bills", &usual);
        let content = program.read("aws-cur", &usual);
        let [early, late] = scenario.growing_tables(0);
        let files = [file("1.csv", &early.csv()), file("2.csv", &late.csv())];
        let other = program.read("aws-cur", &files);
        assert_eq!(other.buckets, content.buckets, "seed {seed}");
        assert_eq!(other.slices(), content.slices(), "seed {seed}");
        assert_eq!(other.invoices, content.invoices, "seed {seed}");
        assert!(program.import("aws-cur", "bills", &files).already_imported, "seed {seed}");
    }
}

/// What billing looks at of a bucket, whatever words the form has for services and kinds of charges: provider, account,
/// period, currency, and the tags.
type Key = [String; 7];

fn billed(content: &Content) -> BTreeMap<Key, (u64, Decimal)> {
    let mut sums: BTreeMap<Key, (u64, Decimal)> = BTreeMap::new();
    for bucket in &content.buckets {
        let key = &bucket.key;
        let tag = |tag: &Option<std::sync::Arc<str>>| tag.as_deref().unwrap_or("none").to_owned();
        let place = [
            key.provider.to_string(),
            key.account_key.to_string(),
            key.period.to_string(),
            key.currency.to_string(),
            tag(&key.cost_center_tag),
            tag(&key.component_tag),
            tag(&key.service_tag),
        ];
        let (rows, cost) = sums.entry(place).or_default();
        *rows += bucket.rows;
        *cost += &bucket.billed_cost;
    }
    sums
}

#[test]
fn other_forms_of_the_same_month_are_billed_the_same() {
    for provider in Provider::ALL {
        for seed in seeds() {
            same_bill(&make(provider, seed, 60, Digits::Many), seed);
        }
    }
}

fn same_bill(scenario: &Scenario, seed: u64) {
    let forms = scenario.provider.forms().iter().chain([&Form::Focus]);
    let mut bills = forms.map(|form| bill(scenario, *form));
    let Some(mut first) = bills.next() else { return };
    for other in bills {
        let place = format!("seed {seed}, {}", other.form.file());
        assert_eq!(billed(&other.content), billed(&first.content), "{place}: what is billed");
        assert_eq!(other.lines, first.lines, "{place}: lines");
        // Azure's customer agreement writes tags in another way; FOCUS has other words.
        if other.form.importer() == first.form.importer() && other.form != Form::AzureCustomer {
            assert_eq!(other.content.slices(), first.content.slices(), "{place}: digests");
        }
        // Whatever the form: the month is not taken a second time from another job.
        let refused = first.program.try_import(other.form.importer(), "other", &other.files).unwrap_err();
        assert!(
            refused.contains("billed twice") || refused.contains("already imported"),
            "{place}: {refused}"
        );
    }
}

/// A month in one of its forms, imported and billed.
struct Bill {
    form: Form,
    files: Vec<File>,
    program: Program,
    content: Content,
    lines: Vec<Value>,
}

fn bill(scenario: &Scenario, form: Form) -> Bill {
    let mut program = Program::new(scenario);
    let files = vec![file(form.file(), &form.text(&scenario.table(0, form)))];
    let report = program.import(form.importer(), "bills", &files);
    let content = program.content(&report);
    program.settle(scenario);
    let mut lines = Vec::new();
    for target in scenario.targets() {
        let invoice = program.bill(target).invoice;
        // Where a line comes from is told in the words of the form: that is not compared.
        lines.extend(invoice.iter().flat_map(|invoice| &invoice.content.lines).map(json::line));
    }
    Bill { form, files, program, content, lines }
}
