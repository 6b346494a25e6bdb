//! Charges that Azure tells beside its usage export, and in it: each is billed once.

use crate::common::world::World;

const USAGE: &str =
    "Cost,BillingCurrency,SubscriptionId,BillingPeriodStartDate,Date,ChargeType,Term,PublisherType\n";
const RESERVATIONS: &str = "amount,currency,eventType,billingMonth,reservationOrderId,purchasingSubscriptionGuid\n\
                            21.5,CHF,Purchase,20261001,r-1,s-1\n\
                            -1.5,CHF,Refund,20261001,r-1,s-1\n";
const MARKETPLACE: &str = "pretaxCost,currency,subscriptionGuid,billingPeriodId,publisherName\n\
                           7.25,CHF,s-1,202610,Some Publisher\n";

fn usage(rows: &str) -> String {
    format!("{USAGE}{rows}")
}

fn world(rows: &str) -> World {
    let world = World::new();
    world.write("usage.csv", usage(rows));
    world.write("reservations.csv", RESERVATIONS);
    world.write("marketplace.csv", MARKETPLACE);
    world.done("import azure-usage -n azure -f usage.csv");
    world
}

#[test]
fn additions_add_to_a_bill_without_them() {
    let world = world("100,CHF,s-1,10/01/2026,10/05/2026,Usage,,Azure\n");
    world.done("import azure-reservations -f reservations.csv");
    world.done("import AzureMarketPlaceImport -f marketplace.csv");
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "127.25");
}

#[test]
fn a_purchase_that_stands_in_the_usage_export_is_not_billed_again() {
    let world = world(
        "100,CHF,s-1,10/01/2026,10/05/2026,Usage,,Azure\n21.5,CHF,s-1,10/01/2026,10/05/2026,Purchase,12,Azure\n",
    );
    let refused = world.fails("import azure-reservations -f reservations.csv");
    assert!(
        refused.contains("the reservation purchases of Azure 2026-10 are in force as part of azure/2026-10"),
        "{refused}"
    );
    world.done("import azure-marketplace -f marketplace.csv");
    world.done("import azure-reservations -f reservations.csv --add");
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "148.75");
}

#[test]
fn nor_is_it_when_the_export_comes_later() {
    let world = world("");
    world.done("import azure-marketplace -f marketplace.csv");
    world.write("usage.csv", usage("7.25,CHF,s-1,10/01/2026,10/05/2026,Usage,,Marketplace\n"));
    let refused = world.fails("import azure-usage -n later -f usage.csv");
    assert!(refused.contains("the marketplace charges of Azure 2026-10 are in force"), "{refused}");
}

#[test]
fn a_bill_and_an_addition_to_it_are_not_one_document() {
    let world = world("100,CHF,s-1,10/01/2026,10/05/2026,Usage,,Azure\n");
    let refused = world.fails("import azure-reservations -n azure -f reservations.csv");
    assert!(refused.contains("name a job of its own with -n"), "{refused}");
}
