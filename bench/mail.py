"""The sender, measured: personalized mails with tracked links to a local sink, beside postfix's smtp-source on the same sink;
then the links and pixels of such mails, beside nginx's static pixel.

    python3 bench/mail.py --mails 100000

Every copy is claimed, sent and recorded durably, and every request is stored before its answer. Mails are measured unsigned,
with an RSA signature, and with one of RSA and one of Ed25519, as the setting `dkim` has them. What is needed of Debian's packages
(postfix, nginx-light, wrk) is installed where this runs as root there; elsewhere what is missing is not measured.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the repository stays as it is

from sender import clicks, sink, tools
from sender.postgres import Cluster
from sender.server import Server

# By the values of the setting `dkim`.
KINDS = {"unsigned": "none", "signed, RSA": "rsa", "signed, RSA + Ed25519": "rsa+ed25519"}
GENERATOR = "smtp-source"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="how often everything is measured, forwards and backwards (default: %(default)s)")
    parser.add_argument("--program", default="target/release/attractor", help="(default: %(default)s)")
    parser.add_argument("--folder", default="target/bench", help="where the stores are made (default: %(default)s)")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own; else SQLite")
    parser.add_argument("--at-most", type=float, default=1800, help="seconds for one measurement (default: %(default)s)")
    parser.add_argument("--copies", type=int, default=2_000, help="whose links are followed (default: %(default)s)")
    parser.add_argument("--click-seconds", type=int, default=5, help="for one measurement of links (default: %(default)s)")
    parser.add_argument("--click-rate", type=int, default=2_000, help="requests a second (default: %(default)s)")
    parser.add_argument("--only", choices=["mails", "clicks"], help="measures nothing else")
    options = parser.parse_args()
    options.program = str(Path(options.program).resolve())
    options.cluster = Cluster() if options.postgres else None
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    return options


def send(options, dkim):
    """Sends them all once: how many, seconds, CPU of the server and of the sink, memory."""
    taking = sink.Sink()
    server = Server(options, taking.port, dkim)
    try:
        server.pause()
        server.fill(options.mails)
        before, of_sink, began = server.usage()[0], taking.cpu(), time.monotonic()
        server.resume()
        sent = server.until_sent(options.mails, options.at_most, 0.1 if options.mails < 20_000 else 1)
        seconds, (cpu, peak) = time.monotonic() - began, server.usage()
        return {"mails": sent, "seconds": seconds, "cpu": cpu - before, "sink": taking.cpu() - of_sink, "peak": peak,
                "counts": server.counts()}
    finally:
        server.end()
        taking.end()


def generate(options, size):
    found = sink.generate(options.mails, size)
    return found and {"mails": options.mails, **found}


def mails(options, size):
    """Measures each kind in turns, and prints the best of each."""
    print(f"\n{options.mails} mails of {size} bytes with eight links and a pixel, {sink.CONNECTIONS} connections, every state durable")
    ways = {name: (lambda dkim=dkim: send(options, dkim)) for name, dkim in KINDS.items()}
    ways[GENERATOR] = lambda: generate(options, size)
    found = {name: [] for name in ways}
    for turn in range(options.rounds):
        for name in list(ways) if turn % 2 == 0 else reversed(list(ways)):
            found[name].append(ways[name]())
    print(f"  {'':<24}{'mails/s':>9}{'CPU ms/mail':>13}{'sink ms/mail':>14}{'peak MB':>9}")
    for name, results in found.items():
        mail_row(name, results)
    ratios(found)


def speed(one):
    return one["mails"] / one["seconds"]


def mail_row(name, results):
    results = [one for one in results if one]
    if not results:
        print(f"  {name:<24} is NOT measured: it is not installed (Debian: {tools.PACKAGES[name]})")
        return
    one = max(results, key=speed)
    a_mail = [1000 * one[of] / one["mails"] for of in ("cpu", "sink")]
    left = {state: count for state, count in one.get("counts", {}).items() if count and state != "sent"}
    print(f"  {name:<24}{speed(one):>9.0f}{a_mail[0]:>13.2f}{a_mail[1]:>14.2f}{one['peak']:>9.0f}{f'   NOT sent: {left}' if left else ''}")


def ratios(found):
    if not all(found[GENERATOR]):
        return
    theirs = max(map(speed, found[GENERATOR]))
    for name in KINDS:
        budget = "half of it" if KINDS[name] == "none" else "half of it, or the limit of signing"
        print(f"  {name} / {GENERATOR}: {max(map(speed, found[name])) / theirs:.2f} (budget: {budget})")


def signing_limit():
    """What OpenSSL signs on one core, where it is installed."""
    command = ["openssl", "speed", "-seconds", "1", "rsa2048", "ed25519"]
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    rates = re.findall(r"^rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)|Ed25519\)?\s+\S+\s+\S+\s+([\d.]+)", text, re.MULTILINE)
    rsa, ed25519 = (float(one or other) for one, other in rates)
    print(f"  the limit of signing on one core (OpenSSL): RSA 2048 {rsa:.0f}/s, Ed25519 {ed25519:.0f}/s, both {1 / (1 / rsa + 1 / ed25519):.0f}/s")


def caught(options):
    """A server that has kept its mails as files."""
    server = Server(options)
    server.fill(options.copies)
    server.until_sent(options.copies, options.at_most, 0.2)
    return server


def size_of(folder):
    """The size of a mail with a signature of Ed25519; smtp-source sends as many bytes."""
    files = [path.stat().st_size for path in Path(folder, "caught").glob("*.eml")]
    return sum(files) // len(files)


def links(options, server):
    if lacking := clicks.missing():
        print(f"\n  links and pixels are NOT measured: {' and '.join(lacking)} is not installed (Debian: {' '.join(tools.PACKAGES[name] for name in lacking)})")
        return
    found = clicks.addresses(server.folder)
    print(f"\n{len(found[0])} links and {len(found[1])} pixels of {options.copies} copies, {clicks.CONNECTIONS} connections, one client")
    clicks.compare(options, server, found)
    print(f"  memory of the server: {server.usage()[1]:.0f} MB at most")


def main():
    options = arguments()
    tools.install()
    print(f"load {os.getloadavg()[0]:.1f} when this began; {'PostgreSQL' if options.cluster else 'SQLite'}")
    try:
        server = caught(options)
        try:
            size = size_of(server.folder)
            if options.only != "mails":
                links(options, server)
        finally:
            server.end()
        if options.only != "clicks":
            mails(options, size)
            signing_limit()
    finally:
        if options.cluster:
            options.cluster.end()


if __name__ == "__main__":
    sys.exit(main())
