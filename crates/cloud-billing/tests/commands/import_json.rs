//! `import -f` of JSON: only rows count, and nothing that stands between them is passed over.

use crate::common::world::World;

fn row(id: &str, more: &str) -> String {
    format!(
        "{{\"cost\":1.5,\"credits\":[],\"currency\":\"CHF\",\"invoice\":{{\"month\":\"202610\"}},\
         \"project\":{{\"id\":\"{id}\"}},\"billing_account_id\":\"b\"{more}}}"
    )
}

#[test]
fn something_between_rows_refuses_the_file_with_its_line() {
    let (one, two) = (row("a", ""), row("b", ""));
    for text in [
        format!("[{one}\n,\"cost\":5,{two}]"),
        format!("[{one}\nlost garbage 77 {two}]"),
        "[\n1,2,3]".to_owned(),
        "[\nnull]".to_owned(),
        format!("{{\"value\":[{one}\n,[{two}]]}}"),
        format!("{{\"value\":[{one}],\n\"value\":[{two}]}}"),
        format!("{one}\n5"),
    ] {
        let world = World::new();
        world.write("bill.json", &text);
        let message = world.fails("import gcp-bigquery -n gcp -f bill.json");
        assert!(
            message.contains("bill.json, line 2: something stands here between the rows"),
            "{text}: {message}"
        );
        assert_eq!(world.json("imports"), serde_json::json!([]), "{text}");
    }
}

#[test]
fn a_page_keeps_what_stands_around_its_rows() {
    let world = World::new();
    world.write("bill.json", format!("{{\"count\":1,\"value\":[{}],\"next\":null}}", row("a", "")));
    let ran = world.done("import gcp-bigquery -n gcp -f bill.json");
    assert!(ran.out.contains("1 row, 0 rejected, 1.5 CHF"), "{ran:?}");
}

#[test]
fn a_row_that_is_not_clear_is_rejected_alone() {
    for (more, reason) in [
        (",\"cost\":9", "the row has two fields of one name"),
        (",\"sku\":{\"description\":\"a\",\"description\":\"b\"}", "the row has two fields of one name"),
        (",\"location\":{\"region\":\"x\\ud800\"}", "the row has half a letter in a text"),
    ] {
        let world = World::new();
        world.write("bill.jsonl", format!("{}\n{}\n{}\n", row("a", ""), row("b", more), row("c", "")));
        let ran = world.ends(3, "import gcp-bigquery -n gcp -f bill.jsonl");
        assert!(ran.out.contains("2 rows, 1 rejected, 3 CHF"), "{more}: {ran:?}");
        assert!(ran.err.contains("bill.jsonl line 2") && ran.err.contains(reason), "{more}: {ran:?}");
    }
}
