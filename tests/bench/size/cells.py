"""DuckDB: each cell's customers, net sales and two largest contributions, from the sealed pages of a year."""

import json
import sys
import time

import duckdb

directory, *files = sys.argv[1:]
pages = [f"{directory}/{file}" for file in files]
best = 1e9
for _ in range(5):
    connection = duckdb.connect()
    start = time.perf_counter()
    connection.execute(
        """
        CREATE TEMP TABLE cells AS
        SELECT product, province, count(*) AS customers, sum(net) AS net, max(net, 2) AS largest
        FROM (SELECT product, province, customer, sum(gross - discounts - refunds) AS net
              FROM read_parquet(?) GROUP BY product, province, customer)
        GROUP BY product, province
        """,
        [pages],
    )
    best = min(best, time.perf_counter() - start)
    found = connection.execute(
        """
        SELECT count(*)::BIGINT, sum(customers)::BIGINT, sum(net)::BIGINT,
               sum(greatest(largest[1], 0))::BIGINT, sum(greatest(coalesce(largest[2], 0), 0))::BIGINT
        FROM cells
        """
    ).fetchone()
names = ["cells", "customers", "net", "largest", "second"]
print(json.dumps(dict(zip(names, found), time=best, version=duckdb.__version__)))
