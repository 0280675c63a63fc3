"""The hash that decides whether a rule reruns: real edits change it, cosmetic ones do not."""

import pytest

from kotune.core.code_hash import code_hash, modules_of

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


def test_what_is_loaded_by_name_counts_where_it_is_named_and_nowhere_else(script):
    alone = code_hash(script)
    (script.parent / "kotune/toys.py").write_text("from kotune import steps\n\ndef toy(x):\n    return x\n")
    assert code_hash(script) == alone, "a module beside the others"
    assert set(modules_of(script, ["kotune.toys.toy"])) == {"double.py", "kotune.steps", "kotune.toys"}
    named = code_hash(script, ["kotune.toys.toy"])
    assert named == code_hash(script, ["kotune.toys"]) != alone
    (script.parent / "kotune/toys.py").write_text("def toy(x):\n    return x + 1\n")
    assert code_hash(script, ["kotune.toys.toy"]) != named
    with pytest.raises(FileNotFoundError, match=r"kotune.toy.toy"):
        code_hash(script, ["kotune.toy.toy"])
