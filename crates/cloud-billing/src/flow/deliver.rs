//! Step 4: the stored invoice becomes a file.
//!
//! The bytes are stored with the invoice, in its transaction; the file is written after the commit. What a crash or
//! a full disk keeps from being written is pending, and the next run of `bill` or `invoice void` writes the same bytes.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result, anyhow};
use billing_core::ids::Target;
use billing_store::invoices::{self, ExportRecord};

use crate::app::App;

/// Writes all pending files. It holds the ledger's lock meanwhile, so that the file of the newest invoice is the one
/// that stays.
///
/// # Errors
/// When a file cannot be written; it stays pending.
pub fn write_exports(app: &mut App) -> Result<Vec<PathBuf>> {
    let dir = app.settings.export_dir.clone();
    if app.ledger.read(|tx| invoices::exports(tx, None))?.is_empty() {
        return Ok(Vec::new());
    }
    remove_leftovers(&dir);
    app.ledger.write(|tx| {
        let mut written = Vec::new();
        for export in invoices::exports(tx, None)? {
            let Some(target) = invoices::target(tx, export.invoice)? else { continue };
            written.extend(write_export(&dir, &target, &export)?);
            invoices::export_written(tx, &export)?;
        }
        Ok(written)
    })
}

fn write_export(dir: &Path, target: &Target, export: &ExportRecord) -> Result<Vec<PathBuf>> {
    let names = match export.kind.as_str() {
        "void" => vec![format!("{}-{}-void.csv", file_name(target), export.invoice)],
        _ => vec![
            format!("{}-{}.csv", file_name(target), export.invoice),
            format!("{}.csv", file_name(target)),
        ],
    };
    let paths: Vec<PathBuf> = names.iter().map(|name| dir.join(name)).collect();
    for path in &paths {
        write_file(path, export.content.as_bytes()).with_context(|| {
            let what = if export.kind == "void" { "is void" } else { "stands" };
            let (number, path) = (export.invoice, path.display());
            format!("invoice {number} {what}, but its file {path} was not written; mend this, and the next bill writes it")
        })?;
    }
    Ok(paths)
}

/// Removes the halves of files that killed commands left behind; those of commands that still run stay.
fn remove_leftovers(dir: &Path) {
    let processes = Path::new("/proc");
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_suffix(".part").or_else(|| name.strip_suffix(".probe")) else { continue };
        let process = rest.rsplit('.').next().and_then(|unique| unique.split_once('-'));
        let Some((process, count)) = process else { continue };
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let ours = number(process) && number(count);
        if ours && processes.exists() && !processes.join(process).exists() {
            // Another command may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A part of a file name that no other process or thread uses.
fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Writes a file completely or not at all: nobody ever reads half of it.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", unique()));
    let part = PathBuf::from(name);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&part, path));
    if renamed.is_err() {
        // What could not be completed is of no use to anybody.
        let _ = fs::remove_file(&part);
    }
    renamed
}

/// A target's name as a file name: provider names come from the outside and may hold anything. What no file name may
/// hold is written as `%2F`, so that two names never share a file.
pub fn file_name(target: &Target) -> String {
    let name = target.as_str();
    let mut out = String::new();
    for (at, character) in name.char_indices() {
        let unsafe_here =
            character.is_control() || "/\\:*?\"<>|%".contains(character) || (at == 0 && character == '.');
        if unsafe_here {
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        } else {
            out.push(character);
        }
    }
    out
}

/// Makes sure, before anything is invoiced, that exports can be written.
///
/// # Errors
/// When the folder cannot be made or written to.
pub fn check_export_dir(app: &App) -> Result<()> {
    let dir = &app.settings.export_dir;
    if !app.settings.save_csv {
        return Ok(());
    }
    let advice = |cause: std::io::Error| {
        anyhow!(
            "cannot write to EXPORT_DIR {}: {}: set it to a folder that can be written",
            dir.display(),
            folder_cause(&cause)
        )
    };
    fs::create_dir_all(dir).map_err(advice)?;
    let probe = dir.join(format!(".cloud-billing.{}.probe", unique()));
    File::create(&probe).map_err(advice)?;
    fs::remove_file(&probe).map_err(advice)
}

fn folder_cause(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
            "it is a file, not a folder".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => "it may not be written".to_owned(),
        _ => error.to_string(),
    }
}

/// Writes an invoice's file again, byte for byte as it was, and gives its content and place.
///
/// # Errors
/// When the invoice has no file or it cannot be written.
pub fn export_again(
    app: &mut App,
    number: billing_core::ids::InvoiceNumber,
) -> Result<(String, Option<PathBuf>)> {
    let invoice = super::invoices::find(app, number)?;
    let exports = app.ledger.read(|tx| invoices::exports(tx, Some(number)))?;
    let export = exports.into_iter().find(|export| export.kind == "export");
    let export = export
        .ok_or_else(|| anyhow!("invoice {number} is a draft: issue it first, then it has an export"))?;
    if !app.settings.save_csv {
        app.ledger.write(|tx| invoices::export_written(tx, &export))?;
        return Ok((export.content, None));
    }
    check_export_dir(app)?;
    // What is pending is written with all the files that belong to it.
    write_exports(app)?;
    let path = app.settings.export_dir.join(format!("{}-{number}.csv", file_name(&invoice.content.target)));
    write_file(&path, export.content.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    app.ledger.write(|tx| invoices::export_written(tx, &export))?;
    Ok((export.content, Some(path)))
}
