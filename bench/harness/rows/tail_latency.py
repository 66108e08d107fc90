"""Latency at a constant rate of 70% of the most that nginx can do."""

from ..contestants import PLAIN
from ..loads import requests
from ..table import judged, ratio, spread, table, title

NAME = "tail-latency"
TITLE = "Latency at 70% of nginx's greatest rate"
CONNECTIONS, SHARE = 64, 0.7
TARGETS = {"nginx": 1.0}


def measure(bench):
    rate = round(SHARE * nginx_maximum(bench))
    bench.say(f"  constant rate: {rate} requests/s")

    def one(contestant, seconds):
        return {"rate": rate, **requests(contestant, seconds, CONNECTIONS, rate)}
    return {"": bench.in_turn(bench.able(PLAIN), one)}


def nginx_maximum(bench):
    """The median rate over three attempts, after one that warms up."""
    nginx = bench.contestant("nginx")
    rates = [requests(nginx, bench.seconds, CONNECTIONS)["rps"] for _ in range(min(bench.rounds, 3) + 1)][1:]
    return sorted(rates)[len(rates) // 2]


def markdown(record):
    samples = record["cases"][""]
    rate = next(iter(samples.values()))[0]["rate"]
    rows = [[title(name), f"{taken[0]['rps']:,.0f}", spread(taken, "p50", "{:.3f}"), spread(taken, "p99", "{:.3f}"),
             spread(taken, "p999", "{:.3f}"), judged(ratio(samples, "p99", name), TARGETS.get(name))]
            for name, taken in samples.items()]
    head = ["proxy", "answers/s", "p50 ms", "p99 ms", "p99.9 ms", "p99 of Bellwether : p99 of this proxy"]
    return (f"{rate:,} requests/s over {CONNECTIONS} connections. Each request is due at its own moment, and its latency "
            f"counts from there, also when it had to wait for a free connection. A proxy that cannot do this rate shows "
            f"it by answers/s and by latencies of seconds.\n\n{table(head, rows)}")
