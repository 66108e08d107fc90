"""curl and h2load against a real `bellwether serve`: HTTP/2 by TLS and by prior knowledge, and HTTP/1.1 beside it.

Every request must come back with the status, the bytes and the version that were asked for; not one may fail.
"""

import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from api import call_api  # noqa: E402
from server import Server  # noqa: E402

ZONE = "http2.test"
HOST = f"www.{ZONE}"
SIZES = (0, 1, 10_000, 1_000_000)
REQUESTS = 2_000
PATIENCE = 120


class Answers(http.server.BaseHTTPRequestHandler):
    """`/N` has N bytes; what is posted comes back."""

    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece: a second one would wait until the first is acknowledged.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(b"x" * int(self.path.lstrip("/")))

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start_origin():
    http.server.ThreadingHTTPServer.request_queue_size = 128
    origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    return origin


def configure(server, port):
    account = call_api(server, "GET", "/accounts")[0]["id"]
    zone = call_api(server, "POST", "/zones", {"account": {"id": account}, "name": ZONE})["id"]
    call_api(server, "PATCH", f"/zones/{zone}/settings/ssl", {"value": "flexible"})
    origins = [{"name": "one", "address": "127.0.0.1", "port": port}]
    pool = call_api(server, "POST", f"/accounts/{account}/load_balancers/pools", {"name": "one", "origins": origins})
    balancer = {"name": HOST, "default_pools": [pool["id"]], "fallback_pool": pool["id"], "proxied": True}
    call_api(server, "POST", f"/zones/{zone}/load_balancers", balancer)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def port_of(url):
    return url.rstrip("/").rsplit(":", 1)[1]


def check_curl(directory, scheme, port, flag, version):
    """Downloads of every size and an upload, with the version that the flag asks for."""
    told = directory / "told"
    common = ["curl", "--silent", "--show-error", flag, "--cacert", str(directory / "local-ca.pem"),
              "--resolve", f"{HOST}:{port}:127.0.0.1", "--output", str(told),
              "--write-out", "%{http_version} %{response_code} %{size_download}"]
    for size in SIZES:
        came = run(*common, f"{scheme}://{HOST}:{port}/{size}")
        assert came == f"{version} 200 {size}", f"{scheme} {flag} {size}: {came}"
        assert told.stat().st_size == size if told.exists() else size == 0
    body = directory / "body"
    body.write_bytes(os.urandom(500_000))
    came = run(*common, "--data-binary", f"@{body}", f"{scheme}://{HOST}:{port}/0")
    assert came == f"{version} 200 500000" and told.read_bytes() == body.read_bytes(), f"{scheme} {flag}: {came}"


def check_h2load(scheme, port, connections, streams, size):
    """A bounded number of requests at once, of which none may fail."""
    said = run("h2load", "-n", str(REQUESTS), "-c", str(connections), "-m", str(streams),
               f"--connect-to=127.0.0.1:{port}", f"{scheme}://{HOST}:{port}/{size}")
    done = f"{REQUESTS} total, {REQUESTS} started, {REQUESTS} done, {REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout"
    assert f"requests: {done}" in said and f"status codes: {REQUESTS} 2xx" in said, said
    data = re.search(r"\((\d+)\) data", said)
    assert data and int(data.group(1)) == REQUESTS * size, said
    assert "Application protocol: " + ("h2c" if scheme == "http" else "h2") in said, said


def main():
    os.environ["BELLWETHER_EDGE_H2C"] = "true"
    origin = start_origin()
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        server = Server(directory)
        try:
            configure(server, origin.server_address[1])
            plain, tls = port_of(server.http), port_of(server.https)
            for scheme, port, flag, version in [
                ("https", tls, "--http2", "2"), ("https", tls, "--http1.1", "1.1"),
                ("http", plain, "--http2-prior-knowledge", "2"), ("http", plain, "--http1.1", "1.1"),
                # curl offers an upgrade to h2c here, which nobody has to take.
                ("http", plain, "--http2", "1.1"),
            ]:
                check_curl(directory, scheme, port, flag, version)
            for scheme, port in [("https", tls), ("http", plain)]:
                for connections, streams, size in [(1, 1, 100), (8, 10, 1_000), (4, 50, 20_000)]:
                    check_h2load(scheme, port, connections, streams, size)
        finally:
            server.stop()
            origin.shutdown()
    print("curl and h2load, by TLS and by prior knowledge: every request came back as it should")


if __name__ == "__main__":
    main()
