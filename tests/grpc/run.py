"""The four kinds of gRPC calls through a real `bellwether serve`, with the official client and server on either side.

Both sides speak HTTP/2 over TLS. Messages are plain bytes, so no code is generated.
"""

import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent import futures

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from api import call_api  # noqa: E402
from server import Server  # noqa: E402

ZONE = "grpc.test"
HOST = f"www.{ZONE}"
SERVICE = "test.Echo"
PATIENCE = 10.0


def each(requests, _context):
    yield from requests


def handlers():
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Down": grpc.unary_stream_rpc_method_handler(lambda request, _: (request + b"%d" % i for i in range(100))),
        "Up": grpc.stream_unary_rpc_method_handler(lambda requests, _: b",".join(requests)),
        "Both": grpc.stream_stream_rpc_method_handler(each),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)


def unary(request, context):
    if request == b"fail":
        context.abort(grpc.StatusCode.NOT_FOUND, "nothing of that name")
    context.set_trailing_metadata((("x-told", "behind"),))
    return request


def start_origin(directory):
    key, chain = directory / "key.pem", directory / "chain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-keyout", str(key), "-out", str(chain)],
        check=True, capture_output=True,
    )
    origin = grpc.server(futures.ThreadPoolExecutor(8), handlers=[handlers()])
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), chain.read_bytes())])
    port = origin.add_secure_port("127.0.0.1:0", credentials)
    origin.start()
    return origin, port


def configure(server, port):
    account = call_api(server, "GET", "/accounts")[0]["id"]
    zone = call_api(server, "POST", "/zones", {"account": {"id": account}, "name": ZONE})["id"]
    call_api(server, "PATCH", f"/zones/{zone}/settings/origin_max_http_version", {"value": "2"})
    origins = [{"name": "one", "address": "127.0.0.1", "port": port}]
    pool = call_api(server, "POST", f"/accounts/{account}/load_balancers/pools", {"name": "grpc", "origins": origins})
    balancer = {"name": HOST, "default_pools": [pool["id"]], "fallback_pool": pool["id"], "proxied": True}
    call_api(server, "POST", f"/zones/{zone}/load_balancers", balancer)


def one_by_one(heard):
    """Says a thing only once the one before has come back: nothing on the way may wait for the end of the call."""
    said = iter(range(20))
    for number in said:
        yield b"%d" % number
        end = time.monotonic() + PATIENCE
        while len(heard) <= number and time.monotonic() < end:
            time.sleep(0.001)


def check(channel):
    call = {name: getattr(channel, kind)(f"/{SERVICE}/{name}") for name, kind in [
        ("Unary", "unary_unary"), ("Down", "unary_stream"), ("Up", "stream_unary"), ("Both", "stream_stream")]}
    answer, told = call["Unary"].with_call(b"hello", timeout=PATIENCE)
    assert answer == b"hello" and ("x-told", "behind") in told.trailing_metadata(), told.trailing_metadata()
    big = b"x" * (3 << 20)
    assert call["Unary"](big, timeout=PATIENCE) == big
    try:
        call["Unary"](b"fail", timeout=PATIENCE)
        raise AssertionError("a call that fails has to fail")
    except grpc.RpcError as error:
        assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "nothing of that name"), error
    assert list(call["Down"](b"n", timeout=PATIENCE)) == [b"n%d" % i for i in range(100)]
    assert call["Up"](iter([b"a", b"b", b"c"]), timeout=PATIENCE) == b"a,b,c"
    heard = []
    for message in call["Both"](one_by_one(heard), timeout=2 * PATIENCE):
        heard.append(message)
    assert heard == [b"%d" % number for number in range(20)], heard


def main():
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        origin, port = start_origin(directory)
        server = Server(directory)
        try:
            configure(server, port)
            root = (directory / "local-ca.pem").read_bytes()
            options = [("grpc.ssl_target_name_override", HOST), ("grpc.default_authority", HOST)]
            address = server.https.removeprefix("https://")
            with grpc.secure_channel(address, grpc.ssl_channel_credentials(root), options) as channel:
                check(channel)
        finally:
            server.stop()
            origin.stop(None)
    print("unary, server streaming, client streaming and both ways: all as they should be")


if __name__ == "__main__":
    main()
