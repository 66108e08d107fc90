"""Small answers over kept connections, HTTP/1.1: the cost of a request, and whether origin connections are reused."""

from ..contestants import PLAIN
from ..loads import wrk
from ..table import judged, middle, ratio, spread, table, title

NAME = "small-answers"
TITLE = "Small answers over kept connections (HTTP/1.1)"
CONNECTIONS = 64
CPU_TARGETS = {"nginx": 0.8, "haproxy": 0.7, "pingora": 0.55, "l4copy": 1.3}
REUSE_TARGET = 99.9


def measure(bench):
    def one(contestant, seconds):
        accepted, requests = bench.origin.counters()
        sample = wrk(contestant, seconds, CONNECTIONS)
        accepted_after, requests_after = bench.origin.counters()
        # The question for the counters is one connection and one request of the second reading.
        opened, asked = accepted_after - accepted - 1, requests_after - requests - 1
        sample["reused"] = 100 * (1 - opened / max(asked, 1))
        return sample
    return {"": bench.in_turn(bench.able(PLAIN), one)}


def markdown(record):
    samples = record["cases"][""]
    rows = [[title(name), f"{middle(taken, 'rps'):,.0f}", spread(taken, "p50", "{:.2f}"), spread(taken, "p99", "{:.2f}"),
             spread(taken, "cpu"), judged(ratio(samples, "cpu", name), CPU_TARGETS.get(name)),
             spread(taken, "reused", "{:.3f}")] for name, taken in samples.items()]
    head = ["proxy", "requests/s", "p50 ms", "p99 ms", "CPU us/request", "CPU of Bellwether : CPU of this proxy",
            "origin connections reused, %"]
    reuse = middle(samples["bellwether"], "reused") if "bellwether" in samples else None
    return (f"wrk, {CONNECTIONS} connections, answers of 107 bytes.\n\n{table(head, rows)}\n\n"
            f"Reuse of origin connections by Bellwether, as the origin counts it: "
            f"{judged(reuse, REUSE_TARGET, at_least=True, form='{:.3f}')} %.")
