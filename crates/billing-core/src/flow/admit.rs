//! Between stages 2 and 3: whether new content may come into force (rules R14 and R15).
//!
//! The same content is never billed twice, whatever its job or file is called, and a version that looks like half of
//! the last one does not take its place unasked.

mod again;
mod beside;
mod overlap;
mod refusal;
mod same_rows;
mod second_bill;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    again::check_addition,
    overlap::check_days,
    same_rows::{check_parts, is_known},
    second_bill::{check_bills, check_totals},
};
use crate::{
    document::{Content, Slice},
    ids::{DocumentId, Provider},
    money::Totals,
    period::Period,
    rejection::Rejection,
};

pub use again::{Alike, DayOfBoth, FileAgain, RowsAgain, Span, admit_pair};
pub use beside::{Beside, BesideCharges, BesidePeriod, Purpose, beside};
pub use overlap::{DayAgain, Late, accounts_of_other_periods, common_accounts, is_of_a_period, late};
pub use refusal::Refusal;
pub use same_rows::admit_files;

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
    /// Its rejections, waived or not. Needed of the document's own version only.
    pub rejections: Vec<Rejection>,
    /// Its content, file by file.
    pub files: Vec<Vec<Slice>>,
    /// The accounts and periods it has cost of, with the number of rows.
    pub account_periods: BTreeMap<AccountPeriod, u64>,
    /// The exact sums of its billed cost by provider and period.
    pub totals: BTreeMap<(Provider, Period), Totals>,
    /// Its charges that the provider may also deliver elsewhere.
    pub beside: BesideCharges,
    /// The days of which the new content has line items of it again.
    pub days_again: Vec<DayAgain>,
    /// How much of it stands again in what is to be added to it.
    pub rows_again: RowsAgain,
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

/// Whether `content` may become the next version of the document (`own`, where it has a version in force), beside
/// what is in force in `others`. Its files must have been admitted, see [`admit_files`] and [`admit_pair`].
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
    if let Some(own) = own.filter(|own| own.purpose != options.purpose) {
        return Err(Refusal::OtherPurpose { name: own.name.clone(), importer: own.importer.clone() });
    }
    let rows = content.rows();
    if let Some(own) = own
        && is_known(content, own)
        && (rows > 0 || own.rows == 0)
        && are_known(&content.rejections, &own.rejections)
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
    if let Some(own) = own.filter(|_| options.add) {
        check_addition(&own.name, own.version, &own.rows_again)?;
    }
    if !options.add {
        let checked = check_beside(content, own, others, options, job);
        checked.map_err(|refusal| match own {
            Some(own) => Refusal::BesideOwn { refusal: Box::new(refusal), own: own.name.clone() },
            None => refusal,
        })?;
    }
    if let Some(own) = own.filter(|_| !options.add && !options.replace) {
        check_size(content, own)?;
    }
    Ok(Admission::Accepted)
}

/// Refuses what other documents have already. What the version in force has beside them was accepted with it: somebody
/// gave `--add` then.
fn check_beside(
    content: &Content,
    own: Option<&InForce>,
    others: &[InForce],
    options: AdmitOptions,
    job: &str,
) -> Result<(), Refusal> {
    let new = beside(content);
    beside::check(&new, options.purpose, own, others)?;
    let comparable = others.iter().filter(|other| beside::comparable(&new, options.purpose, other));
    check_bills(content, own, comparable, job)?;
    check_totals(content, own, others)?;
    check_days(others)
}

/// Whether all these rows were rejected before, each as often: by all that is known of them, whatever the file is called
/// now.
fn are_known(rejections: &[Rejection], known: &[Rejection]) -> bool {
    fn row(of: &Rejection) -> impl Ord {
        let cost = of.cost.as_ref().map(|cost| (&cost.currency, &cost.amount));
        ((of.line, &of.column, &of.text, &of.reason), &of.provider, of.period, &of.currency, cost)
    }
    let mut left: BTreeMap<_, usize> = BTreeMap::new();
    for known in known {
        *left.entry(row(known)).or_default() += 1;
    }
    rejections.iter().all(|rejected| match left.get_mut(&row(rejected)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    })
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

/// Refuses content that has much less than what it would replace.
fn check_size(content: &Content, own: &InForce) -> Result<(), Refusal> {
    let shrunk = |had: String, has: String| {
        Err(Refusal::Shrunk { name: own.name.clone(), version: own.version, had, has })
    };
    let rows = content.rows();
    if rows * 2 < own.rows {
        let unread = match &content.rejections[..] {
            [] => String::new(),
            [first, ..] => {
                format!(", and {} that cannot be taken, the first: {first}", content.rejections.len())
            }
        };
        return shrunk(format!("{} rows", own.rows), format!("fewer than half of them ({rows}){unread}"));
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
