//! Brings what was read into force, in one transaction: the version, and the accounts and tags that it names.

use anyhow::Result;
use billing_core::{
    Cost, Period, Totals,
    document::{Content, InvoiceTotal},
    flow::admit::{self, Admission, AdmitOptions, Alike, InForce, Late, Purpose},
    ids::Target,
    receive,
    rejection::{Rejection, Remark},
};
use billing_detail::DetailStore;
use billing_providers::{Importer, Kind};
use billing_store::{
    Transaction, audit, catalog,
    documents::{self, NewVersion, VersionRecord},
};

use super::compare::Scope;
use crate::flow::bill;

/// What an import came to.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// The version that is now in force.
    pub version: VersionRecord,
    /// Whether it was in force before.
    pub already_imported: bool,
    /// Whether that version has more than what was imported now.
    pub is_a_part: bool,
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
    /// Line items that two files have, or an addition and what it is added to, too few to be a mistake for sure: whose
    /// they are, and what they come to.
    pub again: Vec<(String, Alike)>,
}

/// Content that is read and written down, about to come into force.
pub(super) struct New<'a> {
    pub(super) importer: &'static Importer,
    pub(super) job: &'a str,
    pub(super) period: Period,
    pub(super) folder: String,
    pub(super) content: Content,
    /// Whether there are rows whose format tells no period.
    pub(super) has_assigned_periods: bool,
    pub(super) options: AdmitOptions,
    pub(super) created: String,
}

/// What an importer's documents are to an account's period.
pub(super) fn purpose(importer: &Importer) -> Purpose {
    match importer.kind {
        Kind::FullBill => Purpose::FullBill,
        Kind::Addition | Kind::Accounts => Purpose::Addition,
    }
}

/// Brings content into force as its document's next version, where it may be.
///
/// # Errors
/// When it may not, or cannot be stored.
pub(super) fn store(
    tx: &mut Transaction<'_>,
    detail: &DetailStore,
    mut new: New<'_>,
    entry: audit::AuditEntry,
) -> Result<ImportReport> {
    let versions = documents::versions(tx)?;
    let is_own = |record: &VersionRecord| record.job == new.job && record.period == new.period;
    let previous = versions.into_iter().rfind(|record| is_own(record) && record.in_force);
    let (own, others) = in_force(tx, detail, &new, previous.as_ref())?;
    let admission = admit::admit(&new.content, own.as_ref(), &others, new.options, new.job)?;
    if let (Admission::AlreadyImported, Some(version)) = (admission, &previous) {
        return Ok(already_imported(version.clone(), &new));
    }
    let late = admit::late(&new.content, &others);
    let again = own.and_then(|own| {
        Some((format!("what is added and {} version {}", own.name, own.version), own.rows_again.alike()?))
    });
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
        is_a_part: false,
        previous,
        difference,
        created,
        rejections,
        remarks,
        late,
        again: again.into_iter().collect(),
    })
}

/// The document's own version in force and those of other documents, with all that new content is compared with.
fn in_force(
    tx: &mut Transaction<'_>,
    detail: &DetailStore,
    new: &New<'_>,
    previous: Option<&VersionRecord>,
) -> Result<(Option<InForce>, Vec<InForce>)> {
    let mut known = documents::in_force(tx)?;
    for known in &mut known {
        known.purpose = billing_providers::importer(&known.importer).map(purpose).unwrap_or_default();
    }
    let (own, mut others): (Vec<InForce>, Vec<InForce>) =
        known.into_iter().partition(|known| previous.is_some_and(|record| record.document == known.document));
    let mut own = own.into_iter().next();
    let scope = Scope {
        content: &new.content,
        folder: &new.folder,
        job: new.job,
        add: new.options.add,
        has_assigned_periods: new.has_assigned_periods,
    };
    scope.compare(tx, detail, own.as_mut(), &mut others)?;
    if let (Some(own), Some(version)) = (&mut own, previous) {
        let rejections = documents::rejections_of(tx, version.id)?;
        own.rejections = rejections.into_iter().map(|it| it.rejection).collect();
    }
    Ok((own, others))
}

/// What is told of content that is in force already.
fn already_imported(version: VersionRecord, new: &New<'_>) -> ImportReport {
    ImportReport {
        is_a_part: new.content.rows() < version.rows && !new.options.add,
        version,
        already_imported: true,
        previous: None,
        difference: Totals::default(),
        created: Vec::new(),
        rejections: Vec::new(),
        remarks: Vec::new(),
        late: Vec::new(),
        again: Vec::new(),
    }
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
        totals.add(&Cost::new(total.clone(), currency.clone()));
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
