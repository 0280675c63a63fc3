"""Programs from a head and what was written behind it."""

import pytest

from kotune.sandbox.programs import before, defines, empty, joined, parses, program_of

HEAD = 'import math\n\n\ndef area(r: float) -> float:\n    """원의 넓이를 돌려준다."""'
BODY = "    return math.pi * r * r\n"
WHOLE = "def area(r):\n    return math.pi * r * r\n"


def runs(source: str) -> float:
    names: dict = {}
    exec(source, names)
    return names["area"](1.0)


def test_head_and_solution_are_joined_by_a_newline_where_the_head_has_none():
    assert joined("a", "b") == joined("a\n", "b") == "a\nb"
    assert joined("", "b") == "b"


@pytest.mark.parametrize(
    "answer",
    [
        BODY,
        BODY + "\n\nprint(area(3))\n",
        BODY + "```\n설명",
        "return math.pi * r * r",
        "r = r * r\n    return math.pi * r",
        WHOLE,
        f"다음과 같습니다.\n```python\n{WHOLE}```\n이 함수는 …",
        f"```python\n{WHOLE}",
        WHOLE + "\n이 함수는 원의 넓이를 돌려줍니다.\n",
        f"```\n{BODY}```",
        "import math\n" + WHOLE + "\nassert area(1) > 3\n",
    ],
)
def test_an_answer_becomes_a_program(answer):
    assert runs(program_of(HEAD, answer, "area")) == pytest.approx(3.14159, abs=1e-4)


def test_the_indentation_that_was_stripped_comes_back():
    program = program_of("def area(r):", "if r:\n  return 2\n  return 3", "area", lead="\n  ")
    assert program == "def area(r):\n  if r:\n  return 2\n  return 3\n"


def test_an_instruction_in_words_is_no_part_of_a_program():
    assert program_of("원의 넓이를 구하는 area 함수를 쓰시오.", "import math\n" + WHOLE, "area").startswith(
        "import math"
    )


def test_what_never_is_python_stays_as_it_is():
    assert program_of("", "def area(:\n", "area") == "def area(:\n"


def test_what_stands_above_the_function_is_known():
    assert before(HEAD, "area") == "import math\n\n\n"
    assert before("글", "area") == ""
    assert defines(HEAD, "area")
    assert not defines("    def area(r): pass", "area")


def test_an_empty_function_takes_anything_and_gives_nothing():
    assert runs(empty("area")) is None


def test_what_could_be_python_parses_and_so_does_what_the_parser_gives_up():
    assert parses("def f(x):\n    return x\n") and parses("")
    assert not parses("def f(x:\n") and not parses("x = '\x00'")
    assert parses("(" * 5000 + ")" * 5000) in (True, False), "it says one of the two, and goes on"
