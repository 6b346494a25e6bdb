//! Lessons 36, 37, 41 and 43: what daily use runs into.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use crate::common::{
    usage,
    world::{World, column, lines},
};

#[test]
fn lesson_36_a_negative_factor_is_refused_and_an_issued_invoice_only_becomes_void_with_a_reason() {
    let world = World::new();
    let catalog = |factor: &str| {
        format!(
            "customers: [{{ name: Alpha, cost_center: cc }}]\naccounts:\n  - provider: Azure\n    id: a\n    customer: Alpha\n    charge_factor: {factor}\n"
        )
    };
    world.write("catalog.yaml", catalog("-3"));
    let message = world.fails("apply -f catalog.yaml");
    assert!(message.contains("catalog.yaml:6: charge_factor is -3: it must not be negative"), "{message}");
    world.apply(&catalog("3"));
    world.import("azure.csv", "Azure a 2026-10 1");
    let made = world.bill("Azure", "2026-10");
    world.wrong_usage("invoice delete 000001");
    world.wrong_usage("invoice void 000001");
    world.wrong_usage("invoice void 000001 --why ' '");
    assert_eq!(world.json("invoice show 000001"), made);
}

#[test]
fn lesson_37_a_name_that_looks_like_a_formula_is_defused_for_spreadsheets_and_kept_in_sap() {
    let world = World::new();
    let names = ["=1+1", "+A1", "-A1", "@SUM(A1)", "plain"];
    let rows = names.iter().enumerate().map(|(at, name)| format!("Azure a{at} 2026-10 -1.5 name={name}\n"));
    world.import("azure.csv", &rows.collect::<String>());
    let accounts =
        (0..names.len()).map(|at| format!("  - {{ provider: Azure, id: a{at}, customer: Alpha }}\n"));
    let accounts = accounts.collect::<String>();
    world.apply(&format!("customers: [{{ name: Alpha, cost_center: '=cc' }}]\naccounts:\n{accounts}"));
    world.bill("Azure", "2026-10");

    let csv = world.done("invoice show 000001 -o csv").out;
    for name in &names[..4] {
        assert!(csv.contains(&format!(",'{name},")), "{csv}");
        assert!(!csv.contains(&format!(",{name},")), "{csv}");
    }
    assert!(csv.contains(",plain,") && csv.contains(",-1.50\r\n") && csv.contains(",'=cc,"), "{csv}");
    let sap = world.read("Azure.csv");
    for name in names {
        assert!(sap.contains(&format!("{name}_")), "{sap}");
    }
    assert!(sap.contains(";=cc;;;-1.50;") && !sap.contains('\''), "{sap}");
}

const GERMAN: &str = "\
Abonnement-ID (SubscriptionId),Abonnementname (SubscriptionName),Datum (Date),Kosten (CostInBillingCurrency),\
Abrechnungswährung (BillingCurrency),Tags (Tags)
s-1,büro,2026-10-09,\"1.234,50\",CHF,
s-1,büro,2026-10-10,\"-0,25\",CHF,
";

const FRENCH: &str = "\
ID d’abonnement (SubscriptionGuid),Nom de l’abonnement (SubscriptionName),Date (Date),Coût (Cost),Devise (Currency)
s-2,équipe,2026-10-09,1.125,CHF
s-2,équipe,2026-10-10,0.125,CHF
";

#[test]
fn lesson_41_headings_are_understood_in_german_and_french() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]
accounts: [{ provider: Azure, id: s-1, customer: Alpha }, { provider: Azure, id: s-2, customer: Alpha }]",
    );
    world.write("german.csv", GERMAN);
    world.write("french.csv", FRENCH);
    world.done("import AzureImport -n german -f german.csv");
    world.done("import azure-usage -n french -f french.csv");
    let totals = world
        .json("imports")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["totals"]["CHF"].clone())
        .collect::<Vec<_>>();
    assert_eq!(totals, ["1234.25", "1.25"]);
    let invoice = world.bill("Azure", "2026-10");
    assert_eq!(lines(&invoice), ["account büro cc 1234.25", "account équipe cc 1.25"]);
}

#[test]
fn lesson_41_files_and_periods_are_named_on_the_command_line() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: s-2, customer: Alpha }]",
    );
    world.write("french.csv", FRENCH);
    // The format has no billing period: it is --period, not the month of the dates, nor last month.
    world.done("import azure-usage -n azure -f french.csv --period 2024-02");
    let import = &world.json("imports")[0];
    assert_eq!(
        (&import["document"], &import["periods"]),
        (&"azure/2024-02".into(), &serde_json::json!(["2024-02"]))
    );
    world.bills_nothing("Azure", "2024-01");
    let invoice = world.bill("Azure", "2024-02");
    assert_eq!(
        (&invoice["period"], column(&invoice["lines"], "period")),
        (&"2024-02".into(), vec!["2024-02"])
    );
}

/// Rows of the large file.
const ROWS: usize = 300_000;
/// What importing it may need at most.
const MEMORY_KB_MAX: u64 = 250 * 1024;

#[test]
fn lesson_43_a_large_file_is_imported_in_bounded_memory() {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: needs /proc");
        return;
    }
    let world = World::new();
    large_file(&world.path("large.csv.gz"));
    let mut child =
        world.command("import focus -n large -f large.csv.gz").stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_memory_kb(&status).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(peak > 0, "the peak was seen");
    println!("{ROWS} rows took at most {} MB", peak / 1024);
    assert!(peak <= MEMORY_KB_MAX, "{ROWS} rows took {peak} KB");
    let import = &world.json("imports")[0];
    // 300,000 × 0.000125 = 37.5, and 300 times 0 + 1 + … + 999 = 499,500.
    assert_eq!((&import["rows"], &import["totals"]["CHF"]), (&ROWS.into(), &"149850037.5".into()));
}

/// Resources, accounts and tags as varied as in a large company's bill.
fn large_file(path: &Path) {
    let gz = flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
    let mut out = BufWriter::new(gz);
    let headings = usage::focus("");
    out.write_all(headings.trim_end().as_bytes()).unwrap();
    out.write_all(b",ResourceId,ChargeDescription\n").unwrap();
    for at in 0..ROWS {
        let (whole, account, service) = (at % 1000, at * 7919 % 500, at % 37);
        let row = format!(
            "{}.000125,CHF,2026-10-01,2026-10-{:02},Usage,Azure,Service {service},subscription-{account},name-{account},\
             \"{{\"\"team\"\": \"\"t{}\"\"}}\",/subscriptions/{account}/resource/{at},Charge number {at}\n",
            whole,
            at % 28 + 1,
            at % 91
        );
        out.write_all(row.as_bytes()).unwrap();
    }
    out.into_inner().unwrap().finish().unwrap();
}

fn peak_memory_kb(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
