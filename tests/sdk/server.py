"""A real `bellwether serve` on ports of its own, in a directory of its own."""

import os
import pathlib
import re
import select
import subprocess
import time

TOKEN = "token-of-the-sdk-tests"
READY = re.compile(r"^ready http=(\S+) https=(\S+) api=(\S+)")
READY_WITHIN = 30.0
STOPPED_WITHIN = 20.0


def binary() -> str:
    """The binary under test."""
    root = pathlib.Path(__file__).resolve().parents[2]
    named = os.environ.get("BELLWETHER_BIN") or root / "target" / "debug" / "bellwether"
    # The server runs in a directory of its own, where a relative path would mean something else.
    return str(pathlib.Path(named).resolve())


class Server:
    """A running server, and where to reach it."""

    def __init__(self, data_dir: pathlib.Path):
        self.log = data_dir / "stderr.log"
        command = [binary(), "serve", "--data-dir", str(data_dir)]
        for listener in ("--http", "--https", "--api"):
            command += [listener, "127.0.0.1:0"]
        environment = {**os.environ, "BELLWETHER_API_TOKEN": TOKEN, "BELLWETHER_LOG_ACCESS": "off"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment, cwd=data_dir, text=True
            )
        self.http, self.https, self.api = self._ready().groups()

    def _ready(self) -> re.Match:
        """Reads lines until the one that says where everything is."""
        end = time.monotonic() + READY_WITHIN
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.process.stdout], [], [], left)[0]:
                break
            line = self.process.stdout.readline()
            if found := READY.match(line):
                return found
            if not line:
                break
        self.stop()
        raise RuntimeError(f"the server did not get ready:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Asks the server to stop, and waits until it has."""
        self.process.terminate()
        try:
            self.process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
