#!/usr/bin/env python3
"""Makes the whole files that the fuzzing of Parquet starts from: small tables, each written in another way.

Needs PyArrow: pip install pyarrow. Writes into fuzz/corpus/parquet; the first byte of a seed is the number of the importer
that reads the rest (see readers.rs).
"""

import io
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parent / "corpus" / "parquet"
# Places in billing_providers::PROVIDERS.
AWS_CUR, AZURE_USAGE, FOCUS, GCP_BIGQUERY = 1, 4, 5, 6


def focus(cost, period, tags):
    return pa.table({
        "BilledCost": cost,
        "BillingCurrency": ["CHF", "CHF", None],
        "ProviderName": ["AWS"] * 3,
        "SubAccountId": ["210987654321", "210987654321", "1"],
        "BillingPeriodStart": period,
        "ServiceName": ["Amazon S3", "a name that is longer than a view holds", ""],
        "Tags": tags,
    })


def moments(unit):
    day = datetime(2026, 10, 1, tzinfo=timezone.utc)
    return pa.array([day, day, None], pa.timestamp(unit, "UTC"))


def cur():
    tags = pa.array([[("user_cost_center", "CC-1")], [], None], pa.map_(pa.string(), pa.string()))
    return pa.table({
        "line_item_usage_account_id": ["1", "2", "3"],
        "bill_billing_period_start_date": moments("ms"),
        "line_item_currency_code": ["USD"] * 3,
        "line_item_line_item_type": ["Usage", "Tax", "SavingsPlanCoveredUsage"],
        "line_item_unblended_cost": [0.1, -1e-7, None],
        "resource_tags": tags,
    })


def gcp():
    account = pa.array([{"id": "project-1", "name": "shop"}] * 3)
    credits = pa.array([[{"name": "c", "amount": -0.5}], [], None])
    return pa.table({
        "billing_account_id": ["A-1"] * 3,
        "project": account,
        "service": pa.array([{"id": "s", "description": "Storage"}] * 3),
        "invoice": pa.array([{"month": "202610"}] * 3),
        "cost": [1.5, 2.5, 0.0],
        "currency": ["EUR"] * 3,
        "credits": credits,
    })


def bytes_of(table, **how):
    out = io.BytesIO()
    pq.write_table(table, out, store_schema=False, **how)
    return out.getvalue()


def main():
    texts, dates = pa.array(["1.5", "-2.25", "x"]), pa.array(["2026-10-01"] * 3)
    json = pa.array(['{"CostCenter":"CC-1"}', "{}", None])
    pairs = pa.array([[("CostCenter", "CC-1")], [], None], pa.map_(pa.string(), pa.string()))
    decimals = pa.array([Decimal("1.5"), Decimal("-2.25"), None], pa.decimal128(20, 4))
    wide = pa.array([Decimal("1.5"), Decimal("-2.25"), None], pa.decimal256(50, 20))
    seeds = {
        "texts": (FOCUS, bytes_of(focus(texts, dates, json), compression="none")),
        "plain": (FOCUS, bytes_of(focus(texts, dates, json), use_dictionary=False, compression="snappy")),
        "decimals": (FOCUS, bytes_of(focus(decimals, moments("us"), pairs), compression="zstd")),
        "wide": (FOCUS, bytes_of(focus(wide, moments("ns"), pairs), compression="gzip")),
        "pages": (FOCUS, bytes_of(focus(texts, dates, json), data_page_version="2.0", row_group_size=1)),
        "numbers": (FOCUS, bytes_of(focus(pa.array([1, 2, 3]), pa.array([20_727] * 3, pa.date32()), json))),
        "cur": (AWS_CUR, bytes_of(cur(), compression="snappy")),
        "gcp": (GCP_BIGQUERY, bytes_of(gcp(), compression="none")),
        "other": (AZURE_USAGE, bytes_of(cur(), compression="lz4")),
    }
    for name, (importer, content) in seeds.items():
        (FOLDER / name).write_bytes(bytes([importer]) + content)


if __name__ == "__main__":
    main()
