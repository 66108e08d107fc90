"""Requests that visitors lose when an endpoint goes away under load: in good order, or all at once.

What became of a failed request is read from the access log of the edge, so that it can be said by which rule it failed."""

import json
import signal
import time
from collections import Counter

from .. import bellwether
from ..contestants import of_bellwether
from ..loads import Load
from ..origin import Origin
from ..table import judged, spread, table

NAME = "failover"
TITLE = "Failover"
RATE, CONNECTIONS = 5_000, 64
INTERVAL, TIMEOUT = 2, 1
BEFORE, AFTER = 1.0, 5.0

# How the endpoint goes, and the signal that makes nginx do so.
STOPS, KILLED = "stops listening", "is killed"
SIGNALS = {STOPS: signal.SIGQUIT, KILLED: signal.SIGKILL}
# What a record says of a failure: the members of the access log, under the headings of the page.
TOLD = {"status": "EdgeResponseStatus", "reason": "FailureReason", "attempts": "Attempts",
        "first attempt": "RetriedBecause", "over a used connection": "OriginConnectionReused",
        "retry refused": "RetryRefused"}
REFUSED = "tcp_refused"


def measure(bench):
    taken = {how: {"bellwether": []} for how in SIGNALS}
    for number in range(1, bench.rounds + 1):
        for how in SIGNALS:
            sample = one(bench, how, number)
            taken[how]["bellwether"].append(sample)
            bench.say(f"  round {number}, the endpoint {how}: {sample}")
    return taken


def one(bench, how, number):
    victim = Origin(bench.work, bench.certificate)
    endpoints = [("127.0.0.1", bench.origin.port), ("127.0.0.1", victim.port)]
    running = bellwether.Running(bench.work, f"failover-{SIGNALS[how].name}-{number}")
    try:
        made = running.api.provision(endpoints, {"interval": INTERVAL, "timeout": TIMEOUT})
        contestant = of_bellwether("bellwether", running)
        flags = ["--connections", CONNECTIONS, "--rate", RATE, "--seconds", BEFORE + AFTER, "--count-failures"]
        with Load(contestant, "requests", contestant.http, *flags) as load:
            load.begin()
            time.sleep(BEFORE)
            victim.server.stop(SIGNALS[how])
            out_after = out_of_rotation(running.api, time.monotonic())
            sample = load.end()
        retried = running.api.metric("bellwether_request_retries_total")
    finally:
        running.server.stop()
        victim.server.stop(signal.SIGKILL)
    return {"requests": sample["requests"], "failed": sample["failed"], "first_failure": sample["first_failure"],
            "told": told(running.access_log), "retried": retried, "out_after": out_after, "max": sample["max"]}


def out_of_rotation(api, since):
    """Seconds until the table has an endpoint that cannot be used."""
    while time.monotonic() - since < AFTER:
        if api.metric("bellwether_table_endpoints", 'usable="false"'):
            break
        time.sleep(0.02)
    return time.monotonic() - since


def told(access_log):
    """What the records say of the requests that failed. The process must have ended, with which the log is complete."""
    records = map(json.loads, access_log.read_text().splitlines())
    return [{member: record.get(member, "-") for member in TOLD.values()} for record in records
            if record["EdgeResponseStatus"] != 200]


def markdown(record):
    taken = {how: samples["bellwether"] for how, samples in record["cases"].items()}
    rows = [["requests", *(spread(samples, "requests", "{:,.0f}") for samples in taken.values())],
            ["of them tried again", *(spread(samples, "retried", "{:,.0f}") for samples in taken.values())],
            ["failed (of all rounds)", *(failed(how, samples) for how, samples in taken.items())],
            ["of them because a connection was refused", *(refused(samples) for samples in taken.values())],
            ["longest latency, ms", *(spread(samples, "max") for samples in taken.values())],
            ["out of rotation after, s (greatest)", *(late(samples) for samples in taken.values())]]
    return (f"{RATE:,} idempotent requests/s to a pool of two endpoints, until one of them goes away. When it {STOPS}, it "
            f"finishes what it has begun and refuses connections from then on (SIGQUIT). When it {KILLED}, what is under "
            f"way breaks off besides. Probes every {INTERVAL} s with a timeout of {TIMEOUT} s.\n\n"
            f"{table(['the endpoint', *taken], rows)}{by_rule(taken)}")


def failed(how, samples):
    """Of an endpoint that is killed no target speaks: what was in its hands may have been acted upon."""
    return judged(sum(sample["failed"] for sample in samples), 0 if how == STOPS else None, form="{:.0f}")


def refused(samples):
    told = [told for sample in samples for told in sample["told"]]
    return judged(sum(record[TOLD["reason"]] == REFUSED for record in told), 0, form="{:.0f}")


def late(samples):
    return judged(max(sample["out_after"] for sample in samples), INTERVAL + TIMEOUT, form="{:.2f}")


def by_rule(taken):
    """The failed requests by what their records say; nothing when none failed."""
    counted = Counter((how, *told.values()) for how, samples in taken.items()
                      for sample in samples for told in sample["told"])
    if not counted:
        return ""
    rows = [[*case, number] for case, number in counted.most_common()]
    return "\n\nThe failed requests, as their records tell them:\n\n" + table(["the endpoint", *TOLD, "requests"], rows)
