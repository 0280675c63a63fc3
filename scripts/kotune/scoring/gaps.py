"""Gaps: how a score, and what tuning added to it, falls from one split to one that is further from what was trained.

That is from `test` to `test-unseen`, which has kinds of rows that no training saw, or from `test-seen`, which asks
other questions on texts that are trained on, to `test`, whose texts never are.

The rows differ, so nothing is paired: the articles of each split, and the seeds where there are several, are
independent parts of the variance (`scoring.seeds`), and the test is the t test over them. A score "carries over" where
the whole interval of its fall lies below the study's margin. Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.names import ENSEMBLE, SEEN, TEST, UNSEEN, VALID
from kotune.core.storage import Json
from kotune.scoring import verdicts
from kotune.scoring.intervals import NOTHING, Settings
from kotune.scoring.runs import Runs, differences, single
from kotune.scoring.score_columns import Scores, units_of
from kotune.scoring.seeds import MODEL_FROM, articles_part, half_width, p_of, seeds_part

# claims, by the split to which a score falls: of the score, and of what tuning added to it
SCORE = {UNSEEN: "new patterns", TEST: "new texts"}
GAIN = {split: f"gain on {what}" for split, what in SCORE.items()}
FALLS, CARRIES_OVER = "falls", "carries over"


def gap_of(splits: Sequence[str]) -> list[str]:
    """Return the two splits that a study holds against one another, the nearer to what was trained first; or none."""
    held = [split for split in splits if split not in (VALID, SEEN, UNSEEN)]
    if UNSEEN in splits and held:
        return [held[0], UNSEEN]
    return [SEEN, TEST] if SEEN in splits and TEST in splits else []


def gaps(scores: Scores, comparisons: Sequence[Json], splits: Sequence[str], asked: Settings) -> list[Json]:
    """Return the fall from the first split to the second of each model under an arm, and of what tuning added to it.

    A line has model, arm, claim, split (the second), against (the first), difference (the fall: the first less the
    second), low, high, p, p_holm, family and verdict.
    """
    metric = asked.primary_metric
    aggregate = scores.aggregates[metric]
    units = [units_of(scores.rows[split], split) for split in splits]
    lines = []
    for (model, arm), values in scores.values.items():
        if model != ENSEMBLE:
            sides = [single(aggregate, values[split, metric], of) for split, of in zip(splits, units, strict=True)]
            lines.append({"model": model, "arm": arm, "claim": SCORE[splits[1]], **_fall(sides, units)})
    for comparison in comparisons:
        if comparison.get("claim") == "tuning":
            a, b = (scores.values[comparison[side]["model"], comparison[side]["arm"]] for side in "ab")
            sides = [
                differences(aggregate, a[split, metric], b[split, metric], of)
                for split, of in zip(splits, units, strict=True)
            ]
            lines.append({**comparison["b"], "claim": GAIN[splits[1]], **_fall(sides, units)})
    common = {"split": splits[1], "against": splits[0], "metric": metric}
    lines = [line | common for line in lines]
    verdicts.judge(lines, metric, None)
    for line in lines:
        line["verdict"] = _word(line, asked.margin)
    return lines


def _fall(sides: Sequence[Runs], units: Sequence) -> Json:
    """Return the fall with its interval and its p."""
    runs = sides[0].points - sides[1].points
    parts = [articles_part(side.estimates, of) for side, of in zip(sides, units, strict=True)]
    parts += [seeds_part(runs)] if len(runs) >= MODEL_FROM else []
    fall, half = float(runs.mean()), half_width(parts)
    clusters = {"articles": [of.count for of in units], "n": [int(of.sizes.sum()) for of in units]}
    told = {"difference": fall, "low": fall - half, "high": fall + half, **clusters, "test": "t test, unpaired"}
    if half < NOTHING:
        floor = verdicts.least_p(min(of.count for of in units))
        return told | {"p": 1.0 if abs(fall) < NOTHING else floor, "no_spread": min(clusters["articles"])}
    return told | {"p": p_of(fall, parts)}


def _word(line: Json, margin: float | None) -> str:
    if line["verdict"] == verdicts.HIGHER:
        return FALLS
    carried = margin is not None and line["high"] < margin and "no_spread" not in line
    return CARRIES_OVER if carried else verdicts.CANNOT_TELL
