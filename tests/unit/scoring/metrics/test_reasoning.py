"""The reasoning behind an answer: whether it concludes with the answer. Its scores against gold: test_scores."""

import unicodedata

import pytest

from kotune.scoring.metrics.reasoning import conclusion_of, consistency_of

QUOTED = "본문에 “매출 35억원, 이익 3억원을 올렸다”라는 문장이 있다. "


@pytest.mark.parametrize(
    ("reasoning", "conclusion"),
    [
        ("근거는 문장이다. 그래서 답은 3억원이다.", "3억원이다."),
        ("정답: 3.5%", "3.5%"),
        ("답은 1억원 같지만, 결론은 2억원이다. 이상이다.", "2억원이다."),
        ("대답은 없었다", None),
        ("둘째 문장이 근거다", None),
    ],
)
def test_what_reasons_conclude_with(reasoning, conclusion):
    assert conclusion_of(reasoning) == conclusion


@pytest.mark.parametrize(
    ("answer", "reasoning", "value"),
    [
        ("3억원", QUOTED + "따라서 답은 3억원이다.", 1.0),
        ("35억원", QUOTED + "따라서 답은 3억원이다.", 0.0),  # it stands in the sentence that is quoted
        ("3억원", "그래서 답은 3 억원입니다", 1.0),
        ("연 3.25%", "따라서 정답은 '연 3.25%'다.", 1.0),
        ("무선 공정 모니터", "그래서 답은 무선 공정 모니터링 장치다.", 0.0),
        ("인수하기 위해", "따라서 답은 인수하기 위해다.", 1.0),
        ("《삼국지》", "책 이름은 삼국지이다", 1.0),  # no answer is named: the last sentence
        ("삼국지", "삼국지를 읽었다. 재미있었다.", 0.0),
        ("3", "표에는 35가 있다", 0.0),
        ("5", "표에는 35가 있다", 0.0),
        ("3.5%", "따라서 답은 3.5%다.", 1.0),
        ("3.5%", "따라서 답은 35%이다.", 0.0),  # points, signs and slashes count
        ("-0.5%", "따라서 답은 0.5%이다.", 0.0),
        ("1/2", "답: 12", 0.0),
        ("1,234,000원", "답은 1234000원이다.", 1.0),
        ("만 원", "답은 만 원이다.", 1.0),
        ("3.5%", "그러므로 3.5% 올랐다", 1.0),  # and in a last sentence
        ("3.5%", "그러므로 35% 올랐다", 0.0),
        ("물가", "금리가 내렸다", 0.0),
        ("", "금리가 내렸다", 0.0),
        ("...", "금리가 내렸다...", 0.0),
        ("금리", "", 0.0),
        ("금리", "답은", 0.0),
    ],
)
def test_an_answer_is_consistent_where_its_reasons_conclude_with_it(answer, reasoning, value):
    assert consistency_of(answer, reasoning) == value
    assert consistency_of(unicodedata.normalize("NFD", answer), reasoning) == value
