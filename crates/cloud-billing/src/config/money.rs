//! Settings of money: currency, rounding, credits, cost centres, tags, product numbers.

use std::collections::BTreeMap;

use billing_core::{
    Currency,
    books::{Credits, RateMethod},
    cost_center::CostCenterPattern,
    ids::MANAGED_CLOUD_SERVICES,
    rounding::Rounding,
    tags::TagNames,
};

use super::{
    Setting,
    vars::{SettingError, Vars, unreadable},
};

/// What can be set here.
pub const SETTINGS: &[Setting] = &[
    Setting { name: "CURRENCY", default: "CHF", help: "Currency of invoices (ISO 4217)." },
    Setting {
        name: "ROUNDING",
        default: "cent",
        help: "`cent`: half away from zero to 0.01. `unit`: half away from zero to the whole unit. `unit-up`: up to the \
               whole unit, towards +∞.",
    },
    Setting {
        name: "CREDITS",
        default: "lines",
        help: "`lines`: a credit is a row of its own, negative. `net`: credits lower the customer's other rows, never \
               below zero, and the rest is carried to the next invoice.",
    },
    Setting {
        name: "FX_RATE",
        default: "average",
        help: "Which exchange rate `fx import` pins for a month. `average`: of all its days. `last-day`: that of its last \
               one.",
    },
    Setting {
        name: "COST_CENTER_PATTERN",
        default: "anything not empty",
        help: "Regular expression that a whole cost centre has to match.",
    },
    Setting {
        name: "COST_CENTER_TAGS",
        default: "CostCenter,costcenter",
        help: "Tags that name a row's cost centre; the first one present counts.",
    },
    Setting {
        name: "billing-service-tag",
        default: "billing-service",
        help: "Tag that names the service, beside the component's. Also spelled `BILLING_SERVICE_TAG`.",
    },
    Setting {
        name: "billing-service-component-tag",
        default: "billing-service-component",
        help: "Tag that names the component. Also spelled `BILLING_SERVICE_COMPONENT_TAG`.",
    },
    Setting {
        name: "Default_Constants_AzureProvider",
        default: "",
        help: "Product number of Azure lines without one; likewise `Default_Constants_AWSProvider`, \
               `Default_Constants_GCPProvider` and, for any other provider, `Default_Constants_<name>Provider`.",
    },
    Setting {
        name: "Default_Constants_ManagedCloudServices",
        default: "",
        help: "Product number of service lines without one.",
    },
];

pub(super) fn currency(vars: &Vars) -> Result<Currency, SettingError> {
    let text = vars.get("CURRENCY").unwrap_or("CHF");
    Currency::parse(text)
        .ok_or_else(|| unreadable("CURRENCY", text, "write a code of three letters like CHF"))
}

pub(super) fn rounding(vars: &Vars) -> Result<Rounding, SettingError> {
    let choice = vars.choice("ROUNDING", &["cent", "unit", "unit-up"])?;
    Ok(choice.and_then(Rounding::parse).unwrap_or_default())
}

pub(super) fn credits(vars: &Vars) -> Result<Credits, SettingError> {
    Ok(vars.choice("CREDITS", &["lines", "net"])?.and_then(Credits::parse).unwrap_or_default())
}

pub(super) fn rate_method(vars: &Vars) -> Result<RateMethod, SettingError> {
    Ok(vars.choice("FX_RATE", &["average", "last-day"])?.and_then(RateMethod::parse).unwrap_or_default())
}

pub(super) fn cost_centers(vars: &Vars) -> Result<CostCenterPattern, SettingError> {
    let pattern = vars.get("COST_CENTER_PATTERN").unwrap_or("");
    let accepted = "write a regular expression like \\d{7}-\\d{10}";
    CostCenterPattern::new(pattern).map_err(|_| unreadable("COST_CENTER_PATTERN", pattern, accepted))
}

pub(super) fn tag_names(vars: &Vars) -> TagNames {
    let usual = TagNames::default();
    let list = vars.get("COST_CENTER_TAGS").map(|list| {
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    });
    let tag =
        |names: &[&str], default: String| vars.first(names).map_or(default, |name| name.trim().to_owned());
    TagNames {
        cost_center: list.filter(|list| !list.is_empty()).unwrap_or(usual.cost_center),
        component: tag(&["billing-service-component-tag", "BILLING_SERVICE_COMPONENT_TAG"], usual.component),
        service: tag(&["billing-service-tag", "BILLING_SERVICE_TAG"], usual.service),
    }
}

pub(super) fn default_product_numbers(vars: &Vars) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for (name, value) in vars.starting_with("Default_Constants_") {
        let target = match name {
            MANAGED_CLOUD_SERVICES => name.to_owned(),
            provider => {
                billing_core::ids::Provider::named(provider.strip_suffix("Provider").unwrap_or(provider))
                    .to_string()
            }
        };
        numbers.insert(target, value.to_owned());
    }
    numbers
}
