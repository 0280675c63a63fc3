"""Rate rows once for all rowsets that choose among them: educational value, features by rules, near-duplicates.

Takes rows, labels and an embedder's vectors; reads and writes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.curation import educational
from kotune.curation.near_duplicates import Texts, earlier_twins, found_at, rows_a_band
from kotune.curation.program_features import features_of
from kotune.curation.second_labels import second_sources
from kotune.study.quality_facts import FEATURES, NEAR_DUPLICATE

if TYPE_CHECKING:
    import numpy as np

CHARACTERS = 4  # the n of the n-grams of near-duplicates


def text_of(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Return what of a row is embedded and compared: its columns, turns among them, joined by a line's end."""
    parts = []
    for column in columns:
        value = row.get(column)
        parts += [turn["content"] for turn in value] if isinstance(value, list) else [value or ""]
    return "\n".join(part for part in parts if part)


def duplicates(texts: Sequence[str], near: float) -> list[int | None]:
    """Return for each text the place of the earlier text that it repeats, None where there is none."""
    found = earlier_twins(Texts(texts, CHARACTERS), near)
    return [None if one is None else one.place for one in found]


def rated(
    rows: Sequence[Json],
    columns: Sequence[str],
    labels: Mapping[str, float],
    vectors: np.ndarray,
    asked: Json,
    second: Mapping[str, float] | None = None,
) -> tuple[list[Json], Json]:
    """Return a line for each row, and what is said of all of them.

    ``columns``: of a row's texts; ``labels``: id → 0 to 5; ``vectors`` (rows, dimension); ``asked``: the study's
    `quality` with its defaults, and ``programs``: whether rows are programs; ``second``: labels of another source.
    """
    ids, units = [row["id"] for row in rows], [row[UNIT] for row in rows]
    held = educational.held_out(labels, dict(zip(ids, units, strict=True)), asked["held_out"], asked["seed"])
    learned = [place for place, name in enumerate(ids) if name in labels and name not in held]
    found, strength = educational.ratings(vectors, learned, [labels[ids[place]] for place in learned])
    twins = duplicates([text_of(row, columns) for row in rows], asked["near"])
    lines = []
    for row, rating, twin in zip(rows, found, twins, strict=True):
        features, complexity = features_of(row, asked["most_complex"]) if asked["programs"] else ({}, None)
        lines.append(
            {
                "id": row["id"],
                UNIT: row[UNIT],
                "label": labels.get(row["id"]),
                "held_out": row["id"] in held,
                "rating": rating,
                "complexity": complexity,
                **{name: features.get(name, False) for name in FEATURES},
                NEAR_DUPLICATE: twin is not None,
                "twin": None if twin is None else ids[twin],
                "truth": (row.get(asked["truth"]) or "") if "truth" in asked else None,
            }
        )
    others = second_sources(lines, second or {}, asked)
    return lines, {**_document(rows, lines, strength, asked), **({"second": others} if others else {})}


def _document(rows: Sequence[Json], lines: Sequence[Json], strength: float, asked: Json) -> Json:
    """Return what is said of all rows."""
    judged = [line for line in lines if line["held_out"]]
    labels, found = [line["label"] for line in judged], [line["rating"] for line in judged]
    labelled = sum(line["label"] is not None for line in lines)
    features = list(FEATURES) if asked["programs"] else [NEAR_DUPLICATE]
    units = [line[UNIT] for line in judged]
    return {
        "rows": len(lines),
        "labelled": labelled,
        "learned": labelled - len(judged),
        "threshold": asked["threshold"],
        "strength": strength,
        "validation": educational.validation(labels, found, units, asked["threshold"], asked["seed"]),
        "calibration": educational.calibration(labels, found),
        "removed": educational.removed([line["rating"] for line in lines]),
        "features": {name: sum(line[name] for line in lines) for name in features},
        "any_feature": sum(any(line[name] for name in features) for line in lines),
        "most_complex": asked["most_complex"],
        "near": asked["near"],
        "found_at_near": math.floor(1e4 * found_at(asked["near"], rows_a_band(asked["near"]))) / 1e4,
        **({"topics": topics([row.get(asked["topic"]) for row in rows])} if "topic" in asked else {}),
    }


def topics(values: Sequence[str | None]) -> Json:
    """Return how uneven topics are: rows a topic, the largest's share, and how many even topics would be as varied.

    The last is the exponential of the entropy: as many as there are where all have the same number of rows.
    """
    counts = Counter(value or "" for value in values)
    total = sum(counts.values())
    entropy = -sum(count / total * math.log(count / total) for count in counts.values())
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return {"rows": ordered, "largest": round(max(counts.values()) / total, 4), "even": round(math.exp(entropy), 2)}
