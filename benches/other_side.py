"""What benches/import.py runs in processes of their own: DuckDB's side of the race, and the checks.

  other_side.py duckdb  IMPORTER FILE FOLDER THREADS   reads, writes detail and buckets: the work that is measured
  other_side.py parquet CSV FILE                       makes a Parquet file of a CSV file
  other_side.py exact   IMPORTER FILE RESULT           sums per currency and bucket with Python's decimal
  other_side.py buckets FILE                           tells what DuckDB's buckets add up to
  other_side.py sizes   FOLDER                         tells how many bytes each column of detail takes
"""

import csv
import decimal
import json
import sys

from bill_columns import DECIMALS, DOUBLES, LAYOUTS, in_parquet


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def headings_of(path):
    import gzip

    opened = gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")
    with opened as lines:
        return next(csv.reader(lines))


def csv_source(path):
    """A CSV file of which all columns are texts. Its dialect is told, so that nothing is guessed."""
    columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in headings_of(path))
    dialect = "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false"
    return f"read_csv({text(path)}, columns = {{{columns}}}, {dialect})"


def duckdb_side(importer, path, folder, threads):
    import duckdb

    columns, key, _ = LAYOUTS[importer]
    is_parquet = path.endswith(".parquet")
    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")

    def column(name):
        if not is_parquet:
            return f"nullif({quoted(name)}, '')"
        parquet_name = quoted(in_parquet(name))
        return parquet_name if name in DOUBLES else f"nullif({parquet_name}, '')"

    def expression(name, sources):
        value = f"coalesce({', '.join(map(column, sources))})" if len(sources) > 1 else column(sources[0])
        kind = "DECIMAL(38, 18)" if name in DECIMALS else "VARCHAR"
        return f"CAST({value} AS {kind}) AS {quoted(name)}"

    kept = ", ".join(expression(name, sources) for name, sources in columns.items())
    source = f"read_parquet({text(path)})" if is_parquet else csv_source(path)
    detail, buckets = f"{folder}/detail.parquet", f"{folder}/buckets.parquet"
    connection.execute(f"COPY (SELECT {kept} FROM {source}) TO {text(detail)} (FORMAT parquet, COMPRESSION zstd)")
    # The sums are made from the detail: faster than reading the source again.
    groups = ", ".join(f"{quoted(name)} AS {alias}" for alias, name in key.items())
    sums = 'count(*) AS row_count, sum("BilledCost") AS billed_cost, sum("EffectiveCost") AS effective_cost'
    query = f"SELECT {groups}, {sums} FROM read_parquet({text(detail)}) GROUP BY ALL"
    connection.execute(f"COPY ({query}) TO {text(buckets)} (FORMAT parquet)")


def make_parquet(path, out):
    """As providers write them: names with underscores, costs as binary floating-point numbers, Snappy."""
    import duckdb

    def column(name):
        kind = f"CAST(nullif({quoted(name)}, '') AS DOUBLE)" if name in DOUBLES else quoted(name)
        return f"{kind} AS {quoted(in_parquet(name))}"

    columns = ", ".join(map(column, headings_of(path)))
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false; SET memory_limit = '2GB'")
    connection.execute(
        f"COPY (SELECT {columns} FROM {csv_source(path)}) TO {text(out)} (FORMAT parquet, COMPRESSION snappy)"
    )


def records(importer, path):
    """The rows of a file as dictionaries of the columns that buckets and sums need."""
    columns, key, _ = LAYOUTS[importer]
    needed = sorted({source for name in [*key.values(), "BilledCost"] for source in columns[name]})
    if path.endswith(".parquet"):
        import pyarrow.parquet

        names = [in_parquet(name) for name in needed]
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(columns=names, batch_size=20_000):
            values = [batch.column(name).to_pylist() for name in names]
            # The shortest decimal of a binary number is what Python's repr shows.
            for row in zip(*values):
                yield {
                    name: "" if value is None else value if isinstance(value, str) else repr(value)
                    for name, value in zip(needed, row)
                }
    else:
        with open(path, newline="") as lines:
            reader = csv.reader(lines)
            headings = next(reader)
            places = [(name, headings.index(name)) for name in needed]
            for row in reader:
                yield {name: row[place] for name, place in places}


def exact(importer, path, result):
    columns, key, _ = LAYOUTS[importer]
    decimal.getcontext().prec = 200
    decimal.getcontext().traps[decimal.Inexact] = True

    def value(row, name):
        return next((row[source] for source in columns[name] if row[source]), "")

    rows, totals, buckets = 0, {}, {}
    for row in records(importer, path):
        cost, rows = decimal.Decimal(value(row, "BilledCost")), rows + 1
        group = tuple(value(row, name).strip() for name in key.values())
        currency = value(row, "BillingCurrency")
        totals[currency] = totals.get(currency, decimal.Decimal(0)) + cost
        count, sum_ = buckets.get(group, (0, decimal.Decimal(0)))
        buckets[group] = (count + 1, sum_ + cost)
    plain = {currency: format(total.normalize(), "f") for currency, total in totals.items()}
    groups = [[*group, count, format(sum_, "f")] for group, (count, sum_) in buckets.items()]
    with open(result, "w") as out:
        json.dump({"rows": rows, "totals": plain, "buckets": groups}, out)


def buckets_of(path):
    """DuckDB's buckets, as JSON."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(path).to_pylist()
    total = {}
    for row in rows:
        total[row["currency"]] = total.get(row["currency"], decimal.Decimal(0)) + row["billed_cost"]
    sums = {currency: format(sum_.normalize(), "f") for currency, sum_ in total.items()}
    json.dump({"rows": sum(row["row_count"] for row in rows), "buckets": len(rows), "totals": sums}, sys.stdout)


def sizes_of(folder):
    """How many bytes each column of a folder of Parquet files takes, as JSON."""
    import pathlib

    import pyarrow.parquet

    sizes = {}
    for path in pathlib.Path(folder).rglob("*.parquet"):
        metadata = pyarrow.parquet.ParquetFile(path).metadata
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                name = column.path_in_schema
                sizes[name] = sizes.get(name, 0) + column.total_compressed_size
    json.dump(sizes, sys.stdout)


if __name__ == "__main__":
    decimal.getcontext().prec = 200
    work = {
        "duckdb": duckdb_side,
        "parquet": make_parquet,
        "exact": exact,
        "buckets": buckets_of,
        "sizes": sizes_of,
    }
    work[sys.argv[1]](*sys.argv[2:])
