"""Sample origins: small HTTP servers that answer with their name, until they are told to fail."""

import contextlib
import http.server
import socket
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the status and the name of its server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.server.name.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Origin(http.server.ThreadingHTTPServer):
    """An origin on a port of its own."""

    daemon_threads = True

    def __init__(self, name: str):
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.status = 200
        self._connections = set()
        self.port = self.server_address[1]
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._connections.discard(request)
        super().shutdown_request(request)

    def as_origin(self, **more) -> dict:
        """The origin as a pool wants it."""
        return {"name": self.name, "address": "127.0.0.1", "port": self.port, **more}

    def close(self) -> None:
        """Stops listening, so that new connections are refused, and drops those that are open."""
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
