"""Settings on a command line: JSON or the name of a file of it; and an example at the end of each script's help."""

import importlib
import re
import shlex

import pytest
from checkout import ROOT

from kotune.core.arguments import json_or_file, parser
from kotune.core.errors import UserError

SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


@pytest.mark.parametrize(("given", "value"), [('{"a": "글"}', {"a": "글"}), (" [1, 2] ", [1, 2]), ("null", None)])
def test_json_is_taken_as_it_is(given, value):
    assert json_or_file(given) == value


def test_a_name_is_that_of_a_file(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"r": 16}', encoding="utf-8")
    assert json_or_file(str(path)) == {"r": 16}


def test_mistakes_are_one_clear_message(tmp_path):
    with pytest.raises(UserError, match=r"settings\.json: cannot read, it does not exist: check the path"):
        json_or_file(str(tmp_path / "settings.json"))
    with pytest.raises(UserError, match=r'not JSON \(.*, character 7\): \{"r": }'):
        json_or_file('{"r": }')
    with pytest.raises(UserError, match="…$"):
        json_or_file("[" + "1, " * 200)


def test_the_example_of_a_docstring_stands_last():
    shown = parser("What it does.\n\nExample, here:\n\n  python x.py --a 1\n").format_help()
    assert shown.index("What it does.") < shown.index("options:") < shown.index("Example, here:\n\n  python x.py --a 1")
    assert shown.count("Example") == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_ends_with_an_example_that_gives_what_the_script_needs(script, capsys):
    with pytest.raises(SystemExit):
        importlib.import_module(script).main(["--help"])
    usage, _, example = capsys.readouterr().out.partition("\nExample, ")
    words = shlex.split(example.partition(":\n\n")[2])
    assert words[:2] == ["python", f"scripts/{script}.py"]
    given = {word for word in words if word.startswith("--")}
    required = usage.partition("\n\n")[0]
    for _ in range(2):  # what may be left out stands in brackets, which may stand in brackets
        required = re.sub(r"\[[^\[\]]*\]", "", required)
    assert set(re.findall(r"--[a-z-]+", required)) <= given <= set(re.findall(r"--[a-z-]+", usage))
