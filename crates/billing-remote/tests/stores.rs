//! Object stores against real servers: moto and s3s-fs for S3, azurite, fake-gcs-server.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{collections::HashMap, fs, time::Duration};

use billing_remote::{Http, Location, ObjectStore, RemoteSettings, RetryPolicy};
use test_peers::{Peer, Reply, Scripted, peer::AZURITE_KEY};

fn settings(pairs: &[(&str, &str)]) -> RemoteSettings {
    let pairs: HashMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RemoteSettings::read(&|name| pairs.get(name).cloned())
}

/// Few attempts with short pauses.
fn quick() -> RetryPolicy {
    let first_pause = Duration::from_millis(5);
    RetryPolicy { attempts: 3, first_pause, longest_pause: first_pause, ..RetryPolicy::default() }
}

fn open(address: &str, pairs: &[(&str, &str)]) -> ObjectStore {
    ObjectStore::connect_with(&Location::parse(address).unwrap(), &settings(pairs), quick()).unwrap()
}

fn s3_pairs<'p>(url: &'p str, key: &'p str, secret: &'p str) -> [(&'p str, &'p str); 3] {
    [("AWS_ENDPOINT_URL", url), ("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", secret)]
}

/// More than two pieces of an upload, and not a whole number of them; in bytes.
const LONG: usize = 36_000_004;

/// Names below the prefix `bills`, and what is in them.
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let long = (0..u32::try_from(LONG / 4).unwrap()).flat_map(u32::to_le_bytes).collect();
    vec![
        ("bills/empty", Vec::new()),
        ("bills/long.bin", long),
        ("bills/short ü+&.csv", b"a,b\n1,2\n".to_vec()),
        ("bills/sub/deep/x.json", b"{}".to_vec()),
        // Beside the prefix, not below it.
        ("bills-of-others/y.csv", b"y".to_vec()),
    ]
}

/// What every store must do.
fn story(store: &ObjectStore) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for (key, content) in contents() {
        fs::write(&file, &content).unwrap();
        store.put_file(key, &file).unwrap();
    }
    reading(store);
    store.delete("bills/empty").unwrap();
    store.delete("bills/empty").unwrap();
    assert_eq!(store.list("bills").unwrap().len(), 3);
}

fn reading(store: &ObjectStore) {
    let folder = tempfile::tempdir().unwrap();
    let contents = contents();
    let listed = store.list(&store.location().prefix).unwrap();
    let names: Vec<_> = listed.iter().map(|object| (object.key.as_str(), object.bytes)).collect();
    let expected: Vec<_> = contents[..4].iter().map(|(key, content)| (*key, content.len() as u64)).collect();
    assert_eq!(names, expected);
    assert!(listed.iter().all(|object| object.modified > 1_700_000_000));
    assert_eq!(store.list("bills/no").unwrap(), []);
    for (key, content) in &contents {
        let to = folder.path().join("back");
        let done = store.download(key, &to).unwrap();
        assert!(fs::read(&to).unwrap() == *content, "{key}");
        assert!(done.checksum || *key == "bills/long.bin", "{key}");
    }
    let (start, end) = (LONG as u64 - 4, LONG as u64);
    assert_eq!(store.get_range("bills/long.bin", start..end).unwrap(), &contents[1].1[LONG - 4..]);
    assert_eq!(store.head("bills/long.bin").unwrap().bytes, end);
    assert_eq!(store.read_small("bills/sub/deep/x.json", 2).unwrap(), b"{}");
    let error = store.read_small("bills/long.bin", 100).unwrap_err().to_string();
    assert!(
        error.contains("bills/long.bin: it has 36000004 bytes, and no more than 100 are read"),
        "{error}"
    );
    let missing = folder.path().join("no");
    let error = store.download("bills/no.csv", &missing).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(error.to_string().contains("bills/no.csv: refused with status 404"), "{error}");
    assert!(!missing.exists());
}

#[test]
fn s3_of_moto() {
    let Some(peer) = Peer::moto() else { return };
    peer.boto("client('s3').create_bucket(Bucket='acme')").unwrap();
    story(&open("s3://acme/bills", &s3_pairs(&peer.url(), "any", "any")));
    let error = open("s3://no-such/bills", &s3_pairs(&peer.url(), "any", "any")).list("bills").unwrap_err();
    assert_eq!(
        error.to_string(),
        "s3://no-such/bills: refused with status 404 (NoSuchBucket: The specified bucket does not exist); there is no such \
         bucket: check its name"
    );
}

/// A user who may only read: moto checks its keys and policy.
#[test]
fn s3_of_moto_with_rights() {
    let Some(peer) = Peer::moto_checking_keys(6) else { return };
    let made = peer.boto(
        "import json\n\
         client('s3').create_bucket(Bucket='acme')\n\
         client('s3').put_object(Bucket='acme', Key='bills/a.csv', Body=b'a')\n\
         iam = client('iam')\n\
         iam.create_user(UserName='reader')\n\
         policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Resource': '*',\n\
         \x20 'Action': ['s3:ListBucket', 's3:GetObject']}]}\n\
         iam.put_user_policy(UserName='reader', PolicyName='read', PolicyDocument=json.dumps(policy))\n\
         key = iam.create_access_key(UserName='reader')['AccessKey']\n\
         print(key['AccessKeyId'], key['SecretAccessKey'])",
    );
    // The server's own look at whether it answers uses up one of the free requests.
    let Some(made) = made else { panic!("the user could not be made") };
    let (key, secret) = made.trim().split_once(' ').unwrap();
    let store = open("s3://acme/bills", &s3_pairs(&peer.url(), key, secret));
    assert_eq!(store.list("bills").unwrap().len(), 1);
    let error = store.put("bills/b.csv", b"b".to_vec()).unwrap_err().to_string();
    assert!(error.starts_with("s3://acme/bills/b.csv: refused with status 403 (AccessDenied"), "{error}");
    assert!(error.contains("this needs s3:PutObject"), "{error}");
    let error =
        open("s3://acme", &s3_pairs(&peer.url(), "AKIAUNKNOWN", secret)).list("").unwrap_err().to_string();
    assert!(error.ends_with("the key is not known there: check AWS_ACCESS_KEY_ID"), "{error}");
}

#[test]
fn s3_with_signatures_that_are_checked() {
    let Some(peer) = Peer::s3s_fs("the-key", "the-secret") else { return };
    fs::create_dir(peer.root().join("acme")).unwrap();
    story(&open("s3://acme/bills", &s3_pairs(&peer.url(), "the-key", "the-secret")));
    let store = open("s3://acme/bills", &s3_pairs(&peer.url(), "the-key", "hush-hush"));
    let error = store.list("bills").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("s3://acme/bills: refused with status 403 (SignatureDoesNotMatch"), "{text}");
    assert!(text.ends_with("the secret does not fit the key: check AWS_SECRET_ACCESS_KEY"), "{text}");
    assert!(!format!("{error:?} {store:?}").contains("hush"), "{error:?} {store:?}");
    let store = open("s3://acme/bills", &s3_pairs(&peer.url(), "stranger", "the-secret"));
    let error = store.list("bills").unwrap_err().to_string();
    assert!(error.ends_with("the key is not known there: check AWS_ACCESS_KEY_ID"), "{error}");
}

#[test]
fn blobs_of_azurite() {
    let Some(peer) = Peer::azurite() else { return };
    let (endpoint, sas) = (peer.azure_endpoint(), peer.azure_container("costs").unwrap());
    let account = ("AZURE_STORAGE_ACCOUNT", "devstoreaccount1");
    let at = ("AZURE_STORAGE_ENDPOINT", endpoint.as_str());
    let store = open("az://costs/bills", &[account, at, ("AZURE_STORAGE_KEY", AZURITE_KEY)]);
    story(&store);
    let signed = open("az://costs/bills", &[account, at, ("AZURE_STORAGE_SAS_TOKEN", &sas)]);
    assert_eq!(signed.list("bills").unwrap().len(), 3);
    let broken = sas.replace("sig=", "sig=hush");
    let error = open("az://costs/bills", &[account, at, ("AZURE_STORAGE_SAS_TOKEN", &broken)]).list("bills");
    let error = error.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("az://costs/bills: refused with status 403"), "{text}");
    assert!(text.contains("AZURE_STORAGE_SAS_TOKEN") && !format!("{error:?}").contains("hush"), "{error:?}");
}

#[test]
fn storage_of_fake_gcs_server() {
    let Some(peer) = Peer::fake_gcs_server() else { return };
    let http = Http::new(&RemoteSettings::default()).unwrap();
    let buckets = format!("{}/storage/v1/b?project=p", peer.url());
    http.post(&buckets).json(&serde_json::json!({"name": "acme"})).send().unwrap();
    // Its PUT takes signed addresses only, so things get there by another way.
    for (key, content) in contents() {
        let name = key.replace('/', "%2F").replace(' ', "%20").replace('+', "%2B").replace('&', "%26");
        let upload = format!("{}/upload/storage/v1/b/acme/o?uploadType=media&name={name}", peer.url());
        http.post(&upload).body("application/octet-stream", content).send().unwrap();
    }
    reading(&open("gs://acme/bills", &[("STORAGE_EMULATOR_HOST", &peer.url())]));
}

#[test]
fn a_download_from_a_store_goes_on_where_it_broke() {
    let whole: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    let served = whole.clone();
    let server = Scripted::handling(move |number, seen| {
        let (length, start) = (served.len(), seen.range_start());
        let reply = match start {
            None => Reply::ok(served.clone()),
            Some(start) => Reply::status(206)
                .header("Content-Range", &format!("bytes {start}-{}/{length}", length - 1))
                .body(&served[start..]),
        };
        let reply = reply.header("ETag", "\"one\"").header("Last-Modified", "Sun, 01 Nov 2026 10:00:00 GMT");
        match number {
            0 => Reply::status(503).header("Retry-After", "0"),
            1..6 => reply.cut_after(30_000),
            _ => reply,
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("bill.csv");
    let store = open("s3://acme", &s3_pairs(&server.url(""), "k", "s"));
    assert_eq!(store.download("bill.csv", &to).unwrap().bytes, 200_000);
    assert!(fs::read(&to).unwrap() == whole);
    let starts: Vec<_> = server.seen().iter().filter_map(test_peers::Seen::range_start).collect();
    assert_eq!(starts.len(), 5, "{starts:?}");
    assert!(starts.is_sorted() && starts[4] > starts[0], "{starts:?}");
}

#[test]
fn settings_that_cannot_do_are_named() {
    let refused = |address: &str, pairs: &[(&str, &str)]| {
        let location = Location::parse(address).unwrap();
        ObjectStore::connect(&location, &settings(pairs)).unwrap_err().to_string()
    };
    assert_eq!(
        refused("az://costs/bills", &[]),
        "setting AZURE_STORAGE_ACCOUNT: it is not set; set it to the storage account that az://costs/bills is in"
    );
    assert_eq!(
        refused("s3://b", &[("AWS_ACCESS_KEY_ID", "k")]),
        "setting AWS_SECRET_ACCESS_KEY: it must be set too, as AWS_ACCESS_KEY_ID is"
    );
    let text = refused("s3://b", &[("AWS_ENDPOINT_URL", "minio:9000")]);
    assert!(text.starts_with("setting AWS_ENDPOINT_URL: not understood: write an address"), "{text}");
    let text = refused("gs://b", &[("GOOGLE_SERVICE_ACCOUNT_KEY", "{\"private_key\": \"hush\"}")]);
    assert!(text.starts_with("setting GOOGLE_SERVICE_ACCOUNT_KEY: ") && !text.contains("hush"), "{text}");
    let text = refused("gs://b", &[("GOOGLE_APPLICATION_CREDENTIALS", "/no/such.json")]);
    assert!(text.starts_with("setting GOOGLE_APPLICATION_CREDENTIALS: "), "{text}");
}
