"""docs/architecture.md shows the rules, scripts, modules and tests that are there."""

import print_architecture
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT


def small_house(root, docstring='"""Add things."""\n'):
    """Make a repository of one rule, one script, two modules and one test."""
    files = {
        "workflow/rules/sums.smk": 'rule add_up:\n    params:\n        cli=cli("add_up"),\n\n\nrule copy:\n    shell: "cp"\n',
        "scripts/add_up.py": "from kotune.core import console\nfrom kotune.maths.adding import add\n",
        "scripts/kotune/core/console.py": '"""Say things."""\n',
        "scripts/kotune/maths/adding.py": f"{docstring}from kotune.core import console\n",
        "tests/unit/maths/test_adding.py": "",
        "tests/unit/test_house.py": 'ORDER = """\ncore maths later\n""".split()\n',
        "tools/show.py": '"""Show a | b, and\nc. It reads files of .py, and more."""\n',
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_page_is_not_stale():
    text = (ROOT / print_architecture.PAGE).read_text(encoding="utf-8")
    assert print_architecture.fill(text, print_architecture.printed(ROOT)) == text, "run tools/print_architecture.py"


def test_a_rule_is_shown_with_its_script_and_the_modules_behind_it(tmp_path):
    lines = print_architecture.printed(small_house(tmp_path)).splitlines()
    assert "| `sums.smk` | `add_up` | `add_up.py` | `maths.adding` |" in lines
    assert "| `sums.smk` | `copy` | – | – |" in lines
    assert "| `adding` | Add things | yes |" in lines and "| `console` | Say things | – |" in lines
    assert "**`maths`** imports `core`." in lines and "**`core`** imports nothing of the library." in lines
    assert lines.index("**`core`** imports nothing of the library.") < lines.index("**`maths`** imports `core`.")


def test_of_a_docstring_the_first_sentence_is_shown(tmp_path):
    lines = print_architecture.printed(small_house(tmp_path)).splitlines()
    assert "| `show.py` | Show a \\| b, and c |" in lines


def test_a_module_that_does_not_say_what_it_holds_is_named(tmp_path):
    with pytest.raises(UserError, match="adding.py: a module begins with a docstring"):
        print_architecture.printed(small_house(tmp_path, docstring=""))


def test_a_page_without_marks_is_refused():
    with pytest.raises(UserError, match="it lacks the marks"):
        print_architecture.fill("# Architecture\n", "")
