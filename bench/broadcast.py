"""A broadcast beside live intake, measured; then another one whose server is killed again and again.

    python3 bench/broadcast.py --leads 100000 --rate 500 --kills 10

The first broadcast: how many mails and events a second, how long the intake's answers take, how long a move takes, memory and
CPU. A move's time counts from the instant at which its event is due to be sent until `GET /api/moves` shows the move, so that
the request, the commit and the reading are all in it. Both are also shown for the minute before anything leaves.

The second: the server is killed (SIGKILL) at random moments while it sends, and started again. After each kill and at the end
the report's five numbers, with what is open, must add up to the audience; nobody may get the mail twice; and the sink must
have exactly the mails that were sent, besides those in doubt. The exit status is 1 where that is not so.

The clients and the sink run on the same machine, and what they need of it the server does not have.
"""

import argparse
import datetime
import json
import os
import random
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the repository stays as it is

from sender.intake import PAGE, SEGMENT, Intake, share
from sender.ledger import Ledger
from sender.postgres import Cluster
from sender.server import BODY, Server, person

PLAYBOOK = f"""playbook: bench
topics: [{{id: shirts, pages: ["/shirts*"]}}, {{id: hats, pages: ["/hats*"]}}]
interests: {{}}
subscriptions: [{{id: news}}]
scores:
  - id: lead
    range: [0, 100]
    rules:
      - {{id: visit, event: Page Viewed, points: 2, cap: 30, decay: {{half_life: 30d}}}}
      - {{id: pricing, event: Page Viewed, where: {{path: /pricing}}, points: 20, decay: {{expires: 90d}}}}
ladders: [{{id: temperature, score: lead, stages: [{{id: cold}}, {{id: warm, from: 20}}, {{id: hot, from: 50}}]}}]
segments:
  - {{id: {SEGMENT}, enter: {{event: Page Viewed, which: last, where: {{path: {PAGE}}}}}}}
  - {{id: evaluating, enter: {{event: Page Viewed, where: {{path: /pricing}}, within: 30d, count: {{gte: 2}}}}}}
emails:
  - {{id: first, subject: "Hello {{{{ lead.first_name }}}}", body: news.mjml, subscription: news}}
  - {{id: second, subject: "Again {{{{ lead.first_name }}}}", body: news.mjml, subscription: news}}
"""
BUDGET = 50
FIVE = ["sent", "failed", "skipped", "in_doubt", "withdrawn"]


class Broadcaster(Server):
    FILES = {"playbook.yaml": PLAYBOOK, "news.mjml": BODY}

    def start(self, email):
        """Starts a broadcast for everybody who agreed to the news; returns its path, once its audience is frozen."""
        audience = {"consent": "granted", "subscription": "news"}
        made = self.api("POST", "/api/broadcasts", {"name": email, "email": email, "audience": audience})
        path = f"/api/broadcasts/{made['id']}"
        # A start names the audience that was seen; the refusal of another one names the right one.
        seen = '"none"'
        for _ in range(20):
            status, answer = self.ask("POST", f"{path}/start", key=self.api_key, headers={"if-match": seen})
            if status != 409:
                break
            seen = json.loads(answer)["etag"]
        if status != 200:
            raise SystemExit(f"the broadcast does not start: {status} {answer[:300]}")
        while not self.api("GET", path)["frozen_at"]:
            time.sleep(0.2)
        return path

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.connection.close()

    def newest_move(self):
        return next((one["number"] for one in self.api("GET", "/api/moves?limit=1")["items"]), 0)

    def in_doubt(self, path):
        """The addresses of the broadcast's copies of which nobody knows whether they arrived."""
        query, found = f"/api/outbox?broadcast={path.rsplit('/', 1)[1]}&state=in_doubt&limit=500", []
        page = self.api("GET", query)
        while True:
            found += [one["lead_email"] for one in page["items"]]
            if not page.get("next"):
                return found
            page = self.api("GET", f"{query}&cursor={page['next']}")


class Given:
    """A database that exists."""

    def __init__(self, url):
        self.url = url

    def database(self):
        return self.url

    def end(self):
        pass


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000, help="each gets both broadcasts (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=500, help="events a second (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=10, help="events in a request, besides the probes (default: %(default)s)")
    parser.add_argument("--probes", type=int, default=20, help="of the rate, single events whose move is waited for (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=10, help="0: no second broadcast (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills and of the intake (default: %(default)s)")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgres|URL",
                        help="`postgres`: a server of its own; URL: an empty database (default: %(default)s)")
    parser.add_argument("--program", default="target/release/attractor", help="(default: %(default)s)")
    parser.add_argument("--folder", default="target/bench", help="where the store is made (default: %(default)s)")
    parser.add_argument("--at-most", type=float, default=3600, help="seconds for one broadcast (default: %(default)s)")
    options = parser.parse_args()
    if options.leads < 2 or options.batch < 1 or options.kills < 0 or not 0 <= options.probes <= options.rate:
        parser.error("at least 2 leads, batches of 1 or more, and of the rate at most all as probes")
    options.program = str(Path(options.program).resolve())
    kinds = {"sqlite": lambda: None, "postgres": Cluster}
    options.cluster = kinds.get(options.database, lambda: Given(options.database))()
    Path(options.folder).mkdir(parents=True, exist_ok=True)
    return options


def load(options, server):
    began = time.monotonic()
    server.tell(options.leads, person)
    print(f"  {options.leads} leads who agreed to the news and to be measured, loaded in {time.monotonic() - began:.0f} s; "
          f"memory then {server.usage()[1]:.0f} MB at most", flush=True)


def until_it_leaves(server, path):
    """Waits until the first copies may leave; returns that instant by the monotonic clock. It may have passed already."""
    leaves_at = datetime.datetime.fromisoformat(server.api("GET", path)["leaves_at"]).timestamp()
    leaving = time.monotonic() + leaves_at - time.time()
    time.sleep(max(0, leaving - time.monotonic()))
    return leaving


def until_done(options, server, ledger, path):
    """Waits until nothing of it is open. The sink is looked at first: looking there costs the server nothing."""
    last, end = -1, time.monotonic() + options.at_most
    while time.monotonic() < end:
        taken, before = ledger.taken(), last
        last = taken
        if taken == before and server.api("GET", path)["state"] == "done":
            return
        time.sleep(0.5)
    raise SystemExit(f"{path} is not done after {options.at_most:.0f} s: {server.api('GET', path + '/report')}")


def beside_intake(options, server, ledger, intake):
    """The first broadcast, from its start on."""
    path = server.start("first")
    frozen = Reading(server)
    leaving = until_it_leaves(server, path)
    before, of_sink = Reading(server), ledger.cpu()
    until_done(options, server, ledger, path)
    after, mails = Reading(server), ledger.taken()
    # What the sink took last is the end; that nothing was open any more was seen later.
    ended = time.monotonic() - (time.time() - ledger.last())
    print_head()
    if leaving > frozen.at:
        row("before it leaves", intake.within(frozen.at, leaving), frozen, before)
    found = intake.within(leaving, ended)
    row("while it leaves", found, before, after, mails / (ended - leaving))
    slowest = share(found["moves"], 0.99)
    print(f"  moves: budget {BUDGET} ms at 99 %: {'kept' if slowest < BUDGET else 'BROKEN'}")
    print(f"  {mails} mails in {ended - leaving:.1f} s; memory {resident(server.process.pid):.0f} MB, {server.usage()[1]:.0f} MB at most; "
          f"CPU of the sink {1000 * (ledger.cpu() - of_sink) / max(mails, 1):.2f} ms/mail")
    wrong = [] if slowest < BUDGET else [f"99 % of the moves took up to {slowest:.1f} ms; the budget is {BUDGET} ms"]
    return wrong + account("the report", server, path, options.leads, is_over=True) + at_the_sink(server, ledger, path, 0)


class Reading:
    """What the server has used and done until now."""

    def __init__(self, server):
        self.at, self.cpu, self.moves = time.monotonic(), server.usage()[0], server.newest_move()


def print_head():
    print(f"\n  {'':<18}{'':>9}{'batches, ms':>18}{'single, ms':>18}{'move shown, ms':>27}{'':>9}{'':>9}{'server':>8}")
    columns = ["events/s", *["50 %", "99 %"] * 3, "most", "moves/s", "mails/s"]
    print(f"  {'':<18}{''.join(f'{column:>9}' for column in columns)}{'cores':>8}")


def row(name, found, since, until, mails=None):
    events = sum(one.messages for one in found["answers"] + found["probes"]) / found["seconds"]
    waits = [share(found[kind], part) for kind in ("answers", "probes", "moves") for part in (0.5, 0.99)]
    waits = "".join(f"{ms:>9.1f}" for ms in [*waits, share(found["moves"], 1)])
    seconds, shown = until.at - since.at, f"{mails:.0f}" if mails else ""
    moves, cores = (until.moves - since.moves) / seconds, (until.cpu - since.cpu) / seconds
    print(f"  {name:<18}{events:>9.0f}{waits}{moves:>9.0f}{shown:>9}{cores:>8.2f}", flush=True)


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def account(name, server, path, leads, is_over=False, print_row=False):
    """What is wrong with the numbers of the broadcast's report."""
    report = server.api("GET", f"{path}/report")
    numbers = {kind: report[kind] for kind in [*FIVE, "open"]}
    text = ", ".join(f"{count} {kind}" for kind, count in numbers.items())
    # Nobody is erased here, so that what the report calls erased would be lost.
    is_right = sum(numbers.values()) == report["audience"] == leads and report["erased"] == 0
    wrong = [] if is_right else [f"{name}: {text}, {report['erased']} erased do not add up to the {leads} leads (audience {report['audience']})"]
    if is_over and (report["open"] or report["state"] != "done"):
        wrong.append(f"{name}: the broadcast is not over: {report['state']}, {text}")
    if print_row:
        print(f"{''.join(f'{count:>10}' for count in numbers.values())}{sum(numbers.values()):>10}   {'add up' if is_right else 'WRONG'}", flush=True)
    elif not wrong:
        print(f"  {name}: {text} add up to {leads}")
    return wrong


def at_the_sink(server, ledger, path, first):
    """What is wrong with what the sink has of it: its mails from this one on."""
    got, doubt = ledger.recipients(first), server.in_doubt(path)
    twice = {address: times for address, times in got.items() if times > 1}
    wrong = [f"{address} got {times} mails" for address, times in twice.items()]
    sent = server.api("GET", f"{path}/report")["sent"]
    certain = len(got) - sum(address in got for address in doubt)
    if certain != sent:
        wrong.append(f"{sent} are sent by the report, but the sink has {certain} besides those in doubt")
    print(f"  at the sink: {len(got)} people, {len(twice)} of them with more than one mail")
    if doubt:
        arrived = sum(address in got for address in doubt)
        named = ", ".join(f"{address}{'' if address in got else ' (did not)'}" for address in doubt[:8])
        print(f"  in doubt: {len(doubt)}, of whom {arrived} got it: {named}{' …' if len(doubt) > 8 else ''}")
    return wrong


def killed(options, server, ledger):
    """The second broadcast. Each kill comes when the sink has a random share of its mails, and a moment later."""
    dice, first = random.Random(options.seed), ledger.taken()
    path = server.start("second")
    until_it_leaves(server, path)
    print(f"\nKilled {options.kills} times while a broadcast to {options.leads} leaves, beside the same intake")
    print(f"  {'kill':>4}{'at the sink':>13}{'back, s':>9}{''.join(f'{kind:>10}' for kind in [*FIVE, 'open', 'together'])}")
    wrong = []
    for number, moment in enumerate(sorted(dice.uniform(0.01, 0.95) for _ in range(options.kills)), 1):
        if not until_taken(options, server, ledger, path, first + moment * options.leads):
            wrong.append(f"the broadcast was over before kill {number}")
            break
        time.sleep(dice.uniform(0, 0.02))
        server.kill()
        taken, began = ledger.taken() - first, time.monotonic()
        server.begin()
        print(f"  {number:>4}{taken:>13}{time.monotonic() - began:>9.1f}", end="")
        wrong += account(f"after kill {number}", server, path, options.leads, print_row=True)
    until_done(options, server, ledger, path)
    return wrong + account("at the end", server, path, options.leads, is_over=True) + at_the_sink(server, ledger, path, first)


def until_taken(options, server, ledger, path, mails):
    """Waits until the sink has so many; `False` where the broadcast is over before."""
    end, looked = time.monotonic() + options.at_most, time.monotonic()
    while ledger.taken() < mails:
        if time.monotonic() > looked + 5:
            looked = time.monotonic()
            if server.api("GET", path)["state"] == "done":
                return ledger.taken() >= mails
        if time.monotonic() > end:
            raise SystemExit(f"{path} does not go on: {server.api('GET', path + '/report')}")
        time.sleep(0.002)
    return True


def measure(options, server, ledger):
    load(options, server)
    intake = Intake(server, options)
    try:
        wrong = beside_intake(options, server, ledger, intake)
        refused = dict(intake.refused)
        print(f"  requests that were refused or not answered: {refused or 'none'}")
        if options.kills:
            wrong += killed(options, server, ledger)
    finally:
        intake.end()
    wrong += [f"the move that the page view {number} causes was never shown" for number in intake.unseen]
    return wrong


def main():
    options = arguments()
    kind = "PostgreSQL" if options.cluster else "SQLite"
    print(f"A broadcast to {options.leads} leads beside {options.rate} events a second: {options.probes} single ones, the others "
          f"{options.batch} in a request; {kind}, every state durable; load {os.getloadavg()[0]:.1f} when this began", flush=True)
    ledger = server = None
    try:
        ledger = Ledger(options.folder)
        server = Broadcaster(options, ledger.port)
        wrong = measure(options, server, ledger)
    finally:
        for one in (server, ledger, options.cluster):
            if one:
                one.end()
    for one in wrong[:20]:
        print(f"  WRONG: {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
