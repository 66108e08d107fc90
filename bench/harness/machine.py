"""The machine: which core does what, how many descriptors there may be, and what it is."""

import os
import re
import resource
import subprocess
from pathlib import Path

PROXY_CORE, LOAD_CORE = "0", "1"
DESCRIPTORS = 65536
ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench/peers"
BUILT = ROOT / "bench/target/release"


def prepare():
    """Keeps ourselves off the core of the proxies, and allows all that is started here enough descriptors."""
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = max(DESCRIPTORS, hard) if os.geteuid() == 0 else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def descriptors():
    """How many files and sockets a process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def bellwether():
    """The program under test: `BELLWETHER_BIN`, or what `cargo build --release` made."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return Path(os.environ.get("BELLWETHER_BIN", target / "release/bellwether"))


def example(name):
    """An example of the workspace, built in release mode."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/examples" / name


def pin(core, command):
    return ["taskset", "-c", core, *map(str, command)]


def first_line(*command):
    out = subprocess.run(command, capture_output=True, text=True)
    return (out.stdout + out.stderr).strip().splitlines()[0]


def locked(package):
    """The version of a package in the lock file of the bench programs."""
    found = re.search(rf'name = "{package}"\nversion = "([^"]+)"', (ROOT / "bench/Cargo.lock").read_text())
    return found.group(1) if found else "unknown"


def describe():
    """What a reader must know to judge the figures."""
    def number(text):
        return re.search(r"\d+(\.\d+)+", text).group()
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "cpu": f"{cpu.group(1).strip() if cpu else 'unknown'}, {os.cpu_count()} cores",
        "kernel": os.uname().release,
        "commit": first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "versions": {
            "nginx": number(first_line("nginx", "-v")),
            "HAProxy": number(first_line("haproxy", "-v")),
            "Caddy": number(first_line("caddy", "version")),
            "Pingora": locked("pingora"),
            "hyper": locked("hyper"),
            "OpenSSL (nginx, HAProxy)": number(first_line("openssl", "version")),
            "rustc": number(first_line("rustc", "--version")),
        },
    }
