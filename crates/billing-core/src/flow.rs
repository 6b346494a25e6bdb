//! The stages that are arithmetic. Money moves only in files below a folder named `flow`.
//!
//! | stage | file | what becomes what |
//! | --- | --- | --- |
//! | 2 | [`normalise`] | a provider's raw row becomes a line item or a rejection |
//! | – | [`admit`] | whether new content may come into force |
//! | 3 | [`allocate`] | cost in force finds its account, terms and cost centre, or why it cannot be invoiced |
//! | 4 | [`price`] | allocated cost becomes cost, markup and price |
//! | 5 | [`invoice`] | owed − live becomes the lines of a new invoice |
//! | 6 | [`statement`] | an invoice becomes the rows that every file, mail and page renders |
//! | – | [`conserve`] | between all: nothing is lost, nothing is billed twice |
//!
//! Stage 1, reading files, belongs to `billing-detail`.

pub mod admit;
pub mod allocate;
pub mod conserve;
pub mod invoice;
pub mod normalise;
pub mod price;
pub mod statement;
