#!/usr/bin/env python3
"""Bellwether beside its peers: one run on one machine, in tables.

    bench/run.py                                        every row, five rounds
    bench/run.py --rows small-answers,http2 --only bellwether,nginx --rounds 3 --seconds 2
    bench/run.py --quick                                one round of a second: does everything work?
    bench/run.py --write-docs                           docs/PERFORMANCE.md again from bench/results/latest.json

Every proxy has one core and the same work; the load and the origin share the other core. Rounds are taken in turn. The
CPU time of a proxy is what the kernel charged all its processes and threads.
"""

import argparse
import datetime
import json
import signal
import sys
import tempfile
from pathlib import Path

from harness import machine, report
from harness.contestants import STARTERS
from harness.rounds import Bench
from harness.rows import ROWS

RESULT = machine.ROOT / "bench/results/latest.json"
PAGE = machine.ROOT / "docs/PERFORMANCE.md"


def names(known):
    def parse(text):
        chosen = text.split(",")
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return chosen
    return parse


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=names(ROWS), default=list(ROWS), help=", ".join(ROWS))
    parser.add_argument("--only", type=names(STARTERS), default=list(STARTERS), help=", ".join(STARTERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="one round of a second")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    parser.add_argument("--json", type=Path, help="also write every sample to this file")
    parser.add_argument("--keep", action="store_true", help="also write every sample where --write-docs looks for it")
    parser.add_argument("--write-docs", action="store_true", help="measure nothing; renew the page from what was kept")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = chosen.seconds = 1
    return chosen


def measure(chosen):
    done = {"date": datetime.date.today().isoformat(), "rounds": chosen.rounds, "seconds": chosen.seconds,
            "machine": machine.describe(), "rows": {}}
    machine.prepare()
    with (tempfile.TemporaryDirectory(prefix="bellwether-bench-") as work,
          Bench(Path(work), chosen.only, chosen.rounds, chosen.seconds) as bench):
        for name in chosen.rows:
            bench.say(ROWS[name].TITLE)
            done["rows"][name] = {"cases": ROWS[name].measure(bench)}
            save(chosen, done)
        bench.say("done")
    return done


def save(chosen, done):
    """After every row, so that a run that breaks off late is not lost."""
    text = json.dumps(rounded(done)) + "\n"
    if chosen.json:
        chosen.json.write_text(text)
    if chosen.keep:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text)


def rounded(value):
    """With six significant digits, which is more than any of these figures deserves."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list) else value


def end(*_):
    """Ends in good order, once: a second signal must not stop the servers from being stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit("told to end")


def main():
    signal.signal(signal.SIGTERM, end)
    chosen = options()
    if chosen.write_docs:
        report.write_into(PAGE, json.loads(RESULT.read_text()))
        return
    text = report.markdown(measure(chosen))
    print(text)
    if chosen.markdown:
        chosen.markdown.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
