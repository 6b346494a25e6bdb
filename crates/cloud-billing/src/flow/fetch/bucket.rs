//! Documents in an object store: the files that the newest manifest names, or all tables below an address.

use std::{
    path::Path,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, bail};
use billing_core::{
    Period,
    ports::{Delivery, NoManifest},
};
use billing_providers::{
    Importer,
    delivery::{Listed, Wanted, locate, select},
};
use billing_remote::{FetchedFile, Location, Object, ObjectStore, RemoteError, RemoteSettings};

/// How long a manifest may be, in bytes.
const MANIFEST_MAX: u64 = 64 << 20;
/// How many files are downloaded at once.
const AT_ONCE: usize = 4;
/// What tables are called, where no manifest names them.
const TABLES: [&str; 6] = [".csv", ".gz", ".zip", ".parquet", ".json", ".jsonl"];

/// What to take from a bucket.
#[derive(Clone, Copy, Debug)]
pub struct Take<'a> {
    /// The importer, whose manifests decide where it has some.
    pub importer: &'a Importer,
    /// The period, where one is asked for, and the report.
    pub wanted: Wanted<'a>,
    /// Whether there has to be a manifest: where a setting says that the provider delivers there.
    pub strict: bool,
}

/// Documents that were downloaded.
#[derive(Debug, Default)]
pub struct Taken {
    /// The files.
    pub files: Vec<FetchedFile>,
    /// The period that a manifest tells.
    pub period: Option<Period>,
}

/// Which objects are the document.
struct Chosen {
    keys: Vec<String>,
    period: Option<Period>,
    /// What was there when they were chosen.
    listed: Vec<Object>,
}

/// Downloads the document at an address into a folder.
///
/// # Errors
/// When the address is not understood, there is nothing, no manifest of the period is there, or a file that it names is
/// missing, of another size, or does not arrive whole.
pub fn download(address: &str, take: Take<'_>, settings: &RemoteSettings, folder: &Path) -> Result<Taken> {
    let location = Location::parse(address)?;
    let store = ObjectStore::connect(&location, settings)?;
    let chosen = choose(&store, take)?;
    let files = get(&store, &chosen.keys, folder)?;
    unchanged(&store, &chosen)?;
    tracing::info!(files = files.len(), "Fetched {} files from {location}", files.len());
    Ok(Taken { files, period: chosen.period })
}

/// Providers write some bills over the old ones: parts of two writings would be no bill.
fn unchanged(store: &ObjectStore, chosen: &Chosen) -> Result<()> {
    for before in chosen.listed.iter().filter(|object| chosen.keys.contains(&object.key)) {
        let now = store.head(&before.key)?;
        // Some stores tell no tag in listings.
        let same_tag = before.etag.is_none() || before.etag == now.etag;
        if !same_tag || (before.bytes, before.modified) != (now.bytes, now.modified) {
            let address = store.location().address(&before.key);
            bail!("{address}: it was written anew while the bill was fetched; run the command again");
        }
    }
    Ok(())
}

fn choose(store: &ObjectStore, take: Take<'_>) -> Result<Chosen> {
    let location = store.location();
    let objects = store.list(&location.prefix)?;
    if objects.is_empty() {
        return one(store, take);
    }
    let listing: Vec<Listed> = objects.iter().map(listed).collect();
    let manifests =
        |delivery: &&dyn Delivery| take.strict || listing.iter().any(|file| delivery.is_manifest(&file.name));
    if let Some(delivery) = take.importer.delivery.filter(manifests) {
        let mut read = |key: &str| store.read_small(key, MANIFEST_MAX).map_err(|error| error.to_string());
        let selection = select(delivery, &listing, take.wanted, &mut read)
            .map_err(|sentence| anyhow!("{location}: {sentence}"))?;
        return Ok(Chosen { keys: selection.files, period: Some(selection.period), listed: objects });
    }
    let keys: Vec<String> =
        objects.iter().map(|object| object.key.clone()).filter(|key| is_table(key)).collect();
    if keys.is_empty() {
        bail!("{location}: there is no {} file; name the folder that the export is in", TABLES.join(", "));
    }
    Ok(Chosen { keys, period: None, listed: objects })
}

/// The address of one object: a manifest, or a table.
fn one(store: &ObjectStore, take: Take<'_>) -> Result<Chosen> {
    let location = store.location();
    let key = &location.prefix;
    let nothing =
        || format!("{location}: there is nothing; check the address and what the credentials may see");
    match store.head(key) {
        Ok(_) => {}
        Err(error) if key.is_empty() || error.is_not_found() => bail!("{}", nothing()),
        Err(error) => return Err(error.into()),
    }
    let Some(delivery) = take.importer.delivery.filter(|delivery| delivery.is_manifest(key)) else {
        return Ok(Chosen { keys: vec![key.clone()], period: None, listed: Vec::new() });
    };
    let at = |sentence: String| anyhow!("{location}: {sentence}");
    let manifest = delivery.read(key, &store.read_small(key, MANIFEST_MAX)?).map_err(|none| match none {
        NoManifest::OtherDocument(sentence) | NoManifest::Unreadable(sentence) => at(sentence),
    })?;
    // A store that cannot be asked is not the same as a file that is missing.
    let failed: Mutex<Option<RemoteError>> = Mutex::default();
    let size = |key: &str| match store.head(key) {
        Ok(object) => Some(object.bytes),
        Err(error) => {
            if !error.is_not_found()
                && let Ok(mut failed) = failed.lock()
            {
                failed.get_or_insert(error);
            }
            None
        }
    };
    let keys = locate(key, &manifest, &size);
    match failed.into_inner() {
        Ok(Some(error)) => Err(error.into()),
        _ => Ok(Chosen { keys: keys.map_err(at)?, period: Some(manifest.period), listed: Vec::new() }),
    }
}

fn listed(object: &Object) -> Listed {
    let seconds = u64::try_from(object.modified).unwrap_or(0);
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    Listed { name: object.key.clone(), bytes: object.bytes, modified }
}

fn is_table(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    !name.starts_with(['.', '_']) && TABLES.iter().any(|end| name.ends_with(end))
}

/// Downloads objects, some at once, in the order of their keys.
fn get(store: &ObjectStore, keys: &[String], folder: &Path) -> Result<Vec<FetchedFile>> {
    let next = Mutex::new(keys.iter().enumerate());
    let got: Mutex<Vec<(usize, Result<FetchedFile>)>> = Mutex::default();
    let work = || {
        loop {
            let Some((at, key)) = next.lock().ok().and_then(|mut next| next.next()) else { return };
            let file = get_one(store, at, key, folder);
            let failed = file.is_err();
            if let Ok(mut got) = got.lock() {
                got.push((at, file));
            }
            if failed {
                // The others need not begin with what is not taken anyway.
                while next.lock().is_ok_and(|mut next| next.next().is_some()) {}
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(keys.len()) {
            scope.spawn(work);
        }
    });
    let mut got =
        got.into_inner().map_err(|_| anyhow!("internal error, please report it: a download broke off"))?;
    got.sort_by_key(|(at, _)| *at);
    got.into_iter().map(|(_, file)| file).collect()
}

fn get_one(store: &ObjectStore, at: usize, key: &str, folder: &Path) -> Result<FetchedFile> {
    // Files of different folders may have the same name.
    let own = folder.join(format!("{at:05}"));
    std::fs::create_dir_all(&own).with_context(|| format!("cannot make the folder {}", own.display()))?;
    let path = own.join(key.rsplit('/').next().unwrap_or(key));
    store.download(key, &path)?;
    Ok(FetchedFile { name: store.location().address(key), path })
}
