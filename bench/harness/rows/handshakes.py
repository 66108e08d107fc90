"""TLS handshakes, full and resumed, with one small request each."""

from ..contestants import TLS
from ..loads import handshakes
from ..table import judged, middle, spread, table, title

NAME = "handshakes"
TITLE = "TLS handshakes"
CASES = {"full, TLS 1.3": ("full", "1.3"), "resumed, TLS 1.3": ("resumed", "1.3")}
TARGETS = {"full, TLS 1.3": {"nginx": 1.3}, "resumed, TLS 1.3": {"nginx": 1.5}}


def measure(bench):
    def case(kind, version):
        def one(contestant, seconds):
            sample = handshakes(contestant, seconds, kind, version)
            sample["per_cpu_second"] = sample["requests"] / sample["cpu_seconds"]
            return sample
        return bench.in_turn(bench.able(TLS), one)
    return {name: case(*options) for name, options in CASES.items()}


def markdown(record):
    rows = []
    for case, samples in record["cases"].items():
        for name, taken in samples.items():
            own = middle(samples["bellwether"], "per_cpu_second") if "bellwether" in samples else None
            gain = own / middle(taken, "per_cpu_second") if own else None
            rows.append([case, title(name), spread(taken, "per_cpu_second", "{:,.0f}"), spread(taken, "cpu", "{:.0f}"),
                         spread(taken, "p99", "{:.1f}"),
                         judged(gain, TARGETS.get(case, {}).get(name), at_least=True)])
    head = ["handshake", "proxy", "per CPU second of the proxy", "CPU us each", "p99 ms", "Bellwether : this proxy"]
    return ("ECDSA P-256 certificates, X25519 or what client and server prefer; each connection does one handshake and one "
            "small request, and is closed. The client (rustls) checks of every handshake that it was of the kind in "
            f"question. The CPU of a handshake includes accepting the connection and passing the request on.\n\n"
            f"{table(head, rows)}")
