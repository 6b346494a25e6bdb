//! Lesson 3: an export that could not be written is written later, the same bytes, and there is no second invoice.
//! Uploads do not exist yet; the folder of exports fails in their place.

use std::fs;

use crate::common::world::World;

fn world() -> World {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc-1 }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]\n",
    );
    world.import("azure.csv", "Azure a 2026-10 12.34");
    world
}

#[test]
fn lesson_03_a_folder_that_cannot_be_written_is_found_before_anything_is_invoiced() {
    let mut world = world();
    world.write("file", "not a folder");
    world.set("EXPORT_DIR", "file");
    let message = world.fails("bill Azure --period 2026-10");
    assert!(message.contains("EXPORT_DIR") && message.contains("file"), "{message}");
    assert_eq!(world.json("invoices"), serde_json::json!([]));

    world.set("EXPORT_DIR", "out");
    assert_eq!(world.bill("Azure", "2026-10")["number"], "000001");
    assert_eq!(world.read("out/Azure.csv"), "a_1;cc-1;;;12.34;\r\n");
}

#[test]
fn lesson_03_an_export_that_failed_after_the_commit_is_written_by_the_next_run() {
    for blocked in ["Azure-000001.csv", "Azure.csv"] {
        let world = world();
        // A folder of the file's name: nothing can be written there.
        fs::create_dir(world.path(blocked)).unwrap();
        let ran = world.ends(3, "bill Azure --period 2026-10");
        assert!(ran.err.contains("invoice 000001 stands") && ran.err.contains(blocked), "{}", ran.err);
        let stored = world.json("invoice show 000001");
        assert_eq!((&stored["state"], &stored["amount"]), (&"issued".into(), &"12.34".into()));

        // As long as the place is blocked the rerun says so too, and makes no other invoice.
        world.ends(3, "bill Azure --period 2026-10");
        fs::remove_dir(world.path(blocked)).unwrap();
        world.bills_nothing("Azure", "2026-10");
        for name in ["Azure-000001.csv", "Azure.csv"] {
            assert_eq!(world.read(name), "a_1;cc-1;;;12.34;\r\n");
        }
        assert_eq!(world.json("invoices").as_array().map(Vec::len), Some(1));
        assert_eq!(world.json("invoice show 000001"), stored);
    }
}

#[test]
fn lesson_03_a_lost_file_comes_again_byte_for_byte() {
    let world = world();
    world.done("bill Azure --period 2026-10");
    let bytes = world.read("Azure-000001.csv");
    // Names and cost centres change afterwards; the file does not.
    world.apply("customers: [{ name: Alpha, cost_center: cc-2 }]\naccounts: [{ provider: Azure, id: a, name: renamed }]");
    fs::remove_file(world.path("Azure-000001.csv")).unwrap();
    assert_eq!(world.done("invoice export 000001").out, bytes);
    assert_eq!(world.read("Azure-000001.csv"), bytes);
}
