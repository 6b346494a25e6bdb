//! `import -f`: files, folders, gzip and zip are one document, however they are cut.

use std::{fs, io::Write as _, process::Stdio};

use flate2::{Compression, write::GzEncoder};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::common::{Ran, usage, world::World};

const FIRST: &str = "Azure a 2026-10 1.5\nAzure b 2026-10 2.25";
const SECOND: &str = "Azure c 2026-10 10\nAzure a 2026-10 -0.5";

fn gz(text: &str) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// An archive of these files.
pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// Imports what `arguments` name from `world`, and gives rows and total of the one version that is then there.
fn check(world: &World, arguments: &str) {
    let made = world.json(&format!("import focus -n azure {arguments}"));
    let import = &world.json("imports")[0];
    assert_eq!(&made[0], import, "{arguments}");
    let of = (&import["document"], &import["version"], &import["rows"], &import["totals"]["CHF"]);
    assert_eq!(of, (&"azure/2026-10".into(), &1.into(), &4.into(), &"13.25".into()), "{arguments}");
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1), "one document, one version");
}

#[test]
fn several_files_of_one_command_are_one_document() {
    let world = World::new();
    world.write("1.csv", usage::focus(FIRST));
    world.write("2.csv", usage::focus(SECOND));
    check(&world, "-f 1.csv -f 2.csv");
    // Each of them alone is a part of it, and known.
    for part in ["1.csv", "2.csv"] {
        let again = world.done(&format!("import focus -n azure -f {part}"));
        assert!(again.out.contains("already imported"), "{}", again.out);
    }
}

#[cfg(unix)]
#[test]
fn standard_input_is_read_behind_a_pipe_and_from_a_file() {
    let bill = usage::focus(&format!("{FIRST}\n{SECOND}"));
    let world = World::new();
    world.write("bill.csv", &bill);
    let mut command = world.command("import focus -n azure -f /dev/stdin");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bill.as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("azure/2026-10 version 1: 4 rows, 0 rejected, 13.25 CHF"), "{ran:?}");
    let file = fs::File::open(world.path("bill.csv")).unwrap();
    let ran = Ran::from(world.command("import focus -n azure -f /dev/stdin").stdin(file).output().unwrap());
    assert!(ran.out.contains("azure/2026-10 is already imported"), "{ran:?}");
    let twice = world.ends(1, "import focus -n azure -f /dev/stdin -f /dev/stdin");
    assert!(twice.err.contains("the file is given twice"), "{twice:?}");
}

#[cfg(unix)]
#[test]
fn a_dash_is_standard_input_also_packed() {
    let world = World::new();
    let (first, second) = (usage::focus(FIRST), usage::focus(SECOND));
    let bill = zip(&[("1.csv", first.as_bytes()), ("2.csv", second.as_bytes())]);
    let mut command = world.command("import focus -n azure -f -");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bill).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.out.contains("azure/2026-10 version 1: 4 rows, 0 rejected, 13.25 CHF"), "{ran:?}");
    let twice = world.ends(1, "import focus -n azure -f - -f -");
    assert!(twice.err.contains("the file is given twice"), "{twice:?}");
    let help = world.done("import --help").out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("- for standard input"), "{help}");
}

#[cfg(unix)]
#[test]
fn the_output_of_a_program_is_a_file() {
    let world = World::new();
    world.write("bill.csv", usage::focus(&format!("{FIRST}\n{SECOND}")));
    let mut bash = world.other("bash");
    bash.args(["-c", "exec cloud-billing import focus -n azure -f <(cat bill.csv)"]);
    let ran = Ran::from(bash.output().unwrap());
    assert!(ran.out.contains("azure/2026-10 version 1: 4 rows, 0 rejected, 13.25 CHF"), "{ran:?}");
}

#[test]
fn doubled_headings_are_taken_only_where_they_agree() {
    let world = World::new();
    let headings =
        "BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ServiceName,BilledCost";
    world.write("bill.csv", format!("{headings}\n5,CHF,AWS,a,2026-10-01,s,1.83\n"));
    let message = world.fails("import focus -n aws -f bill.csv");
    assert!(message.contains("the headings 'BilledCost' and 'BilledCost' mean one column"), "{message}");
    world.write("bill.csv", format!("{headings}\n5,CHF,AWS,a,2026-10-01,s,5\n"));
    assert!(world.done("import focus -n aws -f bill.csv").out.contains("5 CHF"));
    let azure = "Kosten (CostInBillingCurrency),CostInBillingCurrency,BillingCurrency,SubscriptionId,Date";
    world.write("azure.csv", format!("{azure}\n1,999,CHF,s,10/01/2026\n"));
    let message = world.fails("import azure-usage -n azure -f azure.csv");
    assert!(
        message.contains("'Kosten (CostInBillingCurrency)' and 'CostInBillingCurrency' mean one"),
        "{message}"
    );
    let cur = "lineItem/UnblendedCost,lineItem/UnblendedCost,lineItem/CurrencyCode,lineItem/UsageAccountId,\
               lineItem/UsageStartDate";
    world.write("cur.csv", format!("{cur}\n1,2,CHF,000000000001,2026-10-01\n"));
    let message = world.fails("import aws-cur -n cur -f cur.csv");
    assert!(message.contains("mean one column"), "{message}");
}

#[test]
fn a_folder_is_read_with_all_that_is_below_it() {
    let world = World::new();
    world.write("export/part-1.csv", usage::focus(FIRST));
    world.write("export/deep/part-2.csv.gz", gz(&usage::focus(SECOND)));
    world.write("export/manifest.txt", "not a table");
    check(&world, "-f export");
}

#[test]
fn gzip_is_known_by_its_bytes_and_may_have_several_members() {
    let (first, second) = (usage::focus(FIRST), usage::focus(SECOND));
    let rest = second.split_once('\n').unwrap().1;
    let world = World::new();
    world.write("no-ending", [gz(&first), gz(rest)].concat());
    check(&world, "-f no-ending");
}

#[test]
fn a_zip_is_read_entry_by_entry() {
    let world = World::new();
    let (first, second) = (usage::focus(FIRST), gz(&usage::focus(SECOND)));
    world.write("export.zip", zip(&[("1.csv", first.as_bytes()), ("folder/2.csv.gz", &second)]));
    check(&world, "-f export.zip");
}

#[test]
fn windows_line_ends_a_byte_order_mark_and_the_order_of_columns_make_no_difference() {
    let world = World::new();
    let text = usage::focus(&format!("{FIRST}\n{SECOND}"));
    world.write("azure.csv", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    check(&world, "-f azure.csv");
    let reordered: Vec<String> = text
        .lines()
        .map(|line| {
            let mut fields: Vec<&str> = line.split(',').collect();
            fields.rotate_left(3);
            fields.join(",")
        })
        .collect();
    world.write("reordered.csv", reordered.join("\n"));
    let again = world.done("import focus -n azure -f reordered.csv");
    assert!(again.out.contains("already imported"), "{}", again.out);
}

#[test]
fn a_file_given_twice_and_a_folder_without_files_are_refused() {
    let world = World::new();
    world.write("1.csv", usage::focus(FIRST));
    world.write("folder/notes.txt", "nothing");
    let message = world.fails("import focus -n azure -f 1.csv -f ./1.csv");
    assert!(message.contains("1.csv"), "{message}");
    let message = world.fails("import focus -n azure -f folder");
    assert!(message.contains("folder"), "{message}");
    assert_eq!(world.json("imports"), serde_json::json!([]));
}

#[test]
fn a_copy_of_a_file_beside_it_is_not_counted_twice() {
    let text = usage::focus(FIRST);
    let copies: [(&str, Vec<u8>); 3] = [
        ("export/copy-of-1.csv", text.clone().into_bytes()),
        ("export/1.csv.gz", gz(&text)),
        ("export/1.zip", zip(&[("1.csv", text.as_bytes())])),
    ];
    for (name, content) in copies {
        let world = World::new();
        world.write("export/1.csv", &text);
        world.write(name, content);
        let message = world.fails("import focus -n azure -f export");
        assert!(message.contains("1.csv") && message.contains("twice"), "{name}: {message}");
        assert_eq!(world.json("imports"), serde_json::json!([]), "{name}");
    }
}

#[test]
fn a_file_of_no_bytes_is_an_error_and_one_of_headings_is_an_empty_document() {
    let world = World::new();
    world.write("nothing.csv", "");
    world.fails("import focus -n azure -f nothing.csv");
    world.write("headings.csv", usage::focus(""));
    world.done("import focus -n azure -f headings.csv --period 2026-10");
    let import = &world.json("imports")[0];
    assert_eq!((&import["rows"], &import["document"]), (&0.into(), &"azure/2026-10".into()));
}
