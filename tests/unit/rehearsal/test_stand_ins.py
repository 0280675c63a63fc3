"""What stands in for pairs, prompts and rewards in a rehearsal has their lengths."""

from kotune.prompts.encoding import Rows
from kotune.rehearsal import stand_ins

ROWS = Rows([[5, 6, 7, 8], [5, 9]], [[0, 0, 1, 1], [0, 1]], {}, None)
SFT, DPO, GRPO, SPAN = ({"method": method, "trainer": {"beta": 0.1}} for method in ("sft", "dpo", "grpo", "span"))


def test_a_pair_has_two_sides_of_one_length():
    made = stand_ins.rows_for(DPO, ROWS)
    assert (made.ids, made.rejected) == (ROWS.ids, [[8, 7], [9]])


def test_a_prompt_to_answer_has_its_row_and_no_answer():
    made = stand_ins.rows_for(GRPO, ROWS)
    assert made.ids == [[5, 6], [5]] and not any(map(any, made.mask))
    assert [prompt.tokens for prompt in made.prompts] == [(5, 6), (5,)]
    assert [row["id"] for row in made.rows] == made.names == ["0", "1"]


def test_a_text_to_point_into_is_the_whole_row():
    made = stand_ins.rows_for(SPAN, ROWS)
    assert made.ids == ROWS.ids and made.spans == [(2, 2), (1, 1)]
    assert made.dataset()[0] == {"input_ids": [[5, 6, 7, 8]], "text": [[1] * 4], "first": [2], "last": [2]}


def test_other_methods_have_rows_and_recipe_as_they_are():
    assert stand_ins.rows_for(SFT, ROWS) is ROWS
    assert stand_ins.with_reward(SFT) is SFT


def test_all_that_is_drawn_is_learned():
    recipe = stand_ins.with_reward(GRPO)
    assert recipe["trainer"] == {"beta": 0.1, "mask_truncated_completions": False}
    assert recipe["rewarded"]["function"] == "kotune.rehearsal.stand_ins.alternating"
    assert stand_ins.alternating([{}] * 4, [{}] * 4, None) == [0.0, 1.0, 0.0, 1.0]
