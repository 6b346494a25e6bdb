//! Files of one command, and what is added to a document: no row is billed twice, and parts are taken.

use crate::common::world::World;

const AZURE: &str = "SubscriptionId,Date,MeterCategory,MeterId,ResourceId,Tags,Cost,BillingCurrency\n";

/// Three machines that cost the same each day of October; each day comes to a little more than the day before.
fn azure(days: std::ops::RangeInclusive<u32>, machines: &[u32]) -> String {
    let mut text = AZURE.to_owned();
    for day in days {
        for machine in machines {
            text.push_str(&format!("s-1,2026-10-{day:02},VM,m-1,vm-{machine},,1.{day:02}1,CHF\n"));
        }
    }
    text
}

#[test]
fn the_whole_does_not_lie_beside_its_parts() {
    let world = World::new();
    world.write("all/all.csv", azure(1..=30, &[1, 2, 3]));
    world.write("all/p1.csv", azure(1..=15, &[1, 2, 3]));
    world.write("all/p2.csv", azure(16..=30, &[1, 2, 3]));
    let refused = world.fails("import azure-usage -n az -f all");
    assert!(
        refused.contains(
            "all/p1.csv has rows of 2026-10-01 to 2026-10-15 again that all/all.csv has too (rows: 45, 48.645 CHF), and \
             they would be billed twice"
        ),
        "{refused}"
    );
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(0));
    assert!(world.done("import azure-usage -n az -f all/p1.csv -f all/p2.csv").out.contains("104.04 CHF"));
}

#[test]
fn exports_of_the_month_to_date_do_not_lie_beside_each_other() {
    for (first, then, told) in [(10, 1, "2026-10-01 to 2026-10-10"), (10, 10, "2026-10-10")] {
        let world = World::new();
        world.write("a.csv", azure(1..=first, &[1, 2]));
        world.write("b.csv", azure(then..=20, &[1, 2]));
        let refused = world.fails("import azure-usage -n az -f a.csv -f b.csv");
        assert!(refused.contains(told), "{refused}");
        world.done("import azure-usage -n az -f a.csv");
        let refused = world.fails("import azure-usage -n az -f b.csv --add");
        assert!(refused.contains(&format!("az/2026-10 version 1 has rows of {told} already")), "{refused}");
        // A person may know better.
        world.done("import azure-usage -n other -f b.csv --add");
    }
}

#[test]
fn machines_that_cost_the_same_are_parts() {
    let world = World::new();
    world.write("parts/a.csv", azure(1..=30, &[1, 3]));
    world.write("parts/b.csv", azure(1..=30, &[2, 4]));
    let out = world.done("import azure-usage -n az -f parts").out;
    assert!(!out.contains("alike"), "{out}");
    world.write("more.csv", azure(1..=30, &[5, 6]));
    let out = world.done("import azure-usage -n az -f more.csv --add").out;
    assert!(!out.contains("alike"), "{out}");
}

#[test]
fn few_rows_alike_are_told() {
    let world = World::new();
    world.write("parts/a.csv", azure(1..=30, &[1, 3]));
    let more = azure(1..=30, &[2, 4]);
    world.write("parts/b.csv", more.clone() + "s-1,2026-10-05,VM,m-1,vm-1,,1.051,CHF\n");
    let out = world.done("import azure-usage -n az -f parts").out;
    let told = "have rows of 2026-10-05 alike (rows: 1, 1.051 CHF)";
    assert!(out.contains(&format!("parts/a.csv and parts/b.csv {told}")), "{out}");
    world.write("more.csv", azure(1..=30, &[5, 6]) + "s-1,2026-10-05,VM,m-1,vm-1,,1.051,CHF\n");
    let out = world.done("import azure-usage -n az -f more.csv --add").out;
    assert!(out.contains(&format!("what is added and az/2026-10 version 1 {told}")), "{out}");
}

#[test]
fn a_repaired_file_takes_the_place_of_the_broken_one_and_is_not_added() {
    let whole = azure(1..=10, &[1, 2]);
    let world = World::new();
    world.write("bill.csv", whole.replace("vm-2,,1.071", "vm-2,,oops"));
    world.needs_a_person("import azure-usage -n az -f bill.csv");
    world.write("bill.csv", &whole);
    let refused = world.fails("import azure-usage -n az -f bill.csv --add");
    assert!(refused.contains("has rows of 2026-10-01 to 2026-10-10 already"), "{refused}");
    world.write("row.csv", format!("{AZURE}s-1,2026-10-07,VM,m-1,vm-2,,1.071,CHF\n"));
    let out = world.needs_a_person("import azure-usage -n az -f row.csv --add");
    assert!(out.contains("oops"), "the rejection is still open: {out}");
    world.done("import azure-usage -n az -f bill.csv");
    assert_eq!(world.json("imports --rejected").as_array().map(Vec::len), Some(0));
}

/// Google's table: the standard one has a charge in one row, the detailed one by resource. Google adds up binary numbers.
fn google(detailed: bool) -> String {
    let mut text =
        "service.description,sku.id,usage_start_time,project.id,labels,cost,currency,credits,invoice.month,\
                    cost_type"
            .to_owned();
    text.push_str(if detailed { ",resource.global_name\n" } else { "\n" });
    for hour in 0..24 {
        let rows: &[(&str, &str)] =
            if detailed { &[("0.1", "vm-1"), ("0.2", "vm-2")] } else { &[("0.30000000000000004", "")] };
        for (cost, resource) in rows {
            let resource = if detailed { format!(",{resource}") } else { String::new() };
            text.push_str(&format!(
                "Compute,sku-1,2026-10-05 {hour:02}:00:00 UTC,shop,[],{cost},CHF,\"[{{\"\"name\"\": \"\"c\"\", \"\"amount\"\": \
                 -0.1}}]\",202610,regular{resource}\n"
            ));
        }
    }
    if detailed { text.replace("-0.1}", "-0.05}") } else { text }
}

#[test]
fn the_standard_and_the_detailed_table_are_one_bill() {
    let world = World::new();
    world.write("both/standard.csv", google(false));
    world.write("both/detailed.csv", google(true));
    let refused = world.fails("import gcp-bigquery -n g -f both");
    assert!(refused.contains("(rows: 24, 4.80000000000000096 CHF)"), "{refused}");
    for (first, then) in [("standard", "detailed"), ("detailed", "standard")] {
        let world = World::new();
        world.write("standard.csv", google(false));
        world.write("detailed.csv", google(true));
        world.done(&format!("import gcp-bigquery -n g -f {first}.csv"));
        let refused = world.fails(&format!("import gcp-bigquery -n g -f {then}.csv --add"));
        assert!(refused.contains("already that would be added again"), "{refused}");
    }
}

#[test]
fn the_month_in_two_formats_is_one_bill() {
    let headings = "bill/BillingPeriodStartDate,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,\
                    lineItem/ProductCode,lineItem/UsageType,lineItem/ResourceId,lineItem/CurrencyCode,lineItem/UnblendedCost,\
                    resourceTags/user:TeamName,resourceTags/user:CostCenter\n";
    let underscores = "bill_billing_period_start_date,line_item_usage_account_id,line_item_line_item_type,\
                       line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_resource_id,\
                       line_item_currency_code,line_item_unblended_cost,resource_tags\n";
    let row = |resource: u32| {
        format!(
            "2026-10-01T00:00:00Z,200000000002,Usage,2026-10-05T00:00:00Z,AmazonEC2,Box,i-{resource},USD,0.{resource}1"
        )
    };
    let (mut slash, mut map) = (headings.to_owned(), underscores.to_owned());
    for resource in 1..=40 {
        slash.push_str(&format!("{},blue,4711\n", row(resource)));
        map.push_str(&format!(
            "{},\"{{\"\"user_team_name\"\":\"\"blue\"\",\"\"user_cost_center\"\":\"\"4711\"\"}}\"\n",
            row(resource)
        ));
    }
    let world = World::new();
    world.write("both/legacy.csv", &slash);
    world.write("both/data-export.csv", &map);
    let refused = world.fails("import aws-cur -n a -f both");
    assert!(refused.contains("(rows: 40, "), "{refused}");
    // Half of it is enough.
    let half: String = map.lines().take(21).map(|line| format!("{line}\n")).collect();
    world.write("both/data-export.csv", half);
    let refused = world.fails("import aws-cur -n a -f both");
    assert!(refused.contains("(rows: 20, "), "{refused}");
}

/// Rows of an account, of which each costs a little more than the one before.
fn bill(account: &str, service: &str, cents: u32) -> String {
    let mut text =
        "BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ChargePeriodStart,ServiceName\n".to_owned();
    for day in 1..=5 {
        text.push_str(&format!("{day}.{cents},CHF,AWS,{account},2026-10-01,2026-10-0{day},{service}\n"));
    }
    text
}

#[test]
fn a_second_bill_that_was_accepted_stays_accepted() {
    let world = World::new();
    world.write("main.csv", bill("1", "S", 10));
    world.write("second.csv", bill("1", "T", 20));
    world.done("import focus -n main -f main.csv");
    assert!(
        world.fails("import focus -n second -f second.csv").contains("give --add if both are to be paid")
    );
    world.done("import focus -n second -f second.csv --add");
    // The next version of either takes the place of its own.
    world.write("main.csv", bill("1", "S", 30));
    world.write("second.csv", bill("1", "T", 40));
    assert!(world.done("import focus -n main -f main.csv").out.contains("16.5 CHF"));
    assert!(world.done("import focus -n second -f second.csv").out.contains("17 CHF"));
    // What is new beside the other one is asked about, and the way out does not lead in a circle.
    world.done(&format!("import focus -n third -f {}", {
        world.write("third.csv", bill("3", "U", 10));
        "third.csv"
    }));
    world.write(
        "more.csv",
        bill("1", "T", 40)
            + &bill("3", "T", 50).lines().skip(1).map(|row| format!("{row}\n")).collect::<String>(),
    );
    let refused = world.fails("import focus -n second -f more.csv");
    assert!(
        refused.contains("--add would also add to second/2026-10, which is in force: withdraw that first"),
        "{refused}"
    );
    world.done("import-withdraw second/2026-10 --why more");
    assert!(world.done("import focus -n second -f more.csv --add").out.contains("34.5 CHF"));
}

#[test]
fn the_same_rows_are_known_under_another_period() {
    let export = |days: std::ops::RangeInclusive<u32>| {
        let mut text =
            "SubscriptionGuid,UsageDateTime,MeterCategory,InstanceId,PreTaxCost,Currency\n".to_owned();
        for day in days {
            let (month, day) = if day > 30 { (10, day - 30) } else { (9, day) };
            text.push_str(&format!("s,2026-{month:02}-{day:02},VM,vm,1.{day:02}5,CHF\n"));
        }
        text
    };
    let again = "are here again (rows: 30, 34.8 CHF)";
    for (first, then) in [
        ("-n az", "-n az --period 2026-10"),
        ("-n az --period 2026-10", "-n az"),
        ("-n az --period 2026-10", "-n az --period 2026-09"),
        ("-n az --period 2025-10", "-n other"),
    ] {
        let world = World::new();
        world.write("usage.csv", export(1..=30));
        world.done(&format!("import azure-usage {first} -f usage.csv"));
        let refused = world.fails(&format!("import azure-usage {then} -f usage.csv"));
        assert!(refused.contains(again), "{first}, {then}: {refused}");
    }
    // Part of a longer export, and then the days that are new.
    let world = World::new();
    world.write("usage.csv", export(1..=30));
    world.done("import azure-usage -n az -f usage.csv");
    world.write("usage.csv", export(1..=45));
    assert!(world.fails("import azure-usage -n az --period 2026-10 -f usage.csv").contains(again));
    world.write("usage.csv", export(31..=45));
    world.done("import azure-usage -n az --period 2026-10 -f usage.csv");
    world.write("usage.csv", export(31..=50));
    world.done("import azure-usage -n az --period 2026-10 -f usage.csv");
}

#[test]
fn days_that_come_to_the_same_in_other_rows_are_told() {
    let export = |rows: &[(&str, &str)]| {
        let mut text =
            "SubscriptionId,Date,MeterCategory,MeterId,ResourceId,Cost,BillingCurrency\n".to_owned();
        for day in 1..=9 {
            for (meter, cost) in rows {
                text.push_str(&format!("s,2026-10-0{day},VM,{meter},/vm/A,{day}.{cost},CHF\n"));
            }
        }
        text
    };
    let world = World::new();
    world.write("both/a.csv", export(&[("m-1", "125")]));
    world.write("both/b.csv", export(&[("m-2", "125")]));
    let out = world.done("import azure-usage -n az -f both").out;
    assert!(
        out.contains(
            "both/a.csv and both/b.csv come to the same on 9 days of accounts, in other rows (46.125 CHF): make sure that they \
             are not the same bill"
        ),
        "{out}"
    );
    // Another case of the resource is the same resource.
    world.write(
        "both/b.csv",
        export(&[("m-1", "125")]).replace("/vm/A", "/VM/a") + "s,2026-10-10,VM,m-1,/vm/A,9.1,CHF\n",
    );
    let refused = world.fails("import azure-usage -n other -f both");
    assert!(refused.contains("(rows: 9, "), "{refused}");
}

#[test]
fn disjoint_days_that_come_to_the_same_are_parts() {
    let world = World::new();
    let week = |days: std::ops::RangeInclusive<u32>| {
        let rows = days.map(|day| format!("s-1,2026-10-{day:02},VM,m-1,vm-1,,2.304,CHF\n"));
        AZURE.to_owned() + &rows.collect::<String>()
    };
    world.write("a.csv", week(1..=7));
    world.write("b.csv", week(8..=14));
    world.done("import azure-usage -n az -f a.csv");
    let out = world.done("import azure-usage -n az -f b.csv --add").out;
    assert!(out.contains("32.256 CHF") && !out.contains("same bill"), "{out}");
}

#[test]
fn already_imported_tells_that_there_is_more() {
    let world = World::new();
    world.write("a.csv", azure(1..=2, &[1]));
    world.write("wrong.csv", azure(3..=4, &[1]));
    world.done("import azure-usage -n az -f a.csv -f wrong.csv");
    let out = world.done("import azure-usage -n az -f a.csv").out;
    assert!(out.contains("in force with more than this, 4 rows, 4.104 CHF: give --replace"), "{out}");
    assert!(world.done("import azure-usage -n az -f a.csv --replace").out.contains("2.032 CHF"));
}

#[test]
fn a_bill_that_was_accepted_is_no_way_in_for_the_rows_of_the_other() {
    let headings = "service.description,sku.id,usage_start_time,project.id,billing_account_id,cost,currency,credits,\
                    invoice.month\n";
    let rows = |cents: u32| {
        let row =
            |day: u32| format!("C,s,2026-10-{day:02} 00:00:00 UTC,shop,A,10.{cents}{day:02},CHF,[],202610\n");
        (1..=31).map(row).collect::<String>()
    };
    let credit = "C,s,2026-10-20 00:00:00 UTC,shop,B,-5.00,CHF,[],202610\n";
    let world = World::new();
    world.write("a.csv", headings.to_owned() + &rows(0));
    world.write("b.csv", headings.to_owned() + credit);
    world.done("import gcp-bigquery -n a -f a.csv");
    world.done("import gcp-bigquery -n credits -f b.csv --add");
    world.write("b.csv", headings.to_owned() + credit + &rows(0));
    let refused = world.fails("import gcp-bigquery -n credits -f b.csv");
    assert!(refused.contains("of a/2026-10 version 1 are here again (rows: 31, "), "{refused}");
    // Other rows are taken, and what they stand beside is told.
    world.write("b.csv", headings.to_owned() + credit + &rows(1));
    let out = world.done("import gcp-bigquery -n credits -f b.csv").out;
    assert!(out.contains("of GCP 2026-10 it has 308.596 CHF, beside 310.496 CHF in a/2026-10"), "{out}");
}

#[test]
fn a_list_that_was_accepted_beside_a_bill_is_asked_about_when_it_has_the_bill_s_charges() {
    let world = World::new();
    world.write(
        "bill.csv",
        "SubscriptionId,Date,MeterCategory,Cost,BillingCurrency,ChargeType,PricingModel,ReservationId,Term\n\
         s,2026-10-01,VM,1.125,CHF,Usage,OnDemand,,\ns,2026-10-01,VM,500,CHF,Purchase,Reservation,ro-1,P1Y\n",
    );
    let headings = "EventDate,BillingMonth,EventType,Amount,Currency,PurchasingSubscriptionGuid,ReservationOrderId,\
                    ArmSkuName,Quantity,Term,BillingFrequency\n";
    let row = |amount: u32, sku: &str| {
        format!("2026-10-01,2026-10-01,Purchase,{amount},CHF,s,ro-{amount},{sku},1,P1Y,OneTime\n")
    };
    world.write("list.csv", headings.to_owned() + &row(11, "a"));
    world.done("import azure-usage -n az -f bill.csv");
    world.done("import azure-reservations -n list -f list.csv --add");
    world.write("list.csv", headings.to_owned() + &row(12, "a"));
    let out = world.done("import azure-reservations -n list -f list.csv").out;
    assert!(out.contains("of Azure 2026-10 it has 12 CHF, beside 501.125 CHF in az/2026-10"), "{out}");
    world.write("list.csv", headings.to_owned() + &row(500, "a"));
    let refused = world.fails("import azure-reservations -n list -f list.csv");
    assert!(
        refused.contains("the reservation purchases of Azure 2026-10 are in force as part of az/2026-10"),
        "{refused}"
    );
}

#[test]
fn a_year_that_is_mistyped_is_noticed_with_the_next_export() {
    let export = |days: u32| {
        let rows = (1..=days).map(|day| format!("s,2026-10-{day:02},VM,vm,2.304,CHF\n"));
        "SubscriptionGuid,UsageDateTime,MeterCategory,InstanceId,PreTaxCost,Currency\n".to_owned()
            + &rows.collect::<String>()
    };
    let world = World::new();
    world.write("usage.csv", export(20));
    world.done("import azure-usage -n az -f usage.csv --period 2025-10");
    world.write("usage.csv", export(31));
    for job in ["az", "other"] {
        let refused = world.fails(&format!("import azure-usage -n {job} -f usage.csv --period 2026-10"));
        assert!(
            refused.contains("of az/2025-10 version 1 are here again (rows: 20, 46.08 CHF)"),
            "{refused}"
        );
    }
}

#[test]
fn what_is_charged_each_month_for_the_day_of_a_contract_is_taken_each_month() {
    let world = World::new();
    let headings =
        "BilledCost,BillingCurrency,ProviderName,SubAccountId,ServiceName,ChargeCategory,ChargePeriodStart\n";
    let rows: String =
        ["a", "b"].map(|team| format!("49.90,CHF,Atlassian,{team},Jira,Purchase,2026-01-01\n")).concat();
    world.write("m.csv", headings.to_owned() + &rows);
    for month in ["08", "09", "10"] {
        let out = world.done(&format!("import focus -n jira -f m.csv --period 2026-{month}")).out;
        assert!(out.contains("version 1: 2 rows"), "{out}");
    }
}

#[test]
fn machines_with_and_without_a_tag_are_parts() {
    let world = World::new();
    let export = |labels: &str| {
        let row = |day: u32| {
            format!("Compute,n2,2026-10-{day:02} 00:00:00 UTC,shop,\"{labels}\",0.0475,CHF,[],202610\n")
        };
        "service.description,sku.id,usage_start_time,project.id,labels,cost,currency,credits,invoice.month\n"
            .to_owned()
            + &(1..=31).map(row).collect::<String>()
    };
    world.write("both/a.csv", export("[]"));
    world.write("both/b.csv", export("[{\"\"key\"\": \"\"team\"\", \"\"value\"\": \"\"x\"\"}]"));
    let out = world.done("import gcp-bigquery -n g -f both").out;
    assert!(out.contains("2.945 CHF") && out.contains("come to the same on 31 days"), "{out}");
}

#[test]
fn equal_fees_of_two_regions_are_parts() {
    let export = |region: &str| {
        let rows = (1..=9).map(|day| {
            format!("3.125,USD,Snowflake,org,2026-10-01,2026-10-0{day},Usage,Warehouse,{region}\n")
        });
        "BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ChargePeriodStart,ChargeCategory,\
         ServiceName,RegionId\n"
            .to_owned()
            + &rows.collect::<String>()
    };
    let world = World::new();
    world.write("both/eu.csv", export("eu"));
    world.write("both/us.csv", export("us"));
    let out = world.done("import focus -n s -f both").out;
    assert!(out.contains("56.25 USD") && out.contains("come to the same on 9 days"), "{out}");
    // The same region again is the same fee.
    world.write(
        "both/us.csv",
        export("eu").replace(",Warehouse,", ",Warehouse ,")
            + "1,USD,Snowflake,org,2026-10-01,2026-10-10,Usage,Warehouse,eu\n",
    );
    world.fails("import focus -n again -f both");
}
