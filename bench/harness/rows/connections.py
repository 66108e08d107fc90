"""How the cost of a request changes with the number of connections."""

from ..contestants import PLAIN
from ..loads import requests
from ..machine import descriptors
from ..table import spread, table, title

NAME = "connections"
TITLE = "Scaling with connections"
COUNTS = (10, 100, 1_000, 10_000)
AMONG = ("bellwether", "nginx", "haproxy")
UNDER_WAY = 64


def measure(bench):
    cases = {}
    for count in COUNTS:
        if count + 1000 > descriptors():
            bench.say(f"  {count} connections need more descriptors than this machine allows")
            continue
        bench.say(f"  {count} connections")

        def one(contestant, seconds):
            return requests(contestant, seconds, count, in_flight=UNDER_WAY)
        cases[f"{count:,}"] = bench.in_turn(bench.able(PLAIN, AMONG), one, bench.short)
    return cases


def markdown(record):
    names = list(next(iter(record["cases"].values())))
    rows = [[case, *(spread(samples[name], "cpu") for name in names), *(spread(samples[name], "p99") for name in names)]
            for case, samples in record["cases"].items()]
    head = ["connections", *(f"{title(name)}, CPU us/request" for name in names),
            *(f"{title(name)}, p99 ms" for name in names)]
    return (f"The connections take turns, each with one request at a time and at most {UNDER_WAY} requests under way at "
            f"once; they are made before the clock starts.\n\n{table(head, rows)}")
