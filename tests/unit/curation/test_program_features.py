"""Rules find in a program what the rows of the task code may suffer from."""

import pytest

from kotune.curation.program_features import entry_of, features_of, program_of_row

HEAD = 'def add(a, b):\n    """둘을 더한다."""\n'
BRANCHES = "".join(f"    if a == {n}:\n        return {n}\n" for n in range(12))


def found(head=HEAD, output="    return a + b\n", **more):
    features, _ = features_of({"instruction": head, "input": "", "output": output, **more}, 10)
    return {name for name, has in features.items() if has}


def test_a_small_documented_function_has_none_of_them():
    assert found() == set()


@pytest.mark.parametrize(
    ("head", "output", "feature"),
    [
        (HEAD, "    return a +\n", "no_python"),
        (HEAD, "    import numpy as np\n    return np.add(a, b)\n", "external_module"),
        (HEAD, "    from .local import add\n    return add(a, b)\n", "external_module"),
        (HEAD, "    import numpy.linalg\n    return a + b\n", "external_module"),
        ("def add(a, b):\n", "    return a + b\n", "undocumented"),
        (HEAD.replace("둘을 더한다.", " "), "    return a + b\n", "undocumented"),
        (HEAD, BRANCHES + "    return a\n", "over_complex"),
        (HEAD, '    return {"host": "localhost", "port": 80}\n', "boilerplate"),
        (HEAD, "    return b\n", "boilerplate"),
    ],
)
def test_each_rule_finds_its_own_and_no_other(head, output, feature):
    assert found(head, output) == {feature}


@pytest.mark.parametrize(
    "output",
    [
        "DEBUG = True\nHOST = 'localhost'\n",
        "import logging\nlogging.basicConfig(level=logging.INFO)\n",
        "class A:\n    def __init__(self, a: list[int]):\n        super().__init__()\n        self.a = a\n",
        "def main():\n    print('시작')\n\nif __name__ == '__main__':\n    main()\n",
    ],
)
def test_settings_and_plain_classes_are_boilerplate(output):
    assert "boilerplate" in found("설정을 쓰세요.", output)


@pytest.mark.parametrize(
    "body", ["return sorted(a)", "return a[0]", "return f'{a}'", "return -a", "return [x for x in a]", "a.sort()"]
)
def test_whatever_works_on_a_value_is_no_boilerplate(body):
    assert found(output=f"    {body}\n") == set()


def test_modules_of_python_itself_are_not_external():
    assert found(output="    import math, os.path\n    return math.gcd(a, b)\n") == set()


def test_a_row_that_asks_in_words_is_documented_by_them():
    assert found("두 수를 더하는 함수를 쓰세요.", "def add(a, b):\n    return a + b\n") == set()


def test_a_head_documents_an_answer_that_is_the_whole_function_again():
    assert found(HEAD.rstrip(), "def add(a, b):\n    return a + b") == set()
    assert found("def add(a, b):", "def add(a, b):\n    return a + b") == {"undocumented"}


def test_a_fenced_answer_is_read_without_its_fence():
    row = {"instruction": "더하세요.", "input": "", "output": "답:\n```python\ndef f(a):\n    return a + 1\n```\n끝"}
    assert entry_of(row) == "f"
    assert program_of_row(row) == "def f(a):\n    return a + 1\n"


def test_complexity_is_that_of_the_most_complex_function():
    row = {"instruction": HEAD, "input": None, "output": "    return a if a > b else b\n"}
    loop = {**row, "output": "    for x in a:\n        if x:\n            return x\n"}
    assert [features_of(one, 10)[1] for one in (row, loop)] == [1, 3]
