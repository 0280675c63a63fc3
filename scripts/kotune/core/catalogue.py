"""Read the configuration and check it against schemas that allow only known keys; a typo names the nearest one.

Reads config/*.yaml and workflow/schemas/*.yaml; writes nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.registry import registered
from kotune.core.storage import Json, read_text

SCHEMAS = ROOT / "workflow" / "schemas"
ON_COMMAND_LINE = {"true": "True", "yes": "True", "on": "True", "false": "False", "no": "False", "off": "False"}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # the C one: the same language, ten times as fast
    """YAML in which a key stands once: of two, the last would hold in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Json:
        """Return a mapping; YAMLError where a key stands twice."""
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and isinstance(key.value, str):
                if key.value in seen:
                    first = seen[key.value]
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key '{key.value}' stands twice, first in line {first}; leave one of them",
                        problem_mark=key.start_mark,
                    )
                seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> Any:
    """Read one YAML file; a broken one is named with its line."""
    text = read_text(path)
    try:
        return yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{where}: not YAML ({getattr(error, 'problem', error)})") from error


def _with_lists(node: Any) -> Any:
    """Return a schema in which each `registry` is the enum of the names that it holds."""
    if isinstance(node, list):
        return [_with_lists(part) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("registry"), str):
        rest = {key: part for key, part in node.items() if key != "registry"}
        return {**rest, "enum": registered(node["registry"])}
    return {key: _with_lists(part) for key, part in node.items()}


@lru_cache
def _validator(schema: str):
    """Return the validator of one schema file; schemas may refer to one another by file name."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    documents = {path.name: _with_lists(read_yaml(path)) for path in sorted(SCHEMAS.glob("*.schema.yaml"))}
    registry = Registry().with_resources(
        (name, Resource.from_contents(document, default_specification=DRAFT202012))
        for name, document in documents.items()
    )
    name = f"{schema}.schema.yaml"
    return Draft202012Validator({"$id": name, **documents[name]}, registry=registry)


def _fault(error: Any) -> str:
    """Say what one schema error means, in the user's terms."""
    key = ".".join(str(part) for part in error.absolute_path)
    at = f"key '{key}': " if key else ""
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        strange = sorted(str(name) for name in error.instance if name not in known)
        return at + "; ".join(f"unknown key '{name}'{nearest(name, known)}" for name in strange)
    if error.validator == "enum" and _as_text(error.instance, error.validator_value):
        return at + _as_text(error.instance, error.validator_value)
    if error.validator == "enum":
        known = ["null" if value is None else str(value) for value in error.validator_value]
        return f"{at}{error.instance!r} is not one of the values it can take{nearest(str(error.instance), known)}"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]  # an error each; told once
        return f"{at}missing {', '.join(repr(name) for name in missing)}"
    if _says_more(error):
        return f"{at}{error.schema['description']}"
    if error.validator == "not":
        said = error.schema.get("description") or error.validator_value["description"]
        return (
            f"{at}{said}" if isinstance(error.instance, dict) else f"{at}{error.instance!r} may not stand here ({said})"
        )
    if error.validator == "type":
        wanted = error.validator_value
        wanted = wanted if isinstance(wanted, str) else " or ".join(wanted)
        given = type(error.instance).__name__
        truth = ON_COMMAND_LINE.get(str(error.instance).lower()) if "boolean" in wanted else None
        hint = f"; write {truth} on the command line, {truth.lower()} without quotes in a file" if truth else ""
        return f"{at}{error.instance!r} is of type {given}, it must be of type {wanted}{hint}"
    return f"{at}{error.message}"


def _says_more(error: Any) -> bool:
    """Return whether the schema has a sentence of its own for keys that go together; then it is all that is told."""
    alone = error.validator in ("oneOf", "dependentRequired") and "properties" not in error.schema
    return alone and "description" in error.schema


def _as_text(given: Any, known: list[Any]) -> str | None:
    """Return what is wrong with a value that is written like one of the known and is none; None for any other."""
    if str(given).lower() in ("null", "none", "~") and given is not None and None in known:
        return f"the text '{given}' is not null; leave the value empty on the command line, or write null in a file"
    if isinstance(given, bool) and ("no" if not given else "yes") in known:  # YAML takes no, off and false for one
        return f"{given!r} is a truth value; write it in quotes, as '{'yes' if given else 'no'}'"
    return None


def _not_finite(value: Any, way: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the key of each number that is none, such as .nan and .inf: comparisons would let it through."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from _not_finite(part, (*way, str(key)))
    if isinstance(value, float) and not math.isfinite(value):
        yield f"key '{'.'.join(way)}': {value} is no number that can be used"


def _not_text(value: Any, way: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield each key that YAML takes for a number, a date or a truth value: no schema looks at it as a name."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if isinstance(value, dict) and not isinstance(key, str):
            at = f" of '{'.'.join(way)}'" if way else ""
            yield f"the key {key!r}{at} is of type {type(key).__name__} and no text; write it in quotes, or rename it"
        yield from _not_text(part, (*way, str(key)))


def check(value: Any, schema: str, where: str) -> None:
    """Check ``value`` against workflow/schemas/{schema}.schema.yaml; a UserError names file, key and nearest key."""
    _check(value, _validator(schema), where)


def check_keys(value: Json, properties: Json, where: str) -> None:
    """Check ``value``, which may hold the keys of ``properties`` (each with its JSON schema) and no others."""
    from jsonschema import Draft202012Validator

    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    _check(value, Draft202012Validator(closed), where)


def _check(value: Any, validator: Any, where: str) -> None:
    strange = list(_not_text(value))
    if strange:
        raise UserError(f"{where}: " + "; ".join(strange))
    errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
    faults = list(_not_finite(value))
    for error in errors:
        whole = not error.context or _says_more(error)
        inner = error if whole else min(error.context, key=lambda child: -len(child.absolute_path))
        faults.append(_fault(inner))
    if faults:
        raise UserError(f"{where}: " + "; ".join(dict.fromkeys(faults)))


def named(folder: str, name: str, schema: str, root: Path = ROOT) -> Json:
    """Read and check config/{folder}/{name}.yaml; an unknown name is answered with the nearest known one."""
    path = root / "config" / folder / f"{name}.yaml"
    known = [file.stem for file in sorted((root / "config" / folder).glob("*.yaml"))]
    if name not in known and (Path(name).name != name or name.endswith((".yaml", ".yml"))):
        stem = Path(name).stem
        hint = f"; write '{stem}'" if stem in known else nearest(stem, known)
        raise UserError(f"config/{folder}/: '{name}' is a path, not the name of a file in that folder{hint}")
    if name not in known:
        raise UserError(f"config/{folder}/: no file '{name}.yaml'{nearest(name, known)}")
    content = read_yaml(path)
    check(content, schema, f"config/{folder}/{name}.yaml")
    return content


CATALOGUES = ("config", "models", "datasets")  # config/{name}.yaml: what Snakemake reads itself


def configuration_at(root: Path = ROOT) -> Json:
    """Return config.yaml, models.yaml and datasets.yaml as one, as Snakemake merges them; it is not checked here."""
    files = [read_yaml(root / "config" / f"{name}.yaml") for name in CATALOGUES]
    return {key: value for file in files for key, value in file.items()}


def present(path: Path, what: str) -> None:
    """Raise UserError, with the nearest name in its folder, where there is neither such a file nor such a folder."""
    if "{" in str(path) or "}" in str(path):
        raise UserError(
            f"{path}: {what}: a path with braces, which the workflow takes for wildcards; rename it, or name a link"
        )
    if path.exists():
        return
    if path.is_symlink():
        raise UserError(f"{path}: {what}: a link to {os.readlink(path)}, which is not there; mend the link")
    there = path
    while not there.exists() and there != there.parent:
        missing, there = there, there.parent
    if there.suffix.lower() == ".zip":  # a file within an archive: its reader says more
        return
    close = nearest(missing.name, [one.name for one in there.iterdir()]) if there.is_dir() else ""
    hint = close if "did you mean" in close else "; check the path"
    raise UserError(f"{path}: {what}: there is no '{missing.name}' in {there.resolve()}{hint}")


def entry(catalogue: Json, name: str, what: str, where: str) -> Json:
    """Return ``catalogue[name]``; for an unknown name raise UserError: who asked for it, and the nearest known."""
    if name not in catalogue:
        raise UserError(f"{where}: unknown {what} '{name}'{nearest(name, catalogue)}")
    return catalogue[name]


def benchmarks_at(root: Path = ROOT) -> Json:
    """Return config/benchmarks.yaml, checked."""
    asked = read_yaml(root / "config" / "benchmarks.yaml")
    check(asked, "benchmarks", "config/benchmarks.yaml")
    return asked
