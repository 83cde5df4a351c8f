"""The program on a folder of its own, and people who are to get a mail."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import tools

PLAYBOOK = """playbook: bench
topics: [{id: shirts}, {id: hats}]
subscriptions: [{id: news}]
segments: [{id: asked, enter: {event: Form Submitted}}]
emails:
  - {id: welcome, subject: "Hello {{ lead.first_name }}", body: welcome.mjml, subscription: news, topic: shirts}
sequences: [{id: welcoming, enroll: {segment: asked}, while: always, steps: [{id: first, send: welcome}, {wait: 300d}]}]
"""
LINKS = "".join(
    f'<mj-text>Dear {{{{ lead.first_name }}}}, <a href="https://shop.example/{n}">this is offer {n}</a>, chosen for you.</mj-text>'
    for n in range(8)
)
BODY = f"<mjml><mj-body><mj-section><mj-column>{LINKS}</mj-column></mj-section></mj-body></mjml>"
BATCH = 500
# Seconds, after which the server may have closed a connection that nothing was asked on.
IDLE = 20


class Server:
    """`attractor serve`. Mails go to the sink on a port, or, without one, into files of its folder."""

    FILES = {"playbook.yaml": PLAYBOOK, "welcome.mjml": BODY}

    def __init__(self, options, sink=None, dkim=None):
        self.program, self.port = options.program, tools.free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mail-", dir=options.folder))
        settings = self.settings(sink, dkim, options.cluster and options.cluster.database())
        self.environment = {**os.environ, **{f"ATTRACTOR_{name}": value for name, value in settings.items()}}
        self.log = open(self.folder / "log", "w")
        self.connection, self.asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120), 0
        self.begin()
        self.server_key, self.api_key = self.key("--server"), self.key("--api", "owner")
        self.publish()

    def begin(self):
        command = [self.program, "serve", "--data", self.folder]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=self.log)
        self.wait()

    def settings(self, sink, dkim, database):
        settings = {"LISTEN": f"127.0.0.1:{self.port}", "SEND_RATE": "0", "PUBLIC_URL": "https://leads.bench.test",
                    "SENDER_EMAIL": "news@bench.test", "POSTAL_ADDRESS": "1 Road, Leeds"}
        if sink:
            settings["SMTP"] = f"smtp://127.0.0.1:{sink}?tls=none"
        if database:
            settings["DATABASE"] = database
        if dkim:
            settings["DKIM"] = dkim
        if dkim and dkim != "none":
            subprocess.run(["openssl", "genrsa", "-out", self.folder / "dkim.pem", "2048"], check=True, capture_output=True)
            settings["DKIM_RSA"] = "dkim.pem"
        return settings

    def publish(self):
        playbook = self.folder / "playbook"
        playbook.mkdir()
        for name, text in self.FILES.items():
            (playbook / name).write_text(text)
        self.command("apply", playbook, "--yes", "--force")

    def command(self, *arguments):
        command = [self.program, *arguments, "--data", self.folder]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def key(self, *kind):
        return self.command("key", "add", f"bench{kind[0]}", *kind)

    def wait(self):
        for _ in range(400):
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                self.connection.close()
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit(f"the server does not answer: {(self.folder / 'log').read_text()}")

    def ask(self, method, path, body=None, key=None, headers=None):
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
        if time.monotonic() > self.asked + IDLE:
            self.connection.close()
        self.asked = time.monotonic()
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def api(self, method, path, body=None):
        status, answer = self.ask(method, path, body, self.api_key)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]}")
        return json.loads(answer or b"null")

    def counts(self):
        return self.api("GET", "/api/sending")["counts"]

    def pause(self):
        self.api("POST", "/api/sending/pause", {"why": "the bench"})

    def resume(self):
        self.api("POST", "/api/sending/resume")

    def tell(self, people, messages):
        """Sends the messages of so many people, by their numbers."""
        for first in range(0, people, BATCH):
            batch = [message for number in range(first, min(first + BATCH, people)) for message in messages(number)]
            status, answer = self.ask("POST", "/v1/batch", {"batch": batch, "writeKey": self.server_key})
            if status != 200:
                raise SystemExit(f"/v1/batch: {status} {answer[:300]}")

    def fill(self, mails):
        """Makes so many people who are to get one mail each, and waits until each has a copy."""
        self.tell(mails, lambda number: [*person(number), {"type": "track", "userId": f"u{number}", "event": "Form Submitted"}])
        while sum(self.counts().values()) < mails:
            time.sleep(0.2)

    def until_sent(self, mails, at_most, pause):
        """Waits until so many have left, or the time is over. Returns how many have."""
        end = time.monotonic() + at_most
        while (sent := self.counts()["sent"]) < mails and time.monotonic() < end:
            time.sleep(pause)
        return sent

    def usage(self):
        """Seconds of CPU so far, and the largest memory in MB."""
        return tools.cpu_seconds(self.process.pid), tools.peak_megabytes(self.process.pid)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def person(number):
    """Somebody who agreed to the news and to be measured."""
    user, proof = f"u{number}", {"subscription": "news", "proof": "the form"}
    return [
        {"type": "identify", "userId": user, "traits": {"email": f"{user}@people.test", "first_name": f"Ada {number}"}},
        {"type": "track", "userId": user, "event": "Subscribed", "properties": proof},
        {"type": "track", "userId": user, "event": "Tracking Allowed", "properties": proof},
    ]
