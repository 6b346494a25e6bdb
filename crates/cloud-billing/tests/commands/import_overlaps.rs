//! Exports of one job whose days overlap: no day is billed twice, and late rows are taken.

use crate::common::world::World;

/// An export of a pay-as-you-go subscription: these days of September, ten rows each.
fn export(days: std::ops::RangeInclusive<u32>, more: &str) -> String {
    let mut text = "SubscriptionGuid,UsageDateTime,PreTaxCost,Currency,MeterId,InstanceId\n".to_owned();
    for day in days {
        // September has 30 days.
        let (month, day) = if day > 30 { (10, day - 30) } else { (9, day) };
        for row in 0..10 {
            text.push_str(&format!("s-1,2026-{month:02}-{day:02},1.00{row},CHF,m-{row},vm-{row}\n"));
        }
    }
    text + more
}

fn world(first: &str) -> World {
    let world = World::new();
    world.write("first.csv", first);
    world.done("import azure-usage -n az -f first.csv");
    world
}

#[test]
fn the_days_of_another_export_are_not_billed_again() {
    for (first, last, rows, cost) in [(16, 45, 150, "150.675"), (30, 45, 10, "10.045")] {
        let world = world(&export(1..=30, ""));
        world.write("second.csv", export(first..=last, ""));
        let refused = world.fails("import azure-usage -n az -f second.csv");
        assert!(
            refused.contains(&format!("of az/2026-09 version 1 are here again (rows: {rows}, {cost} CHF)")),
            "{refused}"
        );
        world.done("import azure-usage -n az -f second.csv --add");
    }
}

#[test]
fn days_and_costs_that_are_written_in_another_way_are_the_same_rows() {
    let export = |rows: &str| format!("SubscriptionId,Date,MeterCategory,Cost,BillingCurrency\n{rows}");
    let first = export("s1,09/29/2026,VM,29,CHF\ns1,09/30/2026,VM,30,CHF\n");
    for rows in [
        "s1,09/30/2026,VM,30,CHF\ns1,10/01/2026,VM,1,CHF\n",
        "s1,2026-09-30,VM,30,CHF\ns1,2026-10-01,VM,1,CHF\n",
        "s1,9/30/2026,VM,30,CHF\ns1,10/1/2026,VM,1,CHF\n",
        "s1,09/30/2026,VM,30.00,CHF\ns1,10/01/2026,VM,1,CHF\n",
        "s1,2026-09-30T00:00:00Z,VM,3E1,CHF\ns1,2026-10-01T00:00:00Z,VM,1,CHF\n",
    ] {
        let world = world(&first);
        world.write("second.csv", export(rows));
        let refused = world.fails("import azure-usage -n az -f second.csv");
        assert!(
            refused.contains(
                "Azure rows of 2026-09-30 of az/2026-09 version 1 are here again (rows: 1, 30 CHF)"
            ),
            "{refused}"
        );
    }
    // The whole month in the other writing is the same content.
    let world = world(&first);
    world.write("second.csv", export("s1,2026-09-29,VM,29.0,CHF\ns1,2026-09-30,VM,30,CHF\n"));
    let out = world.done("import azure-usage -n az -f second.csv").out;
    assert!(out.contains("already imported"), "{out}");
    world.write("both/a.csv", first);
    world.write("both/b.csv", export("s1,2026-09-29,VM,29,CHF\ns1,2026-09-30,VM,30,CHF\n"));
    world.fails("import azure-usage -n both -f both");
}

#[test]
fn exports_that_meet_within_a_month_are_taken() {
    let world = world(&export(16..=45, ""));
    world.write("second.csv", export(46..=60, ""));
    let out = world.done("import azure-usage -n az --period 2026-11 -f second.csv").out;
    assert!(out.contains("150.675 CHF"), "{out}");
}

#[test]
fn late_rows_are_taken_and_told() {
    let world = world(&export(1..=30, ""));
    // One of another resource, one that is a little different, and one that is the same as another of its day.
    let late = "s-1,2026-09-30,4.5,CHF,m-1,vm-77\ns-1,2026-09-29,1.0021,CHF,m-2,vm-2\ns-1,2026-09-28,1.003,CHF,m-3,vm-3\n";
    world.write("second.csv", export(31..=45, late));
    let out = world.done("import azure-usage -n az -f second.csv").out;
    assert!(out.contains("of Azure 2026-09 it has 6.5051 CHF, beside 301.35 CHF in az/2026-09"), "{out}");
}

#[test]
fn a_small_bill_is_not_billed_again_under_another_period() {
    let bill = |more: &str| {
        format!(
            "Cost,BillingCurrency,SubscriptionId,BillingPeriodStartDate,Date,MeterId\n\
             1.5,CHF,s-1,09/01/2026,09/05/2026,m-1\n2.5,CHF,s-1,09/01/2026,09/06/2026,m-1\n{more}"
        )
    };
    let world = World::new();
    world.write("first.csv", bill(""));
    world.write("second.csv", bill("4.5,CHF,s-1,09/01/2026,09/07/2026,m-1\n"));
    world.done("import azure-usage -n az --period 2026-09 -f first.csv");
    let refused = world.fails("import azure-usage -n az --period 2026-10 -f second.csv");
    assert!(refused.contains("are here again (rows: 2, 4 CHF)"), "{refused}");
}
