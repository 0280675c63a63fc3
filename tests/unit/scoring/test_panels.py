"""One model's answers to several prompts: votes, its own choice, several models that answer as often."""

import pytest

from kotune.core.names import NOT_ASKED
from kotune.scoring import panels
from kotune.scoring.ballots import Ballot

ARMS = ["qlora", "expert", "steps"]
GOLD = "삼성전자"


def ballot(number, *answers):
    return Ballot("test", f"r{number}", answers, (GOLD,), article=f"a{number}")


def choice(*answers):
    lines = [{"id": f"r{number}", "split": "test", "answer": answer or "",
              "finish_reason": NOT_ASKED if answer is None else "stop"} for number, answer in enumerate(answers)]  # fmt: skip
    return {(line["split"], line["id"], 0): line for line in lines}


ONE = [ballot(0, "현대차", GOLD, GOLD), ballot(1, GOLD, "현대", "기아"), ballot(2, None, None, None)]
SEVERAL = [ballot(0, "기아", "기아", GOLD), ballot(1, GOLD, GOLD, GOLD), ballot(2, "현대", "현대", "현대")]
CHOSEN = choice(GOLD, "모름", None)


def test_answers_are_listed_in_the_order_of_the_prompts_and_those_that_are_not_there_are_left_out():
    assert panels.listed(["한\n줄", None, "둘"]) == "- 한 줄\n- 둘"
    answers = [{("test", "r0", 0): {"answer": text, "finish_reason": "stop"}} for text in ("하나", "둘")]
    (row,) = panels.with_answers([{"id": "r0", "context": "지문"}], "test", answers)
    assert row == {"id": "r0", "context": "지문", "answers": "- 하나\n- 둘"}


def test_each_way_takes_one_answer_and_says_what_it_costs():
    found = {(one.kind, one.name): one for one in panels.contenders(ONE, SEVERAL, ARMS, CHOSEN)}
    assert list(found["prompts", "majority"].answers) == [GOLD, GOLD, None], "in a tie the first prompt"
    assert list(found["models", "majority"].answers) == ["기아", GOLD, "현대"]
    assert list(found["prompts", "own choice"].answers) == [GOLD, "모름", None]
    assert list(found["alone", "expert"].answers) == [GOLD, "현대", None]
    costs = {place: (one.cost, one.models) for place, one in found.items()}
    assert costs["alone", "qlora"] == (1, 1) and costs["prompts", "f1_sum"] == (3, 1)
    assert costs["models", "f1_sum"] == (3, 3) and costs["prompts", "own choice"] == (4, 1)


def test_a_choice_counts_as_listed_where_it_is_word_for_word_one_of_the_answers():
    own = panels.contenders(ONE, [], ARMS, CHOSEN)[-1]
    assert panels.taken_from(ONE, own) == {"asked": 2, "listed": 1}


def test_without_other_models_nothing_is_compared_at_equal_cost():
    found = panels.contenders(ONE, [], ARMS, CHOSEN)
    assert {one["claim"] for one in panels.comparisons(found)} == {panels.AGAINST_ONE, panels.AGAINST_VOTES}
    assert not any(one.kind == panels.MODELS for one in found)


def test_means_and_pairs_are_on_the_same_rows_and_words_follow_from_corrected_p():
    found = panels.contenders(ONE, SEVERAL, ARMS, CHOSEN)
    means, pairs = panels.compared([found], ONE, "test", [42], {"seed": 1, "resamples": 200})
    exact = {(one["model"], one["arm"]): one for one in means if one["metric"] == "exact_match"}
    assert exact["prompts", "majority"]["mean"] == pytest.approx(2 / 3), "a row that nobody was asked counts 0"
    assert exact["alone", "qlora"]["n"] == 3 and exact["alone", "qlora"]["cost"] == 1
    pairs = [{"of": "m", **one} for one in pairs]
    panels.judge(pairs)
    equal = [one for one in pairs if one["claim"] == panels.AT_EQUAL_COST and one["metric"] == "exact_match"]
    assert len(equal) == 2 and all(one["p_holm"] >= one["p"] and one["family"] == 2 for one in equal)
    assert {one["verdict"] for one in pairs} == {"cannot tell"}, "three rows tell nothing"


def test_rows_that_somebody_was_not_asked_are_left_out_where_the_study_says_so():
    found = panels.contenders(ONE, SEVERAL, ARMS, CHOSEN)
    means, _ = panels.compared([found], ONE, "test", [42], {"seed": 1, "resamples": 200, "overlong": "leave_out"})
    assert {one["n"] for one in means} == {2}
