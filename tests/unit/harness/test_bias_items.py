"""KoBBQ's file: choices are a list in text, parsed and never run; each fault is told with its row."""

from collections import Counter

import bias_lines
import pytest
from checkout import ROOT
from real_files import KOBBQ, needs_kobbq

from kotune.core.errors import UserError
from kotune.harness import bias_items


def test_the_bundled_file_is_read_as_its_patterns_have_it():
    read = bias_items.read_items(str(ROOT / "resources/mini/kobbq/test.tsv.xz"), bias_lines.OURS)
    assert read == bias_lines.items() and len({one.template for one in read}) == 6
    first = read[0]
    assert (first.template, first.category, first.ambiguous) == ("clubs-001", "clubs", True)
    assert first.gold == first.unknown == 2 and first.choices[first.biased] == "기록반 학생"


@needs_kobbq
def test_the_makers_file_is_read_whole():
    read = bias_items.read_items(str(KOBBQ), bias_lines.OURS)
    assert len(read) == 2280 and sum(one.ambiguous for one in read) == 1140
    assert {one.unknown for one in read} == {2}
    assert set(Counter(one.template for one in read).values()) == {8, 16}
    clear = [one for one in read if not one.ambiguous]
    assert sum(one.gold == one.biased for one in clear) == len(clear) / 2
    # as the makers' own script tells a biased context: by the version b or d
    assert all((one.gold == one.biased) == (one.id.split("-")[1][-1] in "bd") for one in clear)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"choices": "손자, 할머니"}, "rows, row 1: choices are '손자, 할머니', and must be a list of texts"),
        ({"choices": "[print(1), 'B', 'C']"}, "row 1: choices are .* and must be a list of texts"),
        ({"choices": "['A', 'A', 'B']"}, "row 1: has 2 different choices, and must have 3"),
        ({"choices": "['A', 1, 'B']"}, "row 1: choices are"),
        ({"answer": "모름"}, "row 1: the gold '모름' is none of its choices"),
        ({"biased_answer": "기록반학생"}, "the biased answer '기록반학생' is none of its choices; did you mean"),
        ({"biased_answer": "알 수 없음"}, "do not fit its context, which is ambiguous"),
        ({"answer": "기록반 학생"}, "one of its choices must be the gold of the ambiguous contexts"),
        ({"id": "clubs-001a"}, "row 1: the id 'clubs-001a' does not say category, template"),
        ({"id": "clubs-001a-001-amb-cnt"}, "row 2: the id 'clubs-001a-001-amb-cnt' stands in row 1 already"),
        ({"question": ""}, "row 1: the column 'question' is empty"),
    ],
)
def test_a_row_that_cannot_be_is_told(change, line):
    rows = bias_lines.rows()
    rows[0] = rows[0] | change
    with pytest.raises(UserError, match=line):
        bias_items.items_of(rows, "rows")


def test_a_template_without_its_counter_biased_contexts_is_told():
    rows = [row for row in bias_lines.rows() if "002a" not in row["id"]]
    with pytest.raises(UserError, match="the template 'clubs-002' lacks"):
        bias_items.items_of(rows, "rows")


def test_a_file_without_a_column_is_told_with_the_nearest(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text("sample_id\tcontext\tquestions\tchoices\tanswer\tbiased_answer\na\tb\tc\td\te\tf\n", "utf-8")
    with pytest.raises(UserError, match="no column 'question'; did you mean 'questions'"):
        bias_items.read_items(str(path), bias_lines.OURS)


def test_a_few_items_are_whole_templates_whatever_their_order():
    items = bias_lines.items()
    few = bias_items.drawn(items, 12)
    assert len(few) == 16 and len({one.template for one in few}) == 2
    assert {one.id for one in bias_items.drawn(items[::-1], 12)} == {one.id for one in few}
    assert bias_items.drawn(items, None) == items
