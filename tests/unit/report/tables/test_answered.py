"""How answers ended, in one narrow column and as counts, and what became of rows that somebody was not asked."""

import pytest

from kotune.printing.numbers import Numbers, count
from kotune.report.gather.windows import as_numbers
from kotune.report.tables import answered


def numbers(policy="zero", compared=23, unasked=0):
    counts = {"asked": 16, "cut_off": 2, "empty": 1}
    entries = {f"s.answered.base.m.test.{name}": count(value, ["r"], n=23) for name, value in counts.items()}
    facts = {"n": 23, "unasked": unasked, "policy": policy}
    return Numbers({**entries, "s.compared.test": count(compared, ["r"], **facts)}, "numbers.json")


def test_a_page_has_one_column_and_programs_three_more():
    columns = answered.columns("test_", "test")
    assert [(column.name, column.printed) for column in columns] == [
        ("test_answers", True), ("test_asked", False), ("test_cut_off", False), ("test_empty", False)
    ]  # fmt: skip
    cells = answered.cells(numbers(), "test_", "s.answered.base.m.test")
    assert cells["test_answers"].text == "16 / 2 / 1"
    assert [cells[f"test_{name}"].value for name in answered.COUNTS] == [16, 2, 1]
    assert all(cell.key.startswith("s.answered.base.m.test.") for cell in cells.values())


@pytest.mark.parametrize(
    ("policy", "compared", "unasked", "begins", "ends"),
    [
        ("zero", 23, 0, "test: n = 23. Answers:", "is too long for a model is not asked."),
        ("zero", 23, 2, "test: n = 23. Answers:", "is not asked, and counts 0 for that model."),
        ("leave_out", 23, 0, "test: n = 23. Answers:", "is too long for a model is not asked."),
        ("leave_out", 16, 2, "test: n = 16 of 23. Answers:", "not asked: rows that somebody was not asked are left out "
         "for everybody."),
    ],
)  # fmt: skip
def test_a_note_says_how_many_rows_there_are_and_what_became_of_the_others(policy, compared, unasked, begins, ends):
    said = answered.note(numbers(policy, compared, unasked), "s", ["test"])
    assert said.startswith(begins) and said.endswith(ends)
    assert answered.note(numbers(), "s", ["test"], {"test": " (5 premises)"}).startswith("test: n = 23 (5 premises).")


def test_a_note_says_what_thoughts_took_only_where_somebody_thinks():
    assert "Thoughts" not in answered.note(numbers(), "s", ["test"])
    made = numbers()
    for name, value in {"in_thought": 4, "thought_tokens": 800}.items():
        made.entries[f"s.answered.base.m.test.{name}"] = count(value, ["r"], n=23)
    assert answered.note(made, "s", ["test"]).endswith(
        " Thoughts, which are cut off before scoring: m, base, test: 50 tokens an answer, 4 of 16 (25%) end within them; "
        "such an answer is empty."
    )
    assert answered.thoughts_note(made, "s", ["valid"]) == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"window_tokens": None, "texts": 9, "texts_beyond_window": 0}, ""),
        (
            {"window_tokens": 128, "long_texts": "cut", "texts": 9, "texts_beyond_window": 2},
            " Similarity: e reads 128 tokens: 4 of 18 texts were longer and were cut: what stands behind is not compared, "
            "and two texts with one beginning have similarity 1 (long_texts: mean_windows compares them whole). Texts are "
            "counted once for each file of answers.",
        ),
        (
            {"window_tokens": 128, "long_texts": "mean_windows", "texts": 9, "texts_beyond_window": 2},
            " Similarity: e reads 128 tokens: 4 of 18 texts were longer and were the mean of their windows. Texts are "
            "counted once for each file of answers.",
        ),
        (
            {"window_tokens": 128, "long_texts": "cut", "texts": 9, "texts_beyond_window": 0},
            " Similarity: e reads 128 tokens: 0 of 18 texts were longer. Texts are counted once for each file of answers.",
        ),
    ],
)
def test_a_note_says_what_the_embedders_window_cut(facts, said):
    found = [(f"r{place}", {"name": "e", **facts}) for place in (1, 2)]
    given = Numbers({**numbers().entries, **as_numbers("s", found)}, "numbers.json")
    assert answered.similarity_note(given, "s") == said
    assert answered.note(given, "s", ["test"]).endswith(said)
