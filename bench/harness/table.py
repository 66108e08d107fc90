"""Medians, spreads and tables in Markdown."""

from statistics import median

from .contestants import TITLES


def middle(samples, key):
    return median(sample[key] for sample in samples)


def spread(samples, key, form="{:.1f}"):
    """The median, and the least and greatest in brackets."""
    values = [sample[key] for sample in samples]
    low, high = form.format(min(values)), form.format(max(values))
    centre = form.format(median(values))
    return centre if low == high else f"{centre} ({low}-{high})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def title(name):
    return TITLES.get(name, name)


def ratio(samples, key, name):
    """Bellwether's median divided by that of `name`; `None` when one of them took no part."""
    if "bellwether" not in samples or name not in samples:
        return None
    other = middle(samples[name], key)
    return middle(samples["bellwether"], key) / other if other else None


def judged(value, target, at_least=False, form="{:.2f}"):
    """A figure beside its target: met, or missed."""
    if value is None:
        return "-"
    if target is None:
        return form.format(value)
    sign, met = (">=", value >= target) if at_least else ("<=", value <= target)
    return f"{form.format(value)} (target {sign} {form.format(target)}: {'met' if met else '**missed**'})"
