#!/usr/bin/env bash
# How long the program takes to start, and how large it is.
#
# Usage: benches/startup.sh [BINARY]
#
# Measures a release build (make one with `cargo build --release`): `--help`, and `invoices` on a ledger with 24
# invoices, 20 runs of each after one that does not count. Prints the medians in milliseconds and the size of the binary.
# Needs bash and python3; touches nothing but a temporary folder.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

RUNS=20
INVOICES=24
# No settings from outside.
program() { env -i PATH="$PATH" HOME="$FOLDER" "$BINARY" "$@"; }

# A ledger of 24 months: 40 rows of 8 accounts and one invoice each.
python3 - "$INVOICES" <<'PYTHON'
import sys

headings = "BilledCost,BillingCurrency,ProviderName,SubAccountId,BillingPeriodStart,ServiceName\n"
periods = [f"{2025 + month // 12}-{month % 12 + 1:02}" for month in range(int(sys.argv[1]))]
for period in periods:
    with open(f"{period}.csv", "w") as bill:
        bill.write(headings)
        for row in range(40):
            bill.write(f"{row}.{row:02}5,CHF,AWS,account-{row % 8},{period}-01,Service {row % 5}\n")
with open("catalog.yaml", "w") as catalog:
    catalog.write('customers:\n  - { name: Shop team, cost_center: "1" }\naccounts:\n')
    for account in range(8):
        catalog.write(f"  - {{ provider: AWS, id: account-{account}, customer: Shop team }}\n")
with open("periods", "w") as list_of_periods:
    list_of_periods.write("\n".join(periods) + "\n")
PYTHON
while read -r period; do
  program import focus -n aws -f "$period.csv" >/dev/null 2>&1
  [ -f applied ] || { program apply -f catalog.yaml >/dev/null && touch applied; }
  program bill AWS --period "$period" >/dev/null 2>&1
done <periods
found=$(program invoices -o csv | tail -n +2 | wc -l)
if [ "$found" != "$INVOICES" ]; then
  echo "the ledger should have $INVOICES invoices and has $found: the measurement would be of something else" >&2
  exit 1
fi

python3 - "$BINARY" "$RUNS" <<'PYTHON'
import os
import subprocess
import sys
from pathlib import Path

from process import measure, median

binary, runs = sys.argv[1], int(sys.argv[2])
surroundings = {"PATH": os.environ["PATH"], "HOME": os.getcwd()}


def run(words):
    return measure([binary, *words], Path("errors"), env=surroundings, stdout=subprocess.DEVNULL)


for words in (["--help"], ["invoices"]):
    run(words)
    measured = [run(words) for _ in range(runs)]
    times = [one.wall * 1e3 for one in measured]
    middle = median(measured, "wall") * 1e3
    name = " ".join(words)
    print(f"{name:<10} median {middle:7.1f} ms   min {min(times):7.1f}   max {max(times):7.1f}")
size = os.path.getsize(binary)
print(f"{'binary':<10} {size} bytes ({size / 1e6:.1f} MB)")
PYTHON
