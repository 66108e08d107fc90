"""What the proxies pass requests on to, and what it saw."""

import re
import urllib.request

from .machine import LOAD_CORE, PEERS
from .process import Server, free_port
from .template import fill

BODY = "x" * 107
SIZES = {"0": 0, "1 KiB": 1 << 10, "16 KiB": 1 << 14, "64 KiB": 1 << 16, "256 KiB": 1 << 18, "1 MiB": 1 << 20,
         "10 MiB": 10 << 20}


class Origin:
    """nginx on the core of the load. It listens on every loopback address, so that one can play many endpoints."""

    def __init__(self, work, certificate):
        self.port, self.tls_port = free_port(), free_port()
        # The worker of an nginx that root started is somebody else, who must be able to read the bodies.
        work.chmod(0o755)
        files = work / "bytes"
        files.mkdir(exist_ok=True)
        for size in SIZES.values():
            (files / str(size)).write_bytes(b"x" * size)
        conf = fill(PEERS / "origin/nginx.conf", work / f"origin-{self.port}.conf", WORK=work, ORIGIN=self.port,
                    ORIGIN_TLS=self.tls_port, BODY=BODY, **certificate)
        self.server = Server(["nginx", "-c", conf, "-p", work], core=LOAD_CORE)
        self.server.wait_for(self.port)

    def counters(self):
        """Connections accepted and requests answered so far, this question's own left out of neither."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status").read().decode()
        accepted, _, requests = map(int, re.search(r"^ (\d+) (\d+) (\d+) $", text, re.M).groups())
        return accepted, requests
