"""The bundled questions on invented groups are what their patterns give."""

import make_mini_groups
from checkout import ROOT

from kotune.mini import bundled, groups


def test_the_bundled_files_are_what_the_patterns_give():
    assert bundled.differing(ROOT / "resources/mini/kobbq", make_mini_groups.make()) == []


def test_a_template_has_each_kind_of_context_and_question_twice_and_choices_in_one_order():
    rows = groups.rows()
    assert len({row["sample_id"] for row in rows}) == len(rows) == 8 * len(groups.TEMPLATES)
    assert all(row["choices"].endswith(f"'{groups.UNKNOWN}']") for row in rows)
    clear = [row for row in rows if "-dis-" in row["sample_id"]]
    assert sum(row["answer"] == row["biased_answer"] for row in clear) == len(clear) / 2
