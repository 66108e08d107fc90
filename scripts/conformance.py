#!/usr/bin/env python3
"""Writes docs/CONFORMANCE.md: which numbered behaviours the tests cite, and which test cites which.

    scripts/conformance.py            writes the page
    scripts/conformance.py --check    writes nothing; fails when the page is stale (CI runs this)

A test cites a behaviour in a comment directly above it or inside it, by its number, `LB-17`, `EDGE-44` or `OCI-9`:

    // EDGE-29: a closed port is a refusal, known at once.
    #[tokio::test]
    async fn a_closed_port_is_refused() { ... }

What follows the number and a colon is taken as the behaviour in our words. Only tests are read: Rust functions with a
`#[test]` attribute of any kind, and Python functions named `test...`. Comments on anything else do not count. A number
that no behaviour has is an error, so that a slip of the pen does not pass for coverage.
"""

import argparse
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "CONFORMANCE.md"
SKIPPED = {"target", ".git", ".venv", "node_modules", "bench", "fuzz"}

# How many behaviours each reference numbers, and what it is about.
FAMILIES = {
    "LB": (116, "Load balancing: API, health, steering, affinity, failover"),
    "EDGE": (136, "The edge: admission, outcomes, headers, cache, rules, security"),
    "OCI": (68, "The second system: backend sets, rules, persistence, TLS, logs"),
}

CITATION = re.compile(r"\b(LB|EDGE|OCI)-(\d+)\b")
RUST_TEST = re.compile(r"#\[(?:\w+::)*(?:test|rstest|test_case)\b")
RUST_FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:async )?fn (\w+)")
PYTHON_FUNCTION = re.compile(r"^(\s*)(?:async )?def (test\w*)\(")


@dataclasses.dataclass(frozen=True, order=True)
class Citation:
    """One test that cites one behaviour."""

    family: str
    number: int
    path: str
    test: str
    words: str = dataclasses.field(compare=False)


def is_rust_preamble(line: str) -> bool:
    """Whether a line may stand between a test's comment and its `fn`: comments and attributes."""
    return line.strip().startswith(("//", "#[", ")]"))


def indented_body(lines: list[str], start: int, indent: str) -> list[str]:
    """The lines after `start` up to the first one that is not indented deeper than `indent`."""
    body = []
    for line in lines[start + 1 :]:
        if line.strip() and not line.startswith(indent + " "):
            break
        body.append(line)
    return body


def rust_tests(lines: list[str]):
    """Each test function of a Rust file with the comments that belong to it."""
    for at, line in enumerate(lines):
        function = RUST_FUNCTION.match(line)
        if not function:
            continue
        top = at
        while top > 0 and is_rust_preamble(lines[top - 1]):
            top -= 1
        preamble = lines[top:at]
        if not any(RUST_TEST.search(above) for above in preamble):
            continue
        body = indented_body(lines, at, function.group(1))
        comments = [text for text in preamble + body if "//" in text]
        yield function.group(2), [text.split("//", 1)[1].lstrip("/! ") for text in comments]


def python_tests(lines: list[str]):
    """Each test function of a Python file with the comments and docstrings that belong to it."""
    for at, line in enumerate(lines):
        function = PYTHON_FUNCTION.match(line)
        if not function:
            continue
        top = at
        while top > 0 and lines[top - 1].strip().startswith(("#", "@")):
            top -= 1
        texts = [text.strip() for text in lines[top:at] + indented_body(lines, at, function.group(1))]
        comments = [text.lstrip("# ").strip('"') for text in texts if text.startswith(("#", '"""')) or CITATION.match(text)]
        yield function.group(2), comments


def words_after(comment: str, end: int) -> str:
    """What a comment says of the behaviours it cites: the text after the last number and a colon."""
    said = re.match(r"(?:`?,? ?(?:and )?`?(?:LB|EDGE|OCI)-\d+`?)*`?: *(.+)", comment[end:])
    return said.group(1).strip().rstrip(".") if said else ""


def citations() -> list[Citation]:
    """Every citation in every test of the repository, sorted, each once."""
    found: dict[Citation, Citation] = {}
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        readers = {".rs": rust_tests, ".py": python_tests}
        if path.suffix not in readers or SKIPPED & set(relative.parts) or path == pathlib.Path(__file__).resolve():
            continue
        for test, comments in readers[path.suffix](path.read_text(encoding="utf-8").splitlines()):
            for comment in comments:
                for match in CITATION.finditer(comment):
                    words = words_after(comment, match.end())
                    cited = Citation(match.group(1), int(match.group(2)), relative.as_posix(), test, words)
                    known = found.get(cited)
                    found[cited] = known if known and known.words else cited
    return sorted(found.values(), key=lambda cited: (list(FAMILIES).index(cited.family), cited))


def ranges(numbers: list[int]) -> str:
    """`[1, 2, 3, 7]` as `1-3, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def cell(text: str) -> str:
    """Text that stays inside its table cell."""
    return text.replace("|", "\\|")


def page(found: list[Citation]) -> str:
    """The whole page."""
    parts = [
        "# Conformance",
        "",
        "Which numbered behaviours the tests cite. Generated from the tests by `scripts/conformance.py`; do not edit. A",
        "number is listed when a test really checks it, so what is missing here is not built or not proven yet.",
        "",
        "| behaviours | cited | of |",
        "| --- | ---: | ---: |",
    ]
    by_family = {family: [cited for cited in found if cited.family == family] for family in FAMILIES}
    for family, (total, about) in FAMILIES.items():
        numbers = {cited.number for cited in by_family[family]}
        parts.append(f"| [{family}](#{family.lower()}) {about} | {len(numbers)} | {total} |")
    for family, (total, about) in FAMILIES.items():
        numbers = sorted({cited.number for cited in by_family[family]})
        missing = [number for number in range(1, total + 1) if number not in numbers]
        parts += ["", f"## {family}", "", f"{about}. Not cited: {ranges(missing) or 'none'}.", ""]
        if not numbers:
            continue
        parts += ["| number | behaviour | tests |", "| --- | --- | --- |"]
        for number in numbers:
            tests = [cited for cited in by_family[family] if cited.number == number]
            words = next((cited.words for cited in tests if cited.words), tests[0].test.replace("_", " "))
            shown = "<br>".join(f"`{cited.test}` in {cited.path}" for cited in tests)
            parts.append(f"| {family}-{number} | {cell(words)} | {shown} |")
    return "\n".join(parts) + "\n"


def unknown(found: list[Citation]) -> list[str]:
    """Complaints about numbers that no behaviour has."""
    return [
        f"{cited.path}: {cited.test} cites {cited.family}-{cited.number}, but {cited.family} ends at {FAMILIES[cited.family][0]}"
        for cited in found
        if not 1 <= cited.number <= FAMILIES[cited.family][0]
    ]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="fail when the page is stale, write nothing")
    check = arguments.parse_args().check
    found = citations()
    complaints = unknown(found)
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
        return 1
    expected = page(found)
    if not check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(expected, encoding="utf-8")
        print(f"{PAGE.relative_to(ROOT)}: {len({(c.family, c.number) for c in found})} behaviours cited")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != expected:
        print("docs/CONFORMANCE.md is stale: run scripts/conformance.py and commit the page.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
