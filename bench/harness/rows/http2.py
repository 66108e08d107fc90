"""HTTP/2 over TLS from visitors, HTTP/1.1 to the origin."""

from ..contestants import HTTP2
from ..loads import h2load
from ..table import judged, middle, spread, table, title

NAME = "http2"
TITLE = "HTTP/2 in front of HTTP/1.1"
CONNECTIONS, STREAMS = 16, 10
TARGETS = {"nginx": 1.0}


def measure(bench):
    def one(contestant, seconds):
        sample = h2load(contestant, seconds, CONNECTIONS, STREAMS)
        sample["per_cpu_second"] = sample["requests"] / sample["cpu_seconds"]
        return sample
    return {"": bench.in_turn(bench.able(HTTP2), one)}


def markdown(record):
    samples = record["cases"][""]
    own = middle(samples["bellwether"], "per_cpu_second") if "bellwether" in samples else None
    rows = [[title(name), f"{middle(taken, 'rps'):,.0f}", spread(taken, "per_cpu_second", "{:,.0f}"), spread(taken, "cpu"),
             judged(own and own / middle(taken, "per_cpu_second"), TARGETS.get(name), at_least=True)]
            for name, taken in samples.items()]
    head = ["proxy", "requests/s", "requests per CPU second", "CPU us/request", "Bellwether : this proxy"]
    return f"h2load, {CONNECTIONS} connections of {STREAMS} streams over TLS 1.3.\n\n{table(head, rows)}"
