"""The command that builds a paper, or one chapter of it, again.

Reads config/config.yaml, beside which a command says only what was set otherwise; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.catalogue import read_yaml
from kotune.core.storage import Json
from kotune.plan.paths import Plan
from kotune.study.harness import data_names

SAID = ("scale", "seeds", "without_reasoning", "data")  # what results depend on, in this order; studies are always said


def _shown(value: object) -> str:
    """Return a value as `--config` takes it, in quotes for the shell where it needs any."""
    if isinstance(value, list):
        return "'[" + ", ".join(map(str, value)) + "]'"
    if isinstance(value, dict):
        return "'{" + ", ".join(f"{key}: {one}" for key, one in value.items()) + "}'"
    return str(value)


def _named(data: dict[str, str], config: Json) -> dict[str, str]:
    """Return rows as they are named in print: a data set by its name, a file without the folders of this machine."""
    return {
        study: source if source in config["datasets"] else f"path/to/{Path(source).name}"
        for study, source in data.items()
    }


def command(plan: Plan, studies: list[str]) -> str:
    """Return the command that makes the paper of these studies, with everything that the run was told besides."""
    config, shipped = plan.config, read_yaml(plan.root / "config" / "config.yaml")
    owners = {plan.named(name).owner for name in studies}
    asked = [one for name in studies for one in plan.named(name).harness.values()]
    owners |= {name for one in asked for name in data_names(one, plan.root)}
    ours = {
        **{key: config.get(key) for key in SAID},
        "without_reasoning": [name for name in config.get("without_reasoning", []) if name in owners],
        "data": _named({name: path for name, path in config["data"].items() if name in owners}, config),
    }
    told = [f"{key}={_shown(ours[key])}" for key in SAID if ours[key] != shipped.get(key)]
    return " ".join(["snakemake --cores 1 --config", *told, f"studies={_shown(studies)}"])


def commands(plan: Plan) -> Json:
    """Return the command of the whole paper, and by study that of a paper with its chapter alone."""
    names = list(plan.studies)
    return {"paper": command(plan, names), "studies": {name: command(plan, [name]) for name in names}}
