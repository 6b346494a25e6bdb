//! Which files of a folder or bucket are the bill: what the newest manifest of the period names, and nothing else.
//!
//! Providers write a month again and again, in new folders or over the old files. Older writings and files that lie beside
//! them are never part of the bill. The functions here only choose; listing and reading is the caller's, so that a folder,
//! a bucket and a manifest given by name take the same way.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::SystemTime,
};

use billing_core::{
    Period,
    file_name::{FileKind, kind_of},
    ports::{Delivery, Manifest, ManifestFile, NoManifest},
};

/// A file in a folder or bucket.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its path below the folder, or its key in the bucket, with `/` between names.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written.
    pub modified: SystemTime,
}

/// Which bill is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Its period; the newest when it is not told.
    pub period: Option<Period>,
    /// The name of the report; needed where several are delivered to one place.
    pub report: Option<&'a str>,
}

/// The files of a bill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// The path of the manifest that names them.
    pub manifest: String,
    /// The report's name.
    pub report: String,
    /// The billing period.
    pub period: Period,
    /// The files' paths as they are listed, in the manifest's order.
    pub files: Vec<String>,
    /// How many rows the manifest says that each has.
    pub rows: Vec<Option<u64>>,
    /// Tables that lie there and are of no delivery: neither the manifest names them, nor do they lie below another one.
    pub strays: Vec<String>,
}

/// Chooses the files of a bill from a listing. `read` reads a small file by its listed name.
///
/// # Errors
/// A sentence with cause and cure: there is no manifest, none of the period, one of several reports must be named, a file
/// is missing or of another size, or what `read` says.
pub fn select(
    delivery: &dyn Delivery,
    listing: &[Listed],
    wanted: Wanted<'_>,
    read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Selection, String> {
    let found = manifests(delivery, candidates(delivery, listing, wanted.period), read)?;
    let found = of_report(delivery, found, wanted.report)?;
    let chosen = newest(found, wanted.period)?;
    let sizes: HashMap<&str, u64> = listing.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    let files = locate(&chosen.name, &chosen.manifest, &|name| sizes.get(name).copied())?;
    let rows = chosen.manifest.files.iter().map(|file| file.rows).collect();
    let Manifest { report, period, .. } = chosen.manifest;
    let strays = strays(delivery, listing, &chosen.name, &files);
    Ok(Selection { manifest: chosen.name, report, period, files, rows, strays })
}

fn strays(delivery: &dyn Delivery, listing: &[Listed], chosen: &str, files: &[String]) -> Vec<String> {
    let folder = |name: &str| name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let deliveries: BTreeSet<String> = listing
        .iter()
        .filter(|file| delivery.is_manifest(&file.name))
        .map(|file| folder(&file.name))
        .collect();
    let files: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let is_stray = |name: &str| {
        let own = folder(name);
        own == folder(chosen) || !deliveries.iter().any(|delivery| own.starts_with(delivery.as_str()))
    };
    let tables = listing.iter().map(|file| &file.name).filter(|name| kind_of(name) == FileKind::Table);
    tables.filter(|name| !files.contains(name.as_str()) && is_stray(name)).cloned().collect()
}

/// The files that one manifest names. `size` tells the size of a file by its path below the same folder as the manifest's
/// `name`, or nothing where there is none.
///
/// # Errors
/// A sentence with cause and cure, when a file is missing or of another size.
pub fn locate(
    name: &str,
    manifest: &Manifest,
    size: &dyn Fn(&str) -> Option<u64>,
) -> Result<Vec<String>, String> {
    let Some(first) = manifest.files.first() else {
        return Err(format!(
            "the manifest {name} names no file; wait until the provider has written the report"
        ));
    };
    let leads_out = |file: &&ManifestFile| file.key.split(['/', '\\']).any(|name| name == "..");
    if let Some(file) = manifest.files.iter().find(leads_out) {
        return Err(format!(
            "the manifest {name} names {}, which leads out of the folder that it stands in; copy the report again from \
             where the provider delivers it",
            file.key
        ));
    }
    let missing = |file: &ManifestFile| {
        format!(
            "the file {} is missing, which the manifest {name} names; copy the report again with all its files",
            file.key
        )
    };
    let place = |file: &ManifestFile| {
        places(name, &file.key).into_iter().find(|place| size(&place.join(&file.key)).is_some())
    };
    let place = manifest.files.iter().find_map(place).ok_or_else(|| missing(first))?;
    let mut files = Vec::with_capacity(manifest.files.len());
    for file in &manifest.files {
        let found = place.join(&file.key);
        let bytes = size(&found).ok_or_else(|| missing(file))?;
        // Whether the count of a compressed file is that of its content is not documented; it has a checksum of its own.
        if let Some(told) = file.bytes.filter(|told| *told != bytes && !found.ends_with(".gz")) {
            return Err(format!(
                "{found} has {bytes} bytes, but the manifest {name} says {told}; copy it again, or wait until the \
                 provider has written it"
            ));
        }
        files.push(found);
    }
    let mut seen = BTreeSet::new();
    match files.iter().find(|file| !seen.insert(*file)) {
        Some(twice) => Err(format!("the manifest {name} names {twice} twice; export the report again")),
        None => Ok(files),
    }
}

/// Where the keys of a bucket start in a listing: below which of its folders, and after how many of their own names.
struct Place<'a> {
    folder: &'a str,
    skipped: usize,
}

impl Place<'_> {
    fn join(&self, key: &str) -> String {
        let tail = key.splitn(self.skipped + 1, '/').last().unwrap_or(key);
        if self.folder.is_empty() { tail.to_owned() } else { format!("{}/{tail}", self.folder) }
    }
}

/// The places at which a key may start, best first: as much as possible of the key must be there. A copy may start
/// anywhere on the way to the manifest; only beside the manifest itself a bare file name will do, because files of other
/// writings have the same name.
fn places<'a>(manifest: &'a str, key: &str) -> Vec<Place<'a>> {
    let own = manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folders = vec![own];
    while let Some((folder, _)) = folders.last().and_then(|folder| folder.rsplit_once('/')) {
        folders.push(folder);
    }
    if !own.is_empty() {
        folders.push("");
    }
    let last = key.matches('/').count();
    let mut places = Vec::new();
    for skipped in 0..=last {
        let allowed = folders.iter().filter(|folder| skipped < last || last == 0 || **folder == own);
        places.extend(allowed.map(|folder| Place { folder, skipped }));
    }
    places
}

/// A manifest that was read.
struct Found {
    name: String,
    /// The folder of its report, where its path tells.
    place: Option<String>,
    /// How deep it lies, where that tells which is newer.
    depth: usize,
    modified: SystemTime,
    manifest: Manifest,
}

/// The manifests that need to be read: of each report and period all of them, or those nearest to the period's folder where
/// the provider keeps a copy of the newest one there.
fn candidates<'l>(
    delivery: &dyn Delivery,
    listing: &'l [Listed],
    period: Option<Period>,
) -> Vec<(&'l Listed, Option<String>)> {
    let mut placed: BTreeMap<(String, Period), Vec<&Listed>> = BTreeMap::new();
    let mut chosen = Vec::new();
    for file in listing.iter().filter(|file| delivery.is_manifest(&file.name)) {
        match delivery.place(&file.name) {
            Some(place) => placed.entry(place).or_default().push(file),
            None => chosen.push((file, None)),
        }
    }
    // Without a period the newest of each report is enough; it is the last one by key.
    let newest: HashMap<String, Period> = placed.keys().cloned().collect();
    for ((place, month), files) in placed {
        if period.map_or(newest.get(&place) == Some(&month), |period| period == month) {
            let nearest = files.iter().map(|file| depth(&file.name)).min();
            let files = files.into_iter().filter(|file| {
                !delivery.keeps_newest_above(&file.name) || Some(depth(&file.name)) == nearest
            });
            chosen.extend(files.map(|file| (file, Some(place.clone()))));
        }
    }
    chosen
}

fn depth(name: &str) -> usize {
    name.matches('/').count()
}

fn manifests(
    delivery: &dyn Delivery,
    candidates: Vec<(&Listed, Option<String>)>,
    read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    let mut other = None;
    for (file, place) in candidates {
        let name = file.name.clone();
        match delivery.read(&name, &read(&name)?) {
            Ok(manifest) => {
                let depth = if delivery.keeps_newest_above(&name) { depth(&name) } else { 0 };
                found.push(Found { place, depth, modified: file.modified, manifest, name });
            }
            Err(NoManifest::OtherDocument(sentence)) => other = other.or(Some(format!("{name}: {sentence}"))),
            Err(NoManifest::Unreadable(sentence)) => return Err(format!("{name}: {sentence}")),
        }
    }
    match other {
        Some(sentence) if found.is_empty() => Err(sentence),
        _ => Ok(found),
    }
}

/// Leaves the manifests of one report.
fn of_report(delivery: &dyn Delivery, found: Vec<Found>, report: Option<&str>) -> Result<Vec<Found>, String> {
    let names: BTreeSet<String> = found.iter().map(|found| found.manifest.report.clone()).collect();
    let shown = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    let kept: Vec<Found> = found
        .into_iter()
        .filter(|found| report.is_none_or(|report| report == found.manifest.report))
        .collect();
    if let Some(report) = report.filter(|_| kept.is_empty() && !names.is_empty()) {
        return Err(format!("there is no report {report} here, only {}; check its name", shown(names)));
    }
    let several: BTreeSet<String> = kept
        .iter()
        .map(|found| match &found.place {
            Some(place) if !place.is_empty() => format!("{} in {place}", found.manifest.report),
            _ => found.manifest.report.clone(),
        })
        .collect();
    if several.len() > 1 {
        let cure = delivery.report_setting().map(|setting| format!(", or set {setting}")).unwrap_or_default();
        return Err(format!(
            "several reports are delivered here: {}; import the folder of one of them{cure}",
            shown(several)
        ));
    }
    Ok(kept)
}

/// The manifest that decides: of the period, nearest to its folder where that tells, last written.
fn newest(found: Vec<Found>, period: Option<Period>) -> Result<Found, String> {
    let periods: BTreeSet<Period> = found.iter().map(|found| found.manifest.period).collect();
    let Some(period) = period.or(periods.last().copied()) else {
        return Err("there is no manifest; name the folder that the report is delivered to".to_owned());
    };
    let mut found: Vec<Found> = found.into_iter().filter(|found| found.manifest.period == period).collect();
    let rank =
        |found: &Found| (std::cmp::Reverse(found.depth), found.manifest.written.clone(), found.modified);
    found.sort_by_key(rank);
    let last = found.pop().ok_or_else(|| {
        let known: Vec<String> = periods.iter().map(ToString::to_string).collect();
        match known.is_empty() {
            true => {
                format!("there is no manifest of {period}; name the folder that the report is delivered to")
            }
            false => {
                format!("there is no manifest of {period}, only of {}; check the period", known.join(", "))
            }
        }
    })?;
    let twin = found
        .last()
        .filter(|other| rank(other) == rank(&last) && other.manifest.files != last.manifest.files);
    match twin {
        Some(other) => Err(format!(
            "nothing tells whether {} or {} is newer; name the newer manifest",
            other.name, last.name
        )),
        None => Ok(last),
    }
}

#[cfg(test)]
mod tests;
