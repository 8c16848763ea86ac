"""pandas: the same tables as the monthly report, each cell with its customers and the two largest contributions, into a
workbook. It reads the columns and the pages that the figures need, and no others."""

import json
import os
import resource
import sys
import tempfile
import time

import pandas as pd

directory = sys.argv[1]
start = time.perf_counter()
pages = {page["from"][:7]: page["file"] for page in json.load(open(f"{directory}/pages.json"))}
MONTH = "2026-10"
COMPONENTS = ["gross", "discounts", "refunds", "orders", "units", "cancellations", "new-customers"]
TABLES = [
    (["category", "brand"], ["net", "orders", "units"]),
    (["product"], ["net", "units"]),
    (["region", "province"], ["net", "orders"]),
    (["brand", "region"], ["net", "orders", "units"]),
    (["channel"], ["net", "orders", "units"]),
    (["payment-method"], ["net", "orders"]),
]


def read(months, dimensions):
    columns = ["day", "customer", *dimensions, *COMPONENTS]
    frames = [pd.read_parquet(f"{directory}/{pages[it]}", columns=columns) for it in months if it in pages]
    frame = pd.concat(frames)
    frame["net"] = frame["gross"] - frame["discounts"] - frame["refunds"]
    return frame


def cells(frame, by, measures):
    held = frame.groupby([*by, "customer"], observed=True)[measures].sum()
    grouped = held.groupby(level=by, observed=True)
    table = grouped.sum()
    table["customers"] = grouped.size()
    ranked = held["net"].sort_values(ascending=False).groupby(level=by, observed=True)
    table["largest"] = ranked.nth(0).groupby(level=by, observed=True).first()
    table["second"] = ranked.nth(1).groupby(level=by, observed=True).first()
    return table


months = [str(pd.Period(MONTH, "M") - back) for back in range(24)]
dimensions = sorted({name for by, _ in TABLES for name in by})
now, before = read(months[:1], dimensions), read(months[1:2], dimensions)
sheets = {}
for by, measures in TABLES:
    for depth in range(1, len(by) + 1):
        sheets[" ".join(by[:depth])] = cells(now, by[:depth], measures)
sheets["region alone"] = cells(now, ["region"], ["net", "orders", "units"])
sheets["brand before"] = cells(before, ["category", "brand"], ["net"])
sheets["product before"] = cells(before, ["product"], ["net"])
# The key figures: the month, the one before, the same of last year, the year so far; and net sales month by month.
history = read(months, [])
history["month"] = history["day"].astype("string").str[:7]
sheets["months"] = cells(history, ["month"], ["net", *COMPONENTS])
history["year"] = history["month"].str[:4]
sheets["year"] = cells(history[history["month"] >= "2026-01"], ["year"], ["net", *COMPONENTS])
with tempfile.TemporaryDirectory() as folder, pd.ExcelWriter(os.path.join(folder, "report.xlsx")) as book:
    for name, sheet in sheets.items():
        sheet.reset_index().to_excel(book, sheet_name=name, index=False)
print(
    json.dumps(
        {
            "time": time.perf_counter() - start,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": pd.__version__,
        }
    )
)
