"""The sender, measured: personalized mails with tracked links to a local sink, signed with Ed25519 alone and with RSA too,
beside postfix's smtp-source on the same sink. Every copy is claimed, sent and recorded durably.

    python3 bench/mail.py --mails 100000

The program is expected in target/release. Without postfix (smtp-sink, smtp-source), a sink of its own takes the mails and
nothing is printed beside them.
"""

import argparse
import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

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
SINK = ("smtp-sink", "/usr/sbin/smtp-sink")
SOURCE = ("smtp-source", "/usr/sbin/smtp-source")
BATCH = 500
CONNECTIONS = 4


def tool(names):
    return next((found for found in map(shutil.which, names) if found), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def talk(reader, writer):
    """One connection to the sink of our own."""
    writer.write(b"220 sink ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 ok\r\n")
    writer.close()


async def serve_sink(port):
    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=1 << 22)
    await server.serve_forever()


def start_sink():
    """A sink on a port, and what ends it."""
    port, program = free_port(), tool(SINK)
    if program:
        command = [program, "-c", f"inet:127.0.0.1:{port}", "200"]
        sink = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = sink.kill
    else:
        threading.Thread(target=lambda: asyncio.run(serve_sink(port)), daemon=True).start()
        end = lambda: None
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return port, end
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the sink does not answer")


class Server:
    """`attractor serve` on a folder of its own."""

    def __init__(self, program, folder, sink, rsa, database):
        self.program, self.folder, self.port = program, folder, free_port()
        playbook = folder / "playbook"
        playbook.mkdir(parents=True)
        (playbook / "playbook.yaml").write_text(PLAYBOOK)
        (playbook / "welcome.mjml").write_text(BODY)
        settings = {
            "LISTEN": f"127.0.0.1:{self.port}", "SMTP": f"smtp://127.0.0.1:{sink}?tls=none", "SEND_RATE": "0",
            "PUBLIC_URL": "https://leads.bench.test", "SENDER_EMAIL": "news@bench.test", "POSTAL_ADDRESS": "1 Road, Leeds",
        }
        if database:
            settings["DATABASE"] = database
        if rsa:
            subprocess.run(["openssl", "genrsa", "-out", str(folder / "dkim.pem"), "2048"], check=True, capture_output=True)
            settings["DKIM_RSA"] = "dkim.pem"
        self.environment = {**os.environ, **{f"ATTRACTOR_{name}": value for name, value in settings.items()}}
        self.process = subprocess.Popen([program, "serve", "--data", str(folder)], env=self.environment,
                                        stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w"))
        self.wait()
        self.server_key, self.api_key = self.key("--server"), self.key("--api", "owner")
        self.command("apply", str(playbook), "--yes", "--force")

    def command(self, *arguments):
        command = [self.program, *arguments, "--data", str(self.folder)]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def key(self, *kind):
        return self.command("key", "add", f"bench{kind[0]}", *kind)

    def wait(self):
        for _ in range(400):
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"the server does not answer: {(self.folder / 'log').read_text()}")

    def ask(self, method, path, body=None, key=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"content-type": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def api(self, method, path, body=None):
        status, answer = self.ask(method, path, body, self.api_key)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]}")
        return json.loads(answer or b"null")

    def counts(self):
        return self.api("GET", "/api/sending")["counts"]

    def fill(self, mails):
        for first in range(0, mails, BATCH):
            batch = [message for number in range(first, min(first + BATCH, mails)) for message in person(number)]
            status, answer = self.ask("POST", "/v1/batch", {"batch": batch, "writeKey": self.server_key})
            if status != 200:
                raise SystemExit(f"/v1/batch: {status} {answer[:300]}")

    def usage(self):
        """Seconds of CPU so far, and the largest memory in MB."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak / 1024

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def person(number):
    user, proof = f"u{number}", {"subscription": "news", "proof": "the form"}
    return [
        {"type": "identify", "userId": user, "traits": {"email": f"{user}@people.test", "first_name": f"Ada {number}"}},
        {"type": "track", "userId": user, "event": "Subscribed", "properties": proof},
        {"type": "track", "userId": user, "event": "Tracking Allowed", "properties": proof},
        {"type": "track", "userId": user, "event": "Form Submitted"},
    ]


def measure(options, name, rsa):
    sink, end_sink = start_sink()
    folder = Path(tempfile.mkdtemp(prefix="attractor-mail-", dir=options.folder))
    server = Server(options.program, folder, sink, rsa, options.database)
    try:
        server.api("POST", "/api/sending/pause", {"why": "the bench"})
        server.fill(options.mails)
        while server.counts()["waiting"] < options.mails:
            time.sleep(0.2)
        before, began = server.usage()[0], time.monotonic()
        server.api("POST", "/api/sending/resume")
        while (sent := server.counts()["sent"]) < options.mails:
            if time.monotonic() - began > options.at_most:
                break
            time.sleep(0.1)
        took, (cpu, peak) = time.monotonic() - began, server.usage()
        print(f"  {name:<22} {sent / took:8.0f} mails a second   {(cpu - before) / sent * 1000:6.2f} ms of CPU a mail   "
              f"{peak:6.0f} MB   {server.counts()}")
    finally:
        server.end()
        end_sink()
        shutil.rmtree(folder, ignore_errors=True)


def beside(mails):
    """The same number of mails by postfix's generator."""
    source = tool(SOURCE)
    if not source or not tool(SINK):
        print("  smtp-source            is not installed (Debian: postfix)")
        return
    sink, end_sink = start_sink()
    began = time.monotonic()
    command = [source, "-s", str(CONNECTIONS), "-m", str(mails), "-l", "12000", "-d", "-f", "a@bench.test", "-t", "b@people.test",
               f"inet:127.0.0.1:{sink}"]
    subprocess.run(command, check=True)
    print(f"  smtp-source            {mails / (time.monotonic() - began):8.0f} mails a second")
    end_sink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--program", default="target/release/attractor")
    parser.add_argument("--folder", default="target", help="where the stores are made")
    parser.add_argument("--database", default="", help="a PostgreSQL database that is empty; else SQLite")
    parser.add_argument("--at-most", type=float, default=1800, help="seconds for one measurement")
    options = parser.parse_args()
    options.program = str(Path(options.program).resolve())
    print(f"{options.mails} mails with eight links and a pixel, {CONNECTIONS} connections, every state durable")
    for name, rsa in [("signed, Ed25519", False), ("signed, RSA + Ed25519", True)]:
        measure(options, name, rsa)
        if options.database:
            print("  (one measurement a database)")
            break
    beside(options.mails)


if __name__ == "__main__":
    sys.exit(main())
