//! What versions hold: slices, files, buckets.

use std::collections::HashMap;

use billing_core::{
    Cost, Totals,
    bucket::{Bucket, BucketKey},
    document::{Content, Digest, FileContent, Slice},
    flow::admit::{Beside, InForce},
};

use super::{provider_invoices, versions};
use crate::{
    db::Transaction,
    error::StoreError,
    fields::{self, Texts},
};

/// The content of all versions in force, file by file: `(version row, file, slice)`.
///
/// # Errors
/// When the ledger cannot be read.
fn slices_in_force(tx: &mut Transaction<'_>) -> Result<Vec<(i64, i64, Slice)>, StoreError> {
    let sql = "SELECT s.version_id, s.file_no, s.provider, s.period, s.row_count, s.digest FROM slices s \
               JOIN versions v ON v.id = s.version_id WHERE v.in_force = 1 ORDER BY s.version_id, s.file_no";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            let slice = Slice {
                provider: fields::provider(row, 2)?,
                period: fields::period(row, 3)?,
                rows: fields::count(row, 4)?,
                digest: fields::parsed(row, 5, "a digest", Digest::from_hex)?,
            };
            Ok((row.int(0)?, row.int(1)?, slice))
        })
        .collect()
}

/// The files, buckets and totals of a version, for adding to it and for comparing versions. Its rejections come from
/// [`rejections`]; remarks and accounts are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn content(tx: &mut Transaction<'_>, version: i64) -> Result<Content, StoreError> {
    let mut files: Vec<FileContent> = Vec::new();
    let sql =
        "SELECT name, row_count, rejected_count FROM version_files WHERE version_id = ? ORDER BY file_no";
    for row in tx.query(sql, &[version.into()])? {
        let (rows, rejected) = (fields::count(&row, 1)?, fields::count(&row, 2)?);
        files.push(FileContent { name: row.text(0)?.to_owned(), rows, rejected, slices: Vec::new() });
    }
    let sql = "SELECT file_no, provider, period, row_count, digest FROM slices WHERE version_id = ?";
    for row in tx.query(sql, &[version.into()])? {
        let slice = Slice {
            provider: fields::provider(&row, 1)?,
            period: fields::period(&row, 2)?,
            rows: fields::count(&row, 3)?,
            digest: fields::parsed(&row, 4, "a digest", Digest::from_hex)?,
        };
        let file = usize::try_from(row.int(0)?).ok().and_then(|at| files.get_mut(at));
        if let Some(file) = file {
            file.slices.push(slice);
        }
    }
    let mut totals = Totals::default();
    for row in
        tx.query("SELECT currency, total FROM version_totals WHERE version_id = ?", &[version.into()])?
    {
        totals.add(&Cost::new(fields::decimal(&row, 1)?, fields::currency(&row, 0)?));
    }
    let buckets = buckets(tx, version)?;
    let invoices = provider_invoices::of_version(tx, version)?;
    Ok(Content { files, buckets, totals, invoices, ..Content::default() })
}

fn buckets(tx: &mut Transaction<'_>, version: i64) -> Result<Vec<Bucket>, StoreError> {
    let sql = "SELECT provider, account_key, period, charge_category, service_category, service_name, region, \
               commitment_term, cost_center_tag, component_tag, service_tag, currency, row_count, billed_cost, \
               effective_cost FROM buckets WHERE version_id = ? ORDER BY bucket";
    let mut buckets = Vec::new();
    let mut texts = Texts::default();
    tx.each(sql, &[version.into()], |row| {
        let key = BucketKey {
            provider: texts.provider(row, 0)?,
            account_key: texts.shared(row, 1)?,
            period: fields::period(row, 2)?,
            charge_category: texts.shared(row, 3)?,
            service_category: texts.shared(row, 4)?,
            service_name: texts.shared(row, 5)?,
            region: texts.shared(row, 6)?,
            commitment_term: texts.shared(row, 7)?,
            cost_center_tag: texts.optional_shared(row, 8)?,
            component_tag: texts.optional_shared(row, 9)?,
            service_tag: texts.optional_shared(row, 10)?,
            currency: texts.currency(row, 11)?,
        };
        let rows = fields::count(row, 12)?;
        let (billed_cost, effective_cost) = (fields::decimal(row, 13)?, fields::decimal(row, 14)?);
        buckets.push(Bucket { key, rows, billed_cost, effective_cost });
        Ok(())
    })?;
    Ok(buckets)
}

/// The versions in force, as far as new content is compared with them.
///
/// # Errors
/// When the ledger cannot be read.
pub fn in_force(tx: &mut Transaction<'_>) -> Result<Vec<InForce>, StoreError> {
    let versions = versions(tx)?;
    let mut known: HashMap<i64, InForce> = versions
        .iter()
        .filter(|record| record.in_force)
        .map(|record| {
            let in_force = InForce {
                document: record.document,
                name: record.document_name(),
                job: record.job.clone(),
                importer: record.importer.clone(),
                period: Some(record.period),
                version: record.version,
                rows: record.rows,
                ..InForce::default()
            };
            (record.id, in_force)
        })
        .collect();
    for (version, file, slice) in slices_in_force(tx)? {
        let Some(known) = known.get_mut(&version) else { continue };
        let file = usize::try_from(file).unwrap_or(0);
        if known.files.len() <= file {
            known.files.resize(file + 1, Vec::new());
        }
        known.files[file].push(slice);
    }
    let sql = "SELECT b.version_id, b.provider, b.account_key, b.period, b.row_count, b.currency, b.billed_cost, \
               b.charge_category, b.service_category, b.commitment_term FROM buckets b \
               JOIN versions v ON v.id = b.version_id WHERE v.in_force = 1";
    let mut texts = Texts::default();
    tx.each(sql, &[], |row| {
        let key = (texts.provider(row, 1)?, row.text(2)?.to_owned(), fields::period(row, 3)?);
        if let Some(known) = known.get_mut(&row.int(0)?) {
            let cost = Cost::new(fields::decimal(row, 6)?, texts.currency(row, 5)?);
            known.totals.entry((key.0.clone(), key.2)).or_default().add(&cost);
            if let Some(kind) = Beside::of(&key.0, row.text(7)?, row.text(8)?, row.text(9)?) {
                known.beside.add((key.0.clone(), key.2, kind), &cost);
            }
            *known.account_periods.entry(key).or_default() += fields::count(row, 4)?;
        }
        Ok(())
    })?;
    let sql = "SELECT DISTINCT version_id FROM rejections WHERE kind = 'row' AND waived_why IS NULL";
    for row in tx.query(sql, &[])? {
        if let Some(known) = known.get_mut(&row.int(0)?) {
            known.open_rejections = true;
        }
    }
    let mut all: Vec<InForce> = known.into_values().collect();
    all.sort_by_key(|known| known.document);
    Ok(all)
}
