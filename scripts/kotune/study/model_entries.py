"""Entries of config/models.yaml: whether a model may be used, and whether what an entry names is there.

Reads the checked configuration; writes nothing.
"""

from __future__ import annotations

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json

FACTS = (
    "architecture",
    "context_window",
    "extended_window",
    "shape",
    "parameters",
    "licence",
    "gated",
    "requires_remote_code",
    "barred",
)
OF_THE_ENTRY = ("shape", "gguf")  # sources that are no citation: computed from the entry's shape; read in its GGUF file
BARS = {
    "moe": "mixture of experts",
    "gated-deltanet": "Gated DeltaNet",
    "mup": "μP multipliers",
    "vision-language": "reads images",
    "shared-kv": "shared keys and values",
    "mxfp4": "MXFP4 weights",
    "remote-code": "code of its own",
}


def check_barred(name: str, model: Json) -> None:
    """Raise UserError for a model that is known and cannot be used here: the reason, and the nearest that works."""
    if "barred" in model:
        bar = model["barred"]
        what = ", ".join(BARS[kind] for kind in bar["by"])
        raise UserError(
            f"config/models.yaml, model '{name}': {model['hub_id']} cannot be used here ({what}): {bar['why']}; "
            f"the nearest that works is '{bar['instead']}'"
        )


def check_model(name: str, model: Json) -> None:
    """Raise UserError for a model that the catalogue does not know well enough, or not safely enough, to be loaded."""
    where = f"config/models.yaml, model '{name}'"
    if "family" not in model or "family" in model.get("unverified", []):
        raise UserError(
            f"{where}: its chat format was not confirmed; compare the chat template of {model['hub_id']} with "
            "config/families.yaml, name the family that equals it and take 'family' off its list of unverified facts"
        )
    if "context_window" not in model:
        raise UserError(f"{where}: its context_window is not known; read it in its config.json and add it")
    if "gguf" in model and ("revision" in model or "trust_remote_code" in model):
        wrong = "revision" if "revision" in model else "trust_remote_code"
        raise UserError(f"{where}: {wrong} is about files of the hub, and its weights come from gguf; leave one out")
    if model.get("requires_remote_code") and not model.get("trust_remote_code"):
        raise UserError(
            f"{where}: it runs Python code of its repository {model['hub_id']}; to allow that, read the code at one "
            "commit, and give the entry trust_remote_code: true and revision: that commit"
        )
    if model.get("trust_remote_code") and "revision" not in model:
        raise UserError(f"{where}: trust_remote_code needs the commit whose code was read, as revision (40 hex digits)")


def check_entries(config: Json) -> None:
    """Raise UserError where an entry of config/models.yaml names what the catalogue has not, or has no source."""
    licences, citations, models = (config.get(key, {}) for key in ("licences", "citations", "models"))
    for name, licence in licences.items():
        _named(licence.get("source"), citations, f"config/models.yaml, licence '{name}', source: no citation")
    for name, model in models.items():
        where = f"config/models.yaml, model '{name}'"
        _named(model.get("licence"), licences, f"{where}, licence: licences has no")
        for fact, source in model.get("sources", {}).items():
            if fact not in model:
                raise UserError(f"{where}, sources: it has no {fact}; leave that source out")
            if source not in OF_THE_ENTRY:
                _named(source, citations, f"{where}, sources.{fact}: no citation")
            elif source not in model:
                raise UserError(f"{where}, sources.{fact}: the entry has no {source} to take it from")
        for fact in model.get("sources", {}).keys() & set(model.get("unverified", ())):
            raise UserError(f"{where}: {fact} has a source, and is listed as unverified; leave one out")
        if "barred" in model:
            usable = {other: entry for other, entry in models.items() if "barred" not in entry}
            _named(model["barred"]["instead"], usable, f"{where}, barred.instead: no usable model")


def _named(name: str | None, known: Json, what: str) -> None:
    """Raise UserError for a name that is none of ``known``; None names nothing."""
    if name is not None and name not in known:
        raise UserError(f"{what} '{name}'{nearest(name, known)}")
