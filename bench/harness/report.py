"""Records as text: one document of all rows, and its place in the documentation."""

from .rows import ROWS
from .table import table

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def markdown(report):
    """The whole report: the machine, then one section per row in the order of ROWS."""
    parts = [preface(report)]
    for name, row in ROWS.items():
        if name in report["rows"]:
            parts.append(f"### {row.TITLE}\n\n{row.markdown(report['rows'][name])}")
    missing = [row.TITLE for name, row in ROWS.items() if name not in report["rows"]]
    if missing:
        parts.append("### Left out of this run\n\n" + "; ".join(missing) + ".")
    return "\n\n".join(parts) + "\n"


def preface(report):
    machine = report["machine"]
    versions = table(["program", "version"], machine["versions"].items())
    return (f"Measured on {report['date']} on {machine['cpu']}, Linux {machine['kernel']}, at commit "
            f"{machine['commit']}: medians of {report['rounds']} rounds of {report['seconds']} s taken in turn (of a second "
            f"less in the sections about scaling), least and greatest in brackets."
            f"\n\n{versions}")


def write_into(page, report):
    """Replaces what stands between the two marks of a page."""
    text = page.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n{markdown(report)}{END}{after}")
