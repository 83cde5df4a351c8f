"""A PostgreSQL server in a temporary folder, on a socket alone, with its usual care for what is committed."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

OWNER = "postgres"


class Cluster:
    def __init__(self):
        self.binaries = newest()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attractor-pg-"))
        self.databases = 0
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER)
        data = self.folder / "data"
        self.run("initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C", "-U", OWNER)
        command = self.command("postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses=")
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def command(self, program, *arguments):
        who = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"] if os.geteuid() == 0 else []
        return [*who, self.binaries / program, *arguments]

    def run(self, program, *arguments):
        subprocess.run(self.command(program, *arguments), check=True, capture_output=True)

    def wait(self):
        for _ in range(600):
            if subprocess.run(self.command("pg_isready", "-q", "-h", self.folder)).returncode == 0:
                return
            time.sleep(0.05)
        raise SystemExit("PostgreSQL does not answer")

    def database(self):
        """The URL of a new database."""
        self.databases += 1
        name = f"bench{self.databases}"
        self.run("createdb", "-h", self.folder, "-U", OWNER, "-T", "template0", name)
        return f"postgresql:///{name}?host={self.folder}&user={OWNER}"

    def end(self):
        self.child.send_signal(signal.SIGQUIT)
        self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def newest():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise SystemExit("/usr/lib/postgresql holds no initdb; install PostgreSQL, on Debian with `apt-get install postgresql`")
    return found[-1].parent
