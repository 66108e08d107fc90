"""How the cost of a request changes with the size of the table, and of the pool that it is steered to."""

from .. import bellwether
from ..contestants import of_bellwether, start_nginx
from ..loads import wrk
from ..seed import seed
from ..table import spread, table, title

NAME = "endpoints"
TITLE = "Scaling with endpoints and pools"
TABLES = (10, 100, 1_000, 10_000, 100_000)
POOLS = (10, 100, 1_000)
ENDPOINTS_PER_POOL = 10


def measure(bench):
    cases = {}
    for count in TABLES:
        bench.say(f"  {count} endpoints in the table")
        contestant = with_table(bench, count)
        cases[f"{count:,} in the table"] = measured(bench, [contestant])
    for count in POOLS:
        bench.say(f"  {count} endpoints in the pool")
        cases[f"{count:,} in the pool"] = measured(bench, [with_pool(bench, count), nginx_with_pool(bench, count)])
    return cases


def measured(bench, contestants):
    for contestant in contestants:
        contestant.server.wait_for(contestant.http)
    try:
        return bench.in_turn(contestants, wrk, bench.short)
    finally:
        for contestant in contestants:
            contestant.server.stop()


def with_table(bench, count):
    """The load balancer in question beside pools with `count` endpoints together."""
    return table_of(bench, f"table-{count}", count // ENDPOINTS_PER_POOL)


def table_of(bench, name, pools):
    running = bellwether.Running(bench.work, name)
    made = running.api.provision([("127.0.0.1", bench.origin.port)])
    running.server.stop()
    seed(running, made, pools, ENDPOINTS_PER_POOL, lambda pool, endpoint: f"10.{pool // 250}.{pool % 250}.{endpoint}")
    again = bellwether.Running(bench.work, name)
    again.api.wait_for_health(made["pool"])
    return of_bellwether("bellwether", again)


def addresses(count):
    """As many loopback addresses; the origin listens on all of them."""
    return [f"127.3.{number // 250}.{number % 250 + 1}" for number in range(count)]


def with_pool(bench, count):
    running = bellwether.Running(bench.work, f"pool-{count}")
    running.api.provision([(address, bench.origin.port) for address in addresses(count)])
    return of_bellwether("bellwether", running)


def nginx_with_pool(bench, count):
    servers = [f"server {address}:{bench.origin.port};" for address in addresses(count)]
    work = bench.work / f"nginx-{count}"
    work.mkdir(exist_ok=True)
    return start_nginx(work, bench.origin, bench.certificate, servers=servers)


def markdown(record):
    rows = [[case, *(spread(samples[name], "cpu") if name in samples else "" for name in ("bellwether", "nginx"))]
            for case, samples in record["cases"].items()]
    head = ["endpoints", *(f"{title(name)}, CPU us/request" for name in ("bellwether", "nginx"))]
    return (f"In the table: pools of {ENDPOINTS_PER_POOL} endpoints, each pool with a host name of its own, beside the one "
            f"that is asked for (which has one endpoint). In the pool: all endpoints of the pool that is asked for, each "
            f"with an address of its own; they are taken at random (nginx: in turn). 64 connections.\n\n"
            f"{table(head, rows)}")
