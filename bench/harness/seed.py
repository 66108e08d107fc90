"""Large routing tables, written straight into the store: a call of the API for each pool would take its time.

What is written are copies of a pool and a load balancer that the API made, with names, ids and endpoints of their
own."""

import json
import sqlite3


def seed(running, made, pools, endpoints, address):
    """Adds `pools` pools of `endpoints` endpoints each, every one with a load balancer of its own. The process must
    have ended. `address(pool, endpoint)` tells where an endpoint is."""
    store = sqlite3.connect(running.data / "bellwether.db")
    pool = document(store, "pool", made["pool"])
    balancer = document(store, "load_balancer", made["load_balancer"])
    endpoint, rows = pool["origins"][0], []
    for number in range(pools):
        own = f"{number + 1:032x}"
        origins = [{**endpoint, "name": f"endpoint-{other}", "address": address(number, other)}
                   for other in range(endpoints)]
        # Nothing probes these: it is the table that is large here, not the work of the prober.
        rows.append(("pool", own, {**pool, "id": own, "name": f"pool-{number}", "monitor": None, "origins": origins}))
        rows.append(("load_balancer", own, {**balancer, "id": own, "name": f"h{number}.bench.test",
                                            "default_pools": [own], "fallback_pool": own}))
    with store:
        revision = store.execute("SELECT revision FROM state").fetchone()[0]
        store.executemany("INSERT INTO documents VALUES (?, ?, ?, ?)",
                          [(kind, own, revision, json.dumps(body)) for kind, own, body in rows])
    store.close()


def document(store, kind, own):
    return json.loads(store.execute("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, own)).fetchone()[0])
