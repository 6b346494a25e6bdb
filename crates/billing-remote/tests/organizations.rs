//! The accounts of an organization, of a server that checks keys and signatures, and of one that is busy.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{collections::BTreeMap, process::Command, time::Duration};

use billing_remote::{
    Http, RemoteError, RemoteSettings, RetryPolicy, Waiter,
    aws::{ListedAccount, Organization},
};
use serde_json::{Value, json};
use test_peers::{Peer, Reply, Scripted, program};

/// Makes an organization of 46 accounts and a user who may list them.
const MAKE: &str = r#"
import boto3, json, sys
make = lambda name: boto3.client(name, endpoint_url=sys.argv[1], region_name="us-east-1",
    aws_access_key_id="none", aws_secret_access_key="none")
iam, org = make("iam"), make("organizations")
iam.create_user(UserName="reader")
policy = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"}]}
iam.put_user_policy(UserName="reader", PolicyName="list", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="reader")["AccessKey"]
org.create_organization(FeatureSet="ALL")
for number in range(45):
    org.create_account(AccountName=f"team {number:02}", Email=f"team{number}@example.com")
for _ in range(100):  # until keys are checked
    try:
        org.list_roots()
    except org.exceptions.ClientError:
        break
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"#;
/// More requests than that script needs to make all this: they are not checked.
const FREE_REQUESTS: usize = 60;

fn accounts(url: &str, key: &str, secret: &str) -> (Result<Vec<ListedAccount>, RemoteError>, Waiter) {
    let values = BTreeMap::from([
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
    ]);
    let settings = RemoteSettings::read(&|name| values.get(name).map(|value| (*value).to_owned()));
    let waiter = Waiter::noting();
    let policy = RetryPolicy { waiter: waiter.clone(), ..RetryPolicy::default() };
    let http = Http::with_policy(&settings, policy).unwrap();
    (Organization::connect(&settings, &http).unwrap().accounts(), waiter)
}

#[test]
fn all_accounts_of_all_pages_are_listed() {
    let Some(moto) = program("moto") else { return };
    let Some(peer) = Peer::moto_checking_keys(FREE_REQUESTS) else { return };
    let python = moto.with_file_name("python");
    let output = Command::new(python).args(["-c", MAKE, &peer.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [key, secret]: [String; 2] = serde_json::from_slice(&output.stdout).unwrap();

    let listed = accounts(&peer.url(), &key, &secret).0.unwrap();
    assert_eq!(listed.len(), 46);
    assert!(listed.iter().all(|account| account.id.len() == 12 && account.status == "ACTIVE"), "{listed:?}");
    let names = listed.iter().filter(|account| account.name.starts_with("team ")).count();
    assert_eq!(names, 45);

    let wrong_secret = accounts(&peer.url(), &key, "hush-secret").0.unwrap_err().to_string();
    assert!(wrong_secret.contains("refused with status 403 (SignatureDoesNotMatch"), "{wrong_secret}");
    assert!(wrong_secret.contains("organizations:ListAccounts"), "{wrong_secret}");
    let wrong_key = accounts(&peer.url(), "AKIANOBODY", "hush-secret").0.unwrap_err().to_string();
    assert!(wrong_key.contains("refused with status"), "{wrong_key}");
    assert!(!wrong_secret.contains("hush") && !wrong_key.contains("hush"));
}

#[test]
fn a_busy_service_is_asked_again_for_the_same_page() {
    let page = |id: &str, token: Option<&str>| {
        let mut page =
            json!({"Accounts": [{"Id": id, "Name": "a", "Status": "SUSPENDED", "Email": "a@example.com"}]});
        page["NextToken"] = token.into();
        Reply::ok(page.to_string())
    };
    let busy = json!({"__type": "TooManyRequestsException", "Message": "slow down"}).to_string();
    let server = Scripted::replies(vec![
        page("000000000002", Some("next")),
        Reply::status(400).body(busy),
        Reply::ok(r#"{"Accounts": [], "NextToken": "last"}"#),
        page("000000000001", None),
    ]);
    let (listed, waiter) = accounts(&server.url(""), "AKIA1", "hush-secret");
    let ids: Vec<String> = listed.unwrap().into_iter().map(|account| account.id).collect();
    assert_eq!(ids, ["000000000001", "000000000002"]);
    assert_eq!(waiter.noted(), [Duration::from_secs(2)]);
    let seen = server.seen();
    let tokens: Vec<Value> = seen
        .iter()
        .map(|seen| serde_json::from_slice::<Value>(&seen.body).unwrap()["NextToken"].clone())
        .collect();
    assert_eq!(tokens, [json!(null), json!("next"), json!("next"), json!("last")]);
    assert_eq!(seen[0].header("x-amz-target"), Some("AWSOrganizationsV20161128.ListAccounts"));
    assert_eq!(seen[0].header("content-type"), Some("application/x-amz-json-1.1"));
    let signature = seen[0].header("authorization").unwrap();
    assert!(
        signature.contains("/us-east-1/organizations/aws4_request, SignedHeaders=content-type;host;"),
        "{signature}"
    );
    assert!(!signature.contains("hush"));
}

#[test]
fn an_empty_organization_is_an_error() {
    let server = Scripted::replies(vec![Reply::ok(r#"{"Accounts": []}"#)]);
    let error = accounts(&server.url(""), "AKIA1", "hush-secret").0.unwrap_err().to_string();
    assert!(error.contains("the organization has no account, which cannot be; nothing was taken"), "{error}");
}
