"""A sink that keeps who got what: a process of its own, which writes the recipient of each mail into a file before it answers
that it has the mail. What the file has was taken, whether or not the sender lived to read the answer."""

import asyncio
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from . import sink, tools


class Ledger:
    """The sink's process, and what it has taken so far."""

    def __init__(self, folder):
        self.port, (file, path) = tools.free_port(), tempfile.mkstemp(prefix="taken-", dir=folder)
        os.close(file)
        self.path = pathlib.Path(path)
        command = [sys.executable, "-B", "-m", "sender.ledger", str(self.port), self.path.resolve()]
        self.child = subprocess.Popen(command, cwd=pathlib.Path(__file__).parents[1])
        self.place = self.lines = 0
        tools.wait_for(self.port, "the sink")

    def taken(self):
        """How many mails, all together."""
        with open(self.path, "rb") as file:
            file.seek(self.place)
            some = file.read()
        self.place += len(some)
        self.lines += some.count(b"\n")
        return self.lines

    def recipients(self, first=0):
        """How many mails each address got, from this mail on."""
        return collections.Counter(self.path.read_text().splitlines()[first:])

    def last(self):
        """When it took the last one, in seconds since 1970."""
        return self.path.stat().st_mtime

    def cpu(self):
        return tools.cpu_seconds(self.child.pid)

    def end(self):
        self.child.kill()
        self.child.wait()
        self.path.unlink()


def serve(port, path):
    file = open(path, "ab", buffering=0)

    def took(recipients):
        addresses = [re.search(rb"<([^>]*)>", line) for line in recipients]
        file.write(b"".join(found.group(1).lower() + b"\n" for found in addresses if found))

    asyncio.run(sink.serve(port, took))


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
