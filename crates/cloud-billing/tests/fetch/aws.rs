//! The accounts of an AWS organization: names follow, ids stay.

use serde_json::json;
use test_peers::{Reply, Scripted};

use crate::common::world::World;

fn page(accounts: &[(&str, &str, &str)], next: Option<&str>) -> Reply {
    let accounts: Vec<_> = accounts
        .iter()
        .map(|(id, name, status)| json!({"Id": id, "Name": name, "Status": status, "Email": "a@example.com"}))
        .collect();
    Reply::ok(json!({"Accounts": accounts, "NextToken": next}).to_string())
}

fn world(server: &Scripted) -> World {
    World::with(&[
        ("AWS_ENDPOINT_URL", &server.url("")),
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "hush-secret"),
    ])
}

/// The provider's id and the name of each account.
fn names(world: &World) -> Vec<(String, String)> {
    let catalog = world.json("catalog");
    let entries = catalog.as_array().unwrap().iter().filter(|entry| entry["what"] == "account");
    let mut names: Vec<(String, String)> = entries
        .map(|entry| {
            let (name, detail) = (entry["name"].as_str().unwrap(), entry["detail"].as_str().unwrap());
            (detail[4..16].to_owned(), name.to_owned())
        })
        .collect();
    names.sort();
    names
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
}

const FIRST: [(&str, &str, &str); 2] =
    [("000000000001", "nimbus", "ACTIVE"), ("000000000002", "shop", "ACTIVE")];
const CLOSED: (&str, &str, &str) = ("000000000003", "say \"old\", new", "SUSPENDED");

#[test]
fn names_follow_and_what_a_person_named_stays() {
    let now = [("000000000001", "cumulus", "ACTIVE"), ("000000000002", "store", "ACTIVE")];
    let server = Scripted::replies(vec![
        page(&FIRST, Some("next")),
        page(&[CLOSED], None),
        // The third account is listed no more.
        page(&now, None),
        page(&now, None),
    ]);
    let world = world(&server);
    let first = world.done("import aws-accounts");
    assert_eq!(
        first.out,
        "3 accounts: 3 created, 0 renamed\ncreated: account AWS 000000000001\ncreated: account AWS 000000000002\n\
         created: account AWS 000000000003\n"
    );
    assert!(!first.err.contains("hush"), "{}", first.err);
    world.apply("accounts: [{ provider: AWS, id: \"000000000002\", name: Our shop }]");
    let second = world.done("import AwsAccountImport -n aws");
    assert_eq!(
        second.out,
        "2 accounts: 0 created, 1 renamed\nrenamed: account AWS 000000000001: nimbus -> cumulus\n"
    );
    let named =
        [("000000000001", "cumulus"), ("000000000002", "Our shop"), ("000000000003", "say \"old\", new")];
    assert_eq!(names(&world), pairs(&named));
    assert_eq!(world.done("import aws-accounts").out, "2 accounts: 0 created, 0 renamed\n");
    assert_eq!(world.json("imports"), json!([]), "names are no document");
}

#[test]
fn an_empty_answer_and_a_refusal_change_nothing() {
    let denied = json!({"__type": "AccessDeniedException", "Message": "You don't have permissions."});
    let server = Scripted::replies(vec![
        page(&FIRST, None),
        page(&[], None),
        Reply::status(400).body(denied.to_string()),
    ]);
    let world = world(&server);
    world.done("import aws-accounts");
    let before = world.books();
    let empty = world.ends(1, "import aws-accounts");
    assert!(
        empty.err.contains("the organization has no account, which cannot be; nothing was taken"),
        "{}",
        empty.err
    );
    let refused = world.ends(1, "import aws-accounts");
    assert!(refused.err.contains("AccessDeniedException: You don't have permissions"), "{}", refused.err);
    assert_eq!(world.books(), before);
}

#[test]
fn a_list_from_a_file_does_the_same() {
    let world = World::new();
    world.write("accounts.csv", "Account ID,Account name\n000000000001,nimbus\n6.1E+11,rounded\n");
    let ran = world.ends(3, "import aws-accounts -f accounts.csv");
    assert_eq!(ran.out, "1 account: 1 created, 0 renamed\ncreated: account AWS 000000000001\n");
    assert!(ran.err.contains("a spreadsheet has rounded the account's number"), "{}", ran.err);
    world.write("none.csv", "Id,Name\n");
    let none = world.ends(1, "import aws-accounts -f none.csv");
    assert!(none.err.contains("the list names no account; nothing was changed"), "{}", none.err);
    world.ends(2, "import aws-accounts -f accounts.csv --replace");
}
