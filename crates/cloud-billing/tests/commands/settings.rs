//! Settings: the env file, the environment that wins over it, and values that nobody understands.

use crate::common::world::{World, column};

const CATALOG: &str =
    "customers: [{ name: Alpha, cost_center: cc }]\naccounts: [{ provider: Azure, id: a, customer: Alpha }]";

fn world() -> World {
    let world = World::with_catalog(CATALOG);
    world.import("azure.csv", "Azure a 2026-10 10.5");
    world
}

#[test]
fn an_env_file_sets_and_the_environment_wins_over_it() {
    let mut world = world();
    world.write(
        "prod.env",
        "# the company's terms\nexport ROUNDING=unit-up\nEXPORT_DIR='out put' # where to\n",
    );
    world.done("-e prod.env bill Azure --period 2026-10");
    assert_eq!(world.read("out put/Azure.csv"), "a_1;cc;;;11;\r\n");
    world.done("invoice void 1 --why mistake");
    world.set("ROUNDING", "cent");
    world.done("bill Azure --period 2026-10 -e prod.env");
    assert_eq!(world.read("out put/Azure.csv"), "a_1;cc;;;10.50;\r\n");
}

#[test]
fn application_settings_names_the_file_where_no_other_is_given() {
    let mut world = world();
    world.write("usual.env", "EXPORT_DIR=usual\n");
    world.write("other.env", "EXPORT_DIR=other\n");
    world.set("APPLICATION_SETTINGS", "usual.env");
    world.done("-e other.env bill Azure --period 2026-10");
    assert!(world.has("other/Azure.csv") && !world.has("usual/Azure.csv"));
    world.done("invoice export 1");
    assert!(world.has("usual/Azure-000001.csv"));
}

#[test]
fn a_file_that_is_not_there_or_not_understood_is_wrong_usage() {
    let world = world();
    let message = world.wrong_usage("-e missing.env invoices");
    assert!(message.contains("missing.env"), "{message}");
    world.write("bad.env", "ROUNDING=cent\nthis is no setting\n");
    let message = world.wrong_usage("-e bad.env invoices");
    assert!(message.contains("bad.env") && message.contains("line 2"), "{message}");
}

#[test]
fn a_value_that_is_not_understood_names_variable_value_and_what_is_accepted() {
    for (name, value, accepted) in [
        ("ROUNDING", "up", "unit-up"),
        ("CREDITS", "gross", "net"),
        ("CURRENCY", "francs", "CHF"),
        ("COST_CENTER_PATTERN", "(unclosed", "expression"),
        ("SAVE_CSV_TO_FILE", "maybe", "True"),
        ("UPLOAD_CSV", "x", "True"),
        ("PROCESS_SAMPLE_FILES", "2", "True"),
        ("USE_IN_MEMORY_DB", "memory", "True"),
        ("PERIOD_TIMEZONE", "Europe/Atlantis", "Europe/Zurich"),
        ("LOG_FORMAT", "xml", "json"),
        ("EXPORT_FORMAT", "pdf", "sap"),
        ("DATABASE_URL", "oracle:x", "sqlite:"),
    ] {
        let mut world = World::new();
        world.set(name, value);
        let message = world.wrong_usage("invoices");
        for part in [name, value, accepted] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!(message.lines().count(), 1, "{message}");
        // The same from a file.
        let other = World::new();
        other.write("bad.env", format!("{name}={value}\n"));
        assert_eq!(other.wrong_usage("-e bad.env invoices"), message);
    }
}

#[test]
fn booleans_are_written_in_three_ways_and_any_case() {
    for (value, file) in [
        ("True", true),
        ("yes", true),
        ("1", true),
        ("TRUE", true),
        ("False", false),
        ("NO", false),
        ("0", false),
    ] {
        let mut world = world();
        world.set("SAVE_CSV_TO_FILE", value);
        world.done("bill Azure --period 2026-10");
        assert_eq!(world.has("Azure.csv"), file, "{value}");
    }
}

#[test]
fn an_empty_value_is_not_set() {
    let mut world = world();
    for name in
        ["ROUNDING", "EXPORT_DIR", "DATABASE_URL", "COST_CENTER_PATTERN", "SAVE_CSV_TO_FILE", "CURRENCY"]
    {
        world.set(name, "");
    }
    world.done("bill Azure --period 2026-10");
    assert_eq!(world.read("Azure.csv"), "a_1;cc;;;10.50;\r\n");
}

#[test]
fn the_ledger_and_its_detail_are_where_they_are_said_to_be() {
    let mut world = World::new();
    world.set("DATABASE_PATH", "books/company.db");
    std::fs::create_dir(world.path("books")).unwrap();
    world.import("azure.csv", "Azure a 2026-10 10.5");
    assert!(world.has("books/company.db") && !world.has("cloud-billing.db"));
    assert_eq!(
        world.files("books").iter().filter(|name| name.ends_with(".parquet")).count(),
        1,
        "beside the file"
    );

    world.set("DATABASE_URL", "sqlite:other.db");
    world.set("DETAIL_URL", "file:line-items");
    assert_eq!(world.json("imports"), serde_json::json!([]), "DATABASE_URL wins");
    world.import("azure.csv", "Azure a 2026-10 10.5");
    assert!(world.has("other.db"));
    assert_eq!(world.files("line-items").iter().filter(|name| name.ends_with(".parquet")).count(), 1);
}

#[test]
fn a_ledger_in_memory_leaves_no_file() {
    let mut world = World::new();
    world.set("USE_IN_MEMORY_DB", "True");
    world.import("azure.csv", "Azure a 2026-10 10.5");
    assert_eq!(world.json("imports"), serde_json::json!([]));
    assert_eq!(world.files(""), ["azure.csv"]);
}

#[test]
fn tags_have_the_names_that_the_settings_say() {
    for component in ["billing-service-component-tag", "BILLING_SERVICE_COMPONENT_TAG"] {
        let mut world = World::new();
        world.write(
            "names.env",
            format!("COST_CENTER_TAGS=kst, CostCentre\n{component}=app\nbilling-service-tag=product\n"),
        );
        world.set("APPLICATION_SETTINGS", "names.env");
        world.apply(CATALOG);
        let rows = r#"Azure a 2026-10 1 tags={"CostCenter":"ignored"}
                      Azure a 2026-10 2 tags={"CostCentre":"cc-2","kst":"cc-1"}
                      Azure a 2026-10 4 tags={"CostCentre":"cc-2"}
                      Azure a 2026-10 8 tags={"app":"k8s","product":"Shop"}"#;
        world.import("azure.csv", rows);
        let invoice = world.bill("Azure", "2026-10");
        assert_eq!(column(&invoice["lines"], "cost_center"), ["cc", "cc-1", "cc-2"]);
        assert_eq!(column(&invoice["lines"], "amount"), ["9", "2", "4"]);
        let catalog = world.done("catalog -o yaml").out;
        assert!(catalog.contains("\"k8s\"") && catalog.contains("\"Shop\""), "{catalog}");
    }
}

#[test]
fn what_this_version_cannot_do_is_said_and_not_ignored() {
    for (name, line) in [("USE_VAULT", "invoices"), ("UPLOAD_CSV", "bill Azure --period 2026-10")] {
        let mut world = world();
        world.set(name, "True");
        let ran = world.run(line);
        assert!(ran.code == 1 || ran.code == 2, "{name}: {ran:?}");
        assert!(ran.err.contains(name), "{}", ran.err);
        world.set(name, "False");
        assert_eq!(world.json("invoices"), serde_json::json!([]));
    }
}

#[test]
fn product_numbers_have_a_default_for_each_target() {
    let mut world = World::new();
    world.write(
        "numbers.env",
        "Default_Constants_AzureProvider=AZ\nDefault_Constants_AWSProvider=AW\nDefault_Constants_ManagedCloudServices=MC\n",
    );
    world.set("APPLICATION_SETTINGS", "numbers.env");
    world.apply(
        "customers: [{ name: Alpha, cost_center: cc }]
accounts: [{ provider: Azure, id: a, customer: Alpha }, { provider: AWS, id: x, customer: Alpha, product_number: own }]
components: [{ name: c, unit_price: 1 }]
services: [{ name: S, customer: Alpha, uses: [{ name: u, component: c }] }]
positions: [{ customer: Alpha, target: AWS, reason: Fee, amount: 3 }]
",
    );
    world.import("usage.csv", "Azure a 2026-10 1\nAWS x 2026-10 2");
    let made = world.json("bill all --period 2026-10");
    let numbers = |at: usize| column(&made[at]["lines"], "product_number");
    assert_eq!([numbers(0), numbers(1), numbers(2)], [vec!["own", "AW"], vec!["AZ"], vec!["MC"]]);
}
