//! The same rows twice in one command, or added to what has them: each way in which a delivery can lie about twice.

use billing_core::document::Content;
use xtask::scenario::{Digits, Form, Provider, Scenario, Table, make};

use crate::{
    pack,
    program::{File, Program, file},
};

#[test]
fn rows_do_not_come_twice_aws() {
    rows_do_not_come_twice(Provider::Aws);
}

#[test]
fn rows_do_not_come_twice_azure() {
    rows_do_not_come_twice(Provider::Azure);
}

#[test]
fn rows_do_not_come_twice_gcp() {
    rows_do_not_come_twice(Provider::Gcp);
}

#[test]
fn rows_do_not_come_twice_focus() {
    rows_do_not_come_twice(Provider::Focus);
}

fn rows_do_not_come_twice(provider: Provider) {
    for seed in crate::seeds().step_by(4) {
        let scenario = make(provider, seed, 60, Digits::Many);
        for form in provider.forms() {
            for other in provider.forms() {
                refused(&scenario, *form, *other, seed);
            }
            parts_are_taken(&scenario, *form, seed);
        }
    }
}

/// A part of a table.
fn rows(table: &Table, rows: std::ops::Range<usize>) -> Table {
    Table { headings: table.headings.clone(), rows: table.rows[rows].to_vec() }
}

fn one(name: &str, form: Form, table: &Table) -> File {
    file(&format!("{name}-{}", form.file()), &form.text(table))
}

/// Has a month refused that comes in one form and, all or half of it, in another.
fn refused(scenario: &Scenario, form: Form, other_form: Form, seed: u64) {
    let (table, other) = (scenario.table(0, form), scenario.table(0, other_form));
    let all = other.rows.len();
    let whole = one("whole", form, &table);
    let parts = pack::split(&other, other_form, 3);
    let early = one("early", form, &rows(&table, 0..all * 2 / 3));
    let late = one("late", other_form, &rows(&other, all / 3..all));
    let shuffled = one("shuffled", other_form, &pack::shuffled(&other, seed));
    for (what, first, then) in [
        ("the whole and its parts", vec![whole.clone()], parts.clone()),
        ("the whole and one of its parts", vec![whole.clone()], vec![parts[1].clone()]),
        ("an archive of parts", vec![whole.clone()], vec![pack::zip(&parts)]),
        ("exports that overlap", vec![early], vec![late]),
        ("the whole twice", vec![whole], vec![shuffled]),
    ] {
        let place = format!("seed {seed}, {} and {}, {what}", form.file(), other_form.file());
        let together = [&first[..], &then].concat();
        let error = Program::new(scenario).try_import(form.importer(), "bills", &together).unwrap_err();
        assert!(error.contains("would be billed twice"), "{place}: {error}");
        let mut program = Program::new(scenario);
        let before = program.import(form.importer(), "bills", &first);
        let (in_force, added) = (program.content(&before), program.try_add(form.importer(), "bills", &then));
        match added {
            Ok(report) => assert!(report.already_imported, "{place}: added"),
            Err(error) => assert!(error.contains("would be billed twice"), "{place}, added: {error}"),
        }
        assert_eq!(program.content(&before), in_force, "{place}: what is in force");
    }
}

/// Has a month taken whose rows are divided among files, at once and one after the other.
fn parts_are_taken(scenario: &Scenario, form: Form, seed: u64) {
    let table = pack::shuffled(&scenario.table(0, form), seed);
    let parts = pack::split(&table, form, 4);
    let mut program = Program::new(scenario);
    let whole = program.read(form.importer(), &[one("whole", form, &table)]);
    let report = program.import(form.importer(), "bills", &parts);
    let same = |content: &Content, what: &str| {
        assert_eq!(content.totals, whole.totals, "seed {seed}, {}: {what}", form.file());
        assert_eq!(content.rows(), whole.rows(), "seed {seed}, {}: {what}", form.file());
    };
    same(&program.content(&report), "at once");
    let mut program = Program::new(scenario);
    let mut last = program.import(form.importer(), "bills", &parts[..1]);
    for part in &parts[1..] {
        last = program.try_add(form.importer(), "bills", std::slice::from_ref(part)).unwrap();
    }
    same(&program.content(&last), "one after the other");
}
