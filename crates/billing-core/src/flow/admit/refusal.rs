//! Why content must not come into force, told with its cure.

use super::{Beside, again::Span};
use crate::{
    ids::Provider,
    money::{Cost, Totals},
    period::Period,
};

/// Charges for a sentence.
fn each(charges: &[(Beside, Provider, Period, String)]) -> String {
    let one = |(kind, provider, period, name): &(Beside, Provider, Period, String)| {
        format!("the {kind} of {provider} {period} are in force as part of {name}")
    };
    charges.iter().map(one).collect::<Vec<_>>().join(", and ")
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
    /// Most rows of a file, or of a day, stand in another of its files too.
    #[error(
        "{second} has rows {} again that {first} has too ({}), and they would be billed twice: import \
         only one of the two, or export days and tables that do not overlap; if both are to be paid, import {second} as \
         a job of its own, with -n and --add",
        .span.days(), .span.extent()
    )]
    RowsTwice {
        /// The earlier file.
        first: String,
        /// The later file.
        second: String,
        /// What comes twice.
        span: Box<Span>,
    },
    /// Most rows that are to be added, or of one of their days, stand in the document already.
    #[error(
        "{name} version {version} has rows {} already that would be added again ({}), and they would be \
         billed twice: import without --add what takes its place, or add only the rows that are new; if both are to be \
         paid, import this as a job of its own, with -n and --add",
        .span.days(), .span.extent()
    )]
    AddedTwice {
        /// The document.
        name: String,
        /// The version in force.
        version: u32,
        /// What would come twice.
        span: Box<Span>,
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
        "{} already, and would be billed twice: withdraw {}, or give --add if all are to be paid",
        each(.charges), if .charges.len() == 1 { "that document" } else { "those documents" }
    )]
    BesideAndInside {
        /// The charges: which, of which provider and period, and the document that has them.
        charges: Vec<(Beside, Provider, Period, String)>,
    },
    /// Charges beside the bill that look like those which it has in another month.
    #[error(
        "one of the {kind} of {provider} {period} comes to {} {}, as one of {known_period} in {name} does, so it looks like \
         the same one and would be billed twice: withdraw that document, or give --add if both are to be paid",
        .cost.amount, .cost.currency
    )]
    BesideInOtherMonth {
        /// Which charges.
        kind: Beside,
        /// The provider.
        provider: Provider,
        /// The billing period.
        period: Period,
        /// What it comes to.
        cost: Cost,
        /// The billing period in the other document.
        known_period: Period,
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
    /// Days that the job already delivered, in a document of another period.
    #[error(
        "{provider} rows {} of {name} version {version} are here again ({}) and would be billed twice: export only the days \
         that are new, withdraw that document, or give --add if both are to be paid",
        .span.days(), .span.extent()
    )]
    DaysAgain {
        /// The provider.
        provider: Provider,
        /// What comes again.
        span: Box<Span>,
        /// The other document.
        name: String,
        /// Its version.
        version: u32,
    },
    /// The same, where the document is in force already, so that `--add` would add to it.
    #[error("{refusal}; --add would also add to {own}, which is in force: withdraw that first")]
    BesideOwn {
        /// Why it must not come into force.
        refusal: Box<Refusal>,
        /// The document.
        own: String,
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
