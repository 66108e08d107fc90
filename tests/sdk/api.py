"""Calls of the API without the SDK."""

import json
import urllib.request

from server import TOKEN

ANSWERED_WITHIN = 10.0


def call_api(server, method, path, body=None):
    """A call that has to succeed; gives `result`."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.api}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=ANSWERED_WITHIN) as answer:
        return json.load(answer)["result"]
