"""The hash that decides whether a rule reruns: real edits change it, cosmetic ones do not."""

import pytest
import yaml

from kotune.core import code_hash as code_hash_module
from kotune.core.code_hash import COSMETIC, code_hash, modules_of
from kotune.core.errors import UserError
from kotune.core.names import ROOT

HASHED = yaml.safe_load((ROOT / "tests/data/hashed_modules.yaml").read_text(encoding="utf-8"))

SCRIPT = '''"""A script."""
from kotune.steps import double

def main():
    """Run."""
    return double(2)  # four
'''
STEPS = '''"""Steps."""
from kotune.core import console

def double(x):
    """Twice."""
    return 2 * x
'''


@pytest.fixture
def script(tmp_path):
    (tmp_path / "kotune/core").mkdir(parents=True)
    (tmp_path / "kotune/steps.py").write_text(STEPS)
    (tmp_path / "kotune/core/console.py").write_text("WORDS = 'hello'\n")
    path = tmp_path / "double.py"
    path.write_text(SCRIPT)
    return path


def test_it_follows_imports_and_leaves_out_what_only_talks(script):
    assert set(modules_of(script)) == {"double.py", "kotune.steps"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("double.py", "# four", "# 4"),
        ("double.py", '"""Run."""', '"""Run it, at length."""'),
        ("kotune/steps.py", "\ndef double", "\n\n\n# twice\ndef double"),
        ("kotune/core/console.py", "hello", "good day"),
    ],
)
def test_cosmetic_edits_do_not_change_it(script, file, old, new):
    before = code_hash(script)
    path = script.parent / file
    path.write_text(path.read_text().replace(old, new))
    assert code_hash(script) == before


@pytest.mark.parametrize(
    ("file", "old", "new"), [("double.py", "double(2)", "double(3)"), ("kotune/steps.py", "2 * x", "3 * x")]
)
def test_real_edits_change_it(script, file, old, new):
    before = code_hash(script)
    path = script.parent / file
    path.write_text(path.read_text().replace(old, new))
    assert code_hash(script) != before


def test_a_module_that_is_imported_for_its_types_alone_does_not_count(script):
    (script.parent / "kotune/shapes.py").write_text("SIDES = 4\n")
    steps = script.parent / "kotune/steps.py"
    steps.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from kotune import shapes\n" + STEPS)
    assert "kotune.shapes" not in modules_of(script)
    steps.write_text("from kotune import shapes\n" + STEPS)
    assert "kotune.shapes" in modules_of(script)


def test_it_does_not_depend_on_where_the_repository_is(script, tmp_path_factory):
    import shutil

    moved = tmp_path_factory.mktemp("moved") / "there"
    shutil.copytree(script.parent, moved)
    assert code_hash(moved / script.name) == code_hash(script)


@pytest.fixture
def named(script):
    """The script, beside two modules that only settings name; one of them uses a module of its own."""
    (script.parent / "kotune/methods").mkdir()
    (script.parent / "kotune/methods/slow.py").write_text("from kotune import pace\nSTEPS = pace.SLOW\n")
    (script.parent / "kotune/methods/fast.py").write_text("STEPS = 9\n")
    (script.parent / "kotune/pace.py").write_text("SLOW = 1\n")
    return script


def test_a_module_that_settings_name_is_followed_like_an_import(named):
    plain, slow = code_hash(named), code_hash(named, also=["kotune.methods.slow"])
    assert set(modules_of(named, ["kotune.methods.slow"])) - set(modules_of(named)) == {
        "kotune.methods.slow",
        "kotune.pace",
    }
    (named.parent / "kotune/pace.py").write_text("SLOW = 2\n")
    assert code_hash(named, also=["kotune.methods.slow"]) != slow and code_hash(named) == plain


def test_a_function_that_settings_name_stands_for_its_module(named):
    assert code_hash(named, ["kotune.methods.fast.STEPS"]) == code_hash(named, ["kotune.methods.fast"])


def test_a_module_beside_the_one_that_is_named_changes_nothing(named):
    before = code_hash(named, also=["kotune.methods.slow"])
    (named.parent / "kotune/methods/fast.py").write_text("STEPS = 10\n")
    (named.parent / "kotune/methods/new.py").write_text("STEPS = 1\n")
    assert code_hash(named, also=["kotune.methods.slow"]) == before


def test_a_name_that_names_nothing_is_one_clear_error(named):
    with pytest.raises(UserError, match=r"'kotune\.method\.slow': there is no such module"):
        code_hash(named, also=["kotune.method.slow"])


def test_what_is_told_and_mirrored_names_modules_that_exist():
    assert all((ROOT / "scripts").joinpath(*name.split(".")).with_suffix(".py").is_file() for name in COSMETIC)


@pytest.mark.parametrize("name", HASHED)
def test_what_a_scripts_results_depend_on_is_listed(name):
    modules = {module for module in modules_of(ROOT / f"scripts/{name}.py") if module.startswith("kotune.")}
    listed = {f"kotune.{package}.{module}" for package, of in HASHED[name].items() for module in of}
    assert modules == listed, "tests/data/hashed_modules.yaml says what an edit reruns"


@pytest.mark.parametrize("name", HASHED)
def test_nothing_that_reads_chooses_or_speaks_makes_a_gpu_job_run_again(name):
    modules = set(modules_of(ROOT / f"scripts/{name}.py"))
    spared = ("rows.readers", "rows.bundles", "core.console", "core.relay", "core.catalogue", "core.errors")
    assert modules.isdisjoint(f"kotune.{module}" for module in spared)
    assert not any(module.startswith(("kotune.choice.", "kotune.plan.", "kotune.report.")) for module in modules)


def test_what_was_kept_of_a_module_is_used_while_its_text_is_the_same_and_only_then(script, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    first = code_hash(script)
    kept = script.parent / "kotune/__pycache__/steps.substance"
    written = kept.read_text()
    kept.write_text(written.replace("2 * x", "5 * x"))
    code_hash_module._substance.cache_clear()
    assert code_hash(script) != first  # it was read, and not found anew
    kept.write_text(written[:20])
    code_hash_module._substance.cache_clear()
    assert code_hash(script) == first and kept.read_text() == written
    steps = script.parent / "kotune/steps.py"
    steps.write_text(STEPS.replace("2 * x", "3 * x"))
    assert code_hash(script) != first


def test_a_folder_that_may_not_be_written_gives_the_same_hash(script):
    (script.parent / "kotune/__pycache__").write_text("a file where a folder should be")
    assert code_hash(script) == code_hash(script)
