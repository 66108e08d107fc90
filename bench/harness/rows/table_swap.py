"""What visitors notice while the routing table is swapped ten times a second."""

import os
import re
import subprocess
import threading
import time

from ..loads import Load
from ..machine import LOAD_CORE, PROXY_CORE, example, pin
from ..table import judged, middle, spread, table
from .endpoints import ENDPOINTS_PER_POOL, table_of

NAME = "table-swap"
TITLE = "Swapping the routing table"
POOLS = 10_000
RATE, CONNECTIONS, EVERY = 10_000, 64, 0.1
COMPILE_TARGET, ADDED_TARGET = 100.0, 10.0
PLACES = {"everything on one core": PROXY_CORE, "workers on a core of their own": LOAD_CORE}


def measure(bench):
    bench.say("  compiling")
    cases = {"compile": {"bellwether": [compile_speed() for _ in range(bench.rounds)]}}
    contestant = table_of(bench, "swap", POOLS)
    try:
        for place, core in PLACES.items():
            for tid, name in contestant.server.threads():
                os.sched_setaffinity(tid, {int(PROXY_CORE if name.startswith("worker-") else core)})
            bench.say(f"  {place}")
            cases[place] = {"bellwether": in_pairs(bench, contestant)}
    finally:
        contestant.server.stop()
    return cases


def in_pairs(bench, contestant):
    samples = []
    for number in range(bench.rounds + 1):
        contestant.forget_logs()
        calm = at_rate(bench, contestant, swapping=False)
        swapped = at_rate(bench, contestant, swapping=True)
        if number:
            samples.append({"calm": calm["p99"], "swapping": swapped["p99"], "swaps": swapped["swaps"],
                            "calm_p50": calm["p50"], "swapping_p50": swapped["p50"],
                            "added": 100 * (swapped["p99"] / calm["p99"] - 1)})
            bench.say(f"  round {number} p99 {calm['p99']:.3f} ms, swapping {swapped['p99']:.3f} ms, "
                      f"{swapped['swaps']:.1f} swaps/s")
    return samples


def at_rate(bench, contestant, swapping):
    api, over = contestant.running.api, threading.Event()
    before = api.metric("bellwether_table_generation")
    flags = ["--connections", CONNECTIONS, "--seconds", bench.seconds, "--rate", RATE]
    with Load(contestant, "requests", contestant.http, *flags) as load:
        changes = threading.Thread(target=keep_changing, args=(api, over))
        if swapping:
            changes.start()
        load.begin()
        sample = load.end()
        over.set()
        if swapping:
            changes.join()
    sample["swaps"] = (api.metric("bellwether_table_generation") - before) / sample["seconds"]
    return sample


def keep_changing(api, over):
    """Takes an endpoint of some pool out of the table or back into it, every 100 ms."""
    pool = f"{api.balancers()}/pools/{1:032x}"
    origins = api.call("GET", pool)["origins"]
    keys = ("name", "address", "port", "enabled", "weight")
    origins = [{key: origin[key] for key in keys if key in origin} for origin in origins]
    due = time.monotonic()
    while not over.wait(max(0.0, due - time.monotonic())):
        due += EVERY
        origins[0]["enabled"] = not origins[0]["enabled"]
        api.call("PATCH", pool, {"origins": origins})


def compile_speed():
    """Milliseconds to compile the same size of table, from nothing and after one change of health."""
    out = subprocess.run(pin(PROXY_CORE, [example("compile_speed")]), check=True, capture_output=True, text=True).stdout
    scale = {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}

    def value(label):
        number, unit = re.search(rf"{label}\s+([\d.]+)(ns|µs|ms|s)\b", out).groups()
        return float(number) * scale[unit]
    return {"fresh": value("from nothing"), "again": value("after one health change"),
            "steer_us": value("identify and steer") * 1e3}


def markdown(record):
    compiled = record["cases"]["compile"]["bellwether"]
    rows = []
    for place in PLACES:
        taken = record["cases"][place]["bellwether"]
        rows.append([place, spread(taken, "calm", "{:.3f}"), spread(taken, "swapping", "{:.3f}"),
                     spread(taken, "swaps"), judged(middle(taken, "added"), ADDED_TARGET, form="{:.0f}%")])
    head = ["threads", "p99 ms", "p99 ms while swapping", "swaps/s", "added"]
    return (f"{POOLS:,} pools with {POOLS * ENDPOINTS_PER_POOL:,} endpoints. Compiling from nothing takes "
            f"{spread(compiled, 'fresh')} ms, and after one change of health {spread(compiled, 'again')} ms: "
            f"{judged(middle(compiled, 'fresh'), COMPILE_TARGET, form='{:.0f}')}. Identifying a host and steering takes "
            f"{spread(compiled, 'steer_us', '{:.2f}')} us.\n\n{RATE:,} requests/s over {CONNECTIONS} connections, without "
            f"changes and with a change of an endpoint by the API every {EVERY * 1000:.0f} ms. With two cores the compiler "
            f"must share either that of the workers or that of the load and the origin.\n\n{table(head, rows)}")
