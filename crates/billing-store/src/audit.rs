//! Who changed what, and when.

use crate::{db::Transaction, error::StoreError, fields};

/// An entry of the audit trail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// When: RFC 3339, UTC.
    pub moment: String,
    /// Who.
    pub actor: String,
    /// What was done: `invoice void`.
    pub action: String,
    /// To what: `000017`.
    pub subject: String,
    /// What changed, for people.
    pub detail: String,
}

/// Adds an entry.
///
/// # Errors
/// When the ledger refuses it.
pub fn record(tx: &mut Transaction<'_>, entry: &AuditEntry) -> Result<(), StoreError> {
    let id = tx.next_id("audit_entries")?;
    let sql =
        "INSERT INTO audit_entries (id, moment, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)";
    let texts = [&entry.moment, &entry.actor, &entry.action, &entry.subject, &entry.detail].map(fields::text);
    let mut params = vec![id.into()];
    params.extend(texts);
    tx.execute(sql, &params).map(|_| ())
}

/// All entries, the oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn list(tx: &mut Transaction<'_>) -> Result<Vec<AuditEntry>, StoreError> {
    let rows =
        tx.query("SELECT moment, actor, action, subject, detail FROM audit_entries ORDER BY id", &[])?;
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                moment: row.text(0)?.to_owned(),
                actor: row.text(1)?.to_owned(),
                action: row.text(2)?.to_owned(),
                subject: row.text(3)?.to_owned(),
                detail: row.text(4)?.to_owned(),
            })
        })
        .collect()
}
