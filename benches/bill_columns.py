"""Which columns of a bill the detail keeps, and which of them make a bucket: the one table for both sides.

The names on the left are those of crates/billing-detail/src/schema.rs. On the right stands where their content comes
from: the first column that is not empty. Columns that only our detail has (file and line of a row, the tags that billing
reads, beside all tags) are work that the other side does not have to do.
"""

CUR = {
    "SubAccountId": ["lineItem/UsageAccountId"],
    "BillingPeriodStart": ["bill/BillingPeriodStartDate"],
    "ChargePeriodStart": ["lineItem/UsageStartDate"],
    "ChargePeriodEnd": ["lineItem/UsageEndDate"],
    "ChargeCategory": ["lineItem/LineItemType"],
    "ChargeDescription": ["lineItem/LineItemDescription"],
    "ServiceCategory": ["product/productFamily"],
    "ServiceName": ["lineItem/ProductCode"],
    "RegionId": ["product/region"],
    "x_CommitmentTerm": ["savingsPlan/PurchaseTerm", "pricing/LeaseContractLength"],
    "BillingCurrency": ["lineItem/CurrencyCode"],
    "BilledCost": ["lineItem/UnblendedCost"],
    "x_BilledCostText": ["lineItem/UnblendedCost"],
    "EffectiveCost": [
        "savingsPlan/SavingsPlanEffectiveCost",
        "reservation/EffectiveCost",
        "lineItem/UnblendedCost",
    ],
    "ListCost": ["pricing/publicOnDemandCost"],
    "PricingQuantity": ["lineItem/UsageAmount"],
    "PricingUnit": ["pricing/unit"],
    "ResourceId": ["lineItem/ResourceId"],
    "SkuId": ["product/sku", "lineItem/UsageType"],
    "InvoiceId": ["bill/InvoiceId"],
    "InvoiceIssuerName": ["bill/InvoicingEntity", "lineItem/LegalEntity", "bill/BillingEntity"],
    "x_Application": ["resourceTags/user:Application"],
    "x_CreatedBy": ["resourceTags/aws:createdBy"],
    "x_ComponentTag": ["resourceTags/user:Component"],
    "x_CostCenterTag": ["resourceTags/user:CostCenter"],
    "x_Environment": ["resourceTags/user:Environment"],
    "x_Name": ["resourceTags/user:Name"],
}

FOCUS = {
    name: [name]
    for name in (
        "ProviderName SubAccountId SubAccountName BillingPeriodStart ChargePeriodStart ChargePeriodEnd ChargeCategory "
        "ChargeDescription ServiceCategory ServiceName RegionId BillingCurrency BilledCost EffectiveCost ListCost "
        "PricingQuantity PricingUnit ResourceId ResourceName SkuId InvoiceId Tags"
    ).split()
}
FOCUS["x_BilledCostText"] = ["BilledCost"]
FOCUS["x_CommitmentTerm"] = ["CommitmentDiscountType"]

# What the detail keeps under other names here, or has of its own.
OURS_ALONE = set(
    "ProviderName SubAccountName ResourceName Tags x_CostCenterTag x_ComponentTag x_ServiceTag x_File x_Line".split()
)

# What our detail has in one column, `Tags`.
IN_TAGS = {"x_Application", "x_CreatedBy", "x_Environment", "x_Name"}

# Kept as decimals of 18 digits after the point; all others as text.
DECIMALS = {"BilledCost", "EffectiveCost"}
# In Parquet files of providers these columns are binary floating-point numbers.
DOUBLES = {
    "lineItem/UsageAmount",
    "lineItem/UnblendedCost",
    "lineItem/BlendedCost",
    "pricing/publicOnDemandCost",
    "reservation/EffectiveCost",
    "savingsPlan/SavingsPlanEffectiveCost",
}

# The columns whose values make a bucket, as the ledger names them.
CUR_BUCKET = {
    "account_key": "SubAccountId",
    "charge_category": "ChargeCategory",
    "service_category": "ServiceCategory",
    "service_name": "ServiceName",
    "region": "RegionId",
    "commitment_term": "x_CommitmentTerm",
    "cost_center_tag": "x_CostCenterTag",
    "component_tag": "x_ComponentTag",
    "currency": "BillingCurrency",
}
# The tags stand in one column there.
FOCUS_BUCKET = {name: column for name, column in CUR_BUCKET.items() if not name.endswith("_tag")}

# By importer: the columns, the bucket key, the kind of file to make.
LAYOUTS = {"aws-cur": (CUR, CUR_BUCKET, "cur"), "focus": (FOCUS, FOCUS_BUCKET, "focus")}


def in_parquet(column):
    """The name of a report's column in Parquet files: `lineItem/UsageType` is line_item_usage_type there."""
    name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in column)
    name = "".join(letter if letter.isalnum() else "_" for letter in name)
    return "_".join(part for part in name.split("_") if part)
