#!/usr/bin/env python3
"""Fails when a dependency has a licence that deny.toml does not allow. Needs no network and no extra tool."""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed(expression: str, allow: set[str]) -> bool:
    """Whether an SPDX expression can be satisfied with allowed licences only."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def any_of() -> bool:
        result = all_of()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            right = all_of()
            result = result or right
        return result

    def all_of() -> bool:
        result = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            right = one()
            result = result and right
        return result

    def one() -> bool:
        token = tokens.pop(0)
        if token == "(":
            result = any_of()
            tokens.pop(0)
            return result
        name = token
        if tokens and tokens[0] == "WITH":
            name = f"{token} {tokens.pop(0)} {tokens.pop(0)}"
        return name in allow

    return any_of()


def main() -> int:
    policy = tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]
    allow = set(policy["allow"])
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]
    refused = [
        f"{package['name']} {package['version']}: {package['license'] or 'no licence given'}"
        for package in packages
        if not (package["license"] and allowed(package["license"], allow))
    ]
    for line in refused:
        print(line, file=sys.stderr)
    if refused:
        print("Replace them, or allow the licence in deny.toml if it suits Apache-2.0.", file=sys.stderr)
        return 1
    print(f"{len(packages)} packages, all under licences that deny.toml allows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
