"""Programs of others, beside which the sender is measured."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

PACKAGES = {"smtp-source": "postfix", "smtp-sink": "postfix", "nginx": "nginx-light", "wrk": "wrk"}


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def install():
    """Installs what is missing, as root on Debian; elsewhere what is missing is not measured, and the rows say so."""
    missing = sorted({package for name, package in PACKAGES.items() if not find(name)})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(missing)} …", flush=True)
        quietly(["apt-get", "update", "-qq"])
        quietly(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing])


def quietly(command):
    """Without questions, and without starting what is installed: Debian asks a file whether it may."""
    refusal = pathlib.Path("/usr/sbin/policy-rc.d")
    is_ours = not refusal.exists()
    if is_ours:
        refusal.write_text("#!/bin/sh\nexit 101\n")
        refusal.chmod(0o755)
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    finally:
        if is_ours:
            refusal.unlink()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, who):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{who} does not answer on port {port}")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
