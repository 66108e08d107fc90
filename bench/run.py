#!/usr/bin/env python3
"""Bellwether beside its peers: one table, one run, one machine.

Every proxy is given one core and the same work: small answers over keep-alive connections, with its access log written to
a file. The load generator and the origin share the other core. Rounds are taken in turn, so that a slow minute of the
machine hits everybody; what counts are the ratios of the medians.

    bench/run.py [--rounds 5] [--seconds 5] [--connections 64] [--only bellwether,nginx] [--markdown FILE]

CPU per request is what the kernel charged the proxy's processes (user and system) divided by the answers counted by wrk.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROXY_CORE, LOAD_CORE = "1", "0"
BODY = "x" * 107
TOKEN = "bench-token-with-more-than-forty-characters"
HOST = "www.bench.test"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{process.args} ended with {process.returncode} before it listened")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"{process.args} did not listen on {port} within {seconds} s")


class Contestant:
    """A server of the run: started on a core of its own choice, its CPU time read from /proc."""

    def __init__(self, name, command, port, core=PROXY_CORE, stdout=subprocess.DEVNULL, **kwargs):
        self.name, self.port = name, port
        self.process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], stdout=stdout,
                                        start_new_session=True, **kwargs)

    def cpu_seconds(self):
        """User and system time of the whole session that was started, reaped children left out."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == self.process.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def start_origin(work):
    port = free_port()
    conf = work / "origin.conf"
    conf.write_text(f"""
daemon off; worker_processes 1; pid {work}/origin.pid; error_log {work}/origin.err;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 1h; default_type text/plain;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "{BODY}"; }} }}
}}""")
    origin = Contestant("origin", ["nginx", "-c", conf, "-p", work], port, core=LOAD_CORE)
    wait_for(port, origin.process)
    return origin


def start_nginx(work, origin):
    port = free_port()
    conf = work / "nginx.conf"
    conf.write_text(f"""
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.err;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    access_log {work}/nginx.access combined buffer=64k flush=1s;
    keepalive_requests 1000000000; keepalive_timeout 1h; tcp_nodelay on;
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 256; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}""")
    return Contestant("nginx", ["nginx", "-c", conf, "-p", work], port)


def start_haproxy(work, origin):
    port = free_port()
    conf = work / "haproxy.cfg"
    conf.write_text(f"""
global
    nbthread 1
    maxconn 8192
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    option forwardfor
    http-reuse always
    timeout connect 19s
    timeout client 400s
    timeout server 120s
frontend visitors
    bind 127.0.0.1:{port} backlog 4096
    http-request set-header X-Forwarded-Proto http
    default_backend origin
backend origin
    server one 127.0.0.1:{origin} check inter 60s
""")
    log = open(work / "haproxy.access", "wb")
    return Contestant("haproxy", ["haproxy", "-f", conf, "-db"], port, stdout=log)


def start_pingora(work, origin):
    port = free_port()
    peer = ROOT / "bench/peers/pingora/target/release/pingora-peer"
    return Contestant("pingora", [peer, f"127.0.0.1:{port}", f"127.0.0.1:{origin}", work / "pingora.access"], port)


def start_l4copy(work, origin):
    port = free_port()
    return Contestant("L4 copy", [ROOT / "bench/peers/l4copy/target/release/l4copy", f"127.0.0.1:{port}",
                                  f"127.0.0.1:{origin}"], port)


def start_bellwether(work, origin):
    """The product as a user runs it: health checks, metrics, stories and access log on."""
    config = work / "bellwether.toml"
    config.write_text(f"""
[node]
data_center = "LCL"
[edge]
http = "127.0.0.1:0"
https = "127.0.0.1:0"
workers = 1
[api]
listen = "127.0.0.1:0"
[log]
access = "{work}/bellwether.access"
""")
    binary = os.environ.get("BELLWETHER_BIN", ROOT / "target/release/bellwether")
    contestant = Contestant("bellwether", [binary, "serve", "--config", config, "--data-dir", work / "data"], 0,
                            stdout=subprocess.PIPE, stderr=open(work / "bellwether.err", "wb"),
                            env={**os.environ, "BELLWETHER_API_TOKEN": TOKEN})
    ready = contestant.process.stdout.readline().decode()
    found = dict(part.split("=", 1) for part in ready.split() if "=" in part)
    if "http" not in found:
        sys.exit(f"bellwether is not ready: {ready!r}; see {work}/bellwether.err")
    contestant.port = int(found["http"].rsplit(":", 1)[1])
    api = found["api"]

    def call(method, path, body=None):
        request = urllib.request.Request(api + path, method=method, data=json.dumps(body).encode() if body else None)
        request.add_header("Authorization", f"Bearer {TOKEN}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["result"]

    account = call("GET", "/accounts")[0]["id"]
    zone = call("POST", "/zones", {"name": "bench.test", "account": {"id": account}})["id"]
    balancers = f"/accounts/{account}/load_balancers"
    monitor = call("POST", f"{balancers}/monitors", {"type": "http", "interval": 60, "retries": 0})["id"]
    pool = call("POST", f"{balancers}/pools", {"name": "bench", "monitor": monitor, "origins": [
        {"name": "one", "address": "127.0.0.1", "port": origin}]})["id"]
    call("POST", f"/zones/{zone}/load_balancers", {"name": HOST, "default_pools": [pool], "fallback_pool": pool,
                                                   "proxied": True})
    return contestant


STARTERS = {"bellwether": start_bellwether, "nginx": start_nginx, "haproxy": start_haproxy, "pingora": start_pingora,
            "l4copy": start_l4copy}
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def load(contestant, seconds, connections):
    """One round: how many answers per second, how late, and what it cost."""
    before = contestant.cpu_seconds()
    out = subprocess.run(["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                          "-H", f"Host: {HOST}", f"http://127.0.0.1:{contestant.port}/"], check=True,
                         capture_output=True, text=True).stdout
    cpu = contestant.cpu_seconds() - before
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", out)
    if bad:
        sys.exit(f"{contestant.name} failed requests, so its figures mean nothing:\n{out}")
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "p50": milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M).group(1)),
            "p99": milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1)),
            "cpu": cpu / requests * 1e6}


def table(results, rounds, seconds, connections):
    base = statistics.median(r["cpu"] for r in results["bellwether"]) if "bellwether" in results else None
    lines = ["| proxy | requests/s | p50 ms | p99 ms | CPU us/request (min-max) | CPU, Bellwether as a ratio of it |",
             "|---|---|---|---|---|---|"]
    for name, rows in results.items():
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        low, high = min(r["cpu"] for r in rows), max(r["cpu"] for r in rows)
        ratio = f"{base / median['cpu']:.2f}" if base else "-"
        lines.append(f"| {name} | {median['rps']:,.0f} | {median['p50']:.2f} | {median['p99']:.2f} | "
                     f"{median['cpu']:.1f} ({low:.1f}-{high:.1f}) | {ratio} |")
    lines.append("")
    lines.append(f"Medians of {rounds} rounds of {seconds} s taken in turn, {connections} keep-alive connections, "
                 f"{len(BODY)}-byte body, one proxy core, access logs to files.")
    return "\n".join(lines)


def versions():
    def first(command):
        out = subprocess.run(command, capture_output=True, text=True)
        return (out.stdout + out.stderr).splitlines()[0].strip()
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return [f"CPU: {cpu.group(1) if cpu else 'unknown'}, {os.cpu_count()} cores; kernel {os.uname().release}",
            first(["nginx", "-v"]), first(["haproxy", "-v"]), first(["rustc", "--version"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default=",".join(STARTERS))
    parser.add_argument("--markdown", type=Path, help="also write the table to this file")
    args = parser.parse_args()
    for tool in ("nginx", "haproxy", "wrk", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing; `make bench` installs it")

    running, results = [], {}
    with tempfile.TemporaryDirectory(prefix="bellwether-bench-") as folder:
        try:
            work = Path(folder)
            origin = start_origin(work)
            running.append(origin)
            proxies = []
            for name in args.only.split(","):
                home = work / name
                home.mkdir()
                proxy = STARTERS[name](home, origin.port)
                running.append(proxy)
                wait_for(proxy.port, proxy.process)
                proxies.append(proxy)
            for proxy in proxies:
                load(proxy, 1, args.connections)
            for number in range(args.rounds):
                for proxy in proxies:
                    row = load(proxy, args.seconds, args.connections)
                    results.setdefault(proxy.name, []).append(row)
                    print(f"round {number + 1} {proxy.name:11} {row['rps']:9,.0f}/s  p99 {row['p99']:6.2f} ms  "
                          f"{row['cpu']:5.1f} us", file=sys.stderr)
        finally:
            for contestant in reversed(running):
                contestant.stop()
    text = "\n".join([table(results, args.rounds, args.seconds, args.connections), "", *versions()])
    print(text)
    if args.markdown:
        args.markdown.write_text(text + "\n")


if __name__ == "__main__":
    main()
