"""The settings of a rehearsal, as the rule and the command line give them to the script: plain JSON.

Reads config/cards.yaml and config/cost-model.yaml; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import check, entry, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT, TRAIN
from kotune.core.storage import Json
from kotune.models import heads
from kotune.prompts.families import asked_of_tokenizer
from kotune.study.choices import CHOOSE
from kotune.study.evaluations import asked_with
from kotune.study.study import Study
from kotune.study.wording import family_content, generation_at, new_tokens, thought_tokens
from kotune.training.method import HEAD, asks


def cost_constants(root: Path = ROOT) -> tuple[Json, Json]:
    """Return config/cards.yaml and config/cost-model.yaml, checked."""
    documents = []
    for name in ("cards", "cost-model"):
        document = read_yaml(root / "config" / f"{name}.yaml")
        check(document, name, f"config/{name}.yaml")
        documents.append(document)
    return documents[0], documents[1]


def capped_shape(shape: Json, caps: Json | None) -> Json:
    """Return a shape of which no part is above its cap; keys and values stay a divisor of the heads."""
    if not caps:
        return shape
    small = {key: min(value, caps.get(key, value)) if key != "tied" else value for key, value in shape.items()}
    if small["num_attention_heads"] % small["num_key_value_heads"]:
        small["num_key_value_heads"] = 1
    return small


def _generation(study: Study, treatment: Json) -> Json:
    """Return how answers are generated, an answer's reasoning and its thoughts counted among its new tokens."""
    settings = {key: value for key, value in generation_at(study).items() if key != "reasoning_tokens"}
    thoughts = thought_tokens(study, asked_with(treatment))
    return {**settings, "max_new_tokens": new_tokens(study) + thoughts}


def _others(study: Study, arm: str) -> list[Json]:
    """Return what an arm is asked besides the study's own rows, as far as the study says how many rows there are."""
    rows = (study.settings.get("lengths") or {}).get("rows", {}).get("evaluations", {})
    asked = [one for one in study.others if arm in one.arms and one.name in rows]
    return [
        {
            "evaluation": one.name,
            "rows": rows[one.name],
            "samples": one.generation.get("samples", 1),
            "new_tokens": new_tokens(study, one.name) + thought_tokens(study, one.prompt_of(study.arms[arm]), one.name),
        }
        for one in asked
    ]


def settings_of(study: Study, config: Json, model: str, arm: str) -> Json:
    """Return everything that one rehearsal depends on; ``model`` may be any candidate, also one the arm leaves out."""
    if "rehearsal" not in study.lens:
        raise UserError(f"config/scales/{study.scale}.yaml: this scale has no key 'rehearsal', so it rehearses nothing")
    settings = of_lens(study, config, model, arm, study.lens)
    return settings | {"lengths": None} if study.owner in config["data"] else settings


def _lengths(study: Study, treatment: Json) -> Json | None:
    """Return the law that the rows are assumed to follow, of as many rows as scale and rowset keep."""
    law = study.settings.get("lengths")
    if law is None:
        return None
    scale, rows = study.lens.get("rows", {}), law["rows"]
    rowset = study.settings["rowsets"].get(treatment["rowset"], {})
    chosen = {TRAIN: rowset[CHOOSE]["rows"]} if CHOOSE in rowset else {}
    caps = (scale, rowset.get("rows", {}), chosen)
    train = min([rows["train"], *(of[TRAIN] for of in caps if TRAIN in of)])
    answered = sum(scale[split] for split in study.answered) if set(study.answered) <= set(scale) else rows["answered"]
    return {**law, "rows": {"train": train, "answered": min(rows["answered"], answered)}}


def of_lens(study: Study, config: Json, model: str, arm: str, lens: Json) -> Json:
    """Return the settings of one rehearsal of a study, seen through its own scale, as the scale ``lens`` rehearses."""
    entry(study.models, model, "model", f"config/studies/{study.name}.yaml")
    treatment = entry(study.arms, arm, "arm", f"config/studies/{study.name}.yaml")
    asked = lens["rehearsal"]
    facts, settings = config["models"][model], study.models[model]
    if "shape" not in facts:
        raise UserError(f"config/models.yaml, model '{model}': its shape is not known; read it in its config.json")
    family = family_content(settings["family"], study.root)
    cards, constants = cost_constants(study.root)
    return {
        "study": study.name,
        "arm": arm,
        "label": f"{model}/{arm}",
        "tuned": study.trains(arm),
        "model": {
            **{key: value for key, value in settings.items() if key not in ("path", "hub_id")},
            "architecture": facts.get("architecture"),
            "shape": capped_shape(facts["shape"], asked.get("shape_caps")),
            "parameters": facts.get("parameters"),
            **asked_of_tokenizer(family),
            **({heads.KEY: heads.SPAN} if asks(treatment["recipe"], HEAD) else {}),
        },
        "recipe": treatment["recipe"],
        "generation": _generation(study, treatment),
        "others": _others(study, arm),
        "compute": {key: study.lens["compute"][key] for key in ("device", "threads")},
        "seed": study.seeds[0],
        "rehearsal": asked,
        "lengths": _lengths(study, treatment),
        "cards": cards,
        "constants": constants,
    }
