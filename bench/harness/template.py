"""Configurations of peers: files of this repository in which `@NAME@` stands for what a run decides."""

import re


def fill(template, target, **values):
    """Writes the template with its names replaced to `target`; an unknown name is a mistake and ends the run."""
    text = re.sub(r"@([A-Z_]+)@", lambda found: str(values[found.group(1)]), template.read_text())
    target.write_text(text)
    return target
