//! The files of an import that lie on this machine: where a provider delivers with a manifest, those that it names.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, Result, anyhow};
use billing_core::{
    Period,
    ports::{Delivery, NoManifest},
};
use billing_detail::{Found, Input};
use billing_providers::{
    Importer,
    delivery::{Listed, Wanted, locate, select},
};

/// How many folders above a manifest its files may lie: reports have up to four folders between them.
const FOLDERS_ABOVE_MAX: usize = 4;

/// The files that paths mean, and what the manifest that names them says of them.
#[derive(Default)]
pub(super) struct Local {
    /// The files.
    pub(super) inputs: Vec<Input>,
    /// The manifest's period.
    pub(super) period: Option<Period>,
    /// The rows that a file should have, by the file's name.
    pub(super) told: Vec<(String, u64)>,
    /// What lies beside them and is no part of a bill by its name, or by the manifest.
    pub(super) left_out: Vec<String>,
}

/// Files that a manifest names.
struct OfManifest {
    files: Vec<PathBuf>,
    period: Period,
    rows: Vec<Option<u64>>,
    /// Tables beside them that no manifest names.
    strays: Vec<String>,
}

/// The files that paths mean. A folder with manifests means the files of the newest of them, or of the period; a manifest
/// means its files; every other path means what it says.
pub(super) fn files(importer: &Importer, paths: &[PathBuf], period: Option<Period>) -> Result<Local> {
    let (mut files, mut local) = (Vec::new(), Local::default());
    for path in paths {
        let named = importer.delivery.map(|delivery| of_manifest(delivery, path, period)).transpose()?;
        match named.flatten() {
            Some(named) => {
                let names = named.files.iter().map(|file| Input::file(file).name().to_owned());
                local.told.extend(names.zip(named.rows).filter_map(|(name, rows)| Some((name, rows?))));
                local.period = local.period.max(Some(named.period));
                local.left_out.extend(named.strays);
                files.extend(named.files);
            }
            None => files.push(path.clone()),
        }
    }
    let Found { inputs, left_out } = billing_detail::find(&files)?;
    local.left_out.extend(left_out);
    Ok(Local { inputs, ..local })
}

/// What the manifests of a folder, or a manifest itself, name; nothing where there is none.
fn of_manifest(delivery: &dyn Delivery, path: &Path, period: Option<Period>) -> Result<Option<OfManifest>> {
    if path.is_dir() {
        let mut listing = Vec::new();
        walk(path, "", &mut HashSet::new(), &mut listing)?;
        if !listing.iter().any(|file| delivery.is_manifest(&file.name)) {
            return Ok(None);
        }
        let mut read =
            |name: &str| fs::read(path.join(name)).map_err(|error| format!("{name} cannot be read: {error}"));
        let chosen = select(delivery, &listing, Wanted { period, report: None }, &mut read)
            .map_err(|sentence| anyhow!("{}: {sentence}", path.display()))?;
        let files = chosen.files.iter().map(|name| path.join(name)).collect();
        let strays = chosen.strays.iter().map(|name| path.join(name).display().to_string()).collect();
        return Ok(Some(OfManifest { files, period: chosen.period, rows: chosen.rows, strays }));
    }
    if !path.is_file() || !delivery.is_manifest(&path.to_string_lossy()) {
        return Ok(None);
    }
    let at = |sentence: String| anyhow!("{}: {sentence}", path.display());
    let bytes = fs::read(path).map_err(|error| at(format!("the file cannot be read: {error}")))?;
    // A manifest given by itself may have to be looked at together with the folders that it stands in.
    let absolute = path.canonicalize().map_err(|error| at(error.to_string()))?;
    let root = absolute.ancestors().take(FOLDERS_ABOVE_MAX + 2).last().unwrap_or(Path::new("/"));
    let name = absolute.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let manifest = delivery.read(&name, &bytes).map_err(|none| match none {
        NoManifest::OtherDocument(sentence) | NoManifest::Unreadable(sentence) => at(sentence),
    })?;
    // What lies elsewhere is of another delivery, whatever the manifest says.
    let own = delivery.place(&name).map_or_else(|| folder_of(&name), |(folder, _)| folder);
    let size = |file: &str| {
        let is_below = own.is_empty() || file.strip_prefix(&*own).is_some_and(|rest| rest.starts_with('/'));
        // A key that starts with a slash would be a path of its own.
        let is_own = is_below && Path::new(file).is_relative();
        let file = fs::metadata(root.join(file)).ok().filter(|file| is_own && file.is_file());
        file.map(|file| file.len())
    };
    let files = locate(&name, &manifest, &size).map_err(at)?;
    let rows = manifest.files.iter().map(|file| file.rows).collect();
    let files = files.iter().map(|file| root.join(file)).collect();
    Ok(Some(OfManifest { files, period: manifest.period, rows, strays: Vec::new() }))
}

/// The folder of a path with `/` between names.
fn folder_of(name: &str) -> String {
    name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

/// All files below a folder. Those whose name starts with a point are left out.
fn walk(folder: &Path, name: &str, visited: &mut HashSet<PathBuf>, listing: &mut Vec<Listed>) -> Result<()> {
    let unreadable =
        || format!("{}: the folder cannot be read; give this user the right to", folder.display());
    // A link back to a folder above would go round for ever.
    if !visited.insert(folder.canonicalize().with_context(unreadable)?) {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let Some(own) = path.file_name().map(|own| own.to_string_lossy().into_owned()) else { continue };
        let Ok(data) = fs::metadata(&path) else { continue };
        let name = if name.is_empty() { own.clone() } else { format!("{name}/{own}") };
        if own.starts_with('.') {
            continue;
        }
        if data.is_dir() {
            walk(&path, &name, visited, listing)?;
        } else {
            let modified = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            listing.push(Listed { name, bytes: data.len(), modified });
        }
    }
    Ok(())
}
