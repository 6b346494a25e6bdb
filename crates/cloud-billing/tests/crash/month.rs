//! A month of a few thousand generated rows and what is done with it, command by command.

use xtask::random::Rng;

use crate::common::Place;

const HEADINGS: &str = "BilledCost,BillingCurrency,BillingPeriodStart,ChargePeriodStart,ChargeCategory,ProviderName,\
                        ServiceName,SubAccountId,SubAccountName,ResourceId,Tags\n";
const ACCOUNTS: usize = 16;

/// What is done, in this order. The numbers are those that a run without interruptions uses.
pub const STEPS: [&str; 9] = [
    "import focus -n azure -f azure.csv",
    "import focus -n aws -f aws.csv",
    "apply -f catalog.yaml",
    "bill all --period 2026-10",
    "invoice void 000002 --why crash",
    "bill Azure --period 2026-10",
    "import focus -n azure -f azure-rewritten.csv",
    "bill Azure --period 2026-10",
    "bill ManagedCloudServices --period 2026-10",
];

/// The places of the steps in [`STEPS`].
pub mod step {
    pub const IMPORT_AZURE: usize = 0;
    pub const IMPORT_AWS: usize = 1;
    pub const APPLY: usize = 2;
    pub const BILL_ALL: usize = 3;
    pub const VOID: usize = 4;
    pub const BILL_AGAIN: usize = 5;
    pub const IMPORT_REWRITTEN: usize = 6;
    pub const BILL_CORRECTION: usize = 7;
}

/// Writes the documents and the catalog.
pub fn write(place: &Place) {
    let mut rng = Rng::new(20_261_101);
    let azure = document(&mut rng, "Microsoft", 1_600);
    place.write("azure-rewritten.csv", rewritten(&azure));
    place.write("azure.csv", azure);
    place.write("aws.csv", document(&mut rng, "AWS", 800));
    place.write("catalog.yaml", catalog());
}

fn document(rng: &mut Rng, provider: &str, rows: usize) -> String {
    let mut text = HEADINGS.to_owned();
    for row in 0..rows {
        let (account, service, day) = (rng.below(ACCOUNTS), rng.below(9), rng.between(1, 28));
        let (sign, whole, part) = (if rng.chance(8) { "-" } else { "" }, rng.below(900), rng.below(1 << 30));
        let category = if sign.is_empty() { "Usage" } else { "Credit" };
        let tags = match rng.below(10) {
            0 => r#""{""billing-service-component"": ""cluster""}""#.to_owned(),
            1 => format!(r#""{{""CostCenter"": ""12345{:02}-0000327300""}}""#, rng.below(3)),
            _ => String::new(),
        };
        text.push_str(&format!(
            "{sign}{whole}.{part:010},CHF,2026-10-01,2026-10-{day:02},{category},{provider},Service {service},\
             account-{account},Account {account},resource-{row},{tags}\n"
        ));
    }
    text
}

/// As a provider rewrites a month: one row costs something else, one is gone.
fn rewritten(document: &str) -> String {
    let mut lines: Vec<&str> = document.lines().collect();
    lines.pop();
    let changed = lines[1].replacen(',', "0000000000,", 1);
    let changed = format!("17{changed}");
    lines[1] = &changed;
    lines.join("\n") + "\n"
}

/// One customer has no cost centre: each bill run leaves something to a person.
fn catalog() -> String {
    let mut text = "customers:\n  - name: Waiting\n".to_owned();
    for customer in 0..4 {
        let cost_center = format!("12345{customer:02}-0000327100");
        text.push_str(&format!("  - {{ name: Customer {customer}, cost_center: \"{cost_center}\" }}\n"));
    }
    text.push_str("accounts:\n");
    for provider in ["Azure", "AWS"] {
        for account in 0..ACCOUNTS {
            let customer = match account {
                0 => "Waiting".to_owned(),
                _ => format!("Customer {}", account % 4),
            };
            text.push_str(&format!(
                "  - {{ provider: {provider}, id: account-{account}, customer: {customer}, charge_factor: 1.10 }}\n"
            ));
        }
    }
    text.push_str(
        "components:\n  - { name: cluster, cost_percentage: 110, fixed_price: 20, split: proportional, \
         owner: Customer 0 }\nservices:\n",
    );
    for service in 0..6 {
        text.push_str(&format!(
            "  - name: Service {service}\n    customer: Customer {}\n    uses:\n      - {{ name: part, component: \
             cluster, quantity: {}.5 }}\n",
            service % 4,
            service + 1
        ));
    }
    text
}
