"""Memory that a kept connection costs while it is silent."""

from ..contestants import ABILITIES, EVERYTHING, PLAIN, TLS
from ..loads import Load, requests
from ..table import judged, middle, spread, table, title

NAME = "idle-memory"
TITLE = "Memory of idle connections"
CASES = {"plain": (PLAIN, 2000, 8.0), "TLS": (TLS, 1000, 24.0)}
WARM_SECONDS = 1


def measure(bench):
    return {case: measure_case(bench, ability, count) for case, (ability, count, _) in CASES.items()}


def measure_case(bench, ability, count):
    samples = {}
    for number in range(1, bench.rounds + 1):
        for name in bench.only:
            if ability in ABILITIES.get(name, EVERYTHING):
                sample = one(bench, name, ability, count)
                samples.setdefault(name, []).append(sample)
                bench.say(f"  round {number} {name:24} {sample['kib']:.1f} KiB")
    return samples


def one(bench, name, ability, count):
    """A process of its own in each round, since what an allocator once took it may keep."""
    with bench.fresh(name) as contestant:
        requests(contestant, WARM_SECONDS)
        flags = ["--tls"] if ability == TLS else []
        port = contestant.https if ability == TLS else contestant.http
        with Load(contestant, "idle", port, "--connections", 50, *flags) as few:
            few.begin()
            few.end()
        before = contestant.server.memory_bytes()
        with Load(contestant, "idle", port, "--connections", count, *flags) as crowd:
            grown = contestant.server.memory_bytes() - before
            crowd.begin()
            is_open = crowd.end()["open"]
        if is_open != count:
            raise SystemExit(f"{name} kept {is_open} of {count} idle connections")
        return {"kib": grown / count / 1024, "connections": count}


def markdown(record):
    rows = []
    for case, samples in record["cases"].items():
        for name, taken in samples.items():
            target = CASES[case][2] if name == "bellwether" else None
            rows.append([case, title(name), spread(taken, "kib"), judged(middle(taken, "kib"), target, form="{:.1f}")
                         if target else ""])
    counts = " and ".join(f"{count:,} {case}" for case, (_, count, _) in CASES.items())
    return (f"{counts} connections, each after one request; what the processes' proportional set size (PSS) grew by, "
            f"divided by their number. A fresh process in each round, warmed up before. The kernel's own memory for a "
            f"socket is left out: it is the same for all.\n\n"
            f"{table(['connections', 'proxy', 'KiB each', 'target'], rows)}")
