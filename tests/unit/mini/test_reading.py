"""Reading tasks: every question has its answer in the passage, and nothing is asked twice."""

import random

import pytest

from kotune.mini import reading
from kotune.mini.wordstock import VERBS

PHRASES = ("원자재 가격 상승", "수출 부진")


@pytest.mark.parametrize("seed", range(5))
def test_every_answer_stands_in_its_passage_and_not_in_its_question(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(200):
        made = reading.passage(rng, PHRASES)
        questions = [question for question, _ in made.asked]
        assert questions and len(set(questions)) == len(questions)
        for question, answer in made.asked:
            assert answer in made.context and answer not in question
            assert question.strip() == question or question.endswith((" ", "?"))


def test_the_same_seed_gives_the_same_passage() -> None:
    assert [reading.passage(random.Random(7), PHRASES) for _ in range(2)][0] == reading.passage(
        random.Random(7), PHRASES
    )
    assert reading.passage(random.Random(7)) != reading.passage(random.Random(8))


def test_all_kinds_of_tasks_come_up() -> None:
    rng = random.Random(1)
    text = " ".join(sentence for _ in range(400) for sentence in reading.facts(rng, PHRASES)[0])
    assert any(phrase in text for phrase in PHRASES)
    assert "현황: " in text or "개요: " in text  # a list without verbs
    assert " 때문이다." in text and any(verb in text for verb in VERBS)


def test_a_question_that_two_sentences_answer_is_not_asked() -> None:
    asked = [("값은?", "3원"), ("값은?", "5원"), ("누구의 값인가?", "한빛"), ("3원은 얼마?", "3원"), ("언제?", "어제")]
    assert reading.answerable(["한빛은 3원이다.", "새론은 5원이다."], asked) == [("누구의 값인가?", "한빛")]


def test_invented_nouns_are_hangul_that_a_particle_can_follow() -> None:
    words = [reading.invented(random.Random(seed)) for seed in range(300)]
    assert len(set(words)) > 250
    assert all("가" <= word[0] <= "힣" for word in words)
