//! A folder as it lies in a provider's bucket: the newest manifest of the month says which files are the bill.

use std::path::PathBuf;

use xtask::scenario::{Digits, Form, Provider, make};

use crate::program::{File, Program, file};

#[test]
fn aws_delivers_with_a_manifest() {
    check(Provider::Aws, Form::AwsSlash, "cur/report/20261001-20261101/report-Manifest.json");
}

#[test]
fn azure_delivers_with_a_manifest() {
    check(
        Provider::Azure,
        Form::AzureEnterprise,
        "exports/actual/20261001-20261031/00000000-aaaa-bbbb-cccc-000000000000/manifest.json",
    );
}

/// The whole bucket is the month as it is now; so is what one manifest names.
fn check(provider: Provider, form: Form, manifest: &str) {
    let scenario = make(provider, 5, 60, Digits::Many);
    let mut program = Program::new(&scenario);
    for version in 0..2 {
        let usual = file(form.file(), &form.text(&scenario.table(version, form)));
        let report = program.import(form.importer(), "usual", &[usual]);
        let content = program.content(&report);
        let files: Vec<File> =
            scenario.delivery(version).iter().map(|(path, text)| file(path, text)).collect();
        let mut fresh = Program::new(&scenario);
        let folder = fresh.deliver(&files);
        let paths: [PathBuf; 2] = [folder.clone(), folder.join(manifest)];
        // Azure's manifest above is that of the first run.
        for path in &paths[..if version == 0 || provider == Provider::Aws { 2 } else { 1 }] {
            let place = format!("version {version}, {}", path.display());
            let mut fresh = Program::new(&scenario);
            let report = fresh.import_paths(form.importer(), "bucket", vec![path.clone()]);
            let report = report.unwrap_or_else(|error| panic!("{place}: {error}"));
            let found = fresh.content(&report);
            assert_eq!(found.buckets, content.buckets, "{place}: buckets");
            assert_eq!(found.slices(), content.slices(), "{place}: digests");
            assert_eq!(
                report.version.rows,
                scenario.control(version, form).unwrap()["rows"],
                "{place}: rows"
            );
        }
    }
}
