"""Servers of a run: started on a core of their own, and read from /proc."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .machine import PROXY_CORE, pin

TICK = 1 / os.sysconf("SC_CLK_TCK")


def free_port():
    """A port that is free on every address: the origin listens on all, and the load comes from many."""
    with socket.socket() as s:
        s.bind(("", 0))
        return s.getsockname()[1]


class Server:
    """One process with all its children and threads, or several that do one job together."""

    def __init__(self, command, core=PROXY_CORE, **options):
        self.processes = []
        self.errors = tempfile.TemporaryFile()
        self.join(command, core, **options)

    def join(self, command, core=PROXY_CORE, **options):
        """Starts a further process whose cost counts as this server's."""
        options.setdefault("stdout", subprocess.DEVNULL)
        options.setdefault("stderr", self.errors)
        self.processes.append(subprocess.Popen(pin(core, command), start_new_session=True, **options))
        return self

    def wait_for(self, port, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for process in self.processes:
                if process.poll() is not None:
                    self.fail(f"{process.args} ended with {process.returncode} before it listened")
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.fail(f"{self.processes[0].args} did not listen on {port} within {seconds} s")

    def fail(self, what):
        """Ends the run, with what the server said last."""
        self.stop()
        self.errors.seek(0)
        sys.exit(f"{what}\n{self.errors.read().decode(errors='replace')[-4000:]}")

    def members(self):
        """The process ids of everything that was started here."""
        sessions = {process.pid for process in self.processes}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) in sessions:
                yield stat.parent, fields

    def cpu_seconds(self):
        """User and system time of all processes and threads so far."""
        return sum((int(fields[11]) + int(fields[12])) * TICK for _, fields in self.members())

    def memory_bytes(self):
        """Proportional set size: pages that several processes share are counted once."""
        total = 0
        for process, _ in self.members():
            total += int(re.search(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.M).group(1)) * 1024
        return total

    def threads(self):
        """Thread ids with their names."""
        for process, _ in self.members():
            for task in (process / "task").iterdir():
                yield int(task.name), (task / "comm").read_text().strip()

    def stop(self, how=signal.SIGTERM):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, how)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
