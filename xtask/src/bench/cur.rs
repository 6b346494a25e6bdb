//! The columns of a legacy AWS Cost and Usage Report (CSV, headings `category/name`), as its user guide lists them.

use xtask::random::mix;

use super::{
    offers::{COVERED, Class, DISCOUNTED, NEGATION},
    stream::Facts,
    template::{Field, Slot},
};

/// The headings, by category.
const HEADINGS: &[(&str, &str)] = &[
    ("identity", "LineItemId TimeInterval"),
    (
        "bill",
        "InvoiceId InvoicingEntity BillingEntity BillType PayerAccountId BillingPeriodStartDate BillingPeriodEndDate",
    ),
    (
        "lineItem",
        "UsageAccountId LineItemType UsageStartDate UsageEndDate ProductCode UsageType Operation AvailabilityZone \
         ResourceId UsageAmount NormalizationFactor NormalizedUsageAmount CurrencyCode UnblendedRate UnblendedCost \
         BlendedRate BlendedCost LineItemDescription TaxType LegalEntity",
    ),
    (
        "product",
        "ProductName availability availabilityZone capacitystatus clockSpeed currentGeneration databaseEngine \
         dedicatedEbsThroughput deploymentOption description durability ecu engineCode enhancedNetworkingSupported \
         fromLocation fromLocationType fromRegionCode group groupDescription instanceFamily instanceType \
         instanceTypeFamily licenseModel location locationType marketoption maxIopsvolume maxThroughputvolume \
         maxVolumeSize memory networkPerformance normalizationSizeFactor operatingSystem physicalProcessor \
         preInstalledSw processorArchitecture processorFeatures productFamily region servicecode servicename sku \
         storage storageMedia tenancy transferType usagetype vcpu",
    ),
    (
        "pricing",
        "LeaseContractLength OfferingClass PurchaseOption RateCode RateId currency publicOnDemandCost \
         publicOnDemandRate term unit",
    ),
    (
        "reservation",
        "AmortizedUpfrontCostForUsage AmortizedUpfrontFeeForBillingPeriod AvailabilityZone EffectiveCost EndTime \
         ModificationStatus NormalizedUnitsPerReservation NumberOfReservations RecurringFeeForUsage ReservationARN \
         StartTime SubscriptionId TotalReservedNormalizedUnits TotalReservedUnits UnitsPerReservation \
         UnusedAmortizedUpfrontFeeForBillingPeriod UnusedNormalizedUnitQuantity UnusedQuantity UnusedRecurringFee \
         UpfrontValue",
    ),
    (
        "savingsPlan",
        "TotalCommitmentToDate SavingsPlanARN SavingsPlanRate UsedCommitment SavingsPlanEffectiveCost \
         AmortizedUpfrontCommitmentForBillingPeriod RecurringCommitmentForBillingPeriod StartTime EndTime \
         InstanceTypeFamily OfferingType PaymentOption PurchaseTerm Region",
    ),
    (
        "resourceTags",
        "user:Application aws:createdBy user:Component user:CostCenter user:Environment user:Name",
    ),
];

const PERIOD_START: &str = "2026-10-01T00:00:00Z";
const PERIOD_END: &str = "2026-11-01T00:00:00Z";

/// All headings, in order.
pub fn headings() -> Vec<String> {
    names().map(|(category, name)| format!("{category}/{name}")).collect()
}

/// The fields of a stream's rows, in the order of the headings.
pub fn fields(facts: &Facts) -> Vec<Field> {
    names()
        .map(|(category, name)| match category {
            "identity" => Field::Varies(if name == "LineItemId" { Slot::LineItemId } else { Slot::Interval }),
            "bill" => Field::same(bill(name, facts)),
            "lineItem" => line_item(name, facts),
            "product" => Field::same(product(name, facts)),
            "pricing" => pricing(name, facts),
            "reservation" => reservation(name, facts),
            "savingsPlan" => savings_plan(name, facts),
            _ => Field::same(tag(name, facts)),
        })
        .collect()
}

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    HEADINGS.iter().flat_map(|(category, names)| names.split_whitespace().map(|name| (*category, name)))
}

fn bill(name: &str, facts: &Facts) -> String {
    let (payer, seller, entity, _) = facts.payer;
    match name {
        "InvoiceId" => format!("EUINCH26-{}{}", &payer[9..], facts.line_type.1.len()),
        "InvoicingEntity" => entity.to_string(),
        "BillingEntity" => seller.to_string(),
        "BillType" => facts.line_type.1.to_owned(),
        "PayerAccountId" => payer.to_string(),
        "BillingPeriodStartDate" => PERIOD_START.to_owned(),
        _ => PERIOD_END.to_owned(),
    }
}

fn line_item(name: &str, facts: &Facts) -> Field {
    let usage = facts.has_resource() || facts.line_type == NEGATION;
    let usage_only = |text: &str| Field::same(if usage { text } else { "" });
    match name {
        "UsageAccountId" => Field::same(&facts.account),
        "LineItemType" => Field::same(facts.line_type.0),
        "UsageStartDate" => Field::Varies(Slot::Start),
        "UsageEndDate" => Field::Varies(Slot::End),
        "ProductCode" => Field::same(facts.product.code),
        "UsageType" => usage_only(&facts.usage_type()),
        "Operation" => usage_only(facts.product.operation),
        "AvailabilityZone" if facts.has_machine() => usage_only(&format!("{}a", facts.region.0)),
        "ResourceId" => Field::Varies(Slot::Resource),
        "UsageAmount" => Field::Varies(Slot::Quantity),
        "NormalizationFactor" if facts.has_machine() => usage_only("4.0"),
        "NormalizedUsageAmount" if facts.has_machine() => usage_only("4.0000000000"),
        "CurrencyCode" => Field::same(facts.payer.3),
        "UnblendedRate" => usage_only(&facts.rate()),
        "UnblendedCost" => Field::Varies(Slot::Cost),
        // Discounts have no blended cost.
        "BlendedCost" if !facts.line_type.0.ends_with("Discount") => Field::Varies(Slot::Cost),
        "LineItemDescription" => Field::Varies(Slot::Description),
        "TaxType" if facts.line_type.0 == "Tax" => Field::same("VAT"),
        "LegalEntity" => Field::same(facts.payer.2),
        _ => Field::same(""),
    }
}

/// What the provider's price list says of a product. Most of it is empty in most rows.
fn product(name: &str, facts: &Facts) -> String {
    let product = facts.product;
    let usage = facts.has_resource();
    let text = match name {
        "ProductName" => product.name,
        "productFamily" => product.family,
        "region" => facts.region.0,
        "location" if usage => facts.region.2,
        "sku" if usage => return sku(facts, 16),
        _ if usage => of_class(name, facts),
        _ => "",
    };
    text.to_owned()
}

/// What only products of one class have.
fn of_class(name: &str, facts: &Facts) -> &'static str {
    let (machine, family, processors, memory, processor, network) = facts.machine;
    match (facts.product.class, name) {
        (Class::Machine | Class::Database, name) => match name {
            "instanceType" => machine,
            "instanceTypeFamily" => machine.split('.').next().unwrap_or_default(),
            "instanceFamily" => family,
            "vcpu" => processors,
            "memory" => memory,
            "physicalProcessor" => processor,
            "networkPerformance" => network,
            "processorArchitecture" => "64-bit",
            "currentGeneration" => "Yes",
            "clockSpeed" => "3.1 GHz",
            "storage" => "EBS only",
            "normalizationSizeFactor" => "4",
            "licenseModel" => "No License required",
            "databaseEngine" if facts.product.class == Class::Database => "PostgreSQL",
            "engineCode" if facts.product.class == Class::Database => "14",
            "deploymentOption" if facts.product.class == Class::Database => "Single-AZ",
            "operatingSystem" if facts.product.class == Class::Machine => "Linux",
            "tenancy" if facts.product.class == Class::Machine => "Shared",
            "capacitystatus" if facts.product.class == Class::Machine => "Used",
            "marketoption" if facts.product.class == Class::Machine => "OnDemand",
            "preInstalledSw" if facts.product.class == Class::Machine => "NA",
            "ecu" if facts.product.class == Class::Machine => "Variable",
            "dedicatedEbsThroughput" if facts.product.class == Class::Machine => "Up to 2085 Mbps",
            "enhancedNetworkingSupported" if facts.product.class == Class::Machine => "Yes",
            _ => "",
        },
        (Class::Space, "availability") => "99.99%",
        (Class::Space, "durability") => "99.999999999%",
        (Class::Space, "storageMedia") => "SSD-backed",
        (Class::Space, "maxIopsvolume") => "16000",
        (Class::Space, "maxThroughputvolume") => "1000 MiB/s",
        (Class::Space, "maxVolumeSize") => "16 TiB",
        (Class::Transfer, "fromLocation") => facts.region.2,
        (Class::Transfer, "fromLocationType") => "AWS Region",
        (Class::Transfer, "fromRegionCode") => facts.region.0,
        (Class::Transfer, "transferType") => "AWS Outbound",
        (Class::Count, "group") => facts.product.usage,
        _ => "",
    }
}

fn pricing(name: &str, facts: &Facts) -> Field {
    if !facts.has_resource() {
        return Field::same("");
    }
    let reserved = facts.line_type == DISCOUNTED;
    Field::same(match name {
        "publicOnDemandCost" => return Field::Varies(Slot::Cost),
        "publicOnDemandRate" => facts.rate(),
        "RateCode" => format!("{}.JRTCKXETXF.6YS6EN2CT7", sku(facts, 16)),
        "currency" => facts.payer.3.to_owned(),
        "unit" => facts.product.unit.to_owned(),
        "term" => if reserved { "Reserved" } else { "OnDemand" }.to_owned(),
        "LeaseContractLength" if reserved => {
            if facts.number.is_multiple_of(2) { "1yr" } else { "3yr" }.to_owned()
        }
        "OfferingClass" if reserved => "standard".to_owned(),
        "PurchaseOption" if reserved => "No Upfront".to_owned(),
        _ => String::new(),
    })
}

fn reservation(name: &str, facts: &Facts) -> Field {
    let fee = facts.line_type.0 == "RIFee";
    if facts.line_type != DISCOUNTED && !fee {
        return Field::same("");
    }
    let number = mix(facts.number);
    Field::same(match name {
        "EffectiveCost" if !fee => return Field::Varies(Slot::EffectiveCost),
        "RecurringFeeForUsage" if !fee => return Field::Varies(Slot::EffectiveCost),
        "AmortizedUpfrontCostForUsage" if !fee => "0.0".to_owned(),
        "ReservationARN" => {
            let (region, account) = (facts.region.0, &facts.account);
            format!("arn:aws:ec2:{region}:{account}:reserved-instances/{number:016x}")
        }
        "SubscriptionId" => (number % 9_000_000_000).to_string(),
        "StartTime" if fee => "2026-01-15T09:12:44.000Z".to_owned(),
        "EndTime" if fee => "2027-01-15T09:12:43.000Z".to_owned(),
        "ModificationStatus" if fee => "Original".to_owned(),
        "NumberOfReservations" | "UnitsPerReservation" if fee => "1".to_owned(),
        "UnusedQuantity" | "UnusedRecurringFee" | "UpfrontValue" if fee => "0.0".to_owned(),
        _ => String::new(),
    })
}

fn savings_plan(name: &str, facts: &Facts) -> Field {
    if facts.line_type != COVERED && !facts.line_type.0.starts_with("SavingsPlan") {
        return Field::same("");
    }
    Field::same(match name {
        "SavingsPlanEffectiveCost" if facts.line_type == COVERED => {
            return Field::Varies(Slot::EffectiveCost);
        }
        "SavingsPlanARN" => {
            format!("arn:aws:savingsplans::{}:savingsplan/{:016x}", facts.payer.0, mix(facts.number / 64))
        }
        "SavingsPlanRate" => facts.rate(),
        "StartTime" => "2026-03-01T00:00:00.000Z".to_owned(),
        "EndTime" => "2027-02-28T23:59:59.000Z".to_owned(),
        "OfferingType" => "ComputeSavingsPlans".to_owned(),
        "PaymentOption" => "No Upfront".to_owned(),
        "PurchaseTerm" => "1yr".to_owned(),
        "Region" => "Any".to_owned(),
        _ => String::new(),
    })
}

fn tag(name: &str, facts: &Facts) -> String {
    match name {
        "user:Application" => facts.application.to_owned(),
        "user:Component" => facts.component.to_owned(),
        "user:CostCenter" => facts.cost_center.clone(),
        "user:Environment" => facts.environment.to_owned(),
        "user:Name" if facts.has_resource() => {
            format!("{}-{}", facts.application.to_ascii_lowercase(), facts.number % 50)
        }
        "aws:createdBy" if facts.number.is_multiple_of(8) => format!("IAMUser:AIDA{}:deploy", sku(facts, 13)),
        _ => String::new(),
    }
}

/// Letters and digits that stand for a stream's product in the price list.
fn sku(facts: &Facts, length: usize) -> String {
    let bits = mix(facts.number ^ 0x5105);
    (0..length)
        .map(|place| char::from(b"ABCDEFGHJKMNPQRSTUVWXYZ23456789Z"[(bits >> (3 * place)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_127_columns_of_different_names() {
        let mut headings = headings();
        headings.sort();
        headings.dedup();
        assert_eq!(headings.len(), 127);
    }
}
