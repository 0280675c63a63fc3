"""Checks without a judge: what they find, and what looks like a fault and is none."""

import pytest

from kotune.core.errors import UserError
from kotune.scoring.given import Given
from kotune.scoring.metrics import checks

ENGLISH = "The capital of South Korea is Seoul, a large city."
KOREAN = "대한민국의 수도는 서울이며 큰 도시입니다."
CODE = "```python\nfor number in range(10):\n    print(number)\n```"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (ENGLISH, True),
        (KOREAN, False),
        ("Seoul", False),  # too few letters
        ("", False),
        (f"다음 코드입니다.\n{CODE}", False),
        (CODE, False),
        (f"<|im_end|><|im_end|>{KOREAN}", False),
        (r"답은 $\frac{a+b}{c+d} = \sqrt{xyz} + \alpha\beta\gamma$ 이므로 더하면 됩니다.", False),
        ("首尔是韩国的首都，也是最大的城市。", True),
    ],
)
def test_the_language_of_an_answer(answer, found):
    assert checks.is_foreign(answer) is found


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("서울은 정말 美丽한 도시입니다.", 2),
        ("경제(經濟)는 '經世濟民'에서 온 말입니다.", 0),  # Korean explains a word so
        ("美 증시가 올랐습니다.", 0),
        ("이 문장은 очень 이상합니다.", 5),
        ("여기에 ありがとう 라고 씁니다.", 5),
        ("α와 β의 합은 café에서 구합니다.", 0),
        (KOREAN, 0),
    ],
)
def test_letters_that_korean_is_not_written_in(answer, count):
    assert checks.strange_letters(answer) == count


def test_each_check_is_a_metric():
    long = "끝나지 않는 말을 이어 가며 " * 60
    answers = [ENGLISH, "서울은 美丽한 도시라고 합니다.", long, f"{long}끝.", " \n", f"{KOREAN}<end_of_turn>"]
    found = {
        name: getattr(checks, name)([{"answer": one} for one in answers], [{}] * 6, Given(name))
        for name in ("foreign", "foreign_characters", "unended", "empty", "template_tokens")
    }
    assert found == {
        "foreign": [1, 0, 0, 0, 0, 0],
        "foreign_characters": [0, 1, 0, 0, 0, 0],
        "unended": [0, 0, 1, 0, 0, 0],
        "empty": [0, 0, 0, 0, 1, 0],
        "template_tokens": [0, 0, 0, 0, 0, 1],
    }


def test_an_answer_that_does_not_know_what_came_before():
    row = {"history": [{"role": "user", "content": "하나"}, {"role": "assistant", "content": "둘"}]}
    answers = [
        "요약할 내용을 제공해 주시면 도와드리겠습니다.",
        "이전 대화 내용을 알 수 없습니다.",
        "앞서 말한 대로 셋입니다.",
    ]
    lines = [{"answer": one} for one in answers]
    assert checks.lost_history(lines, [row] * 3, Given("lost_history")) == [1, 1, 0]
    assert checks.lost_history(lines, [row, {"history": []}, row], Given("lost_history")) == [1, 0, 0]
    with pytest.raises(UserError, match="metric 'lost_history': none of the 3 rows has earlier turns"):
        checks.lost_history(lines, [{}] * 3, Given("lost_history"))
