"""Rows are rated once: a line each, with features and the earlier row that it repeats, and counts of all."""

import numpy as np

from kotune.core.names import UNIT
from kotune.curation.rating import duplicates, rated, text_of, topics

ASKED = {"held_out": 0.25, "seed": 1, "near": 0.8, "most_complex": 10, "threshold": 3, "programs": True,
         "truth": "noise", "topic": "category"}  # fmt: skip


def rows(count=24):
    made = []
    for n in range(count):
        head = f'def f{n}(a):\n    """{n * n}번째 {"가나다라마바사"[n % 7] * 9} 값을 돌려준다."""\n'
        made.append({"id": f"r{n}", UNIT: f"a{n}", "instruction": head, "input": "", "output": f"    return a * {n}\n",
                     "category": "수" if n % 3 else "글", "noise": None})  # fmt: skip
    made[5] |= {"instruction": "def f5(a):\n", "noise": "undocumented"}
    made[9] |= {"instruction": made[8]["instruction"], "output": made[8]["output"] + "\n", "noise": "duplicate"}
    return made


def test_each_row_has_its_line_and_all_have_counts():
    some = rows()
    labels = {row["id"]: float(place % 2 * 4) for place, row in enumerate(some)}
    vectors = np.array([[place % 2, 1.0] for place in range(len(some))])
    lines, document = rated(some, ["instruction", "input", "output"], labels, vectors, ASKED)
    assert [line["id"] for line in lines if line["undocumented"]] == ["r5"]
    assert [(line["id"], line["twin"]) for line in lines if line["near_duplicate"]] == [("r9", "r8")]
    assert [line["truth"] for line in lines[4:6]] == ["", "undocumented"]
    assert document["validation"]["binary_f1"]["value"] == 1.0
    assert (document["learned"], document["validation"]["rows"]) == (18, 6)
    assert document["features"]["undocumented"] == document["features"]["near_duplicate"] == 1
    assert document["topics"]["rows"] == {"수": 16, "글": 8}


def test_rows_that_are_no_programs_have_no_features_of_programs():
    some = rows()
    labels = {row["id"]: float(place % 2 * 4) for place, row in enumerate(some)}
    vectors = np.array([[place % 2, 1.0] for place in range(len(some))])
    lines, document = rated(some, ["instruction", "output"], labels, vectors, {**ASKED, "programs": False})
    assert list(document["features"]) == ["near_duplicate"]
    assert {line["complexity"] for line in lines} == {None}


def test_a_text_of_turns_is_what_was_said():
    row = {
        "history": [{"role": "user", "content": "가"}, {"role": "assistant", "content": "나"}],
        "answer": "다",
        "b": None,
    }
    assert text_of(row, ["history", "b", "answer"]) == "가\n나\n다"


def test_duplicates_name_the_earlier_row():
    assert duplicates(["하나 둘 셋 넷", "다른 말", "하나 둘  셋 넷"], 0.8) == [None, None, 0]


def test_even_topics_are_as_many_as_there_are():
    assert topics(["a", "b", "c", "d"]) == {"rows": {"a": 1, "b": 1, "c": 1, "d": 1}, "largest": 0.25, "even": 4.0}
    assert topics(["a", None, "a", "a"])["rows"] == {"a": 3, "": 1}
