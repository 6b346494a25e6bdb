#!/usr/bin/env bash
# How long a bill run takes: 10,000 accounts with 10 buckets each, whatever the number of line items behind them.
#
# Usage: benches/bill.sh [BINARY]
#
# Measures a release build (make one with `cargo build --release`). Imports a month of 100,000 line items, and one of
# 500,000 with the same buckets, gives each account a customer, and bills it 5 times from the same ledger after one run
# that does not count. Prints the medians of time, processor time and peak memory.
# Needs bash and python3; touches nothing but a temporary folder.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BINARY=${1:-${CARGO_TARGET_DIR:-$ROOT/target}/release/cloud-billing}

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  exit 0
fi
if [ ! -x "$BINARY" ]; then
  echo "there is no program $BINARY: build it with cargo build --release, or name another one" >&2
  exit 2
fi
BINARY=$(cd "$(dirname "$BINARY")" && pwd)/$(basename "$BINARY")

FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
cd "$FOLDER"

python3 - "$BINARY" <<'PYTHON'
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

BINARY, ACCOUNTS, SERVICES, RUNS = sys.argv[1], 10_000, 10, 5
SURROUNDINGS = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "DATABASE_PATH": "ledger.db"}


def program(*words):
    """Runs a command: what it said, its seconds, its processor seconds, its peak in MB."""
    start = time.perf_counter()
    with open("said", "wb") as said:
        process = subprocess.Popen([BINARY, *words], env=SURROUNDINGS, stdout=said, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(words)} ended with {process.returncode}")
    with open("said") as said:
        text = said.read()
    return text, time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def make_month(rows_of_a_bucket):
    with open("bill.csv", "w") as bill:
        bill.write("BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ServiceName\n")
        for _ in range(rows_of_a_bucket):
            for account in range(ACCOUNTS):
                for service in range(SERVICES):
                    bill.write(f"{account % 97}.{service}25,CHF,AWS,{account:012},2026-10-01,Service {service}\n")
    with open("catalog.yaml", "w") as catalog:
        catalog.write("customers:\n")
        for customer in range(100):
            catalog.write(f'  - {{ name: Team {customer}, cost_center: "{customer + 1}" }}\n')
        catalog.write("accounts:\n")
        for account in range(ACCOUNTS):
            catalog.write(f'  - {{ provider: AWS, id: "{account:012}", customer: Team {account % 100} }}\n')


print("| line items | buckets | invoice lines | wall s | CPU s | peak MB |\n| --: | --: | --: | --: | --: | --: |")
for rows_of_a_bucket in (1, 5):
    for left in os.listdir():
        os.remove(left) if os.path.isfile(left) else shutil.rmtree(left)
    make_month(rows_of_a_bucket)
    program("import", "focus", "-n", "aws", "-f", "bill.csv")
    program("apply", "-f", "catalog.yaml")
    os.rename("ledger.db", "ledger.before")
    runs = []
    for turn in range(RUNS + 1):
        shutil.copy("ledger.before", "ledger.db")
        said, *measured = program("bill", "AWS", "-n", "bill_aws", "--period", "2026-10", "-o", "json")
        lines = len(json.loads(said)[0]["lines"])
        if lines != ACCOUNTS:
            sys.exit(f"the invoice should have {ACCOUNTS} lines and has {lines}: this would measure something else")
        if turn:
            runs.append(measured)
    wall, cpu, peak = (statistics.median(run[what] for run in runs) for what in range(3))
    items, buckets = rows_of_a_bucket * ACCOUNTS * SERVICES, ACCOUNTS * SERVICES
    print(f"| {items:,} | {buckets:,} | {lines:,} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |")
PYTHON
