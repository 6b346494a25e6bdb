//! Bills and detail in object stores, against real servers: the same documents and invoices as from files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

use billing_remote::{Location, ObjectStore, RemoteSettings};
use test_peers::{Peer, peer::AZURITE_KEY};

use crate::common::{report, usage, world::World};

const CATALOG: &str = "customers: [{ name: Shop, cost_center: cc-shop }]
accounts:
  - { provider: AWS, id: \"200000000002\", customer: Shop }
  - { provider: Azure, id: shop, customer: Shop }
";

/// A ledger of CHF and dollars alike, with access to a store.
fn world(settings: &[(&str, &str)]) -> World {
    let mut world = World::with(settings);
    world.set("CURRENCY", "USD");
    world
}

fn store(address: &str, settings: &[(&str, &str)]) -> ObjectStore {
    let value =
        |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    ObjectStore::connect(&Location::parse(address).unwrap(), &RemoteSettings::read(&value)).unwrap()
}

fn put(store: &ObjectStore, key: &str, content: String) {
    store.put(key, content.into_bytes()).unwrap();
}

fn deliver(store: &ObjectStore) {
    for (key, content) in report::bucket() {
        put(store, &key, content);
    }
}

fn folders(store: &ObjectStore) -> Vec<String> {
    let keys = store.list("detail").unwrap().into_iter().map(|object| object.key);
    let mut folders: Vec<String> =
        keys.map(|key| key.split('/').nth(1).unwrap_or_default().to_owned()).collect();
    folders.dedup();
    folders
}

#[test]
fn a_report_and_its_detail_in_s3() {
    let Some(peer) = Peer::moto() else { return };
    peer.boto("client('s3').create_bucket(Bucket='acme')").unwrap();
    let url = peer.url();
    let settings =
        [("AWS_ENDPOINT_URL", &*url), ("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    let bucket = store("s3://acme", &settings);
    deliver(&bucket);
    let mut world = world(&settings);
    world.set("DETAIL_URL", "s3://acme/detail");
    world.apply(CATALOG);
    let import = &world.json("import aws-cur -n aws -f s3://acme/cur")[0];
    assert_eq!(import["totals"]["USD"], "320");
    assert_eq!((&import["document"], &import["rows"]), (&"aws/2026-10".into(), &2.into()));
    assert_eq!(folders(&bucket).len(), 1);
    let line = format!("{}/1", world.bill("AWS", "2026-10")["number"].as_str().unwrap());
    let shown = world.done(&format!("explain {line} --rows -o json")).out;
    let month = "s3://acme/cur/rep/20261001-20261101";
    for text in [&format!("{month}/a2/rep-1.csv"), &format!("{month}/a2/rep-2.csv"), "\"300\""] {
        assert!(shown.contains(text), "{text} is in {shown}");
    }
    // The same again, from where the setting says: refused, and its detail is taken away again.
    world.set("AWS_CUR_URL", "s3://acme/cur");
    let again = world.done("import aws-cur -n aws").out;
    assert!(again.contains("is already imported"), "{again}");
    assert_eq!(folders(&bucket).len(), 1, "its detail is not kept");
    // A manifest by name, and one file.
    let older = &world.json(&format!("import aws-cur -n aws --replace -f {month}/a1/rep-Manifest.json"))[0];
    assert_eq!(older["totals"]["USD"], "1");
    let one = &world.json(&format!("import aws-cur -n aws --replace -f {month}/stray.csv"))[0];
    assert_eq!(one["totals"]["USD"], "4000");
    assert_eq!(folders(&bucket).len(), 3);
}

#[test]
fn what_is_wrong_in_a_bucket_is_told_and_changes_nothing() {
    let Some(peer) = Peer::s3s_fs("the-key", "the-secret") else { return };
    std::fs::create_dir(peer.root().join("acme")).unwrap();
    let url = peer.url();
    let settings = [
        ("AWS_ENDPOINT_URL", &*url),
        ("AWS_ACCESS_KEY_ID", "the-key"),
        ("AWS_SECRET_ACCESS_KEY", "the-secret"),
    ];
    let bucket = store("s3://acme", &settings);
    deliver(&bucket);
    let world = world(&settings);
    for (address, message) in [
        ("s3://acme/nothing", "s3://acme/nothing: nothing is there; check the bucket and the folder"),
        ("s3://acme/cur/rep/20261001-20261101/no.csv", "no.csv: nothing is there"),
        ("s3://other/cur", "s3://other/cur: refused with status 404 (NoSuchBucket"),
    ] {
        let told = world.fails(&format!("import aws-cur -n aws -f {address}"));
        assert!(told.contains(message), "{told}");
    }
    let told = world.fails("import aws-cur -n aws -f s3://acme/cur --period 2026-09");
    assert!(told.contains("s3://acme/cur: there is no manifest of 2026-09"), "{told}");
    bucket.delete("cur/rep/20261001-20261101/a2/rep-2.csv").unwrap();
    let told = world.fails("import aws-cur -n aws -f s3://acme/cur");
    assert!(told.contains("a2/rep-2.csv is missing, which the manifest"), "{told}");
    let told = world.wrong_usage("import aws-cur -n aws -f s3:///cur");
    assert!(told.contains("s3:///cur: no bucket is named"), "{told}");
    let mut stranger = World::with(&settings);
    stranger.set("AWS_SECRET_ACCESS_KEY", "hush-hush");
    let told = stranger.fails("import aws-cur -n aws -f s3://acme/cur");
    assert!(told.contains("the secret does not fit the key: check AWS_SECRET_ACCESS_KEY"), "{told}");
    assert!(!told.contains("hush"), "{told}");
    stranger.set("DETAIL_URL", "s3://acme/detail");
    stranger.write("a.csv", usage::focus("Azure shop 2026-10 1"));
    let told = stranger.fails("import focus -n focus -f a.csv");
    assert!(told.contains("s3://acme/detail") && told.contains("AWS_SECRET_ACCESS_KEY"), "{told}");
    assert_eq!(world.json("imports"), serde_json::json!([]));
}

#[test]
fn tables_and_detail_in_azure() {
    let Some(peer) = Peer::azurite() else { return };
    let sas = peer.azure_container("costs").unwrap();
    let endpoint = peer.azure_endpoint();
    let account = [("AZURE_STORAGE_ACCOUNT", "devstoreaccount1"), ("AZURE_STORAGE_ENDPOINT", &*endpoint)];
    let keyed = [&account[..], &[("AZURE_STORAGE_KEY", AZURITE_KEY)]].concat();
    let container = store("az://costs", &keyed);
    put(&container, "focus/one.csv", usage::focus("Azure shop 2026-10 1.25"));
    put(&container, "focus/more/two.csv", usage::focus("Azure shop 2026-10 2.5 service=Storage"));
    put(&container, "focus/_SUCCESS.csv", "not a table".to_owned());
    let mut world = World::with(&keyed);
    world.set("DETAIL_URL", "az://costs/detail");
    world.apply(CATALOG);
    let import = &world.json("import focus -n focus -f az://costs/focus")[0];
    assert_eq!((&import["rows"], &import["totals"]["CHF"]), (&2.into(), &"3.75".into()));
    assert_eq!(folders(&container).len(), 1);
    let line = format!("{}/1", world.bill("Azure", "2026-10")["number"].as_str().unwrap());
    let shown = world.done(&format!("explain {line} --rows -o json")).out;
    assert!(shown.contains("az://costs/focus/more/two.csv"), "{shown}");
    // A signature that only reads is enough for documents, and not for detail.
    let signed = [&account[..], &[("AZURE_STORAGE_SAS_TOKEN", &*sas)]].concat();
    let mut reader = World::with(&signed);
    let import = &reader.json("import focus -n focus -f az://costs/focus")[0];
    assert_eq!(import["totals"]["CHF"], "3.75");
    reader.set("DETAIL_URL", "az://costs/other");
    let told = reader.fails("import focus -n again -f az://costs/focus --add");
    assert!(told.contains("az://costs/other/import-") && told.contains("refused with status 403"), "{told}");
}

#[test]
fn tables_in_google_storage() {
    let Some(peer) = Peer::fake_gcs_server() else { return };
    let http = billing_remote::Http::new(&RemoteSettings::default()).unwrap();
    let buckets = format!("{}/storage/v1/b?project=p", peer.url());
    http.post(&buckets).json(&serde_json::json!({"name": "acme"})).send().unwrap();
    let upload = format!("{}/upload/storage/v1/b/acme/o?uploadType=media&name=focus%2Fa.csv", peer.url());
    http.post(&upload).body("text/csv", usage::focus("Azure shop 2026-10 1.25")).send().unwrap();
    let world = World::with(&[("STORAGE_EMULATOR_HOST", &peer.url())]);
    let import = &world.json("import focus -n focus -f gs://acme/focus")[0];
    assert_eq!((&import["rows"], &import["totals"]["CHF"]), (&1.into(), &"1.25".into()));
}
