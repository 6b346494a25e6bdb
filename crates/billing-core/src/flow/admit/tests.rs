//! What may come into force, and what may not.

use super::{second_bill::period_totals, *};
use crate::{
    bucket::{Bucket, BucketKey},
    decimal::Decimal,
    document::{Digest, FileContent},
    money::{Cost, Currency},
};

fn slice(provider: &str, digest: u128) -> Slice {
    Slice {
        provider: Provider::named(provider),
        period: "2026-10".parse().unwrap(),
        rows: 2,
        digest: Digest(digest),
    }
}

fn content(files: &[&[Slice]]) -> Content {
    let file = |slices: &&[Slice]| FileContent {
        name: "f".to_owned(),
        rows: slices.iter().map(|slice| slice.rows).sum(),
        rejected: 0,
        slices: slices.to_vec(),
    };
    Content { files: files.iter().map(file).collect(), ..Content::default() }
}

fn in_force(job: &str, files: &[&[Slice]]) -> InForce {
    InForce {
        name: format!("{job}/2026-10"),
        job: job.to_owned(),
        version: 1,
        rows: content(files).rows(),
        files: files.iter().map(|file| file.to_vec()).collect(),
        ..InForce::default()
    }
}

fn check(content: &Content, own: Option<&InForce>, others: &[InForce]) -> Result<Admission, Refusal> {
    admit(content, own, others, AdmitOptions::default(), "job")
}

#[test]
fn lesson_15_another_job_or_split_does_not_bill_the_month_twice() {
    let (a, b) = (slice("Azure", 5), slice("Azure", 7));
    let both = [slice("Azure", 12)];
    let (a, b) = (std::slice::from_ref(&a), std::slice::from_ref(&b));
    let other = in_force("other", &[a, b]);
    for again in [content(&[&both]), content(&[b, a]), content(&[a])] {
        let refused = check(&again, None, std::slice::from_ref(&other));
        assert!(matches!(refused, Err(Refusal::InForceElsewhere { .. })), "{refused:?}");
    }
    let own = in_force("job", &[a, b]);
    assert_eq!(check(&content(&[&both]), Some(&own), &[]), Ok(Admission::AlreadyImported));
}

#[test]
fn a_part_that_is_in_force_elsewhere_is_refused() {
    let other = in_force("other", &[&[slice("Azure", 5)]]);
    let more = content(&[&[slice("Azure", 5), slice("AWS", 9)]]);
    assert!(matches!(check(&more, None, &[other]), Err(Refusal::PartInForce { .. })));
}

#[test]
fn a_rewrite_is_accepted_and_a_rest_of_it_is_not() {
    let own = in_force("job", &[&[slice("Azure", 5)]]);
    assert_eq!(check(&content(&[&[slice("Azure", 6)]]), Some(&own), &[]), Ok(Admission::Accepted));
    let refused = check(&content(&[&[]]), Some(&own), &[]).unwrap_err();
    assert!(refused.to_string().contains("give --replace"), "{refused}");
}

#[test]
fn an_empty_document_is_a_document() {
    assert_eq!(
        check(&content(&[&[]]), None, &[in_force("o", &[&[slice("Azure", 1)]])]),
        Ok(Admission::Accepted)
    );
    let own = in_force("job", &[&[]]);
    assert_eq!(check(&content(&[&[]]), Some(&own), &[]), Ok(Admission::AlreadyImported));
}

fn rejected(line: u64) -> Rejection {
    Rejection {
        file: "f".to_owned(),
        line,
        column: "Cost".to_owned(),
        text: "x".to_owned(),
        reason: "it is no number".to_owned(),
        provider: None,
        period: None,
        currency: None,
        cost: None,
    }
}

#[test]
fn a_new_rejection_is_not_lost_where_all_other_rows_are_known() {
    let own = InForce { rejections: vec![rejected(3)], ..in_force("job", &[&[slice("Azure", 5)]]) };
    let again = |rejections: Vec<Rejection>| Content { rejections, ..content(&[&[slice("Azure", 5)]]) };
    let dearer =
        Rejection { cost: Some(Cost::new(Decimal::one(), Currency::parse("CHF").unwrap())), ..rejected(3) };
    let others =
        [vec![rejected(4)], vec![rejected(3), rejected(4)], vec![rejected(3), rejected(3)], vec![dearer]];
    for new in others {
        assert_eq!(check(&again(new), Some(&own), &[]), Ok(Admission::Accepted));
    }
    assert_eq!(check(&again(vec![rejected(3)]), Some(&own), &[]), Ok(Admission::AlreadyImported));
}

#[test]
fn the_same_file_twice_is_refused() {
    let refused = admit_files(&content(&[&[slice("Azure", 5)], &[slice("Azure", 5)]]));
    assert!(matches!(refused, Err(Refusal::FileTwice { .. })), "{refused:?}");
}

/// Content of one file with a bucket for each `account cost`, in October's francs.
fn bill(digest: u128, accounts: &[(&str, &str)]) -> Content {
    let own = slice("Azure", digest);
    let bucket = |(account, cost): &(&str, &str)| Bucket {
        key: BucketKey {
            provider: own.provider.clone(),
            account_key: (*account).into(),
            period: own.period,
            charge_category: "Usage".into(),
            service_category: "".into(),
            service_name: "".into(),
            region: "".into(),
            commitment_term: "".into(),
            cost_center_tag: None,
            component_tag: None,
            service_tag: None,
            currency: Currency::parse("CHF").unwrap(),
        },
        rows: 1,
        billed_cost: cost.parse().unwrap(),
        effective_cost: Decimal::zero(),
    };
    let buckets = accounts.iter().map(bucket).collect();
    Content { buckets, ..content(&[std::slice::from_ref(&own)]) }
}

/// What it is once it is in force.
fn stored(job: &str, content: &Content) -> InForce {
    let files: Vec<Vec<Slice>> = content.files.iter().map(|file| file.slices.clone()).collect();
    let files: Vec<&[Slice]> = files.iter().map(Vec::as_slice).collect();
    let (account_periods, totals) = (account_periods(content), period_totals(content));
    InForce { account_periods, totals, ..in_force(job, &files) }
}

#[test]
fn the_same_bill_in_another_form_is_refused_by_account_and_by_total() {
    let known = stored("other", &bill(5, &[("a", "10.125"), ("b", "-0.0625")]));
    let others = [known.clone()];
    // Other rows of the same accounts: the totals stand beside each other.
    let refused = check(&bill(6, &[("a", "10.125"), ("b", "-0.0625")]), None, &others).unwrap_err();
    let told = refused.to_string();
    assert!(told.contains("comes to 10.0625 CHF there and to 10.0625 CHF here"), "{told}");
    assert!(told.contains("other/2026-10") && told.contains("--add"), "{told}");
    // The same sum under other ids.
    let renamed = bill(7, &[("sub-a", "10.125"), ("sub-b", "-0.0625")]);
    let told = check(&renamed, None, &others).unwrap_err().to_string();
    assert!(
        told.contains("Azure 2026-10 comes to 10.0625 CHF in other/2026-10 version 1 and here"),
        "{told}"
    );
    // Also within a job, under another period; but in its own document it is the next version.
    let same_job = [stored("job", &bill(5, &[("a", "10.125"), ("b", "-0.0625")]))];
    assert!(matches!(check(&renamed, None, &same_job), Err(Refusal::SameTotal { .. })));
    assert_eq!(check(&renamed, same_job.first(), &[]), Ok(Admission::Accepted));
    let add = AdmitOptions { add: true, ..AdmitOptions::default() };
    assert_eq!(admit(&renamed, None, &others, add, "job"), Ok(Admission::Accepted));
}

#[test]
fn equal_round_sums_of_other_accounts_are_no_second_bill() {
    let others = [stored("other", &bill(5, &[("a", "10")]))];
    assert_eq!(check(&bill(6, &[("b", "10.00")]), None, &others), Ok(Admission::Accepted));
    assert_eq!(check(&bill(6, &[("b", "10.125")]), None, &others), Ok(Admission::Accepted));
}

#[test]
fn open_rejections_let_the_same_content_in_again() {
    let own = InForce { open_rejections: true, ..in_force("job", &[&[slice("Azure", 5)]]) };
    assert_eq!(check(&content(&[&[slice("Azure", 5)]]), Some(&own), &[]), Ok(Admission::Accepted));
}
