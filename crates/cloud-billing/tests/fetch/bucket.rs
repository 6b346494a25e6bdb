//! Documents in a bucket, of a server that checks signatures: what the newest manifest names is the bill.

use std::fs;

use serde_json::json;
use test_peers::Peer;

use crate::common::{usage, world::World};

const HEADINGS: &str = "lineItem/UsageAccountId,bill/BillingPeriodStartDate,lineItem/CurrencyCode,\
                        lineItem/LineItemType,lineItem/UnblendedCost\n";
const KEY: &str = "AKIA1";
const SECRET: &str = "hush-secret";

fn row(cost: &str) -> String {
    format!("{HEADINGS}200000000002,2026-10-01T00:00:00Z,USD,Usage,{cost}\n")
}

fn manifest(report: &str, assembly: &str, files: &[&str]) -> String {
    let key = |file: &&str| format!("cur/{report}/20261001-20261101/{assembly}/{file}");
    json!({
        "assemblyId": assembly, "reportName": report, "columns": [],
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "reportKeys": files.iter().map(key).collect::<Vec<_>>(),
    })
    .to_string()
}

/// The server, and a world that may read its buckets; none where the server cannot be had.
fn bucket() -> Option<(Peer, World)> {
    let peer = Peer::s3s_fs(KEY, SECRET)?;
    fs::create_dir_all(peer.root().join("bills")).unwrap();
    let world = World::with(&[
        ("AWS_ENDPOINT_URL", &peer.url()),
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ]);
    Some((peer, world))
}

fn put(peer: &Peer, key: &str, text: &str) {
    let path = peer.root().join("bills").join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Two assemblies of October, a file that belongs to none, and another report.
fn reports(peer: &Peer) {
    let month = "cur/rep/20261001-20261101";
    put(peer, &format!("{month}/a1/rep-1.csv"), &row("1"));
    put(peer, &format!("{month}/a1/rep-Manifest.json"), &manifest("rep", "a1", &["rep-1.csv"]));
    put(peer, &format!("{month}/a2/rep-1.csv"), &row("20"));
    put(peer, &format!("{month}/a2/rep-2.csv"), &row("300"));
    let newest = manifest("rep", "a2", &["rep-1.csv", "rep-2.csv"]);
    put(peer, &format!("{month}/a2/rep-Manifest.json"), &newest);
    put(peer, &format!("{month}/rep-Manifest.json"), &newest);
    put(peer, &format!("{month}/stray.csv"), &row("4000"));
    put(peer, "cur/other/20261001-20261101/b1/other-1.csv", &row("50000"));
    let other = manifest("other", "b1", &["other-1.csv"]);
    put(peer, "cur/other/20261001-20261101/other-Manifest.json", &other);
}

#[test]
fn the_newest_manifest_of_the_report_decides() {
    let Some((peer, mut world)) = bucket() else { return };
    reports(&peer);
    world.set("AWS_CUR_URL", "s3://bills/cur");
    let several = world.ends(1, "import aws-cur -n aws --period 2026-10");
    assert!(several.err.contains("AWS_CUR_REPORT"), "{}", several.err);
    world.set("AWS_CUR_REPORT", "rep");
    let import = &world.json("import aws-cur -n aws --period 2026-10")[0];
    assert_eq!((&import["document"], &import["totals"]["USD"]), (&json!("aws/2026-10"), &json!("320")));

    let again = world.done("import aws-cur -n aws -f s3://bills/cur/rep");
    assert!(again.out.contains("aws/2026-10 is already imported"), "{}", again.out);
    let by_name =
        "import aws-cur -n older -f s3://bills/cur/rep/20261001-20261101/a1/rep-Manifest.json --add";
    assert_eq!(world.json(by_name)[0]["totals"]["USD"], "1");
    let month = world.ends(1, "import aws-cur -n aws --period 2026-09");
    assert!(month.err.contains("there is no manifest of 2026-09"), "{}", month.err);
}

#[test]
fn a_bill_that_is_not_whole_changes_nothing() {
    let Some((peer, world)) = bucket() else { return };
    reports(&peer);
    fs::remove_file(peer.root().join("bills/cur/rep/20261001-20261101/a2/rep-2.csv")).unwrap();
    for address in ["s3://bills/cur/rep", "s3://bills/cur/rep/20261001-20261101/rep-Manifest.json"] {
        let ran = world.ends(1, &format!("import aws-cur -n aws -f {address}"));
        assert!(ran.err.contains("a2/rep-2.csv is missing, which the manifest"), "{}", ran.err);
    }
    assert_eq!(world.json("imports"), json!([]));
}

#[test]
fn an_object_that_may_be_of_the_bill_is_not_passed_over() {
    let Some((peer, world)) = bucket() else { return };
    put(&peer, "focus/part-1.csv", &usage::focus("Azure a 2026-10 1.5"));
    put(&peer, "focus/part-2", &usage::focus("Azure b 2026-10 100"));
    let message = world.fails("import focus -n focus -f s3://bills/focus");
    let told = "s3://bills/focus/part-2: this may be a part of the bill, and such a file is not read";
    assert!(message.contains(told), "{message}");
    let both = "import focus -n focus -f s3://bills/focus/part-1.csv -f s3://bills/focus/part-2";
    assert_eq!(world.json(both)[0]["totals"]["CHF"], "101.5");
}

#[test]
fn without_a_manifest_an_address_means_its_tables() {
    let Some((peer, mut world)) = bucket() else { return };
    put(&peer, "focus/2026-10/part-1.csv", &usage::focus("Azure a 2026-10 1.5"));
    put(&peer, "focus/2026-10/deep/part-2.csv", &usage::focus("Azure b 2026-10 2.25"));
    put(&peer, "focus/2026-10/notes.txt", "no table");
    let import = &world.json("import focus -n focus -f s3://bills/focus/2026-10")[0];
    assert_eq!((&import["rows"], &import["totals"]["CHF"]), (&json!(2), &json!("3.75")));
    let told = world.done("import focus -n focus -f s3://bills/focus/2026-10").err;
    assert!(told.contains("Left out, as no part of the bill: s3://bills/focus/2026-10/notes.txt"), "{told}");
    let one = world.done("import focus -n focus -f s3://bills/focus/2026-10/part-1.csv");
    assert!(one.out.contains("already imported"), "{}", one.out);
    let none = world.ends(1, "import focus -f s3://bills/nothing");
    assert!(none.err.contains("nothing is there; check the bucket and the folder"), "{}", none.err);
    world.set("AWS_CUR_URL", "s3://bills/focus");
    let unknown = world.ends(1, "import aws-cur");
    assert!(
        unknown.err.contains("s3://bills/focus: there is no manifest, so nobody knows"),
        "{}",
        unknown.err
    );
    let missing = world.ends(2, "import focus");
    assert!(missing.err.contains("or set FOCUS_URL to where they are delivered"), "{}", missing.err);
    world.set("AWS_SECRET_ACCESS_KEY", "hush-wrong");
    let refused = world.ends(1, "import focus -f s3://bills/focus/2026-10");
    assert!(
        refused.err.contains("SignatureDoesNotMatch") && !refused.err.contains("hush"),
        "{}",
        refused.err
    );
}
