//! Requests and downloads against a server that fails by script.

#![allow(clippy::unwrap_used)]

use std::{fs, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use billing_remote::{Http, RemoteSettings, RetryPolicy, Waiter};
use md5::{Digest, Md5};
use test_peers::{Reply, Scripted};

fn http() -> (Http, Waiter) {
    let waiter = Waiter::noting();
    let policy = RetryPolicy { waiter: waiter.clone(), ..RetryPolicy::default() };
    (Http::with_policy(&RemoteSettings::default(), policy).unwrap(), waiter)
}

fn bytes(length: u32) -> Vec<u8> {
    (0..length).flat_map(|number| number.to_le_bytes()).collect()
}

fn md5(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(bytes))
}

#[test]
fn passing_failures_are_tried_again_after_the_wait_the_server_asks_for() {
    let server = Scripted::replies(vec![
        Reply::status(429).header("Retry-After", "45"),
        Reply::status(429).header("x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after", "50"),
        Reply::status(503),
        Reply::reset(),
        Reply::ok("{\"rows\": [1, 2").cut_after(6),
        Reply::ok("{\"rows\": [1, 2]}"),
    ]);
    let (http, waiter) = http();
    let answer = http.get(&server.url("/rows?token=hush")).send().unwrap();
    assert_eq!(answer.json::<serde_json::Value>().unwrap()["rows"][1], 2);
    let waits = waiter.noted();
    assert_eq!((waits.len(), waits[0], waits[1]), (5, Duration::from_secs(45), Duration::from_secs(50)));
    assert!(waits[2] < Duration::from_secs(5), "{waits:?}");
}

#[test]
fn a_refusal_is_told_in_one_sentence_without_secrets() {
    let body = r#"{"error":{"code":"RBACAccessDenied","message":"The client has no role."}}"#;
    let server = Scripted::replies(vec![Reply::status(403).body(body)]);
    let (http, waiter) = http();
    let url = server.url("/scope/reports?sig=hush");
    let request = http.get(&url).bearer("hush").needs("the role Cost Management Reader");
    assert!(!format!("{request:?}").contains("hush"));
    let error = request.send().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: refused with status 403 (RBACAccessDenied: The client has no role); this needs the role Cost \
             Management Reader: grant it, and check the credentials",
            server.url("/scope/reports")
        )
    );
    assert_eq!((error.status(), error.code()), (Some(403), Some("RBACAccessDenied")));
    assert!(!format!("{error:?}").contains("hush"));
    assert_eq!(waiter.noted(), [], "a refusal does not pass by waiting");
}

#[test]
fn it_gives_up_after_six_attempts() {
    let server = Scripted::handling(|_, _| Reply::status(500));
    let (http, waiter) = http();
    let error = http.get(&server.url("/a")).send().unwrap_err().to_string();
    assert!(error.ends_with("wait a while and run the command again"), "{error}");
    assert_eq!((server.seen().len(), waiter.noted().len()), (6, 5));
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let script =
        || Scripted::replies(vec![Reply::status(429), Reply::status(500), Reply::reset(), Reply::ok("done")]);
    let (http, _) = http();
    let once = script();
    assert_eq!(http.post(&once.url("/a")).form(&[("a b", "c&d")]).send().unwrap_err().status(), Some(500));
    assert_eq!(once.seen().len(), 2, "a 429 says that nothing was done, a 500 does not");
    assert_eq!(once.seen()[1].body, b"a+b=c%26d");
    let safe = script();
    let json = serde_json::json!({"a": 1});
    assert_eq!(http.post(&safe.url("/a")).json(&json).repeatable().send().unwrap().body(), b"done");
    assert_eq!(safe.seen()[3].body, br#"{"a":1}"#);
    assert_eq!(safe.seen()[3].header("content-type"), Some("application/json"));
}

#[test]
fn a_redirect_is_followed_only_where_that_is_allowed() {
    let target = Scripted::replies(vec![Reply::ok("there")]);
    let elsewhere = target.url("/there");
    let server = Scripted::handling(move |_, _| Reply::status(302).header("Location", &elsewhere));
    let (http, _) = http();
    let error = http.get(&server.url("/a")).bearer("hush").send().unwrap_err().to_string();
    assert!(error.contains("status 302") && error.contains("not followed with credentials"), "{error}");
    assert_eq!(target.seen().len(), 0);
    assert_eq!(http.get(&server.url("/a")).following_redirects().send().unwrap().body(), b"there");
}

#[test]
fn an_answer_that_is_too_long_or_no_json_is_refused() {
    let server = Scripted::replies(vec![Reply::ok("x".repeat(1001)), Reply::ok("<html>")]);
    let (http, _) = http();
    let error = http.get(&server.url("/a")).body_max(1000).send().unwrap_err().to_string();
    assert!(error.ends_with("the answer is longer than 1000 bytes; ask for less at once"), "{error}");
    let answer = http.get(&server.url("/b?c=d")).send().unwrap();
    let error = answer.json::<serde_json::Value>().unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: the answer is not the JSON", server.url("/b"))), "{error}");
}

#[test]
fn addresses_that_lead_nowhere_are_named_with_a_cure() {
    let (http, waiter) = http();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = http.get(&format!("http://127.0.0.1:{port}/a?b=hush")).send().unwrap_err().to_string();
    assert!(error.starts_with(&format!("http://127.0.0.1:{port}/a: it cannot be reached")), "{error}");
    assert!(error.contains("refused") && !error.contains("hush"), "{error}");
    assert_eq!(waiter.noted().len(), 5);
    let error = http.get("ftp://me:hush@host/a?b=hush").send().unwrap_err().to_string();
    assert_eq!(error, "host/a: this is not an address; write one like https://host/path");
}

#[test]
fn a_broken_download_goes_on_where_it_broke() {
    let whole = bytes(30_000);
    let (sum, served) = (md5(&whole), whole.clone());
    let server = Scripted::handling(move |number, seen| {
        let reply = match seen.range_start() {
            None => Reply::ok(served.clone()),
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", served.len() - 1, served.len());
                Reply::status(206).header("Content-Range", &range).body(&served[start..])
            }
        };
        let reply = reply.header("ETag", "\"one\"").header("Content-MD5", &sum);
        if number < 3 { reply.cut_after(25_000) } else { reply }
    });
    let (http, _) = http();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bill.csv");
    let done = http.get(&server.url("/bill?sig=hush")).download(&file).unwrap();
    assert!(fs::read(&file).unwrap() == whole);
    assert_eq!((done.bytes, done.checksum), (120_000, true));
    let seen = server.seen();
    let starts: Vec<_> = seen.iter().map(|seen| seen.range_start()).collect();
    assert!(starts[0].is_none() && starts[1..].iter().all(Option::is_some), "{starts:?}");
    assert_eq!(seen[1].header("if-range"), Some("\"one\""));
}

#[test]
fn without_ranges_or_when_the_source_changed_it_starts_anew() {
    let (old, new) = (bytes(10_000), bytes(20_000));
    let server = Scripted::replies(vec![
        Reply::ok(old).header("ETag", "\"old\"").cut_after(20_000),
        // The server sends the whole of what there is now: the old part must not stay in front.
        Reply::ok(new.clone()).header("ETag", "\"new\"").cut_after(30_000),
        Reply::status(416),
        Reply::ok(new.clone()).header("ETag", "W/\"new\"").cut_after(30_000),
        // A weak tag does not allow going on in the middle.
        Reply::ok(new.clone()),
    ]);
    let (http, _) = http();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bill.csv");
    let done = http.get(&server.url("/bill")).download(&file).unwrap();
    assert!(fs::read(&file).unwrap() == new);
    assert!(!done.checksum);
    let ranges: Vec<_> = server.seen().iter().map(|seen| seen.range_start()).collect();
    assert_eq!(ranges.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true, false, false]);
}

#[test]
fn a_wrong_checksum_is_never_taken() {
    let whole = bytes(1000);
    let wrong = Reply::ok(bytes(999)).header("Content-MD5", &md5(&whole));
    let right = Reply::ok(whole.clone()).header("Content-MD5", &md5(&whole));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bill.csv");
    let (http, _) = http();
    let server = Scripted::handling({
        let wrong = wrong.clone();
        move |_, _| wrong.clone()
    });
    let error = http.get(&server.url("/bill")).download(&file).unwrap_err().to_string();
    assert!(error.contains("another checksum (MD5)"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    let server = Scripted::replies(vec![wrong, right]);
    assert!(http.get(&server.url("/bill")).download(&file).unwrap().checksum);
    assert!(fs::read(&file).unwrap() == whole);
}
