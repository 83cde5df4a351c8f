"""Live intake at a rate: page views in the batches of a site's server, and single ones of which each must move its lead.

Every request has its instant, and its time counts from that instant on, so that a server that stalls does not hide it. A
request that is not taken is sent again with the same message ids, as clients do, until it is taken.
"""

import base64
import collections
import datetime
import http.client
import itertools
import json
import math
import random
import threading
import time

CONNECTIONS = 4
PAGES = ["/shirts/1", "/shirts/2", "/hats/1", "/pricing", "/about", "/blog/1"]
# The page that the probes turn on: who saw it last is in the segment.
PAGE, SEGMENT = "/trial", "on-trial"
AGAIN = 0.05
# Seconds, after which a move counts as never seen; a server that was killed is back before.
LATEST = 60

Answer = collections.namedtuple("Answer", "at messages ms")


class Intake:
    """Clients of a server, until `end`. Who is probed gets no page view but those of the probes."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.probed = max(options.leads // 10, min(options.leads // 2, 1000), 1)
        self.answers, self.probes, self.moves, self.unseen = [], [], [], []
        self.refused, self.over = collections.Counter(), threading.Event()
        self.begin = time.monotonic() + 0.2
        self.run = f"{options.seed}-{time.time_ns():x}"
        # At least one connection sends batches, whatever the probes take of the rate.
        batches = max(options.rate - options.probes, 1) / options.batch
        works = [(self.batches, number, batches) for number in range(CONNECTIONS)]
        works += [(self.probing, number, options.probes) for number in range(CONNECTIONS)]
        self.threads = [threading.Thread(target=self.client, args=work, daemon=True) for work in works]
        for thread in self.threads:
            thread.start()

    def client(self, work, first, rate):
        """Does its share of the work: every fourth of the instants is its own."""
        if not rate:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        dice = random.Random(f"{self.options.seed}-{work.__name__}-{first}")
        for number in itertools.count(first, CONNECTIONS):
            due = self.begin + number / rate
            if self.over.wait(max(0, due - time.monotonic())):
                break
            work(connection, dice, number, due)
        connection.close()

    def batches(self, connection, dice, number, due):
        leads = [dice.randrange(self.probed, max(self.options.leads, self.probed + 1)) for _ in range(self.options.batch)]
        batch = [self.view(lead, dice.choice(PAGES), f"v-{number}-{place}") for place, lead in enumerate(leads)]
        if self.post(connection, "/v1/batch", {"batch": batch, "sentAt": now()}):
            self.answers.append(answer(due, len(batch)))

    def probing(self, connection, dice, number, due):
        """One page view that moves its lead: into the segment in one round, out of it in the next."""
        into = (number // self.probed) % 2 == 0
        view = self.view(number % self.probed, PAGE if into else "/", f"p-{number}")
        if not self.post(connection, "/v1/page", view):
            return
        self.probes.append(answer(due, 1))
        if self.is_seen(connection, view):
            self.moves.append(answer(due, 1))
        elif not self.over.is_set():
            self.unseen.append(view["messageId"])

    def is_seen(self, connection, view):
        """Asks until the newest move of the lead is the one that this page view caused."""
        path = f"/api/moves?lead=user:{view['userId']}&kind=segment&subject={SEGMENT}&limit=1"
        last = time.monotonic() + LATEST
        while not self.over.is_set() and time.monotonic() < last:
            moves = self.ask(connection, "GET", path, None, f"Bearer {self.server.api_key}")
            if moves is None:
                self.over.wait(AGAIN)
            elif [one["because"] for one in moves["items"]] == [view["messageId"]]:
                return True
        return False

    def view(self, lead, page, number):
        context = {"library": {"name": "attractor.js", "version": "1.0.0"}, "locale": "en-GB"}
        return {"type": "page", "userId": f"u{lead}", "messageId": f"{self.run}-{number}", "timestamp": now(),
                "properties": {"path": page, "title": "A page"}, "context": context}

    def post(self, connection, path, body):
        """Whether it was taken; not where everything ended before."""
        authorization = "Basic " + base64.b64encode(f"{self.server.server_key}:".encode()).decode()
        while not self.over.is_set():
            if self.ask(connection, "POST", path, body, authorization) is not None:
                return True
            self.over.wait(AGAIN)
        return False

    def ask(self, connection, method, path, body, authorization):
        """The answer, or `None` where there was none, or a refusal; each is counted."""
        try:
            headers = {"content-type": "application/json", "authorization": authorization}
            connection.request(method, path, body and json.dumps(body), headers)
            found = connection.getresponse()
            text = found.read()
            if found.status == 200:
                return json.loads(text or b"{}")
            self.refused[str(found.status)] += 1
        except (OSError, http.client.HTTPException):
            connection.close()
            self.refused["no answer"] += 1
        return None

    def within(self, since, until):
        """What was answered within this time, by the monotonic clock."""
        part = lambda answers: [one for one in answers if since <= one.at < until]
        return {"answers": part(self.answers), "probes": part(self.probes), "moves": part(self.moves), "seconds": until - since}

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(due, messages):
    at = time.monotonic()
    return Answer(at, messages, (at - due) * 1000)


def share(answers, of):
    """The milliseconds that this share of them does not exceed."""
    found = sorted(one.ms for one in answers)
    return found[math.ceil(len(found) * of) - 1] if found else float("nan")
