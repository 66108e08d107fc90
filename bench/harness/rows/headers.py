"""How the cost of a request changes with its header fields."""

from ..contestants import PLAIN
from ..loads import wrk
from ..table import spread, table, title

NAME = "headers"
TITLE = "Scaling with header fields of the request"
COUNTS = (5, 20, 50, 100)
AMONG = ("bellwether", "nginx", "haproxy")


def measure(bench):
    cases = {}
    for count in COUNTS:
        bench.say(f"  {count} fields")

        def one(contestant, seconds):
            return wrk(contestant, seconds, headers=count)
        cases[str(count)] = bench.in_turn(bench.able(PLAIN, AMONG), one, bench.short)
    return cases


def markdown(record):
    names = list(next(iter(record["cases"].values())))
    rows = [[case, *(spread(samples[name], "cpu") for name in names)] for case, samples in record["cases"].items()]
    head = ["fields", *(f"{title(name)}, CPU us/request" for name in names)]
    return f"Fields of about 55 bytes, `Host` included in the count.\n\n{table(head, rows)}"
