"""The programs that put load on a contestant, and what they say afterwards. A failed request ends the run."""

import json
import re
import subprocess
import sys

from .bellwether import HOST
from .machine import BUILT, LOAD_CORE, pin

# The longest that a prepared load may take; what takes longer hangs.
PATIENCE = 300
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def charged(contestant, work):
    """Runs `work()`, and adds what it cost the contestant: seconds of CPU, microseconds per request."""
    before = contestant.server.cpu_seconds()
    sample = work()
    sample["cpu_seconds"] = contestant.server.cpu_seconds() - before
    sample["cpu"] = sample["cpu_seconds"] / max(sample["requests"], 1) * 1e6
    return sample


def wrk(contestant, seconds, connections=64, path="/", headers=1):
    """As many requests as get answered, over plain kept connections. `headers` counts the fields, `Host` included."""
    fields = [part for number in range(1, headers)
              for part in ("-H", f"X-Bench-Field-{number}: a value of ordinary length, number {number}")]

    def run():
        out = subprocess.run(pin(LOAD_CORE, ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                                             "-H", f"Host: {HOST}", *fields,
                                             f"http://127.0.0.1:{contestant.http}{path}"]),
                             check=True, capture_output=True, text=True).stdout
        if re.search(r"Non-2xx or 3xx responses: |Socket errors: ", out):
            sys.exit(f"{contestant.name} failed requests, so its figures mean nothing:\n{out}")
        return {"requests": int(re.search(r"(\d+) requests in", out).group(1)),
                "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
                "p50": milliseconds(re.search(r"^\s+50%\s+(\S+)", out, re.M).group(1)),
                "p99": milliseconds(re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1))}
    return charged(contestant, run)


def h2load(contestant, seconds, connections, streams):
    """HTTP/2 over TLS."""
    def run():
        out = subprocess.run(pin(LOAD_CORE, ["h2load", f"-c{connections}", f"-m{streams}", f"-D{seconds}",
                                             f"--connect-to=127.0.0.1:{contestant.https}",
                                             f"https://{HOST}:{contestant.https}/"]),
                             check=True, capture_output=True, text=True).stdout
        total, started, done, good, failed = map(int, re.search(
            r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed", out).groups())
        answered = int(re.search(r"status codes: (\d+) 2xx", out).group(1))
        if failed or not good or answered < good or "Application protocol: h2" not in out:
            sys.exit(f"{contestant.name} failed requests over HTTP/2:\n{out}")
        return {"requests": answered, "rps": float(re.search(r"finished in [^,]+, ([\d.]+) req/s", out).group(1))}
    return charged(contestant, run)


class Load:
    """A run of our own load program, prepared but not begun: `with Load(...) as load: sample = load.go()`."""

    def __init__(self, contestant, command, port, *options):
        self.contestant, self.error = contestant, ""
        self.process = subprocess.Popen(
            pin(LOAD_CORE, [BUILT / "bench-load", command, f"127.0.0.1:{port}", *options]), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        if self.process.stdout.readline() != "ready\n":
            self.give_up()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def begin(self):
        """Lets the prepared load go, and does not wait for it."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        """Waits for the load to be over, and tells what it says."""
        out, self.error = self.process.communicate(timeout=PATIENCE)
        if self.process.returncode:
            self.give_up()
        return json.loads(out)

    def go(self):
        def run():
            self.begin()
            return self.end()
        return charged(self.contestant, run)

    def give_up(self):
        said = self.error or self.process.stderr.read()
        sys.exit(f"{self.contestant.name}: the load ended early: {said}")


def requests(contestant, seconds, connections=64, rate=None, **options):
    """Requests over kept, plain connections: at a constant rate, or (without one) as many as get answered."""
    flags = ["--connections", connections, "--seconds", seconds]
    flags += ["--rate", rate] if rate else []
    for name, value in options.items():
        flags += [f"--{name.replace('_', '-')}", value]
    with Load(contestant, "requests", contestant.http, *flags) as load:
        return load.go()


def handshakes(contestant, seconds, kind, version="1.3"):
    """One TLS handshake and one request per connection."""
    flags = ["--kind", kind, "--version", version, "--seconds", seconds]
    with Load(contestant, "handshakes", contestant.https, *flags) as load:
        return load.go()
