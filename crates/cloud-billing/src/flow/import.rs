//! Step 1: files become line items, buckets and rejections, and come into force.
//!
//! Line items are written completely before the ledger hears of them; one transaction then puts the version in force
//! and adds the accounts and tags it names. A crash leaves the old version in force and at most an orphaned folder of
//! detail, which the next import removes.

mod local;

use std::path::PathBuf;

use anyhow::{Result, bail};
use billing_core::{
    Period, Totals,
    document::{Content, InvoiceTotal},
    file_name,
    flow::admit::{self, Admission, AdmitOptions, InForce, Late, Purpose},
    ids::{Provider, Target},
    receive,
    rejection::{Rejection, Remark},
    tags::{NAME_CHARACTERS_MAX, is_too_long},
};
use billing_detail::{DetailStore, IngestOptions, Ingested, Input, Progress};
use billing_providers::{Importer, Kind, delivery::Wanted};
use billing_remote::Location;
use billing_store::{
    StoreError, Transaction, audit, catalog,
    documents::{self, NewVersion, VersionRecord},
    identity,
};
use tempfile::TempDir;

use super::{bill, fetch, master_data, usage};
use crate::{app::App, samples};

/// Most rejected rows; a file with more is of another kind.
const REJECTIONS_MAX: usize = 100_000;
/// The longest row.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The importer's name or alias.
    pub importer: String,
    /// The job; the importer's name when empty.
    pub job: String,
    /// Files and folders; the project's sample when empty and the settings say so.
    pub files: Vec<PathBuf>,
    /// The document's period.
    pub period: Option<Period>,
    /// Add to the document, or beside another job's.
    pub add: bool,
    /// Take the place of more than the new content has.
    pub replace: bool,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// The version that is now in force.
    pub version: VersionRecord,
    /// Whether it was in force before.
    pub already_imported: bool,
    /// The version that was in force before.
    pub previous: Option<VersionRecord>,
    /// What the totals changed by.
    pub difference: Totals,
    /// Master data that the import made.
    pub created: Vec<String>,
    /// Rows of the document that could not be taken, now or, where more was added to it, before.
    pub rejections: Vec<Rejection>,
    /// What should be known of rows that were.
    pub remarks: Vec<Remark>,
    /// Rows of periods that another document of the job has already.
    pub late: Vec<Late>,
}

/// Imports files as one document.
///
/// # Errors
/// When a file cannot be read, when the content must not come into force, or when it cannot be stored. Nothing has
/// changed then.
pub fn import(
    app: &mut App,
    request: &ImportRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport> {
    let importer = named(&request.importer)?;
    let job = if request.job.is_empty() { importer.name } else { request.job.trim() };
    if is_too_long(job) {
        return Err(usage(format!("the name of a job has up to {NAME_CHARACTERS_MAX} characters")));
    }
    let sources = sources(app, importer, request)?;
    claim_detail(app)?;
    remove_orphans(app)?;
    let Ingested { content, detail, .. } = ingest(app, importer, &sources, progress)?;
    check_rows(&content, &sources.told)?;
    let new = New {
        importer,
        job,
        period: match sources.period.or(content.newest_period()) {
            Some(period) => period,
            None => period_of_nothing(app, &content)?,
        },
        folder: detail.folder().to_owned(),
        content,
        options: AdmitOptions { add: request.add, replace: request.replace, purpose: purpose(importer) },
        created: app.now(),
    };
    let entry = app.audit("import", &format!("{job}/{}", new.period), importer.name);
    let report = app.ledger.write(|tx| store(tx, &app.detail, new, entry))?;
    if !report.already_imported {
        detail.keep();
        if sources.sample {
            master_data::seed_sample(app)?;
        }
    }
    Ok(report)
}

/// Reads what a request for names means, and brings nothing into force.
///
/// # Errors
/// As for [`import`].
pub(super) fn read_accounts(
    app: &mut App,
    request: &ImportRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<(&'static Importer, Content)> {
    let importer = named(&request.importer)?;
    let sources = sources(app, importer, request)?;
    claim_detail(app)?;
    Ok((importer, ingest(app, importer, &sources, progress)?.content))
}

fn ingest(
    app: &App,
    importer: &Importer,
    sources: &Sources,
    progress: &mut dyn FnMut(Progress),
) -> Result<Ingested> {
    let options = IngestOptions {
        format: importer.format,
        tag_names: app.settings.tag_names.clone(),
        default_period: sources.period,
        rejections_max: REJECTIONS_MAX,
        record_bytes_max: RECORD_BYTES_MAX,
        progress,
    };
    let mut ingested = billing_detail::ingest(&sources.inputs, options, app.detail.begin()?)?;
    let left_out = [&*sources.left_out, &*ingested.left_out].concat();
    if !left_out.is_empty() {
        tracing::warn!("Left out, as no part of a bill by name: {}", file_name::shown(&left_out));
    }
    for rejection in &mut ingested.content.rejections {
        // A row that is not even cut right is still one of this provider's.
        rejection.provider = rejection.provider.take().or(importer.provider.map(Provider::named));
    }
    Ok(ingested)
}

/// Refuses a file that has other rows than the manifest says: it was cut off, or is of another writing. Whether headings
/// count as a row is not documented.
fn check_rows(content: &Content, told: &[(String, u64)]) -> Result<()> {
    for file in &content.files {
        let rows = file.rows + file.rejected;
        let wrong = told.iter().find(|(name, told)| *name == file.name && *told != rows && *told != rows + 1);
        if let Some((name, told)) = wrong {
            bail!(
                "{name}: the file has {}, but its manifest says {told}; nothing was imported: copy it again, or export \
                 the report again",
                if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
            );
        }
    }
    Ok(())
}

/// The period of a document that tells none: last month's where it has no rows at all.
fn period_of_nothing(app: &App, content: &Content) -> Result<Period> {
    match &content.rejections[..] {
        [] => Ok(app.last_month()),
        [first, ..] => bail!(
            "{first}; no row can be taken and none tells its billing period: nothing was imported; repair the rows, or \
             tell the period with --period"
        ),
    }
}

/// The importer of a name or alias.
///
/// # Errors
/// When there is none.
pub fn named(name: &str) -> Result<&'static Importer> {
    billing_providers::importer(name).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> anyhow::Error {
    let known: Vec<&str> = billing_providers::PROVIDERS.iter().map(|importer| importer.name).collect();
    usage(format!("unknown importer '{name}': this version has {}", known.join(", ")))
}

/// What is read.
#[derive(Default)]
struct Sources {
    inputs: Vec<Input>,
    /// The document's period, where it is known before reading.
    period: Option<Period>,
    /// Whether this is the project's sample.
    sample: bool,
    /// The rows that a manifest says a file has, by the file's name.
    told: Vec<(String, u64)>,
    /// What lay beside the files and is no part of a bill by its name.
    left_out: Vec<String>,
    /// The files of a fetch, which go when this goes.
    _fetched: Option<TempDir>,
}

/// The files that are named, else the project's sample where the settings say so, else what the provider delivers.
fn sources(app: &App, importer: &Importer, request: &ImportRequest) -> Result<Sources> {
    let period = request.period;
    if !request.files.is_empty() {
        return given(app, importer, request);
    }
    let month = period.unwrap_or_else(|| app.last_month());
    if app.settings.process_samples {
        let sample = samples::document(importer.name, month).ok_or_else(|| {
            usage(format!("the project has no sample for {}: name a file with -f FILE", importer.name))
        })?;
        return Ok(Sources { inputs: vec![sample], period, sample: true, ..Sources::default() });
    }
    let fetched = fetch::documents(app, importer, period)?;
    let period = period.or(fetched.period);
    let (inputs, told, left_out) = (fetched.inputs, fetched.told, fetched.left_out);
    Ok(Sources { inputs, period, sample: false, told, left_out, _fetched: Some(fetched.folder) })
}

/// The files that are named, on this machine or by an address.
fn given(app: &App, importer: &Importer, request: &ImportRequest) -> Result<Sources> {
    let (remote, local): (Vec<PathBuf>, Vec<PathBuf>) =
        request.files.iter().cloned().partition(|path| Location::is_one(&path.to_string_lossy()));
    let local::Local { mut inputs, mut period, mut told, mut left_out } =
        local::files(importer, &local, request.period)?;
    let mut folder = None;
    if !remote.is_empty() {
        let parse = |path: &PathBuf| {
            Location::parse(&path.to_string_lossy()).map_err(|error| usage(error.to_string()))
        };
        let addresses = remote.iter().map(parse).collect::<Result<Vec<Location>>>()?;
        let wanted = Wanted { period: request.period, report: None };
        let fetched = fetch::delivered(app, importer, &addresses, wanted)?;
        inputs.extend(fetched.inputs);
        told.extend(fetched.told);
        left_out.extend(fetched.left_out);
        period = period.max(fetched.period);
        folder = Some(fetched.folder);
    }
    let period = request.period.or(period);
    Ok(Sources { inputs, period, sample: false, told, left_out, _fetched: folder })
}

/// Marks what is written from now on as this ledger's: another one that shares the place never removes it.
fn claim_detail(app: &mut App) -> Result<()> {
    let id = identity::of(&mut app.ledger, app.detail.owner())?;
    app.detail.set_owner(&id);
    Ok(())
}

/// Removes detail that no version refers to, left behind by a crash.
fn remove_orphans(app: &mut App) -> Result<()> {
    let ledger = &mut app.ledger;
    let mut is_known = |folder: &str| {
        let known: Result<bool, StoreError> = ledger.read(|tx| documents::knows_folder(tx, folder));
        known.map_err(Into::into)
    };
    let removed = app.detail.sweep(&mut is_known)?;
    if removed > 0 {
        tracing::info!(
            folders = removed,
            "Removed {removed} folders of detail that an interrupted import left behind"
        );
    }
    Ok(())
}

/// Content that is read and written down, about to come into force.
struct New<'a> {
    importer: &'static Importer,
    job: &'a str,
    period: Period,
    folder: String,
    content: Content,
    options: AdmitOptions,
    created: String,
}

/// What an importer's documents are to an account's period.
fn purpose(importer: &Importer) -> Purpose {
    match importer.kind {
        Kind::FullBill => Purpose::FullBill,
        Kind::Addition | Kind::Accounts => Purpose::Addition,
    }
}

fn store(
    tx: &mut Transaction<'_>,
    detail: &DetailStore,
    mut new: New<'_>,
    entry: audit::AuditEntry,
) -> Result<ImportReport> {
    let mut known = documents::in_force(tx)?;
    for known in &mut known {
        known.purpose = billing_providers::importer(&known.importer).map(purpose).unwrap_or_default();
    }
    let versions = documents::versions(tx)?;
    let is_own = |record: &VersionRecord| record.job == new.job && record.period == new.period;
    let previous = versions.into_iter().rfind(|record| is_own(record) && record.in_force);
    let (mut own, mut others): (Vec<InForce>, Vec<InForce>) = known
        .into_iter()
        .partition(|known| previous.as_ref().is_some_and(|record| record.document == known.document));
    find_days_again(tx, detail, &new, &mut others)?;
    if let (Some(own), Some(version)) = (own.first_mut(), &previous) {
        own.rejections =
            documents::rejections_of(tx, version.id)?.into_iter().map(|it| it.rejection).collect();
    }
    let admission = admit::admit(&new.content, own.first(), &others, new.options, new.job)?;
    if let (Admission::AlreadyImported, Some(version)) = (admission, &previous) {
        return Ok(ImportReport {
            version: version.clone(),
            already_imported: true,
            previous: None,
            difference: Totals::default(),
            created: Vec::new(),
            rejections: Vec::new(),
            remarks: Vec::new(),
            late: Vec::new(),
        });
    }
    let late = admit::late(&new.content, &others, new.job);
    let created = receive_master_data(tx, &new.content)?;
    let remarks = new.content.remarks.clone();
    let mut folders = Vec::new();
    if let Some(previous) = previous.as_ref().filter(|_| new.options.add) {
        folders = documents::folders(tx, previous.document, previous.version)?;
        new.content = joined(documents::content(tx, previous.id)?, new.content);
    }
    folders.push(new.folder);
    let version = documents::insert(
        tx,
        &NewVersion {
            job: new.job,
            importer: new.importer.name,
            period: new.period,
            folders,
            content: &new.content,
            created: &new.created,
        },
    )?;
    if let Some(previous) = previous.as_ref().filter(|_| new.options.add) {
        documents::move_rejections(tx, previous.id, version.id)?;
    }
    let open = documents::rejections_of(tx, version.id)?.into_iter().filter(|it| it.waived_why.is_none());
    let rejections = open.map(|it| it.rejection).collect();
    audit::record(tx, &entry)?;
    let before = previous.as_ref().map(|record| record.totals.clone()).unwrap_or_default();
    let difference = version.totals.minus(&before);
    Ok(ImportReport {
        version,
        already_imported: false,
        previous,
        difference,
        created,
        rejections,
        remarks,
        late,
    })
}

/// Compares the content with the other documents of its job, row by row, where they have the same accounts and periods.
fn find_days_again(
    tx: &mut Transaction<'_>,
    detail: &DetailStore,
    new: &New<'_>,
    others: &mut [InForce],
) -> Result<()> {
    for other in others.iter_mut().filter(|other| other.job == new.job && !new.options.add) {
        let common = admit::common_accounts(&new.content, other);
        if !common.is_empty() {
            let folders = documents::folders(tx, other.document, other.version)?;
            other.days_again = detail.days_again(&folders, &new.folder, &common)?;
        }
    }
    Ok(())
}

fn receive_master_data(tx: &mut Transaction<'_>, content: &Content) -> Result<Vec<String>> {
    let before = catalog::load(tx)?;
    let mut after = before.clone();
    let first_open = bill::first_open(tx)?.get(&Target::ManagedCloudServices).copied();
    let created = receive::receive(&mut after, content, first_open);
    catalog::save(tx, &before, &after)?;
    Ok(created)
}

/// A version with more added to it.
fn joined(known: Content, more: Content) -> Content {
    let mut totals = known.totals;
    for (currency, total) in more.totals.iter() {
        totals.add(&billing_core::Cost::new(total.clone(), currency.clone()));
    }
    Content {
        files: known.files.into_iter().chain(more.files).collect(),
        buckets: known.buckets.into_iter().chain(more.buckets).collect(),
        rejections: more.rejections,
        remarks: more.remarks,
        accounts: more.accounts,
        totals,
        invoices: InvoiceTotal::joined(known.invoices.into_iter().chain(more.invoices)),
    }
}
