"""Who takes part: how each is started, where it listens, what it can do."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import bellwether
from .machine import BUILT, PEERS
from .process import Server, free_port
from .template import fill

PLAIN, TLS, HTTP2 = "plain", "tls", "http2"
EVERYTHING = frozenset({PLAIN, TLS, HTTP2})


@dataclass
class Contestant:
    """A proxy that runs, in front of one origin."""
    name: str
    server: Server
    http: int
    https: int = 0
    abilities: frozenset = EVERYTHING
    logs: list = field(default_factory=list)
    running: object = None

    def forget_logs(self):
        """Empties the access log, so that every round writes to pages of memory that the machine has touched before."""
        for log in self.logs:
            if Path(log).exists():
                os.truncate(log, 0)


def start_bellwether(work, origin, certificate):
    running = bellwether.Running(work)
    running.api.provision([("127.0.0.1", origin.port)])
    return of_bellwether("bellwether", running)


def of_bellwether(name, running):
    return Contestant(name, running.server, running.http, running.https, logs=[running.access_log], running=running)


def start_nginx(work, origin, certificate, name="nginx", servers=None):
    http, https = free_port(), free_port()
    lines = "\n        ".join(servers or [f"server 127.0.0.1:{origin.port};"])
    conf = fill(PEERS / "nginx/nginx.conf", work / f"{name}.conf", WORK=work, HTTP=http, HTTPS=https, SERVERS=lines,
                **certificate)
    return Contestant(name, Server(["nginx", "-c", conf, "-p", work]), http, https,
                      logs=[work / "nginx.access"])


def start_haproxy(work, origin, certificate):
    http, https, sink = free_port(), free_port(), free_port()
    (work / "both.pem").write_bytes(certificate["CERTIFICATE"].read_bytes() + certificate["KEY"].read_bytes())
    conf = fill(PEERS / "haproxy/haproxy.cfg", work / "haproxy.cfg", WORK=work, HTTP=http, HTTPS=https, SINK=sink,
                ORIGIN=origin.port)
    log = work / "haproxy.access"
    server = Server([BUILT / "bench-load", "sink", f"127.0.0.1:{sink}", log])
    server.wait_for(sink)
    server.join(["haproxy", "-f", conf, "-db"])
    return Contestant("haproxy", server, http, https, logs=[log])


def start_caddy(work, origin, certificate):
    http, https = free_port(), free_port()
    conf = fill(PEERS / "caddy/Caddyfile", work / "Caddyfile", WORK=work, HTTP=http, HTTPS=https, ORIGIN=origin.port,
                **certificate)
    env = {**os.environ, "GOMAXPROCS": "1", "HOME": str(work), "XDG_DATA_HOME": str(work), "XDG_CONFIG_HOME": str(work)}
    server = Server(["caddy", "run", "--config", conf, "--adapter", "caddyfile"], env=env)
    return Contestant("caddy", server, http, https, logs=[work / "caddy.access"])


def start_hyper(work, origin, certificate):
    http, https, log = free_port(), free_port(), work / "hyper.access"
    server = Server([BUILT / "hyper-peer", f"127.0.0.1:{http}", f"127.0.0.1:{https}", f"127.0.0.1:{origin.port}", log,
                     certificate["CERTIFICATE"], certificate["KEY"]])
    return Contestant("hyper", server, http, https, logs=[log])


def start_pingora(work, origin, certificate):
    http, log = free_port(), work / "pingora.access"
    server = Server([BUILT / "pingora-peer", f"127.0.0.1:{http}", f"127.0.0.1:{origin.port}", log])
    return Contestant("pingora", server, http, abilities=frozenset({PLAIN}), logs=[log])


def start_l4copy(work, origin, certificate):
    http = free_port()
    server = Server([BUILT / "l4copy", f"127.0.0.1:{http}", f"127.0.0.1:{origin.port}"])
    return Contestant("l4copy", server, http, abilities=frozenset({PLAIN}))


STARTERS = {"bellwether": start_bellwether, "nginx": start_nginx, "haproxy": start_haproxy, "caddy": start_caddy,
            "pingora": start_pingora, "hyper": start_hyper, "l4copy": start_l4copy}
TITLES = {"bellwether": "Bellwether", "nginx": "nginx", "haproxy": "HAProxy", "caddy": "Caddy", "pingora": "Pingora",
          "hyper": "hyper proxy", "l4copy": "bare L4 copy"}
ABILITIES = {"pingora": frozenset({PLAIN}), "l4copy": frozenset({PLAIN})}
