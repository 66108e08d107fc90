"""The cost of bodies, from none to 10 MiB."""

from ..contestants import PLAIN
from ..loads import wrk
from ..origin import SIZES
from ..table import judged, middle, spread, table, title

NAME = "bodies"
TITLE = "Bodies of answers"
LARGE = "1 MiB"
SCALING = ("bellwether", "nginx", "haproxy")
CONNECTIONS = 16
TARGETS = {"nginx": 1.0}


def measure(bench):
    cases = {}
    for label, size in SIZES.items():
        bench.say(f"  {label}")
        among, seconds = (None, bench.seconds) if label == LARGE else (SCALING, bench.short)

        def one(contestant, seconds):
            sample = wrk(contestant, seconds, CONNECTIONS, f"/bytes/{size}")
            sample["bytes_per_cpu_second"] = sample["requests"] * size / sample["cpu_seconds"]
            return sample
        cases[label] = bench.in_turn(bench.able(PLAIN, among), one, seconds)
    return cases


def markdown(record):
    large = record["cases"][LARGE]
    own = middle(large["bellwether"], "bytes_per_cpu_second") if "bellwether" in large else None
    rows = [[title(name), f"{middle(taken, 'rps'):,.0f}", gigabytes(taken),
             judged(own and own / middle(taken, "bytes_per_cpu_second"), TARGETS.get(name), at_least=True)]
            for name, taken in large.items()]
    first = table(["proxy", "answers/s", "GB per CPU second", "Bellwether : this proxy"], rows)
    names = [name for name in SCALING if all(name in samples for samples in record["cases"].values())]
    rows = [[label, *(spread(samples[name], "cpu") for name in names)] for label, samples in record["cases"].items()]
    second = table(["body", *(f"{title(name)}, CPU us/request" for name in names)], rows)
    return f"{CONNECTIONS} connections. Answers of {LARGE}:\n\n{first}\n\nScaling with the size:\n\n{second}"


def gigabytes(taken):
    return spread([{"gb": sample["bytes_per_cpu_second"] / 1e9} for sample in taken], "gb", "{:.2f}")
