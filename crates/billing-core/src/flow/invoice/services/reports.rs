//! What services could not be charged, collected per month.

use std::collections::{BTreeMap, BTreeSet};

use super::Month;
use crate::{
    books::{Finding, HeldSubject},
    decimal::Decimal,
    ids::{ComponentId, CustomerId, ServiceId},
    money::Cost,
};

/// What a month could not charge.
#[derive(Default)]
pub(super) struct Reports {
    pub(super) without_customer: BTreeMap<ServiceId, Decimal>,
    pub(super) no_cost_center: BTreeMap<(CustomerId, ServiceId), Decimal>,
    pub(super) no_quantities: BTreeSet<(ComponentId, Option<String>)>,
    pub(super) no_part: BTreeSet<(ComponentId, String, ServiceId)>,
    pub(super) no_rate: BTreeSet<ComponentId>,
}

impl Reports {
    pub(super) fn tell(self, month: &Month<'_, '_>, findings: &mut Vec<Finding>) {
        let period = month.period;
        let in_currency = |amount: Decimal| Cost::new(amount, month.context.run.currency.clone());
        for (service, amount) in self.without_customer {
            findings.push(Finding::ServiceWithoutCustomer { service, period, amount: in_currency(amount) });
        }
        for ((customer, service), amount) in self.no_cost_center {
            let (subject, amount) = (HeldSubject::Service(service), in_currency(amount));
            findings.push(Finding::NoCostCenter { customer, subject, period, amount });
        }
        for (component, part) in self.no_quantities {
            findings.push(Finding::NoQuantities { component, part, period });
        }
        for (component, part, service) in self.no_part {
            findings.push(Finding::NoPart { component, part, service, period });
        }
        for component in self.no_rate {
            for cost in month.costs.get(&component).into_iter().flatten() {
                let subject = HeldSubject::Component(component);
                if cost.key.currency != month.context.run.currency {
                    let cost = Cost::new(cost.cost.clone(), cost.key.currency.clone());
                    findings.push(Finding::NoRate { subject, period, cost });
                }
            }
        }
    }
}
