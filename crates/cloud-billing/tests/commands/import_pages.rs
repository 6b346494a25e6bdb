//! Lists and exports of which a part is missing are no bill.

use crate::common::world::World;

fn page(amount: &str, rest: &str) -> String {
    format!(
        r#"{{"value":[{{"properties":{{"amount":{amount},"currency":"CHF","eventType":"Purchase","billingMonth":"20261001",
        "reservationOrderId":"r","purchasingSubscriptionGuid":"s-1"}}}}]{rest}}}"#
    )
}

#[test]
fn the_first_page_of_an_answer_is_not_the_list() {
    let world = World::new();
    world.write("1.json", page("1.5", r#","nextLink":"https://management.azure.com/next""#));
    world.write("2.json", page("2.5", ""));
    let refused = world.fails("import azure-reservations -f 1.json");
    assert!(refused.contains("1.json, line 2: this is the first page of a longer list"), "{refused}");
    let import = world.json("import azure-reservations -f 1.json -f 2.json");
    assert_eq!(import[0]["totals"]["CHF"], "4");
    world.write("accounts.json", r#"{"Accounts":[{"Id":"111111111111","Name":"a"}],"NextToken":"t"}"#);
    let refused = world.fails("import aws-accounts -f accounts.json");
    assert!(refused.contains("the first page of a longer list"), "{refused}");
}

/// A run of an Azure export with one file of one row.
fn run(world: &World, counts: &str, rows: &str) {
    world.write(
        "e/20261001-20261031/r/part_0.csv",
        "Cost,BillingCurrency,SubscriptionId,Date\n5,CHF,s,10/01/2026\n",
    );
    world.write(
        "e/20261001-20261031/r/manifest.json",
        format!(
            r#"{{"exportConfig":{{"exportName":"e","type":"ActualCost"}},{counts}
            "runInfo":{{"submittedTime":"2026-10-02T00:00:00Z","startDate":"2026-10-01T00:00:00"}},
            "blobs":[{{"blobName":"e/20261001-20261031/r/part_0.csv"{rows}}}]}}"#
        ),
    );
}

#[test]
fn an_export_has_what_its_manifest_counts() {
    for (counts, rows, told) in [
        (r#""blobCount":3,"#, "", "its blobCount is 3, but it names 1"),
        (r#""blobCount":1,"dataRowCount":1000,"#, "", "the file has 1 row, but its manifest says 1000"),
        ("", r#","dataRowCount":1000"#, "the file has 1 row, but its manifest says 1000"),
        (
            r#""dataRowCount":7,"#,
            r#","dataRowCount":1"#,
            "its dataRowCount is 7, but those of its blobs come to 1",
        ),
    ] {
        let world = World::new();
        run(&world, counts, rows);
        for files in ["e", "e/20261001-20261031/r/manifest.json"] {
            let refused = world.fails(&format!("import azure-usage -f {files}"));
            assert!(refused.contains(told), "{refused}");
        }
        assert_eq!(world.json("imports"), serde_json::json!([]));
    }
    let world = World::new();
    run(&world, r#""blobCount":1,"dataRowCount":1,"#, r#","dataRowCount":1"#);
    world.done("import azure-usage -f e");
}

#[test]
fn rows_of_google_without_credits_are_no_bill() {
    let world = World::new();
    let row = |credits: &str| {
        format!(
            r#"{{"cost":1.5,"currency":"CHF","invoice":{{"month":"202610"}},"project":{{"id":"p"}}{credits}}}"#
        )
    };
    world.write("rows.jsonl", row(""));
    let refused = world.fails("import gcp-bigquery -f rows.jsonl");
    assert!(refused.contains("rows.jsonl: no row has credits"), "{refused}");
    world.write("rows.jsonl", row(r#","credits":[{"Amount":-0.5}]"#));
    assert_eq!(world.json("import gcp-bigquery -f rows.jsonl")[0]["totals"]["CHF"], "1");
}
