//! What shows, in Azure's bill, that a charge is also told in a list of its own: the charges of other publishers
//! (marketplace) and what commitments cost (reservation transactions). Each is billed once, so each must be known again
//! whatever columns a bill has.

use crate::columns::either;

/// The service category by which the charges of other publishers are known in every form of the bill.
pub(crate) const MARKETPLACE: &str = "Marketplace";

const RESERVATION: &str = "Reservation";
const SAVINGS_PLAN: &str = "SavingsPlan";

/// Whether another publisher charges through Microsoft. The kind of publisher decides where it is told, else the name.
pub(crate) fn is_of_other_publisher(kind: &str, name: &str) -> bool {
    if !kind.is_empty() {
        return is_any_of(kind, &["Marketplace", "Vendor"]);
    }
    let begins_with_microsoft = name.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("Microsoft"));
    !name.is_empty() && !begins_with_microsoft && !name.eq_ignore_ascii_case("Azure")
}

/// What a row tells about a commitment that it may be the price of.
#[derive(Default)]
pub(crate) struct Marks<'r> {
    /// The kind of charge.
    pub(crate) charge: &'r str,
    /// How the charge is priced, or the kind of the commitment.
    pub(crate) kind: &'r str,
    /// The ids and names of the commitment.
    pub(crate) named: [&'r str; 2],
    /// The resource provider.
    pub(crate) service: &'r str,
    /// The resource's id.
    pub(crate) resource: &'r str,
    /// What is charged, for people.
    pub(crate) product: &'r str,
    /// Whether the table has none of the columns that tell of commitments. Then every purchase may be one.
    pub(crate) untold: bool,
}

impl<'r> Marks<'r> {
    /// The term of a charge; where none is told and the charge is the price of a commitment, what it is one of.
    pub(crate) fn term(&self, term: &'r str) -> &'r str {
        // Usage that a commitment covers is priced by it, but is not its price.
        if !term.is_empty() || is_usage(self.charge) {
            return term;
        }
        let doubtful = self.untold && is_any_of(self.charge, &["Purchase", "Refund"]);
        either(either(self.of_kind(), self.of_texts()), if doubtful { RESERVATION } else { "" })
    }

    fn of_kind(&self) -> &'r str {
        if is_any_of(self.kind, &["Reservation", "SavingsPlan", "Committed"]) { self.kind } else { "" }
    }

    fn of_texts(&self) -> &'static str {
        let has = |text: &str, part: &str| text.to_ascii_lowercase().contains(part);
        if self.named.iter().any(|text| !text.is_empty()) {
            return RESERVATION;
        }
        for (text, part, kind) in [
            (self.service, "microsoft.capacity", RESERVATION),
            (self.resource, "/microsoft.capacity/", RESERVATION),
            (self.product, "reserved", RESERVATION),
            (self.product, "reservation", RESERVATION),
            (self.service, "microsoft.billingbenefits", SAVINGS_PLAN),
            (self.resource, "/microsoft.billingbenefits/", SAVINGS_PLAN),
            (self.product, "savings plan", SAVINGS_PLAN),
        ] {
            if has(text, part) {
                return kind;
            }
        }
        ""
    }
}

/// Whether a charge is for using something, or for not using a commitment.
fn is_usage(charge: &str) -> bool {
    charge.eq_ignore_ascii_case("Usage")
        || charge.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("Unused"))
}

/// Whether a word is one of these, whatever its case; some exports write it in two words.
pub(crate) fn is_any_of(word: &str, known: &[&str]) -> bool {
    let letters = || word.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_lowercase());
    known.iter().any(|known| letters().eq(known.bytes().map(|byte| byte.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_publishers_are_known_by_kind_or_name() {
        for (kind, name, is_other) in [
            ("Marketplace", "", true),
            ("vendor", "Microsoft", true),
            ("Cloud Provider", "Acme", false),
            ("AWS", "Amazon", false),
            ("", "Acme", true),
            ("", "Microsoft Corporation", false),
            ("", "microsoft", false),
            ("", "Azure", false),
            ("", "", false),
        ] {
            assert_eq!(is_of_other_publisher(kind, name), is_other, "{kind} {name}");
        }
    }

    #[test]
    fn the_price_of_a_commitment_has_a_term_or_says_what_it_is_for() {
        let check = |term: &str, marks: Marks<'_>, told: &str| assert_eq!(marks.term(term), told);
        let purchase = || Marks { charge: "Purchase", ..Marks::default() };
        check("12", Marks { kind: "Reservation", ..purchase() }, "12");
        check("", Marks { kind: "Savings Plan", ..purchase() }, "Savings Plan");
        check("", Marks { charge: "Refund", named: ["", "VM reservation"], ..purchase() }, "Reservation");
        check("", Marks { kind: "OnDemand", named: ["R1", ""], ..purchase() }, "Reservation");
        check("", Marks { service: "Microsoft.Capacity", ..purchase() }, "Reservation");
        let order = "/providers/Microsoft.Capacity/reservationOrders/1";
        check("", Marks { resource: order, ..purchase() }, "Reservation");
        check("", Marks { product: "Reserved VM Instance, D2s, 1 Year", ..purchase() }, "Reservation");
        check("", Marks { service: "Microsoft.BillingBenefits", ..purchase() }, "SavingsPlan");
        check("", Marks { untold: true, ..purchase() }, "Reservation");
        check("", Marks { untold: true, charge: "Adjustment", ..purchase() }, "");
        // Other purchases, and what a commitment covers.
        check("", Marks { kind: "OnDemand", product: "App Service Domain", ..purchase() }, "");
        check("", Marks { charge: "UnusedReservation", kind: "Reservation", ..purchase() }, "");
        check("", Marks { charge: "usage", kind: "Reservation", named: ["R1", ""], ..purchase() }, "");
    }
}
