//! Several ledgers that keep their detail in one place.

use crate::common::{usage, world::World};

const CATALOG: &str = "
customers: [{ name: Team, cost_center: '1' }]
accounts: [{ provider: Azure, id: shop, customer: Team }]
";

/// Imports a bill into a ledger of the folder.
fn import(world: &mut World, ledger: &str, amount: &str) {
    world.set("DATABASE_PATH", ledger);
    world.write("bill.csv", usage::focus(&format!("Azure shop 2026-10 {amount}")));
    world.done("import focus -n azure -f bill.csv --replace");
}

/// The ledger's line items of its first invoice line are all there.
fn explains(world: &mut World, ledger: &str, number: &str, amount: &str) {
    world.set("DATABASE_PATH", ledger);
    let shown = world.done(&format!("explain {number}/1 --rows -o json")).out;
    assert!(shown.contains(&format!("\"{amount}\"")), "{ledger}: {shown}");
}

fn bill(world: &mut World, ledger: &str) -> String {
    world.set("DATABASE_PATH", ledger);
    world.apply(CATALOG);
    world.bill("Azure", "2026-10")["number"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_ledger_leaves_the_detail_of_the_first_alone() {
    let mut world = World::with(&[("DETAIL_URL", "file:detail")]);
    import(&mut world, "one.db", "1.5");
    let one = bill(&mut world, "one.db");
    import(&mut world, "two.db", "2.5");
    let two = bill(&mut world, "two.db");
    import(&mut world, "one.db", "3.5");
    explains(&mut world, "one.db", &one, "1.5");
    explains(&mut world, "two.db", &two, "2.5");
}

#[test]
fn a_restored_backup_leaves_the_detail_of_what_came_after_it_alone() {
    let mut world = World::with(&[("DETAIL_URL", "file:detail")]);
    import(&mut world, "ledger.db", "1.5");
    std::fs::copy(world.path("ledger.db"), world.path("backup.db")).unwrap();
    import(&mut world, "ledger.db", "2.5");
    let number = bill(&mut world, "ledger.db");
    // The backup does not know of that, and is the same ledger all the same.
    import(&mut world, "backup.db", "4.5");
    explains(&mut world, "ledger.db", &number, "2.5");
}
