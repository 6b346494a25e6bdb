//! Which ledger this is, among those that keep detail in one place.

use crate::{Database, db::Transaction, error::StoreError};

/// The ledger's id. Where it has none yet, `proposed` becomes it.
///
/// # Errors
/// When the ledger cannot be read or refuses it.
pub fn of(ledger: &mut Database, proposed: &str) -> Result<String, StoreError> {
    match ledger.read(known)? {
        Some(id) => Ok(id),
        None => ledger.write(|tx| {
            // Another command may have been faster.
            if let Some(id) = known(tx)? {
                return Ok(id);
            }
            tx.execute("INSERT INTO ledger_identity (id) VALUES (?)", &[proposed.into()])?;
            Ok(proposed.to_owned())
        }),
    }
}

fn known(tx: &mut Transaction<'_>) -> Result<Option<String>, StoreError> {
    let row = tx.query_one("SELECT id FROM ledger_identity", &[])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Location;

    #[test]
    fn a_ledger_keeps_its_first_id() {
        let mut ledger = Database::open(&Location::SqliteMemory).unwrap();
        assert_eq!(of(&mut ledger, "a").unwrap(), "a");
        assert_eq!(of(&mut ledger, "b").unwrap(), "a");
    }
}
