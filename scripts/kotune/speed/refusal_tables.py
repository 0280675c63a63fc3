"""The tables of docs/metrics.md on refusals: how far two labellings agree, and how often the rules are right.

Takes the content of docs/measured/refusals.json (tools/measure_refusals.py); reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.printing.plain import markdown
from kotune.scoring.labels import HALVES
from kotune.scoring.refusals import CLASSES


def _share(one: Json) -> str:
    """Return a share with what it is of and its interval."""
    if one["share"] is None:
        return "–"
    return f"{one['share']:.2f} ({one['right']} of {one['n']}; {one['low']:.2f} to {one['high']:.2f})"


def _agreement(kept: Json) -> str:
    rows = [
        [what, str(one["n"]), f"{one['same']} ({one['share']:.1%})", f"{one['kappa']:.3f}"]
        for what, one in kept["agreement"].items()
    ]
    return markdown(["labels", "answers", "the same in both readings", "Cohen's kappa"], rows)


def _halves(kept: Json) -> str:
    rows = [
        [half, name, *(_share(kept["halves"][half]["first"][name][what]) for what in ("precision", "recall")),
         *(_share(kept["halves"][half]["second"][name][what]) for what in ("precision", "recall"))]
        for half in reversed(HALVES)
        for name in CLASSES
    ]  # fmt: skip
    head = ["half", "class", "precision", "recall", "precision, second reading", "recall, second reading"]
    return markdown(head, rows)


def _styles(kept: Json) -> str:
    return markdown(["written as", "right"], [[style, _share(one)] for style, one in kept["styles"].items()])


def _elsewhere(kept: Json) -> str:
    rows = []
    for name, one in sorted(kept.items()):
        said = [f"{one['said'].get(what, 0):,}" for what in CLASSES]
        labelled = one.get("labelled")
        told = ["–", "–", "–"] if labelled is None else [
            str(one["read"]), _share(labelled["precision"]), _share(labelled["recall"])
        ]  # fmt: skip
        rows.append([name, f"{one['rows']:,}", *said, *told])
    return markdown(["texts", "different ones", *CLASSES, "read", "precision of refusal", "recall of refusal"], rows)


def tables(kept: Json) -> dict[str, str]:
    """Return the tables under the names that docs/metrics.md gives them."""
    return {
        "refusal-labels": _agreement(kept["labelled"]),
        "refusals": _halves(kept["labelled"]),
        "refusal-styles": _styles(kept["labelled"]),
        "refusals-elsewhere": _elsewhere(kept["elsewhere"]),
    }
