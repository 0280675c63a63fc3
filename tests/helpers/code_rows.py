"""Rows of the task code: small functions with Korean docstrings, some of whose tests say nothing."""

import json

from kotune.core.names import TEST

HEAD = 'def twice(x: int) -> int:\n    """정수의 두 배를 돌려준다.\n\n    >>> twice(2)\n    4\n    """\n'
TASKS = [
    {"task_id": "T/0", "prompt": HEAD, "canonical_solution": "    return 2 * x\n", "entry_point": "twice",
     "test": "def check(candidate):\n    assert candidate(3) == 6\n    assert candidate(-1) == -2\n"},
    {"task_id": "T/1", "prompt": HEAD.replace("twice", "double").replace("    4", "    5").rstrip(),
     "canonical_solution": "    return x + x\n", "entry_point": "double",
     "test": "def check(candidate):\n    assert candidate(3) == 6\n"},
    {"task_id": "T/2", "prompt": 'def plus(a, b):\n    """둘을 더한다."""\n', "canonical_solution": "    return a - b\n",
     "entry_point": "plus", "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n"},
    {"task_id": "T/3", "prompt": 'def idle(a):\n    """아무것도 하지 않는다."""\n', "canonical_solution": "    return a\n",
     "entry_point": "idle", "test": "def check(candidate):\n    candidate(1)\n"},
    {"task_id": "T/4", "prompt": 'def one():\n    """1을 돌려준다."""\n', "canonical_solution": "    return 1\n",
     "entry_point": "one", "test": "def check(candidate):\n    assert candidate() == 1\n"},
]  # fmt: skip


def source_of(folder, tasks=TASKS, split=TEST, **more):
    """Write tasks in HumanEval's layout, and return what `rows.prepare` is asked of them."""
    path = folder / "tasks.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in tasks), encoding="utf-8")
    return {"dataset": "toy", "task": "kotune.rows.tasks.code.TASK", "columns": {}, "files": {split: str(path)}} | more
