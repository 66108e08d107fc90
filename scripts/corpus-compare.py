#!/usr/bin/env python3
"""Plays the corpus of hostile messages through nginx and HAProxy and writes down where they read it differently.

Both are the packages of the distribution, as reverse proxies with connections to the origin kept alive, in their usual
configuration (below), answering for the hosts of the corpus and refusing others. The origin here notes what it gets and
is as tolerant as a careless server. What Bellwether makes of the same bytes is column 2 of `tests/corpus/*.txt`, which
the test suite holds against the running edge. Messages that Bellwether understands and denies for a reason of its own
(`deny`: whose host it is, who claims to be asking) are left out: they are not about reading.

    scripts/corpus-compare.py           # prints the tables
    scripts/corpus-compare.py --write   # puts them between the markers of docs/HOSTILE_INPUT.md
"""

import concurrent.futures
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import corpus_http2

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
PAGE = ROOT / "docs" / "HOSTILE_INPUT.md"
BEGIN, END = "<!-- corpus-compare: begin -->", "<!-- corpus-compare: end -->"

# A proxy that has said nothing for this long, and has nothing left to say, is taken to be waiting.
QUIET = 0.12
# A stream may be answered in several steps, so it gets a little longer.
STREAM_QUIET = 0.25
PATIENCE = 2.0

HOSTS = "www.example.com shop.example.com speaker.example.com"

NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/nginx.error;
events {{}}
http {{
  access_log off;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port} default_server;
    listen 127.0.0.1:{h2c} default_server http2;
    return 421;
  }}
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{h2c} http2;
    server_name {hosts};
    client_max_body_size 100m;
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout http-request 5s
  option forwardfor
frontend front
  bind 127.0.0.1:{port}
  bind 127.0.0.1:{h2c} proto h2
  http-request deny deny_status 421 unless {{ req.hdr(host),host_only -i {hosts} }}
  default_backend origin
backend origin
  server one 127.0.0.1:{origin}
"""


def rows(kind):
    """Name, raw bytes and outcome of every message that is about reading."""
    for line in (CORPUS / f"{kind}.txt").read_text().splitlines():
        name, outcome = [column.strip() for column in line.split(" | ")[:2]]
        if outcome.startswith("deny"):
            continue
        yield name, (CORPUS / kind / f"{name}.http").read_bytes(), outcome


# --- a tolerant reader -----------------------------------------------------------------------------------------------


def read_message(data, bodyless=False, until_close=None):
    """The first message of `data` as (first line, fields, body, rest), or None while it is not complete.

    `until_close`: None for requests; for answers, whether the connection has ended.
    """
    head, blank, rest = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    first, *lines = head.split(b"\r\n")
    fields = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(b":") for line in lines)]
    chunked = any(n == b"transfer-encoding" and b"chunked" in v.lower() for n, v in fields)
    length = next((v for n, v in fields if n == b"content-length"), None)
    if bodyless:
        return first, fields, b"", rest
    if chunked:
        body = read_chunks(rest)
        return body and (first, fields, *body)
    if length is not None and length.isdigit():
        size = int(length)
        return (first, fields, rest[:size], rest[size:]) if len(rest) >= size else None
    if until_close is None:
        return first, fields, b"", rest
    return (first, fields, rest, b"") if until_close else None


def read_chunks(data):
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        try:
            size = int(line.split(b";")[0].strip(), 16)
        except ValueError:
            return None
        if size == 0:
            break
        if len(data) < size + 2:
            return None
        body, data = body + data[:size], data[size + 2 :]
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None
        if not line:
            return body, data


# --- the origin ------------------------------------------------------------------------------------------------------


class Origin:
    """Notes whole requests; answers `/NAME` with raw bytes where it has them, anything else with `ok`."""

    def __init__(self, answers):
        self.answers, self.requests, self.lock = answers, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        with connection:
            while True:
                message = read_message(data)
                if message is None:
                    if self.early(connection, data):
                        return
                    try:
                        piece = connection.recv(65536)
                    except OSError:
                        return
                    if not piece:
                        return
                    data += piece
                    continue
                first, fields, body, data = message
                with self.lock:
                    self.requests.append((first, fields, body))
                if self.answer(connection, first):
                    return

    def early(self, connection, data):
        """Some answers come while the request is still being sent."""
        return b"/during-upload-" in data.partition(b"\r\n")[0] and b"\r\n\r\n" in data and self.answer(connection, data)

    def answer(self, connection, first):
        """Whether the connection ends behind it."""
        words = first.split(b" ")
        name = words[1].lstrip(b"/").decode("latin-1") if len(words) > 1 else ""
        raw = self.answers.get(name)
        reply = raw if raw is not None else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        if raw is None and words[0] != b"HEAD":
            reply += b"ok"
        try:
            connection.sendall(reply)
            if raw is not None:
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(PATIENCE)
                while connection.recv(65536):
                    pass
        except OSError:
            return True
        return raw is not None

    def take(self):
        with self.lock:
            taken, self.requests = self.requests, []
        return taken


# --- the visitor -----------------------------------------------------------------------------------------------------


def exchange(port, data, method=b"GET", half=False):
    """Sends bytes and gives the statuses of final answers, the first one's body, and how the connection ended."""
    statuses, body, got, ended = [], None, b"", False
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as stream:
        try:
            stream.sendall(data)
        except OSError:
            pass
        stream.settimeout(QUIET)
        deadline = time.monotonic() + PATIENCE
        while not ended and time.monotonic() < deadline:
            try:
                piece = stream.recv(65536)
                ended = not piece
                got += piece
            except TimeoutError:
                if statuses or got or not half:
                    break
            except OSError:
                ended = True
            while got:
                status = re.match(rb"HTTP/\d\.\d (\d{3})", got)
                if not status:
                    break
                number = int(status[1])
                bodyless = number < 200 or number in (204, 304) or method == b"HEAD"
                message = read_message(got, bodyless, ended)
                if message is None:
                    break
                got = message[3]
                if number >= 200:
                    statuses.append(number)
                    body = message[2] if body is None else body
    return statuses, body, got


# --- telling ---------------------------------------------------------------------------------------------------------


def shorten(text, most=60):
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    text = "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in text.replace("\r\n", "\\r\\n"))
    return (text if len(text) <= most else text[: most - 3] + "...").replace("|", "\\|").replace("`", "'")


def framing(fields):
    kinds = {b"content-length": "length", b"transfer-encoding": "chunked"}
    return "+".join(kinds[n] for n, _ in fields if n in kinds) or "none"


def tell_request(request):
    first, fields, body = request
    words = first.decode("latin-1").split(" ")
    hosts = [v.decode("latin-1") for n, v in fields if n == b"host"]
    text = f"{words[0]} {' '.join(words[1:-1])} {','.join(hosts)} {framing(fields)}"
    return text + (f' "{shorten(body, 30)}"' if body else "")


def expected_requests(outcome):
    """(method, target, body) of each request that Bellwether lets through."""
    for part in outcome.split(" ; then "):
        found = re.match(r'pass (\S+) (\S+) (\S+) (\S+)(?: "((?:[^"\\]|\\.)*)")?', part)
        if found:
            body = (found[5] or "").encode("latin-1").decode("unicode_escape").encode("latin-1")
            yield found[1].encode(), found[2].encode("latin-1"), body


def compare_requests(port, origin):
    """Every request: name, ours, what was answered, what reached the origin, and how that differs, if it does."""
    for name, data, outcome in rows("requests"):
        origin.take()
        statuses, _, _ = exchange(port, data)
        got = origin.take()
        yield name, outcome, statuses, [tell_request(request) for request in got], difference(outcome, got)


def compare_http2(port, origin):
    """The same for every request of HTTP/2."""
    for line in (CORPUS / "http2.txt").read_text().splitlines():
        name, outcome = [column.strip() for column in line.split(" | ")[:2]]
        origin.take()
        message = (CORPUS / "http2" / f"{name}.frames").read_text()
        told = corpus_http2.exchange(port, message, STREAM_QUIET, PATIENCE)
        got = origin.take()
        yield name, outcome, told, [tell_request(request) for request in got], difference(outcome, got)


def difference(outcome, got):
    """How what reached the origin differs from what Bellwether lets through."""
    ours = list(expected_requests(outcome))
    theirs = [(first.split(b" ")[0], b" ".join(first.split(b" ")[1:-1]), body) for first, _, body in got]
    if theirs == ours:
        return None
    if len(theirs) > len(ours):
        return "passed on what we refuse"
    return "refused what we pass on" if len(theirs) < len(ours) else "passed on something else"


def compare_answers(port):
    for name, _, outcome in rows("responses"):
        method, more, half = b"GET", b"\r\n", False
        if name.startswith("head-of-"):
            method = b"HEAD"
        elif name.startswith("during-upload-"):
            method, more = b"POST", b"Content-Length: 10\r\n\r\nhello"
        request = b"%s /%s HTTP/1.1\r\nHost: speaker.example.com\r\n%s" % (method, name.encode(), more)
        statuses, body, rest = exchange(port, request, method, half=True)
        verb, status = outcome.split(" ")[:2]
        ours = re.match(r'pass \d+ "((?:[^"\\]|\\.)*)"', outcome)
        whole = bool(statuses) and statuses[0] not in (500, 502, 503, 504)
        if verb == "pass":
            expected = ours[1].encode("latin-1").decode("unicode_escape").encode("latin-1")
            same = statuses == [int(status)] and body == expected
            kind = None if same else "refused what we pass on" if not whole else "passed on something else"
        else:
            kind = "passed on what we refuse" if whole else None
        told = f'{" ".join(map(str, statuses)) or "none"} "{shorten(body or b"", 40)}"'
        if not statuses and rest:
            told = f'cut: "{shorten(rest, 40)}"'
        yield name, outcome, statuses, [told], kind


def table(results, last):
    lines = [f"| message | Bellwether | answered | {last} |", "| --- | --- | --- | --- |"]
    for name, outcome, statuses, seen, _ in results:
        answered = " ".join(map(str, statuses)) or "nothing"
        seen = "; ".join(f"`{shorten(text, 90)}`" for text in seen) or "nothing"
        lines.append(f"| {name} | `{shorten(outcome, 70)}` | {answered} | {seen} |")
    return lines


def section(proxy, version, kind, results, last):
    different = [result for result in results if result[4]]
    counts = {k: sum(1 for r in different if r[4] == k) for k in KINDS}
    lines = [f"### {proxy}: {kind}", ""]
    lines += [f"{version}. Of {len(results)} {kind}, {len(results) - len(different)} read alike."]
    for name, count in counts.items():
        if count:
            chosen = [r for r in different if r[4] == name]
            lines += ["", f"**{proxy} {name}: {count}**", "", *table(chosen, last)]
    return [len(results), len(results) - len(different), *counts.values()], [*lines, ""]


KINDS = ["passed on what we refuse", "refused what we pass on", "passed on something else"]


# --- running ---------------------------------------------------------------------------------------------------------


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("a proxy did not start")


def version_of(command):
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return (ran.stdout + ran.stderr).splitlines()[0].strip()


def run(name, template, command, directory, answers):
    origin, port, h2c = Origin(answers), free_port(), free_port()
    config = pathlib.Path(directory) / f"{name}.conf"
    config.write_text(template.format(hosts=HOSTS, dir=directory, origin=origin.port, port=port, h2c=h2c))
    process = subprocess.Popen(command(config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        return list(compare_requests(port, origin)), list(compare_http2(h2c, origin)), list(compare_answers(port))
    finally:
        process.terminate()
        process.wait(10)


def report():
    answers = {name: data for name, data, _ in rows("responses")}
    proxies = [
        ("nginx", NGINX, lambda c: ["nginx", "-c", str(c)], version_of(["nginx", "-v"])),
        ("HAProxy", HAPROXY, lambda c: ["haproxy", "-db", "-f", str(c)], version_of(["haproxy", "-v"])),
    ]
    summary = ["| proxy | messages | alike | " + " | ".join(KINDS) + " |", "| --- |" + " --: |" * (2 + len(KINDS))]
    details = []
    with tempfile.TemporaryDirectory() as directory:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = [pool.submit(run, name, template, command, directory, answers) for name, template, command, _ in proxies]
        for (name, _, _, version), ran in zip(proxies, runs):
            requests, http2, replies = ran.result()
            for kind, results, last in (
                ("requests", requests, "what reached the origin"),
                ("requests of HTTP/2", http2, "what reached the origin"),
                ("answers", replies, "what the visitor got"),
            ):
                counts, lines = section(name, version, kind, results, last)
                summary.append(f"| {name}, {kind} | " + " | ".join(map(str, counts)) + " |")
                details += lines
    return "\n".join([*summary, "", *details]).rstrip() + "\n"


def main():
    text = report()
    if "--write" not in sys.argv[1:]:
        print(text)
        return
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


if __name__ == "__main__":
    main()
