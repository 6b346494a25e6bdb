//! Whether rows are in force already: the digests of slices tell it, in whatever files, order and packing they come.

use std::collections::{BTreeMap, BTreeSet};

use super::{InForce, Refusal};
use crate::{
    document::{Content, Digest, FileContent, Slice},
    ids::Provider,
    period::Period,
};

/// Refuses two files with the same rows: a provider's delivery that lies in one folder twice.
///
/// # Errors
/// When there are two.
pub fn admit_files(content: &Content) -> Result<(), Refusal> {
    for (at, file) in content.files.iter().enumerate().filter(|(_, file)| file.rows > 0) {
        let same = |other: &&FileContent| {
            keys(&other.slices).collect::<BTreeSet<_>>() == keys(&file.slices).collect()
        };
        if let Some(first) = content.files[..at].iter().find(same) {
            return Err(Refusal::FileTwice { first: first.name.clone(), second: file.name.clone() });
        }
    }
    Ok(())
}

/// A slice without its row count: what a digest is compared for.
type SliceKey<'a> = (&'a Provider, Period, Digest);

fn keys(slices: &[Slice]) -> impl Iterator<Item = SliceKey<'_>> {
    slices.iter().map(|slice| (&slice.provider, slice.period, slice.digest))
}

fn sum(files: &[Vec<Slice>]) -> Vec<Slice> {
    let mut sums: BTreeMap<(&Provider, Period), (u64, Digest)> = BTreeMap::new();
    for slice in files.iter().flatten() {
        let (rows, digest) = sums.entry((&slice.provider, slice.period)).or_default();
        *rows += slice.rows;
        digest.add(slice.digest.0);
    }
    let slice = |((provider, period), (rows, digest)): ((&Provider, Period), (u64, Digest))| Slice {
        provider: provider.clone(),
        period,
        rows,
        digest,
    };
    sums.into_iter().map(slice).collect()
}

/// Whether a document has all of the content: as its whole, as some of its providers and periods, or as some of its
/// files.
pub(super) fn is_known(content: &Content, known: &InForce) -> bool {
    let whole = sum(&known.files);
    let known: BTreeSet<SliceKey<'_>> =
        keys(&whole).chain(known.files.iter().flat_map(|file| keys(file))).collect();
    let total = content.slices();
    let all_of = |slices: &[Slice]| keys(slices).all(|slice| known.contains(&slice));
    all_of(&total) || content.files.iter().all(|file| all_of(&file.slices))
}

/// Refuses content of which a provider's period, or a file, is in force already.
pub(super) fn check_parts(content: &Content, known: &InForce) -> Result<(), Refusal> {
    let whole = sum(&known.files);
    let in_force: BTreeSet<SliceKey<'_>> =
        keys(&whole).chain(known.files.iter().flat_map(|file| keys(file))).collect();
    let total = content.slices();
    let parts = keys(&total).chain(content.files.iter().flat_map(|file| keys(&file.slices)));
    match parts.filter(|part| in_force.contains(part)).min() {
        Some((provider, period, _)) => Err(Refusal::PartInForce {
            slice: format!("{provider} {period}"),
            name: known.name.clone(),
            version: known.version,
        }),
        None => Ok(()),
    }
}
