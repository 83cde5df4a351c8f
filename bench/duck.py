"""One windowed count per lead in DuckDB: the most pages that each lead saw within any 30 days.

`duck.py EVENTS THREADS` prints the leads, the sum of their counts, and the seconds it took from connecting to having
the answer; starting Python is not counted. Only the columns asked for are read, their types given, so that DuckDB
neither guesses nor decodes more than it must.
"""

import json
import sys
import time

import duckdb

COLUMNS = {
    "type": "VARCHAR",
    "event": "VARCHAR",
    "userId": "VARCHAR",
    "anonymousId": "VARCHAR",
    "timestamp": "TIMESTAMP",
}

QUERY = """
    WITH viewed AS (
        SELECT coalesce(userId, anonymousId) AS lead, timestamp AS viewed_at
        FROM read_ndjson(?, columns = {columns})
        WHERE type = 'page' OR event = 'Page Viewed'
    ), counted AS (
        SELECT lead, count(*) OVER (
            PARTITION BY lead ORDER BY viewed_at RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW
        ) AS in_30_days
        FROM viewed
    ), most AS (
        SELECT lead, max(in_30_days) AS most FROM counted GROUP BY lead
    )
    SELECT count(*), sum(most) FROM most
"""


def main():
    events, threads = sys.argv[1], int(sys.argv[2])
    began = time.perf_counter()
    connection = duckdb.connect(config={"threads": threads})
    leads, total = connection.execute(QUERY.format(columns=COLUMNS), [events]).fetchone()
    seconds = time.perf_counter() - began
    print(json.dumps({"leads": leads, "sum": int(total), "seconds": seconds, "version": duckdb.__version__}))


if __name__ == "__main__":
    main()
