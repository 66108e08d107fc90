"""Probes per core, and how punctual they are."""

import json
import subprocess

from ..machine import PROXY_CORE, example, pin
from ..table import judged, middle, spread, table

NAME = "probes"
TITLE = "Probes"
CASES = {"HTTP": ("http", 10_000), "HTTPS, full handshake": ("https", 2_000)}
LATENESS_TARGET = 50.0
WARM_SECONDS = 2


def measure(bench):
    cases = {}
    for case, (kind, rate) in CASES.items():
        bench.say(f"  {case}")
        port = bench.origin.tls_port if kind == "https" else bench.origin.port
        samples = []
        for number in range(1, bench.rounds + 1):
            samples.append(one(kind, port, rate, bench.seconds))
            bench.say(f"  round {number} {samples[-1]}")
        cases[case] = {"bellwether": samples}
    return cases


def one(kind, port, rate, seconds):
    """The prober alone, with `rate` targets that are due every second. It tells its own CPU time."""
    out = subprocess.run(pin(PROXY_CORE, [example("probe_rate"), kind, port, rate, WARM_SECONDS, seconds]), check=True,
                         capture_output=True, text=True).stdout
    sample = json.loads(out)
    if sample["failed"]:
        raise SystemExit(f"{sample['failed']} probes failed: {sample['first_failure']}")
    return sample


def markdown(record):
    rows = []
    for case, samples in record["cases"].items():
        taken = samples["bellwether"]
        rows.append([case, spread(taken, "per_second", "{:,.0f}"),
                     judged(middle(taken, "per_cpu_second"), CASES[case][1], at_least=True, form="{:,.0f}"),
                     judged(middle(taken, "lateness_p99"), LATENESS_TARGET, form="{:.1f}")])
    head = ["probe", "probes/s, one core", "probes per CPU second", "p99 lateness of the start, ms"]
    return ("The prober alone on one core, the endpoints (nginx, on many loopback addresses) on the other. Each target is "
            "due every second, and there are as many targets as the target rate says; every probe opens a connection of its "
            f"own. Certificates are not checked against a trust store here.\n\n{table(head, rows)}")
