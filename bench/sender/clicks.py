"""Links and pixels of copies, each request stored before its answer, beside nginx's static pixel: same client, same
connections, as fast as they are answered and at a rate."""

import email
import email.policy
import os
import pathlib
import re
import subprocess

from . import tools

CONNECTIONS = 64
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SCRIPT = """
wrk.headers["User-Agent"] = "{agent}"
local paths, place = {{}}, 0
for line in io.lines("{paths}") do paths[#paths + 1] = line end
function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place])
end
"""
PACED = "function delay() return {pause} end\n"
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}
NGINX = """daemon off; worker_processes 1; pid nginx.pid; events {{}}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{ listen 127.0.0.1:{port}; location = /pixel.gif {{ empty_gif; }} }}
}}
"""


class Nginx:
    """One worker on a free port."""

    def __init__(self, folder):
        folder = pathlib.Path(folder).resolve() / "nginx"
        folder.mkdir(parents=True, exist_ok=True)
        self.port = tools.free_port()
        (folder / "nginx.conf").write_text(NGINX.format(port=self.port))
        self.child = subprocess.Popen([tools.find("nginx"), "-p", folder, "-c", "nginx.conf", "-e", "error.log"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tools.wait_for(self.port, "nginx")

    def end(self):
        self.child.terminate()
        self.child.wait()


def addresses(folder):
    """The paths of links and of pixels in the mails that a server has kept as files: of the first link of every copy, then
    of the second one."""
    clicks, opens = [], []
    for path in sorted(pathlib.Path(folder, "caught").glob("*.eml")):
        with open(path, "rb") as file:
            mail = email.message_from_binary_file(file, policy=email.policy.default)
        html = mail.get_body(("html",)).get_content()
        clicks.append(sorted(set(re.findall(r"https://leads\.bench\.test(/t/c/[^\"'<> ]+)", html))))
        opens += set(re.findall(r"https://leads\.bench\.test(/t/o/[^\"'<> ]+)", html))
    return [link for links in zip(*clicks) for link in links], opens


def measure_once(port, paths, folder, seconds, rate):
    """wrk's figures: requests a second, latencies in ms, answers other than 2xx and 3xx. A rate of 0 has no limit."""
    listed, script = pathlib.Path(folder, "paths"), pathlib.Path(folder, "requests.lua")
    listed.write_text("\n".join(paths))
    pace = PACED.format(pause=1000 * CONNECTIONS // rate) if rate else ""
    script.write_text(SCRIPT.format(agent=AGENT, paths=listed) + pace)
    command = [tools.find("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script,
               f"http://127.0.0.1:{port}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "wrong": int(wrong[1]) if wrong else 0,
            **{share: latency(text, share) for share in ("50%", "99%")}}


def latency(text, share):
    number, unit = re.search(rf"^\s+{share}\s+([\d.]+)(us|ms|s|m)$", text, re.MULTILINE).groups()
    return float(number) * UNITS[unit]


def best(results):
    """Of each figure the best; what was wrong is added up."""
    return {"rate": max(one["rate"] for one in results), "wrong": sum(one["wrong"] for one in results),
            **{share: min(one[share] for one in results) for share in ("50%", "99%")}}


def row(name, found):
    wrong = f"   {found['wrong']} refused" if found["wrong"] else ""
    print(f"  {name:<28}{found['rate']:>10.0f}{found['50%']:>10.2f}{found['99%']:>10.2f}{wrong}", flush=True)


def compare(options, server, paths):
    """Measures each of them in turns, forwards and backwards, and prints the best of each."""
    clicks, opens = paths
    nginx = Nginx(server.folder)
    asked = [("nginx's static pixel", nginx.port, ["/pixel.gif"]), ("redirect, stored first", server.port, clicks),
             ("pixel, stored first", server.port, opens)]
    try:
        # The flood comes last: the judge works through it for a while.
        for rate in (options.click_rate, 0):
            print(f"\n  {'as fast as they are answered' if not rate else f'at {rate} a second':<28}{'a second':>10}{'50 % ms':>10}{'99 % ms':>10}")
            found = {name: [] for name, *_ in asked}
            for turn in range(options.rounds * 2):
                for name, port, some in asked if turn % 2 == 0 else reversed(asked):
                    found[name].append(measure_once(port, some, server.folder, options.click_seconds, rate))
            for name, *_ in asked:
                row(name, best(found[name]))
    finally:
        nginx.end()


def missing():
    return [name for name in ("nginx", "wrk") if not tools.find(name)]
