//! Exchange rates by address.

use test_peers::{Reply, Scripted};

use crate::common::world::World;

/// The days of April 2026 on which there were rates.
const DAYS: [u8; 20] = [1, 2, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24, 27, 28, 29, 30];

fn month() -> String {
    let days: String = DAYS.iter().rev().map(|day| format!("2026-04-{day:02},1.25,0.95,\n")).collect();
    format!("Date,USD,CHF,\n{days}")
}

#[test]
fn rates_are_fetched_and_an_open_address_is_refused() {
    let server = Scripted::handling(|number, _| match number {
        0 => Reply::status(503),
        _ => Reply::ok(month()),
    });
    let world = World::new();
    world.done(&format!("fx import --url {}", server.url("/rates.csv?key=hush")));
    assert_eq!(server.seen().len(), 2, "a passing failure is tried again");
    let rates = world.json("fx");
    assert!(rates.to_string().contains("\"0.76\""), "{rates}");
    assert!(!rates.to_string().contains("hush"), "{rates}");
    let open = world.ends(1, "fx import --url http://rates.example.com/rates.csv?key=hush");
    assert!(
        open.err.contains("http://rates.example.com/rates.csv: rates are taken from https addresses only")
    );
    assert!(!open.err.contains("hush"), "{}", open.err);
}
