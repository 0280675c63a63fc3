"""What a report needs to know of a study, as the JSON that its scripts take as ``--settings``.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kotune.choice.facts import selection_facts
from kotune.core.names import VALID
from kotune.core.storage import Json
from kotune.prompts import passages, segments
from kotune.report import boards, hidden, hiding, quality_names
from kotune.report.leak_names import COPIES, PERPLEXITY
from kotune.report.retrieval import kept_at, printed
from kotune.report.sampled_names import PREFERENCES, REWARDS, SAMPLED
from kotune.rows import task
from kotune.scoring.ensembles import UPPER_BOUNDS
from kotune.study import metrics
from kotune.study.evaluations import asked_with
from kotune.study.grids import SET, recipe_of
from kotune.study.kept_arms import LEFT_OUT
from kotune.study.mixtures import MIXTURE
from kotune.study.panel import PANEL, panel_at
from kotune.study.quality import KEY
from kotune.study.wording import prompt_additions
from kotune.training.method import PAIRS, ROWS, asks

if TYPE_CHECKING:
    from kotune.study.bias import BiasEvaluation
    from kotune.study.evaluations import Evaluation
    from kotune.study.harness import HarnessEvaluation
    from kotune.study.study import Study

DIGITS = 3  # behind the point, of scores and their differences
TEXTS = ("title", "title_ko", "question", "question_ko")


def settings_of(study: Study, config: Json, beside: Callable[[str], str] = str) -> Json:
    """Return what the report needs to know of a study, as plain JSON.

    ``config`` holds the catalogues; ``beside`` turns a path of the repository into one seen from the work folder.
    """
    published = study.settings.get("published")
    return {
        "study": study.name,
        **{key: study.settings.get(key, "") for key in TEXTS},
        "dataset": _dataset(study, config["datasets"]),
        "task": task.shown(study.task),
        "models": [_model(study, config, name, beside) for name in study.models],
        "arms": _arms(study),
        "arm_order": list(study.arms),
        "ensembles": _ensembles(study),
        "splits": study.splits,
        "reported": [split for split in study.evaluated if split != VALID],
        "metrics": study.settings["metrics"],
        "metric_facts": metrics.printed(study.settings["metrics"]),
        "primary_metric": study.settings["primary_metric"],
        "margin": study.settings["statistics"].get("margin"),
        "embedder": study.embedder["name"],
        "choice": "census" in study.settings,
        **({"boards": _boards(study, config)} if "census" in study.settings else {}),
        "reasoning": study.reasoning,
        "left_out": study.left_out,
        **({"left_out_arms": missing} if (missing := study.settings.get(LEFT_OUT)) else {}),
        **({"leaks": True} if "leaks" in study.settings else {}),
        **{name: True for name in (COPIES, PERPLEXITY) if name in study.settings},
        **({"quality": tables} if (tables := _rated(study)) else {}),
        **({"mixture": True} if MIXTURE in study.source and not study.shared_arms else {}),
        **({SAMPLED: arms} if (arms := learned_samples(study)) else {}),
        **({PREFERENCES: arms} if (arms := preferring(study)) else {}),
        **({REWARDS: arms} if (arms := rewarding(study)) else {}),
        **({"contrasts": pairs} if (pairs := study.settings.get("contrasts")) else {}),
        **({"ladder": rungs} if (rungs := study.settings.get("ladder")) else {}),
        **({"chosen": chosen} if (chosen := _chosen(study)) else {}),
        **({"shown": arms} if (arms := study.settings.get("shown")) else {}),
        **({hiding.KEY: rowsets} if (rowsets := hidden.hidden_rowsets(study, config["datasets"])) else {}),
        "digits": DIGITS,
        **({"right": right} if (right := study.own.right) else {}),
        "evaluations": [_evaluation_said(one) for one in study.others],
        **({"judged": judged} if (judged := [one.name for one in study.evaluations.values() if one.judge]) else {}),
        **({"harness": [harness_of(study, one) for one in study.harness.values()]} if study.harness else {}),
        **({PANEL: found} if (found := panel_at(study.settings, study.arms, study.names)) else {}),
        **({"bias": [bias_of(study, one) for one in study.bias.values()]} if study.bias else {}),
        **({"shares": {"study": study.owner, "arms": study.shared_arms}} if study.shared_arms else {}),
        **_retrieval(study),
        "published": published and beside(f"config/published/{published}.yaml"),
    }


def learned_samples(study: Study) -> list[str]:
    """Return the arms of a study's own that learn rows made of samples."""
    return [arm for arm, one in study.arms.items() if "learns" in one and study.owner_of(arm) == study.name]


def preferring(study: Study) -> list[str]:
    """Return the arms of a study's own whose method learns pairs of a better and a worse answer."""
    return _asking(study, PAIRS)


def rewarding(study: Study) -> list[str]:
    """Return the arms of a study's own whose method learns from what its own answers earn."""
    return _asking(study, ROWS)


def _asking(study: Study, what: str) -> list[str]:
    return [
        arm
        for arm, one in study.arms.items()
        if study.trains(arm) and study.owner_of(arm) == study.name and asks(one["recipe"], what)
    ]


def _boards(study: Study, config: Json) -> list[Json]:
    """Return where a study's candidates, and others of the catalogue, stand on public boards."""
    return boards.standing(boards.kept_at(study.root), config["models"], study.names)


def _rated(study: Study) -> list[str]:
    """Return the tables of a study that rates its own rows."""
    rates = KEY in study.settings and not study.shared_arms
    return quality_names.told(study.settings[KEY], bool(study.chosen)) if rates else []


def _chosen(study: Study) -> list[Json]:
    """Return of each arm whose rows were chosen by a method how, and how many."""
    rowsets = study.settings["rowsets"]
    return [
        {"arm": arm, **{key: choose[key] for key in ("by", "rows")}}
        for arm, given in study.arms.items()
        if (choose := rowsets.get(given.get("learns", given["rowset"]), {}).get("choose")) and not given.get("adapter")
    ]


def _retrieval(study: Study) -> Json:
    """Return how good retrieval was found to be, where an arm's prompt shows passages or is cut into morphemes."""
    asked = [prompt for arm in study.arms.values() for prompt in (arm["prompt"], asked_with(arm))]
    added = {key for prompt in asked for key in prompt_additions(prompt, study.root)}
    return {"retrieval": printed(kept_at(study.root))} if added & {passages.KEY, segments.KEY} else {}


def _evaluation_said(one: Evaluation) -> Json:
    """Return what the report of a study needs to know of one of its evaluations."""
    return {
        "name": one.name,
        "title": one.title,
        "splits": one.splits,
        "arms": one.arms,
        **({"by": one.by} if one.by else {}),
        **({"right": right} if (right := one.right) else {}),
        **({"programs": ran} if (ran := [name for name in one.metrics if metrics.isolates([name])]) else {}),
    }


def evaluation_of(study: Study, evaluation: Evaluation, datasets: Json) -> Json:
    """Return what the table and the figure of one evaluation need to know."""
    return {
        "study": study.name,
        "evaluation": evaluation.name,
        "title": evaluation.title,
        "dataset": evaluation.source["dataset"],
        "prompt": evaluation.prompt,
        "unit": evaluation.task.unit,
        "splits": evaluation.splits,
        "metrics": evaluation.metrics,
        "metric_facts": metrics.printed(evaluation.metrics),
        "primary_metric": evaluation.primary_metric,
        "arms": [[arm, study.arms[arm]["models"]] for arm in evaluation.arms],
        **({"by": evaluation.by, "asked": evaluation.task.asked[0].name} if evaluation.by else {}),
        **({hiding.KEY: True} if hidden.hides_source(evaluation.source, datasets) else {}),
        "digits": DIGITS,
    }


def harness_of(study: Study, one: HarnessEvaluation) -> Json:
    """Return what tables and figures of an evaluation by lm-evaluation-harness need to know."""
    return {
        "study": study.name,
        "evaluation": one.name,
        "title": one.title,
        "dataset": one.dataset,
        "tasks": one.tasks,
        "num_fewshot": one.num_fewshot,
        "protocols": one.protocols,
        "template": one.template,
        "arms": [[arm, study.arms[arm]["models"]] for arm in one.arms],
    }


def bias_of(study: Study, one: BiasEvaluation) -> Json:
    """Return what tables of questions on social groups need to know."""
    return {
        "study": study.name,
        "evaluation": one.name,
        "title": one.title,
        "dataset": one.dataset,
        "listings": one.listings,
        "arms": [[arm, study.arms[arm]["models"]] for arm in one.arms],
    }


def _dataset(study: Study, datasets: Json) -> Json:
    """Return what is said of a study's data set; of a mixture, licences are those of what it is really mixed of."""
    said, parts = dataset_said(study.source["dataset"], datasets), study.source.get(MIXTURE, {}).get("parts", [])
    if not parts:
        return said
    entries = [datasets[part["dataset"]] for part in parts]
    licences = dict.fromkeys(entry.get("licence", "not stated") for entry in entries)
    replaced = ", each by its stand-in" if all(part.get("stand_in") for part in parts) else ""
    return {
        **said,
        "title": said["title"] + replaced,
        "licence": "; ".join(licences),
        "redistribution": all(entry.get("redistribution", True) for entry in entries),
    }


def dataset_said(name: str, datasets: Json) -> Json:
    """Return what is said of a data set; rows that a user brought are in no catalogue."""
    entry = datasets.get(name, {})
    return {
        "name": name,
        "title": entry.get("title", "rows brought by the user"),
        "licence": entry.get("licence", "not stated"),
        "redistribution": entry.get("redistribution", True),
        **({"terms": entry["terms"]} if "terms" in entry else {}),
        **({"from": f"{entry['repository']} at {entry['commit'][:12]}"} if "repository" in entry else {}),
    }


def _model(study: Study, config: Json, name: str, beside: Callable[[str], str]) -> Json:
    """Return what is said of a model: of one from the hub what the catalogue says, of a stand-in for whom it stands."""
    model = study.models[name]
    stand_in = model["hub_id"] is None
    candidate = next(real for real, shown in study.names.items() if shown == name)
    catalogued = config["models"][candidate]
    entry = config.get("stand_ins", {}).get(name, {}) if stand_in else catalogued
    return {
        "name": name,
        "candidate": candidate,
        "path": beside(model["path"]),
        "family": model["family"],
        "context_window": model["context_window"],
        "hub_id": model["hub_id"],
        "licence": entry.get("licence", "apache-2.0" if stand_in else "not stated"),
        "parameters": entry.get("parameters"),
        "unverified": entry.get("unverified", []),
        "stands_for": catalogued["hub_id"] if stand_in else None,
        **({} if stand_in else _of_the_hub(entry, config.get("licences", {}))),
    }


def _of_the_hub(entry: Json, licences: Json) -> Json:
    """Return what is said of a model of the hub alone: commercial use, and a window that it is not used with."""
    extended = {"extended_window": entry["extended_window"]} if "extended_window" in entry else {}
    return {"commercial": selection_facts(entry, licences)["commercial"], **extended}


def _arms(study: Study) -> Json:
    """Return each arm: its models, its seeds, and what they are given and trained by."""
    return {
        arm: {
            "models": treatment["models"],
            "seeds": sorted(treatment["seeds"]),
            "rowset": treatment["rowset"],
            "prompt": treatment["prompt"],
            "recipe": None if study.untuned(arm) else treatment["recipe"],
            **_limited(study, arm),
            **{
                key: treatment[key]
                for key in ("adapter", "answers_with", "chooses", "learns", "thinking")
                if key in treatment
            },
        }
        for arm, treatment in study.arms.items()
    }


def _limited(study: Study, arm: str) -> Json:
    """Return how many steps a recipe's own file limits an arm to; nothing where it goes by epochs.

    A scale limits every training, which says nothing of the recipe.
    """
    given = study.settings["arms"][arm]
    if study.untuned(arm) or "recipe" not in given:
        return {}
    steps = recipe_of(given["recipe"], given.get(SET), study.root)["trainer"].get("max_steps", -1)
    return {"steps_asked": steps} if steps > 0 else {}


def _ensembles(study: Study) -> Json | None:
    """Return the ensembles, None where the study has none.

    ``main`` is the method that the text speaks of: the one that the study names, else the first that looks at no gold
    answer, None where all do.
    """
    ensembles = study.settings.get("ensembles")
    if not ensembles:
        return None
    usable = [method for method in ensembles["methods"] if method not in UPPER_BOUNDS]
    return {
        "arm": ensembles["arm"],
        "members": study.ensemble_members(),
        "favourite": study.names[ensembles["favourite"]],
        "methods": ensembles["methods"],
        "main": ensembles.get("main", next(iter(usable), None)),
        "seeds": sorted(study.seeds_of(ensembles["arm"])),
    }
