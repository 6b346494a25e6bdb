//! Every command may be killed at any point, be run twice, and run beside others: the books are the same as if it had
//! run once (DESIGN §6, 4).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says how much it covered"
)]

#[path = "crash/at_once.rs"]
mod at_once;
#[path = "crash/books.rs"]
mod books;
mod common;
#[path = "crash/kill.rs"]
mod kill;
#[path = "crash/month.rs"]
mod month;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use books::Books;
use common::Place;
use kill::{Moment, kill};
use month::{STEPS, step};
use xtask::random::Rng;

const ROUNDS: usize = 200;
/// The round's step: imports and bill runs by turns, now and then another one.
const CYCLE: [usize; 12] = [
    step::IMPORT_AZURE,
    step::BILL_ALL,
    step::IMPORT_REWRITTEN,
    step::BILL_AGAIN,
    step::IMPORT_AWS,
    step::BILL_CORRECTION,
    step::IMPORT_AZURE,
    step::VOID,
    step::IMPORT_REWRITTEN,
    step::BILL_ALL,
    step::APPLY,
    step::BILL_CORRECTION,
];
/// Each so many rounds the run goes on to its end and is looked at thoroughly; the others end with the killed step.
const TO_THE_END: usize = 7;

/// A run without interruptions: the folder and the books before each step, and after the last.
pub struct Reference {
    folders: Vec<Place>,
    books: Vec<Books>,
    codes: Vec<i32>,
    durations: Vec<Duration>,
}

impl Reference {
    /// Does everything once.
    pub fn run() -> Self {
        let place = Place::new();
        month::write(&place);
        let first = (Place::copy_of(&place), Books::of(&place));
        // Looking at the books has made a ledger, which the first step finds nowhere.
        let mut reference =
            Self { folders: vec![first.0], books: vec![first.1], codes: Vec::new(), durations: Vec::new() };
        for (at, line) in STEPS.iter().enumerate() {
            let place = Place::copy_of(&reference.folders[at]);
            let start = Instant::now();
            let ran = books::run(&place, line);
            reference.durations.push(start.elapsed());
            assert!(matches!(ran.code, 0 | 3), "{line}: {ran:?}");
            reference.codes.push(ran.code);
            reference.books.push(Books::of(&place));
            reference.folders.push(place);
        }
        reference
    }

    /// A folder in which all steps before this one are done.
    pub fn before(&self, step: usize) -> Place {
        Place::copy_of(&self.folders[step])
    }

    /// The books after a step.
    pub fn after(&self, step: usize) -> &Books {
        &self.books[step + 1]
    }

    /// How a step ends.
    pub fn code(&self, step: usize) -> i32 {
        self.codes[step]
    }
}

/// How often what was hit.
#[derive(Default)]
struct Hits {
    killed: AtomicUsize,
    orphans: AtomicUsize,
    unwritten: AtomicUsize,
    leftovers: AtomicUsize,
    changed: AtomicUsize,
}

fn add(counter: &AtomicUsize, condition: bool) {
    counter.fetch_add(usize::from(condition), Ordering::Relaxed);
}

/// When to kill a step that takes so long.
fn moment(rng: &mut Rng, step: usize, duration: Duration) -> Moment {
    let random = |rng: &mut Rng, most: Duration| {
        let micros = usize::try_from(most.as_micros()).unwrap_or(usize::MAX);
        Duration::from_micros(rng.below(micros.max(1)) as u64)
    };
    let is_import = STEPS[step].starts_with("import");
    match rng.below(4) {
        0 if is_import => Moment::AfterFolder(random(rng, Duration::from_millis(1))),
        0 if step != step::APPLY => Moment::AfterExport(random(rng, Duration::from_millis(1))),
        1 => Moment::AfterCommit(random(rng, Duration::from_millis(8))),
        _ => Moment::After(random(rng, duration)),
    }
}

/// Kills a step, does it again and compares. What is wrong afterwards; nothing where all is well.
fn round(number: usize, reference: &Reference, hits: &Hits) -> Option<String> {
    let mut rng = Rng::new(number as u64);
    let step = CYCLE[number % CYCLE.len()];
    let place = reference.before(step);
    let (folders, exports) = (books::detail_folders(&place), books::exports(&place).len());
    let moment = moment(&mut rng, step, reference.durations[step]);
    let killed = kill(&place, STEPS[step], moment);
    add(&hits.killed, killed);
    if killed {
        add(&hits.orphans, books::detail_folders(&place) > folders);
        let invoices = |of: &Place| books::run(of, "invoices -o json").out.matches("\"issued\"").count();
        let more =
            !STEPS[step].starts_with("import") && invoices(&place) > invoices(&reference.folders[step]);
        add(&hits.changed, more);
        add(&hits.unwritten, more && books::exports(&place).len() == exports);
    }
    let last = if number.is_multiple_of(TO_THE_END) { STEPS.len() - 1 } else { step };
    for (again, line) in STEPS.iter().enumerate().take(last + 1).skip(step) {
        let ran = books::run(&place, line);
        if ran.code != reference.code(again) {
            return Some(format!("{moment:?} of {}: {line} then ends with {ran:?}", STEPS[step]));
        }
    }
    add(&hits.leftovers, !books::leftovers(&place).is_empty());
    let books = if last > step { Books::of(&place) } else { Books::at_a_glance(&place) };
    let difference = books.difference(reference.after(last))?;
    let detail = place.files("cloud-billing.detail").join(" ");
    Some(format!("{moment:?} of {} and on to {}: {difference}\ndetail: {detail}", STEPS[step], STEPS[last]))
}

#[test]
fn killed_two_hundred_times_the_books_are_as_if_every_command_had_run_once() {
    let reference = Reference::run();
    let (next, hits, failures) = (AtomicUsize::new(0), Hits::default(), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= ROUNDS {
                        break;
                    }
                    failures.lock().unwrap().extend(round(number, &reference, &hits));
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {ROUNDS} rounds:\n{}", failures.len(), failures.join("\n\n"));
    let [killed, orphans, changed, unwritten, leftovers] =
        [&hits.killed, &hits.orphans, &hits.changed, &hits.unwritten, &hits.leftovers]
            .map(|counter| counter.load(Ordering::Relaxed));
    println!(
        "{killed} of {ROUNDS} were killed: {orphans} left a folder of detail, {changed} a new invoice, {unwritten} of \
         these without its file; {leftovers} left a part of an export"
    );
    // Else the test has looked at nothing: a machine on which all commands end at once, or none begins.
    assert!(killed > ROUNDS / 2, "only {killed} commands were killed");
    assert!(orphans > 0 && changed > 0 && unwritten > 0, "not all kinds of kills were met");
}
