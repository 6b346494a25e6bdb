//! Commands side by side: one waits for the other, and each does what it would have done alone.

use crate::{
    Reference,
    books::{self, Books},
    common::{Place, Ran},
    month::{STEPS, step},
};

/// Starts all commands at once and waits for them.
fn at_once(place: &Place, lines: &[&str]) -> Vec<Ran> {
    let start = |line: &&str| {
        let mut command = books::command(place, line);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = lines.iter().map(start).collect();
    let ran: Vec<Ran> = children.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect();
    for (line, ran) in lines.iter().zip(&ran) {
        for word in ["locked", "busy", "in use", "panicked"] {
            assert!(!ran.err.contains(word), "{line}: {}", ran.err);
        }
    }
    ran
}

fn codes(ran: &[Ran]) -> Vec<i32> {
    ran.iter().map(|ran| ran.code).collect()
}

#[track_caller]
fn same(place: &Place, expected: &Books) {
    if let Some(difference) = Books::of(place).difference(expected) {
        panic!("{difference}");
    }
}

#[test]
fn six_bill_runs_at_once_make_one_invoice() {
    let reference = Reference::run();
    for _ in 0..3 {
        let place = reference.before(step::BILL_AGAIN);
        let ran = at_once(&place, &[STEPS[step::BILL_AGAIN]; 6]);
        assert_eq!(codes(&ran), [reference.code(step::BILL_AGAIN); 6]);
        let nothing = ran.iter().filter(|ran| ran.out.ends_with("nothing to invoice\n")).count();
        assert_eq!(nothing, 5);
        same(&place, reference.after(step::BILL_AGAIN));
    }
    // Of all targets together.
    let place = reference.before(step::BILL_ALL);
    let ran = at_once(&place, &[STEPS[step::BILL_ALL]; 6]);
    assert_eq!(codes(&ran), [reference.code(step::BILL_ALL); 6]);
    let one_of_each = |target: &str| {
        let made = ran.iter().filter(|ran| ran.out.contains(&format!(" to {target} for "))).count();
        assert_eq!(made, 1, "invoices to {target}");
    };
    ["Azure", "AWS", "ManagedCloudServices"].into_iter().for_each(one_of_each);
}

#[test]
fn imports_of_different_documents_at_once_both_come_into_force() {
    let reference = Reference::run();
    for _ in 0..3 {
        let place = reference.before(step::IMPORT_AZURE);
        let ran = at_once(&place, &[STEPS[step::IMPORT_AZURE], STEPS[step::IMPORT_AWS]]);
        assert_eq!(codes(&ran), [0, 0], "{ran:?}");
        books::run(&place, STEPS[step::APPLY]);
        books::run(&place, STEPS[step::BILL_ALL]);
        // Whichever was first, the invoices are the same; the order of documents and accounts is that of their coming.
        let numbers = ["000001", "000002", "000003"];
        for view in numbers.map(|number| format!("invoice show {number}")).iter().chain(&["reconcile".into()])
        {
            let expected = reference.after(step::BILL_ALL).view(view);
            assert_eq!(Books::of(&place).view(view), expected, "{view}");
        }
        assert_eq!(books::detail_folders(&place), 2);
    }
}

#[test]
fn one_document_imported_twice_at_once_comes_into_force_once() {
    let reference = Reference::run();
    for _ in 0..3 {
        let place = reference.before(step::IMPORT_AZURE);
        let ran = at_once(&place, &[STEPS[step::IMPORT_AZURE]; 2]);
        assert_eq!(codes(&ran), [0, 0], "{ran:?}");
        let known = ran.iter().filter(|ran| ran.out.contains("is already imported")).count();
        assert_eq!(known, 1);
        same(&place, reference.after(step::IMPORT_AZURE));
        // Under another name it is refused, also when both come at once.
        let place = reference.before(step::IMPORT_AZURE);
        let other = "import focus -n other -f azure.csv";
        let mut ran = codes(&at_once(&place, &[STEPS[step::IMPORT_AZURE], other]));
        ran.sort_unstable();
        assert_eq!(ran, [0, 1]);
        assert_eq!(books::detail_folders(&place), 1);
    }
}

#[test]
fn an_import_and_a_bill_run_at_once_lead_to_the_same_books() {
    let reference = Reference::run();
    for _ in 0..5 {
        let place = reference.before(step::IMPORT_REWRITTEN);
        let ran = at_once(&place, &[STEPS[step::IMPORT_REWRITTEN], STEPS[step::BILL_CORRECTION]]);
        assert_eq!(codes(&ran), [0, reference.code(step::BILL_CORRECTION)], "{ran:?}");
        // The run made the correction, or it came before the import and a second run makes it.
        books::run(&place, STEPS[step::BILL_CORRECTION]);
        same(&place, reference.after(step::BILL_CORRECTION));
    }
}

#[test]
fn a_new_ledger_is_made_once_when_six_commands_want_it() {
    for _ in 0..5 {
        let place = Place::new();
        let ran = at_once(&place, &["migrate"; 6]);
        assert_eq!(codes(&ran), [0; 6], "{ran:?}");
    }
}
