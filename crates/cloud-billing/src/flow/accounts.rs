//! Imports names of accounts: they follow the provider, ids stay, and nothing is removed.

use anyhow::{Result, bail};
use billing_core::{catalog::Catalog, document::Content, receive, rejection::Rejection};
use billing_detail::Progress;
use billing_store::{audit, catalog};

use super::{
    import::{ImportRequest, read_accounts},
    usage,
};
use crate::app::App;

/// What an import of names came to.
#[derive(Clone, Debug)]
pub struct AccountsReport {
    /// How many accounts the list has.
    pub listed: usize,
    /// Accounts that were not known, as `account AWS 012345678901`.
    pub created: Vec<String>,
    /// Accounts whose name is another now.
    pub renamed: Vec<Renamed>,
    /// Rows that could not be taken.
    pub rejections: Vec<Rejection>,
}

/// An account with its name before and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The provider and its id of the account.
    pub account: String,
    /// The name before.
    pub before: String,
    /// The name now.
    pub now: String,
}

/// Imports the names of a provider's accounts. Accounts that are not listed stay as they are.
///
/// # Errors
/// When the list cannot be had or read, when it is empty, and when it cannot be stored. Nothing has changed then.
pub fn import_accounts(
    app: &mut App,
    request: &ImportRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<AccountsReport> {
    if request.add || request.replace {
        return Err(usage("a list of accounts only adds and renames: leave out --add and --replace"));
    }
    let (importer, content) = read_accounts(app, request, progress)?;
    if content.accounts.is_empty() {
        bail!("the list names no account; nothing was changed: check where it comes from");
    }
    let entry = app.audit("import", importer.name, &format!("{} accounts", content.accounts.len()));
    app.ledger.write(|tx| {
        let before = catalog::load(tx)?;
        let mut after = before.clone();
        let created = receive::receive(&mut after, &names_of(&content), None);
        let renamed = renamed(&before, &after);
        if !created.is_empty() || after != before {
            catalog::save(tx, &before, &after)?;
            audit::record(tx, &entry)?;
        }
        let rejections = content.rejections.clone();
        Ok(AccountsReport { listed: content.accounts.len(), created, renamed, rejections })
    })
}

/// The names alone: the list has no cost.
fn names_of(content: &Content) -> Content {
    Content { accounts: content.accounts.clone(), ..Content::default() }
}

fn renamed(before: &Catalog, after: &Catalog) -> Vec<Renamed> {
    let pairs = before.accounts.iter().filter_map(|old| {
        let new = after.accounts.iter().find(|account| account.id == old.id)?;
        (new.name != old.name).then(|| Renamed {
            account: format!("{} {}", old.provider, old.provider_id),
            before: old.name.clone(),
            now: new.name.clone(),
        })
    });
    pairs.collect()
}
