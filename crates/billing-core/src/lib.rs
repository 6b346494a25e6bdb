//! What a bill is. Pure: no IO, no clock, no SQL; today is a parameter.

pub mod apply;
pub mod books;
pub mod bucket;
pub mod catalog;
pub mod cost_center;
pub mod decimal;
pub mod document;
pub mod file_name;
pub mod flow;
pub mod history;
pub mod ids;
pub mod invoice;
pub mod line_item;
pub mod money;
pub mod period;
pub mod ports;
pub mod receive;
pub mod rejection;
pub mod rounding;
pub mod tags;

pub use decimal::{Decimal, Fixed};
pub use money::{Cost, Currency, Money, Totals};
pub use period::Period;
