"""Do embedders agree? Mean similarity of each model's answers with each embedder, and how similar the rankings are.

Takes rows, answers and embedders; returns one document. A row that a model was not asked has similarity 0, or is
left out for all models (`overlong`); it is no answer, and so says nothing about how far embedders agree on answers.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, compress

from kotune.core.errors import UserError
from kotune.core.names import ANSWER, ZERO
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, gold_answers, was_asked
from kotune.scoring.given import Pair

DECIMALS = 6
Scorer = Callable[[list[Pair]], tuple[list[float], Json]]  # similarity of each pair, and facts of the embedder
Answers = Mapping[Key, Json]


def ranks(means: Sequence[float]) -> list[int]:
    """Return each mean's rank, 1 for the highest; equal means share the better rank."""
    return [1 + sum(other > mean for other in means) for mean in means]


def _correlation(kind: str, a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return Kendall's tau-b or Spearman's rho; None where one side has nothing to rank."""
    from scipy import stats

    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    found = stats.kendalltau(a, b, variant="b") if kind == "kendall" else stats.spearmanr(a, b)
    value = float(found.statistic)
    if not math.isfinite(value):
        raise ValueError(f"{kind} of {len(a)} values is {value}")
    return round(value, DECIMALS)


def compare(
    rows: Mapping[str, Sequence[Json]],
    answers: Mapping[str, Answers],
    embedders: Mapping[str, Scorer],
    gold: str = ANSWER,
    overlong: str = ZERO,
) -> Json:
    """Return means, ranks and agreement. ``answers``: by model, a line for each row; ``embedders``: by name;
    ``gold``: the rows' column of gold answers.

    Agreement of two embedders: tau-b over the models' means, Spearman over all single answers of all models.
    """
    models = list(answers)
    compared = {
        (split, row["id"], 0): gold_answers(row, split, gold)
        for split, of_split in rows.items()
        for row in of_split
        if overlong == ZERO or all(was_asked(answers[model][split, row["id"], 0]) for model in models)
    }
    if not compared:
        why = "; no row is short enough for all models" if any(rows.values()) else ""
        raise UserError(f"no rows are left to compare embedders on{why}; give a rows file with gold answers")
    keys, golds = list(compared), list(compared.values())
    asked = [was_asked(answers[model][key]) for model in models for key in keys]
    pairs = [(answers[model][key]["answer"], gold) for model in models for key, gold in zip(keys, golds, strict=True)]
    values: dict[str, list[float]] = {}
    entries = []
    for name, scorer in embedders.items():
        scored, facts = scorer(pairs)
        values[name] = [value if given else 0.0 for value, given in zip(scored, asked, strict=True)]
        parts = [values[name][start : start + len(keys)] for start in range(0, len(pairs), len(keys))]
        means = [round(statistics.fmean(part), DECIMALS) for part in parts]
        of_models = [
            {"model": model, "mean": mean, "rank": rank}
            for model, mean, rank in zip(models, means, ranks(means), strict=True)
        ]
        entries.append({"name": name, "facts": facts, "models": of_models})
    means_of = {entry["name"]: [one["mean"] for one in entry["models"]] for entry in entries}
    agreement = [
        {
            "a": a,
            "b": b,
            "kendall_tau_b": _correlation("kendall", means_of[a], means_of[b]),
            "spearman": _correlation("spearman", *(list(compress(values[name], asked)) for name in (a, b))),
            "models": len(models),
            "pairs": sum(asked),
        }
        for a, b in combinations(embedders, 2)
    ]
    return {
        "rows": {split: sum(key[0] == split for key in keys) for split in rows},
        "rows_in_all": sum(map(len, rows.values())),
        "overlong": overlong,
        "asked": {
            model: sum(was_asked(of[split, row["id"], 0]) for split, of_split in rows.items() for row in of_split)
            for model, of in answers.items()
        },
        "models": models,
        "embedders": entries,
        "agreement": agreement,
    }
