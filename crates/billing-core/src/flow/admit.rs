//! Between stages 2 and 3: whether new content may come into force (rules R14 and R15).
//!
//! The same content is never billed twice, whatever its job or file is called, and a version that looks like half of
//! the last one does not take its place unasked.

mod beside;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    document::{Content, Digest, FileContent, Slice},
    ids::{DocumentId, Provider},
    money::{Cost, Totals},
    period::Period,
};

pub use beside::{Beside, BesidePeriod, Purpose, beside};

/// A version in force, as far as new content is compared with it.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// The document.
    pub document: DocumentId,
    /// Its name for people.
    pub name: String,
    /// The job that delivers it.
    pub job: String,
    /// The importer that read it.
    pub importer: String,
    /// What it is to an account's period.
    pub purpose: Purpose,
    /// Its period.
    pub period: Option<Period>,
    /// Its version.
    pub version: u32,
    /// Rows taken.
    pub rows: u64,
    /// Whether it has rejections that nobody waived.
    pub open_rejections: bool,
    /// Its content, file by file.
    pub files: Vec<Vec<Slice>>,
    /// The accounts and periods it has cost of, with the number of rows.
    pub account_periods: BTreeMap<AccountPeriod, u64>,
    /// The exact sums of its billed cost by provider and period.
    pub totals: BTreeMap<(Provider, Period), Totals>,
    /// Its charges that the provider may also deliver elsewhere.
    pub beside: BTreeSet<BesidePeriod>,
}

/// An account in a billing period.
pub type AccountPeriod = (Provider, String, Period);

/// How content is to come into force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AdmitOptions {
    /// Add to the document, or beside another job's (`--add`).
    pub add: bool,
    /// Take the place of more than it has (`--replace`).
    pub replace: bool,
    /// What the content is to an account's period.
    pub purpose: Purpose,
}

/// What becomes of new content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It becomes the document's next version.
    Accepted,
    /// The document has it already: nothing is to be done.
    AlreadyImported,
}

/// Why content must not come into force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All of it is in force in another document.
    #[error(
        "already imported: the same content is in force as {name} version {version}: nothing was imported"
    )]
    InForceElsewhere {
        /// The other document.
        name: String,
        /// Its version.
        version: u32,
    },
    /// Two of its files have the same rows.
    #[error("{second} has the same rows as {first}, and would be billed twice: import only one of them")]
    FileTwice {
        /// The earlier file.
        first: String,
        /// The later file.
        second: String,
    },
    /// Part of it is in force in another document, or in a file that it would be added to.
    #[error(
        "{slice} is already in force as part of {name} version {version}, and would be billed twice: import only what \
         is new, or withdraw that document first"
    )]
    PartInForce {
        /// Which part: `Azure 2026-10`.
        slice: String,
        /// The other document.
        name: String,
        /// Its version.
        version: u32,
    },
    /// Another job already delivered a full bill of the same account and period.
    #[error(
        "{provider} account {account} already has its bill of {period} from {name}, and would be billed twice ({provider} \
         {period} comes to {known_total} there and to {total} here): import it under that job, withdraw that document, or \
         give --add if both are to be paid"
    )]
    SecondBill {
        /// The provider.
        provider: Provider,
        /// The account's id in normal form.
        account: String,
        /// The billing period.
        period: Period,
        /// The other document.
        name: String,
        /// What the provider's period comes to in the other document.
        known_total: Totals,
        /// What it comes to in the new content.
        total: Totals,
    },
    /// Another document comes to the same, though its rows or accounts look different: the bill in another form.
    #[error(
        "{provider} {period} comes to {total} in {name} version {version} and here, to the last digit, so it looks like the \
         same bill in another form and would be billed twice: import it under that job and period, withdraw that document, \
         or give --add if both are to be paid"
    )]
    SameTotal {
        /// The provider.
        provider: Provider,
        /// The billing period.
        period: Period,
        /// What both come to.
        total: Totals,
        /// The other document.
        name: String,
        /// Its version.
        version: u32,
    },
    /// Charges beside the bill that the bill has too.
    #[error(
        "the {kind} of {provider} {period} are in force as part of {name} already, and would be billed twice: withdraw \
         that document, or give --add if both are to be paid"
    )]
    BesideAndInside {
        /// Which charges.
        kind: Beside,
        /// The provider.
        provider: Provider,
        /// The billing period.
        period: Period,
        /// The other document.
        name: String,
    },
    /// The job's document is a bill and the content an addition, or the other way round.
    #[error("{name} is a document of {importer}, which this is none of: name a job of its own with -n")]
    OtherPurpose {
        /// The document.
        name: String,
        /// Its importer.
        importer: String,
    },
    /// The job already delivered most of the same accounts and periods, in a document of another period.
    #[error(
        "most of it is {period} again, which {name} has already, and would be billed twice: import it with --period \
         {own_period}, or give --add if both are to be paid"
    )]
    SamePeriodAgain {
        /// The billing period of the rows.
        period: Period,
        /// The other document.
        name: String,
        /// The period of the other document.
        own_period: Period,
    },
    /// It has much less than what it would replace.
    #[error(
        "{name} version {version} has {had}, this import has {has}: nothing was imported; give --replace if \
         that is right"
    )]
    Shrunk {
        /// The document.
        name: String,
        /// The version in force.
        version: u32,
        /// What the version in force has.
        had: String,
        /// What the new content has.
        has: String,
    },
}

/// Whether `content` may become the next version of the document (`own`, where it has a version in force), beside
/// what is in force in `others`.
///
/// # Errors
/// When it would be billed twice, or would silently lose what the document has.
pub fn admit(
    content: &Content,
    own: Option<&InForce>,
    others: &[InForce],
    options: AdmitOptions,
    job: &str,
) -> Result<Admission, Refusal> {
    check_files(content)?;
    if let Some(own) = own.filter(|own| own.purpose != options.purpose) {
        return Err(Refusal::OtherPurpose { name: own.name.clone(), importer: own.importer.clone() });
    }
    let rows = content.rows();
    if let Some(own) = own
        && is_known(content, own)
        && (rows > 0 || own.rows == 0)
        && !content.files.iter().any(|file| file.rejected > 0)
        && !options.replace
        && (!own.open_rejections || options.add)
    {
        return Ok(Admission::AlreadyImported);
    }
    if rows > 0
        && let Some(other) = others.iter().find(|other| is_known(content, other))
    {
        return Err(Refusal::InForceElsewhere { name: other.name.clone(), version: other.version });
    }
    let in_force = others.iter().chain(own.filter(|_| options.add));
    for known in in_force {
        check_parts(content, known)?;
    }
    if !options.add {
        let new = beside(content);
        beside::check(&new, options.purpose, others)?;
        check_bills(
            content,
            others.iter().filter(|other| beside::comparable(&new, options.purpose, other)),
            job,
        )?;
        check_totals(content, others)?;
    }
    if let Some(own) = own.filter(|_| !options.add && !options.replace) {
        check_size(content, own)?;
    }
    Ok(Admission::Accepted)
}

/// Refuses two files with the same rows: a provider's delivery that lies in one folder twice.
fn check_files(content: &Content) -> Result<(), Refusal> {
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
fn is_known(content: &Content, known: &InForce) -> bool {
    let whole = sum(&known.files);
    let known: BTreeSet<SliceKey<'_>> =
        keys(&whole).chain(known.files.iter().flat_map(|file| keys(file))).collect();
    let total = content.slices();
    let all_of = |slices: &[Slice]| keys(slices).all(|slice| known.contains(&slice));
    all_of(&total) || content.files.iter().all(|file| all_of(&file.slices))
}

/// Refuses content of which a provider's period, or a file, is in force already.
fn check_parts(content: &Content, known: &InForce) -> Result<(), Refusal> {
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

/// The accounts and periods that content has cost of, with the number of rows.
pub fn account_periods(content: &Content) -> BTreeMap<AccountPeriod, u64> {
    let mut rows = BTreeMap::new();
    for bucket in &content.buckets {
        let key = (bucket.key.provider.clone(), bucket.key.account_key.to_string(), bucket.key.period);
        *rows.entry(key).or_default() += bucket.rows;
    }
    rows
}

/// Fewer rows than this are late rows, whatever they are a part of.
const LATE_ROWS_MAX: u64 = 10;

/// Refuses a second full bill of an account and period: from another job in any case, from the same job where it looks
/// like the other document again, imported under a wrong period. Late rows of the same job are no second bill: they
/// stay in the document that brought them.
fn check_bills<'k>(
    content: &Content,
    others: impl Iterator<Item = &'k InForce>,
    job: &str,
) -> Result<(), Refusal> {
    let new = account_periods(content);
    let totals = period_totals(content);
    for other in others {
        let mut common = new.iter().filter(|(key, _)| other.account_periods.contains_key(*key));
        if other.job != job {
            let Some(((provider, account, period), _)) = common.next() else { continue };
            let of = |totals: &BTreeMap<(Provider, Period), Totals>| {
                totals.get(&(provider.clone(), *period)).cloned().unwrap_or_default()
            };
            return Err(Refusal::SecondBill {
                known_total: of(&other.totals),
                total: of(&totals),
                provider: provider.clone(),
                account: account.clone(),
                period: *period,
                name: other.name.clone(),
            });
        }
        let common: BTreeMap<&AccountPeriod, u64> = common.map(|(key, rows)| (key, *rows)).collect();
        let rows: u64 = common.values().sum();
        let known: u64 = common.keys().filter_map(|key| other.account_periods.get(*key)).sum();
        if rows > LATE_ROWS_MAX
            && rows * 2 > content.rows()
            && rows * 2 >= known
            && let (Some((_, _, period)), Some(own_period)) = (common.keys().next(), other.period)
        {
            let (period, name) = (*period, other.name.clone());
            return Err(Refusal::SamePeriodAgain { period, name, own_period });
        }
    }
    Ok(())
}

/// Refuses what another document comes to, to the last digit: the month once as CSV and once as Parquet, or through
/// another importer whose accounts have other ids. Only totals finer than a hundredth tell that much; two fees of 10.00
/// are nothing unusual.
fn check_totals(content: &Content, others: &[InForce]) -> Result<(), Refusal> {
    for ((provider, period), total) in period_totals(content) {
        if !total.iter().any(|(_, amount)| amount.scale() > 2) {
            continue;
        }
        let same = |other: &&InForce| other.totals.get(&(provider.clone(), period)) == Some(&total);
        if let Some(other) = others.iter().find(same) {
            let (name, version) = (other.name.clone(), other.version);
            return Err(Refusal::SameTotal { provider, period, total, name, version });
        }
    }
    Ok(())
}

/// The exact sums of the billed cost of content, by provider and period.
fn period_totals(content: &Content) -> BTreeMap<(Provider, Period), Totals> {
    let mut totals: BTreeMap<(Provider, Period), Totals> = BTreeMap::new();
    for bucket in &content.buckets {
        let cost = Cost::new(bucket.billed_cost.clone(), bucket.key.currency.clone());
        totals.entry((bucket.key.provider.clone(), bucket.key.period)).or_default().add(&cost);
    }
    totals
}

fn check_size(content: &Content, own: &InForce) -> Result<(), Refusal> {
    let shrunk = |had: String, has: String| {
        Err(Refusal::Shrunk { name: own.name.clone(), version: own.version, had, has })
    };
    let rows = content.rows();
    if rows * 2 < own.rows {
        return shrunk(format!("{} rows", own.rows), format!("fewer than half of them ({rows})"));
    }
    let accounts = |of: &BTreeMap<AccountPeriod, u64>| {
        of.keys().map(|(provider, account, _)| (provider.clone(), account.clone())).collect::<BTreeSet<_>>()
    };
    let (had, has) = (accounts(&own.account_periods), accounts(&account_periods(content)));
    if has.len() * 2 < had.len() {
        return shrunk(format!("{} accounts", had.len()), format!("fewer than half of them ({})", has.len()));
    }
    let providers =
        |of: &BTreeSet<(Provider, String)>| of.iter().map(|(p, _)| p.clone()).collect::<BTreeSet<_>>();
    if let Some(gone) = providers(&had).difference(&providers(&has)).next() {
        return shrunk(format!("rows of {gone}"), "none".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bucket::{Bucket, BucketKey},
        decimal::Decimal,
        money::Currency,
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

    #[test]
    fn a_new_rejection_is_not_lost_where_all_other_rows_are_known() {
        let own = in_force("job", &[&[slice("Azure", 5)]]);
        let mut again = content(&[&[slice("Azure", 5)]]);
        again.files[0].rejected = 1;
        assert_eq!(check(&again, Some(&own), &[]), Ok(Admission::Accepted));
    }

    #[test]
    fn the_same_file_twice_is_refused() {
        let refused = check(&content(&[&[slice("Azure", 5)], &[slice("Azure", 5)]]), None, &[]);
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
}
