"""Speed and memory of `attractor replay`, beside DuckDB on the same file in the same run.

Each pair is measured in turns, several times, and shown as minimum and median, so that what else the machine does falls
on both. Needs a release build and, once, PyPI for DuckDB, which goes into target/bench. `make bench` does it all.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
ATTRACTOR = ROOT / "target/release/attractor"
THROUGHPUT = ROOT / "target/release/examples/throughput"
PLACE = ROOT / "target/bench"
BUDGET = 2.0


def main():
    options = arguments()
    if not ATTRACTOR.exists():
        sys.exit(f"{ATTRACTOR} is missing; say `make build` first")
    PLACE.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: options.threads]))
    python = python_with_duckdb()
    print_machine(options, python)
    small, large = events(options.leads // 10), events(options.leads)
    print_files(options, large)
    beside_duckdb(options, python, small, large)
    if options.engine and THROUGHPUT.exists():
        print("\nThe engine alone, on one core")
        subprocess.run([THROUGHPUT], check=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000, help="about 50 events each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for both (default: all)")
    parser.add_argument("--playbook", type=pathlib.Path, default=default_playbook(), help="(default: %(default)s)")
    parser.add_argument("--no-engine", dest="engine", action="store_false", help="leave the engine alone out")
    return parser.parse_args()


def default_playbook():
    sample = ROOT / "playbooks/sample"
    return sample if sample.is_dir() else ROOT / "bench/playbook.yaml"


def python_with_duckdb():
    """A Python that has DuckDB, in a folder of its own."""
    folder = PLACE / "venv"
    python = folder / "bin/python"
    wanted = ROOT / "bench/requirements.txt"
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        installed.write_text(wanted.read_text())
    return python


def events(leads):
    """Half a year of the sample company, kept for the next run of the same program."""
    path = PLACE / f"events-{leads}.ndjson"
    if not path.exists() or path.stat().st_mtime < ATTRACTOR.stat().st_mtime:
        with open(path, "wb") as file:
            subprocess.run([ATTRACTOR, "simulate", "--leads", str(leads), "--end", "2026-06-30"], stdout=file, check=True)
    return path


def print_machine(options, python):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"machine    {model}, {options.threads} of {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}")
    print(f"load       {os.getloadavg()[0]:.1f} when this began")
    for name, command in [("attractor", [ATTRACTOR, "--version"]), ("rust", ["rustc", "--version"])]:
        print(f"{name:<10} {subprocess.run(command, capture_output=True, text=True).stdout.strip()}")
    duckdb = subprocess.run([python, "-c", "import duckdb; print(duckdb.__version__)"], capture_output=True, text=True)
    print(f"duckdb     {duckdb.stdout.strip()}, Python {platform.python_version()}")


def print_files(options, large):
    with open(large, "rb") as file:  # this also brings the file into the page cache
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    size = large.stat().st_size
    print(f"events     {lines:,} of {options.leads:,} leads ({lines / options.leads:.1f} each), {size / 2**20:,.0f} MiB")
    print(f"playbook   {options.playbook.relative_to(ROOT) if options.playbook.is_relative_to(ROOT) else options.playbook}")
    options.lines = lines


def beside_duckdb(options, python, small, large):
    replay = lambda file: run([ATTRACTOR, "replay", "--log", "--playbook", options.playbook, "--events", file])
    duckdb = lambda file: run([python, ROOT / "bench/duck.py", file, str(options.threads)])
    ours, theirs = [], []
    for turn in range(options.rounds):
        pair = [(ours, replay), (theirs, duckdb)]
        for results, measure in pair if turn % 2 == 0 else reversed(pair):
            results.append(measure(large))
    small_ours, small_theirs = replay(small), duckdb(small)
    print(f"\nReading the file: every move of every lead (attractor), one windowed count per lead (DuckDB), {options.rounds} turns")
    print(f"{'':<12}{'min s':>8}{'median s':>10}{'CPU s':>8}{'M events/s':>12}{'peak MiB':>10}{'B/lead':>8}{'B/lead more':>13}")
    rows = [("attractor", ours, small_ours), ("DuckDB", theirs, small_theirs)]
    for name, results, few in rows:
        print_row(options, name, results, few)
    ratios = sorted(a["seconds"] / b["seconds"] for a, b in zip(ours, theirs))
    least = min(r["seconds"] for r in ours) / min(r["seconds"] for r in theirs)
    median = statistics.median(ratios)
    verdict = "kept" if min(least, median) <= BUDGET else "BROKEN"
    cpu = min(r["cpu"] for r in ours) / min(r["cpu"] for r in theirs)
    print(f"time of attractor / DuckDB: min/min {least:.2f}, median of turns {median:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); budget {BUDGET:.0f}: {verdict}")
    print(f"CPU of attractor / DuckDB: min/min {cpu:.2f}, which says more where the machine has other work")
    print("B/lead: peak memory by lead; B/lead more: by lead beyond a tenth of them. DuckDB's seconds leave Python's start out.")


def print_row(options, name, results, few):
    seconds = [result["seconds"] for result in results]
    peak = max(result["peak"] for result in results)
    more = (peak - few["peak"]) / (options.leads - options.leads // 10)
    cpu = min(result["cpu"] for result in results)
    rate = options.lines / statistics.median(seconds) / 1e6
    print(f"{name:<12}{min(seconds):>8.2f}{statistics.median(seconds):>10.2f}{cpu:>8.2f}{rate:>12.2f}{peak / 2**20:>10.0f}{peak / options.leads:>8.0f}{more:>13.0f}")


def run(command):
    """Wall seconds and peak memory of a child; what it prints as its last line may say its seconds better."""
    printed = PLACE / "printed.ndjson"
    began = time.perf_counter()
    with open(printed, "wb") as file:
        child = subprocess.Popen([str(word) for word in command], stdout=file, stderr=subprocess.PIPE)
        complaints = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed ({child.returncode}): {complaints.decode()[-2000:]}")
    own = last_line(printed).get("seconds")
    return {"seconds": own or seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024}


def last_line(path):
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}


if __name__ == "__main__":
    main()
