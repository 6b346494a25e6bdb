//! What arrives from outside during the story: the demo's documents, three of its own, and catalog files.

use std::{fs, path::PathBuf};

use billing_core::Period;
use cloud_billing::samples;

/// The two months of the story, which are the sample's own.
pub const MONTHS: [&str; 2] = ["2026-09", "2026-10"];

/// Accounts, services and tags that differ only in what a careless collation takes for the same, billed in a foreign
/// currency; with tags that cannot be read, and a row whose month cannot be read but whose cost can.
const EURO: &str = r#"BilledCost,BillingCurrency,ProviderName,SubAccountId,SubAccountName,BillingPeriodStart,ChargePeriodStart,ServiceName,Tags
100.10,EUR,Example Cloud,Tenant,Große Straße,2026-10-01,2026-10-02,Café,{oops
0.01,EUR,Example Cloud,tenant,grosse strasse,2026-10-01,2026-10-02,Cafe,"{""billing-service-component"": ""Queue""}"
0.04,EUR,Example Cloud,tenant,grosse strasse,2026-10-01,2026-10-03,cafe,"{""billing-service-component"": ""queue""}"
7.77,EUR,Example Cloud,tenant,grosse strasse,2026-13-01,2026-13-01,Café,
"#;

/// Comes later and is added to the other bill of its provider and month.
const MORE: &str = "\
BilledCost,BillingCurrency,ProviderName,SubAccountId,SubAccountName,BillingPeriodStart,ChargePeriodStart,ChargeCategory,ServiceName
3.33,CHF,AWS,110203040506,blog-media,2026-10-01,2026-10-30,Usage,Amazon S3
";

/// Who pays for the accounts of [`EURO`]: two customers whose names differ in one letter's case, one with all that
/// must be quoted somewhere, and a character of four bytes.
pub const EURO_CATALOG: &str = r#"
customers:
  - { name: "Größe & Söhne \"Tür\" \\ 50 % 😀", email: g@example.com, cost_center: "1234500-0000327600" }
  - { name: "shop team", cost_center: "1234500-0000327700" }
accounts:
  - { provider: Example Cloud, id: Tenant, customer: "Größe & Söhne \"Tür\" \\ 50 % 😀", charge_factor: 1.20 }
  - { provider: Example Cloud, id: tenant, customer: "shop team" }
"#;

/// A credit that is changed before it is invoiced (`AMOUNT`), and a fee that was a mistake.
pub const POSITIONS: &str = r#"
positions:
  - { id: thanks, customer: Shop team, target: Azure, reason: "Thanks; it's \"good\"", amount: AMOUNT }
  - { customer: Blog team, target: AWS, reason: Entered by mistake, amount: 5 }
"#;

/// A customer gets another name, and the account that nobody owned turns out to be another id of the blog's.
pub const RENAMED: &str = r#"
customers:
  - { name: Research lab, previous_name: Research }
accounts:
  - provider: Azure
    id: 7e2f8a1b-4c3d-4b5a-9f6e-0d1c2b3a4e5f
    aliases: [d9e8f7a6-b5c4-4d3e-8f2a-1b0c9d8e7f6a]
"#;

/// The blog's database was larger than was thought: 24.5 of 100.
pub const LARGER_DATABASE: &str = r#"
services:
  - name: Blog
    uses:
      - { name: blog-space, component: namespace }
      - { name: cpu, component: k8s-cluster, part: cpu, quantity: 0.2 }
      - { name: memory, component: k8s-cluster, part: memory, quantity: 0.15 }
      - { name: blog-db, component: database, quantity: 24.5 }
"#;

/// Prices from the month on that has no invoice yet.
pub const NEW_PRICES: &str = r#"
components:
  - name: k8s-cluster
    cost_percentage: 112.5
    owner: null
    parts:
      - { name: cpu, cost_share_percentage: 55 }
      - { name: memory, cost_share_percentage: 45 }
      - { name: storage, price_per_unit: 0.30 }
"#;

/// A folder with all documents.
pub struct Papers {
    folder: tempfile::TempDir,
}

impl Papers {
    /// Writes the documents.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let second: Period = MONTHS[1].parse().unwrap();
        for (name, text) in samples::DEMO {
            assert_eq!(samples::shifted(text, second), text, "the sample's months are the story's");
            fs::write(folder.path().join(name), text).unwrap();
        }
        let repaired = samples::DEMO[2].1.replace("\"13,42 CHF\"", "13.42");
        for (name, text) in [("repaired.csv", repaired.as_str()), ("euro.csv", EURO), ("more.csv", MORE)] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    /// The path of a document.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
