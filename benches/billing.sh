#!/usr/bin/env bash
# How long importing and billing take: 100,000 buckets of 10,000 accounts by default.
#
# Usage: benches/billing.sh [BINARY]
#
# Measures whole processes of a release build (make one with `cargo build --release`) on an SQLite ledger: `import` of
# one row per bucket, `bill all`, and a second `bill all` that finds nothing to invoice. Prints the medians of RUNS runs,
# each on a new ledger. The numbers of line items behind a bucket do not matter to billing.
# Settings: RUNS=5 ACCOUNTS=10000 SERVICES=10 (buckets of each account), by environment.
# Needs bash and python3; touches nothing but a temporary folder.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

python3 - "$BINARY" "${RUNS:-5}" "${ACCOUNTS:-10000}" "${SERVICES:-10}" <<'PYTHON'
import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from process import measure, median

binary, runs, accounts, services = sys.argv[1], *map(int, sys.argv[2:])
# No settings from outside.
surroundings = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "TMPDIR": os.getcwd()}

total = Decimal(0)
with open("bill.csv", "w") as bill:
    bill.write("BilledCost,BillingCurrency,ProviderName,SubAccountId,SubAccountName,BillingPeriodStart,"
               "ChargeCategory,ServiceCategory,ServiceName,RegionId,Tags\n")
    for account in range(accounts):
        for service in range(services):
            cost = Decimal((account * 7919 + service * 104729) % 1_000_003) / 10_000 \
                + Decimal("0.000000012345") * (service + 1)
            total += cost
            # One bucket in ten belongs to a cost centre of its own.
            tags = '"{""CostCenter"": ""99-%d""}"' % (account % 50) if service == 3 else ""
            bill.write(f"{cost:f},CHF,AWS,{100000000000 + account},account {account},2026-10-01,Usage,"
                       f"Category {service % 4},Amazon Service {service},eu-central-{service % 3},{tags}\n")
with open("catalog.yaml", "w") as catalog:
    catalog.write("customers:\n")
    for customer in range(accounts):
        catalog.write(f'  - {{ name: Team {customer}, cost_center: "10-{customer}" }}\n')
    catalog.write("accounts:\n")
    for account in range(accounts):
        catalog.write(f'  - {{ provider: AWS, id: "{100000000000 + account}", customer: Team {account}, '
                      f'charge_factor: 1.1, product_number: "4711" }}\n')


def run(*words):
    return measure([binary, *words], Path("errors"), env=surroundings, stdout=subprocess.DEVNULL)


def text(*words):
    return subprocess.run([binary, *words], env=surroundings, capture_output=True, text=True, check=True).stdout


steps = {"import": [], "bill": [], "bill again": []}
for _ in range(runs):
    for name in os.listdir():
        if name not in ("bill.csv", "catalog.yaml"):
            shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)
    run("apply", "-f", "catalog.yaml")
    steps["import"].append(run("import", "focus", "-n", "aws", "-f", "bill.csv"))
    steps["bill"].append(run("bill", "all", "--period", "2026-10", "-o", "csv"))
    steps["bill again"].append(run("bill", "all", "--period", "2026-10"))

# A measurement of a wrong result would be worth nothing.
invoices = json.loads(text("invoices", "-o", "json"))
assert len(invoices) == 1, invoices
assert Decimal(invoices[0]["cost"]) == total, (invoices[0]["cost"], total)
print(f"{accounts * services:,} buckets of {accounts:,} accounts, {invoices[0]['lines']:,} lines; medians of {runs} runs")
print(f"{'step':<12}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
for name, measured in steps.items():
    wall, cpu, peak = (median(measured, what) for what in ("wall", "cpu", "peak"))
    print(f"{name:<12}{wall:>8.2f}{cpu:>8.2f}{peak:>9.0f}")
PYTHON
