"""The tables of measurements and predictions that the documentation shows: generated, never typed.

Reads config/speed/benchmarks/*.json, config/speed/rehearsals/*.json and docs/measured/gguf/*.json; `fill` puts tables
between the comments `<!-- measured: NAME -->` and `<!-- end -->` of a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.cost import fit
from kotune.cost.cards import Card, card_named
from kotune.cost.shapes import SHAPE
from kotune.models.precision import BYTES_A_PARAMETER
from kotune.printing.plain import markdown
from kotune.rehearsal import result
from kotune.rehearsal.settings import settings_of
from kotune.speed.files import OWN
from kotune.speed.limits import points_of
from kotune.study.study import Study

BLOCK = re.compile(r"(<!-- measured: ([a-z0-9._-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _cell(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def training(shown: Json) -> str:
    """Return the table of trainings, the fastest of each card first."""
    rows = []
    for card in shown["cards"]:
        own = {id(one) for one in points_of(card, shown["model"])}
        for one in sorted(card["training"], key=lambda one: -one["tokens_per_second"]):
            share = one["tokens_per_second"] / card["limits"]["tokens_per_second"] if id(one) in own else None
            what = one["about"] if one["by"] == OWN else one["by"]
            gib = f"{_cell(one['gib'], 2)} ({_cell(one['gib_allocated'], 2)})"
            rows.append(
                [
                    card["card"], one["name"], what, _cell(one["tokens_per_second"]), gib, _cell(one.get("mfu"), 2),
                    "–" if share is None else f"{share:.0%}",
                ]
            )  # fmt: skip
    return markdown(["card", "recipe", "what", "tokens/s", "GiB reserved (in use)", "MFU", "of the limit"], rows)


def answering(shown: Json) -> str:
    """Return the table of engines."""
    rows = []
    for card in shown["cards"]:
        for one in card["answering"]:
            base = one.get("base", {}).get("prompts_per_second")
            limit = _cell(card["limits"]["prompts_per_second"], 1)
            pace = _cell(one["tuned"]["prompts_per_second"], 1)
            rows.append([card["card"], one["about"], pace, _cell(base, 1), _cell(one["gib"], 2), limit])
    return markdown(["card", "engine", "prompts/s with the adapter", "without", "GiB", "limit"], rows)


def rehearsals(files: Sequence[Path], catalogue: Json, constants: Json) -> str:
    """Return the table of kept rehearsals beside what the cost model says of the very same rows."""
    rows = []
    for path in sorted(files):
        kept = read_json(path)
        settings = {**kept["settings"], "cards": catalogue, "constants": constants}
        job = fit.job_of(settings, None, None)
        card = card_named(kept["on"], catalogue)
        off = result.errors(settings, job, kept["measured"], card)
        for name, unit in (("training", "tokens_per_second"), ("answers", "prompts_per_second")):
            part, error = kept["measured"][name], off[name]
            way = job.plan.path if name == "training" else job.engine
            wh = None if part["joules"] is None else part["wh"]
            rows.append(
                [
                    kept["settings"]["label"], f"{name}, {way}",
                    _cell(part[unit], 0 if name == "training" else 2) + ("/s" if name == "answers" else " tokens/s"),
                    f"{error['seconds']:+.0%}", _cell(part["gib"], 1), f"{error['gib']:+.0%}",
                    _cell(part["hours"], 2), _cell(wh),
                ]
            )  # fmt: skip
    head = ["model/arm", "what", "measured", "predicted time off by", "GiB", "predicted GiB off by", "h", "Wh"]
    return markdown(head, rows)


FITS_HEAD = {
    "en": ["model", "to download, GB", "training, GiB", "answering, GiB", "hours", "to change"],
    "ko": ["모델", "내려받을 용량, GB", "학습, GiB", "답변, GiB", "시간", "바꿀 것"],
}


def fits(study: Study, config: Json, card: Card, language: str = "en") -> str:
    """Return the table of the models whose shape is known: what a study's first tuned arm is predicted to take.

    ``study`` is seen through a scale that rehearses. A model that does not fit as it is names what to change, and its
    figures are those after the change. Models that need code of their own, or still do not fit, are left out.
    """
    arm = next(arm for arm, given in study.arms.items() if study.trains(arm) and given["recipe"]["quantization"])
    asked = settings_of(study, config, next(iter(study.models)), arm)
    rows = []
    for name, model in config["models"].items():
        known = set(SHAPE) <= set(model.get("shape", {})) and "parameters" in model
        if model.get("requires_remote_code") or not known:
            continue
        job = fit.job_of({**asked, "model": {**model, "name": name}}, None, None)
        found = fit.predicted(job, card, asked["constants"])
        batch = re.fullmatch(r"generation.batch_size: ([0-9]+)", found["change"])
        if batch:
            found = fit.predicted(replace(job, batch=int(batch[1])), card, asked["constants"])
        training, answers = found["training"], found["answers"]
        if max(training["gib"], answers["gib"]) > card.gib:  # even after the change
            continue
        rows.append(
            [
                name, _cell(model["parameters"] * BYTES_A_PARAMETER / 1e9, 1), _cell(training["gib"], 1),
                _cell(answers["gib"], 1), _cell(training["hours"] + answers["hours"], 1),
                f"`{batch[0]}`" if batch else found["change"] or "–",
            ]
        )  # fmt: skip
    return markdown(FITS_HEAD[language], rows)


def people(kept: Json) -> str:
    """Return the table of metrics' correlations with people: over all pairs, and inside each source."""
    sources = list(next(iter(kept.values())))
    counts = {source: one["n"] for source, one in next(iter(kept.values())).items()}
    head = ["metric", *(f"{source} (n = {counts[source]})" for source in sources)]
    rows = [
        [metric, *(f"{_cell(one[of]['pearson'], 1)} / {_cell(one[of]['spearman'], 1)}" for of in sources)]
        for metric, one in kept.items()
    ]
    return markdown(head, rows)


def kinds(kept: Json) -> str:
    """Return the table of how often the kind of an answer is right, and how many of a kind are found."""
    rows = [
        [kind, *(str(one[name]) for name in ("labelled", "said", "right")),
         _cell(one["right"] / one["said"] if one["said"] else None, 2),
         _cell(one["right"] / one["labelled"] if one["labelled"] else None, 2)]
        for kind, one in kept.items()
    ]  # fmt: skip
    return markdown(["kind", "labelled", "said", "right", "precision", "recall"], rows)


def agreements(kept: Sequence[Path]) -> str:
    """Return the table of models made from GGUF files against llama.cpp on the files (tools/compare_gguf.py)."""
    rows = []
    for one in map(read_json, kept):
        same = ["equal" if of["first_difference"] is None else "other" for of in one["ids"].values()]
        apart, perplexity = one["logprob_difference"], one["perplexity"]
        rows.append(
            [
                one["file"]["name"], one["file"]["quantisation"], one["text"]["name"], " / ".join(same),
                _cell(one["positions"]), f"{one['argmax_equal']:.1%}",
                f"{_cell(apart['mean'], 4)} / {_cell(apart['max'], 3)}",
                " / ".join(_cell(perplexity[program], 2) for program in ("transformers", "llama.cpp")),
            ]
        )  # fmt: skip
    head = ["file", "weights", "text", "ids, NFC / NFD", "positions", "same next token"]
    return markdown([*head, "log p differs by, mean / max", "perplexity, transformers / llama.cpp"], rows)


def fill(text: str, tables: dict[str, str], where: str) -> str:
    """Return a page with each of its tables made anew; UserError for one that nobody makes."""

    def made(found: re.Match[str]) -> str:
        if found[2] not in tables:
            raise UserError(f"{where}: there is no measured table '{found[2]}'; known: {', '.join(sorted(tables))}")
        return found[1] + tables[found[2]] + found[3]

    return BLOCK.sub(made, text)
