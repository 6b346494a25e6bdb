//! The demo's folder: settings, documents and catalogs, written out so that a person can read them and go on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use billing_core::Period;

use crate::samples;

/// Tells a demo's folder from others: only such a one is emptied.
const MARKER: &str = "cloud-billing-demo.txt";

const SETTINGS: &str = "\
# Settings of the demo: cloud-billing -e demo.env invoices
DATABASE_PATH={dir}/ledger.db
EXPORT_DIR={dir}/exports
COST_CENTER_PATTERN=\\d{7}-\\d{10}
Default_Constants_AzureProvider=4711
Default_Constants_AWSProvider=4712
Default_Constants_ManagedCloudServices=815
";

/// The two months of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Months {
    /// The one that is rewritten later.
    pub first: Period,
    /// Last month.
    pub second: Period,
}

/// The demo's folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// An empty folder with the demo's settings in it.
    ///
    /// # Errors
    /// When it cannot be made, or holds something that is not a demo.
    pub fn prepare(given: Option<&Path>) -> Result<Self> {
        let path = match given {
            Some(path) => path.to_owned(),
            None => tempfile::Builder::new().prefix("cloud-billing-demo-").tempdir()?.keep(),
        };
        let advice =
            || format!("cannot use {} for the demo: name a folder that can be written", path.display());
        if path.join(MARKER).exists() {
            tracing::warn!("{} had a demo: it is played anew", path.display());
            fs::remove_dir_all(&path).with_context(advice)?;
        }
        fs::create_dir_all(&path).with_context(advice)?;
        if fs::read_dir(&path).with_context(advice)?.next().is_some() {
            bail!("{} is not empty and not a demo: name a new folder with --dir", path.display());
        }
        let path = path.canonicalize().with_context(advice)?;
        let folder = Self { path };
        folder.write(
            MARKER,
            "The demo of cloud-billing. Running it again with this folder empties it first.\n",
        )?;
        folder.write("demo.env", &SETTINGS.replace("{dir}", &folder.path.display().to_string()))?;
        Ok(folder)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the demo.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The demo's settings.
    pub fn env_file(&self) -> PathBuf {
        self.file("demo.env")
    }

    /// Writes the documents and catalogs, shifted so that the second month is `last_month`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_documents(&self, last_month: Period) -> Result<Months> {
        fs::create_dir_all(self.file("documents")).context("cannot make the demo's folder for documents")?;
        for (name, text) in samples::DEMO {
            self.write(&format!("documents/{name}"), &samples::shifted(text, last_month))?;
        }
        let (_, broken) = samples::DEMO[2];
        let repaired = samples::shifted(broken, last_month).replace("\"13,42 CHF\"", "13.42");
        self.write("documents/azure-second-month-repaired.csv", &repaired)?;
        self.write("catalog.yaml", samples::CATALOG)?;
        self.write("catalog-change.yaml", samples::CATALOG_CHANGE)?;
        Ok(Months { first: last_month.previous(), second: last_month })
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.file(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
