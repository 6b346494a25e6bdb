//! Step 1: files become line items, buckets and rejections, and come into force.
//!
//! Line items are written completely before the ledger hears of them; one transaction then puts the version in force
//! and adds the accounts and tags it names. A crash leaves the old version in force and at most an orphaned folder of
//! detail, which the next import removes.

mod compare;
mod into_force;
mod local;

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, bail};
use billing_core::{
    Period,
    document::Content,
    file_name,
    flow::admit::AdmitOptions,
    ids::Provider,
    tags::{NAME_CHARACTERS_MAX, is_too_long},
};
use billing_detail::{IngestOptions, Ingested, Input, Progress};
use billing_providers::{Importer, delivery::Wanted};
use billing_remote::Location;
use billing_store::{
    StoreError,
    documents::{self},
    identity,
};
use tempfile::TempDir;

pub use self::into_force::ImportReport;
use self::into_force::{New, purpose, store};
use super::{fetch, master_data, usage};
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
    let job = if request.job.trim().is_empty() { importer.name } else { request.job.trim() };
    if job.contains(|letter: char| letter == '/' || letter.is_control()) {
        return Err(usage(format!(
            "the job '{}' has a character that names do not have: / or a tab",
            job.escape_debug()
        )));
    }
    if is_too_long(job) {
        return Err(usage(format!("the name of a job has up to {NAME_CHARACTERS_MAX} characters")));
    }
    let sources = sources(app, importer, request)?;
    claim_detail(app)?;
    remove_orphans(app)?;
    let Ingested { content, detail, suspects, has_assigned_periods, .. } =
        ingest(app, importer, &sources, progress)?;
    check_rows(&content, &sources.told)?;
    check_dates(&content)?;
    let again = compare::files(app, &content, detail.folder(), &suspects)?;
    let new = New {
        importer,
        job,
        period: match sources.period.or(content.newest_period()) {
            Some(period) => period,
            None => period_of_nothing(app, &content)?,
        },
        folder: detail.folder().to_owned(),
        content,
        has_assigned_periods,
        options: AdmitOptions { add: request.add, replace: request.replace, purpose: purpose(importer) },
        created: app.now(),
    };
    let entry = app.audit("import", &format!("{job}/{}", new.period), importer.name);
    let mut report = app.ledger.write(|tx| store(tx, &app.detail, new, entry))?;
    if !report.already_imported {
        report.again.extend(again);
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
        let names = file_name::shown(&left_out);
        tracing::warn!("Left out, as no part of the bill: {names}");
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

/// Refuses a file whose dates are written day first: those of the first twelve days of a month would be taken for other
/// months. A single slip of the pen is rejected with its row.
fn check_dates(content: &Content) -> Result<()> {
    let periods: BTreeSet<Period> = content.buckets.iter().map(|bucket| bucket.key.period).collect();
    for rejected in &content.rejections {
        let Some(month) = month_of_day_first(&rejected.text) else { continue };
        if periods.iter().any(|period| *period != month) {
            bail!(
                "{} line {}, column {}: '{}' is written with the day first, so that other dates of the file would be taken \
                 for other months: nothing was imported; export it with dates like 2026-10-31 or 10/31/2026",
                rejected.file,
                rejected.line,
                rejected.column,
                rejected.text
            );
        }
    }
    Ok(())
}

/// The month of a date like `31/10/2026`, which cannot be one with the month first.
fn month_of_day_first(text: &str) -> Option<Period> {
    let date = text.split_whitespace().next().unwrap_or_default();
    let parts: Vec<&str> = date.split('/').collect();
    let [day, month, year] = parts[..] else { return None };
    let is_day = matches!(day.parse::<u8>(), Ok(13..=31));
    (is_day && year.len() == 4).then(|| format!("{year}-{month:0>2}").parse().ok())?
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
