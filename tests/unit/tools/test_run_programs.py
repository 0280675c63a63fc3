"""run_programs: a file of programs, or of tasks in HumanEval's layout, becomes verdicts."""

import json

import pytest
import run_programs
from isolated import isolated

from kotune.core.errors import UserError
from kotune.core.storage import read_jsonl

TASK = {
    "task_id": "T/0",
    "prompt": 'def twice(x):\n    """두 배."""',
    "canonical_solution": "    return 2 * x\n",
    "entry_point": "twice",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
PROGRAM = {
    "name": "add",
    "source": "def add(a, b):\n    return a - b\n",
    "entry": "add",
    "tests": "assert add(1, 2) == 3",
}


def written(tmp_path, *lines) -> str:
    path = tmp_path / "programs.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return str(path)


@isolated
def test_each_program_gets_its_verdict(tmp_path, capsys):
    output = tmp_path / "verdicts.jsonl"
    run_programs.main([written(tmp_path, TASK, PROGRAM), "--output", str(output)])
    found = list(read_jsonl(output))
    assert [(one["name"], one["outcome"]) for one in found] == [("T/0", "passed"), ("add", "failed")]
    assert "2 programs: 1 passed, 1 failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({**PROGRAM, "refrence": "x"}, "line 1: unknown key 'refrence'; did you mean 'reference'"),
        ({"name": "add"}, "line 1: 'source' must be a text"),
        ({**TASK, "test": None}, "line 1: 'test' must be a text"),
    ],
)
def test_a_faulty_line_is_named(tmp_path, line, said):
    with pytest.raises(UserError, match=said):
        run_programs.main([written(tmp_path, line)])
