"""Requests that visitors lose when an endpoint goes away under load."""

import signal
import time

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


def measure(bench):
    samples = []
    for number in range(1, bench.rounds + 1):
        sample = one(bench, number)
        samples.append(sample)
        bench.say(f"  round {number} {sample}")
    return {"": {"bellwether": samples}}


def one(bench, number):
    victim = Origin(bench.work, bench.certificate)
    endpoints = [("127.0.0.1", bench.origin.port), ("127.0.0.1", victim.port)]
    running = bellwether.Running(bench.work, f"failover-{number}")
    try:
        made = running.api.provision(endpoints, {"interval": INTERVAL, "timeout": TIMEOUT})
        contestant = of_bellwether("bellwether", running)
        flags = ["--connections", CONNECTIONS, "--rate", RATE, "--seconds", BEFORE + AFTER, "--count-failures"]
        with Load(contestant, "requests", contestant.http, *flags) as load:
            load.begin()
            time.sleep(BEFORE)
            victim.server.stop(signal.SIGKILL)
            out_after = out_of_rotation(running.api, time.monotonic())
            sample = load.end()
        retried = running.api.metric("bellwether_request_retries_total")
    finally:
        running.server.stop()
        victim.server.stop(signal.SIGKILL)
    return {"requests": sample["requests"], "failed": sample["failed"], "first_failure": sample["first_failure"],
            "retried": retried, "out_after": out_after, "max": sample["max"]}


def out_of_rotation(api, since):
    """Seconds until the table has an endpoint that cannot be used."""
    while time.monotonic() - since < AFTER:
        if api.metric("bellwether_table_endpoints", 'usable="false"'):
            break
        time.sleep(0.02)
    return time.monotonic() - since


def markdown(record):
    taken = record["cases"][""]["bellwether"]
    failed = max(sample["failed"] for sample in taken)
    late = max(sample["out_after"] for sample in taken)
    rows = [["requests", spread(taken, "requests", "{:,.0f}")],
            ["of them tried again at the other endpoint", spread(taken, "retried", "{:,.0f}")],
            ["failed (greatest of all rounds)", judged(failed, 0, form="{:.0f}")],
            ["longest latency, ms", spread(taken, "max")],
            ["out of rotation after, s (greatest)", judged(late, INTERVAL + TIMEOUT, form="{:.2f}")]]
    return (f"{RATE:,} idempotent requests/s to a pool of two endpoints; one of them is killed and refuses "
            f"connections from then on. Probes every {INTERVAL} s with a timeout of {TIMEOUT} s.\n\n{table(['', 'per round'], rows)}")
