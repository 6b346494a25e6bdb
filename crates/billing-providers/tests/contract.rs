//! What every importer keeps to. A new one is tested by being in the list and having its `testdata` folder: each
//! `.csv` there has a `.total` beside it, worked out by hand, or an `.error` with the whole message.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::{collections::BTreeSet, fs};

use billing_providers::{Importer, PROVIDERS, importer};
use support::{document, gzip, import_text, summary, testdata};

#[test]
fn names_are_unique_and_found_in_any_case() {
    let mut names = BTreeSet::new();
    for provider in PROVIDERS {
        for name in std::iter::once(&provider.name).chain(provider.aliases) {
            assert!(names.insert(name.to_ascii_lowercase()), "{name} stands twice");
            assert_eq!(importer(&name.to_ascii_uppercase()).map(|found| found.name), Some(provider.name));
        }
        assert!(!provider.summary.is_empty() && !provider.summary.ends_with('.'));
    }
    assert!(importer("no-such-importer").is_none());
}

#[test]
fn each_document_has_its_hand_written_total_or_error() {
    for provider in PROVIDERS {
        let folder = testdata(provider);
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".csv").map(str::to_owned))
            .collect();
        names.sort();
        for needed in ["basic", "rejected-rows", "unknown-columns", "headings-only"] {
            assert!(names.iter().any(|name| name == needed), "{} has no {needed}.csv", provider.name);
        }
        for name in names {
            let place = format!("{}/{name}", provider.name);
            let imported = import_text(provider, &name, &document(provider, &format!("{name}.csv")));
            match fs::read_to_string(folder.join(format!("{name}.total"))) {
                Ok(total) => {
                    let lines: Vec<&str> = total.lines().filter(|line| !line.starts_with('#')).collect();
                    assert_eq!(summary(&imported.unwrap()).lines().collect::<Vec<_>>(), lines, "{place}");
                }
                Err(_) => {
                    let message = fs::read_to_string(folder.join(format!("{name}.error"))).unwrap();
                    let error = imported.unwrap_err().to_string();
                    assert_eq!(error.replacen(&name, "FILE", 1), message.trim_end(), "{place}");
                }
            }
        }
    }
}

#[test]
fn json_gives_the_same_as_the_table() {
    for provider in PROVIDERS {
        let table = import_text(provider, "basic.csv", &document(provider, "basic.csv")).unwrap();
        for name in ["basic.json", "basic.jsonl"] {
            let file = testdata(provider).join(name);
            let Ok(text) = fs::read(&file) else { continue };
            let json = import_text(provider, name, &text).unwrap();
            assert_eq!(json.totals, table.totals, "{}/{name}", provider.name);
            assert_eq!(json.buckets, table.buckets, "{}/{name}", provider.name);
        }
    }
}

#[test]
fn twice_gives_the_same_and_so_does_another_order() {
    for provider in PROVIDERS {
        let text = String::from_utf8(document(provider, "basic.csv")).unwrap();
        let first = import_text(provider, "basic", text.as_bytes()).unwrap();
        assert_eq!(import_text(provider, "basic", text.as_bytes()).unwrap(), first);
        assert!(first.rows() >= 4, "{} needs some rows in basic.csv", provider.name);
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        let turned = import_text(provider, "turned", lines.join("\n").as_bytes()).unwrap();
        assert_eq!(turned.slices(), first.slices());
        assert_eq!((turned.buckets, turned.totals), (first.buckets.clone(), first.totals.clone()));
        let packed = import_text(provider, "basic", &gzip(text.as_bytes())).unwrap();
        assert_eq!(packed, first);
    }
}

#[test]
fn a_truncated_document_gives_an_error_with_its_position() {
    for provider in PROVIDERS {
        let packed = gzip(&document(provider, "basic.csv"));
        for length in [20, packed.len() / 2, packed.len() - 4] {
            let error = import_text(provider, "t.csv.gz", &packed[..length]).unwrap_err().to_string();
            assert!(error.starts_with("t.csv.gz, line "), "{error}");
            assert!(error.ends_with("ends here, before its end; download the file again"), "{error}");
        }
    }
}

#[test]
fn an_empty_document_is_an_error() {
    for provider in PROVIDERS {
        for text in [&b""[..], b"\n\n", b"\xEF\xBB\xBF"] {
            assert!(import_text(provider, "empty.csv", text).is_err(), "{}", provider.name);
        }
    }
}

#[test]
fn a_row_that_could_not_be_taken_says_where_and_why() {
    for provider in PROVIDERS {
        let content = import_text(provider, "r.csv", &document(provider, "rejected-rows.csv")).unwrap();
        for rejection in &content.rejections {
            assert!(rejection.line > 1 && !rejection.reason.is_empty(), "{rejection:?}");
            let whole_row = rejection.reason.starts_with("the row has ")
                || rejection.reason.starts_with("the headings are repeated");
            assert_eq!(rejection.column.is_empty(), whole_row, "{rejection:?}");
        }
    }
}

/// Changes a few bytes, drops some, doubles some, always in the same way for a seed.
fn mutated(text: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    let mut bytes = text.to_vec();
    for _ in 0..=next(4) {
        let at = next(bytes.len());
        match next(5) {
            0 => bytes[at] = next(256) as u8,
            1 => bytes[at] = b"\",;\n\r\0.-eE\xFF\t("[next(13)],
            2 => drop(bytes.drain(at..(at + next(40)).min(bytes.len()))),
            3 => {
                let piece = bytes[at..(at + next(200)).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => bytes.truncate(at.max(1)),
        }
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
    bytes
}

fn survives(provider: &Importer, text: &[u8], seed: u64) {
    // Whatever comes of it: an error, or a content that is consistent, which `ingest` checks itself.
    if let Err(error) = import_text(provider, "mutated", &mutated(text, seed)) {
        let error = error.to_string();
        assert!(!error.starts_with("internal error"), "seed {seed}: {error}");
    }
}

#[test]
fn nothing_panics_on_mutated_bytes() {
    for provider in PROVIDERS {
        let (text, broken) = (document(provider, "basic.csv"), document(provider, "rejected-rows.csv"));
        let packed = gzip(&text);
        for seed in 0..60 {
            survives(provider, &text, seed);
            survives(provider, &broken, seed);
            survives(provider, &packed, seed);
        }
    }
}
