//! Documents and their versions, with what they hold: folders of detail, files, slices, totals, buckets, rejections.

mod content;
mod costs;
mod provider_invoices;
mod rejections;

use std::collections::HashMap;

use billing_core::{
    Cost, Period, Totals,
    bucket::Bucket,
    document::{Content, FileContent},
    ids::DocumentId,
};

pub use content::{content, in_force};
pub use costs::{CostFilter, costs_in_force, has_cost};
pub use provider_invoices::{ProviderInvoiceRecord, provider_invoices};
pub use rejections::{RejectionRecord, move_rejections, received, rejections, rejections_of, waive};

use crate::{db::Transaction, error::StoreError, fields};

/// A version of a document, as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionRecord {
    /// The version's row.
    pub id: i64,
    /// The document.
    pub document: DocumentId,
    /// The job that delivered it.
    pub job: String,
    /// The importer that read it.
    pub importer: String,
    /// The document's period.
    pub period: Period,
    /// The version, from 1.
    pub version: u32,
    /// Whether it counts.
    pub in_force: bool,
    /// Rows taken.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// When it was imported: RFC 3339, UTC.
    pub created: String,
    /// The exact sums of the billed cost.
    pub totals: Totals,
    /// The billing periods of its rows.
    pub periods: Vec<Period>,
    /// Why it was withdrawn, where it was.
    pub withdrawn_why: Option<String>,
}

impl VersionRecord {
    /// The document by the name that people use: job and period.
    pub fn document_name(&self) -> String {
        format!("{}/{}", self.job, self.period)
    }
}

/// What a new version is made of.
#[derive(Clone, Debug)]
pub struct NewVersion<'a> {
    /// The job.
    pub job: &'a str,
    /// The importer.
    pub importer: &'a str,
    /// The document's period.
    pub period: Period,
    /// Folders of detail, the new one last.
    pub folders: Vec<String>,
    /// Files, buckets, rejections, totals.
    pub content: &'a Content,
    /// When: RFC 3339, UTC.
    pub created: &'a str,
}

/// All versions, the oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn versions(tx: &mut Transaction<'_>) -> Result<Vec<VersionRecord>, StoreError> {
    let mut totals: HashMap<i64, Totals> = HashMap::new();
    for row in tx.query("SELECT version_id, currency, total FROM version_totals", &[])? {
        let cost = Cost::new(fields::decimal(&row, 2)?, fields::currency(&row, 1)?);
        totals.entry(row.int(0)?).or_default().add(&cost);
    }
    let mut periods: HashMap<i64, Vec<Period>> = HashMap::new();
    for row in tx.query("SELECT DISTINCT version_id, period FROM slices ORDER BY period", &[])? {
        periods.entry(row.int(0)?).or_default().push(fields::period(&row, 1)?);
    }
    let sql = "SELECT v.id, v.document_id, d.job, d.importer, d.period, v.version, v.in_force, v.row_count, \
               v.rejected_count, v.created, v.withdrawn_why FROM versions v JOIN documents d ON d.id = v.document_id \
               ORDER BY v.id";
    tx.query(sql, &[])?
        .iter()
        .map(|row| {
            let id = row.int(0)?;
            Ok(VersionRecord {
                id,
                document: DocumentId(row.int(1)?),
                job: row.text(2)?.to_owned(),
                importer: row.text(3)?.to_owned(),
                period: fields::period(row, 4)?,
                version: fields::small(row, 5)?,
                in_force: row.bool(6)?,
                rows: fields::count(row, 7)?,
                rejected: fields::count(row, 8)?,
                created: row.text(9)?.to_owned(),
                totals: totals.remove(&id).unwrap_or_default(),
                periods: periods.remove(&id).unwrap_or_default(),
                withdrawn_why: fields::optional_string(row, 10)?,
            })
        })
        .collect()
}

/// Inserts a version and puts it in force, in place of the one before it.
///
/// # Errors
/// When the ledger refuses it.
pub fn insert(tx: &mut Transaction<'_>, new: &NewVersion<'_>) -> Result<VersionRecord, StoreError> {
    let document = document_id(tx, new)?;
    let sql = "SELECT COALESCE(MAX(version), 0) FROM versions WHERE document_id = ?";
    let last = tx.query_one(sql, &[document.into()])?.map_or(Ok(0), |row| row.int(0))?;
    tx.execute("UPDATE versions SET in_force = 0 WHERE document_id = ?", &[document.into()])?;
    let id = tx.next_id("versions")?;
    let rejected = new.content.files.iter().map(|file| file.rejected).sum();
    let sql = "INSERT INTO versions (id, document_id, version, in_force, row_count, rejected_count, created) \
               VALUES (?, ?, ?, 1, ?, ?, ?)";
    let (rows, rejected_count) = (fields::counted(new.content.rows())?, fields::counted(rejected)?);
    tx.execute(
        sql,
        &[id.into(), document.into(), (last + 1).into(), rows, rejected_count, new.created.into()],
    )?;
    let folders = new.folders.iter().zip(0i64..);
    let folders = folders.map(|(folder, part)| vec![id.into(), part.into(), fields::text(folder)]);
    tx.execute_each("INSERT INTO version_folders (version_id, part, folder) VALUES (?, ?, ?)", folders)?;
    insert_files(tx, id, &new.content.files)?;
    let totals = new.content.totals.iter();
    let totals = totals.map(|(currency, total)| vec![id.into(), fields::text(currency), fields::text(total)]);
    tx.execute_each("INSERT INTO version_totals (version_id, currency, total) VALUES (?, ?, ?)", totals)?;
    insert_buckets(tx, id, &new.content.buckets)?;
    provider_invoices::insert(tx, id, &new.content.invoices)?;
    rejections::insert(tx, id, new.content)?;
    let record = versions(tx)?.into_iter().find(|record| record.id == id);
    record
        .ok_or_else(|| StoreError::Damaged { what: format!("version {id} is missing after it was inserted") })
}

fn document_id(tx: &mut Transaction<'_>, new: &NewVersion<'_>) -> Result<i64, StoreError> {
    let sql = "SELECT id FROM documents WHERE job = ? AND period = ?";
    if let Some(row) = tx.query_one(sql, &[new.job.into(), fields::text(&new.period)])? {
        return row.int(0);
    }
    let id = tx.next_id("documents")?;
    let sql = "INSERT INTO documents (id, job, importer, period) VALUES (?, ?, ?, ?)";
    tx.execute(sql, &[id.into(), new.job.into(), new.importer.into(), fields::text(&new.period)])?;
    Ok(id)
}

fn insert_files(tx: &mut Transaction<'_>, version: i64, files: &[FileContent]) -> Result<(), StoreError> {
    let sql = "INSERT INTO version_files (version_id, file_no, name, row_count, rejected_count) VALUES (?, ?, ?, ?, ?)";
    for (file, no) in files.iter().zip(0i64..) {
        let counts = [fields::counted(file.rows)?, fields::counted(file.rejected)?];
        let [rows, rejected] = counts;
        tx.execute(sql, &[version.into(), no.into(), fields::text(&file.name), rows, rejected])?;
        let slices = file.slices.iter().map(|slice| {
            let rows = i64::try_from(slice.rows).unwrap_or(i64::MAX);
            let (provider, period) = (fields::text(&slice.provider), fields::text(&slice.period));
            vec![version.into(), no.into(), provider, period, rows.into(), slice.digest.to_hex().into()]
        });
        let sql = "INSERT INTO slices (version_id, file_no, provider, period, row_count, digest) \
                   VALUES (?, ?, ?, ?, ?, ?)";
        tx.execute_each(sql, slices)?;
    }
    Ok(())
}

fn insert_buckets(tx: &mut Transaction<'_>, version: i64, buckets: &[Bucket]) -> Result<(), StoreError> {
    let sql = "INSERT INTO buckets (version_id, bucket, provider, account_key, period, charge_category, \
               service_category, service_name, region, commitment_term, cost_center_tag, component_tag, service_tag, \
               currency, row_count, billed_cost, effective_cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
               ?, ?)";
    let rows = buckets.iter().zip(0i64..).map(|(bucket, no)| {
        let key = &bucket.key;
        vec![
            version.into(),
            no.into(),
            fields::borrowed(key.provider.as_str()),
            fields::borrowed(&key.account_key),
            fields::text(&key.period),
            fields::borrowed(&key.charge_category),
            fields::borrowed(&key.service_category),
            fields::borrowed(&key.service_name),
            fields::borrowed(&key.region),
            fields::borrowed(&key.commitment_term),
            fields::optional_borrowed(key.cost_center_tag.as_ref()),
            fields::optional_borrowed(key.component_tag.as_ref()),
            fields::optional_borrowed(key.service_tag.as_ref()),
            fields::borrowed(key.currency.as_str()),
            i64::try_from(bucket.rows).unwrap_or(i64::MAX).into(),
            fields::text(&bucket.billed_cost),
            fields::text(&bucket.effective_cost),
        ]
    });
    tx.execute_each(sql, rows)
}

/// Takes a document out of force: it owes nothing any more.
///
/// # Errors
/// When the ledger refuses it.
pub fn withdraw(tx: &mut Transaction<'_>, document: DocumentId, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE versions SET in_force = 0, withdrawn_why = ? WHERE document_id = ? AND in_force = 1";
    tx.execute(sql, &[why.into(), document.0.into()]).map(|_| ())
}

/// The folders of detail of a version.
///
/// # Errors
/// When the ledger cannot be read.
pub fn folders(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    version: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT f.folder FROM version_folders f JOIN versions v ON v.id = f.version_id \
               WHERE v.document_id = ? AND v.version = ? ORDER BY f.part";
    let rows = tx.query(sql, &[document.0.into(), version.into()])?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Whether a folder of detail belongs to a version.
///
/// # Errors
/// When the ledger cannot be read.
pub fn knows_folder(tx: &mut Transaction<'_>, folder: &str) -> Result<bool, StoreError> {
    Ok(!tx.query("SELECT part FROM version_folders WHERE folder = ?", &[folder.into()])?.is_empty())
}
