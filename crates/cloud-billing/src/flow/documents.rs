//! Versions of documents: what changed between two, withdrawing one, waiving a rejection.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use billing_core::{Currency, Decimal, document::Content, ids::RejectionId};
use billing_store::{
    audit,
    documents::{self, VersionRecord},
};

use super::usage;
use crate::app::App;

/// What changed between two versions, for one account, service, charge category and currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The provider.
    pub provider: String,
    /// The account's id in normal form.
    pub account: String,
    /// FOCUS `ServiceName`.
    pub service: String,
    /// FOCUS `ChargeCategory`.
    pub charge_category: String,
    /// The currency of the costs.
    pub currency: Currency,
    /// The cost in the first version.
    pub before: Decimal,
    /// The cost in the second version.
    pub after: Decimal,
}

type Sums = BTreeMap<(String, String, String, String, Currency), (Decimal, Decimal)>;

/// What changed between two versions of a document, in money.
///
/// # Errors
/// When there is no such document or version.
pub fn compare(app: &mut App, document: &str, versions: [u32; 2]) -> Result<Vec<Difference>> {
    let records = app.ledger.read(documents::versions)?;
    let [first, second] = versions.map(|version| find(&records, document, version));
    let (first, second) = (first?.id, second?.id);
    let (before, after) = app.ledger.read(|tx| {
        let contents = (documents::content(tx, first)?, documents::content(tx, second)?);
        anyhow::Ok(contents)
    })?;
    let mut sums = Sums::new();
    add(&mut sums, &before, |(before, _), cost| *before += cost);
    add(&mut sums, &after, |(_, after), cost| *after += cost);
    let changed = sums.into_iter().filter(|(_, (before, after))| before != after);
    Ok(changed
        .map(|((provider, account, service, charge_category, currency), (before, after))| Difference {
            provider,
            account,
            service,
            charge_category,
            currency,
            before,
            after,
        })
        .collect())
}

fn add(sums: &mut Sums, content: &Content, add: impl Fn(&mut (Decimal, Decimal), &Decimal)) {
    for bucket in &content.buckets {
        let key = &bucket.key;
        let texts = [key.provider.as_str(), &key.account_key, &key.service_name, &key.charge_category];
        let [provider, account, service, category] = texts.map(str::to_owned);
        let key = (provider, account, service, category, key.currency.clone());
        add(sums.entry(key).or_default(), &bucket.billed_cost);
    }
}

fn find<'r>(records: &'r [VersionRecord], document: &str, version: u32) -> Result<&'r VersionRecord> {
    let of_document: Vec<&VersionRecord> = of(records, document)?;
    of_document.iter().find(|record| record.version == version).copied().ok_or_else(|| {
        let newest = of_document.len();
        let has = if newest == 1 { "version 1 only".to_owned() } else { format!("1 to {newest}") };
        anyhow!("document {document} has no version {version}: it has {has}")
    })
}

/// The versions of a document, known by its name or by its number.
fn of<'r>(records: &'r [VersionRecord], document: &str) -> Result<Vec<&'r VersionRecord>> {
    let is_it = |record: &&VersionRecord| {
        record.document_name() == document || record.document.to_string() == document
    };
    let found: Vec<&VersionRecord> = records.iter().filter(is_it).collect();
    if found.is_empty() {
        bail!(
            "there is no document '{document}': write job and period, like azure/2026-10; see cloud-billing imports"
        );
    }
    Ok(found)
}

/// Takes a document out of force. What it owed is taken back by the next bill run.
///
/// # Errors
/// When there is no such document.
pub fn withdraw(app: &mut App, document: &str, why: &str) -> Result<Option<VersionRecord>> {
    if why.trim().is_empty() {
        return Err(usage("withdrawing needs a reason: --why WHY"));
    }
    let entry = app.audit("import-withdraw", document, why);
    app.ledger.write(|tx| {
        let records = documents::versions(tx)?;
        let in_force = of(&records, document)?.into_iter().find(|record| record.in_force).cloned();
        if let Some(record) = &in_force {
            documents::withdraw(tx, record.document, why)?;
            audit::record(tx, &entry)?;
        }
        Ok(in_force)
    })
}

/// Waives a rejection: its money is given up by name.
///
/// # Errors
/// When there is no such rejection.
pub fn waive(app: &mut App, id: i64, why: &str) -> Result<()> {
    if why.trim().is_empty() {
        return Err(usage("waiving needs a reason: --why WHY"));
    }
    let entry = app.audit("waive", &id.to_string(), why);
    app.ledger.write(|tx| {
        if !documents::waive(tx, RejectionId(id), why)? {
            bail!("there is no rejection {id}: see the ids with cloud-billing imports --rejected");
        }
        audit::record(tx, &entry).map_err(Into::into)
    })
}
