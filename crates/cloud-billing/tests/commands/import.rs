//! `import` and `imports`: what a document is, and what is said about it.

use serde_json::json;

use crate::common::{
    usage,
    world::{World, column, decimal, json, keys},
};

const OCTOBER: &str = "Azure a 2026-10 1.5\nAzure b 2026-10 2.25";

#[test]
fn imports_have_exactly_the_keys_of_the_contract() {
    let world = World::new();
    world.write("azure.csv", usage::focus(OCTOBER));
    let made = world.json("import focus -n azure -f azure.csv");
    let expected = [
        "document", "job", "importer", "version", "in_force", "rows", "rejected", "periods", "totals",
        "created",
    ];
    assert_eq!(keys(&made[0]), expected);
    let mut import = made[0].clone();
    let created = import["created"].take();
    assert_eq!(
        import,
        json!({
            "document": "azure/2026-10", "job": "azure", "importer": "focus", "version": 1, "in_force": true,
            "rows": 2, "rejected": 0, "periods": ["2026-10"], "totals": {"CHF": "3.75"}, "created": null,
        })
    );
    assert!(created.as_str().unwrap().ends_with('Z'), "a moment: {created}");
    assert_eq!(world.json("imports"), made, "import prints the rows of imports");
}

#[test]
fn without_a_name_the_job_is_called_after_the_importer() {
    let world = World::new();
    world.write("azure.csv", usage::focus(OCTOBER));
    let made = world.json("import FOCUS -f azure.csv");
    assert_eq!((&made[0]["document"], &made[0]["job"]), (&"focus/2026-10".into(), &"focus".into()));
}

#[test]
fn a_document_is_of_its_newest_billing_period_and_rows_keep_their_own() {
    let world = World::new();
    let rows = "Azure a 2026-09 1\nAzure a 2026-11 2\nAzure a 2026-10 3";
    world.import("azure.csv", rows);
    let import = &world.json("imports")[0];
    assert_eq!(import["document"], "azure/2026-11");
    assert_eq!(import["periods"], json!(["2026-09", "2026-10", "2026-11"]));
    // What a run covers goes by the rows, what is reconciled by the document.
    assert_eq!(world.reconciled("Azure", "2026-11")["provider_total"], "6");
    world.apply("customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]");
    assert_eq!(world.bill("Azure", "2026-10")["amount"], "4");
    assert_eq!(world.reconciled("Azure", "2026-11")["open"], "2");
}

#[test]
fn a_period_on_the_command_line_names_the_document_and_not_the_rows() {
    let world = World::new();
    world.write("azure.csv", usage::focus(OCTOBER));
    world.done("import focus -n azure -f azure.csv --period 2026-12");
    let import = &world.json("imports")[0];
    assert_eq!((&import["document"], &import["periods"]), (&"azure/2026-12".into(), &json!(["2026-10"])));
}

#[test]
fn totals_are_exact_sums_of_the_rows_taken_per_currency() {
    let world = World::new();
    let rows = "Azure a 2026-10 0.1
                Azure a 2026-10 0.2
                Azure a 2026-10 -5e-19
                Azure a 2026-10 12345678901234.000000000000000000001
                Azure b 2026-10 7 currency=USD
                Azure b 2026-10 -7.5 currency=USD
                Azure b 2026-10 0.000 currency=EUR";
    world.import("azure.csv", rows);
    let totals = &world.json("imports")[0]["totals"];
    assert_eq!(totals["CHF"], "12345678901234.299999999999999999501");
    assert_eq!((&totals["USD"], decimal(&totals["EUR"]).to_string()), (&"-0.5".into(), "0".to_owned()));
}

#[test]
fn people_are_told_document_version_rows_totals_and_the_difference_to_before() {
    let world = World::new();
    let first = world.import("azure.csv", OCTOBER);
    assert!(first.out.contains("azure/2026-10 version 1: 2 rows, 0 rejected, 3.75 CHF"), "{}", first.out);
    let second =
        world.import("azure.csv", "Azure a 2026-10 1.5\nAzure b 2026-10 2\nAzure b 2026-10 3 currency=USD");
    assert!(
        second.out.contains("azure/2026-10 version 2: 3 rows, 0 rejected, 3.5 CHF, 3 USD"),
        "{}",
        second.out
    );
    assert!(second.out.contains("difference to version 1: -0.25 CHF, 3 USD"), "{}", second.out);
}

#[test]
fn the_same_content_is_already_imported_with_exit_0_or_1() {
    let world = World::new();
    world.import("azure.csv", OCTOBER);
    let before = world.json("imports");
    let same = world.done("import focus -n azure -f azure.csv");
    assert!(same.out.contains("already imported"), "{}", same.out);
    assert_eq!(json(&world.done("import focus -n azure -f azure.csv -o json")), before);
    let other = world.fails("import focus -n other -f azure.csv");
    assert!(other.contains("already imported") && other.contains("azure/2026-10 version 1"), "{other}");
    assert_eq!(world.json("imports"), before);
}

#[test]
fn rejected_rows_are_listed_with_place_and_reason_and_exit_3() {
    let world = World::new();
    let text = usage::focus("Azure a 2026-10 1\nAzure a 2026-10 1,2,3\nAzure a 2026-10 nothing");
    world.write("azure.csv", text);
    let ran = world.ends(3, "import focus -n azure -f azure.csv -o json");
    let import = &json(&ran)[0];
    assert_eq!(
        (&import["rows"], &import["rejected"], &import["totals"]),
        (&1.into(), &2.into(), &json!({"CHF": "1"}))
    );
    let rejected = world.json("imports --rejected");
    assert_eq!(column(&rejected, "document"), ["azure/2026-10", "azure/2026-10"]);
    assert_eq!(column(&rejected, "file"), ["azure.csv", "azure.csv"]);
    assert_eq!(rejected[1]["line"], 4);
    assert_eq!(column(&rejected, "column"), ["BilledCost", "BilledCost"]);
    assert_eq!(column(&rejected, "text"), ["1,2,3", "nothing"]);
    assert!(column(&rejected, "reason").iter().all(|reason| !reason.is_empty()));
}

#[test]
fn what_is_called_wrongly_is_exit_2_and_what_cannot_be_read_is_exit_1() {
    let world = World::new();
    world.write("azure.csv", usage::focus(OCTOBER));
    let message = world.wrong_usage("import oracle-cur -n x -f azure.csv");
    assert!(message.contains("'oracle-cur'") && message.contains("azure-usage, focus"), "{message}");
    for line in [
        "import",
        "import focus -n x",
        "import focus -n x -f azure.csv --period 2026-13",
        "import focus -n x -f azure.csv --period October",
        "import focus -n x -f azure.csv --add --replace",
        "import focus -n x -f azure.csv --unknown",
    ] {
        world.wrong_usage(line);
    }
    let message = world.fails("import focus -n x -f missing.csv");
    assert!(message.contains("missing.csv"), "{message}");
    assert_eq!(world.json("imports"), json!([]));
}

#[test]
fn sample_documents_are_shifted_to_last_month_where_the_settings_say_so() {
    let mut world = World::new();
    world.set("PROCESS_SAMPLE_FILES", "True");
    let last_month = super::bill::last_month();
    let made = world.json("import AzureImport -n sample");
    let document = made[0]["document"].as_str().unwrap();
    assert!(
        last_month.iter().any(|month| document == format!("sample/{month}")),
        "{document} {last_month:?}"
    );
    world.done("import focus -n more --period 2020-02");
    assert_eq!(world.json("imports")[1]["document"], "more/2020-02");
    // The samples' accounts have customers: they can be billed at once.
    let made = world.json("bill all");
    assert!(!made.as_array().unwrap().is_empty());
    world.reconciles();
}

#[test]
fn dates_with_the_day_first_are_refused_and_a_slip_of_the_pen_is_rejected() {
    let world = World::new();
    let rows = |dates: &[&str]| {
        let rows = dates.iter().map(|date| format!("s,{date},1,CHF,VM\n"));
        "SubscriptionId,Date,Cost,BillingCurrency,MeterCategory\n".to_owned() + &rows.collect::<String>()
    };
    world.write("british.csv", rows(&["05/02/2026", "12/02/2026", "13/02/2026"]));
    let refused = world.fails("import azure-usage -n a -f british.csv");
    assert!(
        refused.contains("british.csv line 4, column Date: '13/02/2026' is written with the day first"),
        "{refused}"
    );
    world.write("british.csv", rows(&["05/02/2026 00:00:00", "13/02/2026 00:00:00"]));
    assert!(world.fails("import azure-usage -n a -f british.csv").contains("with the day first"));
    world.write("slip.csv", rows(&["10/02/2026", "10/12/2026", "13/10/2026"]));
    let told = world.needs_a_person("import azure-usage -n a -f slip.csv");
    assert!(told.contains("slip.csv line 4"), "{told}");
}

#[test]
fn most_rows_rejected_is_told_where_a_version_has_few() {
    let world = World::new();
    let rows = |cost: &str| {
        let rows = (0..10).map(|row| format!("s,2026-10-01,{},CHF,VM\n", if row == 0 { "1" } else { cost }));
        "SubscriptionId,Date,Cost,BillingCurrency,MeterCategory\n".to_owned() + &rows.collect::<String>()
    };
    world.write("a.csv", rows("2"));
    world.done("import azure-usage -n a -f a.csv");
    world.write("a.csv", rows("CHF 2"));
    let refused = world.fails("import azure-usage -n a -f a.csv");
    assert!(refused.contains("(1), and 9 that cannot be taken, the first: a.csv line 3"), "{refused}");
}

#[test]
fn a_job_has_a_plain_name() {
    let world = World::new();
    world.write("a.csv", "SubscriptionId,Date,Cost,BillingCurrency,MeterCategory\ns,2026-10-01,1,CHF,VM\n");
    assert!(
        world.wrong_usage("import azure-usage -n ../x -f a.csv").contains("the job '../x' has a character")
    );
    assert!(world.done("import azure-usage -n= -f a.csv").out.contains("azure-usage/2026-10"));
}

#[test]
fn a_total_among_the_rows_is_rejected_whatever_the_period() {
    let world = World::new();
    world.write(
        "a.csv",
        "SubscriptionId,Date,Cost,BillingCurrency,MeterCategory\ns,2026-09-01,3,CHF,VM\n\nTotal,,3,CHF,\n",
    );
    let told = world.needs_a_person("import azure-usage -n a -f a.csv --period 2026-08");
    assert!(told.contains("a.csv line 4, column Date: '': the row has no date; write it"), "{told}");
    assert_eq!(world.json("imports")[0]["totals"]["CHF"], "3");
}
