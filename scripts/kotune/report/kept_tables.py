"""What kept results (`report.kept`) say: tables as rows of data, the same as Markdown, and what they are worth.

Takes a kept folder as it was read; reads and writes nothing. Of the own evaluation; shares are shown times 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kotune.core.names import BASE, ENSEMBLE, TEST
from kotune.core.storage import Json
from kotune.printing.numbers import difference_key, fixed, gap_key, mean_key, treatment_key
from kotune.printing.plain import markdown
from kotune.report import kept_evaluations, kept_harness
from kotune.report.kept import Kept
from kotune.report.titles import METHOD_TITLES
from kotune.scoring.gaps import gap_of

EXACT = "exact_match"
STEPS = ("training", "answers")


class Point(NamedTuple):
    """A point of the learning curve; ``entry``: of numbers.json."""

    rows: int
    arm: str
    entry: Json


def times(kept: Kept, metric: str) -> float:
    """Return by what a metric is multiplied in print: 100 for a share."""
    return 100.0 if kept.about["metrics"][metric]["share"] else 1.0


def shown(entry: Json, factor: float, sign: bool = False) -> str:
    """Return a mean or difference with its interval: ``53.6 [51.2, 55.9]``."""
    value, low, high = (fixed(factor * entry[end], 1, sign) for end in ("value", "low", "high"))
    # an interval without width is none: the entry says in words that no spread was seen
    return f"{value} {entry['interval']}" if "no_spread" in entry else f"{value} [{low}, {high}]"


def test_split(kept: Kept) -> str:
    """Return the split that one number of an arm is of: test, or the first that is reported."""
    return TEST if TEST in kept.about["splits"] else kept.about["reported"][0]


def called(kept: Kept, model: str, arm: str) -> str:
    """Return how a model under an arm is called: by its arm alone where the study has one model."""
    if model == ENSEMBLE:
        return METHOD_TITLES.get(arm, arm)
    return arm if len(kept.about["models"]) == 1 else f"{arm}, {model}"


def arms(kept: Kept) -> list[Json]:
    """Return of each model and arm its seeds, rows learned and means: split → metric → entry."""
    about = kept.about
    wanted = [one for one in (EXACT, about["primary_metric"]) if one in about["metrics"]]
    rows = []
    for model, arm in kept.sides:
        of_arm = about["arms"][arm]
        means = {
            split: {one: kept.numbers[mean_key(about["study"], model, arm, split, one)] for one in wanted}
            for split in about["splits"]
        }
        learned = of_arm.get("rows_learned", {}).get(model)
        rows.append(
            {"model": model, "arm": arm, "seeds": len(of_arm["seeds"]), "rows_learned": learned, "means": means}
        )
    return rows


def contrasts(kept: Kept) -> list[Json]:
    """Return each contrast of the study, then each arm against the base, on each reported split, by the primary metric.

    A line has name, a, b, model, split, entry (of b less a), p_holm (None where it is not tested) and verdict.
    """
    about, found = kept.about, []
    pairs = [(name, a, b) for name, (a, b) in about["contrasts"].items()]
    pairs += [(f"{arm} against {BASE}", BASE, arm) for arm in about["arm_order"] if arm != BASE]
    for name, a, b in pairs:
        for split in about["reported"]:
            for model in about["arms"].get(b, {"models": []})["models"]:
                key = difference_key(about["study"], (model, a), (model, b), split, about["primary_metric"])
                if key in kept.numbers:
                    p, entry = f"{key}.p_holm", kept.numbers[key]
                    corrected = kept.numbers[p]["text"] if p in kept.numbers else None
                    line = {"name": name, "a": a, "b": b, "model": model, "split": split, "entry": entry}
                    found.append({**line, "p_holm": corrected, "verdict": entry.get("verdict")})
    return found


def learning_curve(kept: Kept) -> dict[str, list[Point]]:
    """Return, by model, the primary metric on test of the arms that differ in nothing but their rows; and the base's.

    Arms that learn samples are none of them. Of several such groups of arms, the one with the most sizes. A model
    without one is left out.
    """
    about, curves = kept.about, {}
    for model in [one["name"] for one in about["models"]]:
        groups: dict[str, dict[int, str]] = {}
        for arm in about["arm_order"]:
            of_arm = about["arms"][arm]
            rows = of_arm.get("rows_learned", {}).get(model)
            if rows is not None and "learns" not in of_arm:
                same = str((sorted(of_arm["differs"].items()), of_arm["prompt"], of_arm.get("answers_with")))
                groups.setdefault(same, {}).setdefault(rows, arm)
        sizes = max(groups.values(), key=len, default={})
        if len(sizes) > 1:
            based = model in about["arms"].get(BASE, {"models": []})["models"]
            named = [*([(0, BASE)] if based else []), *sorted(sizes.items())]
            curves[model] = [Point(rows, arm, _test_mean(kept, model, arm)) for rows, arm in named]
    return curves


def _test_mean(kept: Kept, model: str, arm: str) -> Json:
    """Return the primary metric of a model under an arm, on test."""
    about = kept.about
    return kept.numbers[mean_key(about["study"], model, arm, test_split(kept), about["primary_metric"])]


def gaps(kept: Kept) -> list[Json]:
    """Return each fall from the split that is nearer to what was trained: near, far, fall, p_holm and verdict."""
    about, splits = kept.about, gap_of(kept.about["reported"])
    found = []
    for model, arm in kept.sides if splits else []:
        key = gap_key(about["study"], "score", model, arm)
        if key in kept.numbers:
            near, far = (
                kept.numbers[mean_key(about["study"], model, arm, split, about["primary_metric"])] for split in splits
            )
            line = {"model": model, "arm": arm, "near": near, "far": far, "fall": kept.numbers[key]}
            p = f"{key}.p_holm"
            line["p_holm"] = kept.numbers[p]["text"] if p in kept.numbers else None
            found.append({**line, "verdict": kept.numbers[key].get("verdict")})
    return found


def costs(kept: Kept) -> list[Json]:
    """Return of each model and arm the mean over its seeds of seconds and tokens/s, and the highest GiB, by step."""
    found = []
    for model, arm in kept.sides:
        line: Json = {"model": model, "arm": arm}
        for step in STEPS:
            values: dict[str, list[float]] = {"seconds": [], "tokens_per_second": [], "peak_memory_gib": []}
            for seed in kept.about["arms"][arm]["seeds"]:
                start = f"{treatment_key(kept.about['study'], 'cost', model, arm, seed)}.{step}"
                for what, of in values.items():
                    of += [kept.costs.value(f"{start}.{what}")] if f"{start}.{what}" in kept.costs else []
            for what, of in values.items():
                middle = max(of) if what == "peak_memory_gib" and of else sum(of) / len(of) if of else None
                line[f"{step}_{what}"] = middle
        if any(value is not None for key, value in line.items() if key not in ("model", "arm")):
            found.append(line)
    return found


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else fixed(value, digits)


def _arms_table(kept: Kept, splits: Sequence[str], words: tuple[str, str, str] = ("arm", "seeds", "rows")) -> str:
    metrics = list(arms(kept)[0]["means"][splits[0]])
    titles = [f"{split}, {kept.about['metrics'][one]['title']}" for split in splits for one in metrics]
    rows = [
        [called(kept, one["model"], one["arm"]), str(one["seeds"]), _cell(one["rows_learned"], 0)]
        + [shown(one["means"][split][metric], times(kept, metric)) for split in splits for metric in metrics]
        for one in arms(kept)
    ]
    return markdown([*words, *titles], rows)


def _contrasts_table(kept: Kept) -> str:
    factor = times(kept, kept.about["primary_metric"])
    rows = [
        [
            one["name"].replace("_", " ") if one["name"] in kept.about["contrasts"] else one["name"],
            f"{called(kept, one['model'], one['b'])} less {one['a']}", one["split"],
            shown(one["entry"], factor, sign=True), one["p_holm"] or "–", one["verdict"] or "–",
        ]
        for one in contrasts(kept)
    ]  # fmt: skip
    return markdown(["contrast", "difference of", "split", "difference", "p, corrected", "verdict"], rows)


def _curve_table(kept: Kept) -> str:
    factor, metric = times(kept, kept.about["primary_metric"]), kept.about["metrics"][kept.about["primary_metric"]]
    rows = [
        [called(kept, model, point.arm), fixed(point.rows, 0), shown(point.entry, factor)]
        for model, points in learning_curve(kept).items()
        for point in points
    ]
    return markdown(["arm", "rows learned", f"{metric['title']} on {test_split(kept)}"], rows)


def _gaps_table(kept: Kept) -> str:
    factor = times(kept, kept.about["primary_metric"])
    rows = [
        [
            called(kept, one["model"], one["arm"]), shown(one["near"], factor), shown(one["far"], factor),
            shown(one["fall"], factor, sign=True), one["p_holm"] or "–", one["verdict"] or "–",
        ]
        for one in gaps(kept)
    ]  # fmt: skip
    return markdown(["arm", *gap_of(kept.about["reported"]), "fall", "p, corrected", "verdict"], rows)


def _costs_table(kept: Kept) -> str:
    units = {"seconds": ("s", 1), "tokens_per_second": ("tokens/s", 0), "peak_memory_gib": ("GiB", 2)}
    columns = [
        (f"{step}_{what}", f"{step}, {unit}", digits) for step in STEPS for what, (unit, digits) in units.items()
    ]
    rows = [
        [called(kept, one["model"], one["arm"]), *(_cell(one[key], digits) for key, _, digits in columns)]
        for one in costs(kept)
    ]
    return markdown(["arm", *(title for _, title, _ in columns)], rows)


def worth(kept: Kept) -> str:
    """Return what the results are of, and what they cannot be compared with, in a paragraph."""
    about, data = kept.about, kept.about["data"]
    models = []
    for model in about["models"]:
        size = f", {fixed(model['parameters'] / 1e6, 0)} million parameters" if model["parameters"] else ""
        stored = f", weights dequantised from {model['quantisation']}" if "quantisation" in model else ""
        models.append(f"{model['name']} ({model['licence']}{size}{stored})")
    rows = data["rows"][about["arms"][about["arm_order"][0]]["rowset"]]
    counts = ", ".join(f"{fixed(of['rows'], 0)} {split}" for split, of in rows.items())
    whole = [file["name"] for file in data["files"] if file["split"] is None]
    source = (
        f" All splits, the tests too, were drawn from one published file ({', '.join(whole)}), so no score here can be "
        "compared with those of the data set's own leaderboard."
        if whole
        else ""
    )
    said = "one model" if len(models) == 1 else f"{len(models)} models"
    return (
        f"These are results of {said} on one data set, and say nothing of others: {'; '.join(models)}; {data['title']} "
        f"({data['licence']}; rows: {counts}).{source} Kept are numbers, and scores by row id: no text of a row.\n"
    )


def machines(kept: Kept) -> str:
    """Return what the costs were measured on, and by how many jobs a card was shared."""
    made = kept.about["made"]
    devices = ", ".join(f"{name} ({count} jobs)" for name, count in sorted(made["devices"].items()))
    shared = ", ".join(f"{count} with {jobs}" for jobs, count in sorted(made["jobs_per_gpu"].items()))
    told = f" Jobs shared their card ({shared} on it at a time), so seconds and tokens/s are those of a shared card."
    commits = ", ".join(commit[:12] if commit != "None" else "(not known)" for commit in sorted(made["commits"]))
    return f"Measured on {devices}.{told if shared else ''} Made at commit {commits}.\n"


def blocks(kept: Kept) -> dict[str, str]:
    """Return what pages show of kept results, by the name of the block: ``kept-{name}-{what}``.

    A study without a learning curve, or without a split further from what was trained, has no such block.
    """
    test = test_split(kept)
    found = {
        "about": worth(kept),
        "arms": _arms_table(kept, kept.about["splits"]),
        "contrasts": _contrasts_table(kept),
        **({"curve": _curve_table(kept)} if learning_curve(kept) else {}),
        **({"gaps": _gaps_table(kept)} if gaps(kept) else {}),
        **kept_evaluations.blocks(kept),
        **kept_harness.blocks(kept),
        "costs": f"{_costs_table(kept)}\n{machines(kept)}",
        "short": _arms_table(kept, [test]),
        "short-ko": _arms_table(kept, [test], ("조건", "시드 수", "학습 문항")),
    }
    return {f"kept-{kept.name}-{what}": text for what, text in found.items()}
