//! Tests of the simulator itself: what the oracle says in cases that were worked out by hand, and that wrong books are
//! noticed.

use billing_core::{Decimal, Money, Period, invoice::InvoiceState};

use crate::{
    generator,
    history::{
        AccountEntry, CatalogFile, ComponentEntry, ComponentTerms, CustomerEntry, Import, Row, SERVICES,
        ServiceEntry, Settings, UseEntry,
    },
    numbers::Rounding,
    oracle::{Oracle, Outcome, show},
    run::play,
    world::{Billed, Books, Imported, Mode, Program, World},
};

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn oracle(rounding: Rounding, net: bool) -> Oracle {
    Oracle::new(Settings { rounding, net, pattern: true, default_product_numbers: false })
}

fn row(account: &str, cost: &str, cost_center: Option<&str>, component: Option<&str>) -> Row {
    Row {
        provider: "AWS".to_owned(),
        provider_written: "AWS".to_owned(),
        account: account.to_owned(),
        account_written: account.to_owned(),
        on_billing_account: false,
        name: account.to_owned(),
        period: period("2026-01"),
        currency: "CHF".to_owned(),
        cost: cost.to_owned(),
        cost_center: cost_center.map(str::to_owned),
        component: component.map(str::to_owned),
        service_tag: None,
        broken: None,
        category: "Usage".to_owned(),
        service: "Compute".to_owned(),
        sku: "1".to_owned(),
    }
}

fn import(oracle: &mut Oracle, rows: &[Row]) {
    let import =
        Import { job: "j".to_owned(), period: None, files: vec![rows.to_vec()], add: false, replace: true };
    assert_eq!(oracle.import(&import), Outcome::Imported);
    oracle.take(&import);
}

fn customer(name: &str, cost_center: &str) -> CustomerEntry {
    CustomerEntry { name: name.to_owned(), cost_center: Some(cost_center.to_owned()) }
}

fn account(id: &str, customer: &str, factor: &str) -> AccountEntry {
    AccountEntry {
        provider: "AWS".to_owned(),
        id: id.to_owned(),
        customer: Some(customer.to_owned()),
        factor: Some(number(factor)),
        product_number: None,
        aliases: Vec::new(),
    }
}

/// Bills, checks the lines by their text, and issues the invoice.
fn bill(oracle: &mut Oracle, target: &str, of: &str, expected: &[&str]) {
    let lines = oracle.bill(target, period(of));
    let shown: Vec<String> = lines.iter().flatten().map(show).collect();
    assert_eq!(shown, expected);
    if let Some(lines) = lines {
        let number = oracle.invoices().len() as i64 + 1;
        oracle.issue(number, target, period(of), lines);
    }
}

#[test]
fn a_factor_a_tag_and_a_correction_without_drift() {
    let mut oracle = oracle(Rounding::UnitUp, false);
    let file = CatalogFile {
        customers: vec![customer("Shop", "C1")],
        accounts: vec![account("a", "Shop", "1.1")],
        ..CatalogFile::default()
    };
    oracle.apply(&file, None).unwrap();
    import(&mut oracle, &[row("a", "10", None, None), row("a", "0.5", Some("C2"), None)]);
    bill(
        &mut oracle,
        "AWS",
        "2026-01",
        &[
            "Account a | Shop C1 |  | 2026-01 | 10 + 1 + 0 | 11 → 11",
            "Account a | Shop C2 (alternative) |  | 2026-01 | 0.5 + 0.05 + 0 | 1 → 1",
        ],
    );
    bill(&mut oracle, "AWS", "2026-01", &[]);
    // 11.11 rounds up to 12; then 11.22 is 12 already; 11.22 − 0.022 as well: a line of nothing makes no invoice.
    import(&mut oracle, &[row("a", "10.1", None, None), row("a", "0.5", Some("C2"), None)]);
    bill(&mut oracle, "AWS", "2026-02", &["Correction a | Shop C1 |  | 2026-01 | 0.1 + 0.01 + 0 | 1 → 1"]);
    import(&mut oracle, &[row("a", "10.2", None, None), row("a", "0.5", Some("C2"), None)]);
    bill(&mut oracle, "AWS", "2026-02", &[]);
    // Void of the first: 11 and 1 are owed again, beside what the correction has.
    oracle.void(1);
    bill(
        &mut oracle,
        "AWS",
        "2026-02",
        &[
            "Correction a | Shop C1 |  | 2026-01 | 10.1 + 1.01 + 0 | 11 → 11",
            "Correction a | Shop C2 (alternative) |  | 2026-01 | 0.5 + 0.05 + 0 | 1 → 1",
        ],
    );
    let books = oracle.reconcile();
    let row = books.values().next().unwrap();
    assert_eq!((row.provider_total.clone(), row.open.clone()), (number("10.7"), Decimal::zero()));
}

#[test]
fn shares_prices_and_recovery() {
    let mut oracle = oracle(Rounding::Cent, false);
    let used = |quantity: &str| UseEntry {
        name: "ns".to_owned(),
        component: "cluster".to_owned(),
        part: None,
        quantity: number(quantity),
        once: false,
    };
    let service = |name: &str, quantity: &str, charge: bool| ServiceEntry {
        name: name.to_owned(),
        customer: Some("Shop".to_owned()),
        product_number: None,
        charge,
        uses: vec![used(quantity)],
    };
    let terms = ComponentTerms {
        unit_price: number("3"),
        cost_percentage: number("110"),
        fixed_price: number("20"),
        proportional: true,
        owner: Some("Ops".to_owned()),
        parts: Vec::new(),
    };
    let file = CatalogFile {
        customers: vec![customer("Shop", "C1"), customer("Ops", "C9")],
        components: vec![ComponentEntry { name: "cluster".to_owned(), terms }],
        services: vec![service("web", "1", true), service("batch", "3", false)],
        ..CatalogFile::default()
    };
    oracle.apply(&file, None).unwrap();
    import(&mut oracle, &[row("a", "100", None, Some("cluster"))]);
    // A quarter of 100, ten per cent on it, a quarter of 3, and 20.
    bill(
        &mut oracle,
        SERVICES,
        "2026-01",
        &[
            "Service web | Shop C1 |  | 2026-01 | 25 + 2.5 + 20.75 | 48.25 → 48.25",
            "Recovery cluster | Ops C9 |  | 2026-01 | -25 + 0 + 0 | -25 → -25",
        ],
    );
    // The others' share is corrected at frozen prices when a use is changed.
    let file = CatalogFile { services: vec![service("batch", "1", false)], ..CatalogFile::default() };
    oracle.apply(&file, Some(period("2026-01"))).unwrap();
    bill(
        &mut oracle,
        SERVICES,
        "2026-01",
        &[
            "Correction cluster | Ops C9 |  | 2026-01 | -25 + 0 + 0 | -25 → -25",
            "Correction web | Shop C1 |  | 2026-01 | 25 + 2.5 + 0.75 | 28.25 → 28.25",
        ],
    );
}

#[test]
fn credits_are_netted_and_carried() {
    let mut oracle = oracle(Rounding::Cent, true);
    let file = CatalogFile {
        customers: vec![customer("Shop", "C1")],
        accounts: vec![account("a", "Shop", "1"), account("b", "Shop", "1")],
        ..CatalogFile::default()
    };
    oracle.apply(&file, None).unwrap();
    import(&mut oracle, &[row("a", "6", None, None), row("b", "-10", None, None)]);
    bill(
        &mut oracle,
        "AWS",
        "2026-01",
        &[
            "Account a | Shop C1 |  | 2026-01 | 6 + 0 + 0 | 6 → 0",
            "Account b | Shop C1 |  | 2026-01 | -10 + 0 + 0 | -10 → 0",
            "Carry Shop | Shop C1 |  | 2026-01 | 0 + 0 + 4 | 4 → 0",
        ],
    );
    import(&mut oracle, &[row("a", "7", None, None), row("b", "-10", None, None)]);
    bill(
        &mut oracle,
        "AWS",
        "2026-01",
        &[
            "Correction a | Shop C1 |  | 2026-01 | 1 + 0 + 0 | 1 → 0",
            "Carry Shop | Shop C1 |  | 2026-01 | 0 + 0 + -1 | -1 → 0",
        ],
    );
    import(&mut oracle, &[row("a", "12", None, None), row("b", "-10", None, None)]);
    bill(
        &mut oracle,
        "AWS",
        "2026-01",
        &[
            "Correction a | Shop C1 |  | 2026-01 | 5 + 0 + 0 | 5 → 2",
            "Carry Shop | Shop C1 |  | 2026-01 | 0 + 0 + -3 | -3 → 0",
        ],
    );
}

// --- wrong books are noticed ---

/// The program, with something bent in what is seen of it.
struct Bent {
    program: Program,
    bill: BendBill,
    books: BendBooks,
}

impl World for Bent {
    fn import(&mut self, import: &Import) -> Imported {
        self.program.import(import)
    }

    fn apply(&mut self, file: &CatalogFile, from: Option<Period>) -> Result<(), String> {
        self.program.apply(file, from)
    }

    fn bill(&mut self, target: &str, period: Period, mode: Mode) -> Result<Billed, String> {
        let mut billed = self.program.bill(target, period, mode)?;
        (self.bill)(&mut billed);
        Ok(billed)
    }

    fn void(&mut self, number: i64) -> Result<(), String> {
        self.program.void(number)
    }

    fn withdraw(&mut self, job: &str, period: Period) -> Result<(), String> {
        self.program.withdraw(job, period)
    }

    fn pin(&mut self, period: Period, rate: &Decimal) -> Result<(), String> {
        self.program.pin(period, rate)
    }

    fn set_rounding(&mut self, rounding: Rounding) {
        self.program.set_rounding(rounding);
    }

    fn set_net(&mut self, net: bool) {
        self.program.set_net(net);
    }

    fn issue(&mut self, number: i64) -> Result<Billed, String> {
        self.program.issue(number)
    }

    fn books(&mut self) -> Result<Books, String> {
        let mut books = self.program.books()?;
        (self.books)(&mut books);
        Ok(books)
    }
}

type BendBill = fn(&mut Billed);
type BendBooks = fn(&mut Books);

const NOT_BENT: (BendBill, BendBooks) = (|_| {}, |_| {});

/// In one of the first histories it is noticed.
fn is_noticed(what: &str, bill: BendBill, books: BendBooks) {
    let failure = (0..12).find_map(|seed| {
        let history = generator::history(seed);
        let mut world = Bent { program: Program::new(&history.settings), bill, books };
        play(&history, &mut world, false).err()
    });
    assert!(failure.is_some(), "nobody noticed: {what}");
}

#[test]
fn what_is_not_bent_passes() {
    let history = generator::history(0);
    let mut world = Bent { program: Program::new(&history.settings), bill: NOT_BENT.0, books: NOT_BENT.1 };
    play(&history, &mut world, false).unwrap();
}

fn one_hundredth() -> Money {
    Money::from_hundredths(1)
}

#[test]
fn a_wrong_invoice_is_noticed() {
    let bends: [(&str, BendBill); 6] = [
        ("an amount", |billed| {
            if let Some(invoice) = &mut billed.invoice {
                let last = invoice.content.lines.len() - 1;
                let line = &mut invoice.content.lines[last];
                line.amount = line.amount + one_hundredth();
            }
        }),
        ("a cost in the eleventh decimal", |billed| {
            if let Some(invoice) = &mut billed.invoice {
                invoice.content.lines[0].cost += &Decimal::new(1, 11);
            }
        }),
        ("a missing line", |billed| {
            if let Some(invoice) = &mut billed.invoice {
                invoice.content.lines.pop();
            }
        }),
        ("a line too many", |billed| {
            if let Some(invoice) = &mut billed.invoice {
                let line = invoice.content.lines[0].clone();
                invoice.content.lines.push(line);
            }
        }),
        ("another cost centre", |billed| {
            if let Some(invoice) = &mut billed.invoice {
                invoice.content.lines[0].cost_center.push('0');
            }
        }),
        ("no invoice", |billed| billed.invoice = None),
    ];
    bends.into_iter().for_each(|(what, bill)| is_noticed(what, bill, NOT_BENT.1));
}

#[test]
fn wrong_books_are_noticed() {
    let bends: [(&str, BendBooks); 12] = [
        ("an issued line changes", |books| {
            if books.versions.len() > 3
                && let Some(invoice) = books.invoices.first_mut()
            {
                invoice.content.lines[0].name.push('x');
            }
        }),
        ("a line counts that should not", |books| {
            if let Some(live) = books.live.first().cloned() {
                books.live.push(live);
            }
        }),
        ("a line is forgotten", |books| drop(books.live.pop())),
        ("an issued invoice vanishes", |books| {
            if books.invoices.len() > 1 {
                books.invoices.remove(0);
                books.live.retain(|live| books.invoices.iter().any(|i| i.number == live.at.invoice));
            }
        }),
        ("a void invoice comes back", |books| {
            for invoice in books.invoices.iter_mut().filter(|invoice| invoice.state == InvoiceState::Void) {
                invoice.state = InvoiceState::Issued;
            }
        }),
        ("a stored file differs from its invoice", |books| {
            books.exports.iter_mut().for_each(|export| export.content = export.content.replace(";;", ";"));
        }),
        ("a file is not written", |books| books.files.clear()),
        ("a source says another cost", |books| {
            for invoice in &mut books.invoices {
                for source in invoice.content.lines.iter_mut().flat_map(|line| &mut line.sources) {
                    source.cost += &Decimal::new(1, 11);
                }
            }
        }),
        ("a total of a version", |books| {
            books.costs.iter_mut().take(1).for_each(|cost| cost.cost += &Decimal::new(1, 11));
        }),
        ("open for held", |books| {
            for row in &mut books.reconciled {
                row.open = &row.open + &Decimal::one();
                row.held = &row.held - &Decimal::one();
            }
        }),
        ("a difference", |books| {
            for row in &mut books.reconciled {
                row.difference = Decimal::one();
                row.open = &row.open - &Decimal::one();
            }
        }),
        ("rounding once more", |books| {
            for invoice in &mut books.invoices {
                for line in &mut invoice.content.lines {
                    line.amount = line.amount + one_hundredth();
                    line.exported = line.amount;
                }
            }
            for live in &mut books.live {
                live.line.amount = live.line.amount + one_hundredth();
                live.line.exported = live.line.amount;
            }
        }),
    ];
    bends.into_iter().for_each(|(what, books)| is_noticed(what, NOT_BENT.0, books));
}
