"""A WebSocket server behind a running edge, and clients in front of it."""

import contextlib
import json
import pathlib
import socket
import ssl
import sys
import threading
import urllib.parse
import urllib.request

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from server import TOKEN, Server  # noqa: E402

HOST = "chat.example.com"
PATIENCE = 20.0


def handle(connection):
    """Says everything back, until it is told how to close."""
    for message in connection:
        if isinstance(message, str) and message.startswith("close "):
            connection.close(int(message.split()[1]), "as you wish")
            return
        connection.send(message)


def judge(connection, request):
    """Refuses the door that is shut."""
    return connection.respond(403, "not you\n") if request.path == "/shut" else None


def choose(_connection, offered):
    """Speaks `two`, if that is wished for."""
    return "two" if "two" in offered else None


@pytest.fixture(scope="session")
def origin():
    """The port of a real WebSocket server."""
    server = serve(handle, "127.0.0.1", 0, process_request=judge, select_subprotocol=choose, max_size=None)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.socket.getsockname()[1]
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def edge(tmp_path_factory, origin):
    """A running edge with one site in front of the server."""
    running = Server(tmp_path_factory.mktemp("data"))
    try:
        publish(running.api, origin)
        yield running
    finally:
        running.stop()


def publish(api, port):
    def ask(method, path, body=None):
        request = urllib.request.Request(api.rstrip("/") + path, json.dumps(body).encode() if body else None)
        request.method = method
        request.add_header("Authorization", f"Bearer {TOKEN}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["result"]

    account = ask("GET", "/accounts")[0]["id"]
    zone = ask("POST", "/zones", {"name": "example.com", "account": {"id": account}})["id"]
    origins = [{"name": "one", "address": "127.0.0.1", "port": port}]
    pool = ask("POST", f"/accounts/{account}/load_balancers/pools", {"name": "chat", "origins": origins})["id"]
    balancer = {"name": HOST, "default_pools": [pool], "fallback_pool": pool}
    ask("POST", f"/zones/{zone}/load_balancers", balancer)
    ask("PATCH", f"/zones/{zone}/settings/ssl", {"value": "flexible"})


@pytest.fixture
def open_websocket(edge):
    """Opens a WebSocket through the edge, plain or over TLS."""
    opened = contextlib.ExitStack()

    def open_one(path="/", secure=False, **options):
        where = edge.https if secure else edge.http
        where = urllib.parse.urlsplit(where if "//" in where else f"//{where}")
        sock = socket.create_connection((where.hostname, where.port), PATIENCE)
        scheme = "wss" if secure else "ws"
        if secure:
            options["ssl"] = ssl.create_default_context()
            options["ssl"].check_hostname = False
            options["ssl"].verify_mode = ssl.CERT_NONE
        opened.callback(sock.close)
        return opened.enter_context(connect(f"{scheme}://{HOST}{path}", sock=sock, max_size=None, **options))

    with opened:
        yield open_one
