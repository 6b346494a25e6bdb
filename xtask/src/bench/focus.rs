//! The columns of a FOCUS 1.2 file (CSV).

use xtask::random::mix;

use super::{
    offers::{COVERED, DISCOUNTED},
    stream::Facts,
    template::{Field, Slot},
};

/// The headings.
const HEADINGS: &str = "AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType \
    BillingCurrency BillingPeriodEnd BillingPeriodStart CapacityReservationId CapacityReservationStatus ChargeCategory \
    ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory \
    CommitmentDiscountId CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus \
    CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice \
    EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingCurrency \
    PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PricingQuantity \
    PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory \
    ServiceName ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId SubAccountId SubAccountName SubAccountType \
    Tags";

/// All headings, in order.
pub fn headings() -> Vec<String> {
    HEADINGS.split_whitespace().map(str::to_owned).collect()
}

/// The fields of a stream's rows, in the order of the headings.
pub fn fields(facts: &Facts) -> Vec<Field> {
    HEADINGS.split_whitespace().map(|name| field(name, facts)).collect()
}

fn field(name: &str, facts: &Facts) -> Field {
    let (payer, _, entity, currency) = facts.payer;
    let committed = [DISCOUNTED, COVERED].contains(&facts.line_type);
    Field::same(match name {
        "BilledCost" | "ContractedCost" | "ListCost" => return Field::Varies(Slot::Cost),
        "EffectiveCost" => return Field::Varies(Slot::EffectiveCost),
        "ChargePeriodStart" => return Field::Varies(Slot::Start),
        "ChargePeriodEnd" => return Field::Varies(Slot::End),
        "ChargeDescription" => return Field::Varies(Slot::Description),
        "ConsumedQuantity" | "PricingQuantity" => return Field::Varies(Slot::Quantity),
        "ResourceId" => return Field::Varies(Slot::Resource),
        "SkuPriceId" => return Field::Varies(Slot::LineItemId),
        "BillingAccountId" => payer.to_string(),
        "BillingAccountName" | "InvoiceIssuerName" => entity.to_string(),
        "BillingCurrency" | "PricingCurrency" => currency.to_string(),
        "BillingPeriodStart" => "2026-10-01T00:00:00Z".to_owned(),
        "BillingPeriodEnd" => "2026-11-01T00:00:00Z".to_owned(),
        "ChargeCategory" => charge_category(facts.line_type.0).to_owned(),
        "ChargeFrequency" => "Usage-Based".to_owned(),
        "CommitmentDiscountCategory" if committed => "Usage".to_owned(),
        "CommitmentDiscountStatus" if committed => "Used".to_owned(),
        "CommitmentDiscountType" if facts.line_type == COVERED => "Savings Plan".to_owned(),
        "CommitmentDiscountType" if committed => "Reserved Instance".to_owned(),
        "CommitmentDiscountId" if committed => format!("arn:aws:commitment/{:016x}", mix(facts.number / 64)),
        "ConsumedUnit" | "PricingUnit" => facts.product.unit.to_owned(),
        "ContractedUnitPrice" | "ListUnitPrice" => facts.rate(),
        "InvoiceId" => format!("EUINCH26-{}{}", &payer[9..], facts.line_type.1.len()),
        "PricingCategory" => "Standard".to_owned(),
        "ProviderName" | "PublisherName" => "AWS".to_owned(),
        "RegionId" => facts.region.0.to_owned(),
        "RegionName" => facts.region.2.to_owned(),
        "ServiceCategory" => facts.product.family.to_owned(),
        "ServiceName" => facts.product.name.to_owned(),
        "SkuId" => format!("{:013X}", mix(facts.number) >> 12),
        "SkuMeter" => facts.usage_type(),
        "SubAccountId" => facts.account.clone(),
        "SubAccountName" => format!("account {}", &facts.account[6..]),
        "Tags" => tags(facts),
        _ => String::new(),
    })
}

fn charge_category(line_type: &str) -> &'static str {
    match line_type {
        "Tax" => "Tax",
        "Fee" | "RIFee" | "SavingsPlanRecurringFee" | "SavingsPlanUpfrontFee" => "Purchase",
        "Credit" | "Refund" => "Credit",
        "BundledDiscount" | "EdpDiscount" => "Adjustment",
        _ => "Usage",
    }
}

fn tags(facts: &Facts) -> String {
    let tags = [
        ("Application", facts.application),
        ("Component", facts.component),
        ("CostCenter", &facts.cost_center),
        ("Environment", facts.environment),
    ];
    let present: Vec<String> = tags
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("\"{name}\": \"{text}\""))
        .collect();
    format!("{{{}}}", present.join(", "))
}
