//! `bill --draft` and `invoice issue`: drafts count for nothing until they are issued.

use serde_json::json;

use super::bill::month;
use crate::common::world::{World, column};

fn draft(world: &World) -> String {
    let made = world.json("bill Azure --period 2026-10 --draft");
    assert_eq!(made[0]["state"], "draft");
    made[0]["number"].as_str().unwrap().to_owned()
}

#[test]
fn a_draft_writes_no_export_and_counts_for_nothing() {
    let world = month();
    let number = draft(&world);
    assert_eq!(world.exports(), []);
    assert_eq!(world.reconciled("Azure", "2026-10")["open"], "33.01");
    assert_eq!(column(&world.json("invoices"), "state"), ["draft"]);
    world.fails(&format!("invoice export {number}"));
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "33.81");
}

#[test]
fn there_is_one_draft_of_a_target() {
    let world = month();
    draft(&world);
    let second = draft(&world);
    world.json("bill AWS --period 2026-10 --draft");
    let drafts = world.json("invoices");
    assert_eq!(column(&drafts, "target"), ["Azure", "AWS"]);
    assert_eq!(column(&drafts, "number")[0], second);
}

#[test]
fn an_issued_draft_is_the_invoice_that_it_showed() {
    let world = month();
    let number = draft(&world);
    let shown = world.json(&format!("invoice show {number}"));
    world.done(&format!("invoice issue {number}"));
    let issued = world.json(&format!("invoice show {number}"));
    assert_eq!((&issued["lines"], &issued["state"]), (&shown["lines"], &"issued".into()));
    assert_eq!(world.read("Azure.csv"), world.read(&format!("Azure-{number}.csv")));
    world.bills_nothing("Azure", "2026-10");
    let message = world.fails(&format!("invoice issue {number}"));
    assert!(message.contains("issued"), "{message}");
    world.reconciles();
}

/// Something that happens between a draft and its issue.
type Change = fn(&World);

#[test]
fn a_draft_that_is_no_longer_right_is_refused() {
    let changes: [(&str, Change); 4] = [
        ("other cost", |world| {
            world.import("azure.csv", "Azure a 2026-10 10.02\nAzure b 2026-10 20\nAzure b 2026-10 3");
        }),
        ("another factor", |world| {
            world.apply("accounts: [{ provider: Azure, id: b, charge_factor: 1.2 }]");
        }),
        ("another name", |world| {
            world.apply("accounts: [{ provider: Azure, id: b, name: renamed }]");
        }),
        ("an invoice in between", |world| {
            world.bill("Azure", "2026-10");
        }),
    ];
    for (what, change) in changes {
        let world = month();
        let number = draft(&world);
        change(&world);
        let before = world.json("invoices");
        let message = world.fails(&format!("invoice issue {number}"));
        assert!(message.contains(&number) && message.contains("bill Azure --draft"), "{what}: {message}");
        assert_eq!(world.json("invoices"), before, "{what}");
        assert!(!world.has(&format!("Azure-{number}.csv")), "{what}");
    }
}

#[test]
fn a_draft_with_nothing_in_it_any_more_goes_away() {
    let world = month();
    draft(&world);
    world.bill("Azure", "2026-10");
    assert_eq!(world.json("bill Azure --period 2026-10 --draft"), json!([]));
    assert_eq!(column(&world.json("invoices"), "state"), ["issued"]);
}
