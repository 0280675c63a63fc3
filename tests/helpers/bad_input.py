"""The table of bad input (tests/data/bad_input/): how a case is read, made and judged; each kind has one runner here.

A case has a `name`, what is wrong, and either `line`, a pattern of the one error line that it must get, or `outcome`,
what must come of it without an error. A kind is a file of the folder; `RUNNERS` says which function runs its cases.

configurations  `change`: {file: {path/of/keys: value}}, `text`: {file: [old, new]}, `write`: {file: text}, all in a
                copy of the configuration; `config`: what --config says on top of config.yaml.
files           `text` (UTF-8), `hex`, or `made_by`: a function of helpers/bad_files.py; `file`: its name; `columns`,
                `reasoning`. Read as rows that a user brings. `outcome`: {split: rows}, or {total: rows}.
texts           `text`, or `made_by`: a function of helpers/bad_texts.py; `place`: a function there that takes it to
                where it is shown and returns what is shown; `outcome`: a pattern of that.
faults          `fault`: a function of helpers/bad_faults.py, called with a folder and the case's `given`.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
from pathlib import Path

import yaml
from checkout import ROOT
from studies import configuration

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.study import scales

TABLES = ROOT / "tests/data/bad_input"


def cases(kind: str) -> list[dict]:
    """Return the cases of one kind; no two have one name."""
    found = read_yaml(TABLES / f"{kind}.yaml") or []
    names = [case["name"] for case in found]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    assert all(("line" in case) != ("outcome" in case) for case in found)
    return found


def _made(module: str, case: dict):
    return getattr(importlib.import_module(module), case["made_by"])()


def _put(document: dict, keys: str, value: object) -> None:
    *way, last = keys.split("/")
    for key in way:
        document = document[int(key) if isinstance(document, list) else key]
    if value == "(absent)":
        del document[last]
    else:
        document[int(last) if isinstance(document, list) else last] = value


def _changed_configuration(case: dict, folder: Path) -> None:
    shutil.copytree(ROOT / "config", folder / "config")
    for name in ("resources", "paper"):
        (folder / name).symlink_to(ROOT / name)
    for name, text in case.get("write", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name, content in case.get("copy", {}).items():
        shutil.copy(folder / content, folder / name)
    for name, changes in case.get("change", {}).items():
        document = read_yaml(folder / name)
        for keys, value in changes.items():
            _put(document, keys, value)
        (folder / name).write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for name, (old, new) in case.get("text", {}).items():
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} holds no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def run_configuration(case: dict, folder: Path) -> object:
    """Plan a run on a changed copy of the configuration, as Snakemake does when it reads the workflow."""
    from kotune.core.catalogue import configuration_at
    from kotune.plan import start

    _changed_configuration(case, folder)
    changed = any(name in case.get("change", {}) or name in case.get("text", {}) for name in
                  ("config/config.yaml", "config/models.yaml", "config/datasets.yaml"))  # fmt: skip
    config = {**(configuration_at(folder) if changed else configuration()), **case.get("config", {})}
    config.update(scales.with_whole_numbers(config))
    plan = start.plan_of(config, ROOT, folder)
    return {name: sorted(study.arms) for name, study in plan.studies.items()}


def run_file(case: dict, folder: Path) -> object:
    """Prepare rows that a user brings in one file; return how many each split has."""
    import prepare_rows

    own = folder / case.get("file", "own.csv")
    if "made_by" in case:
        content = _made("bad_files", case)
    else:
        content = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(content)
    source = {"dataset": "own", "columns": case.get("columns", {}), "path": str(own),
              "split": {"valid": 0.1, "test": 0.1, "seed": 42}}  # fmt: skip
    if case.get("reasoning"):
        source |= {"reasoning": True, "numbered": True}
    out = folder / "out"
    try:
        prepare_rows.main(["--source", json.dumps(source, ensure_ascii=False), "--output-dir", str(out)])
    except UserError:
        assert not out.exists()  # nothing half-written
        raise
    audit = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    rows = {split: found["rows"] for split, found in audit["splits"].items()}
    return {"total": sum(rows.values())} if set(case["outcome"]) == {"total"} else rows


def run_text(case: dict, folder: Path) -> object:
    """Take a hostile text to a place where texts are shown; return what is shown."""
    text = _made("bad_texts", case) if "made_by" in case else case["text"]
    return getattr(importlib.import_module("bad_texts"), case["place"])(text, folder)


def run_fault(case: dict, folder: Path) -> object:
    """Bring a fault about; return what became of it."""
    return getattr(importlib.import_module("bad_faults"), case["fault"])(folder, **case.get("given", {}))


RUNNERS = {"configurations": run_configuration, "files": run_file, "texts": run_text, "faults": run_fault}


def judge(case: dict, run, folder: Path) -> None:
    """Run a case and compare what came of it: one line that matches, or the outcome that is expected."""
    if "line" in case:
        try:
            found = run(case, folder)
        except UserError as error:
            assert re.search(case["line"], str(error)), str(error)
            assert "Traceback" not in str(error) and len(str(error)) < 2000, str(error)
            return
        raise AssertionError(f"no error, but {found!r}")
    found = run(case, folder)
    if isinstance(found, str):
        assert re.search(case["outcome"], found), found
    else:
        assert found == case["outcome"]
