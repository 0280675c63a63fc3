"""How far ratings agree with a second source of labels, which they did not learn from.

An F1 against held-out labels of the source that was learned from says how well that source is copied, its faults
included; another source says how far both are to be believed. Takes lines of ratings; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.curation import educational
from kotune.curation.educational import HIGHEST, LOWEST

LABELS, TRUTH = "labels", "truth"  # what a source says: values from 0 to 5, or what is wrong with a row


def second_sources(lines: Sequence[Json], labels: Mapping[str, float], asked: Json) -> list[Json]:
    """Return for each second source how far ratings agree with it; [] where there is none.

    ``labels``: id → 0 to 5, {} without; ``asked``: the study's `quality` with its defaults. What is known of the rows
    (`truth`) is a source, too: a row with nothing wrong is one that should pass.
    """
    found = [_of_labels(lines, labels, asked)] if labels else []
    held = [line for line in lines if line["held_out"]]
    if "truth" in asked and len({bool(line["truth"]) for line in held}) == 2:
        values = [LOWEST if line["truth"] else HIGHEST for line in held]
        said = _validated(held, values, asked)
        # what is known has no classes between, so that no mean over classes can be taken
        found.append({"kind": TRUTH, "source": asked["truth"], **{k: v for k, v in said.items() if k != "macro_f1"}})
    return found


def _of_labels(lines: Sequence[Json], labels: Mapping[str, float], asked: Json) -> Json:
    learned = {line[UNIT] for line in lines if line["label"] is not None and not line["held_out"]}
    judged = [line for line in lines if line["id"] in labels and line[UNIT] not in learned]
    if not judged:
        raise UserError(
            f"quality.second_labels: all {len(labels):,} are of rows whose first labels were learned; label rows that "
            "are held out, or that have no other label"
        )
    both = [line for line in lines if line["id"] in labels and line["label"] is not None]
    said = asked["second_labels"]
    return {
        "kind": LABELS,
        "source": said.get("column") or said["path"].rsplit("/", 1)[-1],
        **_validated(judged, [labels[line["id"]] for line in judged], asked),
        "between": _between(both, labels, asked["threshold"]),
    }


def _validated(lines: Sequence[Json], values: Sequence[float], asked: Json) -> Json:
    ratings, units = [line["rating"] for line in lines], [line[UNIT] for line in lines]
    return educational.validation(values, ratings, units, asked["threshold"], asked["seed"])


def _between(lines: Sequence[Json], labels: Mapping[str, float], threshold: int) -> Json | None:
    """Return the F1s of the first labels against the second, of rows that have both: no rating is asked for more."""
    if not lines:
        return None
    first = [educational.class_of(line["label"]) for line in lines]
    second = [educational.class_of(labels[line["id"]]) for line in lines]
    return {
        "rows": len(lines),
        "binary_f1": round(educational.binary_f1(second, first, threshold), educational.DIGITS),
        "macro_f1": round(educational.macro_f1(second, first), educational.DIGITS),
    }
