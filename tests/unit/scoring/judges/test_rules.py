"""Each rule that can be named is there, and says nothing but verdicts."""

import pytest

from kotune.core.dotted import loaded
from kotune.scoring.judges.classes import VERDICTS
from kotune.scoring.judges.rules import RULES


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_verdicts(name):
    said = {
        loaded(RULES[name])("질문", text)
        for text in ("", "네, 그렇게 하세요.", "도와드릴 수 없습니다.", "Hello there, friend")
    }
    assert said <= set(VERDICTS)
