"""Worked examples come from other articles of train, by the seed and the row's id alone, and stand where the text says."""

import pytest

from kotune.core.errors import UserError
from kotune.prompts.shots import Shots, placed

GIVEN = {"number": 3, "seed": 42}
POOL = [{"id": f"t{place}", "article": f"a{place // 4}", "question": f"q{place}"} for place in range(40)]


def drawn(row, pool=POOL, **changed):
    shots = Shots.of({**GIVEN, **changed}, pool, lambda one: one["question"], "korquad.three_shots")
    return [one["id"] for one in shots.drawn(row)]


@pytest.mark.parametrize("place", range(12))
def test_examples_are_of_other_articles_and_of_different_ones(place):
    row = POOL[place]
    articles = [POOL[int(one[1:])]["article"] for one in drawn(row)]
    assert len(set(articles)) == 3 and row["article"] not in articles


def test_examples_depend_on_seed_and_id_alone():
    row = {"id": "x", "article": "b"}
    assert drawn(row) == drawn({**row, "question": "another", "article": "c"})
    assert drawn(row) != drawn({**row, "id": "y"}) and drawn(row) != drawn(row, seed=43)


def test_few_articles_give_several_rows_each_but_no_row_twice():
    row = {"id": "x", "article": "a0"}
    found = drawn(row, POOL[:8])
    assert len(set(found)) == 3 and {POOL[int(one[1:])]["article"] for one in found} == {"a1"}


def test_too_few_rows_of_other_articles_are_one_error():
    with pytest.raises(UserError, match=r"korquad.three_shots, row 'x': its 3 examples .* which hold 2 rows; lower"):
        drawn({"id": "x", "article": "a0"}, POOL[:6])


def test_a_variant_must_say_where_its_examples_stand():
    turns = {"turns": [{"role": "user", "content": "{{ shots }}{{ question }}"}]}
    texts = {"training": {"prompt": "{{ shots }}"}, "inference": {"prompt": "{{ question }}"}}
    families = {"said": turns, "half": texts, "unsaid": {"turns": [{"role": "user", "content": "{{ question }}"}]}}
    content = {"families": families}
    assert placed(content, "said", "shots") and placed({"families": {}}, "unsaid", "shots")
    assert not placed(content, "unsaid", "shots") and not placed(content, "half", "shots")
