"""What a report needs to know of a study, as the JSON that its scripts take as ``--settings``.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kotune.core.names import BASE
from kotune.core.storage import Json
from kotune.rows import task
from kotune.study import metrics

if TYPE_CHECKING:
    from kotune.study.study import Study


def settings_of(study: Study, config: Json, beside: Callable[[str], str] = str) -> Json:
    """Return what the report needs to know of a study, as plain JSON.

    ``config`` holds the catalogues; ``beside`` turns a path of the repository into one seen from the work folder.
    """
    candidates = {shown: config["models"][name] for name, shown in study.names.items()}
    stand_ins = config.get("stand_ins", {})
    models = []
    for name, model in study.models.items():
        real = candidates[name]
        own = stand_ins.get(name, {}) if model["hub_id"] is None else real
        models.append(
            {
                "name": name,
                "path": beside(model["path"]),
                "family": model["family"],
                "context_window": model["context_window"],
                "hub_id": model["hub_id"],
                "licence": own.get("licence", "apache-2.0" if model["hub_id"] is None else "not stated"),
                "parameters": own.get("parameters"),
                "unverified": own.get("unverified", []),
                "stands_for": real["hub_id"] if model["hub_id"] is None else None,
            }
        )
    treatments = study.treatments()
    dataset = config["datasets"].get(study.source["dataset"], {})
    ensembles = study.settings.get("ensembles")
    reported = [split for split in study.evaluated if split != "valid"]
    published = study.settings.get("published")
    return {
        "study": study.name,
        **{key: study.settings.get(key, "") for key in ("title", "title_ko", "question", "question_ko")},
        "dataset": {
            "name": study.source["dataset"],
            "title": dataset.get("title", "rows brought by the user"),
            "licence": dataset.get("licence", "not stated"),
            "redistribution": dataset.get("redistribution", True),
        },
        "task": task.shown(study.task),
        "models": models,
        "arms": {
            arm: {
                "models": treatment["models"],
                "seeds": sorted({seed for _, of_arm, seed in treatments if of_arm == arm}),
                "rowset": treatment["rowset"],
                "prompt": treatment["prompt"],
                "recipe": None if arm == BASE else treatment["recipe"],
            }
            for arm, treatment in study.arms.items()
        },
        "arm_order": list(study.arms),
        "ensembles": ensembles
        and {
            "arm": ensembles["arm"],
            "members": study.ensemble_members(),
            "favourite": study.names[ensembles["favourite"]],
            "methods": ensembles["methods"],
            "seeds": study.seeds,
        },
        "splits": study.splits,
        "reported": reported,
        "metrics": study.settings["metrics"],
        "metric_facts": metrics.printed(study.settings["metrics"]),
        "primary_metric": study.settings["primary_metric"],
        "embedder": study.embedder["name"],
        "choice": "census" in study.settings,
        "reasoning": study.reasoning,
        "left_out": study.left_out,
        "digits": 3,
        "published": published and beside(f"config/published/{published}.yaml"),
    }
