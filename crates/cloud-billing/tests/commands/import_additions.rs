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

/// Each pair of a bill and a list, in both orders: the second one is refused with this, and changes nothing.
fn refused_in_both_orders(bill: (&str, &str), list: (&str, &str), told: &str) {
    for [first, second] in [[bill, list], [list, bill]] {
        let world = World::new();
        world.write("first.csv", first.1);
        world.write("second.csv", second.1);
        world.done(&format!("import {} -n first -f first.csv", first.0));
        let refused = world.fails(&format!("import {} -n second -f second.csv", second.0));
        assert!(refused.contains(told) && refused.contains("--add"), "{refused}");
        assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1));
        world.done(&format!("import {} -n second -f second.csv --add", second.0));
    }
}

fn reservation(event: &str, amount: &str, month: &str) -> String {
    format!(
        "amount,currency,eventType,billingMonth,reservationOrderId,purchasingSubscriptionGuid\n\
         {amount},CHF,{event},{month}01,r-1,s-1\n"
    )
}

#[test]
fn the_price_of_a_reservation_is_known_without_its_term() {
    let headings = "Cost,BillingCurrency,SubscriptionId,BillingPeriodStartDate,Date,ChargeType,PricingModel,\
                    ReservationId,ConsumedService\n";
    for (row, event, amount) in [
        ("500,CHF,s-1,10/01/2026,10/05/2026,Purchase,Reservation,,", "Purchase", "500"),
        ("500,CHF,s-1,10/01/2026,10/05/2026,Purchase,,R1,", "Purchase", "500"),
        ("500,CHF,s-1,10/01/2026,10/05/2026,Purchase,,,Microsoft.Capacity", "Purchase", "500"),
        ("-500,CHF,s-1,10/01/2026,10/05/2026,Refund,Reservation,R1,", "Refund", "-500"),
    ] {
        refused_in_both_orders(
            ("azure-usage", &format!("{headings}{row}\n")),
            ("azure-reservations", &reservation(event, amount, "202610")),
            "the reservation purchases of Azure 2026-10 are in force as part of first/2026-10",
        );
    }
}

#[test]
fn any_purchase_may_be_one_where_no_column_tells() {
    refused_in_both_orders(
        (
            "azure-usage",
            "Cost,BillingCurrency,SubscriptionId,BillingPeriodStartDate,Date,ChargeType\n\
             500,CHF,s-1,10/01/2026,10/05/2026,Purchase\n",
        ),
        ("azure-reservations", &reservation("Purchase", "500", "202610")),
        "the reservation purchases of Azure 2026-10 are in force",
    );
}

const FOCUS: &str = "BilledCost,BillingCurrency,ProviderName,PublisherName,SubAccountId,BillingPeriodStart,\
                     ChargeCategory,ServiceName,CommitmentDiscountId,x_PublisherCategory\n";

#[test]
fn nor_does_it_need_its_kind_in_a_focus_file() {
    let row = "500,CHF,Microsoft,Microsoft,/subscriptions/s-1,2026-10-01,Purchase,SVC,/r/1,\n";
    refused_in_both_orders(
        ("focus", &format!("{FOCUS}{row}")),
        ("azure-reservations", &reservation("Purchase", "500", "202610")),
        "the reservation purchases of Azure 2026-10 are in force",
    );
}

#[test]
fn other_publishers_are_known_in_a_focus_file() {
    for publisher in
        ["Acme,/subscriptions/s-1,2026-10-01,Usage,SVC,,Vendor", "Acme,s-1,2026-10-01,Usage,SVC,,"]
    {
        refused_in_both_orders(
            ("focus", &format!("{FOCUS}33.3,CHF,Microsoft,{publisher}\n")),
            ("azure-marketplace", &MARKETPLACE.replace("7.25", "33.3")),
            "the marketplace charges of Azure 2026-10 are in force",
        );
    }
}

#[test]
fn a_purchase_that_the_list_has_in_the_next_month_is_not_billed_again() {
    let bill = usage("500,CHF,s-1,10/01/2026,10/31/2026,Purchase,12,Azure\n");
    let told = "comes to 500 CHF, as one of 2026-1";
    refused_in_both_orders(
        ("azure-usage", &bill),
        ("azure-reservations", &reservation("Purchase", "500", "202611")),
        told,
    );
    // Another amount is another purchase.
    let world = World::new();
    world.write("usage.csv", bill);
    world.write("reservations.csv", reservation("Purchase", "510", "202611"));
    world.done("import azure-usage -f usage.csv");
    world.done("import azure-reservations -f reservations.csv");
}
