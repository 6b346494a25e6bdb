#!/usr/bin/env python3
"""How fast a bill is imported, side by side with DuckDB doing the same work.

Both read the same file, write the same columns as Parquet with zstd, and sum the costs by the same keys: cloud-billing
as one command that ends with the commit of its ledger, DuckDB in a fresh Python process. They take turns; the medians
count. Then all sums are compared with Python's decimal, to the last digit. At the end a bill goes through a pipe.

Needs a release build of both programs:
  cargo build --release -p cloud-billing -p xtask
DuckDB and PyArrow are installed from PyPI into a folder of their own below the user's cache folder.

Example: benches/import.py --rows 2000000 --runs 5 --cases csv,gzip,parquet --pipe-rows 20000000
"""

import argparse
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import venv
from decimal import Decimal
from pathlib import Path

# Before anything of this folder is imported, or its compiled form would be written into the tree.
sys.dont_write_bytecode = True

from process import Failed, measure, median

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cloud-billing-bench"
OTHER_SIDE = Path(__file__).with_name("other_side.py")
# A bucket keeps 18 digits after the point: its sum may differ from the exact one by less than one of them.
BUCKET_UNIT = Decimal("1e-18")


def main():
    options = arguments()
    # The same for children.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # Both sides get the same processors, also on a machine with more of them. Children inherit this.
    processors = sorted(os.sched_getaffinity(0))[: options.threads]
    os.sched_setaffinity(0, processors)
    bench = Bench(options, interpreter())
    try:
        bench.run()
    finally:
        if not options.keep:
            shutil.rmtree(bench.folder)
    if bench.wrong:
        sys.exit(1)


def arguments():
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = reader.add_argument
    add("--rows", type=int, default=2_000_000, help="rows of the files (default: 2000000)")
    add("--seed", type=int, default=1, help="seed of the made-up bill")
    add("--runs", type=int, default=5, help="runs of each side that count (default: 5)")
    add("--cases", default="csv,gzip,parquet", help="kinds of files: csv, gzip, parquet (default: all); or none")
    add("--pipe-rows", type=int, default=20_000_000, help="rows through a pipe (default: 20000000; 0: none)")
    add("--importer", choices=["aws-cur", "focus"], default="aws-cur")
    add("--threads", type=int, default=2, help="processors that both sides may use (default: 2)")
    add("--dir", type=Path, help="where the files go while it runs (default: the system's temporary folder)")
    add("--binaries", type=Path, default=target / "release", help="folder of cloud-billing and xtask")
    add("--keep", action="store_true", help="leave the files there")
    add("--without-duckdb", action="store_true", help="measure cloud-billing alone")
    add("--without-checks", action="store_true", help="measure only")
    options = reader.parse_args()
    options.cases = [case for case in options.cases.split(",") if case not in ("", "none")]
    for case in options.cases:
        if case not in ("csv", "gzip", "parquet"):
            reader.error(f"`{case}` is no kind of file: csv, gzip and parquet are")
    for name in ("cloud-billing", "xtask"):
        if not (options.binaries / name).exists():
            reader.error(f"{options.binaries} has no {name}: cargo build --release -p cloud-billing -p xtask")
    return options


def interpreter():
    """A Python with DuckDB and PyArrow."""
    python = CACHE / "venv" / "bin" / "python"
    found = python.exists() and not subprocess.run(
        [python, "-c", "import duckdb, pyarrow"], stderr=subprocess.DEVNULL
    ).returncode
    if not found:
        print("installing DuckDB and PyArrow", file=sys.stderr)
        venv.create(CACHE / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--upgrade", "duckdb", "pyarrow"], check=True)
    return python


class Bench:
    def __init__(self, options, python):
        self.options, self.python, self.wrong = options, python, False
        self.folder = Path(tempfile.mkdtemp(prefix="cloud-billing-bench-", dir=options.dir))
        self.table = []
        # Bytes of each column of our detail.
        self.sizes = {}

    def run(self):
        options = self.options
        if options.cases:
            files = self.files()
            for case in options.cases:
                self.attempt(lambda: self.race(case, files[case]))
            for path in files.values():
                if not options.keep:
                    path.unlink(missing_ok=True)
        if options.pipe_rows:
            self.attempt(self.pipe)
        self.print_table()
        if self.sizes:
            self.print_sizes()

    def attempt(self, part):
        """A part that cannot be measured leaves the others alone."""
        try:
            part()
        except Failed as failed:
            self.wrong = True
            print(f"- WRONG {failed}")

    # The files.

    def generate(self, out, rows, control):
        kind = "focus" if self.options.importer == "focus" else "cur"
        words = [self.options.binaries / "xtask", "bench-data", kind, "--rows", rows, "--seed", self.options.seed]
        return list(map(str, [*words, "--out", out, "--control", control]))

    def files(self):
        files = {case: self.folder / f"bill.{end}" for case, end in
                 (("csv", "csv"), ("gzip", "csv.gz"), ("parquet", "parquet"))}
        plain = files["csv"]
        say(f"making {self.options.rows} rows")
        subprocess.run(self.generate(plain, self.options.rows, self.folder / "control.json"), check=True)
        if "gzip" in self.options.cases:
            # In Python: gzip -6 as providers write it, whatever gzip this machine has.
            with open(plain, "rb") as source, gzip.open(files["gzip"], "wb", compresslevel=6) as out:
                shutil.copyfileobj(source, out, 1 << 20)
        if "parquet" in self.options.cases:
            self.other_side("parquet", plain, files["parquet"])
        return files

    def other_side(self, *words, **more):
        return subprocess.run([self.python, OTHER_SIDE, *map(str, words)], check=True, **more)

    # The race.

    def race(self, case, path):
        ours, theirs = [], []
        for turn in range(-1, self.options.runs):
            # The first turn warms up and does not count.
            for side, results in ((self.our_side, ours), (self.duckdb_side, theirs)):
                if side == self.duckdb_side and self.options.without_duckdb:
                    continue
                say(f"{case}, {side.__name__}, turn {turn + 1} of {self.options.runs}")
                measured = side(path)
                if turn >= 0:
                    results.append(measured)
        size = f"{path.stat().st_size / 1e6:,.0f} MB"
        self.table.append((case, f"{self.options.rows:,} rows, {size}", ours, theirs))
        answer = self.other_side("sizes", self.folder / "ours" / "detail", stdout=subprocess.PIPE)
        self.sizes = json.loads(answer.stdout)
        if not self.options.without_checks:
            self.check(case, path)

    def settings(self, home):
        """A ledger and a folder for detail of its own, and no other settings."""
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_PATH": str(home / "ledger.db"),
            "DETAIL_URL": f"file:{home / 'detail'}",
            "COST_CENTER_TAGS": "CostCenter",
            "BILLING_SERVICE_COMPONENT_TAG": "Component",
        }

    def our_side(self, path):
        home = fresh(self.folder / "ours")
        words = [self.options.binaries / "cloud-billing", "import", self.options.importer, "-n", "bench", "-f", path]
        with open(home / "told", "wb") as told:
            return measure([*words, "-o", "json"], home / "errors", env=self.settings(home), stdout=told)

    def duckdb_side(self, path):
        home = fresh(self.folder / "duckdb")
        words = [self.python, OTHER_SIDE, "duckdb", self.options.importer, path, home, str(self.options.threads)]
        return measure(words, home / "errors")

    # The checks.

    def check(self, case, path):
        """Compares all sums with Python's decimal, and the columns of both sides."""
        say(f"{case}: checking")
        readable = self.folder / "bill.csv" if case == "gzip" else path
        self.other_side("exact", self.options.importer, readable, self.folder / "exact.json")
        exact = json.loads((self.folder / "exact.json").read_text())
        control = json.loads((self.folder / "control.json").read_text())
        told = json.loads((self.folder / "ours" / "told").read_text())[0]
        self.expect(f"{case}: rows", told["rows"], exact["rows"])
        self.expect(f"{case}: rejected rows", told["rejected"], 0)
        self.expect(f"{case}: totals", told["totals"], exact["totals"])
        if case != "parquet":
            # A Parquet file has the binary numbers nearest to the amounts, which add up to something else.
            self.expect(f"{case}: control totals", told["totals"], control["totals"])
        self.check_buckets(case, exact)
        if not self.options.without_duckdb:
            self.check_duckdb(case, exact)

    def check_buckets(self, case, exact):
        sys.path.insert(0, str(OTHER_SIDE.parent))
        from bill_columns import LAYOUTS

        _, key, _ = LAYOUTS[self.options.importer]
        found = {}
        with sqlite3.connect(self.folder / "ours" / "ledger.db") as ledger:
            for *group, rows, cost in ledger.execute(f"SELECT {', '.join(key)}, row_count, billed_cost FROM buckets"):
                group = tuple((text or "").strip() for text in group)
                known_rows, known_cost = found.get(group, (0, Decimal(0)))
                found[group] = (known_rows + rows, add(known_cost, Decimal(cost)))
        wrong = 0
        for *group, rows, cost in exact["buckets"]:
            found_rows, found_cost = found.get(tuple(group), (None, Decimal("NaN")))
            wrong += found_rows != rows or not abs(add(found_cost, -Decimal(cost))) <= BUCKET_UNIT * len(found)
        self.expect(f"{case}: buckets", len(found), len(exact["buckets"]))
        self.expect(f"{case}: buckets with other rows or sums than Python's", wrong, 0)

    def check_duckdb(self, case, exact):
        answer = self.other_side("buckets", self.folder / "duckdb" / "buckets.parquet", stdout=subprocess.PIPE)
        theirs = json.loads(answer.stdout)
        self.expect(f"{case}: rows that DuckDB took", theirs["rows"], exact["rows"])
        for currency, total in exact["totals"].items():
            away = add(Decimal(theirs["totals"][currency]), -Decimal(total))
            print(f"- {case}: DuckDB's {currency} total is {away:f} away from the exact one")
        self.same_columns()

    def same_columns(self):
        """Work that only one side does would make the race unfair."""
        from bill_columns import IN_TAGS, LAYOUTS, OURS_ALONE

        columns, _, _ = LAYOUTS[self.options.importer]
        ours = set(self.sizes)
        self.expect("columns that only our detail has", sorted(ours - set(columns) - OURS_ALONE), [])
        self.expect("columns that only DuckDB writes", sorted(set(columns) - ours - IN_TAGS), [])

    def expect(self, what, found, expected):
        if found == expected:
            print(f"- {what}: {found} as expected")
        else:
            self.wrong = True
            print(f"- WRONG {what}: found {found}, expected {expected}")

    # The pipe.

    def pipe(self):
        """A bill that is never on the disk: the generator writes into a named pipe, the import reads it."""
        rows, control = self.options.pipe_rows, self.folder / "pipe-control.json"
        way = self.folder / "pipe.csv"
        os.mkfifo(way)
        say(f"{rows} rows through a pipe")
        generator = subprocess.Popen(self.generate(way, rows, control))
        try:
            measured = self.our_side(way)
            generator.wait(timeout=60)
        finally:
            generator.kill()
            generator.wait()
        told = json.loads((self.folder / "ours" / "told").read_text())[0]
        made = json.loads(control.read_text())
        self.expect("pipe: rows", told["rows"], made["rows"])
        self.expect("pipe: control totals", told["totals"], made["totals"])
        self.table.append(("pipe", f"{rows:,} rows, {made['bytes'] / 1e6:,.0f} MB", [measured], []))
        detail = sum(part.stat().st_size for part in (self.folder / "ours" / "detail").rglob("*.parquet"))
        print(f"- pipe: {detail / 1e6:,.0f} MB of detail, {detail / rows:.1f} bytes a row")

    # The table.

    def print_table(self):
        versions = self.python_versions()
        print(f"\n{self.options.threads} processors, medians of {self.options.runs} runs, {versions}\n")
        print("| input | what it has | cloud-billing: wall s | CPU s | peak MB | DuckDB: wall s | CPU s | peak MB "
              "| wall ratio | CPU ratio |")
        print("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |")
        for case, what, ours, theirs in self.table:
            cells = [case, what, *cells_of(ours), *cells_of(theirs), *ratios(ours, theirs)]
            print("| " + " | ".join(cells) + " |")

    def print_sizes(self):
        """What each column of the detail costs on the disk, the dearest first."""
        total = sum(self.sizes.values())
        print(f"\nDetail: {total / self.options.rows:.1f} bytes a row\n")
        print("| column | bytes a row | share |\n| --- | --: | --: |")
        for name, size in sorted(self.sizes.items(), key=lambda column: -column[1]):
            print(f"| {name} | {size / self.options.rows:.2f} | {100 * size / total:.1f} % |")

    def python_versions(self):
        words = [self.python, "-c", "import duckdb; print('DuckDB', duckdb.__version__)"]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def say(text):
    print(text, file=sys.stderr, flush=True)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def add(left, right):
    """A sum in which no digit is lost."""
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 200
        return left + right


def cells_of(results):
    if not results:
        return ["–"] * 3
    return [f"{median(results, 'wall'):.2f}", f"{median(results, 'cpu'):.2f}", f"{median(results, 'peak'):.0f}"]


def ratios(ours, theirs):
    if not theirs:
        return ["–"] * 2
    return [f"{median(ours, what) / median(theirs, what):.2f}" for what in ("wall", "cpu")]


if __name__ == "__main__":
    main()
