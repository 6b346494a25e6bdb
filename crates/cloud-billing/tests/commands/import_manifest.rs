//! `import -f FOLDER` and `-f MANIFEST`, where a provider's manifest says which files are the bill.

use std::fs;

use crate::common::{report, world::World};

/// A copy of a bucket.
fn bucket(world: &World) {
    for (key, content) in report::bucket() {
        world.write(&format!("bucket/{key}"), content);
    }
}

#[test]
fn a_folder_means_the_files_of_its_newest_manifest() {
    for files in
        ["bucket", "bucket/cur/rep/20261001-20261101", "bucket/cur/rep/20261001-20261101/rep-Manifest.json"]
    {
        let world = World::new();
        bucket(&world);
        let import = &world.json(&format!("import aws-cur -n aws -f {files}"))[0];
        assert_eq!(import["totals"]["USD"], "320", "{files}");
        assert_eq!((&import["document"], &import["rows"]), (&"aws/2026-10".into(), &2.into()), "{files}");
    }
}

#[test]
fn tables_beside_a_delivery_are_left_out_and_told() {
    let world = World::new();
    bucket(&world);
    world.write("bucket/other/portal.csv", "a,b\n1,2\n");
    let told = world.done("import aws-cur -n aws -f bucket").err;
    assert!(told.contains("Left out, as no part of the bill: bucket/"), "{told}");
    assert!(told.contains("bucket/other/portal.csv"), "{told}");
    assert!(!told.contains("/a1/"), "what an older manifest names is no stray: {told}");
}

#[test]
fn a_manifest_by_name_may_be_an_older_one() {
    let world = World::new();
    bucket(&world);
    let import =
        &world.json("import aws-cur -n aws -f bucket/cur/rep/20261001-20261101/a1/rep-Manifest.json")[0];
    assert_eq!(import["totals"]["USD"], "1");
}

#[test]
fn a_missing_file_and_a_missing_month_change_nothing() {
    let world = World::new();
    bucket(&world);
    let ran = world.run("import aws-cur -n aws -f bucket --period 2026-09");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("bucket: there is no manifest of 2026-09"), "{}", ran.err);
    fs::remove_file(world.path("bucket/cur/rep/20261001-20261101/a2/rep-2.csv")).unwrap();
    let ran = world.run("import aws-cur -n aws -f bucket");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("a2/rep-2.csv is missing, which the manifest"), "{}", ran.err);
    assert_eq!(world.json("imports"), serde_json::json!([]));
}

#[test]
fn an_amortised_azure_export_is_known_by_its_manifest() {
    let world = World::new();
    let run = |kind: &str| {
        format!(
            r#"{{"exportConfig":{{"exportName":"e","type":"{kind}"}},
            "runInfo":{{"submittedTime":"2026-10-02T00:00:00Z","startDate":"2026-10-01T00:00:00"}},
            "blobs":[{{"blobName":"e/20261001-20261031/r/part_0_0001.csv","byteCount":null,"dataRowCount":null}}]}}"#
        )
    };
    world.write(
        "e/20261001-20261031/r/part_0_0001.csv",
        "Cost,BillingCurrency,SubscriptionId,Date\n5,CHF,s,10/01/2026\n",
    );
    world.write("e/20261001-20261031/r/manifest.json", run("AmortizedCost"));
    let ran = world.run("import azure-usage -f e");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("this is an amortised cost export"), "{}", ran.err);
    world.write("e/20261001-20261031/r/manifest.json", run("ActualCost"));
    assert_eq!(world.json("import azure-usage -f e")[0]["totals"]["CHF"], "5");
}

#[test]
fn the_period_of_the_manifest_is_that_of_rows_without_one() {
    let world = World::new();
    bucket(&world);
    let few = "lineItem/UsageAccountId,lineItem/UsageStartDate,lineItem/CurrencyCode,lineItem/UnblendedCost\n\
               200000000002,2026-09-30T23:00:00Z,USD,7\n";
    world.write("bucket/cur/rep/20261001-20261101/a1/rep-1.csv", few);
    let import =
        &world.json("import aws-cur -n aws -f bucket/cur/rep/20261001-20261101/a1/rep-Manifest.json")[0];
    assert_eq!(
        (&import["document"], &import["periods"]),
        (&"aws/2026-10".into(), &serde_json::json!(["2026-10"]))
    );
}

#[test]
fn a_manifest_names_only_files_of_its_own_delivery() {
    let world = World::new();
    bucket(&world);
    world.write("bucket/other/secret.csv", world.read("bucket/cur/rep/20261001-20261101/a1/rep-1.csv"));
    let path = "bucket/cur/rep/20261001-20261101/a1/rep-Manifest.json";
    let manifest = world.read(path);
    let key = "cur/rep/20261001-20261101/a1/rep-1.csv";
    assert!(manifest.contains(key), "{manifest}");
    let secret = world.path("bucket/other/secret.csv").display().to_string();
    for (foreign, message) in [
        ("../../../../other/secret.csv", "which leads out of the folder that it stands in"),
        ("other/secret.csv", "the file other/secret.csv is missing, which the manifest"),
        (&*secret, "is missing, which the manifest"),
    ] {
        world.write(path, manifest.replace(key, foreign));
        let told = world.fails(&format!("import aws-cur -n aws -f {path}"));
        assert!(told.contains(message), "{told}");
    }
    assert_eq!(world.json("imports"), serde_json::json!([]));
}
