"""Which database driver: sqlx for both, or rusqlite and `postgres`. Fills a store of each and measures all in turns.

Builds the two programs beside this file (release), starts a PostgreSQL of its own in a temporary folder, durable as
by default, and takes both away again. Needs Debian's PostgreSQL 15 and, where root runs it, its user `postgres`.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "target/drivers"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
SYNC, SQLX = TARGET / "release/drivers-sync", TARGET / "release/drivers-sqlx"
# Database, driver, program, form of a batch. The first of a database is what the others are compared with.
CONTENDERS = [
    ("sqlite", "sqlx", SQLX, "json"),
    ("sqlite", "sqlx", SQLX, "rows"),
    ("sqlite", "rusqlite", SYNC, "json"),
    ("sqlite", "rusqlite", SYNC, "rows"),
    ("postgres", "sqlx", SQLX, "json"),
    ("postgres", "sqlx", SQLX, "arrays"),
    ("postgres", "postgres", SYNC, "json"),
    ("postgres", "postgres", SYNC, "arrays"),
]


def main():
    options = arguments()
    build()
    print(f"{platform.machine()}, {os.cpu_count()} cores; {options.leads} leads x 50 events; "
          f"median of {options.rounds} rounds of {options.seconds} s each (lowest to highest)")
    with tempfile.TemporaryDirectory(prefix="attractor-drivers-", dir=options.folder) as folder:
        os.chmod(folder, 0o755)
        with postgres(pathlib.Path(folder), options.generic_plans) as place:
            places = {"sqlite": f"{folder}/store.db", "postgres": place}
            places = {name: where for name, where in places.items() if options.only in (None, name)}
            for database, where in places.items():
                start = time.monotonic()
                run(SYNC, "fill", database, where, options.leads)
                print(f"{database} filled in {time.monotonic() - start:.0f} s")
            results = measure(options, places)
    report(options, results)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000, help="50 events each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement (default: %(default)s)")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 50, 500], help="events in a group")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="one database alone")
    parser.add_argument("--generic-plans", action="store_true", help="PostgreSQL plans a statement once, not per call")
    parser.add_argument("--folder", help="where the stores go (default: the system's temporary folder)")
    return parser.parse_args()


def build():
    for project in ("sync", "sqlx"):
        command = ["cargo", "build", "--release", "--quiet", "-j2", "--target-dir", TARGET]
        subprocess.run(command, cwd=HERE / project, check=True)


@contextlib.contextmanager
def postgres(folder, generic_plans):
    """A PostgreSQL on a socket alone; gives what a client connects with."""
    data = folder / "postgres"
    data.mkdir()
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": data}
    initdb = [POSTGRES / "initdb", "-D", data / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    control = [*as_user, POSTGRES / "pg_ctl", "-D", data / "data", "-w"]
    subprocess.run([*as_user, *initdb], **quiet)
    settings = f"-c listen_addresses= -c unix_socket_directories={data}"
    settings += " -c plan_cache_mode=force_generic_plan" if generic_plans else ""
    subprocess.run([*control, "-l", data / "log", "-o", settings, "start"], **quiet)
    try:
        yield f"host={data} user=postgres dbname=postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def run(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program.name} {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def measure(options, places):
    """Rounds in turns, so that what else the machine does falls on all; size 0 stands for reads."""
    results, number = {}, 0
    for turn in range(options.rounds):
        for size in [*options.sizes, 0]:
            for contender in CONTENDERS if turn % 2 == 0 else reversed(CONTENDERS):
                database, _, program, form = contender
                if database not in places or size == 0 and form != "json":
                    continue
                number += 1
                task = (options.leads, size, options.seconds, turn, number)
                line = json.loads(run(program, "measure", database, places[database], form, *task))
                results.setdefault((contender, size), []).append(line)
    return results


def report(options, results):
    for database in sorted({contender[0] for contender, _ in results}, reverse=True):
        contenders = [contender for contender in CONTENDERS if contender[0] == database]
        print(f"\n{database:22}" + "".join(f"{f'groups of {size}, events/s':>40}" for size in options.sizes))
        for contender in contenders:
            cells = [cell(results, contender, contenders[0], size) for size in options.sizes]
            print(f"{contender[1] + ', ' + contender[3]:22}" + "".join(f"{text:>40}" for text in cells))
        for contender in contenders:
            if (contender, 0) in results:
                ours, base = median(results, contender, 0, "micros"), median(results, contenders[0], 0, "micros")
                print(f"{contender[1]}: a lead with its 50 events in {ours:.0f} us, {base / ours:.2f} x as fast")


def cell(results, contender, base, size):
    rates = [line["rate"] for line in results[contender, size]]
    ratio = median(results, contender, size, "rate") / median(results, base, size, "rate")
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) {ratio:.2f} x"


def median(results, contender, size, figure):
    return statistics.median(line[figure] for line in results[contender, size])


if __name__ == "__main__":
    main()
