//! `fx import`: rates of the European Central Bank, in each form in which it gives them out.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::common::world::{World, column, lines};

/// The days of April 2026 on which reference rates were published: not at Easter (3 and 6 April).
const DAYS: [u8; 20] = [1, 2, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24, 27, 28, 29, 30];

/// What one euro was on a day: USD 1.1 and CHF 0.9, on the last day USD 1.3 and CHF 0.95.
fn of_day(day: u8) -> (&'static str, &'static str) {
    if day == 30 { ("1.3", "0.95") } else { ("1.1", "0.9") }
}

fn csv(days: &[u8]) -> String {
    let row = |day: &u8| {
        let (usd, chf) = of_day(*day);
        format!("2026-04-{day:02},{usd},N/A,{chf},\n")
    };
    // The newest day stands first.
    format!("Date,USD,CYP,CHF,\n{}", days.iter().rev().map(row).collect::<String>())
}

fn xml(days: &[u8]) -> String {
    let cubes = days.iter().rev().map(|day| {
        let (usd, chf) = of_day(*day);
        format!("<Cube time=\"2026-04-{day:02}\"><Cube currency=\"USD\" rate=\"{usd}\"/><Cube currency=\"CHF\" rate=\"{chf}\"/></Cube>")
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
         xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\"><gesmes:subject>Reference rates</gesmes:subject>\
         <Cube>{}</Cube></gesmes:Envelope>\n",
        cubes.collect::<String>()
    )
}

fn zip(text: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("eurofxref-hist.csv", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The address of a server that gives these bytes to the first who asks.
fn served(bytes: Vec<u8>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = std::io::Read::read(&mut stream, &mut asked).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    address
}

/// The rates of the ledger in short.
fn rates(world: &World) -> Vec<String> {
    let rates = world.json("fx");
    let short =
        |rate: &Value| ["from", "to", "period", "rate"].map(|key| rate[key].as_str().unwrap()).join(" ");
    rates.as_array().unwrap().iter().map(short).collect()
}

/// CHF (19 × 0.9 + 0.95) / 20 = 0.9025 and USD (19 × 1.1 + 1.3) / 20 = 1.11, so USD is 0.9025 / 1.11.
const AVERAGES: [&str; 2] = ["EUR CHF 2026-04 0.9025", "USD CHF 2026-04 0.813063063063"];

#[test]
fn each_form_pins_the_same_rates() {
    let forms: [(&str, Vec<u8>); 3] =
        [("h.csv", csv(&DAYS).into()), ("h.zip", zip(&csv(&DAYS))), ("h.xml", xml(&DAYS).into())];
    for (name, bytes) in forms {
        let world = World::new();
        world.write(name, bytes);
        world.done(&format!("fx import -f {name}"));
        assert_eq!(rates(&world), AVERAGES, "{name}");
        let source = world.json("fx")[1]["source"].as_str().unwrap().to_owned();
        assert!(
            source.contains("average of 20 days 2026-04-01 to 2026-04-30") && source.contains(name),
            "{source}"
        );
    }
}

#[test]
fn the_last_day_counts_where_the_setting_says_so() {
    let world = World::with(&[("FX_RATE", "last-day")]);
    // The daily file of the last day of a month is enough.
    world.write("daily.csv", "Date, USD, CHF, \n30 April 2026, 1.3, 0.95, \n");
    world.done("fx import -f daily.csv");
    assert_eq!(rates(&world), ["EUR CHF 2026-04 0.95", "USD CHF 2026-04 0.730769230769"]);
    let refused = World::with(&[("FX_RATE", "noon")]).run("fx");
    assert!(
        refused.code != 0 && refused.err.contains("FX_RATE") && refused.err.contains("last-day"),
        "{refused:?}"
    );
}

#[test]
fn a_month_that_is_not_whole_is_told_and_not_pinned() {
    let world = World::new();
    world.write("running.csv", csv(&DAYS[..19]));
    let ran = world.done("fx import -f running.csv");
    assert!(ran.err.contains("2026-04 is not over in this file, which ends with 2026-04-29"), "{}", ran.err);
    world.write("late.csv", csv(&DAYS[1..]));
    let ran = world.done("fx import -f late.csv");
    assert!(ran.err.contains("2026-04 has no rates of 2026-04-01"), "{}", ran.err);
    assert_eq!(world.json("fx"), json!([]));
}

#[test]
fn importing_again_changes_nothing_and_another_rate_is_shown_with_the_one_before() {
    let world = World::new();
    world.write("a.csv", csv(&DAYS));
    assert_eq!(world.json("fx import -f a.csv").as_array().unwrap().len(), 2);
    let before = world.json("fx");
    world.write("b.xml", xml(&DAYS));
    assert_eq!(world.json("fx import -f b.xml"), json!([]));
    assert_eq!(world.json("fx"), before);
    world.write("c.csv", csv(&DAYS).replace("1.3", "1.5"));
    let changed = world.json("fx import -f c.csv");
    // USD (19 × 1.1 + 1.5) / 20 = 1.12.
    assert_eq!(column(&changed, "from"), ["USD"]);
    assert_eq!(
        (&changed[0]["before"], &changed[0]["rate"]),
        (&json!("0.813063063063"), &json!("0.805803571429"))
    );
}

#[test]
fn what_was_set_by_hand_stays_unless_it_is_to_be_replaced() {
    let world = World::new();
    world.done("fx set USD CHF 2026-04 0.8");
    world.write("a.csv", csv(&DAYS));
    let ran = world.done("fx import -f a.csv");
    assert!(
        ran.err.contains("USD to CHF in 2026-04 is 0.8 by hand, the file has 0.813063063063"),
        "{}",
        ran.err
    );
    assert_eq!(rates(&world), ["EUR CHF 2026-04 0.9025", "USD CHF 2026-04 0.8"]);
    world.done("fx import -f a.csv --replace");
    assert_eq!(rates(&world), AVERAGES);
}

#[test]
fn earlier_months_are_left_out_on_demand() {
    let world = World::new();
    world.write("a.csv", csv(&DAYS));
    assert_eq!(world.json("fx import -f a.csv --from 2026-05"), json!([]));
    assert_eq!(world.json("fx import -f a.csv --from 2026-04").as_array().unwrap().len(), 2);
}

const CATALOG: &str = "customers: [{ name: Alpha, cost_center: cc }]
accounts:
  - { provider: AWS, id: '1', name: dollars, customer: Alpha }
  - { provider: AWS, id: '2', name: euros, customer: Alpha, charge_factor: 1.1 }
  - { provider: AWS, id: '3', name: francs, customer: Alpha }
";

#[test]
fn cost_of_three_currencies_is_one_invoice_through_cross_rates() {
    let world = World::with_catalog(CATALOG);
    world.import(
        "aws.csv",
        "AWS 1 2026-04 100 currency=USD\nAWS 2 2026-04 10 currency=EUR\nAWS 3 2026-04 5\nAWS 3 2026-04 2 currency=EUR",
    );
    let told = world.needs_a_person("bill AWS --period 2026-04");
    for word in
        ["the rate from USD to CHF is missing", "the rate from EUR to CHF", "fx set USD CHF 2026-04 RATE"]
    {
        assert!(told.contains(word), "{told}");
    }
    world.write("a.zip", zip(&csv(&DAYS)));
    world.done("fx import -f a.zip");
    let invoice = world.bill("AWS", "2026-04");
    // 100 × 0.813063063063 = 81.3063063063; 10 × 0.9025 × 1.1 = 9.9275; the francs were invoiced, 2 × 0.9025 are new.
    assert_eq!(
        lines(&invoice),
        ["account dollars cc 81.31", "account euros cc 9.93", "correction francs cc 1.81"]
    );
    world.reconciles();
    world.bills_nothing("AWS", "2026-04");
    // Another rate of the month is listed, and the lines that were issued keep theirs.
    world.write("b.csv", csv(&DAYS).replace("0.95", "0.99"));
    let ran = world.done("fx import -f b.csv");
    assert!(ran.err.contains("keep the rate"), "{}", ran.err);
    world.bills_nothing("AWS", "2026-04");
}

#[test]
fn an_address_of_a_file_is_read_and_another_one_is_told() {
    let world = World::new();
    world.write("a.csv", csv(&DAYS));
    let url = format!("file://{}", world.path("a.csv").display());
    world.done(&format!("fx import --url {url}"));
    assert_eq!(rates(&world), AVERAGES);
    let world = World::new();
    let url = served(zip(&csv(&DAYS)));
    world.done(&format!("fx import --url {url}/eurofxref-hist.zip?x=1"));
    assert_eq!(rates(&world), AVERAGES);
    let source = world.json("fx")[0]["source"].as_str().unwrap().to_owned();
    assert!(source.ends_with("eurofxref-hist.zip/eurofxref-hist.csv"), "{source}");
    world.wrong_usage("fx import");
    world.wrong_usage("fx import -f a.csv --url file:///x");
}

#[test]
fn what_is_no_list_of_rates_changes_nothing() {
    let world = World::new();
    world.write("page.html", "<html><body>moved</body></html>");
    world.write("table.csv", "name,quantity\na,1\n");
    world.write("cut.xml", &xml(&DAYS)[..900]);
    world.write("value.csv", csv(&DAYS).replace("1.3", "cheap"));
    world.write("broken.zip", &zip(&csv(&DAYS))[..60]);
    for (name, expected) in [
        ("page.html", "is no list of ECB reference rates"),
        ("table.csv", "is no list of ECB reference rates"),
        ("cut.xml", "is damaged XML"),
        ("value.csv", "line 2: 'cheap' is no rate above zero"),
        ("broken.zip", "is a damaged zip file"),
        ("missing.csv", "missing.csv cannot be read"),
    ] {
        let told = world.fails(&format!("fx import -f {name}"));
        assert!(told.contains(name) && told.contains(expected), "{name}: {told}");
    }
    assert_eq!(world.json("fx"), json!([]));
    // Nothing can be derived for invoices in a currency that the bank has no rates of.
    let world = World::with(&[("CURRENCY", "XAU")]);
    world.write("a.csv", csv(&DAYS));
    assert!(world.fails("fx import -f a.csv").contains("no rates of XAU"));
}

/// Against the quotients that Python's `decimal` makes of the bank's own file.
#[test]
fn the_whole_history_is_read() {
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ecb/eurofxref-hist.zip");
    if !file.exists() {
        #[allow(clippy::print_stdout, reason = "a test says what it skipped")]
        {
            println!("skipped: needs ../shared/data/ecb/eurofxref-hist.zip");
        }
        return;
    }
    let world = World::new();
    let ran = world.done(&format!("fx import -f {}", file.display()));
    assert!(
        ran.err.contains("1999-01-04 to 2026-10-30") && !ran.err.contains("not pinned: 20"),
        "{}",
        ran.err
    );
    let all = rates(&world);
    for rate in EXPECTED {
        assert!(all.iter().any(|known| known == rate), "{rate}");
    }
    // The rouble ended on the first day of March 2022: that month has no average of it.
    assert!(!all.iter().any(|known| known.starts_with("RUB CHF 2022-03")));
    assert!(all.iter().any(|known| known.starts_with("RUB CHF 2022-02")));
}

const EXPECTED: [&str; 7] = [
    "USD CHF 2026-10 0.828624180818",
    "EUR CHF 2026-10 0.928190909091",
    "JPY CHF 2026-10 0.0052466438",
    "USD CHF 2019-03 1.00071202265",
    "EUR CHF 2019-03 1.131052380952",
    "USD CHF 1999-12 1.583770563296",
    "JPY CHF 1999-12 0.015437848403",
];
