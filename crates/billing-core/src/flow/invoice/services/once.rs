//! One-off uses: owed once ever.

use std::collections::HashMap;

use super::{use_key, uses};
use crate::{catalog::UseTerms, flow::invoice::Context, invoice::UseKey, period::Period};

/// In which period each one-off use is owed: where it is live, else the first one covered in which it exists.
pub(super) struct OnceUses(HashMap<UseKey, Period>);

impl OnceUses {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut periods = HashMap::new();
        for live in &context.live {
            for charge in &live.line.uses {
                periods.entry(charge.key.clone()).or_insert(live.line.period);
            }
        }
        for period in context.run.service_periods() {
            for (service, of_service) in uses(context) {
                if of_service.at(period).is_some() {
                    periods.entry(use_key(service, of_service)).or_insert(period);
                }
            }
        }
        Self(periods)
    }

    pub(super) fn is_owed(&self, key: &UseKey, terms: &UseTerms, period: Period) -> bool {
        !terms.once || self.0.get(key) == Some(&period)
    }
}
