"""What takes the mails: postfix's smtp-sink, or a sink of our own where there is none; and what else fills it."""

import asyncio
import os
import subprocess
import threading
import time

from . import tools

CONNECTIONS = 4
BACKLOG = "200"


class Sink:
    """A sink on a port of its own."""

    def __init__(self):
        self.port, self.child, program = tools.free_port(), None, tools.find("smtp-sink")
        if program:
            # Without a user to become, it refuses to run as root.
            who = ["-u", "postfix"] if os.geteuid() == 0 else []
            command = [program, *who, "-c", f"inet:127.0.0.1:{self.port}", BACKLOG]
            self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            threading.Thread(target=lambda: asyncio.run(serve(self.port)), daemon=True).start()
        tools.wait_for(self.port, "the sink")

    def cpu(self):
        """Seconds of CPU so far, where it is a program of its own."""
        return tools.cpu_seconds(self.child.pid) if self.child else 0.0

    def end(self):
        if self.child:
            self.child.kill()
            self.child.wait()


async def serve(port, took=lambda recipients: None):
    """Takes mails without an end; `took` is called with the recipients of each before the mail is answered."""
    server = await asyncio.start_server(lambda *streams: connected(*streams, took), "127.0.0.1", port, limit=1 << 22)
    await server.serve_forever()


async def connected(reader, writer, took):
    """One connection to the sink of our own; a client that was killed ends it anywhere."""
    try:
        await talk(reader, writer, took)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def talk(reader, writer, took):
    recipients = []
    writer.write(b"220 sink ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            took(recipients)
            recipients = []
            writer.write(b"250 ok\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            if verb == b"RCPT":
                recipients.append(line)
            elif verb in (b"MAIL", b"RSET"):
                recipients = []
            writer.write(b"250 ok\r\n")


def generate(mails, size):
    """The same sink filled by postfix's generator, over as many connections: seconds, CPU of it and of the sink, memory.
    `None` where there is no generator."""
    source = tools.find("smtp-source")
    if not source:
        return None
    sink = Sink()
    command = [source, "-s", str(CONNECTIONS), "-m", str(mails), "-l", str(size), "-d", "-f", "a@bench.test", "-t", "b@people.test",
               f"inet:127.0.0.1:{sink.port}"]
    began, child = time.monotonic(), subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds, of_sink = time.monotonic() - began, sink.cpu()
    sink.end()
    if child.returncode != 0:
        raise SystemExit(f"smtp-source failed ({child.returncode})")
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "sink": of_sink, "peak": usage.ru_maxrss / 1024}
