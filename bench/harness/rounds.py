"""Rounds taken in turn, and what a run of them needs."""

import subprocess
import sys
import time
from contextlib import contextmanager

from .contestants import ABILITIES, EVERYTHING, STARTERS
from .origin import Origin

WARM_SECONDS = 1


class Bench:
    """One run: its options, its directory, its origin, and the contestants that are running."""

    def __init__(self, work, only, rounds, seconds):
        self.work, self.only, self.rounds, self.seconds = work, only, rounds, seconds
        self.certificate = make_certificate(work)
        self.origin = Origin(work, self.certificate)
        self.running = {}
        self.begun = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for contestant in self.running.values():
            contestant.server.stop()
        self.origin.server.stop()

    def able(self, ability, among=None):
        """The chosen contestants that can do this (and are among those a row asks for), started when they were not."""
        names = [name for name in self.only if ability in ABILITIES.get(name, EVERYTHING)]
        return [self.contestant(name) for name in names if among is None or name in among]

    def contestant(self, name):
        if name not in self.running:
            self.running[name] = self.start(name)
        return self.running[name]

    def start(self, name):
        contestant = STARTERS[name](self.work, self.origin, self.certificate)
        contestant.server.wait_for(contestant.http)
        return contestant

    @contextmanager
    def fresh(self, name):
        """A contestant of its own, for what must begin with an untouched process."""
        work = self.work / "fresh" / f"{name}-{time.monotonic_ns()}"
        work.mkdir(parents=True)
        contestant = STARTERS[name](work, self.origin, self.certificate)
        try:
            contestant.server.wait_for(contestant.http)
            yield contestant
        finally:
            contestant.server.stop()

    def say(self, text):
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        print(f"[{minutes:02}:{seconds:02}] {text}", file=sys.stderr, flush=True)

    def in_turn(self, contestants, measure, seconds=None):
        """`measure(contestant, seconds)` of every contestant once per round, in turn, so that a slow minute of the
        machine hits all. Before the first round each carries the same load for a moment without being measured, which
        touches its memory and fills its pools."""
        for contestant in contestants:
            measure(contestant, WARM_SECONDS)
        samples = {contestant.name: [] for contestant in contestants}
        for number in range(1, self.rounds + 1):
            for contestant in contestants:
                contestant.forget_logs()
                sample = measure(contestant, seconds or self.seconds)
                samples[contestant.name].append(sample)
                self.say(f"  round {number} {contestant.name:24} " + brief(sample))
        return samples

    @property
    def short(self):
        """Seconds of a measurement in the rows that have many: those about scaling."""
        return max(1, self.seconds - 1)


def brief(sample):
    return "  ".join(f"{key} {value:,.2f}" for key, value in sample.items()
                     if isinstance(value, (int, float)) and key not in ("cpu_seconds", "seconds"))


def make_certificate(work):
    """A self-signed ECDSA P-256 certificate for the peers; Bellwether issues its own of the same kind."""
    certificate, key = work / "certificate.pem", work / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=www.bench.test",
                    "-addext", "subjectAltName=DNS:www.bench.test"], check=True, capture_output=True)
    return {"CERTIFICATE": certificate, "KEY": key}
