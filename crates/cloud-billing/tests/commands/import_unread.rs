//! `import -f` of folders and archives that hold other files too: nothing that may be a part of the bill is passed over.

use crate::{
    common::{usage, world::World},
    import_files::zip,
};

#[test]
fn a_folder_with_a_part_that_is_not_read_is_refused_with_the_cure() {
    for (name, cure) in [
        ("p2.csv.bz2", "unpack it, or name the files that are the bill with -f"),
        ("p2.csv.zst", "unpack it"),
        ("deep/p2.txt", "export it as CSV, JSON lines or Parquet"),
        ("part-00002", "export it as CSV, JSON lines or Parquet"),
        ("p2.xlsx", "save it as CSV"),
        ("p2.csv.crdownload", "wait until it is there completely, or delete it"),
    ] {
        let world = World::new();
        world.write("bill/p1.csv", usage::focus("Azure a 2026-10 1.5"));
        world.write(&format!("bill/{name}"), "a part of the bill");
        let message = world.fails("import focus -n azure -f bill");
        assert!(
            message.contains(&format!("error: bill/{name}: this may be a part of the bill")),
            "{message}"
        );
        assert!(message.contains(cure), "{message}");
        assert_eq!(world.json("imports"), serde_json::json!([]));
        world.done("import focus -n azure -f bill/p1.csv");
    }
}

#[test]
fn what_is_surely_no_bill_is_left_out_and_told_once() {
    let world = World::new();
    world.write("bill/p1.csv", usage::focus("Azure a 2026-10 1.5"));
    for name in ["_SUCCESS", ".p1.csv.crc", "p1.csv.sha256", "README.md"] {
        world.write(&format!("bill/{name}"), "no bill");
    }
    let told = world.done("import focus -n azure -f bill").err;
    let names = "bill/.p1.csv.crc, bill/README.md, bill/_SUCCESS, bill/p1.csv.sha256";
    assert!(told.contains(&format!("Left out, as no part of the bill: {names}")), "{told}");
    assert_eq!(told.matches("Left out").count(), 1);
}

#[test]
fn an_archive_is_read_in_all_forms_and_refused_for_others() {
    let row = |id: &str| {
        format!(
            "{{\"cost\":1,\"credits\":[],\"currency\":\"CHF\",\"invoice\":{{\"month\":\"202610\"}},\
             \"project\":{{\"id\":\"{id}\"}},\"billing_account_id\":\"b\"}}\n"
        )
    };
    let (one, two) = (row("a"), row("b"));
    let world = World::new();
    world.write("bill.zip", zip(&[("1.json", one.as_bytes()), ("2.jsonl", two.as_bytes()), ("a.md", b"x")]));
    let ran = world.done("import gcp-bigquery -n gcp -f bill.zip");
    assert!(ran.out.contains("2 rows, 0 rejected, 2 CHF"), "{ran:?}");
    assert!(ran.err.contains("bill.zip/a.md"), "{ran:?}");
    world.write("bill.zip", zip(&[("1.json", one.as_bytes()), ("2.orc", b"x"), ("more.7z", b"x")]));
    let message = world.fails("import gcp-bigquery -n other -f bill.zip");
    assert!(message.contains("bill.zip/2.orc: this may be a part of the bill"), "{message}");
    assert!(message.contains("(and 1 more such files)"), "{message}");
}
