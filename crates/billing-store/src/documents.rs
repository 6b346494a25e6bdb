//! Documents and their versions, with what they hold: folders of detail, files, slices, totals, buckets, rejections.

use std::collections::HashMap;

use billing_core::{
    Cost, Decimal, Period, Totals,
    books::CostInForce,
    bucket::Bucket,
    document::{Content, Digest, FileContent, Slice},
    flow::{
        admit::InForce,
        conserve::{Received, RejectedCost, VersionTotal},
    },
    ids::{DocumentId, Provider, RejectionId},
    invoice::SourceKey,
};

use crate::{
    db::{Row, Transaction, Value},
    error::StoreError,
    fields,
};

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

/// A rejection as the ledger keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectionRecord {
    /// Its id.
    pub id: RejectionId,
    /// The document's name.
    pub document: String,
    /// The document's version.
    pub version: u32,
    /// Whether that version is in force.
    pub in_force: bool,
    /// The document's period.
    pub document_period: Period,
    /// The importer of the document.
    pub importer: String,
    /// The rejected row.
    pub rejection: billing_core::rejection::Rejection,
    /// Why it was waived, where it was.
    pub waived_why: Option<String>,
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
    insert_rejections(tx, id, new.content)?;
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
            fields::text(&key.provider),
            fields::text(&key.account_key),
            fields::text(&key.period),
            fields::text(&key.charge_category),
            fields::text(&key.service_category),
            fields::text(&key.service_name),
            fields::text(&key.region),
            fields::text(&key.commitment_term),
            fields::optional_text(key.cost_center_tag.as_ref()),
            fields::optional_text(key.component_tag.as_ref()),
            fields::optional_text(key.service_tag.as_ref()),
            fields::text(&key.currency),
            i64::try_from(bucket.rows).unwrap_or(i64::MAX).into(),
            fields::text(&bucket.billed_cost),
            fields::text(&bucket.effective_cost),
        ]
    });
    tx.execute_each(sql, rows)
}

fn insert_rejections(tx: &mut Transaction<'_>, version: i64, content: &Content) -> Result<(), StoreError> {
    let sql = "INSERT INTO rejections (id, version_id, kind, file, line, column_name, found, reason, provider, period, \
               currency, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for row in &content.rejections {
        let id = tx.next_id("rejections")?;
        let place = [fields::text(&row.file), fields::counted(row.line)?, fields::text(&row.column)];
        let [file, line, column] = place;
        let params = [
            id.into(),
            version.into(),
            "row".into(),
            file,
            line,
            column,
            fields::text(&row.text),
            fields::text(&row.reason),
            fields::optional_text(row.provider.as_ref()),
            fields::optional_text(row.period),
            fields::optional_text(row.cost.as_ref().map(|cost| &cost.currency)),
            fields::optional_text(row.cost.as_ref().map(|cost| &cost.amount)),
        ];
        tx.execute(sql, &params)?;
    }
    for remark in &content.remarks {
        let id = tx.next_id("rejections")?;
        let head = [id.into(), version.into(), "remark".into(), fields::text(&remark.file)];
        let [id, version, kind, file] = head;
        let line = fields::counted(remark.line)?;
        let column = fields::text(&remark.column);
        let (found, reason) = (fields::text(&remark.text), fields::text(&remark.reason));
        let none = Value::Null;
        let params = [
            id,
            version,
            kind,
            file,
            line,
            column,
            found,
            reason,
            none.clone(),
            none.clone(),
            none.clone(),
            none,
        ];
        tx.execute(sql, &params)?;
    }
    Ok(())
}

/// Takes a document out of force: it owes nothing any more.
///
/// # Errors
/// When the ledger refuses it.
pub fn withdraw(tx: &mut Transaction<'_>, document: DocumentId, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE versions SET in_force = 0, withdrawn_why = ? WHERE document_id = ? AND in_force = 1";
    tx.execute(sql, &[why.into(), document.0.into()]).map(|_| ())
}

/// The content of all versions in force, file by file: `(version row, file, slice)`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn slices_in_force(tx: &mut Transaction<'_>) -> Result<Vec<(i64, i64, Slice)>, StoreError> {
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
    Ok(Content { files, buckets, totals, ..Content::default() })
}

fn buckets(tx: &mut Transaction<'_>, version: i64) -> Result<Vec<Bucket>, StoreError> {
    let sql = "SELECT provider, account_key, period, charge_category, service_category, service_name, region, \
               commitment_term, cost_center_tag, component_tag, service_tag, currency, row_count, billed_cost, \
               effective_cost FROM buckets WHERE version_id = ? ORDER BY bucket";
    tx.query(sql, &[version.into()])?
        .iter()
        .map(|row| {
            let key = billing_core::bucket::BucketKey {
                provider: fields::provider(row, 0)?,
                account_key: fields::shared(row, 1)?,
                period: fields::period(row, 2)?,
                charge_category: fields::shared(row, 3)?,
                service_category: fields::shared(row, 4)?,
                service_name: fields::shared(row, 5)?,
                region: fields::shared(row, 6)?,
                commitment_term: fields::shared(row, 7)?,
                cost_center_tag: fields::optional_shared(row, 8)?,
                component_tag: fields::optional_shared(row, 9)?,
                service_tag: fields::optional_shared(row, 10)?,
                currency: fields::currency(row, 11)?,
            };
            Ok(Bucket {
                key,
                rows: fields::count(row, 12)?,
                billed_cost: fields::decimal(row, 13)?,
                effective_cost: fields::decimal(row, 14)?,
            })
        })
        .collect()
}

/// Which cost to load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CostFilter<'a> {
    /// Of one provider.
    Provider(&'a Provider),
    /// With a component tag.
    Components,
    /// All of it.
    All,
}

/// The cost in force, summed as far as billing tells it apart.
///
/// # Errors
/// When the ledger cannot be read.
pub fn costs_in_force(
    tx: &mut Transaction<'_>,
    filter: CostFilter<'_>,
) -> Result<Vec<CostInForce>, StoreError> {
    let columns = "SELECT v.document_id, v.version, b.provider, b.account_key, b.period, b.service_name, \
                   b.cost_center_tag, b.component_tag, b.currency, b.row_count, b.billed_cost \
                   FROM buckets b JOIN versions v ON v.id = b.version_id WHERE v.in_force = 1";
    let rows = match filter {
        CostFilter::Provider(provider) => {
            tx.query(&format!("{columns} AND b.provider = ?"), &[provider.as_str().into()])?
        }
        CostFilter::Components => tx.query(&format!("{columns} AND b.component_tag IS NOT NULL"), &[])?,
        CostFilter::All => tx.query(columns, &[])?,
    };
    let mut costs: HashMap<(SourceKey, u32, Period), (u64, Decimal)> = HashMap::new();
    for row in rows {
        let (key, version, period) = cost_key(&row)?;
        let (rows, cost) = costs.entry((key, version, period)).or_default();
        *rows += fields::count(&row, 9)?;
        *cost += &fields::decimal(&row, 10)?;
    }
    let mut costs: Vec<CostInForce> = costs
        .into_iter()
        .map(|((key, version, period), (rows, cost))| CostInForce { key, version, period, rows, cost })
        .collect();
    costs.sort_by(|a, b| (a.period, &a.key).cmp(&(b.period, &b.key)));
    Ok(costs)
}

fn cost_key(row: &Row) -> Result<(SourceKey, u32, Period), StoreError> {
    let key = SourceKey {
        document: DocumentId(row.int(0)?),
        provider: fields::provider(row, 2)?,
        account_key: fields::shared(row, 3)?,
        service_name: fields::shared(row, 5)?,
        cost_center_tag: fields::optional_shared(row, 6)?,
        component_tag: fields::optional_shared(row, 7)?,
        currency: fields::currency(row, 8)?,
    };
    Ok((key, fields::small(row, 1)?, fields::period(row, 4)?))
}

/// All rejected rows, of all versions; remarks are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn rejections(tx: &mut Transaction<'_>) -> Result<Vec<RejectionRecord>, StoreError> {
    let sql = "SELECT r.id, d.job, d.period, v.version, v.in_force, d.importer, r.file, r.line, r.column_name, \
               r.found, r.reason, r.provider, r.period, r.currency, r.cost, r.waived_why FROM rejections r \
               JOIN versions v ON v.id = r.version_id JOIN documents d ON d.id = v.document_id \
               WHERE r.kind = 'row' ORDER BY r.id";
    tx.query(sql, &[])?.iter().map(rejection).collect()
}

fn rejection(row: &Row) -> Result<RejectionRecord, StoreError> {
    let document_period = fields::period(row, 2)?;
    let cost = match (fields::optional_decimal(row, 14)?, row.optional_text(13)?) {
        (Some(amount), Some(_)) => Some(Cost::new(amount, fields::currency(row, 13)?)),
        _ => None,
    };
    Ok(RejectionRecord {
        id: RejectionId(row.int(0)?),
        document: format!("{}/{document_period}", row.text(1)?),
        version: fields::small(row, 3)?,
        in_force: row.bool(4)?,
        document_period,
        importer: row.text(5)?.to_owned(),
        rejection: billing_core::rejection::Rejection {
            file: row.text(6)?.to_owned(),
            line: fields::count(row, 7)?,
            column: row.text(8)?.to_owned(),
            text: row.text(9)?.to_owned(),
            reason: row.text(10)?.to_owned(),
            provider: row.optional_text(11)?.map(Provider::named),
            period: row.optional_text(12)?.and_then(|text| text.parse().ok()),
            cost,
        },
        waived_why: fields::optional_string(row, 15)?,
    })
}

/// Waives a rejection: its money is given up by name.
///
/// # Errors
/// When the ledger refuses it.
pub fn waive(tx: &mut Transaction<'_>, rejection: RejectionId, why: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE rejections SET waived_why = ? WHERE id = ? AND kind = 'row'";
    Ok(tx.execute(sql, &[why.into(), rejection.0.into()])? > 0)
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

/// What reconciling needs to know of the versions in force.
///
/// # Errors
/// When the ledger cannot be read.
pub fn received(tx: &mut Transaction<'_>) -> Result<Received, StoreError> {
    let versions = versions(tx)?;
    let mut received = Received::default();
    for version in &versions {
        received.documents.insert(version.document, version.period);
    }
    for version in versions.iter().filter(|version| version.in_force) {
        received.totals.extend(version.totals.iter().map(|(currency, total)| VersionTotal {
            document: version.document,
            period: version.period,
            currency: currency.clone(),
            total: total.clone(),
        }));
    }
    let usual = usual_keys(tx)?;
    for record in rejections(tx)?.into_iter().filter(|record| record.in_force) {
        let usual = usual.get(&(record.document.clone(), record.version));
        let currency = record.rejection.cost.as_ref().map(|cost| cost.currency.clone());
        received.rejections.push(RejectedCost {
            period: record.document_period,
            provider: record
                .rejection
                .provider
                .or(usual.map(|(p, _)| p.clone()))
                .unwrap_or(Provider::named("unknown")),
            currency: currency.or(usual.map(|(_, c)| c.clone())).unwrap_or_else(unknown_currency),
            cost: record.rejection.cost.map(|cost| cost.amount),
            waived: record.waived_why.is_some(),
        });
    }
    Ok(received)
}

/// ISO 4217's code for "no currency".
fn unknown_currency() -> billing_core::Currency {
    #[allow(clippy::expect_used, reason = "three letters are a currency code")]
    billing_core::Currency::parse("XXX").expect("a currency code")
}

type UsualKeys = HashMap<(String, u32), (Provider, billing_core::Currency)>;

/// The provider and currency of most rows of each version in force: what a row that tells neither is taken for.
fn usual_keys(tx: &mut Transaction<'_>) -> Result<UsualKeys, StoreError> {
    let sql = "SELECT d.job, d.period, v.version, b.provider, b.currency, b.row_count FROM buckets b \
               JOIN versions v ON v.id = b.version_id JOIN documents d ON d.id = v.document_id WHERE v.in_force = 1";
    let mut counts: HashMap<(String, u32), HashMap<(Provider, billing_core::Currency), u64>> = HashMap::new();
    for row in tx.query(sql, &[])? {
        let version = (format!("{}/{}", row.text(0)?, row.text(1)?), fields::small(&row, 2)?);
        let key = (fields::provider(&row, 3)?, fields::currency(&row, 4)?);
        *counts.entry(version).or_default().entry(key).or_default() += fields::count(&row, 5)?;
    }
    let most = |keys: HashMap<(Provider, billing_core::Currency), u64>| {
        keys.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0))).map(|(key, _)| key)
    };
    Ok(counts.into_iter().filter_map(|(version, keys)| Some((version, most(keys)?))).collect())
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
    let sql = "SELECT b.version_id, b.provider, b.account_key, b.period, b.row_count FROM buckets b \
               JOIN versions v ON v.id = b.version_id WHERE v.in_force = 1";
    for row in tx.query(sql, &[])? {
        let key = (fields::provider(&row, 1)?, row.text(2)?.to_owned(), fields::period(&row, 3)?);
        if let Some(known) = known.get_mut(&row.int(0)?) {
            *known.account_periods.entry(key).or_default() += fields::count(&row, 4)?;
        }
    }
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

/// Hands the rejections and remarks of one version to another, which has all its rows and more.
///
/// # Errors
/// When the ledger refuses it.
pub fn move_rejections(tx: &mut Transaction<'_>, from: i64, to: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE rejections SET version_id = ? WHERE version_id = ?", &[to.into(), from.into()])
        .map(|_| ())
}
