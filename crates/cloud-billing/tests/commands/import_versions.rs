//! `import --add` and `--replace`, `import-diff`, `import-withdraw`: the versions of a document.

use serde_json::json;

use crate::common::{
    usage,
    world::{World, column, keys},
};

const FOUR: &str = "Azure a 2026-10 1\nAzure b 2026-10 2\nAzure c 2026-10 3\nAzure d 2026-10 4";

#[test]
fn the_next_import_of_job_and_period_is_the_next_version_and_takes_its_place() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.import("azure.csv", &FOUR.replace("2026-10 4", "2026-10 4.5"));
    let imports = world.json("imports");
    let short: Vec<_> =
        imports.as_array().unwrap().iter().map(|row| (&row["version"], &row["in_force"])).collect();
    assert_eq!(short, [(&json!(1), &json!(false)), (&json!(2), &json!(true))]);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "10.5");
    // Going back to the first content is a change too.
    world.import("azure.csv", FOUR);
    assert_eq!(world.json("imports")[2]["version"], 3);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "10");
}

#[test]
fn the_final_bill_brings_invoice_numbers_and_amortised_costs() {
    let world = World::new();
    let headings = "bill/InvoiceId,bill/BillingPeriodStartDate,lineItem/UsageAccountId,lineItem/LineItemType,\
                    lineItem/CurrencyCode,lineItem/UnblendedCost,reservation/EffectiveCost";
    let bring = |invoice: &str, effective: &str| {
        let row = format!("{invoice},2026-10-01,1,DiscountedUsage,USD,10.5,{effective}");
        world.write("cur.csv", format!("{headings}\n{row}\n"));
        world.done("import aws-cur -n aws -f cur.csv").out
    };
    let preliminary = bring("", "5");
    assert!(preliminary.starts_with("aws/2026-10 version 1: "), "{preliminary}");
    let numbered = bring("EUINCH26-1", "5");
    assert!(numbered.starts_with("aws/2026-10 version 2: "), "{numbered}");
    assert_eq!(column(&world.json("imports --invoices"), "invoice"), ["EUINCH26-1"]);
    let amortised = bring("EUINCH26-1", "7");
    assert!(amortised.starts_with("aws/2026-10 version 3: "), "{amortised}");
    assert!(bring("EUINCH26-1", "7").contains("already imported"));
}

#[test]
fn documents_of_other_jobs_and_periods_stay_in_force() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.import("azure.csv", &FOUR.replace("2026-10", "2026-11"));
    world.import("aws.csv", "AWS x 2026-10 100");
    let imports = world.json("imports");
    assert_eq!(column(&imports, "document"), ["azure/2026-10", "azure/2026-11", "aws/2026-10"]);
    assert!(imports.as_array().unwrap().iter().all(|row| row["in_force"] == true));
}

#[test]
fn add_joins_new_rows_to_the_document_and_the_same_ones_only_once() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.write("late.csv", usage::focus("Azure a 2026-10 0.25\nAzure e 2026-10 5"));
    world.done("import focus -n azure -f late.csv --add");
    let import = &world.json("imports")[1];
    assert_eq!(
        (&import["version"], &import["rows"], &import["totals"]["CHF"]),
        (&2.into(), &6.into(), &"15.25".into())
    );
    let again = world.done("import focus -n azure -f late.csv --add");
    assert!(again.out.contains("already imported"), "{}", again.out);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "15.25");
}

#[test]
fn content_that_is_partly_in_force_is_not_added() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.write("half.csv", usage::focus("AWS x 2026-10 7"));
    world.write("azure-again.csv", usage::focus(FOUR));
    let message = world.fails("import focus -n azure -f half.csv -f azure-again.csv --add");
    assert!(message.contains("Azure 2026-10") && message.contains("billed twice"), "{message}");
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_version_with_much_less_is_refused_without_replace() {
    let world = World::new();
    world.import("azure.csv", &format!("{FOUR}\nAzure a 2026-10 5 service=Storage\nAWS x 2026-10 6"));
    let cases = [
        ("fewer than half the rows", "Azure a 2026-10 1\nAWS x 2026-10 6", "rows"),
        ("fewer than half the accounts", "AWS x 2026-10 6\nAWS x 2026-10 7\nAzure a 2026-10 8", "accounts"),
        ("a provider gone", &format!("{FOUR}\nAzure e 2026-10 1"), "AWS"),
        ("nothing at all", "", "rows"),
    ];
    for (what, rows, named) in cases {
        world.write("less.csv", usage::focus(rows));
        let message = world.fails("import focus -n azure --period 2026-10 -f less.csv");
        assert!(message.contains("--replace") && message.contains(named), "{what}: {message}");
        assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1), "{what}");
    }
    world.done("import focus -n azure --period 2026-10 -f less.csv --replace");
    let imports = world.json("imports");
    assert_eq!((&imports[1]["version"], &imports[1]["rows"]), (&2.into(), &0.into()));
    world.reconciles();
}

#[test]
fn exactly_half_the_rows_and_accounts_are_taken() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.import("azure.csv", "Azure a 2026-10 1\nAzure b 2026-10 9");
    assert_eq!(world.json("imports")[1]["version"], 2);
}

#[test]
fn replace_makes_a_version_of_the_same_content_too() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.done("import focus -n azure -f azure.csv --replace");
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(2));
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "10");
}

#[test]
fn the_difference_of_two_versions_is_told_by_account_service_and_category() {
    let world = World::new();
    world.import("azure.csv", FOUR);
    world.import(
        "azure.csv",
        "Azure a 2026-10 1.5\nAzure b 2026-10 2\nAzure c 2026-10 3\nAzure d 2026-10 -4 category=Credit",
    );
    let changes = world.json("import-diff azure/2026-10 1 2");
    assert_eq!(
        keys(&changes[0]),
        ["provider", "account", "service", "charge_category", "currency", "before", "after", "difference"]
    );
    assert_eq!(column(&changes, "account"), ["a", "d", "d"]);
    assert_eq!(column(&changes, "charge_category"), ["Usage", "Credit", "Usage"]);
    assert_eq!(column(&changes, "before"), ["1", "0", "4"]);
    assert_eq!(column(&changes, "after"), ["1.5", "-4", "0"]);
    assert_eq!(column(&changes, "difference"), ["0.5", "-4", "-4"]);
    assert_eq!(world.json("import-diff azure/2026-10 2 2"), json!([]));
    let message = world.fails("import-diff azure/2026-10 1 3");
    assert!(message.contains("no version 3"), "{message}");
    world.fails("import-diff azure/2026-11 1 2");
}

#[test]
fn a_difference_keeps_currencies_and_signs_apart() {
    let world = World::new();
    world.import(
        "azure.csv",
        "Azure a 2026-10 10 currency=USD\nAzure a 2026-10 -2.5 category=Credit\nAzure b 2026-10 4\nAzure b 2026-10 0.125",
    );
    world.import(
        "azure.csv",
        "Azure a 2026-10 10\nAzure a 2026-10 -3 category=Credit\nAzure b 2026-10 4.125\nAzure c 2026-10 -0.0000001",
    );
    let changes = world.json("import-diff azure/2026-10 1 2");
    let short = |row: &serde_json::Value| {
        ["account", "charge_category", "currency", "before", "after", "difference"]
            .map(|key| row[key].as_str().unwrap())
            .join(" ")
    };
    let short: Vec<String> = changes.as_array().unwrap().iter().map(short).collect();
    assert_eq!(
        short,
        [
            "a Credit CHF -2.5 -3 -0.5",
            "a Usage CHF 0 10 10",
            "a Usage USD 10 0 -10",
            "c Usage CHF 0 -0.0000001 -0.0000001"
        ]
    );
    // The list says the same, a line for each.
    let table = world.done("import-diff azure/2026-10 1 2").out;
    assert_eq!(table.lines().count(), 5, "{table}");
}

/// An Azure export and the provider's FOCUS file of the same month and subscription.
#[test]
fn the_same_month_through_another_importer_is_not_billed_twice() {
    let world = World::new();
    world.write(
        "usage.csv",
        "SubscriptionGuid,UsageDateTime,PreTaxCost,Currency,MeterCategory\n\
         0f6c-aa,2026-10-02,10.125,CHF,Storage\n0f6c-aa,2026-10-03,2.0625,CHF,Storage\n",
    );
    world.done("import azure-usage -n usage -f usage.csv");
    world.write("month.csv", usage::focus("Azure 0f6c-aa 2026-10 12.1875 service=Storage"));
    let told = world.fails("import focus -n focus -f month.csv");
    for word in ["usage/2026-10", "12.1875 CHF there and to 12.1875 CHF here", "--add", "billed twice"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // Under another account id the total gives it away.
    world.write("other.csv", usage::focus("Azure billing-1 2026-10 12.1875"));
    let told = world.fails("import focus -n focus -f other.csv");
    assert!(
        told.contains("Azure 2026-10 comes to 12.1875 CHF in usage/2026-10 version 1 and here"),
        "{told}"
    );
    assert_eq!(world.json("imports").as_array().map(Vec::len), Some(1));
    // Under the same job and month it is the next version.
    world.done("import focus -n usage -f month.csv");
    assert_eq!(column(&world.json("imports"), "document"), ["usage/2026-10", "usage/2026-10"]);
    assert_eq!(world.reconciled("Azure", "2026-10")["provider_total"], "12.1875");
}

#[test]
fn amortised_cost_is_kept_beside_the_billed_one_and_never_billed() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: AWS, id: a, customer: Alpha }]",
    );
    let file = |cost: &str, effective: &str| {
        format!(
            "BilledCost,EffectiveCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ServiceName\n\
             {cost},{effective},CHF,AWS,a,2026-10-01,Compute\n"
        )
    };
    world.write("aws.csv", file("0", "77.5"));
    world.done("import focus -n aws -f aws.csv");
    world.bills_nothing("AWS", "2026-10");
    world.write("late.csv", file("12.25", "-3"));
    world.done("import focus -n aws -f late.csv --add");
    assert_eq!(world.bill("AWS", "2026-10")["amount"], "12.25");
    assert_eq!(world.reconciled("AWS", "2026-10")["provider_total"], "12.25");
    // A change of the amortised cost alone is a new version that changes no bill.
    world.write("both.csv", format!("{}0,99,CHF,AWS,a,2026-10-01,Compute\n", file("12.25", "-3")));
    world.done("import focus -n aws -f both.csv --replace");
    world.bills_nothing("AWS", "2026-10");
    assert_eq!(world.json("import-diff aws/2026-10 2 3"), json!([]));
}

#[test]
fn a_withdrawn_document_owes_nothing_and_what_was_billed_is_taken_back() {
    let world = World::with_catalog(
        "customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]",
    );
    world.import("azure.csv", "Azure a 2026-10 12.5");
    world.bill("Azure", "2026-10");
    world.wrong_usage("import-withdraw azure/2026-10");
    world.done("import-withdraw azure/2026-10 --why 'wrong tenant'");
    assert_eq!(world.json("imports")[0]["in_force"], false);
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "-12.5");
    world.done("import-withdraw azure/2026-10 --why 'wrong tenant'");
    world.bills_nothing("Azure", "2026-10");
    world.reconciles();
    // The same content may come again.
    world.done("import focus -n azure -f azure.csv");
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "12.5");
}

#[test]
fn a_waived_rejection_is_no_finding_any_more() {
    let world = World::new();
    world.write("azure.csv", usage::focus("Azure a 2026-10 1\nAzure a 2026-10 ?"));
    world.ends(3, "import focus -n azure -f azure.csv");
    world.ends(3, "reconcile");
    let id = world.json("imports --rejected")[0]["id"].to_string();
    world.wrong_usage(&format!("imports waive {id}"));
    world.fails("imports waive 999 --why x");
    world.done(&format!("imports waive {id} --why 'worth nothing'"));
    world.done("reconcile");
}

#[test]
fn what_was_waived_stays_waived_when_the_same_rows_come_again() {
    let world = World::new();
    world.write("azure.csv", usage::focus("Azure a 2026-10 29\nAzure a 2026-10 ?"));
    world.write("repaired.csv", usage::focus("Azure a 2026-10 30"));
    world.ends(3, "import focus -n azure -f azure.csv");
    // The rejection of the document is still open, and still told.
    let added = world.needs_a_person("import focus -n azure -f repaired.csv --add");
    assert!(added.contains("rejected: "), "{added}");
    world.ends(3, "reconcile");
    let id = world.json("imports --rejected")[0]["id"].to_string();
    world.done(&format!("imports waive {id} --why repaired"));
    for _ in 0..2 {
        let again = world.done("import focus -n azure -f azure.csv").out;
        assert!(again.contains("already imported"), "{again}");
    }
    world.done("reconcile");
    assert_eq!(world.json("imports").as_array().unwrap().len(), 2);
    // Another row that cannot be taken is told.
    world.write("azure.csv", usage::focus("Azure a 2026-10 29\nAzure a 2026-10 ?\nAzure a 2026-10 ??"));
    world.ends(3, "import focus -n azure -f azure.csv");
}
